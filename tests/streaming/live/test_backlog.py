"""The media that a reader of single frames begins with, from a real FFmpeg."""

import logging

from custom_components.hls_camera.streaming.live.backlog import since_keyframe
from custom_components.hls_camera.streaming.media.fmp4 import TrackKind
from tests.camera import Feed, TestCamera
from tests.streams import open_stream

LOGGER = logging.getLogger(__name__)


async def test_it_begins_with_the_newest_keyframe_and_has_all_that_follows(
    ffmpeg: str,
) -> None:
    async with TestCamera(Feed(audio="aac", keyframe_interval=0.4)) as camera:
        ours = open_stream(ffmpeg, camera.url, logger=LOGGER)
        ours.arm()
        try:
            assert since_keyframe(ours.main.live) == []
            await ours.start()
            await ours.main.window.wait_ready()
            pictures = [
                sample.dts + round(run.timeline_offset * run.track.timescale)
                for run in since_keyframe(ours.main.live)
                if run.track.kind is TrackKind.VIDEO
                for sample in run.samples
            ]
            first = next(
                run
                for run in since_keyframe(ours.main.live)
                if run.track.kind is TrackKind.VIDEO
            )
            assert first.samples[0].is_sync
            assert pictures == sorted(set(pictures))
        finally:
            await ours.stop()
        assert since_keyframe(ours.main.live) == []
