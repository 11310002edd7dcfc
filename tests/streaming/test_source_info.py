"""What a source sends, and how it is kept."""

import json

import pytest

from custom_components.hls_camera.streaming.source_info import (
    AudioInfo,
    SourceInfo,
    VideoInfo,
)

VIDEO = VideoInfo(
    codec="h264", width=1280, height=720, frame_rate=25.0, keyframe_interval=2.0
)


@pytest.mark.parametrize(
    "info",
    [
        SourceInfo(video=VIDEO),
        SourceInfo(
            video=VIDEO,
            audio=AudioInfo(codec="aac", sample_rate=16000, is_silent=True),
        ),
    ],
    ids=["video alone", "video and audio"],
)
def test_json_keeps_all_of_it(info: SourceInfo) -> None:
    assert SourceInfo.from_dict(json.loads(json.dumps(info.as_dict()))) == info
