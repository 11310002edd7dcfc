"""hls.js in Chromium, FFmpeg and a strict reader play the core's stream of a camera."""

import asyncio
import re
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from itertools import pairwise
from typing import Final

import aiohttp
import pytest
from playwright.async_api import Browser

from tests import tools
from tests.browser.core_server import CoreServer
from tests.browser.player import DEFAULT, PLAIN, Frame, Report, playing, stalls
from tests.browser.reader import Reader
from tests.camera import Feed, Join, Picture, TestCamera

H264_AAC: Final = Feed(audio="aac", fps=25, picture=Picture.CAPTURE_TIME)

# The lag that a player of hls.js may have to the wall clock, in seconds: it holds the first
# frame until enough has come.
_LAG: Final = 1.0
_WARM: Final = 4.0
"""Seconds of media after which players find a stream as it is all day."""
_SANE_DELAY: Final = 15.0
_SANE_START: Final = 15.0
"""Seconds that a machine needs at most under any load. benchmarks/ has real figures."""
_RECOVERY: Final = 5.0
_TRIES: Final = 3

# FFmpeg reads a live playlist's init section again with every reload, and warns.
_NOISE: Final = re.compile(r"Found duplicated MOOV Atom|Last message repeated")

pytestmark = pytest.mark.timeout(450)


@pytest.fixture
def play_seconds(request: pytest.FixtureRequest) -> float:
    """Seconds for which a player has to play."""
    return float(request.config.getoption("--play-seconds"))


@asynccontextmanager
async def serving(
    feed: Feed = H264_AAC, *, on_demand: bool = False, warm: float = 0.0
) -> AsyncIterator[tuple[TestCamera, CoreServer]]:
    """A camera, and the core that has served it for so many seconds."""
    async with (
        TestCamera(feed, join=Join.KEYFRAME) as camera,
        CoreServer(camera.url, on_demand=on_demand) as server,
    ):
        if warm:
            async with aiohttp.ClientSession() as session:
                reader = Reader(session)
                await reader.open(server.address)
                await reader.read(warm)
        yield camera, server


async def smooth_report(
    browser: Browser, address: str, config: Mapping[str, object], seconds: float
) -> Report:
    """Play and assert that there was no error event and no stall.

    A machine that keeps everybody waiting cannot prove anything, and a program cannot
    tell how long others wait: it is tried again.
    """
    tries_left = _TRIES
    while True:
        async with playing(browser, address, config, capture_time=True) as player:
            report = await player.play(seconds)
        tries_left -= 1
        is_smooth = (
            not (report.errors or report.waits or report.seeks)
            and report.played > seconds - _LAG
        )
        if is_smooth or not tries_left:
            break
    assert report.errors == []
    assert report.waits == []
    assert report.seeks == []
    assert_plays_on(report, seconds)
    return report


def assert_plays_on(report: Report, seconds: float) -> None:
    """Assert that as much was played as took place, and nothing was undecodable."""
    assert [error for error in report.errors if error["fatal"]] == []
    details = {
        error["details"] for error in report.errors if error["type"] == "mediaError"
    }
    # Passing ones: it waits for the next part, or has got one that it cannot begin with.
    assert details <= {"bufferStalledError", "bufferAppendNoProgress"}
    assert report.played > seconds - _LAG - len(report.waits)


@pytest.mark.parametrize("config", [DEFAULT, PLAIN], ids=["low_latency", "plain"])
async def test_plays_without_error_or_stall(
    chromium: Browser, config: Mapping[str, object], play_seconds: float
) -> None:
    async with serving(warm=_WARM) as (_, server):
        report = await smooth_report(chromium, server.address, config, play_seconds)
    assert report.audio_bytes > 0
    delays = report.delays()
    assert len(delays) > 0.8 * len(report.frames)
    assert 0 < max(delays) < _SANE_DELAY


# With a long keyframe interval, hls.js without low latency asks for the last part of a
# segment when that has hardly begun.
@pytest.mark.parametrize("config", [DEFAULT, PLAIN], ids=["low_latency", "plain"])
async def test_plays_a_camera_with_few_keyframes(
    chromium: Browser, config: Mapping[str, object]
) -> None:
    feed = Feed(fps=25, keyframe_interval=4.0)
    async with serving(feed, warm=6) as (_, server):
        await smooth_report(chromium, server.address, config, 6)


