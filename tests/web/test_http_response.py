"""A delivery over HTTP: its own headers and ours, one length, and no reader for ever."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from aiohttp import ClientSession, web
from aiohttp.test_utils import TestServer

from custom_components.hls_camera.streaming.outputs.hls_delivery import Delivery
from custom_components.hls_camera.web import http_response
from custom_components.hls_camera.web.http_response import PROTECTIVE_HEADERS, respond

pytestmark = pytest.mark.usefixtures("socket_enabled")


class Answering:
    """A server that answers every request with one delivery."""

    def __init__(self, delivery: Delivery) -> None:
        self.was_cut_off: asyncio.Future[bool] = asyncio.Future()
        """Whether the connection of the first client was cut, once it was answered."""
        self._delivery = delivery

    async def answer(self, request: web.Request) -> web.StreamResponse:
        transport = request.transport
        assert transport is not None
        response = await respond(request, self._delivery)
        if not self.was_cut_off.done():
            self.was_cut_off.set_result(transport.is_closing())
        return response


@asynccontextmanager
async def serve(answering: Answering) -> AsyncIterator[TestServer]:
    """Run the server."""
    application = web.Application()
    application.router.add_route("*", "/", answering.answer)
    server = TestServer(application, handler_cancellation=True)
    async with server:
        yield server


@pytest.mark.parametrize(
    ("body", "expected"),
    [((), b""), ((b"one",), b"one"), ((b"one", b"", b"two"), b"onetwo")],
)
async def test_pieces_are_one_body_of_known_length(
    body: tuple[bytes, ...], expected: bytes
) -> None:
    delivery = Delivery(203, {"Cache-Control": "no-cache"}, body)
    async with serve(Answering(delivery)) as server, ClientSession() as session:
        async with session.get(server.make_url("/")) as response:
            assert response.status == 203
            assert response.headers["Cache-Control"] == "no-cache"
            assert response.headers.getall("Content-Length") == [str(len(expected))]
            assert "Transfer-Encoding" not in response.headers
            assert await response.read() == expected
        async with session.head(server.make_url("/")) as response:
            assert response.headers["Content-Length"] == str(len(expected))
            assert await response.read() == b""


async def test_every_response_has_the_protective_headers() -> None:
    async with (
        serve(Answering(Delivery(404, {}))) as server,
        ClientSession() as session,
        session.get(server.make_url("/")) as response,
    ):
        for name, value in PROTECTIVE_HEADERS.items():
            assert response.headers[name] == value
        assert response.headers["Server"] == ""


LARGE = Delivery(200, {}, (bytes(8_000_000), bytes(8_000_000)))
"""More than the kernel takes for a client that does not read."""


@pytest.mark.parametrize("reads", [False, True])
async def test_a_client_that_does_not_read_in_time_is_cut_off(
    monkeypatch: pytest.MonkeyPatch, *, reads: bool
) -> None:
    monkeypatch.setattr(http_response, "READ_SECONDS", 20.0 if reads else 0.1)
    loop = asyncio.get_running_loop()
    answering = Answering(LARGE)
    async with serve(answering) as server, asyncio.timeout(30):
        with socket.socket() as client:
            client.setblocking(False)
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            await loop.sock_connect(client, (server.host, server.port))
            await loop.sock_sendall(
                client, b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
            )
            while reads and await loop.sock_recv(client, 1 << 20):
                pass
            assert await answering.was_cut_off is not reads
