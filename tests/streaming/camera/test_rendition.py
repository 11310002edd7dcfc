"""A camera's stream over its whole life, with a real FFmpeg and a real camera."""

import asyncio
import errno
import logging
import os
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, aclosing, asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal, override

import pytest

from custom_components.hls_camera.streaming.camera.camera import Camera
from custom_components.hls_camera.streaming.camera.events import EventType
from custom_components.hls_camera.streaming.camera.idle import IdleTimer
from custom_components.hls_camera.streaming.camera.state import StreamState
from custom_components.hls_camera.streaming.errors import (
    FfmpegError,
    SourceError,
    StreamLimitError,
    StreamStoppedError,
)
from custom_components.hls_camera.streaming.ingest import (
    reachability,
    run as run_module,
)
from custom_components.hls_camera.streaming.ingest.run import End, Run
from custom_components.hls_camera.streaming.live import demand
from custom_components.hls_camera.streaming.live.window import Window
from custom_components.hls_camera.streaming.media.audio_gaps import silent_frame
from custom_components.hls_camera.streaming.media.fmp4 import TrackKind
from custom_components.hls_camera.streaming.media.orientation import Orientation
from custom_components.hls_camera.streaming.outputs.hls_playlist import MEDIA_PLAYLIST
from custom_components.hls_camera.streaming.reasons import EndReason
from custom_components.hls_camera.streaming.sources.address_input import (
    AddressInput,
    static_source,
)
from custom_components.hls_camera.streaming.sources.input import OpenInput
from custom_components.hls_camera.streaming.sources.source import Source
from custom_components.hls_camera.streaming.sources.source_info import (
    AudioInfo,
    SourceInfo,
    VideoInfo,
)
from custom_components.hls_camera.streaming.transcode.admission import Conversions
from custom_components.hls_camera.streaming.transcode.hardware import WorkingEncoder
from custom_components.hls_camera.streaming.transcode.options import (
    ConversionOptions,
    Encoder,
    Preset,
    VideoMode,
)
from custom_components.hls_camera.streaming.transcode.plan import (
    Action,
    PlanReason,
    TrackPlan,
)
from tests import camera as cameras
from tests.camera import Feed, TestCamera, faults
from tests.streams import process_of, reach

from .. import rfc8216
from ..fragments import read_part
from ..media_files import nal_units
from ..programs import Programs
from ..simulated_time import simulate, simulate_clock
from .scenes import (
    CORE,
    FEED,
    FEED_AAC,
    H264,
    H264_AAC,
    HEVC,
    LOGGER,
    Recorder,
    assert_no_task,
    make_stream,
    stream_of,
    streamed,
    watch,
)


def packaged(window: Window, kind: TrackKind) -> list[bytes]:
    """Return a track's samples as the window has them."""
    samples = []
    for segment in window.segments:
        init = window.init_section(segment.init_id)
        assert init is not None
        track = init.video if kind is TrackKind.VIDEO else init.audio
        assert track is not None
        for part in segment.parts:
            samples += [
                bytes(sample.data)
                for sample in read_part(part.data, init)
                if sample.track_id == track.track_id
            ]
    return samples


def newest_ends(window: Window) -> dict[TrackKind, float]:
    """Return the seconds at which each track of the newest whole segment ends."""
    segment = next(each for each in reversed(window.segments) if each.is_complete)
    init = window.init_section(segment.init_id)
    assert init is not None
    scales = {track.track_id: (track.kind, track.timescale) for track in init.tracks}
    ends = {}
    for part in segment.parts:
        for sample in read_part(part.data, init):
            kind, timescale = scales[sample.track_id]
            ends[kind] = (sample.dts + sample.duration) / timescale
    return ends


def is_run_of(part: list[bytes], whole: list[bytes]) -> bool:
    """Whether the one is found unbroken in the other."""
    starts = (index for index, each in enumerate(whole) if each == part[0])
    return any(whole[start : start + len(part)] == part for start in starts)


