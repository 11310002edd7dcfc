"""One RTSP connection: bytes in, bytes out, with the faults in between."""

import asyncio
import socket
import struct
from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import partial
from typing import Protocol

from . import rtsp
from .faults import Answer, Fault, PacketFilter
from .rtp import MediaPacket, TrackKind
from .rtsp import Request, Response
from .sdp import SessionDescription
from .session import Behaviour, Session

_BACKLOG_BYTES = 4 * 1024 * 1024
"""Bytes that may wait for a client before it is dropped as too slow."""
_CLOSE_SECONDS = 1.0
_FIRST_REQUEST_SECONDS = 60
_NO_LINGER = struct.pack("ii", 1, 0)


class Camera(Behaviour, Protocol):
    """The interface of a camera to its connections."""

    def join_connection(self, connection: Connection) -> tuple[int, Iterable[Fault]]:
        """Count a connection; return its number and its faults."""

    def leave_connection(self, connection: Connection) -> None:
        """Remove a connection."""

    def note_playing(self, connection: Connection) -> None:
        """Note that a connection has started or stopped playing."""

    def note_request(self, request: Request, answer: Answer) -> None:
        """Note a request and its response."""


class Connection:
    """One RTSP connection; `faults.Client` is its interface to faults."""

    def __init__(
        self,
        find_camera: Callable[[Request], Camera | None],
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> None:
        self.number = 0
        self.playing = False
        self.dropped = False
        """Whether it was closed because the client read too slowly."""
        self._find_camera = find_camera
        self._reader = reader
        self._writer = writer
        self._camera: Camera | None = None
        self._session: Session | None = None
        self._faults: dict[Fault, PacketFilter | None] = {}
        self._filters: tuple[PacketFilter, ...] = ()
        self._timers: set[asyncio.TimerHandle] = set()
        self._muted = False
        self._ended = False

    # For the server and the camera

    async def serve(self) -> None:
        """Answer requests until either side closes the connection."""
        try:
            while request := await self._next_request():
                await self._handle(request)
        except rtsp.RtspError:
            self.send(Response(400).to_bytes("0"))
        except ConnectionError, asyncio.IncompleteReadError, TimeoutError:
            pass
        finally:
            await self._close()

    @property
    def faults(self) -> tuple[Fault, ...]:
        """The faults of this connection."""
        return tuple(self._faults)

    def inject(self, fault: Fault) -> None:
        """Inject a fault, which acts at once if the connection is playing."""
        self._faults[fault] = fault.strike(self) if self.playing else None
        self._arrange_filters()

    def clear(self, fault: Fault) -> None:
        """Clear a fault."""
        if fault in self._faults:
            del self._faults[fault]
            fault.release(self)
            self._arrange_filters()

    # For the session

    @property
    def hosts(self) -> tuple[str, str]:
        """The addresses of the camera and of the client."""
        local = self._writer.get_extra_info("sockname")
        remote = self._writer.get_extra_info("peername")
        return local[0], remote[0]

    def send(self, data: bytes) -> None:
        """Send bytes; drop a client that does not read them."""
        if self._muted or self._ended:
            return
        if self._writer.transport.get_write_buffer_size() > _BACKLOG_BYTES:
            self.dropped = True
            self.reset()
            return
        self._writer.write(data)

    def deliver(self, packet: MediaPacket) -> None:
        """Pass a packet through all faults to the client."""
        self._pass(self._filters, packet)

    def describe(self, description: SessionDescription) -> SessionDescription:
        """Return the description for this client."""
        for fault in self._faults:
            description = fault.describe(description, self)
        return description

    def begin(self) -> None:
        """Start to play, which activates the faults."""
        self.playing = True
        for fault in tuple(self._faults):
            self._faults[fault] = fault.strike(self)
        self._arrange_filters()
        if self._camera:
            self._camera.note_playing(self)

    def end(self) -> None:
        """Stop playing."""
        self.playing = False
        if self._camera:
            self._camera.note_playing(self)

    # For faults

    def clock_rate(self, track: TrackKind) -> int:
        """Return the number of timestamp units per second of a track."""
        if self._camera is None:
            raise LookupError("the connection has not come to a camera yet")
        return self._camera.presentation.description.track(track).clock_rate

    def mute(self) -> None:
        """Stop sending, but stay connected."""
        self._muted = True

    def unmute(self) -> None:
        """Resume sending."""
        self._muted = False

    def finish(self) -> None:
        """Close the connection regularly, with a FIN."""
        if not self._ended:
            self._end()
            with suppress(OSError):  # the client closed it first
                if self._writer.can_write_eof():
                    self._writer.write_eof()
                else:
                    self._writer.close()

    def reset(self) -> None:
        """Reset the connection, with a RST."""
        if not self._ended:
            self._end()
            connected: socket.socket = self._writer.get_extra_info("socket")
            with suppress(OSError):  # the client closed it first
                connected.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER)
            self._writer.transport.abort()

    def call_later(self, seconds: float, do: Callable[[], None]) -> asyncio.Handle:
        """Call a function later, unless the connection has ended by then."""

        def run() -> None:
            self._timers.discard(timer)
            do()

        timer = asyncio.get_running_loop().call_later(seconds, run)
        self._timers.add(timer)
        return timer

    # Internals

    async def _next_request(self) -> Request | None:
        camera = self._camera
        patience = camera.session_timeout if camera else _FIRST_REQUEST_SECONDS
        async with asyncio.timeout(patience):
            return await rtsp.read_request(self._reader)

    async def _handle(self, request: Request) -> None:
        if self._camera is None and (camera := self._find_camera(request)):
            self._camera = camera
            self._session = Session(camera, self)
            self.number, faults = camera.join_connection(self)
            self._faults = dict.fromkeys(faults)
        answer = await self._answer(tuple(reversed(self._faults)), request)
        if self._camera:
            self._camera.note_request(request, answer)
        if isinstance(answer, Response):
            self.send(answer.to_bytes(request.cseq))
            if answer.then:
                answer.then()
        elif answer is not None:
            self.send(answer)

    async def _answer(self, faults: tuple[Fault, ...], request: Request) -> Answer:
        """Let the last fault answer; it may let the previous one answer, and so on."""
        if faults:
            proceed = partial(self._answer, faults[1:], request)
            return await faults[0].answer(request, self, proceed)
        if self._session is None or self._find_camera(request) is not self._camera:
            return Response(404)
        return await self._session.respond(request)

    def _arrange_filters(self) -> None:
        self._filters = tuple(each for each in self._faults.values() if each)

    def _pass(self, filters: tuple[PacketFilter, ...], packet: MediaPacket) -> None:
        """Pass a packet through the remaining filters, then send it."""
        if filters:
            filters[0](packet, partial(self._pass, filters[1:]))
        elif self._session and not self._muted:
            self._session.send(packet)

    def _end(self) -> None:
        """Stop sending."""
        self._ended = True
        if self._session:
            self._session.close()
        for timer in self._timers:
            timer.cancel()
        self._timers.clear()

    async def _close(self) -> None:
        self._end()
        for fault in self._faults:
            fault.leave(self)
        if self._camera:
            self._camera.leave_connection(self)
        self._writer.close()
        with suppress(ConnectionError):
            try:
                async with asyncio.timeout(_CLOSE_SECONDS):
                    await self._writer.wait_closed()
            except TimeoutError:
                self._writer.transport.abort()
