"""The base class of faults."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Protocol

from ..rtp import MediaPacket, TrackKind
from ..rtsp import Request, Response
from ..sdp import SessionDescription

type Answer = Response | bytes | None
"""A camera's answer to a request: a response, other bytes, or None."""
type Proceed = Callable[[], Awaitable[Answer]]
"""Answers like the camera without this fault and later ones."""
type Forward = Callable[[MediaPacket], None]
"""Passes a packet on to the client."""
type PacketFilter = Callable[[MediaPacket, Forward], None]
"""Gets each packet for one client, and passes it on, changes, delays or drops it."""


class Client(Protocol):
    """The interface of a client (one RTSP connection) to faults."""

    @property
    def number(self) -> int:
        """The number of this connection to its camera, from 1."""

    def clock_rate(self, track: TrackKind) -> int:
        """Return the number of timestamp units per second of a track."""

    def send(self, data: bytes) -> None:
        """Send bytes unchanged, between the packets."""

    def mute(self) -> None:
        """Stop sending, but stay connected."""

    def unmute(self) -> None:
        """Resume sending."""

    def finish(self) -> None:
        """Close the connection regularly, with a FIN."""

    def reset(self) -> None:
        """Reset the connection, with a RST."""

    def call_later(self, seconds: float, do: Callable[[], None]) -> asyncio.Handle:
        """Call a function later, unless the connection has ended by then."""


class Fault:
    """A misbehavior of a camera. The base class changes nothing.

    A fault acts at one or more of three places: it answers requests, changes the
    description of the tracks, or strikes the stream. One object serves all clients of a
    camera, so the filter that `strike` returns keeps the state of each client.
    """

    async def answer(
        self, request: Request, client: Client, proceed: Proceed
    ) -> Answer:
        """Answer a request."""
        return await proceed()

    def describe(
        self, description: SessionDescription, client: Client
    ) -> SessionDescription:
        """Return the camera's description of its tracks."""
        return description

    def strike(self, client: Client) -> PacketFilter | None:
        """Act on a playing client, when it starts to play or when the fault is injected.

        Return a filter to change its packets.
        """
        return None

    def release(self, client: Client) -> None:
        """Undo lasting effects when the fault is cleared; filters are removed automatically."""

    def leave(self, client: Client) -> None:
        """Note that a client has disconnected."""