class TestMedia:
    async def test_h264_and_aac_are_copied_bit_for_bit(self, any_ffmpeg: str) -> None:
        recorder = Recorder()
        async with TestCamera(FEED_AAC, faults=[recorder]) as camera:
            async with stream_of(
                any_ffmpeg, camera.url, source_info=H264_AAC
            ) as stream:
                await stream.start()
                await stream.main.window.wait_for(4)
                video = packaged(stream.main.window, TrackKind.VIDEO)
                audio = packaged(stream.main.window, TrackKind.AUDIO)
                init = stream.main.window.latest_init
            assert camera.total_connections == 1
        assert len(video) >= 15
        assert len(audio) >= 10
        assert is_run_of(audio, recorder.audio)
        units = [unit for data in video for unit in nal_units(data)]
        assert is_run_of(units, recorder.video)
        sets = {unit for unit in recorder.video if unit[0] & 0x1F in {7, 8}}
        assert init is not None
        assert all(unit in init.data for unit in sets)

    async def test_h265_and_g711_become_h264_and_aac(self, ffmpeg: str) -> None:
        feed = Feed(video="hevc", audio="pcmu", keyframe_interval=0.4)
        async with streamed(ffmpeg, feed, source_info=None) as (_, stream):
            await stream.start()
            await stream.main.window.wait_ready()
            assert stream.main.planner.source_info is not None
            assert stream.main.planner.source_info.video.codec == "hevc"
            assert stream.main.planner.plan is not None
            assert stream.main.planner.plan.video.action is Action.ENCODE
            init = stream.main.window.latest_init
            assert init is not None
            assert init.video.codec.startswith("avc1.")
            assert init.codecs.endswith(",mp4a.40.2")

    async def test_h265_is_copied_for_those_who_want_it(self, any_ffmpeg: str) -> None:
        copying = ConversionOptions(mode=VideoMode.COPY)
        async with streamed(
            any_ffmpeg,
            Feed(video="hevc", keyframe_interval=0.4),
            source_info=None,
            conversion=copying,
        ) as (_, stream):
            await stream.start()
            await stream.main.window.wait_for(2)
            init = stream.main.window.latest_init
            assert init is not None
            assert init.video.codec.startswith("hvc1.")
            assert stream.main.supervisor.conversion is None

    async def test_a_picture_is_turned_at_no_cost(self, ffmpeg: str) -> None:
        async with streamed(ffmpeg) as (_, stream):
            stream.main.planner.orientation = Orientation.ROTATE_LEFT
            await stream.start()
            await stream.main.window.wait_for(1)
            init = stream.main.window.latest_init
            assert init is not None
            assert (init.video.width, init.video.height) == (180, 320)
            assert stream.main.supervisor.conversion is None

    async def test_a_conversion_is_as_small_as_it_is_wanted(
        self, any_ffmpeg: str
    ) -> None:
        wanted = ConversionOptions(
            mode=VideoMode.CONVERT, max_height=90, max_frame_rate=5.0
        )
        async with streamed(any_ffmpeg, conversion=wanted) as (_, stream):
            await stream.start()
            await stream.main.window.wait_for(3)
            init = stream.main.window.latest_init
            assert init is not None
            assert (init.video.width, init.video.height) == (160, 90)
            assert stream.main.supervisor.conversion is not None
            assert stream.main.supervisor.frame_rate == 5.0
            await stream.stop()
            assert stream.main.supervisor.conversion is None

    async def test_viewers_who_come_and_go_do_not_meet_broken_hardware_again(
        self, ffmpeg: str, programs: Programs
    ) -> None:
        """It is given up for this camera until a person restarts the stream."""

        async def find() -> tuple[WorkingEncoder, ...]:
            return WorkingEncoder(Encoder.NVENC), WorkingEncoder(Encoder.SOFTWARE)

        program = programs.make(
            f'case "$*" in *h264_nvenc*) exit 1;; esac; exec {ffmpeg} "$@"'
        )
        wanted = ConversionOptions(mode=VideoMode.CONVERT)
        async with streamed(
            program, FEED, conversion=wanted, conversions=Conversions(find)
        ) as (_, stream):
            stream.arm()
            stream.main.wake()
            await reach(stream.main, StreamState.STREAMING, seconds=20)
            assert stream.main.supervisor.recovery.broken_encoders == {Encoder.NVENC}
            stream.main.change_options(
                replace(stream.main.planner.options, idle_timeout=0.2)
            )
            await reach(stream.main, StreamState.IDLE)
            stream.main.wake()
            assert stream.main.supervisor.recovery.broken_encoders == {Encoder.NVENC}
            await stream.restart()
            assert not stream.main.supervisor.recovery.broken_encoders

    async def test_a_playlist_and_a_still_image_come_from_it(self, ffmpeg: str) -> None:
        async with streamed(ffmpeg) as (camera, stream):
            stream.arm()
            token = stream.open_viewer()
            assert token in stream.viewers
            answer = await stream.deliver(token, MEDIA_PLAYLIST, {"_HLS_msn": "2"}, {})
            [body] = answer.body
            playlist = rfc8216.parse(body.decode())
            assert playlist.segments[0].parts[0].independent
            assert playlist.part_target == pytest.approx(2 / 15 * 1.1, abs=0.001)
            assert (await stream.snapshot()).startswith(b"\xff\xd8")
            assert camera.total_connections == 1

    async def test_sound_that_does_not_come_does_not_keep_the_picture_back(
        self, any_ffmpeg: str
    ) -> None:
        """The picture plays with silence, as it does when sound pauses."""
        silent = faults.SilentTrack(cameras.TrackKind.AUDIO)
        async with streamed(
            any_ffmpeg,
            FEED_AAC,
            faults=[silent],
            source_info=H264_AAC,
            start_timeout=2.0,
        ) as (_, stream):
            await stream.start()
            window = stream.main.window
            await window.wait_ready()
            assert window.latest_init is not None
            assert (track := window.latest_init.audio) is not None
            async with asyncio.timeout(10):
                while not (sound := packaged(window, TrackKind.AUDIO)):
                    await window.wait_for(window.last_msn + 1)
            assert set(sound) == {silent_frame(track)}
            assert stream.statistics().restarts == 0

    async def test_sound_that_is_refused_does_not_keep_the_picture_away(
        self, any_ffmpeg: str
    ) -> None:
        """Somebody else may be talking; a person's restart asks for the sound again."""
        refusal = faults.RefusedTrack(cameras.TrackKind.AUDIO)
        async with streamed(
            any_ffmpeg, FEED_AAC, faults=[refusal], source_info=H264_AAC
        ) as (camera, stream):
            await stream.start()
            await stream.main.window.wait_ready()
            assert stream.main.planner.plan is not None
            assert stream.main.planner.plan.audio.reason is PlanReason.REFUSED_TRACK
            camera.clear()
            await stream.restart()
            await reach(stream.main, StreamState.STREAMING)
            assert stream.main.planner.plan is not None
            assert stream.main.planner.plan.copies_all

    async def test_a_sound_track_that_has_moved_is_found_again(
        self, ffmpeg: str
    ) -> None:
        """The third one is planned for, as there was a track for talking back."""
        audio = AudioInfo(codec="aac", sample_rate=16000, track=2)
        known = replace(H264_AAC, audio=audio)
        async with streamed(ffmpeg, FEED_AAC, source_info=known) as (_, stream):
            await stream.start()
            await stream.main.window.wait_ready()
            assert stream.main.planner.plan is not None
            assert stream.main.planner.plan.copies_all
            assert stream.main.planner.plan.audio.track == 0
            assert stream.statistics().restarts == 1

    async def test_pictures_that_come_seldom_are_waited_for(
        self, any_ffmpeg: str
    ) -> None:
        video = replace(H264.video, frame_rate=2.0, keyframe_interval=1.0)
        async with streamed(
            any_ffmpeg,
            Feed(fps=2, keyframe_interval=1),
            source_info=SourceInfo(video=video),
            start_timeout=2.0,
            stall_timeout=0.4,
        ) as (camera, stream):
            await stream.start()
            await stream.main.window.wait_ready()
            await stream.main.window.wait_for(stream.main.window.last_msn + 2)
            assert stream.statistics().restarts == 0
            assert camera.total_connections == 1

    async def test_aac_as_latm_is_heard(self, any_ffmpeg: str) -> None:
        async with streamed(
            any_ffmpeg, replace(FEED, audio="latm"), source_info=None
        ) as (_, stream):
            await stream.start()
            await stream.main.window.wait_for(4)
            assert stream.main.planner.plan is not None
            assert stream.main.planner.plan.audio.action is Action.COPY
            assert stream.statistics().restarts == 0
            assert len(packaged(stream.main.window, TrackKind.AUDIO)) >= 10

    @pytest.mark.parametrize("seconds", [-9 * 3600, 9 * 3600])
    async def test_sound_with_another_clock_is_put_beside_its_picture(
        self, any_ffmpeg: str, seconds: int
    ) -> None:
        """The clocks that the camera reports for its tracks are hours apart.

        The picture's clock is reported first: FFmpeg counts both tracks by it.
        """
        apart = faults.ClockOffset(seconds)
        async with streamed(
            any_ffmpeg, FEED_AAC, faults=[apart], source_info=H264_AAC
        ) as (_, stream):
            await stream.start()
            await stream.main.window.wait_for(10)
            ends = newest_ends(stream.main.window)
            assert ends[TrackKind.AUDIO] == pytest.approx(
                ends[TrackKind.VIDEO], abs=0.7
            )
            statistics = stream.statistics()
            assert statistics.sound_correction == pytest.approx(-seconds, abs=0.7)
            assert statistics.restarts == 0

    async def test_a_run_ends_where_the_sound_reports_another_clock_first(
        self, ffmpeg: str
    ) -> None:
        """FFmpeg counts by the sound's clock: the picture jumps by hours at its report."""
        apart = faults.ClockOffset(9 * 3600, first=cameras.TrackKind.AUDIO)
        async with streamed(ffmpeg, FEED_AAC, faults=[apart], source_info=H264_AAC) as (
            _,
            stream,
        ):
            await stream.start()
            await reach(stream.main, StreamState.BACKOFF)
            assert stream.main.reason is EndReason.TIMELINE
            await reach(stream.main, StreamState.STREAMING)

    async def test_another_codec_gets_another_plan(self, ffmpeg: str) -> None:
        async with streamed(ffmpeg, Feed(video="hevc", keyframe_interval=0.4)) as (
            _,
            stream,
        ):
            changes = []
            stream.main.add_listener(
                lambda: changes.append(stream.main.planner.source_info)
            )
            await stream.start()
            await stream.main.window.wait_ready()
            assert stream.main.planner.source_info is not None
            assert stream.main.planner.source_info.video.codec == "hevc"
            assert stream.main.planner.source_info in changes
            assert stream.main.planner.plan is not None
            assert stream.main.planner.plan.video.action is Action.ENCODE


