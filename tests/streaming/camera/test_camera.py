"""Two qualities of one camera, with real FFmpegs and two real streams."""

import asyncio
import json
from dataclasses import replace

import m3u8
import pytest

from custom_components.hls_camera.streaming.camera.camera import SUB_PLAYLIST
from custom_components.hls_camera.streaming.camera.rendition import Rendition
from custom_components.hls_camera.streaming.camera.state import StreamState
from custom_components.hls_camera.streaming.outputs.hls_playlist import (
    MEDIA_PLAYLIST,
    MULTIVARIANT_PLAYLIST,
)
from tests.camera import TestCamera
from tests.streams import reach

from .. import rfc8216
from ..fragments import read_part
from .scenes import FEED_AAC, H264_AAC, KNOWN, SMALL, TwoStreams, stream_of, two_streams


class TestWhatIsOffered:
    async def test_both_at_once_where_they_are_known(self, ffmpeg: str) -> None:
        """The small one is there twice: hls.js leaves no part for the lowest variant."""
        async with two_streams(ffmpeg) as camera:
            playlists = m3u8.loads(await camera.text(MULTIVARIANT_PLAYLIST)).playlists
            assert not camera.ours.main.window.is_ready
            assert [(each.uri, each.stream_info.bandwidth) for each in playlists] == [
                (MEDIA_PLAYLIST, 2_000_000),
                (f"{SUB_PLAYLIST}?again", 220_000),
                (SUB_PLAYLIST, 200_000),
            ]

    @pytest.mark.parametrize(
        ("main", "small", "told"),
        [(25.0, 15.0, 25.0), (15.0, 25.0, 25.0), (25.0, None, None)],
    )
    async def test_one_frame_rate_for_both(
        self, ffmpeg: str, main: float | None, small: float | None, told: float | None
    ) -> None:
        """hls.js would begin with the lower one, and never change to certain others."""
        rates = {MEDIA_PLAYLIST: main, SUB_PLAYLIST: small}
        known = {uri: {**KNOWN[uri], "frame_rate": rates[uri]} for uri in KNOWN}
        async with two_streams(ffmpeg, known=known) as camera:
            playlists = m3u8.loads(await camera.text(MULTIVARIANT_PLAYLIST)).playlists
            assert [each.stream_info.frame_rate for each in playlists] == [told] * 3

    async def test_both_when_they_have_shown_what_they_are(self, ffmpeg: str) -> None:
        async with two_streams(ffmpeg, known=None) as camera:
            playlists = m3u8.loads(await camera.text(MULTIVARIANT_PLAYLIST)).playlists
            sizes = [each.stream_info.resolution for each in playlists]
            assert sizes == [(640, 360), (320, 180), (320, 180)]
            kept = json.loads(json.dumps(camera.ours.known_variants))
        async with two_streams(ffmpeg, known=kept) as camera:
            assert len(await camera.addresses()) == 3
            assert camera.ours.sub is not None
            assert camera.ours.sub.state is StreamState.IDLE

    async def test_the_main_one_where_the_small_one_fails(self, ffmpeg: str) -> None:
        async with two_streams(ffmpeg, small=None) as camera:
            assert camera.ours.sub is not None
            camera.ours.sub.wake()
            await reach(camera.ours.sub, StreamState.BACKOFF)
            assert await camera.addresses() == [MEDIA_PLAYLIST]

    async def test_the_main_one_where_only_the_small_one_has_sound(
        self, ffmpeg: str
    ) -> None:
        """A player's buffers are made for sound, or not."""
        small = {**KNOWN[SUB_PLAYLIST], "codecs": "avc1.42C00C,mp4a.40.2"}
        async with two_streams(ffmpeg, known={**KNOWN, SUB_PLAYLIST: small}) as camera:
            assert await camera.addresses() == [MEDIA_PLAYLIST]


class TestOneStream:
    async def test_a_camera_that_ran_otherwise_before_is_described_as_it_is_now(
        self, ffmpeg: str
    ) -> None:
        """The first playlist waits for a segment in any case."""
        async with (
            TestCamera(FEED_AAC) as camera,
            stream_of(ffmpeg, camera.url, source_info=H264_AAC) as stream,
        ):
            stream.arm()
            offers = []
            for audio in (True, False):
                options = replace(stream.main.planner.options, audio=audio)
                stream.main.change_options(options)
                token = stream.open_viewer()
                answer = await stream.deliver(token, MULTIVARIANT_PLAYLIST, {}, {})
                [playlist] = m3u8.loads(answer.body[0].decode()).playlists
                offers.append("mp4a" in playlist.stream_info.codecs)
                await stream.stop()
                stream.arm()
            assert offers == [True, False]


