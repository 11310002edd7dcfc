"""Whether a camera's port opens that was closed, by real connections."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from custom_components.hls_camera.streaming import knock
from custom_components.hls_camera.streaming.options import Source, StandIn
from tests.demo.home_assistant import free_port


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Knock often."""
    monkeypatch.setattr(knock, "PERIOD", 0.02)


@asynccontextmanager
async def opened(port: int) -> AsyncIterator[list[int]]:
    """Take connections; return a list with the number of them."""
    count = [0]

    async def take(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        count[0] += 1
        writer.close()

    async with await asyncio.start_server(take, "127.0.0.1", port):
        yield count


def at(port: int, scheme: str = "rtsp") -> Source:
    return Source.parse(f"{scheme}://127.0.0.1:{port}/live")


@pytest.mark.parametrize("scheme", ["rtsp", "rtsps", "http", "https", "rtmp"])
async def test_a_port_that_opens_ends_the_wait(
    scheme: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    knocked = asyncio.Event()
    is_open = knock._is_open

    async def note(host: str, port: int) -> bool:
        answer = await is_open(host, port)
        knocked.set()
        return answer

    monkeypatch.setattr(knock, "_is_open", note)
    port = free_port()
    waiting = asyncio.create_task(knock.opens(at(port, scheme), 30))
    await knocked.wait()
    assert not waiting.done()
    async with opened(port):
        assert await waiting


async def test_a_port_that_stays_closed_does_not() -> None:
    assert not await knock.opens(at(free_port()), 0.1)


async def test_a_port_that_was_open_does_not_and_is_left_alone() -> None:
    port = free_port()
    async with opened(port) as count:
        assert not await knock.opens(at(port), 0.2)
        assert count == [1]


@pytest.mark.parametrize("scheme", ["srt", "udp"])
async def test_datagrams_have_no_port_that_opens(scheme: str) -> None:
    port = free_port()
    async with opened(port) as count:
        assert not await knock.opens(at(port, scheme), 0.1)
        assert count == [0]


async def test_a_stream_of_ours_is_not_knocked_at() -> None:
    async def never() -> StandIn:
        raise NotImplementedError

    assert replace(at(1), open_relay=never).door is None


async def test_a_name_that_nobody_can_have_is_no_open_port(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def refuse(host: str, _: int) -> None:
        host.encode("idna")  # As the resolver does, which tests have to do without.

    monkeypatch.setattr(asyncio, "open_connection", refuse)
    assert not await knock.opens(Source.parse(f"rtsp://{'a' * 70}.local/live"), 0.1)


async def test_no_wait_is_none() -> None:
    assert not await knock.opens(at(free_port()), 0)
