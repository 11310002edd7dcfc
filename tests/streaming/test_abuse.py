"""A real server under abuse: right answers, bounds, and no harm to ordinary viewers."""

import asyncio
import contextlib
import logging
import socket
import time
import tracemalloc
from collections.abc import AsyncIterator, Iterator
from typing import Final

import aiohttp
import pytest
from aiohttp import web

from custom_components.hls_camera.streaming.errors import TooManyRequestsError
from custom_components.hls_camera.streaming.outputs import (
    hls_delivery as delivery_module,
    viewers as viewers_module,
)
from custom_components.hls_camera.streaming.outputs.hls_playlist import MEDIA_PLAYLIST
from custom_components.hls_camera.streaming.outputs.viewers import (
    MAX_HELD_BY_VIEWER,
    TOKEN_LIFETIME_S,
)
from custom_components.hls_camera.web import http_response
from custom_components.hls_camera.web.http_response import respond
from tests.waiting import eventually

from . import rfc8216
from .renditions import WindowRendition
from .windows import add_parts, add_segments, begin, make_window

MAX_SECONDS: Final = 40.0
"""Seconds for an action that takes a moment, on a busy machine."""
PART_BYTES: Final = 400_000
PARTS: Final = 5


class Stream(WindowRendition):
    """A rendition whose clock a test may set forward."""

    def __init__(self) -> None:
        self.lost_time = 0.0
        super().__init__(
            begin(make_window(max_bytes=24_000_000)),
            lambda: time.monotonic() + self.lost_time,
        )


class Server:
    """The stream behind aiohttp, as Home Assistant runs it."""

    def __init__(self, stream: Stream) -> None:
        self.stream = stream
        self.port = 0
        application = web.Application()
        application.router.add_get("/{token}/{resource}", self._answer)
        self._runner = web.AppRunner(
            application, access_log=None, handler_cancellation=True
        )

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        await self._runner.setup()
        try:
            listener = socket.create_server(("127.0.0.1", 0), backlog=4096)
            # The kernel is not to take in whole responses that nobody reads.
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
            await web.SockSite(self._runner, listener).start()
            self.port = listener.getsockname()[1]
            yield
        finally:
            await self._runner.cleanup()

    @property
    def connections(self) -> int:
        """How many clients it keeps."""
        assert self._runner.server is not None
        return len(self._runner.server.connections)

    def close_connections(self) -> None:
        """Do as if all clients had gone in this moment."""
        assert self._runner.server is not None
        for connection in self._runner.server.connections:
            assert connection.transport is not None
            connection.transport.close()

    @property
    def held(self) -> int:
        """How many requests wait."""
        return self.stream.viewers.held

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        token, resource = request.match_info["token"], request.match_info["resource"]
        return await respond(
            request,
            await self.stream.deliver(token, resource, request.query, request.headers),
        )

    # The abuse

    async def connect(self) -> Client:
        return Client(*await asyncio.open_connection("127.0.0.1", self.port))

    async def ask(self, target: str, method: str = "GET", header: str = "") -> Answer:
        """Send a request that no client library would touch, and return the answer."""
        client = await self.connect()
        try:
            client.send(target, method, header)
            return await client.answer()
        finally:
            client.close()


class Answer:
    """A response."""

    def __init__(self, head: bytes, body: bytes) -> None:
        status, *lines = head.decode().split("\r\n")
        self.status = int(status.split()[1])
        self.headers = dict(line.split(": ", 1) for line in lines if line)
        self.body = body


class Client:
    """A connection, without a client library in between that would tidy things up."""

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self._reader = reader
        self._writer = writer

    def send(self, target: str, method: str = "GET", header: str = "") -> None:
        lines = f"{method} {target} HTTP/1.1\r\nHost: x\r\n{header}\r\n"
        self._writer.write(lines.encode())

    async def answer(self, method: str = "GET") -> Answer:
        async with asyncio.timeout(MAX_SECONDS):
            answer = Answer(await self._reader.readuntil(b"\r\n\r\n"), b"")
            if method != "HEAD":
                length = int(answer.headers["Content-Length"])
                answer.body = await self._reader.readexactly(length)
            return answer

    def close(self) -> None:
        self._writer.transport.abort()


