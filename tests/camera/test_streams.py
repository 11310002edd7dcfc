"""The packets that FFmpeg gets from a camera without faults."""

import asyncio
import itertools
import time
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Literal

import pytest

from tests import tools

from . import Feed, FfmpegError, Picture, TestCamera, capture_time
from .client import Viewer, watch
from .rtp import MediaPacket, RtpPacket

CODECS = [
    (Feed(audio="aac"), ["h264", "aac"]),
    (Feed(video="hevc", audio="pcmu"), ["hevc", "pcm_mulaw"]),
    (Feed(video="mpeg4", audio="pcma"), ["mpeg4", "pcm_alaw"]),
    (Feed(audio="opus"), ["h264", "opus"]),
    (Feed(audio="g726"), ["h264", "adpcm_g726"]),
    (Feed(audio="l16"), ["h264", "pcm_s16be"]),
    (Feed(video="mjpeg"), ["mjpeg"]),
    (Feed(video=None, audio="aac"), ["aac"]),
]


SEQUENCE_PARAMETER_SET = b"\x67\x42\xc0"
NO_PRESENTATION_TIME = -(2**63)
"""FFmpeg's AV_NOPTS_VALUE."""


def keyframe(packet: MediaPacket) -> RtpPacket | None:
    """Return a packet if it begins a keyframe."""
    return packet if isinstance(packet, RtpPacket) and packet.keyframe else None


def list_files(folder: Path) -> list[Path]:
    """Return the files in a folder and its subfolders."""
    return [path for path in folder.rglob("*") if path.is_file()]


@pytest.fixture(params=["new", "old"])
def encoder(request: pytest.FixtureRequest) -> str:
    """Return an FFmpeg for encoding: the newest and the oldest supported one."""
    return str(tools.ffmpeg() if request.param == "new" else tools.ffmpeg_old())


@pytest.mark.parametrize(
    ("encode", "feed", "codecs"),
    [(tools.ffmpeg, *case) for case in CODECS]
    + [(tools.ffmpeg_old, *case) for case in CODECS[:3]],
)
async def test_sends_what_the_feed_describes(
    encode: Callable[[], Path], feed: Feed, codecs: list[str]
) -> None:
    camera = TestCamera(feed, binary=str(encode()))
    async with camera, Viewer(camera.url) as viewer:
        for stream in range(len(codecs)):
            await viewer.wait_packets(5, stream=stream)
            assert viewer.times(stream) == sorted(viewer.times(stream))
        assert viewer.codecs == codecs


