"""Every kind of source: a real server of it streams, goes away and comes back."""

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from shlex import quote
from typing import Final

import pytest

from custom_components.hls_camera.streaming import memory
from custom_components.hls_camera.streaming.camera.camera import Camera
from custom_components.hls_camera.streaming.camera.options import StreamOptions
from custom_components.hls_camera.streaming.camera.state import StreamState
from custom_components.hls_camera.streaming.errors import SourceError
from custom_components.hls_camera.streaming.ingest import probe as probe_module
from custom_components.hls_camera.streaming.ingest.probe import probe
from custom_components.hls_camera.streaming.reasons import EndReason
from custom_components.hls_camera.streaming.sources.address_input import AddressInput
from custom_components.hls_camera.streaming.sources.source_info import (
    AudioInfo,
    SourceInfo,
    VideoInfo,
)
from custom_components.hls_camera.streaming.transcode.plan import Action
from tests.streams import open_stream, reach

from . import servers
from .probing import decoded_sizes, probe_file
from .programs import Programs
from .servers import KINDS, GrowingServer, Server

LOGGER: Final = logging.getLogger(__name__)
OPTIONS: Final = StreamOptions(part_duration=0.1, stall_timeout=2)
CONTAINERS: Final = {
    "rtmp": "concat",
    "srt": "mpegts",
    "udp": "mpegts",
    "http-mjpeg": "mpjpeg",
    "http-mpegts": "mpegts",
    "http-hls": "hls",
}


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
async def server(kind: str, tmp_path: Path) -> AsyncIterator[Server]:
    server = KINDS[kind](tmp_path)
    await server.start()
    yield server
    await server.stop()