class TestConnections:
    async def test_a_quality_runs_once_somebody_asks_for_it(self, ffmpeg: str) -> None:
        async with two_streams(ffmpeg) as camera:
            assert camera.small is not None
            await camera.text(MULTIVARIANT_PLAYLIST)
            await camera.text(MEDIA_PLAYLIST)
            assert camera.small.total_connections == 0
            await camera.text(SUB_PLAYLIST)
            await camera.text(f"{SUB_PLAYLIST}")
            assert len(camera.small.connections) == 1
            assert len(camera.main.connections) == 1
            assert camera.ours.viewers.watching == 1

    async def test_a_viewer_of_the_sub_stream_does_not_keep_the_main_one_awake(
        self, ffmpeg: str
    ) -> None:
        async with two_streams(ffmpeg, idle_timeout=1.0) as camera:
            await camera.text(SUB_PLAYLIST)
            async with asyncio.timeout(10):
                while camera.ours.main.is_running:
                    await camera.text(SUB_PLAYLIST)
                    await asyncio.sleep(0.1)
            assert camera.ours.sub is not None
            assert camera.ours.sub.is_running

    async def test_a_viewer_of_both_may_change_back(self, ffmpeg: str) -> None:
        async with two_streams(ffmpeg, idle_timeout=1.5) as camera:
            await camera.text(MEDIA_PLAYLIST)
            for _ in range(30):
                await camera.text(SUB_PLAYLIST)
                await asyncio.sleep(0.1)
            assert camera.ours.main.is_running

    async def test_a_stop_ends_both_and_all_viewers(self, ffmpeg: str) -> None:
        async with two_streams(ffmpeg) as camera:
            assert camera.small is not None
            await camera.text(SUB_PLAYLIST)
            await camera.ours.stop()
            assert not camera.main.connections
            assert not camera.small.connections
            for resource in (MULTIVARIANT_PLAYLIST, MEDIA_PLAYLIST, SUB_PLAYLIST):
                assert (await camera.get(resource)).status == 404


class TestAfterTheSmallOneWasGivenUp:
    """Its credentials were wrong; somebody has mended that in the camera."""

    @staticmethod
    async def give_up(camera: TwoStreams) -> None:
        assert camera.ours.sub is not None
        camera.ours.sub.wake()
        await reach(camera.ours.sub, StreamState.FAILED)

    async def test_it_is_tried_again_when_the_main_one_starts(
        self, ffmpeg: str
    ) -> None:
        async with (
            TestCamera(SMALL, username="me", password="right") as small,
            two_streams(
                ffmpeg, small=None, elsewhere=small.plain_url, idle_timeout=1.0
            ) as camera,
        ):
            await self.give_up(camera)
            assert await camera.addresses() == [MEDIA_PLAYLIST]
            await reach(camera.ours.main, StreamState.IDLE)
            small.authenticator = None
            assert len(await camera.addresses()) == 3
            assert (await camera.get(SUB_PLAYLIST)).status == 200

    async def test_it_is_tried_again_when_the_main_one_recovers(
        self, ffmpeg: str
    ) -> None:
        async with (
            TestCamera(SMALL, username="me", password="right") as small,
            two_streams(ffmpeg, small=None, elsewhere=small.plain_url) as camera,
        ):
            await self.give_up(camera)
            await reach(camera.ours.main, StreamState.STREAMING)
            assert await camera.addresses() == [MEDIA_PLAYLIST]
            for connection in camera.main.connections:
                connection.reset()
            outage = (StreamState.BACKOFF, StreamState.STARTING)
            await reach(camera.ours.main, *outage)
            await reach(camera.ours.main, StreamState.STREAMING)
            assert len(await camera.addresses()) == 3


class TestTimeline:
    async def test_both_have_the_same_times(self, ffmpeg: str) -> None:
        async with two_streams(ffmpeg) as camera:
            await camera.text(MEDIA_PLAYLIST)
            await asyncio.sleep(0.7)
            await camera.text(SUB_PLAYLIST)
            assert camera.ours.sub is not None
            zeros = [
                zero_of(session) for session in (camera.ours.main, camera.ours.sub)
            ]
            assert zeros[0] == pytest.approx(zeros[1], abs=0.01)

    async def test_each_reports_the_position_of_the_other(self, ffmpeg: str) -> None:
        async with two_streams(ffmpeg) as camera:
            first = await camera.text(MEDIA_PLAYLIST)
            assert "RENDITION-REPORT" not in first
            small = await camera.text(SUB_PLAYLIST)
            assert f'#EXT-X-RENDITION-REPORT:URI="{MEDIA_PLAYLIST}",LAST-MSN=' in small
            rfc8216.parse(small)
            main = await camera.text(MEDIA_PLAYLIST)
            assert f'#EXT-X-RENDITION-REPORT:URI="{SUB_PLAYLIST}",LAST-MSN=' in main

    async def test_media_are_found_in_either_window(self, ffmpeg: str) -> None:
        async with two_streams(ffmpeg) as camera:
            for playlist in (MEDIA_PLAYLIST, SUB_PLAYLIST):
                listed = m3u8.loads(await camera.text(playlist))
                assert listed.segments[0].init_section is not None
                for uri in (
                    listed.segments[0].uri,
                    listed.segments[0].init_section.uri,
                ):
                    assert (await camera.get(uri)).status == 200


def zero_of(session: Rendition) -> float:
    """Return the wall clock time at which media time is zero in a window."""
    init = session.window.latest_init
    assert init is not None
    segment = session.window.listed[0]
    frame = next(
        sample
        for sample in read_part(segment.parts[0].data, init)
        if sample.track_id == init.video.track_id
    )
    return segment.start - frame.dts / init.video.timescale
