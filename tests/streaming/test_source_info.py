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
        SourceInfo(video=VIDEO, container="rtsp"),
        SourceInfo(
            video=VIDEO,
            audio=AudioInfo(codec="aac", sample_rate=16000, is_silent=True),
        ),
    ],
    ids=["video alone", "video and audio"],
)
def test_json_keeps_all_of_it(info: SourceInfo) -> None:
    assert SourceInfo.from_dict(json.loads(json.dumps(info.as_dict()))) == info


def test_what_a_later_version_kept_beside_it_is_left_out() -> None:
    kept = SourceInfo(
        video=VIDEO, audio=AudioInfo(codec="aac", sample_rate=8000)
    ).as_dict()
    more = {"hdr": True, "video": {**kept["video"], "hdr": True}}
    assert SourceInfo.from_dict({**kept, **more}) == SourceInfo.from_dict(kept)


@pytest.mark.parametrize(
    ("container", "is_untimed", "comes_in_segments"),
    [
        (None, False, False),
        ("rtsp", False, False),
        ("mpegts", False, False),
        ("mpjpeg", True, False),
        ("hls", False, True),
    ],
)
def test_what_follows_from_the_container(
    container: str | None, is_untimed: bool, comes_in_segments: bool
) -> None:
    info = SourceInfo(video=VIDEO, container=container)
    assert info.is_untimed is is_untimed
    assert info.comes_in_segments is comes_in_segments
