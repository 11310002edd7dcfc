"""Closing a server while a connection comes in."""

import asyncio
import socket
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from typing import Any

import pytest

from custom_components.hls_camera.streaming.sources.loopback import LoopbackServer
from tests.camera import TestCamera
from tests.finding.hostile import device, silent
from tests.finding.maker_server import MakerServer
from tests.listening import stop_listening
from tests.onvif import OnvifCamera
from tests.streaming.web_camera import WebCamera, WebRequest, respond

type Serve = Callable[[], AbstractAsyncContextManager[int]]
"""Serves on a port of 127.0.0.1, which it yields."""


@asynccontextmanager
async def plain_server() -> AsyncIterator[int]:
    def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    yield server.sockets[0].getsockname()[1]
    await stop_listening(server)
    server.close_clients()
    await server.wait_closed()


@asynccontextmanager
async def local_endpoint() -> AsyncIterator[int]:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()

    server = await LoopbackServer.open(serve)
    yield int(server.address.partition("/")[0].rpartition(":")[2])
    await server.close()


@asynccontextmanager
async def onvif_camera() -> AsyncIterator[int]:
    async with OnvifCamera(()) as camera:
        yield camera.port


@asynccontextmanager
async def maker_server() -> AsyncIterator[int]:
    async with MakerServer(paths=()).serve() as server:
        yield server.port


@asynccontextmanager
async def rtsp_camera() -> AsyncIterator[int]:
    async with TestCamera() as camera:
        yield int(camera.plain_url.rpartition(":")[2].partition("/")[0])


@asynccontextmanager
async def web_camera() -> AsyncIterator[int]:
    async def answer(request: WebRequest) -> AsyncGenerator[bytes]:
        yield respond()

    async with WebCamera(answer) as camera:
        yield camera.port


SERVERS = (
    plain_server,
    local_endpoint,
    onvif_camera,
    maker_server,
    rtsp_camera,
    web_camera,
    lambda: device(silent),
)


@pytest.mark.parametrize("turns", range(5))
@pytest.mark.parametrize("serve", SERVERS)
async def test_a_connection_that_comes_in_at_the_end_is_no_error(
    serve: Serve, turns: int
) -> None:
    loop = asyncio.get_running_loop()
    errors: list[dict[str, Any]] = []
    loop.set_exception_handler(lambda _, context: errors.append(context))
    with socket.socket() as client:
        async with serve() as port:
            client.setblocking(False)
            client.connect_ex(("127.0.0.1", port))
            for _ in range(turns):
                await asyncio.sleep(0)
        # The server has ended, so its side of the connection has.
        client.setblocking(True)
        client.settimeout(5)
        with suppress(ConnectionResetError):
            assert client.recv(1) == b""
    assert errors == []
