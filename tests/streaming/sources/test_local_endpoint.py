"""The contract of all local endpoints: FFmpeg opens them instead of a source's address."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import nullcontext

import pytest

from custom_components.hls_camera.streaming.outputs.relay import Relay
from custom_components.hls_camera.streaming.sources.http_gateway import HttpGateway
from custom_components.hls_camera.streaming.sources.local_endpoint import LocalEndpoint
from custom_components.hls_camera.streaming.sources.redirect import Redirect
from custom_components.hls_camera.streaming.sources.rtsp_gateway import RtspGateway
from custom_components.hls_camera.streaming.sources.source import Source

from ..windows import make_window

RTSP = Source.parse("rtsp://me:hunter2@camera/live")
WEB = Source.parse("http://me:hunter2@camera/live")
SRT = Source.parse("srt://camera:9000?passphrase=hunter2")


@pytest.fixture(
    params=[
        lambda: Redirect.open(RTSP),
        lambda: Redirect.open(SRT),
        lambda: RtspGateway.open(RTSP),
        lambda: HttpGateway.open(WEB),
        lambda: Relay.open(make_window(), nullcontext),
    ],
    ids=["redirect", "script", "rtsp-gateway", "http-gateway", "relay"],
)
def open_endpoint(
    request: pytest.FixtureRequest,
) -> Callable[[], Awaitable[LocalEndpoint]]:
    opened: Callable[[], Awaitable[LocalEndpoint]] = request.param
    return opened


type Open = Callable[[], Awaitable[LocalEndpoint]]


async def test_its_address_is_a_secret_path_of_this_machine(
    open_endpoint: Open,
) -> None:
    one, two = await open_endpoint(), await open_endpoint()
    try:
        scheme, _, rest = one.url.partition("://")
        host, path = rest.split("/")
        assert scheme in {"rtsp", "http"}
        assert host.startswith("127.0.0.1:")
        assert len(path) == 32
        assert path not in two.url
        assert "hunter2" not in one.url
        assert "hunter2" not in one.shown_url
    finally:
        await one.close()
        await two.close()


async def test_nothing_is_wrong_at_first(open_endpoint: Open) -> None:
    endpoint = await open_endpoint()
    try:
        assert endpoint.trouble is None
        assert not endpoint.is_needed
    finally:
        await endpoint.close()


async def test_its_end_ends_all_connections(open_endpoint: Open) -> None:
    """Also of somebody who never says anything."""
    endpoint = await open_endpoint()
    host, _, port = endpoint.url.split("/")[2].partition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    silent = asyncio.create_task(reader.read())
    await asyncio.sleep(0)
    await endpoint.close()
    try:
        assert await silent == b""
    except ConnectionResetError:
        pass
    finally:
        writer.close()
    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection(host, int(port))
