"""The RTSP session of one client: responses to its requests, and its transports."""

import secrets
from collections.abc import Callable
from contextlib import suppress
from typing import Protocol

from .auth import Authenticator, Verdict
from .playout import Join, Playout, playout
from .presentation import Presentation
from .rtp import MediaPacket, TrackKind
from .rtsp import Request, Response
from .sdp import MediaDescription, SessionDescription
from .transport import (
    InterleavedTransport,
    Lower,
    TrackTransport,
    UdpTransport,
    numbers,
)

METHODS = (
    "OPTIONS",
    "DESCRIBE",
    "SETUP",
    "PLAY",
    "PAUSE",
    "GET_PARAMETER",
    "SET_PARAMETER",
    "TEARDOWN",
)
_WITHIN_SESSION = frozenset({"PLAY", "PAUSE", "TEARDOWN"})


class Behaviour(Protocol):
    """The normal behavior of a session's camera."""

    @property
    def path(self) -> str:
        """The path of its URL, without enclosing slashes."""

    @property
    def presentation(self) -> Presentation:
        """Its stream."""

    @property
    def authenticator(self) -> Authenticator | None:
        """Its user; None if no login is required."""

    @property
    def join(self) -> Join:
        """The position in the stream at which clients start."""

    @property
    def transports(self) -> frozenset[Lower]:
        """Its transports."""

    @property
    def session_timeout(self) -> int:
        """Seconds without a request after which it ends a session."""


class Wire(Protocol):
    """The interface of a connection to its session."""

    @property
    def hosts(self) -> tuple[str, str]:
        """The addresses of the camera and of the client."""

    def send(self, data: bytes) -> None:
        """Send bytes inside the connection."""

    def deliver(self, packet: MediaPacket) -> None:
        """Take a packet for the client, and call `Session.send` when it is due."""

    def describe(self, description: SessionDescription) -> SessionDescription:
        """Return the description for this client."""

    def begin(self) -> None:
        """Note that packets follow."""

    def end(self) -> None:
        """Note that no packets follow."""


class Session:
    """An RTSP session, from the first request to the last."""

    def __init__(self, camera: Behaviour, wire: Wire) -> None:
        self._camera = camera
        self._wire = wire
        self._id: str | None = None
        self._transports: dict[TrackKind, TrackTransport] = {}
        self._playout: Playout | None = None

    async def respond(self, request: Request) -> Response:
        """Return the response of a camera without faults."""
        if request.method != "OPTIONS":
            refusal = self._authenticate(request) or self._check_session(request)
            if refusal:
                return refusal
        match request.method:
            case "OPTIONS":
                response = Response(headers={"Public": ", ".join(METHODS)})
            case "DESCRIBE":
                response = self._describe(request)
            case "SETUP":
                response = await self._setup(request)
            case "PLAY":
                response = await self._play(request)
            case "PAUSE":
                response = self._within_session(then=self.stop)
            case "TEARDOWN":
                response = self._within_session(then=self.close)
            case "GET_PARAMETER" | "SET_PARAMETER":
                response = self._within_session()
            case _:
                response = Response(501)
        return response

    def send(self, packet: MediaPacket) -> None:
        """Send a packet, if the client has requested its track."""
        if transport := self._transports.get(packet.track):
            transport.send(packet)

    def stop(self) -> None:
        """Stop playing."""
        if self._playout:
            self._playout.stop()
            self._playout = None
            self._wire.end()

    def close(self) -> None:
        """Stop playing and free the transports."""
        self.stop()
        for transport in self._transports.values():
            transport.close()
        self._transports.clear()
        self._id = None

    def _authenticate(self, request: Request) -> Response | None:
        authenticator = self._camera.authenticator
        if authenticator is None:
            return None
        verdict = authenticator.check(
            request.method, request.headers.get("authorization")
        )
        if verdict is Verdict.GRANTED:
            return None
        challenge = authenticator.challenge(stale=verdict is Verdict.STALE)
        return Response(401, {"WWW-Authenticate": challenge})

    def _check_session(self, request: Request) -> Response | None:
        given = request.headers.get("session", "").partition(";")[0]
        if given and given != self._id:
            return Response(454)
        if request.method in _WITHIN_SESSION and self._id is None:
            return Response(455)
        return None

    def _within_session(
        self,
        headers: dict[str, str] | None = None,
        then: Callable[[], None] | None = None,
    ) -> Response:
        session = {}
        if self._id is not None:
            session["Session"] = f"{self._id};timeout={self._camera.session_timeout}"
        return Response(headers=session | (headers or {}), then=then)

    def _describe(self, request: Request) -> Response:
        description = self._wire.describe(self._camera.presentation.description)
        headers = {
            "Content-Base": f"{request.url.rstrip('/')}/",
            "Content-Type": "application/sdp",
        }
        return Response(headers=headers, body=str(description).encode())

    async def _setup(self, request: Request) -> Response:
        media = self._addressed(request)
        if media is None:
            return Response(404)
        transport = await self._transport(request.headers.get("transport", ""))
        if transport is None:
            return Response(461)
        if former := self._transports.get(media.track):
            former.close()
        self._transports[media.track] = transport
        if self._id is None:
            self._id = secrets.token_hex(8)
        return self._within_session({"Transport": transport.header})

    def _addressed(self, request: Request) -> MediaDescription | None:
        """Return the track of a request."""
        control = request.target.removeprefix(self._camera.path).strip("/")
        every = self._camera.presentation.description.media
        addressed = [media for media in every if media.control == control]
        if not control and len(every) == 1:
            addressed = list(every)
        return addressed[0] if addressed else None

    async def _transport(self, asked: str) -> TrackTransport | None:
        """Return the first requested transport that the camera supports."""
        for each in asked.split(","):
            if "TCP" in each and Lower.TCP in self._camera.transports:
                channels = numbers(each, "interleaved")
                channel = channels[0] if channels else 2 * len(self._transports)
                return InterleavedTransport(channel, self._wire.send)
            ports = numbers(each, "client_port")
            if ports and Lower.UDP in self._camera.transports:
                with suppress(OSError, OverflowError):  # no such ports
                    return await UdpTransport.create(*self._wire.hosts, ports)
        return None

    async def _play(self, request: Request) -> Response:
        presentation = self._camera.presentation
        self.stop()
        if self._camera.join is Join.NEW_IDR:
            await presentation.switch(presentation.feed)
        stream = playout(self._camera.join, presentation, self._wire.deliver)
        base = request.url.rstrip("/")
        info = []
        for media in presentation.description.media:
            if media.track in self._transports:
                values = {
                    "url": f"{base}/{media.control}",
                    "seq": stream.first_sequence(media.track),
                    "rtptime": stream.first_timestamp(media.track),
                }
                given = [f"{k}={v}" for k, v in values.items() if v is not None]
                info.append(";".join(given))

        def start() -> None:
            self._playout = stream
            self._wire.begin()
            stream.start()

        headers = {"Range": "npt=0.000-", "RTP-Info": ",".join(info)}
        return self._within_session(headers, then=start)
