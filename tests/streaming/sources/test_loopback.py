"""The server of local endpoints: for our own FFmpeg, and for so many connections."""

import asyncio
import gc
import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from custom_components.hls_camera.streaming.sources import loopback
from custom_components.hls_camera.streaming.sources.loopback import (
    MAX_CONNECTIONS,
    LoopbackServer,
)

type Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Echo:
    """Answers each line with the same."""

    def __init__(self) -> None:
        self.open = 0
        self.most = 0
        self.left = asyncio.Event()

    async def __call__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self.open += 1
        self.most = max(self.most, self.open)
        try:
            while line := await reader.readuntil():
                writer.write(line)
        finally:
            self.open -= 1
            self.left.set()


@asynccontextmanager
async def serving(
    echo: Echo | None = None, max_connections: int = MAX_CONNECTIONS
) -> AsyncIterator[LoopbackServer]:
    server = await LoopbackServer.open(
        echo or Echo(), read_limit=64, max_connections=max_connections
    )
    try:
        yield server
    finally:
        await server.close()


@asynccontextmanager
async def connected(server: LoopbackServer) -> AsyncIterator[Streams]:
    host, _, port = server.address.removesuffix(server.path).partition(":")
    streams = await asyncio.open_connection(host, int(port))
    try:
        yield streams
    finally:
        streams[1].close()


async def answer(streams: Streams, line: bytes = b"hello\n") -> bytes:
    """Return the echo of a line; nothing where the connection was closed."""
    streams[1].write(line)
    return await received(streams)


async def received(streams: Streams) -> bytes:
    """Return the next bytes; nothing where the connection was closed."""
    try:
        return await streams[0].read(100)
    except ConnectionError:
        return b""


async def test_it_listens_for_this_machine_alone_at_a_path_that_nobody_guesses() -> (
    None
):
    async with serving() as one, serving() as two:
        assert one.address.startswith("127.0.0.1:")
        assert one.address.endswith(one.path)
        assert one.path != two.path
        assert len(one.path) > 32


async def test_each_connection_is_served() -> None:
    async with serving() as server, connected(server) as one, connected(server) as two:
        assert await answer(one) == b"hello\n"
        assert await answer(two) == b"hello\n"


async def test_connections_above_the_limit_are_closed() -> None:
    echo = Echo()
    async with serving(echo, 2) as server, connected(server) as one:
        async with connected(server) as two:
            assert await answer(one)
            assert await answer(two)
            async with connected(server) as three:
                assert await answer(three) == b""
            assert await answer(one)
        assert echo.most == 2


async def test_a_connection_that_ends_makes_room() -> None:
    echo = Echo()
    async with serving(echo, 1) as server:
        async with connected(server) as one:
            assert await answer(one)
        await echo.left.wait()
        async with connected(server) as two:
            assert await answer(two)


async def test_another_user_takes_no_place(monkeypatch: pytest.MonkeyPatch) -> None:
    ours = os.geteuid()
    async with serving(max_connections=1) as server:
        with monkeypatch.context() as stranger:
            stranger.setattr(os, "geteuid", lambda: ours + 1)
            async with connected(server) as refused:
                assert await answer(refused) == b""
        async with connected(server) as one:
            assert await answer(one)


async def test_without_the_kernels_table_everybody_is_served(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(loopback, "_CONNECTIONS", tmp_path / "nowhere")
    async with serving() as server, connected(server) as one:
        assert await answer(one)


@pytest.mark.parametrize(
    "send",
    [lambda writer: writer.write(b"x" * 1000), lambda writer: writer.write_eof()],
    ids=["too-long", "nothing"],
)
async def test_a_request_without_an_end_closes_its_connection_alone(
    send: Callable[[asyncio.StreamWriter], None], caplog: pytest.LogCaptureFixture
) -> None:
    async with serving() as server, connected(server) as one, connected(server) as two:
        send(two[1])
        assert await received(two) == b""
        assert await answer(one)
    gc.collect()
    assert "never retrieved" not in caplog.text


async def test_after_its_end_nobody_is_served() -> None:
    echo = Echo()
    async with serving(echo) as server:
        async with connected(server) as one:
            assert await answer(one)
            host, _, port = server.address.removesuffix(server.path).partition(":")
            await server.close()
            assert await answer(one) == b""
            assert echo.open == 0
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection(host, int(port))


@pytest.mark.parametrize("turns", range(4))
async def test_nobody_listens_where_its_start_was_cancelled(turns: int) -> None:
    starting = asyncio.create_task(LoopbackServer.open(Echo()))
    for _ in range(turns):
        await asyncio.sleep(0)
    if starting.cancel():
        with pytest.raises(asyncio.CancelledError):
            await starting
    else:
        await starting.result().close()


async def test_a_silent_connection_gives_its_place_to_the_next(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(loopback, "MAX_SILENCE_S", 0.05)
    async with (
        serving(max_connections=1) as server,
        asyncio.timeout(10),
    ):
        async with connected(server) as (reader, _):
            assert await reader.read() == b""
        async with connected(server) as (reader, writer):
            writer.write(b"one\n")
            assert await reader.readuntil() == b"one\n"
            # It has spoken once: now it may be silent.
            await asyncio.sleep(0.1)
            writer.write(b"two\n")
            assert await reader.readuntil() == b"two\n"
