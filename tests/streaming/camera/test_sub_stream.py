"""A sub-stream that is made here, with a real FFmpeg and a real camera."""

import asyncio

import m3u8
import pytest

from custom_components.hls_camera.streaming.camera import sub_stream
from custom_components.hls_camera.streaming.camera.camera import SUB_PLAYLIST
from custom_components.hls_camera.streaming.camera.options import StreamOptions
from custom_components.hls_camera.streaming.camera.state import StreamState
from custom_components.hls_camera.streaming.camera.sub_stream import (
    find_main_stream,
    scaled_down,
)
from custom_components.hls_camera.streaming.errors import SourceError
from custom_components.hls_camera.streaming.outputs.hls_playlist import (
    MEDIA_PLAYLIST,
    MULTIVARIANT_PLAYLIST,
)
from custom_components.hls_camera.streaming.reasons import EndReason
from custom_components.hls_camera.streaming.transcode.options import (
    ConversionOptions,
    VideoMode,
)
from tests.camera import TestCamera, faults
from tests.streams import reach

from ..programs import Programs
from .scenes import FEED_AAC, made_sub_stream, stream_of, streamed


async def test_both_come_of_one_connection(any_ffmpeg: str) -> None:
    async with (
        TestCamera(FEED_AAC) as camera,
        made_sub_stream(any_ffmpeg, camera) as seen,
    ):
        await seen.text(MEDIA_PLAYLIST)
        await seen.text(SUB_PLAYLIST)
        playlists = m3u8.loads(await seen.text(MULTIVARIANT_PLAYLIST)).playlists
        told = [
            (each.stream_info.resolution, each.stream_info.codecs) for each in playlists
        ]
        assert [resolution for resolution, _ in told] == [(320, 180), *[(160, 90)] * 2]
        assert all("mp4a.40.2" in codecs for _, codecs in told)
        assert camera.total_connections == 1


async def test_the_small_one_keeps_the_main_one_awake(ffmpeg: str) -> None:
    """Nobody else may have woken it either."""
    async with TestCamera(FEED_AAC) as camera, made_sub_stream(ffmpeg, camera) as seen:
        seen.ours.viewers.clear()
        seen.sub.wake()
        await seen.sub.window.wait_ready()
        before = seen.ours.main.demand.last_request
        await seen.sub.window.wait_for(seen.sub.window.last_msn + 1)
        assert seen.ours.main.demand.last_request > before


async def test_it_continues_when_the_main_one_restarts(ffmpeg: str) -> None:
    async with TestCamera(FEED_AAC) as camera, made_sub_stream(ffmpeg, camera) as seen:
        await seen.text(SUB_PLAYLIST)
        await seen.ours.main.restart()
        window = seen.ours.main.window
        async with asyncio.timeout(20):
            await window.wait_for(window.last_msn + 2)
            await seen.sub.window.wait_for(seen.sub.window.last_msn + 2)
        assert seen.sub.state is StreamState.STREAMING


async def test_media_of_an_earlier_run_are_no_source(ffmpeg: str) -> None:
    async with TestCamera(FEED_AAC) as camera, made_sub_stream(ffmpeg, camera) as seen:
        await seen.text(MEDIA_PLAYLIST)
        main = seen.ours.main
        await main.restart()
        assert main.window.is_ready
        async with asyncio.timeout(20):
            await find_main_stream(main)()
        assert main.state is StreamState.STREAMING
        assert main.window.latest_keyframe(*main.window.run_start) is not None


async def test_media_of_a_run_that_failed_are_no_source_either(ffmpeg: str) -> None:
    async with TestCamera(FEED_AAC) as camera, made_sub_stream(ffmpeg, camera) as seen:
        await seen.text(MEDIA_PLAYLIST)
        main = seen.ours.main
        camera.refuse_connections()
        camera.strike(faults.Reset())
        await reach(main, StreamState.BACKOFF)
        assert main.window.is_ready
        finding = asyncio.ensure_future(find_main_stream(main)())
        await camera.accept_connections()
        async with asyncio.timeout(20):
            await finding
        assert main.state is StreamState.STREAMING


class TestFindMainStream:
    async def test_a_main_stream_that_is_off_is_no_source(self) -> None:
        async with stream_of("ffmpeg") as stream:
            with pytest.raises(SourceError):
                await find_main_stream(stream.main)()

    async def test_its_failure_is_that_of_the_main_stream(self, ffmpeg: str) -> None:
        wrong = "rtsp://me:wrong@"
        async with TestCamera(FEED_AAC, username="me", password="right") as camera:
            url = camera.plain_url.replace("rtsp://", wrong)
            async with stream_of(ffmpeg, url) as stream:
                stream.arm()
                with pytest.raises(SourceError) as failed:
                    await find_main_stream(stream.main)()
        assert failed.value.reason is EndReason.UNAUTHORIZED

    async def test_one_that_brings_no_picture_in_time(
        self, programs: Programs, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(sub_stream, "START_TIMEOUT_S", 0.05)
        async with stream_of(programs.make("exec sleep 99")) as stream:
            stream.arm()
            with pytest.raises(SourceError) as failed:
                await find_main_stream(stream.main)()
        assert failed.value.reason is EndReason.STALLED

    async def test_it_is_another_input_each_time_but_an_equal_one(
        self, ffmpeg: str
    ) -> None:
        """A rejection is remembered by its source."""
        async with streamed(ffmpeg) as (_, stream):
            stream.arm()
            find = find_main_stream(stream.main)
            assert str(await find()) == str(await find()) == "a stream of ours"


class TestScaledDown:
    options = StreamOptions(
        audio=False,
        input_options=("-rtsp_flags", "prefer_tcp"),
        conversion=ConversionOptions(
            mode=VideoMode.COPY, bitrate=4000, max_frame_rate=10.0
        ),
    )

    def test_it_is_converted_to_the_height(self) -> None:
        conversion = scaled_down(self.options, 360).conversion
        assert (conversion.mode, conversion.max_height) == (VideoMode.CONVERT, 360)

    def test_the_main_streams_bitrate_is_not_meant_for_it(self) -> None:
        assert scaled_down(self.options, 360).conversion.bitrate is None

    def test_other_options_of_the_conversion_stay(self) -> None:
        assert scaled_down(self.options, 360).conversion.max_frame_rate == 10.0

    def test_options_for_the_camera_are_not_for_a_relay(self) -> None:
        """And sound that the main stream has left out cannot come back."""
        sub = scaled_down(self.options, 360)
        assert sub.input_options == ()
        assert sub.audio
