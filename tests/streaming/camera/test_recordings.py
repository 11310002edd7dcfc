"""Recordings of a stream, with a real FFmpeg and a real camera."""

import asyncio
from itertools import pairwise
from pathlib import Path

import pytest

from custom_components.hls_camera.streaming.camera.state import StreamState
from custom_components.hls_camera.streaming.errors import StreamStoppedError
from custom_components.hls_camera.streaming.media.fmp4 import TrackKind
from tests import tools
from tests.camera import Feed
from tests.streams import reach

from ..media_files import handed_over, nal_units
from ..probing import probe_file
from .scenes import H264_AAC, Recorder, keep_watching, stream_of, streamed


def samples_of(path: Path) -> list[bytes]:
    """Return the frames of a MP4, as FFmpeg copies them out of it."""
    copy = ("-i", str(path), "-map", "0:v", "-c", "copy")
    media = handed_over(str(tools.ffmpeg()), *copy)
    return [bytes(sample.data) for sample in media.of(TrackKind.VIDEO)]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "clip.mp4"


class TestRecordings:
    async def test_one_is_what_the_camera_sent_while_others_watch(
        self, ffmpeg: str, path: Path
    ) -> None:
        """Four seconds of look-back and three more."""
        await self.record_and_compare(ffmpeg, path, lookback=4, duration=3)

    @pytest.mark.slow
    async def test_a_long_one_is_too(self, ffmpeg: str, path: Path) -> None:
        await self.record_and_compare(ffmpeg, path, lookback=10, duration=20)

    async def record_and_compare(
        self, ffmpeg: str, path: Path, *, lookback: float, duration: float
    ) -> None:
        source = Recorder()
        feed = Feed(audio="aac", fps=25)
        async with (
            streamed(ffmpeg, feed, faults=[source], source_info=H264_AAC) as (
                camera,
                stream,
            ),
            asyncio.TaskGroup() as group,
        ):
            stream.arm()
            viewers = [stream.open_viewer() for _ in range(2)]
            watching = [group.create_task(keep_watching(stream, v)) for v in viewers]
            async with asyncio.timeout(lookback + 20):
                while stream.main.window.played < lookback + 1:
                    await stream.main.window.wait_for(*stream.main.window.next_part)
            await stream.record(path, lookback=lookback, duration=duration)
            assert stream.viewers.watching == 2
            for each in watching:
                each.cancel()
        assert camera.total_connections == 1

        probed = probe_file(path)
        assert probed.duration == pytest.approx(lookback + duration, abs=0.5)
        for kind, step in (("video", 1 / 25), ("audio", 1024 / 16_000)):
            times = probed.times(kind)
            steps = [after - before for before, after in pairwise(times)]
            assert max(steps) < 2 * step, "a gap"
        assert probed.packets["video"][0]["flags"].startswith("K")
        copied = [unit for each in samples_of(path) for unit in nal_units(each)]
        assert copied[0][0] & 0x1F in {7, 5}, "no keyframe"
        first = source.video.index(copied[0])
        while source.video[first : first + len(copied)] != copied:
            first = source.video.index(copied[0], first + 1)

    async def test_one_wakes_a_camera_and_keeps_it_awake(
        self, ffmpeg: str, path: Path
    ) -> None:
        async with streamed(ffmpeg, idle_timeout=0.3) as (_, stream):
            stream.arm()
            recording = asyncio.create_task(stream.record(path, duration=2))
            await reach(stream.main, StreamState.STREAMING)
            assert stream.is_recording
            await recording
            await reach(stream.main, StreamState.IDLE)
        assert probe_file(path).duration == pytest.approx(2, abs=0.5)

    async def test_one_ends_with_a_stop_also_where_a_start_follows_at_once(
        self, ffmpeg: str, path: Path
    ) -> None:
        """And nobody is shown what was before the stop."""
        async with streamed(ffmpeg) as (_, stream):
            stream.arm()
            recording = asyncio.create_task(stream.record(path, duration=60))
            await stream.main.window.wait_for(3)
            last = stream.main.window.last_msn
            stopping = asyncio.create_task(stream.stop())
            await asyncio.sleep(0)
            await stream.start()
            assert stream.main.window.latest_keyframe() is None
            async with asyncio.timeout(10):
                await asyncio.gather(stopping, recording)
                await stream.main.window.wait_ready()
            assert stream.main.state is StreamState.STREAMING
            assert stream.main.window.listed[0].msn > last
        assert probe_file(path).duration > 0.5

    async def test_one_of_a_stream_that_is_stopped_is_whole_afterwards(
        self, ffmpeg: str, path: Path
    ) -> None:
        async with streamed(ffmpeg) as (_, stream):
            stream.arm()
            recording = asyncio.create_task(stream.record(path, duration=60))
            await stream.main.window.wait_for(3)
            await stream.stop()
            assert probe_file(path).duration > 0.5
            await recording
            assert not stream.is_recording

    async def test_a_stopped_stream_is_not_started_for_one(self, path: Path) -> None:
        async with stream_of("ffmpeg") as stream:
            with pytest.raises(StreamStoppedError):
                await stream.record(path, duration=1)
