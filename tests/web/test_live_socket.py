"""A live feed over a WebSocket: a viewer that left is noticed, no slow reader kept."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import asynccontextmanager
from socket import SO_RCVBUF, SOL_SOCKET

import pytest
from aiohttp import ClientSession, ClientWebSocketResponse, WSMsgType, web
from aiohttp.test_utils import TestServer

from custom_components.hls_camera.streaming.errors import StreamStoppedError
from custom_components.hls_camera.web import live_socket
from custom_components.hls_camera.web.live_socket import send_feed

type Messages = AsyncGenerator[str | bytes]

pytestmark = pytest.mark.usefixtures("socket_enabled")


@pytest.fixture
def expected_lingering_timers() -> bool:
    """Let aiohttp leave the timer of the next ping behind: it does nothing any more."""
    return True


class Stage:
    """A feed, and whether it is being followed."""

    def __init__(self, messages: Callable[[], Messages]) -> None:
        self.has_ended = asyncio.Event()
        self.connection: asyncio.Future[asyncio.Transport] = asyncio.Future()
        """That of a viewer that was answered."""
        self._messages = messages

    async def follow(self) -> Messages:
        """Yield the messages."""
        try:
            async for message in self._messages():
                yield message
        finally:
            self.has_ended.set()

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """Send them over a WebSocket."""
        connection = request.transport
        assert connection is not None
        response = await send_feed(request, self.follow())
        self.connection.set_result(connection)
        return response

    @asynccontextmanager
    async def viewer(
        self, *, autoping: bool = True
    ) -> AsyncIterator[ClientWebSocketResponse]:
        """A viewer before the first read."""
        application = web.Application()
        application.router.add_get("/", self.answer)
        async with (
            TestServer(application, handler_cancellation=True) as server,
            ClientSession() as session,
            session.ws_connect(server.make_url("/"), autoping=autoping) as socket,
        ):
            yield socket

    async def wait_ended(self) -> None:
        """Wait until nothing is sent any more."""
        async with asyncio.timeout(15):
            await self.has_ended.wait()


async def few() -> Messages:
    yield "words"
    yield b"media"


async def endless() -> Messages:
    while True:
        yield bytes(64 * 1024)


async def silent() -> Messages:
    yield "words"
    await asyncio.Event().wait()


async def dead() -> Messages:
    yield "words"
    raise StreamStoppedError


async def test_messages_come_as_they_are_then_it_is_closed() -> None:
    async with Stage(few).viewer() as socket:
        messages = [await socket.receive(timeout=15) for _ in range(3)]
    assert [(each.type, each.data) for each in messages] == [
        (WSMsgType.TEXT, "words"),
        (WSMsgType.BINARY, b"media"),
        (WSMsgType.CLOSE, 1000),
    ]


async def test_it_is_closed_where_the_token_has_died() -> None:
    async with Stage(dead).viewer() as socket:
        await socket.receive(timeout=15)
        assert (await socket.receive(timeout=15)).data == 1000


async def test_a_client_that_closes_it_is_noticed_at_once() -> None:
    stage = Stage(silent)
    async with stage.viewer() as socket:
        await socket.receive(timeout=15)
        assert not stage.has_ended.is_set()
        await socket.close()
        await stage.wait_ended()


async def test_a_client_without_answers_to_pings_is_noticed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A machine that vanished says nothing, not even that it has gone."""
    monkeypatch.setattr(live_socket, "HEARTBEAT", 0.1)
    stage = Stage(silent)
    async with stage.viewer(autoping=False):
        await stage.wait_ended()


async def test_a_client_that_does_not_read_is_disconnected(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(live_socket, "READ_SECONDS", 0.1)
    stage = Stage(endless)
    async with stage.viewer():
        await stage.wait_ended()


async def test_nothing_waits_for_a_client_that_left_without_reading() -> None:
    stage = Stage(endless)
    async with stage.viewer() as socket:
        connection = socket.get_extra_info("socket")
        connection.setsockopt(SOL_SOCKET, SO_RCVBUF, 4096)
        await socket.receive(timeout=15)
        leaving = asyncio.create_task(socket.close())
        async with asyncio.timeout(15):
            assert (await stage.connection).get_write_buffer_size() == 0
        await leaving


async def test_nobody_can_say_much() -> None:
    stage = Stage(silent)
    async with stage.viewer() as socket:
        await socket.receive(timeout=15)
        await socket.send_bytes(bytes(2048))
        assert (await socket.receive(timeout=15)).data == 1009
        await stage.wait_ended()
