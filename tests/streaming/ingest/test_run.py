"""One life of FFmpeg: from its start to a typed end."""

import asyncio
import gc
import itertools
import logging
import math
import os
import signal
import time
import tracemalloc
from dataclasses import replace
from itertools import islice
from pathlib import Path

import pytest

from custom_components.hls_camera.streaming.ffmpeg import process as ffmpeg_module
from custom_components.hls_camera.streaming.ffmpeg.process import (
    STOP_GRACE,
    FfmpegProcess,
    ProcessListener,
)
from custom_components.hls_camera.streaming.ingest import run as run_module
from custom_components.hls_camera.streaming.ingest.producer import (
    LocalProducer,
    Producer,
)
from custom_components.hls_camera.streaming.ingest.run import End, Run
from custom_components.hls_camera.streaming.ingest.stats import Meter
from custom_components.hls_camera.streaming.ingest.watchdog import Watchdog
from custom_components.hls_camera.streaming.live.demand import Demand
from custom_components.hls_camera.streaming.live.packaging import Packaging
from custom_components.hls_camera.streaming.live.stream import LiveStream
from custom_components.hls_camera.streaming.live.window import Window
from custom_components.hls_camera.streaming.media.fmp4 import TrackKind
from custom_components.hls_camera.streaming.reasons import EndReason
from custom_components.hls_camera.streaming.sources.source_info import (
    SourceInfo,
    VideoInfo,
)
from custom_components.hls_camera.streaming.transcode.encoder_arguments import (
    Encoding,
    encoding,
)
from custom_components.hls_camera.streaming.transcode.options import (
    ConversionOptions,
    Encoder,
    VideoMode,
)
from custom_components.hls_camera.streaming.transcode.plan import Plan, make_plan
from tests import tools
from tests.camera import Feed, TestCamera, faults
from tests.specs import run_spec
from tests.waiting import end_of_other_tasks

from ..media_files import H264, SILENT_VIDEO, camera_media, handed_over, nal_units
from ..nut_files import FILE_ID, MAIN, SOUND, SYNCPOINT, Frame, headers, section
from ..programs import Programs
from ..scripted import FRAME_RATE, ScriptedProducer, restamped

LOGGER = logging.getLogger(__name__)
PLAN = make_plan(SourceInfo(video=VideoInfo(codec="h264", width=320, height=180)))


class Life:
    """A run with all that it needs."""

    def __init__(
        self,
        ffmpeg: str,
        *,
        url: str = "rtsp://127.0.0.1/live",
        plan: Plan = PLAN,
        window: Window | None = None,
        start_timeout: float = 10.0,
        stall_timeout: float = 5.0,
        follow_changes: bool = True,
        is_watched: bool = True,
        producer: Producer | None = None,
        converting: Encoding | None = None,
    ) -> None:
        self.window = window or Window(max_duration=12, max_bytes=24 * 1024 * 1024)
        self.meter = Meter(time.monotonic)
        self.streaming = asyncio.Event()
        spec = run_spec(
            url,
            plan,
            encoding=converting,
            packaging=Packaging(follow_changes=follow_changes),
            start_timeout=start_timeout,
            stall_timeout=stall_timeout,
        )
        self.run = Run(
            spec,
            producer or LocalProducer(ffmpeg, LOGGER),
            LiveStream(self.window, Demand(time.monotonic), logger=LOGGER),
            meter=self.meter,
            logger=LOGGER,
            on_streaming=self.streaming.set,
            is_watched=lambda: is_watched,
        )

    async def end(self) -> End:
        return await self.run.wait()

    def kill(self) -> None:
        assert isinstance(self.run.process, FfmpegProcess)
        os.kill(self.run.process.pid, signal.SIGKILL)


