"""An endless file over HTTP: one status, the headers of a live stream, and an end."""

import asyncio
import socket
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest
from aiohttp import ClientPayloadError, ClientSession, web
from aiohttp.test_utils import TestServer

from custom_components.hls_camera.streaming.errors import (
    HlsCameraError,
    StreamLimitError,
    StreamStoppedError,
    TooSlowError,
)
from custom_components.hls_camera.streaming.outputs import file_delivery
from custom_components.hls_camera.streaming.outputs.file_delivery import deliver_file
from custom_components.hls_camera.web.file_response import FileResponse, unavailable
from custom_components.hls_camera.web.http_response import PROTECTIVE_HEADERS

pytestmark = pytest.mark.usefixtures("socket_enabled")

type OpenFile = Callable[[], AsyncGenerator[bytes]]


@asynccontextmanager
async def serve(open_file: OpenFile) -> AsyncIterator[TestServer]:
    """Run a server with one file."""

    async def answer(request: web.Request) -> web.StreamResponse:
        response = FileResponse(request, "video/mp2t")
        await deliver_file(open_file, response)
        return response.answer

    application = web.Application()
    application.router.add_get("/", answer)
    server = TestServer(application, handler_cancellation=True)
    async with server:
        yield server


async def two_pieces() -> AsyncGenerator[bytes]:
    yield b"one"
    yield b"two"


@pytest.mark.parametrize("headers", [{}, {"Range": "bytes=2-3"}])
async def test_a_file_is_sent_from_the_present_on(headers: dict[str, str]) -> None:
    async with (
        serve(two_pieces) as server,
        ClientSession() as session,
        session.get(server.make_url("/"), headers=headers) as response,
    ):
        assert response.status == 200
        assert await response.read() == b"onetwo"
        assert response.headers["Content-Type"] == "video/mp2t"
        assert response.headers["Cache-Control"] == "no-store"
        assert response.headers["Accept-Ranges"] == "none"
        assert "Content-Length" not in response.headers
        for name, value in PROTECTIVE_HEADERS.items():
            assert response.headers[name] == value


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (StreamStoppedError(), "The camera is turned off."),
        (StreamLimitError(3), "The stream limit has been reached."),
        (HlsCameraError("rtsp://192.0.2.7/secret"), "The camera shows no picture now."),
    ],
)
async def test_a_refused_reader_gets_the_reason_and_no_detail(
    error: HlsCameraError, reason: str
) -> None:
    def refused() -> AsyncGenerator[bytes]:
        raise error

    async with (
        serve(refused) as server,
        ClientSession() as session,
        session.get(server.make_url("/")) as response,
    ):
        assert response.status == 503
        assert await response.text() == f"{reason}\n"
        assert response.headers["Retry-After"] == "5"
        assert response.headers["Cache-Control"] == "no-store"


def test_a_camera_that_is_not_loaded_shows_no_picture() -> None:
    assert unavailable().status == 503


async def test_a_file_that_fails_has_no_proper_end() -> None:
    async def failing() -> AsyncGenerator[bytes]:
        yield b"one"
        raise TooSlowError

    async with (
        serve(failing) as server,
        ClientSession() as session,
        session.get(server.make_url("/")) as response,
    ):
        with pytest.raises(ClientPayloadError):
            await response.read()


async def test_a_reader_that_takes_nothing_is_disconnected(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Little is kept for it meanwhile, in the process and in the kernel."""
    monkeypatch.setattr(file_delivery, "MAX_UNREAD_S", 0.3)
    sent = 0
    has_ended: asyncio.Future[None] = asyncio.Future()

    async def endless() -> AsyncGenerator[bytes]:
        nonlocal sent
        try:
            while True:
                sent += 10_000
                yield bytes(10_000)
        finally:
            has_ended.set_result(None)

    async with serve(endless) as server:
        with socket.socket() as lazy:
            lazy.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
            lazy.setblocking(False)
            loop = asyncio.get_running_loop()
            await loop.sock_connect(lazy, (server.host, server.port))
            await loop.sock_sendall(lazy, b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            async with asyncio.timeout(20):
                await has_ended
    limit = 2 * file_delivery.MAX_UNSENT
    assert sent < 4 * limit


async def test_a_reader_that_leaves_ends_its_file() -> None:
    has_ended: asyncio.Future[None] = asyncio.Future()

    async def endless() -> AsyncGenerator[bytes]:
        try:
            yield b"one"
            await asyncio.Event().wait()
        finally:
            has_ended.set_result(None)

    async with serve(endless) as server, ClientSession() as session:
        async with session.get(server.make_url("/")) as response:
            assert await response.content.readany() == b"one"
            response.close()
        async with asyncio.timeout(10):
            await has_ended
