"""An address as FFmpeg reads it: directly, or at a local endpoint."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import replace
from typing import Any

import pytest

from custom_components.hls_camera.streaming.sources.address_input import (
    AddressInput,
    static_source,
)
from custom_components.hls_camera.streaming.sources.input import OpenInput
from custom_components.hls_camera.streaming.sources.source import Source
from tests.specs import read_options

type Open = Callable[..., Awaitable[OpenInput]]


@pytest.fixture
async def open_address() -> AsyncIterator[Open]:
    """Open addresses until the test ends."""
    async with AsyncExitStack() as stack:

        async def opened(address: str, **more: Any) -> OpenInput:
            made = await AddressInput.parse(address).open(read_options(**more))
            stack.push_async_callback(made.close)
            return made

        yield opened


async def test_an_address_without_secrets_is_read_directly(open_address: Open) -> None:
    opened = await open_address("rtsp://host")
    assert opened.arguments[-2:] == ("-i", "rtsp://host")


@pytest.mark.parametrize(
    ("address", "scheme"),
    [
        ("rtsp://me:hunter2@host/live", "rtsp"),
        ("rtsps://me:hunter2@host/live", "rtsp"),
        ("http://me:hunter2@host/live", "http"),
        ("https://host/live?password=hunter2", "http"),
        ("rtmp://host/live?password=hunter2", "http"),
        ("srt://host:9000?passphrase=hunter2", "http"),
    ],
)
@pytest.mark.parametrize("use_gateway", [False, True])
async def test_a_command_line_has_no_credentials(
    address: str, scheme: str, open_address: Open, *, use_gateway: bool
) -> None:
    opened = await open_address(address, use_gateway=use_gateway)
    assert "hunter2" not in " ".join(opened.arguments)
    assert opened.arguments[-1].startswith(f"{scheme}://127.0.0.1:")


async def test_a_log_shows_the_sources_own_address(open_address: Open) -> None:
    opened = await open_address("rtsp://me:hunter2@host/live")
    shown = opened.redact(f"{opened.arguments[-1]}: hunter2 was refused")
    assert shown == "rtsp://host/live: **REDACTED** was refused"


async def test_a_web_camera_is_read_through_its_own_proxy(open_address: Open) -> None:
    """Two of them have two: the proxy is an option of each one's."""
    proxies = set()
    for address in ("http://one/live", "http://two/live"):
        opened = await open_address(address)
        proxy = opened.arguments[opened.arguments.index("-http_proxy") + 1]
        assert opened.arguments[-1].startswith(f"{proxy}/")
        proxies.add(proxy)
    assert len(proxies) == 2


async def test_a_script_has_the_options_of_its_source(open_address: Open) -> None:
    opened = await open_address(
        "srt://host:9000?streamid=1", extra_arguments=("-max_delay", "1")
    )
    assert "-max_delay" not in opened.arguments
    assert opened.arguments[opened.arguments.index("-f") + 1] == "concat"


async def test_segments_are_read_in_real_time(open_address: Open) -> None:
    for address in ("http://host/live.m3u8", "srt://host:9000?streamid=1"):
        assert "-re" not in (await open_address(address)).arguments
        slow = await open_address(address, in_real_time=True)
        assert slow.arguments[0] == "-re"


async def test_it_is_found_again_as_it_is() -> None:
    source = Source.parse("rtsp://me:hunter2@host/live")
    found = await static_source(source)()
    assert found == AddressInput(source)
    assert found != AddressInput(replace(source, password="other"))
    assert "hunter2" not in f"{found} {found!r}"
    assert found.tcp_address == ("host", 554)
    assert found.is_rtsp