@pytest.mark.parametrize(
    ("encode", "feed", "codecs"),
    [
        (tools.ffmpeg, Feed(audio="aac", bframes=2), ["h264", "aac"]),
        (tools.ffmpeg, Feed(video="hevc", audio="pcmu"), ["hevc", "pcm_mulaw"]),
        (tools.ffmpeg_old, Feed(video="mjpeg", audio="pcma"), ["mjpeg", "pcm_alaw"]),
    ],
)
async def test_repeats_a_clip(
    encode: Callable[[], Path],
    feed: Feed,
    codecs: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    feed = replace(feed, live=False)
    for _ in range(2):
        async with TestCamera(feed, binary=str(encode())) as camera:
            viewer = await watch(camera.url, seconds=0.3)
        assert viewer.codecs == codecs
    assert len(list_files(tmp_path)) == 1  # encoded once, without leftovers


async def test_picture_and_sound_belong_together() -> None:
    """They begin at the same moment: the first packet of the sound is the one before it."""
    async with TestCamera(Feed(audio="pcmu")) as camera:
        viewer = await watch(camera.url, seconds=0.3)
    assert abs(viewer.times(0)[0] - viewer.times(1)[0]) < 0.1


async def test_frames_come_at_their_rate_and_in_their_size() -> None:
    feed = Feed(size=(642, 362), fps=30, keyframe_interval=0.3)
    async with TestCamera(feed) as camera:
        viewer = await watch(camera.url, seconds=0.8)
    assert "642x362" in viewer.log
    steps = [later - earlier for earlier, later in itertools.pairwise(viewer.times())]
    assert steps == pytest.approx([1 / 30] * len(steps), abs=0.001)
    keyframes = [packet.time for packet in viewer.packets if packet.keyframe]
    assert keyframes[2] - keyframes[1] == pytest.approx(0.3, abs=0.001)


async def test_variable_frame_rate() -> None:
    async with TestCamera(Feed(variable_fps=True, fps=30)) as camera:
        viewer = await watch(camera.url, seconds=0.6)
    pairs = itertools.pairwise(viewer.times())
    assert {round((later - earlier) * 30) for earlier, later in pairs} == {1, 4}


@pytest.mark.parametrize("video", ["h264", "mpeg4"])
async def test_the_first_packet_of_b_frames_has_no_presentation_time(
    encoder: str, video: Literal["h264", "mpeg4"]
) -> None:
    """RTP has no decode times, so FFmpeg guesses them."""
    async with TestCamera(Feed(video=video, bframes=2)) as camera:
        reader = await asyncio.create_subprocess_exec(
            *(encoder, "-loglevel", "error", "-rtsp_transport", "tcp"),
            *("-fpsprobesize", "0", "-analyzeduration", "500000", "-i", camera.url),
            *("-c", "copy", "-frames:v", "3", "-f", "framecrc", "-"),
            stdin=DEVNULL,
            stdout=PIPE,
            stderr=DEVNULL,
        )
        output, _ = await reader.communicate()
    lines = [line for line in output.decode().splitlines() if line.startswith("0,")]
    presented = [int(line.split(",")[2]) for line in lines]
    assert presented[0] == NO_PRESENTATION_TIME
    assert NO_PRESENTATION_TIME not in presented[1:]


@pytest.mark.parametrize(
    ("feed", "described"),
    [
        (Feed(profile="baseline"), "h264 (Constrained Baseline), yuv420p(progressive)"),
        (Feed(profile="high"), "h264 (High), yuv420p(progressive)"),
        (Feed(pixel_format="yuv422p"), "h264 (High 4:2:2), yuv422p(progressive)"),
        (Feed(pixel_format="yuv420p10le"), "h264 (High 10), yuv420p10le(progressive)"),
        (Feed(interlaced=True), "first)"),
    ],
)
async def test_profiles_and_pictures(feed: Feed, described: str) -> None:
    async with TestCamera(feed) as camera:
        viewer = await watch(camera.url, seconds=0.3)
    assert described in viewer.log


async def test_b_frames() -> None:
    async with TestCamera(Feed(bframes=2)) as camera:
        viewer = await watch(camera.url, seconds=0.3)
    assert "h264 (Main)" in viewer.log


@pytest.mark.parametrize(
    ("keyframes", "bframes"), [("open_gop", 2), ("intra_refresh", 0)]
)
async def test_recovery_points_come_instead_of_later_idr_pictures(
    encoder: str, keyframes: Literal["open_gop", "intra_refresh"], bframes: int
) -> None:
    """FFmpeg still marks them as keyframes."""
    feed = Feed(keyframes=keyframes, bframes=bframes, keyframe_interval=0.4)
    idr_pictures = 0

    def count(packet: MediaPacket) -> None:
        nonlocal idr_pictures
        payload = packet.payload if isinstance(packet, RtpPacket) else bytes(2)
        is_fragment = payload[0] & 0x1F == 28
        begins = not is_fragment or payload[1] & 0x80
        idr_pictures += bool(begins) and payload[is_fragment] & 0x1F == 5

    async with TestCamera(feed, binary=encoder) as camera:
        await watch(camera.url, seconds=0.5)
        camera.presentation.subscribe(count)
        viewer = await watch(camera.url, seconds=1.2)
    assert sum(packet.keyframe for packet in viewer.packets) >= 2
    assert idr_pictures == 0


@pytest.mark.parametrize("in_band", [True, False])
@pytest.mark.parametrize("out_of_band", [True, False])
async def test_parameter_sets_are_where_they_are_wanted(
    in_band: bool, out_of_band: bool
) -> None:
    feed = Feed(
        keyframe_interval=0.2,
        in_band_parameter_sets=in_band,
        out_of_band_parameter_sets=out_of_band,
    )
    packets: asyncio.Queue[MediaPacket] = asyncio.Queue()
    async with TestCamera(feed) as camera:
        assert ("sprop" in str(camera.presentation.description)) is out_of_band
        camera.presentation.subscribe(packets.put_nowait)
        while not (packet := keyframe(await packets.get())):
            pass
    assert (SEQUENCE_PARAMETER_SET in packet.payload[:64]) is in_band


@pytest.mark.parametrize("audio", [None, "aac"])
async def test_time_of_capture_is_in_the_picture(
    encoder: str, audio: Literal["aac"] | None
) -> None:
    width, height = size = (320, 180) if audio is None else (1280, 720)
    feed = Feed(picture=Picture.CAPTURE_TIME, size=size, audio=audio, fps=30)
    began = time.time() * 1000
    async with TestCamera(feed, binary=encoder) as camera:
        client = await asyncio.create_subprocess_exec(
            *(tools.ffmpeg(), "-loglevel", "error", "-rtsp_transport", "tcp"),
            *("-fpsprobesize", "0", "-analyzeduration", "500000", "-i", camera.url),
            *("-frames:v", "8", "-fps_mode", "passthrough"),
            *("-f", "rawvideo", "-pix_fmt", "gray", "pipe:1"),
            stdin=DEVNULL,
            stdout=PIPE,
        )
        pictures, _ = await client.communicate()
    starts = range(0, len(pictures), width * height)
    frames = [pictures[start : start + width * height] for start in starts]
    times = [capture_time.decode(frame, width, height) for frame in frames]
    known = [moment for moment in times if moment is not None]
    assert len(known) == len(times) == 8
    assert known == sorted(known)
    assert began < known[0] < known[-1] < time.time() * 1000


async def test_a_scene_for_people(encoder: str) -> None:
    feed = Feed(picture=Picture.SCENE, title="Garden: 'north', 100 %")
    async with TestCamera(feed, binary=encoder) as camera:
        viewer = await watch(camera.url, seconds=0.3)
    assert viewer.codecs == ["h264"]


async def test_tells_why_there_is_no_picture() -> None:
    camera = TestCamera(Feed(video="hevc", size=(2, 2)))
    with pytest.raises(FfmpegError, match="Image size is too small"):
        await camera.start()