class Player:
    """Follows the stream by blocking requests, and takes nothing amiss but delay."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._stream = server.stream
        self._token = server.stream.audience.open()
        self.parts: list[tuple[int, int]] = []

    async def watch(self, parts: int) -> None:
        """Get as many new parts, one after the other, as they come."""
        address = f"http://127.0.0.1:{self._server.port}/{self._token}/"
        async with aiohttp.ClientSession(address) as self._http:
            playlist = rfc8216.parse((await self._get(MEDIA_PLAYLIST)).decode())
            for _ in range(parts):
                playlist = await self._next(playlist)

    async def _next(self, before: rfc8216.Playlist) -> rfc8216.Playlist:
        window = self._stream.window
        msn, index = window.next_part
        reload = f"{MEDIA_PLAYLIST}?_HLS_msn={msn}&_HLS_part={index}"
        waiting = asyncio.create_task(self._get(reload))
        await eventually(self._is_waiting)
        add_parts(window, 1, size=PART_BYTES)
        if index == PARTS - 1:
            window.close_segment()
        playlist = rfc8216.parse((await waiting).decode())
        rfc8216.check_succession(before, playlist)
        newest = playlist.segments[-1]
        assert newest.msn == msn
        assert len(newest.parts) == index + 1
        media = await self._get(newest.parts[index].uri)
        assert len(media) == PART_BYTES
        assert media[:8] == msn.to_bytes(4) + index.to_bytes(4)
        self.parts.append((msn, index))
        return playlist

    def _is_waiting(self) -> bool:
        """Whether a request of this player waits: it may not have another one then."""
        try:
            with self._stream.audience.hold(self._token, limit=1):
                return False
        except TooManyRequestsError:
            return True

    async def _get(self, resource: str) -> bytes:
        async with self._http.get(resource) as response:
            assert response.status == 200
            return await response.read()


def short(value: object) -> str:
    """Name a test's request so that a person can read it."""
    return str(value)[:30]


@pytest.fixture
def stream() -> Stream:
    """Return a stream with two segments, and two parts of a third one."""
    stream = Stream()
    add_segments(stream.window, 2, size=PART_BYTES)
    add_parts(stream.window, 2, size=PART_BYTES)
    return stream


@pytest.fixture
async def server(stream: Stream) -> AsyncIterator[Server]:
    """Run the stream's server."""
    server = Server(stream)
    async with server.running():
        yield server


@pytest.fixture
def token(stream: Stream) -> str:
    """Return an abuser's token, as anybody has it who may watch."""
    return stream.audience.open()


