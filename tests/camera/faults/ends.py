"""Faults that end a stream, or make it appear to have ended."""

from random import Random
from typing import override

from .base import Client, Fault, PacketFilter


class Stall(Fault):
    """Stops sending but stays connected, like a camera with an unplugged network cable.

    It sends no packets and no responses. When the fault is cleared, the camera continues.
    """

    @override
    def strike(self, client: Client) -> PacketFilter | None:
        client.mute()
        return None

    @override
    def release(self, client: Client) -> None:
        client.unmute()


class Reset(Fault):
    """Resets the connection with a RST, like a camera that has crashed and restarted."""

    @override
    def strike(self, client: Client) -> PacketFilter | None:
        client.reset()
        return None


class Finish(Fault):
    """Closes the connection with a FIN, like a camera that restarts on request."""

    @override
    def strike(self, client: Client) -> PacketFilter | None:
        client.finish()
        return None


class Garbage(Fault):
    """Sends arbitrary bytes between the packets.

    FFmpeg interprets them as a response and reads until an empty line. At low bitrates,
    that can be seconds of the stream.
    """

    def __init__(self, size: int = 4096, *, seed: int = 0) -> None:
        self._garbage = Random(seed).randbytes(size)

    @override
    def strike(self, client: Client) -> PacketFilter | None:
        client.send(self._garbage)
        return None