@pytest.fixture
def short_look(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not the seconds that a camera with rare keyframes needs."""
    monkeypatch.setattr(probe_module, "MAX_PROBED_INTERVAL_S", 0.7)


def known(kind: str) -> SourceInfo:
    """Return the result of a probe of such a server."""
    width, height = servers.SIZE
    is_mjpeg = kind == "http-mjpeg"
    rate = float(servers.FRAME_RATE)
    return SourceInfo(
        video=VideoInfo(
            codec="mjpeg" if is_mjpeg else "h264",
            width=width,
            height=height,
            frame_rate=rate,
            keyframe_interval=1 / rate if is_mjpeg else servers.KEYFRAME_INTERVAL,
        ),
        audio=None if is_mjpeg else AudioInfo(codec="aac", sample_rate=48000),
        container=CONTAINERS[kind],
    )


@asynccontextmanager
async def stream_of(
    ffmpeg: str, url: str, info: SourceInfo | None
) -> AsyncIterator[Camera]:
    stream = open_stream(ffmpeg, url, OPTIONS, logger=LOGGER, source_info=info)
    try:
        yield stream
    finally:
        await stream.stop()


async def test_it_is_known_and_plays(
    any_ffmpeg: str, kind: str, server: Server, short_look: None, tmp_path: Path
) -> None:
    info = await probe(any_ffmpeg, AddressInput.parse(server.url))
    expected = known(kind)
    assert info.container == expected.container
    assert info.video.codec == expected.video.codec
    assert (info.video.width, info.video.height) == servers.SIZE
    # Frames that arrive on a busy machine have no better times than their arrivals'.
    assert info.video.frame_rate == pytest.approx(servers.FRAME_RATE, rel=0.5)
    assert (info.audio is None) is (expected.audio is None)

    async with stream_of(any_ffmpeg, server.url, info) as stream:
        plan = stream.main.planner.plan
        assert plan is not None
        copied = Action.ENCODE if kind == "http-mjpeg" else Action.COPY
        assert plan.video.action is copied
        await stream.start()
        await reach(stream.main, StreamState.STREAMING)
        clip = tmp_path / "clip.mp4"
        await stream.record(clip, duration=1.0)
    recorded = probe_file(clip)
    assert recorded.duration == pytest.approx(1.0, abs=0.6)
    assert set(decoded_sizes(clip)) == {servers.SIZE}


async def test_it_comes_back(ffmpeg: str, kind: str, server: Server) -> None:
    async with stream_of(ffmpeg, server.url, known(kind)) as stream:
        await stream.start()
        await reach(stream.main, StreamState.STREAMING)
        await server.stop()
        await reach(stream.main, StreamState.BACKOFF)
        assert stream.main.reason in {EndReason.DISCONNECTED, EndReason.STALLED}
        played = stream.main.window.played
        await server.start()
        await reach(stream.main, StreamState.STREAMING, seconds=20)
        assert stream.main.window.played > played


async def test_segments_are_played_as_slowly_as_they_were_filmed(
    any_ffmpeg: str, tmp_path: Path
) -> None:
    """A player at the end of the stream would run dry between two of them."""
    server = servers.HlsServer(tmp_path)
    await server.start()
    try:
        async with stream_of(any_ffmpeg, server.url, known("http-hls")) as stream:
            await stream.start()
            await reach(stream.main, StreamState.STREAMING)
            # Some seconds of media are there to be read at once.
            first = stream.main.window.played
            assert first < 1
            await stream.main.window.wait_for(stream.main.window.last_msn + 1)
            speed = stream.statistics().speed
            assert speed is not None
            assert speed < 2
    finally:
        await server.stop()


def without_srt(programs: Programs, ffmpeg: str) -> str:
    """Return a FFmpeg that does not know SRT, as if it were built without."""
    return programs.make(
        "n=$#\n"
        "while [ $n -gt 0 ]; do\n"
        '  case $1 in srt*) word="no$1";; *) word=$1;; esac\n'
        '  shift; set -- "$@" "$word"; n=$((n - 1))\n'
        "done\n"
        f'exec {quote(ffmpeg)} "$@"'
    )


async def test_a_ffmpeg_that_cannot_speak_to_it_says_so(
    any_ffmpeg: str, programs: Programs
) -> None:
    limited = without_srt(programs, any_ffmpeg)
    url = "srt://127.0.0.1:9"
    with pytest.raises(SourceError) as caught:
        await probe(limited, AddressInput.parse(url))
    assert caught.value.reason is EndReason.PROTOCOL_MISSING
    async with stream_of(limited, url, known("srt")) as stream:
        await stream.start()
        # It would not help to try again.
        await reach(stream.main, StreamState.FAILED)
        assert stream.main.reason is EndReason.PROTOCOL_MISSING


async def test_pictures_that_become_too_large_end_the_run_with_that_reason(
    any_ffmpeg: str, monkeypatch: pytest.MonkeyPatch, short_look: None
) -> None:
    """Before FFmpeg has taken the memory to decode them."""
    monkeypatch.setattr(memory, "max_pixels", lambda: 400 * 400)
    server = GrowingServer((402, 400))
    await server.start()
    try:
        async with stream_of(any_ffmpeg, server.url, known("http-mjpeg")) as stream:
            await stream.start()
            await reach(stream.main, StreamState.STREAMING, seconds=20)
            server.grows = True
            await reach(stream.main, StreamState.BACKOFF, seconds=20)
            assert stream.main.reason is EndReason.PICTURE_TOO_LARGE
            assert "402x400" in stream.main.detail
            with pytest.raises(SourceError) as caught:
                await probe(any_ffmpeg, AddressInput.parse(server.url))
            assert caught.value.reason is EndReason.PICTURE_TOO_LARGE
            # A smaller picture plays again.
            server.grows = False
            await reach(stream.main, StreamState.STREAMING, seconds=20)
    finally:
        await server.stop()


@pytest.mark.parametrize("times", [1, 9])
async def test_one_picture_that_cannot_be_decoded_ends_no_run(
    times: int, programs: Programs, ffmpeg: str
) -> None:
    """It may be damaged; again and again, there is no memory for any."""
    line = "[error] Error submitting packet to decoder: Cannot allocate memory"
    program = programs.make(
        f'sleep 0.2; for n in $(seq {times}); do echo "{line}" >&2; done; exec sleep 99'
    )
    async with stream_of(program, "http://127.0.0.1/", known("http-mpegts")) as stream:
        await stream.start()
        if times == 1:
            with pytest.raises(TimeoutError):
                await reach(stream.main, StreamState.BACKOFF, seconds=1)
        else:
            await reach(stream.main, StreamState.BACKOFF)
            assert stream.main.reason is EndReason.OUT_OF_RESOURCES