@pytest.fixture(autouse=True)
def log_stays_silent(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Fail a test whose requests fill the log."""
    yield
    records = caplog.get_records("call")
    loud = [record for record in records if record.levelno >= logging.WARNING]
    # asyncio in debug mode logs that a machine is busy.
    assert all(record.message.startswith("Executing ") for record in loud)


@pytest.fixture
async def crowd(server: Server) -> AsyncIterator[list[Client]]:
    """Return a list for connections, which are cut in the end."""
    clients: list[Client] = []
    yield clients
    for client in clients:
        client.close()
    await eventually(lambda: not server.connections)


class TestRequestsThatNoPlayerMakes:
    @pytest.mark.parametrize(
        "target",
        [
            "/TOKEN/../TOKEN/secret",
            "/TOKEN/%2e%2e",
            "/TOKEN/..%2f..%2fetc%2fpasswd",
            "/TOKEN/media.m3u8%00",
            "/TOKEN%00/media.m3u8",
            "/TOKEN//media.m3u8",
            "//TOKEN/media.m3u8",
            "/TOKEN/media.m3u8/",
            "/TOKEN/MEDIA.M3U8",
            "/TOKEN/" + 5000 * "x",
            "/TOKEN/PREFIX-" + 3000 * "1" + ".m4s",
            "/TOKEN/PREFIX--1.m4s",
            "/TOKEN/PREFIX-1.-1.m4s",
            "/TOKEN/PREFIX-1e0.m4s",
            "/TOKEN/PREFIX-%D9%A1.m4s",
            "/TOKEN/PREFIX-1.m4s%0a",
            "/TOKEN/00000000-1.m4s",
            "/TOKEN/%ff%fe",
            "/TOKEN",
            "/",
        ],
        ids=short,
    )
    async def test_path_tricks_find_nothing(
        self, server: Server, token: str, target: str
    ) -> None:
        prefix = server.stream.window.prefix
        target = target.replace("TOKEN", token).replace("PREFIX", prefix)
        answer = await server.ask(target)
        assert answer.status == 404

    @pytest.mark.parametrize(
        ("query", "status"),
        [
            ("_HLS_msn=1e9", 400),
            ("_HLS_msn=1000000000", 400),
            ("_HLS_msn=" + 5000 * "9", 400),
            ("_HLS_msn=-1", 400),
            ("_HLS_msn=%D9%A3", 400),
            ("_HLS_msn=3%00", 400),
            ("_HLS_msn=+3", 400),
            ("_HLS_msn", 400),
            ("_HLS_part=0", 400),
            ("_HLS_msn=3&_HLS_part=999999999", 400),
            ("_HLS_msn=4&_HLS_part=999999999", 400),
            ("_HLS_msn=3&_HLS_part=-1", 400),
            # the first one counts
            ("_HLS_msn=1&_HLS_msn=1000000000", 200),
            ("_HLS_msn=1000000000&_HLS_msn=1", 400),
            # not offered, so ignored
            ("_HLS_skip=YES", 200),
            ("_HLS_skip=v2&_HLS_push=1&" + 1000 * "x&", 200),
            ("_HLS_msn=0", 200),
            ("_HLS_msn=1&_HLS_part=999999999", 200),
        ],
        ids=short,
    )
    async def test_absurd_directives_are_answered_at_once(
        self, server: Server, token: str, query: str, status: int
    ) -> None:
        answer = await server.ask(f"/{token}/media.m3u8?{query}")
        assert answer.status == status

    @pytest.mark.parametrize(
        "method", ["POST", "PUT", "DELETE", "PATCH", "PROPFIND", "TRACE"]
    )
    async def test_other_methods_are_405(
        self, server: Server, token: str, method: str
    ) -> None:
        answer = await server.ask(f"/{token}/media.m3u8", method)
        assert answer.status == 405
        assert answer.headers["Allow"] == "GET,HEAD"

    @pytest.mark.parametrize(
        "resource", ["media.m3u8", "PREFIX-1.m4s", "PREFIX-1.0.m4s"]
    )
    async def test_head_has_no_body(
        self, server: Server, token: str, resource: str, crowd: list[Client]
    ) -> None:
        target = f"/{token}/{resource}".replace("PREFIX", server.stream.window.prefix)
        whole = await server.ask(target)
        client = await server.connect()
        crowd.append(client)
        client.send(target, "HEAD")
        answer = await client.answer("HEAD")
        assert answer.status == 200
        assert answer.headers["Content-Length"] == str(len(whole.body))
        # The next bytes are the next answer.
        client.send(target)
        assert (await client.answer()).body == whole.body

    @pytest.mark.parametrize(
        "value",
        [
            "bytes=0-",
            "bytes=5-1",
            "bytes=99999999999999-",
            "bytes=-1",
            "bytes=" + 500 * "0-1," + "0-1",
            "x",
            "",
        ],
        ids=short,
    )
    async def test_ranges_are_ignored(
        self, server: Server, token: str, value: str
    ) -> None:
        """RFC 9110, 14.2: a server may."""
        target = f"/{token}/{server.stream.window.prefix}-1.m4s"
        answer = await server.ask(target, header=f"Range: {value}\r\n")
        assert answer.status == 200
        assert len(answer.body) == PARTS * PART_BYTES


class TestTokens:
    async def test_whatever_is_wrong_with_a_token_the_answer_is_the_same(
        self, server: Server, token: str
    ) -> None:
        """No answer reveals whether a camera or a viewer exists or existed."""
        stream = server.stream
        stopped, expired = stream.audience.open(), token
        stream.viewers.clear()
        expired = stream.audience.open()
        stream.lost_time = TOKEN_LIFETIME_S + 1
        answers = [
            await server.ask(f"/{bad}/{resource}")
            for bad in (expired, stopped, "x", 43 * "A", "%ff", 3000 * "x")
            for resource in (
                "index.m3u8",
                "media.m3u8?_HLS_msn=1000000000",
                f"{stream.window.prefix}-1.m4s",
                "secret",
            )
        ]
        for answer in answers:
            answer.headers.pop("Date")
            assert (answer.status, answer.body) == (404, b"")
            assert answer.headers == answers[0].headers


def wait_without_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let requests wait until their answer.

    On a busy machine, the first of a crowd would have waited for three target durations
    before the last one has come.
    """
    monkeypatch.setattr(delivery_module, "_MAX_BLOCK_TARGETS", 10_000)


class TestManyBlockedRequests:
    async def test_one_token_cannot_have_thousands_wait_and_others_watch_on(
        self,
        server: Server,
        token: str,
        crowd: list[Client],
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        wait_without_limit(monkeypatch)
        msn, _ = server.stream.window.next_part
        for _ in range(2000):
            crowd.append(await server.connect())
            crowd[-1].send(f"/{token}/media.m3u8?_HLS_msn={msn + 1}")
        player = Player(server)
        await player.watch(parts=8)
        assert player.parts[-1] == (msn + 1, PARTS - 1)
        answers = [await client.answer() for client in crowd]
        statuses = [answer.status for answer in answers]
        assert statuses.count(200) == MAX_HELD_BY_VIEWER
        refused = [answer for answer in answers if answer.status != 200]
        assert {answer.status for answer in refused} == {503}
        assert {answer.headers["Retry-After"] for answer in refused} == {"1"}

    async def test_many_tokens_that_have_many_wait_keep_nobody_from_watching(
        self, server: Server, crowd: list[Client], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(viewers_module, "MAX_HELD", 100)
        wait_without_limit(monkeypatch)
        msn, _ = server.stream.window.next_part
        for _ in range(20):
            token = server.stream.audience.open()
            for _ in range(MAX_HELD_BY_VIEWER):
                crowd.append(await server.connect())
                crowd[-1].send(f"/{token}/media.m3u8?_HLS_msn={msn + 1}")
        await eventually(lambda: server.held >= 100)
        await Player(server).watch(parts=2)
        assert server.held < 20 * MAX_HELD_BY_VIEWER

    async def test_a_request_ends_with_its_client(
        self, server: Server, token: str, crowd: list[Client]
    ) -> None:
        msn, _ = server.stream.window.next_part
        for _ in range(MAX_HELD_BY_VIEWER):
            crowd.append(await server.connect())
            crowd[-1].send(f"/{token}/media.m3u8?_HLS_msn={msn + 2}")
        await eventually(lambda: server.held == MAX_HELD_BY_VIEWER)
        for client in crowd:
            client.close()
        await eventually(lambda: server.held == 0)

    async def test_a_client_that_goes_when_its_answer_comes_is_nobodys_error(
        self, server: Server, token: str, crowd: list[Client]
    ) -> None:
        window = server.stream.window
        msn, index = window.next_part
        crowd.append(await server.connect())
        crowd[0].send(f"/{token}/media.m3u8?_HLS_msn={msn}&_HLS_part={index}")
        await eventually(lambda: server.held == 1)
        add_parts(window, 1)
        server.close_connections()
        await eventually(lambda: not server.connections)

    async def test_requests_on_one_connection_wait_in_turn(
        self, server: Server, token: str, crowd: list[Client]
    ) -> None:
        msn, _ = server.stream.window.next_part
        crowd.append(await server.connect())
        for _ in range(200):
            crowd[0].send(f"/{token}/media.m3u8?_HLS_msn={msn + 1}")
        await Player(server).watch(parts=3)
        assert server.held == 1
        server.stream.viewers.clear()
        server.stream.window.clear()

    async def test_a_stop_answers_them_all(
        self, server: Server, crowd: list[Client]
    ) -> None:
        window = server.stream.window
        msn, index = window.next_part
        for _ in range(30):
            token = server.stream.audience.open()
            for resource in (
                f"media.m3u8?_HLS_msn={msn}",
                f"media.m3u8?_HLS_msn={msn + 1}&_HLS_part=0",
                f"{window.prefix}-{msn}.{index}.m4s",
            ):
                crowd.append(await server.connect())
                crowd[-1].send(f"/{token}/{resource}")
        await eventually(lambda: server.held == len(crowd))
        window.clear()
        assert {(await client.answer()).status for client in crowd} == {404}
        assert server.held == 0


@pytest.fixture
async def idlers() -> AsyncIterator[list[socket.socket]]:
    """Return a list for sockets that nobody reads, which are closed in the end."""
    sockets: list[socket.socket] = []
    yield sockets
    for each in sockets:
        each.close()


async def ask_and_sleep(server: Server, target: str) -> socket.socket:
    """Ask for something, and read nothing; no buffer here takes it in, either."""
    idler = socket.socket()
    idler.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    idler.setblocking(False)
    loop = asyncio.get_running_loop()
    await loop.sock_connect(idler, ("127.0.0.1", server.port))
    await loop.sock_sendall(idler, f"GET {target} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    return idler


class TestSlowReaders:
    async def test_they_hold_no_copies_and_others_watch_on(
        self, server: Server, token: str, idlers: list[socket.socket]
    ) -> None:
        target = f"/{token}/{server.stream.window.prefix}-1.m4s"
        tracemalloc.start()
        try:
            idlers += [await ask_and_sleep(server, target) for _ in range(50)]
            await eventually(lambda: server.connections == 50)
            await Player(server).watch(parts=1)
            memory, _ = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        # Copies of the requested media would be 100 MB.
        assert memory < 2 * PARTS * PART_BYTES
        await Player(server).watch(parts=12)

    async def test_a_client_that_does_not_read_in_time_is_disconnected(
        self,
        server: Server,
        token: str,
        idlers: list[socket.socket],
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setattr(http_response, "READ_SECONDS", 0.2)
        prefix = server.stream.window.prefix
        add_parts(server.stream.window, 1, size=20_000)  # less than asyncio buffers
        idlers += [
            await ask_and_sleep(server, f"/{token}/{prefix}-{name}.m4s")
            for name in ("1", "1.0", "3.2")
        ]
        await eventually(lambda: server.connections == len(idlers))
        await eventually(lambda: not server.connections)

    async def test_a_client_that_is_slow_but_in_time_gets_all_of_it(
        self, server: Server, token: str, idlers: list[socket.socket]
    ) -> None:
        window = server.stream.window
        segment = window.segment(1)
        assert segment is not None
        target = f"/{token}/{window.prefix}-1.m4s"
        idlers.append(await ask_and_sleep(server, target))
        await eventually(lambda: server.connections == 1)
        # Meanwhile the segment leaves the window.
        add_segments(window, 30)
        assert window.segment(1) is None
        expected = b"".join(part.data for part in segment.parts)
        received = b""
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(MAX_SECONDS):
            while not received.endswith(expected):
                received += await loop.sock_recv(idlers[0], 50_000)
