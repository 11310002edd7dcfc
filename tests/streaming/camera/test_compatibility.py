"""The stream that every program can take."""

import logging
from dataclasses import replace
from typing import Any

import pytest

from custom_components.hls_camera.streaming.camera.compatibility import plays_everywhere
from custom_components.hls_camera.streaming.camera.options import StreamOptions
from custom_components.hls_camera.streaming.sources.source_info import (
    SourceInfo,
    VideoInfo,
)
from custom_components.hls_camera.streaming.transcode.options import (
    ConversionOptions,
    VideoMode,
)
from tests.streams import open_stream

LOGGER = logging.getLogger(__name__)
FULL_HD = VideoInfo(codec="h264", width=1920, height=1080)


def camera_of(video: VideoInfo | None, **conversion: Any) -> bool:
    info = SourceInfo(video=video) if video else None
    options = StreamOptions(conversion=ConversionOptions(**conversion))
    ours = open_stream(
        "ffmpeg", "rtsp://127.0.0.1", options, logger=LOGGER, source_info=info
    )
    return plays_everywhere(ours.main)


@pytest.mark.parametrize(
    ("video", "plays"),
    [
        (None, True),
        (FULL_HD, True),
        (replace(FULL_HD, width=1080, height=1920), True),
        (replace(FULL_HD, width=3840, height=2160), False),
        (replace(FULL_HD, codec="hevc"), False),
    ],
)
async def test_a_copied_stream(video: VideoInfo | None, *, plays: bool) -> None:
    """It has to be H.264 of up to 1080 lines; what is not known may be."""
    assert camera_of(video, mode=VideoMode.COPY) is plays


async def test_a_converted_stream_is_h264() -> None:
    large = replace(FULL_HD, codec="hevc", width=3840, height=2160)
    assert camera_of(large, mode=VideoMode.CONVERT, max_height=1080)
    assert camera_of(replace(FULL_HD, codec="hevc"), mode=VideoMode.CONVERT)
