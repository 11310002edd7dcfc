"""What a fault is."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Protocol

from ..rtp import MediaPacket, TrackKind
from ..rtsp import Request, Response
from ..sdp import SessionDescription

type Answer = Response | bytes | None
"""What a camera says to a request: a response, bytes that are none, or nothing at all."""
type Proceed = Callable[[], Awaitable[Answer]]
"""Answers as the camera would without the fault, or with those injected before it."""
type Forward = Callable[[MediaPacket], None]
"""Passes a packet on towards the client."""
type PacketFilter = Callable[[MediaPacket, Forward], None]
"""Gets each packet for one client: passes it on, changed or not, now or later, or not."""


class Client(Protocol):
    """What a fault may do to a client: to one RTSP connection."""

    @property
    def number(self) -> int:
        """Which connection to its camera this is, counted from 1."""

    def clock_rate(self, track: TrackKind) -> int:
        """Return how many units of a track's timestamps make a second."""

    def send(self, data: bytes) -> None:
        """Send bytes as they are, between the packets."""

    def mute(self) -> None:
        """Send nothing any more, but stay connected."""

    def unmute(self) -> None:
        """Send again what is to be sent from now on."""

    def finish(self) -> None:
        """End the stream in good order, with a FIN."""

    def reset(self) -> None:
        """Break the connection off, with a RST."""

    def call_later(self, seconds: float, do: Callable[[], None]) -> asyncio.Handle:
        """Do something later, unless the connection has ended by then."""


class Fault:
    """Something that a camera does wrong. This one does everything right.

    A fault works at one or more of three places: it answers requests, it changes the
    description of the tracks, or it strikes the stream. One object serves all clients of a
    camera, so what it has to remember of each is kept by the filter that `strike` returns.
    """

    async def answer(
        self, request: Request, client: Client, proceed: Proceed
    ) -> Answer:
        """Answer a request."""
        return await proceed()

    def describe(
        self, description: SessionDescription, client: Client
    ) -> SessionDescription:
        """Return what the camera says of its tracks."""
        return description

    def strike(self, client: Client) -> PacketFilter | None:
        """Act on a client that plays, when it begins to or when the fault is injected.

        Return a filter if its packets are to be changed from now on.
        """
        return None

    def release(self, client: Client) -> None:
        """Undo what lasts, when the fault is cleared; filters go by themselves."""

    def leave(self, client: Client) -> None:
        """Note that a client has gone."""
