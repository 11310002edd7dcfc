"""A camera is published by RTMP to a real server, and its key is in no process list."""

import asyncio
import logging
from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing, asynccontextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Literal

import aiohttp.web
import psutil
import pytest

from custom_components.hls_camera.publishing import (
    publication as publication_module,
    rtmp_gateway,
)
from custom_components.hls_camera.publishing.errors import PublishError, PublishProblem
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
from custom_components.hls_camera.streaming.live.following import follow
from custom_components.hls_camera.streaming.media.fmp4 import InitSection
from custom_components.hls_camera.streaming.sources.address_input import static_source
from custom_components.hls_camera.streaming.sources.source import Source, Transport
from tests import tools
from tests.camera import Feed, TestCamera
from tests.camera.certificates import certificate
from tests.streaming.media_files import VIDEO, run_ffmpeg
from tests.waiting import eventually

from .servers import Nginx, free_port, nginx
from .slow_link import SlowLink
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
async def rendition(
    url: str, options: StreamOptions | None = None
) -> AsyncGenerator[Rendition]:
    """Open a camera of ours; it runs when somebody wants it."""
    manager = StreamManager(str(tools.ffmpeg()), Limits(), lambda _is_full: None)
    source = Source.parse(url, transport=Transport.TCP)
    spec = StreamSpec(
        find_source=static_source(source),
        options=options or StreamOptions(),
        logger=logging.getLogger(__name__),
    )
    camera = manager.open_camera([KeyedSpec(key=url, spec=spec)], name=lambda: "door")
    camera.arm()
    try:
        yield camera.main
    finally:
        await manager.shutdown()


def rtmp_publisher(
    port: int, *, server: str = "rtmp://127.0.0.1", application: str = "live"
) -> RtmpPublisher:
    address = parse_rtmp_address(f"{server}:{port}/{application}")
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
            *("-analyzeduration", "1000000", "-rw_timeout", "10000000"),
            *("-i", url, "-t", "1"),
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


async def play(server: Nginx) -> bytes:
    """Return what a player gets in a second."""
    url = f"rtmp://127.0.0.1:{server.rtmp_port}/live/{KEY}"
    return await asyncio.to_thread(
        run_ffmpeg,
        str(tools.ffmpeg()),
        *("-analyzeduration", "1000000", "-rw_timeout", "10000000"),
        *("-i", url, "-t", "1"),
        *("-map", "0:v", "-c", "copy", "-f", "framecrc", "-"),
    )


async def test_a_server_with_tls(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pem = certificate(tmp_path, "localhost")
    monkeypatch.setenv("SSL_CERT_FILE", str(pem))
    with nginx(tmp_path, certificate=pem) as server:
        async with TestCamera(Feed()) as camera, rendition(camera.plain_url) as stream:
            publisher = rtmp_publisher(server.rtmps_port, server="rtmps://localhost")
            await publisher.try_out()
            publication = Publication(stream, publisher)
            publication.start()
            await eventually(lambda: publication.state is PublicationState.PUBLISHING)
            assert len((await play(server)).splitlines()) > 10
            await publication.close()


@pytest.mark.parametrize(
    ("trusted", "host"), [("localhost", "127.0.0.1"), ("camera", "localhost")]
)
async def test_a_certificate_that_is_wrong(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, trusted: str, host: str
) -> None:
    """It is for another host, or nobody has signed it."""
    pem = certificate(tmp_path, "localhost")
    (tmp_path / "trusted").mkdir()
    trust = pem if trusted == "localhost" else certificate(tmp_path / "trusted")
    monkeypatch.setenv("SSL_CERT_FILE", str(trust))
    with nginx(tmp_path, certificate=pem) as server:
        publisher = rtmp_publisher(server.rtmps_port, server=f"rtmps://{host}")
        assert await trial_problem(publisher) is PublishProblem.TLS_FAILED


async def trial_problem(publisher: RtmpPublisher) -> PublishProblem:
    """Return the problem of a trial, which fails."""
    with pytest.raises(PublishError) as raised:
        await publisher.try_out()
    return raised.value.problem


async def test_a_server_without_tls(server: Nginx) -> None:
    """Nginx closes a connection that begins with TLS as if it were RTMP."""
    publisher = rtmp_publisher(
        int(server.url.rpartition(":")[2].strip("/")), server="rtmps://localhost"
    )
    assert await trial_problem(publisher) is PublishProblem.TLS_MISSING


@asynccontextmanager
async def gatekeeper(*statuses: int) -> AsyncGenerator[tuple[str, list[str]]]:
    """Answer each question about a stream key; yield the address, and the asked keys."""
    asked: list[str] = []

    async def answer(request: aiohttp.web.BaseRequest) -> aiohttp.web.Response:
        asked.append((await request.post())["name"])  # type: ignore[arg-type] # a text
        return aiohttp.web.Response(status=statuses[min(len(asked), len(statuses)) - 1])

    runner = aiohttp.web.ServerRunner(aiohttp.web.Server(answer))
    await runner.setup()
    await aiohttp.web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}/", asked
    await runner.cleanup()


