"""A stand-in for go2rtc 1.9.14 on another host: its API, and its RTSP server.

A real FFmpeg converts what a stream's source names, while somebody reads the stream. The
API has go2rtc's lies: it answers 200 to nearly anything, also for a stream that never
works, and to a probe while there is a reader.
"""

import asyncio
import base64
import ssl
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Mapping
from contextlib import ExitStack, suppress
from http import HTTPStatus
from pathlib import Path
from typing import Final, Self, override
from urllib.parse import parse_qs

from aiohttp import web

from tests import tools
from tests.camera.auth import Authenticator, AuthScheme, Credentials
from tests.camera.connection import Connection
from tests.camera.encoder import packetiser
from tests.camera.faults import Answer, Client, Fault, Proceed, Stall
from tests.camera.ffmpeg import FfmpegError
from tests.camera.media import Feed
from tests.camera.playout import Join
from tests.camera.presentation import Presentation
from tests.camera.rtp import MediaPacket, TrackKind
from tests.camera.rtsp import Request, Response
from tests.camera.server import RtspServer
from tests.camera.source import MediaSource
from tests.camera.transport import Lower
from tests.web_listening import unfinished_handshakes

VERSION: Final = "1.9.14"
_FFMPEG: Final = "ffmpeg:"
_VIRTUAL: Final = "virtual?"
_RESTART_S: Final = 1.0
_LOCAL_SCHEMES: Final = ("exec:", "echo:", "expr:")


class _Conversion(MediaSource):
    """One FFmpeg that converts a stream's source.

    On a slow host, its packets come later and later.
    """

    def __init__(
        self,
        stream: Stream,
        feed: Feed,
        deliver: Callable[[MediaPacket], None],
        *,
        binary: str | None = None,
    ) -> None:
        super().__init__(feed, self._pass_on, binary=binary)
        self._stream = stream
        self._to_readers = deliver
        self._slow_since: float | None = None
        self._late: deque[asyncio.TimerHandle] = deque()

    def _pass_on(self, packet: MediaPacket) -> None:
        pace = self._stream.host.pace
        if pace is None:
            self._slow_since = None
            self._to_readers(packet)
            return
        loop = asyncio.get_running_loop()
        now = loop.time()
        if self._slow_since is None:
            self._slow_since = now
        while self._late and self._late[0].when() <= now:
            self._late.popleft()
        due = self._slow_since + (now - self._slow_since) / pace
        self._late.append(loop.call_at(due, self._to_readers, packet))

    @override
    async def stop(self) -> None:
        while self._late:
            self._late.popleft().cancel()
        await super().stop()

    @override
    def _command(
        self,
        sockets: Mapping[TrackKind, Path],
        start: int,
        clip: Path | None,
        font: str | None,
    ) -> tuple[str, ...]:
        address, options = self._stream.address, self._stream.options
        arguments = ["-hide_banner", "-nostats", "-loglevel", "error"]
        if address.startswith(_VIRTUAL):
            size = parse_qs(address.removeprefix(_VIRTUAL)).get("size", ["320x180"])
            arguments += ["-re", "-f", "lavfi", "-i", f"testsrc=size={size[0]}"]
        else:
            arguments += ["-timeout", "5000000", "-rtsp_flags", "prefer_tcp"]
            arguments += ["-fflags", "nobuffer", "-flags", "low_delay"]
            arguments += ["-i", address]
        codecs = {
            TrackKind.VIDEO: [
                *("-c:v", "libx264", "-g", "50", "-profile:v", "high"),
                *("-level:v", "4.1", "-preset:v", "superfast"),
                *("-tune:v", "zerolatency", "-pix_fmt:v", "yuv420p", "-threads", "1"),
            ],
            TrackKind.AUDIO: ["-c:a", "copy"]
            if options.get("audio") == ["copy"]
            else ["-c:a", "aac", "-ar:a", "16000", "-ac:a", "1"],
        }
        if "width" in options or "height" in options:
            size = [options.get(each, ["-1"])[0] for each in ("width", "height")]
            codecs[TrackKind.VIDEO] += ["-vf", f"scale={size[0]}:{size[1]}"]
        for track, socket in sockets.items():
            arguments += ["-map", f"0:{track[0]}:0", *codecs[track]]
            arguments += ["-flags", "+global_header"]
            arguments += packetiser(track, self.feed, socket, start)
        return tuple(arguments)


