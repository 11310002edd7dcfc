"""Faults that end a stream, or make it seem to have ended."""

from random import Random
from typing import override

from .base import Client, Fault, PacketFilter


class Stall(Fault):
    """Falls silent and stays connected, as a camera whose network cable was pulled.

    No packets, no answers. When the fault is cleared the camera goes on as if nothing was.
    """

    @override
    def strike(self, client: Client) -> PacketFilter | None:
        client.mute()
        return None

    @override
    def release(self, client: Client) -> None:
        client.unmute()


class Reset(Fault):
    """Breaks the connection off with a RST, as a camera that crashed and came back."""

    @override
    def strike(self, client: Client) -> PacketFilter | None:
        client.reset()
        return None


class Finish(Fault):
    """Closes the connection with a FIN, as a camera that is told to restart."""

    @override
    def strike(self, client: Client) -> PacketFilter | None:
        client.finish()
        return None


class Garbage(Fault):
    """Sends bytes between the packets that belong to none.

    FFmpeg takes them for a response and reads on to an empty line. At low bit rates that
    may be seconds of the stream.
    """

    def __init__(self, size: int = 4096, *, seed: int = 0) -> None:
        self._garbage = Random(seed).randbytes(size)

    @override
    def strike(self, client: Client) -> PacketFilter | None:
        client.send(self._garbage)
        return None