@pytest.mark.parametrize(
    ("feed", "has_audio", "treatment"),
    [
        pytest.param(
            Feed(video="hevc", audio="pcmu"),
            True,
            "hevc 320x180 (encode), pcm_mulaw (encode)",
            id="h265_g711",
        ),
        pytest.param(
            Feed(audio="aac"), True, "h264 320x180 (copy), aac (copy)", id="h264_aac"
        ),
        pytest.param(
            Feed(video="mjpeg", size=(320, 176)),  # RTP counts in blocks of 8
            False,
            "mjpeg 320x176 (encode), no audio (drop)",
            id="mjpeg",
        ),
        pytest.param(
            Feed(bframes=2),
            False,
            "h264 320x180 (copy), no audio (drop)",
            id="no_audio",
        ),
    ],
)
async def test_plays_what_cameras_send(
    chromium: Browser, feed: Feed, has_audio: bool, treatment: str
) -> None:
    async with (
        serving(feed, warm=_WARM) as (_, server),
        playing(chromium, server.address) as player,
    ):
        report = await player.play(6)
    assert server.lines[0] == f"Source: {treatment}"
    assert_plays_on(report, 5)
    assert (report.width, report.height) == feed.size
    assert (report.audio_bytes > 0) == has_audio


async def test_the_same_player_goes_on_after_ffmpeg_is_killed(
    chromium: Browser,
) -> None:
    async with (
        serving() as (_, server),
        playing(chromium, server.address, capture_time=True) as player,
    ):
        before = await player.play(4)
        ffmpeg = await server.wait_ffmpeg()
        ffmpeg.kill()
        await server.wait_ffmpeg(other_than=ffmpeg)
        await player.wait_discontinuity()
        after = await player.play(4)
    assert [error for error in after.errors if error["fatal"]] == []
    assert after.discontinuities == 1
    assert after.media_sequence > before.media_sequence
    assert after.longest_gap() < _RECOVERY
    assert after.frames[-1].media_time > before.position + 2


async def test_three_viewers_are_one_connection_to_the_camera(
    chromium: Browser,
) -> None:
    async with serving(warm=_WARM) as (camera, server):
        connections = camera.total_connections
        async with (
            playing(chromium, server.address) as first,
            playing(chromium, server.address, PLAIN) as second,
            playing(chromium, server.address) as third,
        ):
            reports = await asyncio.gather(
                *(each.play(5) for each in (first, second, third))
            )
        assert camera.total_connections == connections
        assert len(camera.connections) == 1
    for report in reports:
        assert_plays_on(report, 4)


# The first segment is a short one, so the one after it does not begin with a keyframe:
# a player that joins then must not begin there.
@pytest.mark.parametrize("wait", [0.3, 1.6])
@pytest.mark.parametrize("config", [DEFAULT, PLAIN], ids=["low_latency", "plain"])
async def test_second_viewer_of_a_stream_that_has_just_begun(
    chromium: Browser, config: Mapping[str, object], wait: float
) -> None:
    feed = Feed(fps=25, bframes=2)
    async with (
        serving(feed, warm=wait) as (_, server),
        playing(chromium, server.address, config) as player,
    ):
        report = await player.play(4)
    assert_plays_on(report, 3)


async def test_first_viewer_of_an_idle_stream(
    chromium: Browser, record_property: Callable[[str, object], None]
) -> None:
    async with serving(on_demand=True) as (camera, server):
        await camera.wait_disconnected()
        assert server.ffmpegs() == []
        async with playing(chromium, server.address) as player:
            report = await player.play(3)
    assert_plays_on(report, 2)
    assert report.first_frame is not None
    record_property("first picture, milliseconds", report.first_frame)
    assert report.first_frame < 1000 * _SANE_START


async def test_playlists_follow_the_rules_over_time(play_seconds: float) -> None:
    async with serving() as (_, server), aiohttp.ClientSession() as session:
        reader = Reader(session)
        await reader.open(server.address)
        first = reader.playlist
        await reader.read(play_seconds)
    assert reader.count > play_seconds / 0.25
    assert first.media_sequence >= 1
    assert reader.playlist.target_duration == first.target_duration
    assert reader.discontinuities == 0