class TestRareKeyframes:
    """Viewers begin at a keyframe (IDR)."""

    @pytest.mark.parametrize(
        ("keyframes", "bframes"), [("intra_refresh", 0), ("open_gop", 2)]
    )
    async def test_recovery_points_alone_are_converted(
        self,
        any_ffmpeg: str,
        keyframes: Literal["intra_refresh", "open_gop"],
        bframes: int,
    ) -> None:
        feed = Feed(keyframes=keyframes, bframes=bframes, keyframe_interval=0.4)
        async with streamed(
            any_ffmpeg, feed, source_info=None, max_keyframe_interval=1.5
        ) as (_, stream):
            await stream.start()
            await converts(stream)
            image = await stream.snapshot()
            assert stream.main.planner.source_info is not None
            assert stream.main.planner.source_info.video.has_rare_keyframes
        assert image.startswith(b"\xff\xd8")

    async def test_a_camera_that_sends_few_is_converted(self, ffmpeg: str) -> None:
        feed = Feed(keyframe_interval=30)
        async with streamed(ffmpeg, feed, max_keyframe_interval=1.5) as (
            camera,
            stream,
        ):
            await stream.start()
            await reach(stream.main, StreamState.STREAMING)
            assert not stream.main.planner.is_converting
            await reach(stream.main, StreamState.BACKOFF)
            assert stream.main.reason is EndReason.NO_KEYFRAME
            await converts(stream)
            # The next restart looks whether somebody has set the camera otherwise.
            camera.presentation.group.clear()
            await camera.switch_feed(FEED)
            await stream.restart()
            await reach(stream.main, StreamState.STREAMING)
            assert not stream.main.planner.is_converting

    async def test_one_that_is_not_to_be_converted_restarts_for_a_new_viewer(
        self, ffmpeg: str
    ) -> None:
        """And goes on for those who watch, whatever its interval."""
        feed = Feed(keyframe_interval=30)
        copy = ConversionOptions(mode=VideoMode.COPY)
        async with streamed(
            ffmpeg, feed, conversion=copy, max_keyframe_interval=1.5
        ) as (camera, stream):
            await stream.start()
            await stream.main.window.wait_ready()
            last = stream.main.window.last_msn
            await stream.main.window.wait_for(last + 2)
            assert not stream.main.window.is_ready
            assert camera.total_plays == 1
            await stream.main.window.wait_ready()
            assert camera.total_plays == 2
            assert stream.statistics().restarts == 0
            assert not stream.main.planner.is_converting


async def converts(stream: Camera) -> None:
    """Wait until the picture is converted for its keyframes, and viewers can begin."""
    async with asyncio.timeout(20):
        while (
            not stream.main.planner.is_converting
            or stream.main.state is not StreamState.STREAMING
        ):
            await reach(stream.main, StreamState.BACKOFF)
            await reach(stream.main, StreamState.STREAMING)
        await stream.main.window.wait_keyframe(*stream.main.window.run_start)
    assert stream.main.planner.plan is not None
    assert stream.main.planner.plan.video == TrackPlan(
        Action.ENCODE, PlanReason.RARE_KEYFRAMES
    )