class TestCameras:
    async def test_the_window_fills_and_figures_are_kept(self, ffmpeg: str) -> None:
        async with TestCamera(Feed(keyframe_interval=0.4)) as camera:
            life = Life(ffmpeg, url=camera.url)
            running = asyncio.create_task(life.end())
            await life.streaming.wait()
            await life.window.wait_for(3)
            running.cancel()
            with pytest.raises(asyncio.CancelledError):
                await running
            await camera.wait_disconnected()
        assert life.meter.frames >= 12
        assert life.meter.bytes >= life.window.size * 0.8
        assert life.run.keyframe_interval == pytest.approx(0.4, abs=0.05)
        progress = life.run.progress
        assert progress.first_part is not None
        assert 0 < progress.first_part - progress.started < 5
        assert progress.streaming_since is not None

    async def test_a_clock_that_is_set_makes_no_camera_late(
        self, ffmpeg: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """As where the time of day comes from the network, some minutes after a start."""
        async with TestCamera(Feed(keyframe_interval=0.4)) as camera:
            life = Life(ffmpeg, url=camera.url)
            running = asyncio.create_task(life.end())
            await life.streaming.wait()
            now = time.time
            monkeypatch.setattr(time, "time", lambda: now() + 3600)
            await life.window.wait_for(4)
            assert life.run.capture_delay is not None
            assert life.run.capture_delay < 60
            running.cancel()
            await asyncio.wait({running})

    @pytest.mark.parametrize(
        ("fault", "reason"),
        [
            (faults.Finish(), EndReason.DISCONNECTED),
            (faults.Stall(), EndReason.STALLED),
            (faults.FrozenTimestamps(), EndReason.TIMELINE),
            (faults.TimestampJump(3600), EndReason.TIMELINE),
        ],
        ids=lambda value: type(value).__name__,
    )
    async def test_each_failure_of_a_camera_has_a_reason(
        self, ffmpeg: str, fault: faults.Fault, reason: EndReason
    ) -> None:
        async with TestCamera(Feed(keyframe_interval=0.4)) as camera:
            life = Life(ffmpeg, url=camera.url, stall_timeout=1.5)
            running = asyncio.create_task(life.end())
            await life.window.wait_for(1)
            camera.inject(fault)
            end = await running
        assert end.reason is reason
        assert end.uptime > 0
        assert life.window.target_duration <= 2

    async def test_a_picture_of_another_size_needs_another_run(
        self, any_ffmpeg: str
    ) -> None:
        async with TestCamera(Feed(keyframe_interval=0.4)) as camera:
            life = Life(any_ffmpeg, url=camera.url)
            running = asyncio.create_task(life.end())
            await life.window.wait_for(3)
            await camera.switch_feed(Feed(keyframe_interval=0.4, size=(160, 90)))
            end = await running
        assert end.reason is EndReason.SOURCE_CHANGED
        assert end.detail == "another sequence parameter set"

    async def test_a_picture_of_h265_of_another_size_needs_another_run_too(
        self, any_ffmpeg: str
    ) -> None:
        feed = Feed(video="hevc", keyframe_interval=0.4)
        info = VideoInfo(codec="hevc", width=320, height=180)
        plan = make_plan(SourceInfo(video=info), VideoMode.COPY)
        async with TestCamera(feed) as camera:
            life = Life(any_ffmpeg, url=camera.url, plan=plan)
            running = asyncio.create_task(life.end())
            await life.window.wait_for(3)
            await camera.switch_feed(replace(feed, size=(160, 90)))
            end = await running
        assert end.reason is EndReason.SOURCE_CHANGED

    async def test_a_change_may_be_left_alone(self, ffmpeg: str) -> None:
        async with TestCamera(Feed(keyframe_interval=0.4)) as camera:
            life = Life(ffmpeg, url=camera.url, follow_changes=False)
            running = asyncio.create_task(life.end())
            await life.window.wait_for(1)
            await camera.switch_feed(Feed(keyframe_interval=0.4, size=(160, 90)))
            await life.window.wait_for(life.window.last_msn + 3)
            assert not running.done()
            camera.strike(faults.Finish())
            assert (await running).reason is EndReason.DISCONNECTED

    async def test_a_killed_ffmpeg_died(self, ffmpeg: str) -> None:
        async with TestCamera(Feed(keyframe_interval=0.4)) as camera:
            life = Life(ffmpeg, url=camera.url)
            running = asyncio.create_task(life.end())
            await life.window.wait_for(1)
            life.kill()
            end = await running
        assert end.reason is EndReason.PROCESS_DIED

    async def test_all_that_ended_in_good_order_is_handed_out(
        self, programs: Programs
    ) -> None:
        media = camera_media_bytes()
        life = Life(programs.sending(media, then="exit 0"))
        end = await life.end()
        assert end.reason is EndReason.DISCONNECTED
        assert all(segment.is_complete for segment in life.window.listed)
        assert len(life.window.listed) == 4
        assert life.meter.frames == 75


def camera_media_bytes() -> bytes:
    return camera_media(str(tools.ffmpeg())).data


class TestEnds:
    async def test_nothing_comes(self, programs: Programs) -> None:
        end = await Life(programs.make("exec sleep 99"), start_timeout=0.1).end()
        assert end == End(reason=EndReason.NO_VIDEO)

    async def test_a_busy_event_loop_is_no_stall(
        self, programs: Programs, tmp_path: Path
    ) -> None:
        """Media that came meanwhile waits in the pipe, which is read from time to time."""
        media = camera_media_bytes()
        rest = tmp_path / "rest"
        rest.write_bytes(media[len(media) // 2 :])
        program = programs.sending(
            media[: len(media) // 2], f"sleep 0.6; cat {rest}; exec sleep 99"
        )
        life = Life(program, stall_timeout=1.0, is_watched=False)
        running = asyncio.create_task(life.end())
        await life.streaming.wait()
        time.sleep(1.3)  # noqa: ASYNC251
        async with asyncio.timeout(10):
            await life.window.wait_for(3)
        assert not running.done()
        running.cancel()
        await asyncio.wait({running})

    async def test_a_process_that_cannot_be_killed_is_abandoned(
        self, programs: Programs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """As one that a driver holds: its output never closes."""
        for module in (ffmpeg_module, run_module):
            monkeypatch.setattr(module, "KILL_LIMIT", 0.05)
        held = tmp_path / "held"
        held.touch()
        program = programs.make(
            f"setsid sh -c 'while [ -e {held} ]; do sleep 0.1; done' & exec sleep 99"
        )
        try:
            end = await Life(program, start_timeout=0.1).end()
            assert end.reason is EndReason.NO_VIDEO
        finally:
            held.unlink()
            await end_of_other_tasks()

    async def test_output_after_it_was_abandoned_is_ignored(
        self, programs: Programs
    ) -> None:
        life = Life(programs.sending(camera_media_bytes()))
        life.run.abandon()
        with pytest.raises(asyncio.CancelledError):
            await life.end()
        assert not life.streaming.is_set()
        assert not life.window.size

    async def test_a_process_that_hangs_is_killed_soon(
        self, programs: Programs
    ) -> None:
        """Viewers wait for the next one."""
        program = programs.make("trap '' TERM; while :; do sleep 0.05; done")
        started = time.monotonic()
        await Life(program, start_timeout=0.1).end()
        assert time.monotonic() - started < STOP_GRACE - 1

    async def test_no_more_media_after_the_first_is_a_stall(
        self, programs: Programs
    ) -> None:
        life = Life(programs.sending(camera_media_bytes()), stall_timeout=0.2)
        end = await life.end()
        assert end.reason is EndReason.STALLED
        assert end.uptime >= 0.2

    async def test_ffmpegs_last_messages_have_the_reason(
        self, programs: Programs
    ) -> None:
        program = programs.make("echo 'rtsp://me:x@h/: Connection refused' >&2; exit 1")
        end = await Life(program, url="rtsp://me:x@h/").end()
        assert end.reason is EndReason.REFUSED
        assert end.detail == "rtsp://**REDACTED**@h/: Connection refused"

    async def test_without_words_or_video_there_was_no_video(
        self, programs: Programs
    ) -> None:
        assert (await Life(programs.make("exit 1")).end()).reason is EndReason.NO_VIDEO

    async def test_without_words_after_video_it_died(self, programs: Programs) -> None:
        program = programs.sending(camera_media_bytes(), then="exit 1")
        assert (await Life(program).end()).reason is EndReason.PROCESS_DIED

    @pytest.mark.parametrize(
        ("media", "detail"),
        [
            (b"HTTP/1.1 200 OK\r\nServer: x\r\n\r\n", "no NUT"),
            (bytes(30), "no NUT"),
            (FILE_ID + b"!", "before the main header"),
            (FILE_ID + section(SYNCPOINT, b"\1"), "before the main header"),
            (FILE_ID + section(MAIN, b"\x63"), "99 as the version"),
            (FILE_ID + MAIN + b"\x87\xff\xff\xff\x7f", "a header of"),
            (headers(SOUND), "no video track"),
        ],
    )
    async def test_output_that_is_not_the_planned_media(
        self, programs: Programs, media: bytes, detail: str
    ) -> None:
        end = await Life(programs.sending(media)).end()
        assert end.reason is EndReason.BAD_MEDIA
        assert detail in end.detail

    async def test_a_camera_does_not_decide_how_much_work_there_is(
        self, ffmpeg: str
    ) -> None:
        """Its sound stops, and its pictures come nearly ten seconds of media apart."""
        media = camera_media(ffmpeg)
        video = media.init.video
        keyframe = next(each for each in media.of(TrackKind.VIDEO) if each.is_sync)
        picture = b"\0\0\0\1" + nal_units(keyframe)[-1]
        step = round(0.97 * video.timescale)

        async def send(listener: ProcessListener) -> None:
            listener.on_output(media.data)
            for number in range(4, 2000):
                frame = Frame(0, (10 + number) * step, picture)
                listener.on_output(frame.write())
            await asyncio.sleep(math.inf)

        life = Life(ffmpeg, producer=ScriptedProducer(send))
        end = await life.end()
        assert end.reason is EndReason.TIMELINE
        assert life.window.played < 70

    async def test_a_second_beginning(self, programs: Programs) -> None:
        media = camera_media_bytes()
        end = await Life(programs.sending(media + media)).end()
        assert end.reason is EndReason.BAD_MEDIA

    async def test_a_codec_that_was_not_planned(
        self, ffmpeg: str, programs: Programs
    ) -> None:
        """The camera was set to H.265 since it was looked at."""
        hevc = (
            "-c:v",
            "libx265",
            "-preset",
            "ultrafast",
            "-x265-params",
            "log-level=none",
        )
        media = handed_over(ffmpeg, *SILENT_VIDEO, *hevc, "-t", "0.2")
        end = await Life(programs.sending(media.data)).end()
        assert end.reason is EndReason.BAD_MEDIA
        assert end.detail == f"{media.init.codecs} is not what was planned"

    async def test_a_window_too_small_for_a_picture(self, programs: Programs) -> None:
        window = Window(max_duration=12, max_bytes=20_000)
        life = Life(programs.sending(camera_media_bytes()), window=window)
        end = await life.end()
        assert end.reason is EndReason.TOO_MUCH_DATA
        assert "a segment of" in end.detail
        assert window.size <= 20_000

    async def test_the_last_part_of_all_may_not_fit_either(
        self, ffmpeg: str, programs: Programs
    ) -> None:
        media = handed_over(ffmpeg, *SILENT_VIDEO, *H264, "-t", "0.48")
        sizes = [len(sample.data) for sample in media.samples]
        window = Window(max_duration=12, max_bytes=sum(sizes[:10]) + 400)
        begun = sum(sizes) > window.max_bytes
        assert begun
        program = programs.sending(media.data, then="exit 0")
        end = await Life(program, window=window).end()
        assert end.reason is EndReason.DISCONNECTED


async def test_progress_is_kept(programs: Programs) -> None:
    report = programs.make(
        "for a; do case $a in pipe:1) ;; pipe:*) fd=${a#pipe:};; esac; done\n"
        'printf "drop_frames=N/A\\nprogress=continue\\n" > /proc/self/fd/$fd\n'
        'printf "drop_frames=3\\nprogress=continue\\n" > /proc/self/fd/$fd\n'
    )
    life = Life(report, converting=encoding(ConversionOptions(), Encoder.SOFTWARE))
    await life.end()
    assert life.run.progress.dropped_frames == 3
    assert life.run.log == ()


async def test_twenty_minutes_of_stream_hold_the_window_and_no_more(
    ffmpeg: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """4 Mbit/s, fed faster than real time through all that a run does with it."""
    now = itertools.count()
    monkeypatch.setattr(
        run_module,
        "Watchdog",
        lambda _clock, **limits: Watchdog(lambda: next(now) / FRAME_RATE, **limits),
    )
    frames = restamped(ffmpeg, frame_bytes=4_000_000 // 8 // FRAME_RATE)
    sizes: list[tuple[int, int]] = []
    """The present size and the peak, after a minute and in the end."""

    async def send(listener: ProcessListener) -> None:
        tracemalloc.start()
        try:
            # The headers come first.
            for number, data in enumerate(islice(frames, 1 + 20 * 60 * FRAME_RATE)):
                listener.on_output(data)
                if number == 60 * FRAME_RATE:
                    sizes.append(tracemalloc.get_traced_memory())
                    tracemalloc.reset_peak()
            gc.collect()
            sizes.append(tracemalloc.get_traced_memory())
        finally:
            tracemalloc.stop()

    life = Life(ffmpeg, producer=ScriptedProducer(send))
    # FFmpeg's own end: nothing was wrong with the media.
    assert (await life.end()).reason is EndReason.DISCONNECTED
    (_, peak_after_a_minute), (current, peak) = sizes
    assert life.meter.bytes > 0.55e9
    # Fifteen seconds are listed or can still be fetched: eight megabytes.
    assert 6_000_000 < life.window.size < 9_000_000
    assert current < life.window.size + 2_000_000
    assert peak < peak_after_a_minute + 1_000_000
    assert life.window.last_msn >= 20 * 60
