"""A camera is published by RTMP to a real server, and its key is in no process list."""

import asyncio
import logging
from collections.abc import AsyncGenerator, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Literal

import psutil
import pytest

from custom_components.hls_camera.publishing import rtmp_gateway
from custom_components.hls_camera.publishing.errors import PublishProblem
from custom_components.hls_camera.publishing.publication import (
    Publication,
    PublicationState,
)
from custom_components.hls_camera.publishing.rtmp_address import parse_rtmp_address
from custom_components.hls_camera.publishing.rtmp_publisher import RtmpPublisher
from custom_components.hls_camera.streaming.camera.limits import Limits
from custom_components.hls_camera.streaming.camera.manager import (
    KeyedSpec,
    StreamManager,
)
from custom_components.hls_camera.streaming.camera.options import StreamOptions
from custom_components.hls_camera.streaming.camera.rendition import Rendition
from custom_components.hls_camera.streaming.camera.stream_spec import StreamSpec
from custom_components.hls_camera.streaming.media.fmp4 import InitSection
from custom_components.hls_camera.streaming.sources.address_input import static_source
from custom_components.hls_camera.streaming.sources.source import Source, Transport
from tests import tools
from tests.camera import Feed, TestCamera
from tests.streaming.media_files import VIDEO, run_ffmpeg
from tests.waiting import eventually

from .servers import Nginx, free_port, nginx
from .streams import Stream

KEY = "secret-key-of-the-door"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Nginx]:
    with nginx(tmp_path) as server:
        yield server


def command_lines() -> str:
    """Return the command lines of the programs that the test has started."""
    lines = []
    for each in psutil.Process().children(recursive=True):
        with suppress(psutil.NoSuchProcess):
            lines.append(" ".join(each.cmdline()))
    return "\n".join(lines)


@asynccontextmanager
async def rendition(url: str) -> AsyncGenerator[Rendition]:
    """Open a camera of ours; it runs when somebody wants it."""
    manager = StreamManager(str(tools.ffmpeg()), Limits(), lambda _is_full: None)
    source = Source.parse(url, transport=Transport.TCP)
    spec = StreamSpec(
        find_source=static_source(source),
        options=StreamOptions(),
        logger=logging.getLogger(__name__),
    )
    camera = manager.open_camera([KeyedSpec(key=url, spec=spec)], name=lambda: "door")
    camera.arm()
    try:
        yield camera.main
    finally:
        await manager.shutdown()


def rtmp_publisher(port: int) -> RtmpPublisher:
    address = parse_rtmp_address(f"rtmp://127.0.0.1:{port}/live")
    return RtmpPublisher(address, KEY, str(tools.ffmpeg()))


@pytest.mark.parametrize("audio", [None, "aac"])
async def test_players_get_picture_and_sound_of_the_key(
    server: Nginx, audio: Literal["aac"] | None, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    async with (
        TestCamera(Feed(audio=audio)) as camera,
        rendition(camera.plain_url) as stream,
    ):
        publication = Publication(stream, rtmp_publisher(server.rtmp_port))
        publication.start()
        await eventually(lambda: publication.state is PublicationState.PUBLISHING)
        url = f"rtmp://127.0.0.1:{server.rtmp_port}/live/{KEY}"
        shown = command_lines()
        played = await asyncio.to_thread(
            run_ffmpeg,
            str(tools.ffmpeg()),
            *("-rw_timeout", "10000000", "-i", url, "-t", "1"),
            *("-map", "0:v", "-map", "0:a", "-c", "copy", "-f", "framecrc", "-"),
        )
        await publication.close()
    tracks = {line.split(b",")[0] for line in played.splitlines() if line[:1] != b"#"}
    assert tracks == {b"0", b"1"}
    assert "rtmp_playpath" in shown
    assert KEY not in shown
    assert KEY not in caplog.text


async def test_a_message_that_ends_with_the_first_letter_of_the_placeholder(
    server: Nginx, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The message "publish" ends with "live": the server waits for its last letter."""
    monkeypatch.setattr(rtmp_gateway, "placeholder", lambda key: "e" * len(key))
    async with TestCamera(Feed()) as camera, rendition(camera.plain_url) as stream:
        publication = Publication(stream, rtmp_publisher(server.rtmp_port))
        publication.start()
        await eventually(lambda: publication.state is PublicationState.PUBLISHING)
        assert publication.figures.failures == 0
        await publication.close()


async def test_a_server_that_is_away_is_a_problem_until_it_returns(
    tmp_path: Path,
) -> None:
    port = free_port()
    async with TestCamera(Feed()) as camera, rendition(camera.plain_url) as stream:
        publication = Publication(stream, rtmp_publisher(port))
        publication.start()
        await eventually(lambda: publication.problem is PublishProblem.UNREACHABLE)
        with nginx(tmp_path, rtmp_port=port):
            await eventually(lambda: publication.state is PublicationState.PUBLISHING)
        await eventually(lambda: publication.state is PublicationState.RETRYING)
        await publication.close()
        assert "rtmp_playpath" not in command_lines()


async def test_a_codec_that_rtmp_does_not_carry() -> None:
    hevc = replace(VIDEO, codec="hvc1.1.6.L93.B0")
    stream = Stream(InitSection(b"init", (hevc,)))
    publication = Publication(stream, rtmp_publisher(free_port()))
    publication.start()
    stream.play(2)
    await eventually(lambda: publication.problem is PublishProblem.NOT_SUPPORTED)
    await publication.close()