class _StartConversion(Fault):
    """Starts a stream's FFmpeg for its first reader: go2rtc describes nothing before."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream

    @override
    async def answer(
        self, request: Request, client: Client, proceed: Proceed
    ) -> Answer:
        if request.method == "DESCRIBE" and not await self._stream.start():
            return Response(404)
        return await proceed()


class Stream:
    """A stream of the host: a source, and what is converted of it for readers."""

    def __init__(self, host: Go2rtcHost, name: str, source: str) -> None:
        self.host = host
        self.source = source
        self.address, *options = source.removeprefix(_FFMPEG).split("#")
        self.options = parse_qs("&".join(options), keep_blank_values=True)
        self.path = name
        feed = Feed(audio="aac" if "audio" in self.options else None)
        self.presentation = Presentation(
            feed,
            binary=host.ffmpeg,
            source=lambda *args, **kwargs: _Conversion(self, *args, **kwargs),
        )
        self.join = Join.GOP_CACHE
        self.transports = frozenset({Lower.TCP})
        self.session_timeout = 60
        self.readers: list[Connection] = []
        self._starting = asyncio.Lock()
        self._is_started = False
        self._restarting: asyncio.Task[None] | None = None

    @property
    def authenticator(self) -> Authenticator | None:
        """The login of the RTSP server."""
        return self.host.authenticator

    async def start(self) -> bool:
        """Start FFmpeg unless it runs; return whether it works."""
        async with self._starting:
            if not self._is_started:
                try:
                    await self.presentation.start()
                except FfmpegError, TimeoutError, OSError:
                    return False
                self._is_started = True
                self._restarting = asyncio.create_task(self._restart())
            return True

    async def _restart(self) -> None:
        """Start FFmpeg again each second after it has ended."""
        while True:
            await self.presentation.source.ended.wait()
            await asyncio.sleep(_RESTART_S)
            with suppress(FfmpegError, TimeoutError, OSError):
                await self.presentation.switch(self.presentation.feed)

    async def _stop(self) -> None:
        self._is_started = False
        if self._restarting is not None:
            self._restarting.cancel()
            await asyncio.wait({self._restarting})
        await self.presentation.stop()

    async def open(self, server: RtspServer) -> None:
        """Do nothing: nothing runs without a reader."""

    async def close(self) -> None:
        """Stop FFmpeg."""
        async with self._starting:
            await self._stop()

    def join_connection(self, connection: Connection) -> tuple[int, Iterable[Fault]]:
        """Count a reader."""
        self.readers.append(connection)
        faults: list[Fault] = [_StartConversion(self)]
        return 1, faults + ([Stall()] if self.host.is_frozen else [])

    def leave_connection(self, connection: Connection) -> None:
        """Remove a reader; FFmpeg ends with the last one."""
        self.readers.remove(connection)
        if not self.readers:
            self.host.run(self.close())

    def note_playing(self, connection: Connection) -> None:
        """Do nothing."""

    def note_request(self, request: Request, answer: Answer) -> None:
        """Do nothing."""


class Go2rtcHost:
    """A host with go2rtc, on two ports that it keeps for its lifetime.

    Logins are wanted from this machine as well, as with go2rtc's `local_auth`. With an
    `ssl.SSLContext`, its API is HTTPS; its RTSP server has no TLS.
    """

    def __init__(
        self,
        *,
        username: str = "",
        password: str = "",
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.username = username
        self.password = password
        self.ffmpeg = str(tools.ffmpeg())
        self.version: str | None = VERSION
        self.rtsp_listen: object = ""
        """The address of the RTSP server, as the API reports it."""
        self.hardware: dict[str, str] = {"v4l2m2m": "ERROR", "vaapi": "ERROR"}
        self.streams: dict[str, Stream] = {}
        self.requests: list[tuple[str, str]] = []
        """Method and path of each request of the API."""
        self.sources: list[str] = []
        """The source of each stream that was added."""
        self.pace: float | None = None
        """Seconds of media per second that it sends; None for as many as come."""
        self.is_frozen = False
        """Whether RTSP readers get nothing, although the API answers."""
        self.refuses = " "
        """The text in a source that it refuses."""
        self.is_silent = False
        """Whether the API accepts connections, and does not answer."""
        self.answers_after = 0.0
        """Seconds until the API answers a request."""
        self.can_write_config = True
        self.authenticator: Authenticator | None = None
        """The login of the RTSP server."""
        if username:
            credentials = Credentials(username, password)
            self.authenticator = Authenticator(
                credentials, AuthScheme.BASIC, realm="go2rtc"
            )
        self._tls = tls
        self._handshakes = ExitStack()
        self._rtsp = RtspServer()
        self._runner: web.AppRunner | None = None
        self._port = 0
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def url(self) -> str:
        """The address of the API."""
        scheme = "https" if self._tls else "http"
        return f"{scheme}://127.0.0.1:{self._port}"

    @property
    def rtsp_port(self) -> int:
        """The port of the RTSP server."""
        return int(self._rtsp.url.rpartition(":")[2])

    @property
    def converting(self) -> int:
        """The number of streams that somebody reads."""
        return sum(bool(stream.readers) for stream in self.streams.values())

    def run(self, job: object) -> None:
        """Run a coroutine that `stop()` waits for."""
        task = asyncio.ensure_future(job)  # type: ignore[call-overload]
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def __aenter__(self) -> Self:
        if self._tls:
            self._handshakes.enter_context(unfinished_handshakes())
        await self._rtsp.start()
        self.rtsp_listen = f":{self.rtsp_port}"
        await self._serve_api()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.kill()
        self._handshakes.close()

    async def kill(self) -> None:
        """End as by SIGKILL: readers are cut off, and all streams are forgotten."""
        await self._rtsp.stop()
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None
        while self._tasks:
            await asyncio.wait(self._tasks)
        self.streams.clear()

    async def revive(self) -> None:
        """Start again on the same ports, without streams."""
        self._rtsp = RtspServer(port=self.rtsp_port)
        self._arrange()
        await self._rtsp.start()
        await self._serve_api()

    def slow_down(self, pace: float) -> None:
        """Answer late, and send less than arrives: other programs use the processor."""
        self.answers_after, self.pace = 1.0, pace

    def speed_up(self) -> None:
        """Answer at once, and send everything that arrives."""
        self.answers_after, self.pace = 0.0, None

    def freeze(self) -> None:
        """Send nothing any more, but keep all connections and answer the API."""
        self.is_frozen = True
        for stream in self.streams.values():
            for reader in stream.readers:
                reader.mute()

    def thaw(self) -> None:
        """Serve new readers again."""
        self.is_frozen = False

    async def add(self, name: str, source: str) -> None:
        """Add a stream, as its owner does."""
        self.streams[name] = Stream(self, name, source)
        self._arrange()

    def _arrange(self) -> None:
        self._rtsp.cameras = tuple(self.streams.values())

    async def _serve_api(self) -> None:
        app = web.Application(middlewares=[self._check_login])
        app.router.add_get("/api", self._info)
        app.router.add_route("*", "/api/streams", self._streams)
        app.router.add_get("/api/ffmpeg/hardware", self._hardware)
        self._runner = web.AppRunner(
            app, access_log=None, handler_cancellation=True, shutdown_timeout=0.1
        )
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self._port, ssl_context=self._tls)
        await site.start()
        self._port = self._runner.addresses[0][1]

    @web.middleware
    async def _check_login(
        self,
        request: web.Request,
        handler: Callable[[web.Request], Awaitable[web.StreamResponse]],
    ) -> web.StreamResponse:
        self.requests.append((request.method, request.path))
        if self.is_silent:
            await asyncio.sleep(60)
        await asyncio.sleep(self.answers_after)
        login = base64.b64encode(f"{self.username}:{self.password}".encode()).decode()
        wanted = f"Basic {login}" if self.username else None
        if wanted and request.headers.get("Authorization") != wanted:
            return web.Response(status=401)
        return await handler(request)

    async def _info(self, request: web.Request) -> web.Response:
        if self.version is None:
            return web.json_response({"product": "another one"})
        rtsp = {"listen": self.rtsp_listen, "default_query": "video&audio"}
        return web.json_response({"version": self.version, "rtsp": rtsp})

    async def _hardware(self, request: web.Request) -> web.Response:
        sources = [
            {"name": result, "url": f"ffmpeg:...#video={codec}#hardware={engine}"}
            for engine, result in self.hardware.items()
            for codec in ("h264", "h265")
        ]
        return web.json_response({"sources": sources})

    async def _streams(self, request: web.Request) -> web.Response:
        source = request.query.get("src", "")
        match request.method:
            case "PATCH":
                return await self._patch(request.query.get("name", ""), source)
            case "DELETE":
                return self._delete(source)
            case _ if source:
                return await self._probe(source)
        known = {
            name: {
                "producers": [{"url": "rtsp://xxx"}],
                "consumers": len(stream.readers),
            }
            for name, stream in self.streams.items()
        }
        return web.json_response(known)

    async def _patch(self, name: str, source: str) -> web.Response:
        if not name or self.refuses in source or source.startswith(_LOCAL_SCHEMES):
            return web.Response(status=HTTPStatus.BAD_REQUEST)
        self.sources.append(source)
        # Old readers keep their FFmpeg.
        await self.add(name, source)
        return web.Response()

    def _delete(self, name: str) -> web.Response:
        self.streams.pop(name, None)
        self._arrange()
        status = HTTPStatus.OK if self.can_write_config else HTTPStatus.BAD_REQUEST
        return web.Response(status=status)

    async def _probe(self, name: str) -> web.Response:
        stream = self.streams.get(name)
        if stream is None:
            return web.Response(status=HTTPStatus.NOT_FOUND)
        if stream.readers or await stream.start():
            if not stream.readers:
                await stream.close()
            return web.json_response({"producers": [{"codecs": ["H264"]}]})
        return web.Response(
            status=HTTPStatus.INTERNAL_SERVER_ERROR,
            text=f"streams: {stream.presentation.source.errors}",
        )