async def test_the_hinted_part_comes() -> None:
    async with serving(warm=_WARM) as (_, server), aiohttp.ClientSession() as session:
        reader = Reader(session)
        await reader.open(server.address)
        for _ in range(20):
            hint = reader.playlist.preload_hint
            fetching = asyncio.create_task(reader.fetch(hint))
            await reader.reload()
            status, body = await fetching
            assert status == 200
            assert body
            assert any(
                part.uri == hint
                for segment in reader.playlist.segments
                for part in segment.parts
            )


async def test_numbers_go_on_when_ffmpeg_is_killed() -> None:
    async with serving() as (_, server), aiohttp.ClientSession() as session:
        reader = Reader(session)
        await reader.open(server.address)
        await reader.read(2)
        (await server.wait_ffmpeg()).kill()
        async with asyncio.timeout(_SANE_START):
            while not reader.discontinuities:
                await reader.reload()
        await reader.read(2)
    assert reader.discontinuities == 1


@pytest.mark.parametrize("program", ["ffprobe", "ffmpeg"])
async def test_ffmpeg_reads_it_without_a_warning(
    program: str, play_seconds: float
) -> None:
    seconds = min(play_seconds, 30.0)
    commands: dict[str, list[str]] = {
        "ffprobe": [
            str(tools.ffprobe()),
            "-read_intervals",
            f"%+{seconds}",
            "-show_packets",
        ],
        "ffmpeg": [str(tools.ffmpeg()), "-nostdin", "-nostats"],
    }
    outputs: dict[str, list[str]] = {
        "ffprobe": ["-of", "compact"],
        "ffmpeg": ["-t", str(seconds), "-c", "copy", "-f", "framecrc", "-"],
    }
    async with serving() as (_, server):
        command = [*commands[program], "-hide_banner", "-loglevel", "warning"]
        command += ["-i", server.address, *outputs[program]]
        process = await asyncio.create_subprocess_exec(
            *command,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        output, errors = await process.communicate()
    assert process.returncode == 0
    assert not [
        line for line in errors.decode().splitlines() if not _NOISE.search(line)
    ]
    times = _decode_times(program, output.decode())
    assert max(times) - min(times) > seconds - 2
    assert all(earlier < later for earlier, later in pairwise(times))


def _decode_times(program: str, output: str) -> list[float]:
    """Return the decode times of the video packets, in seconds."""
    if program == "ffprobe":
        found = re.findall(r"codec_type=video\|.*?dts_time=([\d.]+)", output)
        return [float(time) for time in found]
    base = re.search(r"#tb 0: (\d+)/(\d+)", output)
    assert base is not None
    scale = int(base[1]) / int(base[2])
    return [
        int(dts) * scale for dts in re.findall(r"^0,\s*(\d+)", output, re.MULTILINE)
    ]


def _frames(*shown: tuple[float, float]) -> list[Frame]:
    """Return frames by the milliseconds at which they were shown, and their media times."""
    return [Frame(at, media_time, None) for at, media_time in shown]


class TestStalls:
    """What counts as a stall: the picture stood for more than 0.1 s longer than its frame."""

    def test_a_picture_that_stands_still(self) -> None:
        frames = _frames((0, 0.0), (40, 0.04), (280, 0.08), (320, 0.12))
        assert stalls(frames) == pytest.approx([0.2])

    def test_frames_that_come_seldom_are_none(self) -> None:
        assert stalls(_frames((0, 0.0), (500, 0.5), (1050, 1.0), (1500, 1.5))) == []

    def test_frames_that_the_page_has_missed_are_none(self) -> None:
        """The position has gone on meanwhile."""
        assert stalls(_frames((0, 0.0), (40, 0.04), (440, 0.44), (480, 0.48))) == []

    def test_a_stall_that_ends_with_a_jump(self) -> None:
        frames = _frames((0, 0.0), (40, 0.04), (440, 0.44), (480, 0.48))
        assert stalls(frames, seeks=[435]) == pytest.approx([0.36])

    def test_the_start_does_not_count(self) -> None:
        frames = _frames((0, 0.0), (400, 0.04), (440, 0.08))
        assert stalls(frames, after=400) == []
        assert stalls([]) == []
