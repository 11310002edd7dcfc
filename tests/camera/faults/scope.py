"""The conditions under which a fault strikes."""

import asyncio
from typing import override

from ..rtp import MediaPacket, RtpPacket, TrackKind
from ..rtsp import Request, Response
from ..sdp import SessionDescription
from .base import Answer, Client, Fault, Forward, PacketFilter, Proceed


class After(Fault):
    """Lets a fault strike a stream after a number of pictures or seconds."""

    def __init__(
        self, fault: Fault, *, frames: int | None = None, seconds: float | None = None
    ) -> None:
        if (frames is None) == (seconds is None):
            raise ValueError("either frames or seconds")
        self._fault = fault
        self._frames = frames
        self._seconds = seconds

    @override
    def strike(self, client: Client) -> PacketFilter | None:
        struck = False
        frames = 0
        inner: PacketFilter | None = None

        def strike() -> None:
            nonlocal struck, inner
            struck = True
            inner = self._fault.strike(client)

        def watch(packet: MediaPacket, forward: Forward) -> None:
            nonlocal frames
            if inner is not None:
                inner(packet, forward)
                return
            forward(packet)
            if isinstance(packet, RtpPacket) and packet.track is TrackKind.VIDEO:
                frames += packet.marker
                if frames == self._frames and not struck:
                    strike()

        if self._seconds is not None:
            client.call_later(self._seconds, strike)
        return watch

    @override
    def release(self, client: Client) -> None:
        self._fault.release(client)


class FirstConnections(Fault):
    """Lets a fault strike a number of connections, from the first one on."""

    def __init__(self, count: int, fault: Fault) -> None:
        self._count = count
        self._fault = fault

    def _struck(self, client: Client) -> bool:
        return client.number <= self._count

    @override
    async def answer(
        self, request: Request, client: Client, proceed: Proceed
    ) -> Answer:
        if self._struck(client):
            return await self._fault.answer(request, client, proceed)
        return await proceed()

    @override
    def describe(
        self, description: SessionDescription, client: Client
    ) -> SessionDescription:
        if self._struck(client):
            return self._fault.describe(description, client)
        return description

    @override
    def strike(self, client: Client) -> PacketFilter | None:
        return self._fault.strike(client) if self._struck(client) else None

    @override
    def release(self, client: Client) -> None:
        if self._struck(client):
            self._fault.release(client)


class OneClient(Fault):
    """Serves one client at a time, and notices a disconnection late."""

    def __init__(self, *, busy: float = 0.0, status: int = 453) -> None:
        """Refuse others with a status, until `busy` seconds after a client has left."""
        self.refusals = 0
        self._busy = busy
        self._status = status
        self._holder: Client | None = None
        self._free_at = 0.0

    @override
    async def answer(
        self, request: Request, client: Client, proceed: Proceed
    ) -> Answer:
        now = asyncio.get_running_loop().time()
        is_free = self._holder is None and now >= self._free_at
        if is_free and request.method != "OPTIONS":
            self._holder = client
        elif self._holder is not client and request.method != "OPTIONS":
            self.refusals += 1
            return Response(self._status)
        return await proceed()

    @override
    def leave(self, client: Client) -> None:
        if self._holder is client:
            self._holder = None
            self._free_at = asyncio.get_running_loop().time() + self._busy
