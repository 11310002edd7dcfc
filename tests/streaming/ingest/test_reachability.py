"""Whether a camera's port opens that was closed, by real connections."""

import asyncio
import errno
import socket
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext
from typing import Any

import pytest

from custom_components.hls_camera.streaming.ingest import reachability
from custom_components.hls_camera.streaming.outputs.relay import RelayInput
from custom_components.hls_camera.streaming.sources.address_input import AddressInput
from tests.demo.home_assistant import free_port

from ..windows import make_window


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Knock often."""
    monkeypatch.setattr(reachability, "CHECK_PERIOD_S", 0.02)


@asynccontextmanager
async def opened(port: int) -> AsyncIterator[list[int]]:
    """Take connections; return a list with the number of them."""
    count = [0]

    async def take(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        count[0] += 1
        writer.close()

    async with await asyncio.start_server(take, "127.0.0.1", port):
        yield count


def at(port: int, scheme: str = "rtsp") -> AddressInput:
    return AddressInput.parse(f"{scheme}://127.0.0.1:{port}/live")


@pytest.mark.parametrize("scheme", ["rtsp", "rtsps", "http", "https", "rtmp"])
async def test_a_port_that_opens_ends_the_wait(
    scheme: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    knocked = asyncio.Event()
    is_open = reachability.is_open

    async def note(host: str, port: int) -> bool:
        answer = await is_open(host, port)
        knocked.set()
        return answer

    monkeypatch.setattr(reachability, "is_open", note)
    port = free_port()
    waiting = asyncio.create_task(reachability.opens(at(port, scheme), 30))
    await knocked.wait()
    assert not waiting.done()
    async with opened(port):
        assert await waiting


async def test_a_port_that_stays_closed_does_not() -> None:
    assert not await reachability.opens(at(free_port()), 0.1)


async def test_a_port_that_was_open_does_not_and_is_left_alone() -> None:
    port = free_port()
    async with opened(port) as count:
        assert not await reachability.opens(at(port), 0.2)
        assert count == [1]


@pytest.mark.parametrize("scheme", ["srt", "udp"])
async def test_datagrams_have_no_port_that_opens(scheme: str) -> None:
    port = free_port()
    async with opened(port) as count:
        assert not await reachability.opens(at(port, scheme), 0.1)
        assert count == [0]


async def test_a_stream_of_ours_is_not_knocked_at() -> None:
    stream = RelayInput(make_window(), nullcontext)
    assert not await reachability.opens(stream, 0.1)


async def test_a_name_that_nobody_can_have_is_no_open_port() -> None:
    assert not await reachability.opens(
        AddressInput.parse(f"rtsp://{'a' * 70}.local/live"), 0.1
    )


class Resolver:
    """Names are looked up in threads that nobody can end."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.asked: list[str] = []
        self.answer = threading.Event()
        monkeypatch.setattr(socket, "getaddrinfo", self._look_up)

    def _look_up(self, host: str, *_: object, **__: object) -> list[object]:
        self.asked.append(host)
        self.answer.wait()
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", 0))]


async def test_names_that_time_out_take_one_thread_each(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(reachability, "_CONNECT_TIMEOUT_S", 0.05)
    resolver = Resolver(monkeypatch)
    port = free_port()
    sources = [
        AddressInput.parse(f"rtsp://{name}.lan:{port}/") for name in ("one", "two")
    ]
    try:
        for _ in range(3):
            answers = (reachability.opens(each, 0.3) for each in (*sources, *sources))
            assert not any(await asyncio.gather(*answers))
        assert sorted(resolver.asked) == ["one.lan", "two.lan"]
        # An answer that comes late is an answer.
        monkeypatch.setattr(reachability, "_CONNECT_TIMEOUT_S", 5)
        asyncio.get_running_loop().call_later(0.1, resolver.answer.set)
        async with opened(port):
            assert await reachability.is_open("one.lan", port)
        assert len(resolver.asked) == 2
    finally:
        resolver.answer.set()


async def test_a_name_that_does_not_exist_is_asked_for_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked = 0

    def refuse(*_: object, **__: object) -> None:
        nonlocal asked
        asked += 1
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    for _ in range(2):
        assert not await reachability.is_open("gone.lan", 554)
    assert asked == 2


async def test_all_addresses_of_a_name_are_tried(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    port = free_port()
    found = [
        (family, socket.SOCK_STREAM, 6, "", (host, 0))
        for family, host in (
            (socket.AF_INET6, "::1"),
            (socket.AF_INET, "127.0.0.1"),
        )
    ]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
    connect = asyncio.open_connection

    async def connect_by_ipv4(host: str, port: int, **options: Any) -> Any:
        if host == "::1":
            raise OSError(errno.ENETUNREACH, "Network is unreachable")
        return await connect(host, port, **options)

    monkeypatch.setattr(asyncio, "open_connection", connect_by_ipv4)
    async with opened(port):
        assert await reachability.is_open("camera.lan", port)


async def test_no_wait_is_none() -> None:
    assert not await reachability.opens(at(free_port()), 0)
