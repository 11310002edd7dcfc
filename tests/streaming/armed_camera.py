"""A camera with sound, and the stream of it that readers find."""

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from custom_components.hls_camera.streaming.camera.camera import Camera
from tests.camera import Feed, TestCamera
from tests.streams import open_stream

_LOGGER = logging.getLogger(__name__)


@asynccontextmanager
async def camera_with_sound(ffmpeg: str) -> AsyncIterator[tuple[Camera, TestCamera]]:
    """Yield an armed stream and its camera, which sends a keyframe every 0.4 s."""
    async with TestCamera(Feed(audio="aac", keyframe_interval=0.4)) as camera:
        ours = open_stream(ffmpeg, camera.url, logger=_LOGGER)
        ours.arm()
        try:
            yield ours, camera
        finally:
            await ours.close()