class TestOneClient:
    """A board that serves one client at a time, and is slow to notice that one has gone."""

    @asynccontextmanager
    async def board(
        self, ffmpeg: str, **arguments: Any
    ) -> AsyncIterator[tuple[Camera, TestCamera, faults.OneClient]]:
        """Return a stream that has not streamed yet, and fails if it reports a failure."""
        fault = faults.OneClient(busy=1.2, status=503)
        async with streamed(ffmpeg, faults=[fault], **arguments) as (
            camera,
            stream,
        ):
            events: list[EventType] = []
            stream.add_event_listener(lambda event: events.append(event.type))
            yield stream, camera, fault
            assert fault.refusals > 0
            assert EventType.FAILED not in events
            assert stream.statistics().restarts == 0

    async def test_the_start_after_a_look(self, any_ffmpeg: str) -> None:
        async with self.board(any_ffmpeg, source_info=None) as (stream, _, _):
            await stream.start()
            await stream.main.window.wait_ready()

    async def test_a_restart(self, ffmpeg: str) -> None:
        async with self.board(ffmpeg) as (stream, camera, _):
            await stream.start()
            await reach(stream.main, StreamState.STREAMING)
            await stream.restart()
            await camera.wait_plays(2)
            await reach(stream.main, StreamState.STREAMING)

    async def test_other_options(self, ffmpeg: str) -> None:
        async with self.board(ffmpeg) as (stream, camera, _):
            await stream.start()
            await reach(stream.main, StreamState.STREAMING)
            stream.main.change_options(
                replace(stream.main.planner.options, audio=False)
            )
            await camera.wait_plays(2)
            await reach(stream.main, StreamState.STREAMING)

    async def test_somebody_else_who_has_it_is_a_failure(
        self, ffmpeg: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(f"{CORE}.ingest.departure._MAX_NOTICE_DELAY_S", 0.0)
        busy = faults.Status(453, methods={"SETUP"})
        async with streamed(ffmpeg, faults=[busy]) as (_, stream):
            await stream.start()
            await reach(stream.main, StreamState.BACKOFF)
            assert stream.main.reason is EndReason.BUSY


class TestFailures:
    async def test_a_killed_ffmpeg_is_replaced_and_numbers_go_on(
        self, any_ffmpeg: str
    ) -> None:
        async with streamed(any_ffmpeg) as (_, stream):
            await stream.start()
            await stream.main.window.wait_ready()
            last = stream.main.window.last_msn
            states = []
            stream.main.add_listener(
                lambda: states.append((stream.main.state, stream.main.reason))
            )
            os.kill(process_of(stream), signal.SIGKILL)
            await stream.main.window.wait_for(last + 1)
            assert states == [
                (StreamState.BACKOFF, EndReason.PROCESS_DIED),
                (StreamState.STARTING, EndReason.PROCESS_DIED),
                (StreamState.STREAMING, None),
            ]
            listed = stream.main.window.listed
            assert listed[0].msn == 1
            flags = [segment.msn for segment in listed if segment.discontinuities]
            assert flags == [last + 1]
            assert stream.statistics().restarts == 1

    async def test_wrong_credentials_are_not_tried_again(self, any_ffmpeg: str) -> None:
        """Cameras lock accounts."""
        async with AsyncExitStack() as stack:
            camera = await stack.enter_async_context(
                TestCamera(FEED, username="me", password="right")
            )
            url = camera.plain_url.replace("://", "://me:wr0ng-0ne@")
            stream = await stack.enter_async_context(stream_of(any_ffmpeg, url))
            stream.arm()
            waiting = asyncio.create_task(stream.main.window.wait_ready())
            stream.main.wake()
            await reach(stream.main, StreamState.FAILED)
            assert stream.main.reason is EndReason.UNAUTHORIZED
            with pytest.raises(StreamStoppedError):
                await waiting
            with pytest.raises(SourceError, match="unauthorized"):
                stream.open_viewer()
            await camera.wait_disconnected()
            assert camera.total_connections == 1
            assert "401" in stream.main.detail
            # A person may ask for another try.
            stream.main.supervisor.find_source = static_source(Source.parse(camera.url))
            await stream.start()
            await reach(stream.main, StreamState.STREAMING)
            assert stream.main.detail == ""

    async def test_an_unreachable_camera_is_retried_after_a_while(
        self, ffmpeg: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(f"{CORE}.ingest.backoff._FIRST_DELAY_S", 0.01)
        async with stream_of(ffmpeg) as stream:
            await stream.start()
            while stream.statistics().restarts < 3:
                await reach(stream.main, StreamState.BACKOFF)
                assert stream.main.reason is EndReason.REFUSED
                await reach(stream.main, StreamState.STARTING)
            assert stream.main.is_running
            assert "refused" in stream.main.detail

    async def test_a_camera_that_comes_back_is_not_kept_waiting(
        self, ffmpeg: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """However long the next try would have been waited for."""
        monkeypatch.setattr(f"{CORE}.ingest.backoff._FIRST_DELAY_S", 30.0)
        monkeypatch.setattr(f"{CORE}.ingest.reachability.CHECK_PERIOD_S", 0.05)
        async with streamed(ffmpeg) as (camera, stream):
            await camera.stop()
            await stream.start()
            while stream.statistics().restarts < 1:
                await reach(stream.main, StreamState.BACKOFF)
                await reach(stream.main, StreamState.STARTING)
            await reach(stream.main, StreamState.BACKOFF)
            await camera.start()
            await reach(stream.main, StreamState.STREAMING)

    async def test_after_a_healthy_time_it_is_tried_at_once(
        self, programs: Programs, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(f"{CORE}.ingest.recovery.HEALTHY_AFTER_S", 0)
        async with stream_of(programs.make("exit 1")) as stream:
            await stream.start()
            while stream.statistics().restarts < 5:
                await reach(stream.main, StreamState.BACKOFF)
                await reach(stream.main, StreamState.STARTING)

    async def test_without_ffmpeg_it_is_given_up(self) -> None:
        async with stream_of("/nowhere/ffmpeg") as stream:
            await stream.start()
            await reach(stream.main, StreamState.FAILED)
            assert stream.main.reason is EndReason.FFMPEG_MISSING
            assert stream.main.detail == "/nowhere/ffmpeg"

    async def test_a_system_that_cannot_start_it_now_may_later(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        async def fail(*_: object, opened: OpenInput) -> None:
            await opened.close()
            raise FfmpegError("Cannot allocate memory")

        monkeypatch.setattr(f"{CORE}.ffmpeg.process.FfmpegProcess.spawn", fail)
        async with stream_of("ffmpeg") as stream:
            await stream.start()
            await reach(stream.main, StreamState.BACKOFF)
            assert stream.main.reason is EndReason.PROCESS_DIED
            assert stream.main.detail == "Cannot allocate memory"

    async def test_a_camera_that_fails_while_it_is_looked_at(self, ffmpeg: str) -> None:
        async with stream_of(ffmpeg, source_info=None) as stream:
            await stream.start()
            await reach(stream.main, StreamState.BACKOFF)
            assert stream.main.reason is EndReason.REFUSED
            assert stream.main.supervisor.frame_rate is None


def now() -> float:
    """Return the simulated time."""
    return asyncio.get_running_loop().time()


class FlappingCamera:
    """A camera that is away and back again and again, in simulated time."""

    away, back = 2.6, 3.4
    starting = 0.6
    """Seconds from a try to its first picture."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(f"{CORE}.ingest.reachability.is_open", self._is_open)
        camera = self

        class RunOfIt(Run):
            """A run whose media and end are the camera's, without an FFmpeg."""

            @override
            def __init__(
                self, *args: Any, on_streaming: Callable[[], None], **kwargs: Any
            ) -> None:
                super().__init__(*args, on_streaming=on_streaming, **kwargs)
                self._begin = on_streaming

            @override
            async def wait(self) -> End:
                return await camera.run(self._begin)

        monkeypatch.setattr(f"{CORE}.camera.supervisor.Run", RunOfIt)

    async def run(self, on_streaming: Callable[[], None]) -> End:
        """Stream while the port is open."""
        if not await self._is_open():
            return End(reason=EndReason.REFUSED)
        left = self._left(now())
        if left < self.starting:
            await asyncio.sleep(left)
            return End(reason=EndReason.DISCONNECTED)
        await asyncio.sleep(self.starting)
        on_streaming()
        await asyncio.sleep(left - self.starting)
        return End(reason=EndReason.DISCONNECTED, uptime=left - self.starting)

    async def steady(self, stream: Camera) -> None:
        """Go away no more."""
        self.back = 1e9
        await asyncio.sleep(self.away + 120)
        assert stream.main.state is StreamState.STREAMING

    def _left(self, now: float) -> float:
        """Return how many seconds the port stays open; nothing where it is closed."""
        since = now % (self.away + self.back)
        return max(0.0, self.away + self.back - since) if since >= self.away else 0.0

    async def _is_open(self, *_: object) -> bool:
        return self._left(now()) > 0


class TestFlapping:
    """A camera that comes and goes does not undo the waits between two tries."""

    @pytest.mark.parametrize("away", [2.6, 10.0])
    def test_states_and_events_are_few(
        self, away: float, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        camera = FlappingCamera(monkeypatch)
        camera.away = away
        states: list[StreamState] = []
        told: list[EventType] = []

        async def life() -> None:
            stream = make_stream("ffmpeg")
            stream.main.preload(True)
            stream.main.add_listener(lambda: states.append(stream.main.state))
            stream.add_event_listener(lambda event: told.append(event.type))
            await stream.start()
            await asyncio.sleep(3600)
            assert told[-1] is EventType.FAILED, "the last word while it comes and goes"
            await camera.steady(stream)
            await stream.stop()

        simulate(life())
        assert len(states) < 600
        assert told == [
            *(EventType.FAILED, EventType.RECOVERED, EventType.FAILED),
            *(EventType.RECOVERED, EventType.ENDED),
        ]

    def test_a_camera_that_reboots_is_back_as_its_port_opens(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        camera = FlappingCamera(monkeypatch)
        camera.away, camera.back = 47.0, 1e9
        came: list[float] = []

        async def life() -> None:
            stream = make_stream("ffmpeg")
            stream.main.preload(True)
            loop = asyncio.get_running_loop()
            stream.add_event_listener(lambda _: came.append(loop.time()))
            await stream.start()
            await asyncio.sleep(300)
            await stream.stop()

        simulate(life())
        _, recovered, _ = came
        assert (
            recovered
            < camera.away + camera.starting + reachability.CHECK_PERIOD_S + 0.1
        )


class TestUnexpectedErrors:
    """Unforeseen errors are retried, like a camera's failures."""

    @pytest.mark.parametrize(
        ("error", "reason"),
        [
            (RuntimeError("can't start new thread"), EndReason.OUT_OF_RESOURCES),
            (MemoryError(), EndReason.OUT_OF_RESOURCES),
            (OSError(errno.EMFILE, "Too many open files"), EndReason.OUT_OF_RESOURCES),
            (KeyError("rtsp://me:secret@camera"), EndReason.PROCESS_DIED),
        ],
    )
    async def test_a_stream_is_back_after_one(
        self, ffmpeg: str, error: Exception, reason: EndReason
    ) -> None:
        errors = [error]

        async def find() -> AddressInput:
            if errors:
                raise errors.pop()
            return AddressInput.parse(camera.url)

        async with (
            TestCamera(FEED) as camera,
            stream_of(ffmpeg, on_demand=False) as stream,
        ):
            stream.main.supervisor.find_source = find
            await stream.start()
            await reach(stream.main, StreamState.BACKOFF)
            assert stream.main.reason is reason
            assert stream.main.detail == type(error).__name__
            await reach(stream.main, StreamState.STREAMING)

    async def test_a_knock_that_fails_ends_no_stream(
        self, ffmpeg: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        async def fail(*_: object) -> bool:
            raise RuntimeError("can't start new thread")

        monkeypatch.setattr(f"{CORE}.ingest.backoff._FIRST_DELAY_S", 0.01)
        monkeypatch.setattr(f"{CORE}.ingest.reachability.is_open", fail)
        async with stream_of(ffmpeg) as stream:
            await stream.start()
            while stream.statistics().restarts < 3:
                await reach(stream.main, StreamState.BACKOFF)
                await reach(stream.main, StreamState.STARTING)

    async def test_a_listener_that_fails_ends_no_stream(self, ffmpeg: str) -> None:
        def fail() -> None:
            raise ValueError

        async with streamed(ffmpeg) as (_, stream):
            stream.main.add_listener(fail)
            await stream.start()
            await reach(stream.main, StreamState.STREAMING)


class TestCommands:
    async def test_stop_disconnects_and_does_not_wake_for_a_viewer(
        self, ffmpeg: str
    ) -> None:
        async with TestCamera(FEED) as camera:
            stream = make_stream(ffmpeg, camera.url)
            await stream.start()
            token = stream.open_viewer()
            await stream.main.window.wait_ready()
            pid = process_of(stream)
            held = asyncio.create_task(stream.main.window.wait_for(99))
            await asyncio.sleep(0)
            await stream.stop()
            with pytest.raises(ProcessLookupError):
                os.kill(pid, 0)
            with pytest.raises(StreamStoppedError):
                await held
            assert stream.main.state is StreamState.STOPPED
            assert stream.main.reason is EndReason.STOPPED
            assert stream.main.window.size == 0
            assert token not in stream.viewers
            assert not stream.main.audience.touch(token)
            for ask in (stream.main.wake, stream.open_viewer):
                with pytest.raises(StreamStoppedError):
                    ask()
            with pytest.raises(StreamStoppedError):
                await stream.snapshot()
            await camera.wait_disconnected()
            assert stream.statistics().bitrate == 0
            await stream.stop()

    async def test_options_that_change_no_media_leave_ffmpeg_alone(
        self, ffmpeg: str
    ) -> None:
        async with streamed(ffmpeg) as (_, stream):
            stream.arm()
            token = stream.open_viewer()
            await watch(stream, token)
            process = process_of(stream)
            conversion = replace(
                stream.main.planner.options.conversion, preset=Preset.FAST
            )
            stream.main.change_options(
                replace(
                    stream.main.planner.options, idle_timeout=0.2, conversion=conversion
                )
            )
            assert stream.main.state is StreamState.STREAMING
            assert process_of(stream) == process
            # The new time counts at once.
            await reach(stream.main, StreamState.IDLE, seconds=20)

    async def test_options_that_change_the_media_restart_for_the_same_viewers(
        self, ffmpeg: str
    ) -> None:
        async with streamed(ffmpeg, FEED_AAC, source_info=H264_AAC) as (_, stream):
            stream.arm()
            token = stream.open_viewer()
            await watch(stream, token)
            init = stream.main.window.latest_init
            assert init is not None
            assert init.audio is not None
            stream.main.change_options(
                replace(stream.main.planner.options, audio=False)
            )
            assert stream.main.state is StreamState.STARTING
            await reach(stream.main, StreamState.STREAMING)
            init = stream.main.window.latest_init
            assert init is not None
            assert init.audio is None
            assert token in stream.viewers

    @pytest.mark.parametrize("source_info", [None, HEVC])
    async def test_another_encoder_is_another_chance_for_hardware_that_failed(
        self, ffmpeg: str, source_info: SourceInfo | None
    ) -> None:
        """Also while nobody watches, and before it is known what the camera sends."""
        stream = make_stream(ffmpeg, source_info=source_info)
        stream.arm()
        stream.main.supervisor.recovery.broken_encoders = frozenset({Encoder.VAAPI})
        told: list[frozenset[Encoder]] = []
        stream.main.add_listener(
            lambda: told.append(stream.main.supervisor.recovery.broken_encoders)
        )
        software = replace(
            stream.main.planner.options.conversion, encoder=Encoder.SOFTWARE
        )
        stream.main.change_options(
            replace(stream.main.planner.options, conversion=software)
        )
        assert told == [frozenset()]

    async def test_other_options_are_another_chance_after_giving_up(self) -> None:
        async with stream_of("/no/ffmpeg") as stream:
            stream.arm()
            stream.main.wake()
            await reach(stream.main, StreamState.FAILED)
            stream.main.change_options(
                replace(stream.main.planner.options, idle_timeout=5.0)
            )
            assert stream.main.state is StreamState.IDLE

    async def test_restart_ends_one_ffmpeg_before_it_starts_the_next(
        self, ffmpeg: str
    ) -> None:
        async with streamed(ffmpeg, FEED_AAC, source_info=H264_AAC) as (camera, stream):
            await stream.start()
            token = stream.open_viewer()
            await stream.main.window.wait_ready()
            first, last = process_of(stream), stream.main.window.last_msn
            await stream.restart()
            await stream.restart()
            await stream.main.window.wait_for(last + 1)
            assert process_of(stream) != first
            assert camera.total_plays == 2
            assert stream.main.audience.touch(token)
            assert stream.statistics().restarts == 0

    async def test_restart_notices_that_there_is_nothing_to_convert_any_more(
        self, ffmpeg: str
    ) -> None:
        async with streamed(ffmpeg, FEED_AAC, source_info=HEVC) as (_, stream):
            await stream.start()
            await reach(stream.main, StreamState.STREAMING)
            assert stream.main.planner.is_converting
            await stream.restart()
            await reach(stream.main, StreamState.STREAMING)
            assert stream.main.planner.plan is not None
            assert stream.main.planner.plan.copies_all

    async def test_a_start_while_running_changes_nothing(self, ffmpeg: str) -> None:
        async with streamed(ffmpeg) as (camera, stream):
            await stream.start()
            await stream.main.window.wait_ready()
            await stream.start()
            stream.arm()
            stream.main.wake()
            assert stream.main.state is StreamState.STREAMING
            assert camera.total_connections == 1

    async def test_stop_while_the_camera_is_looked_at(self, ffmpeg: str) -> None:
        async with TestCamera(Feed(keyframe_interval=5)) as camera:
            stream = make_stream(ffmpeg, camera.url, source_info=None)
            await stream.start()
            await camera.wait_connected()
            await stream.stop()
            await camera.wait_disconnected()

    @pytest.mark.parametrize("steps", [0, 1, 2, 3, 5, 8])
    async def test_stop_at_any_moment_of_the_start(
        self, programs: Programs, steps: int
    ) -> None:
        stream = make_stream(programs.make("exec sleep 99"))
        await stream.start()
        for _ in range(steps):
            await asyncio.sleep(0)
        await stream.stop()
        assert_no_task(stream)
        assert not stream.main.supervisor.connection.locked()

    async def test_the_last_of_several_commands_wins(self, programs: Programs) -> None:
        stream = make_stream(programs.make("exec sleep 99"))
        async with asyncio.TaskGroup() as group:
            for command in (
                stream.start,
                stream.stop,
                stream.restart,
                stream.start,
                stream.stop,
                stream.stop,
            ):
                group.create_task(command())
        assert stream.main.state is StreamState.STOPPED
        assert not stream.main.supervisor.connection.locked()

    async def test_a_command_that_is_refused_changes_nothing(self, ffmpeg: str) -> None:
        def refuse(_places: int) -> None:
            raise StreamLimitError(1)

        stream = make_stream(ffmpeg, admit=refuse)
        for command in (stream.start, stream.restart):
            with pytest.raises(StreamLimitError):
                await command()
        stream.arm()
        with pytest.raises(StreamLimitError):
            stream.main.wake()
        assert stream.main.state is StreamState.IDLE

    async def test_a_restart_needs_no_second_admission(
        self, programs: Programs
    ) -> None:
        admissions: list[int] = []
        async with stream_of(
            programs.make("exec sleep 99"), admit=admissions.append
        ) as stream:
            await stream.start()
            await stream.restart()
            assert len(admissions) == 1


class TestOnDemand:
    async def test_it_stops_when_nobody_watches_and_wakes_for_a_viewer(
        self, ffmpeg: str
    ) -> None:
        async with streamed(ffmpeg, idle_timeout=0.2) as (camera, stream):
            stream.arm()
            assert (stream.main.state, camera.total_connections) == (
                StreamState.IDLE,
                0,
            )
            token = stream.open_viewer()
            await watch(stream, token)
            last = stream.main.window.last_msn
            await reach(stream.main, StreamState.IDLE)
            assert stream.main.reason is EndReason.IDLE
            await camera.wait_disconnected()
            assert stream.main.supervisor.task is not None
            await stream.main.supervisor.task
            assert stream.main.window.size == 0
            assert stream.main.audience.touch(token)
            await watch(stream, token)
            assert stream.main.window.listed[0].msn > last
            assert camera.total_plays == 2

    @pytest.mark.parametrize("what", ["playlist", "part", "still", "recording", "feed"])
    async def test_a_request_for_the_first_picture_keeps_it_awake(
        self, ffmpeg: str, tmp_path: Path, what: str
    ) -> None:
        """However much longer than the idle time-out that takes."""
        async with (
            streamed(
                ffmpeg, FEED, faults=[faults.SlowAnswers(0.4)], idle_timeout=0.2
            ) as (_, stream),
            asyncio.timeout(30),
        ):
            stream.arm()
            token = stream.open_viewer()
            states: list[StreamState] = []
            stream.main.add_listener(lambda: states.append(stream.main.state))
            match what:
                case "playlist":
                    answer = await stream.deliver(token, MEDIA_PLAYLIST, {}, {})
                    assert answer.status == 200
                case "part":
                    name = f"{stream.main.window.prefix}-1.0.m4s"
                    assert (await stream.deliver(token, name, {}, {})).status == 200
                case "still":
                    await stream.snapshot()
                case "recording":
                    await stream.record(tmp_path / "clip.mp4", duration=0.1)
                case "feed":
                    async with aclosing(stream.follow(token)) as messages:
                        async for message in messages:
                            if isinstance(message, bytes):
                                break
            assert set(states) <= {StreamState.STARTING, StreamState.STREAMING}
            await reach(stream.main, StreamState.IDLE)

    async def test_a_viewer_that_comes_while_it_stops_is_served(
        self, programs: Programs
    ) -> None:
        """Its FFmpeg takes its time to end; the next one waits for that."""
        program = programs.make(
            "trap 'sleep 1; exit 0' TERM; while :; do sleep 0.01; done"
        )
        async with stream_of(program, idle_timeout=0.5) as stream:
            stream.arm()
            token = stream.open_viewer()
            await reach(stream.main, StreamState.IDLE)
            assert stream.main.supervisor.connection.locked()
            assert stream.main.audience.touch(token)
            assert stream.main.state is StreamState.STARTING
            first = stream.main.supervisor.run
            while stream.main.supervisor.run is first:
                stream.main.audience.touch(token)
                await asyncio.sleep(0.01)
            assert stream.main.is_running

    def test_an_idle_one_that_cannot_reach_its_camera_stops_trying(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        simulate_clock(monkeypatch)
        FlappingCamera(monkeypatch).away = 1e9
        states: list[tuple[float, StreamState]] = []

        async def life() -> None:
            stream = make_stream("ffmpeg", idle_timeout=20.0)
            stream.main.add_listener(lambda: states.append((now(), stream.main.state)))
            stream.arm()
            stream.main.wake()
            await asyncio.sleep(3600)
            await stream.stop()

        simulate(life())
        *tries, idle, stopped = states[1:]
        assert {state for _, state in tries} == {
            StreamState.STARTING,
            StreamState.BACKOFF,
        }
        assert idle == (20.0, StreamState.IDLE)
        assert stopped == (3600.0, StreamState.STOPPED)

    async def test_an_always_on_stream_has_no_idle_timer(
        self, programs: Programs
    ) -> None:
        program = programs.make("exec sleep 99")
        async with stream_of(program, on_demand=False, idle_timeout=0) as stream:
            await stream.start()
            for _ in range(20):
                await asyncio.sleep(0)
            assert stream.main.is_running

    async def test_a_failed_stream_does_not_become_idle(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        is_idle = asyncio.Event()
        fire = IdleTimer.fire

        def fire_and_note(timer: IdleTimer) -> None:
            fire(timer)
            is_idle.set()

        monkeypatch.setattr(IdleTimer, "fire", fire_and_note)
        async with stream_of("/nowhere/ffmpeg", idle_timeout=0.3) as stream:
            await stream.start()
            await reach(stream.main, StreamState.FAILED)
            assert not is_idle.is_set()
            await is_idle.wait()
            assert stream.main.state is StreamState.FAILED


class TestUnwatched:
    async def rest(self, stream: Camera, monkeypatch: pytest.MonkeyPatch) -> None:
        """Start, and wait until media gather because nobody wants them."""
        await stream.start()
        await stream.main.window.wait_for(2)
        with monkeypatch.context() as nobody:
            nobody.setattr(demand, "RECENT_REQUEST_S", -1)
            async with asyncio.timeout(10):
                await media_rest(stream.main.window, 1.2)

    async def test_media_gathers_until_somebody_comes(
        self, ffmpeg: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(run_module, "UNWATCHED_PERIOD_S", 60)
        async with streamed(ffmpeg, Feed(keyframe_interval=0.4)) as (_, stream):
            await self.rest(stream, monkeypatch)
            stream.open_viewer()
            await stream.main.window.wait_for(stream.main.window.last_msn + 2)

    async def test_a_viewer_of_the_live_feed_waits_for_no_batch(
        self, ffmpeg: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Neither for the one that nobody needed, nor for another one afterwards."""
        monkeypatch.setattr(run_module, "UNWATCHED_PERIOD_S", 60)
        async with streamed(ffmpeg, Feed(keyframe_interval=0.4)) as (_, stream):
            await self.rest(stream, monkeypatch)
            async with (
                asyncio.timeout(10),
                aclosing(stream.follow(stream.open_viewer())) as messages,
            ):
                live = 0
                while live < 10:
                    message = await anext(messages)
                    live += isinstance(message, bytes) and message[5:9] == b"prft"


async def media_rest(window: Window, seconds: float) -> None:
    """Wait until no media have come for so many seconds."""
    while window.silence < seconds:  # noqa: ASYNC110 - there is no event
        await asyncio.sleep(seconds - window.silence)


async def stream_until_refused(stream: Camera, camera: TestCamera) -> None:
    """Stream, then lose the connection to a camera that refuses the next ones."""
    await stream.start()
    await stream.main.window.wait_ready()
    camera.refuse_connections()
    camera.strike(faults.Reset())
    await reach(stream.main, StreamState.BACKOFF)
    while stream.main.reason is not EndReason.REFUSED:
        await reach(stream.main, StreamState.STARTING)
        await reach(stream.main, StreamState.BACKOFF)


class TestReports:
    async def test_statistics(self, ffmpeg: str) -> None:
        async with streamed(ffmpeg) as (_, stream):
            before = stream.statistics()
            assert (before.frames, before.started_at, before.uptime) == (0, None, None)
            assert stream.main.supervisor.log == ()
            await stream.start()
            stream.open_viewer()
            await stream.main.window.wait_for(3)
            figures = stream.statistics()
            assert figures.bitrate > 1000
            assert figures.frames >= 10
            assert figures.frame_rate > 5
            assert figures.bytes > 1000
            assert figures.started_at is not None
            assert (datetime.now(UTC) - figures.started_at).total_seconds() < 10
            assert figures.uptime is not None
            assert 0 < figures.uptime < 10
            assert figures.viewers == 1
            assert figures.keyframe_interval == pytest.approx(0.4, abs=0.05)
            assert figures.time_to_first_part is not None
            assert stream.main.supervisor.frame_rate == 15

    @pytest.mark.parametrize(
        ("video", "interval", "target_duration"),
        [("h264", 0.5, 1), ("h264", 4.0, 5), ("h264", None, 8), ("hevc", 8.0, 2)],
    )
    def test_the_target_duration_follows_from_the_description(
        self, video: str, interval: float | None, target_duration: int
    ) -> None:
        info = SourceInfo(
            video=VideoInfo(
                codec=video, width=640, height=360, keyframe_interval=interval
            )
        )
        stream = make_stream("ffmpeg", source_info=info)
        assert stream.main.window.target_duration == target_duration

    async def test_listeners_are_notified_of_changes_until_they_unsubscribe(
        self,
    ) -> None:
        stream = make_stream("ffmpeg")
        calls = []
        remove = stream.main.add_listener(lambda: calls.append(stream.main.state))
        stream.arm()
        stream.arm()
        assert calls == [StreamState.IDLE]
        remove()
        remove()
        await stream.stop(EndReason.SHUTDOWN)
        assert calls == [StreamState.IDLE]
        assert stream.main.reason is EndReason.SHUTDOWN

    async def test_each_step_is_in_the_debug_log(
        self,
        ffmpeg: str,
        caplog: pytest.LogCaptureFixture,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setattr(f"{CORE}.ingest.backoff._FIRST_DELAY_S", 0.05)
        caplog.set_level(logging.DEBUG, logger=LOGGER.name)
        async with streamed(ffmpeg, source_info=None) as (camera, stream):
            await stream_until_refused(stream, camera)
        log = [r.getMessage() for r in caplog.records if r.name == LOGGER.name]
        for step in (
            "State: stopped -> starting",
            "The camera sends SourceInfo(",
            "Reading rtsp://",
            "Command: ",
            "State: starting -> streaming",
            "Run ended after ",
            "Retrying in ",
            "State: streaming -> backoff",
            "FFmpeg: ",
        ):
            assert any(line.startswith(step) for line in log), step

    async def test_credentials_are_in_no_log_line(
        self,
        any_ffmpeg: str,
        caplog: pytest.LogCaptureFixture,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setattr(f"{CORE}.ingest.backoff._FIRST_DELAY_S", 0.05)
        caplog.set_level(logging.DEBUG, logger=LOGGER.name)
        password = "s3cr3t/p@ss wörd"
        async with AsyncExitStack() as stack:
            camera = await stack.enter_async_context(
                TestCamera(FEED, username="v1ewer", password=password)
            )
            stream = await stack.enter_async_context(
                stream_of(any_ffmpeg, camera.url, source_info=None)
            )
            await stream_until_refused(stream, camera)
            ours = [r.getMessage() for r in caplog.records if r.name == LOGGER.name]
            for text in (
                *stream.main.supervisor.log,
                stream.main.detail,
                *ours,
                repr(stream.main.planner.options),
            ):
                for secret in ("v1ewer", "s3cr3t", "p%40ss", "p@ss"):
                    assert secret not in text
            assert stream.main.supervisor.log