async def test_a_rejected_stream_key_is_told_until_it_is_accepted(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    caplog.set_level(logging.DEBUG)
    monkeypatch.setattr(publication_module, "_LASTING_PAUSE_S", 0.5)
    async with (
        gatekeeper(403, 200) as (address, asked),
        TestCamera(Feed()) as camera,
        rendition(camera.plain_url) as stream,
    ):
        with nginx(tmp_path, on_publish=address) as server:
            publication = Publication(stream, rtmp_publisher(server.rtmp_port))
            seen: list[PublishProblem | None] = []
            publication.add_listener(lambda: seen.append(publication.problem))
            publication.start()
            await eventually(lambda: publication.state is PublicationState.PUBLISHING)
            assert PublishProblem.KEY_REJECTED in seen
            assert publication.problem is None
            assert set(asked) == {KEY}
            assert KEY not in command_lines()
            await publication.close()
    assert KEY not in caplog.text


async def test_an_application_that_the_server_does_not_have(server: Nginx) -> None:
    async with TestCamera(Feed()) as camera, rendition(camera.plain_url) as stream:
        publisher = rtmp_publisher(server.rtmp_port, application="dead")
        publication = Publication(stream, publisher)
        publication.start()
        await eventually(
            lambda: publication.problem is PublishProblem.APPLICATION_REJECTED
        )
        await publication.close()


async def test_a_stream_key_that_is_in_use(server: Nginx) -> None:
    async with TestCamera(Feed()) as camera, rendition(camera.plain_url) as stream:
        first = Publication(stream, rtmp_publisher(server.rtmp_port))
        first.start()
        await eventually(lambda: first.state is PublicationState.PUBLISHING)
        second = Publication(stream, rtmp_publisher(server.rtmp_port))
        second.start()
        await eventually(lambda: second.problem is PublishProblem.KEY_IN_USE)
        assert first.problem is None
        await first.close()
        # The key is free now.
        await eventually(lambda: second.state is PublicationState.PUBLISHING)
        await second.close()


class TestASlowServer:
    """It takes less than the camera sends."""

    @staticmethod
    async def missed_segments(stream: Rendition, segments: int) -> int:
        """Follow the stream as a viewer does; return how many segments were missed."""
        window = stream.live.window
        missed: list[int] = []
        first = await window.wait_keyframe(*window.run_start)
        count = 0
        async with aclosing(follow(window, first, skipped=missed.append)) as parts:
            async for _, part in parts:
                count += part.index == 0
                if count == segments:
                    break
        return sum(missed)

    @pytest.mark.slow
    async def test_segments_are_dropped_and_counted_and_viewers_miss_none(
        self, server: Nginx
    ) -> None:
        feed = Feed(size=(1280, 720), video_bitrate=20_000_000, live=False)
        options = StreamOptions(window_duration=4.0, lookback=0.0)
        async with (
            TestCamera(feed) as camera,
            rendition(camera.plain_url, options) as stream,
            SlowLink(server.rtmp_port, 10_000_000) as link,
        ):
            publication = Publication(stream, rtmp_publisher(link.port))
            publication.start()
            await eventually(lambda: publication.state is PublicationState.PUBLISHING)
            link.flows.clear()
            assert await self.missed_segments(stream, 10) == 0
            link.flows.set()
            await eventually(lambda: publication.problem is PublishProblem.TOO_SLOW)
            assert publication.dropped > 0
            assert publication.state is PublicationState.PUBLISHING
            assert publication.figures.failures == 0
            assert stream.statistics().restarts == 0
            await publication.close()

    async def test_a_server_that_takes_nothing_any_more_is_connected_to_again(
        self, server: Nginx, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(rtmp_gateway, "_SEND_TIMEOUT_S", 1.0)
        feed = Feed(video_bitrate=2_000_000, live=False)
        async with (
            TestCamera(feed) as camera,
            rendition(camera.plain_url) as stream,
            SlowLink(server.rtmp_port, 10_000_000) as link,
        ):
            publication = Publication(stream, rtmp_publisher(link.port))
            publication.start()
            await eventually(lambda: publication.state is PublicationState.PUBLISHING)
            link.flows.clear()
            await eventually(lambda: publication.problem is PublishProblem.TIMED_OUT)
            link.flows.set()
            await eventually(lambda: publication.state is PublicationState.PUBLISHING)
            await publication.close()
