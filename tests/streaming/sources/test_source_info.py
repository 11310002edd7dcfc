"""Descriptions of a source's media, and their stored form."""

import json
from dataclasses import replace

import pytest

from custom_components.hls_camera.streaming.sources.source_info import (
    AudioInfo,
    SourceInfo,
    VideoInfo,
)

VIDEO = VideoInfo(
    codec="h264", width=1280, height=720, frame_rate=25.0, keyframe_interval=2.0
)

VIDEO_KEPT = SourceInfo(video=VIDEO).as_dict()["video"]


@pytest.mark.parametrize(
    "info",
    [
        SourceInfo(video=VIDEO, container="rtsp"),
        SourceInfo(
            video=VIDEO,
            audio=AudioInfo(codec="aac", sample_rate=16000, track=1, is_silent=True),
        ),
        SourceInfo(video=VIDEO, refuses_sound=True),
        SourceInfo(video=VIDEO, needs_gateway=True),
    ],
    ids=["video alone", "video and audio", "refused sound", "gateway"],
)
def test_json_keeps_all_of_it(info: SourceInfo) -> None:
    assert SourceInfo.from_dict(json.loads(json.dumps(info.as_dict()))) == info


def test_descriptions_of_an_earlier_version_have_the_first_sound_track() -> None:
    """It looked at no other, and streamed no camera that refuses sound or needs a gateway."""
    audio = AudioInfo(codec="aac", sample_rate=16000)
    kept = SourceInfo(video=VIDEO, audio=audio).as_dict()
    del kept["audio"]["track"], kept["refuses_sound"], kept["needs_gateway"]
    assert SourceInfo.from_dict(kept) == SourceInfo(video=VIDEO, audio=audio)


def test_a_frame_rate_that_is_not_known_may_be_a_low_one() -> None:
    assert VIDEO.frame_interval == 0.04
    assert replace(VIDEO, frame_rate=None).frame_interval == 10.0


def test_additions_of_a_later_version_are_left_out() -> None:
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
def test_consequences_of_the_container(
    container: str | None, is_untimed: bool, comes_in_segments: bool
) -> None:
    info = SourceInfo(video=VIDEO, container=container)
    assert info.is_untimed is is_untimed
    assert info.comes_in_segments is comes_in_segments


@pytest.mark.parametrize(
    "damage",
    [
        None,
        "text",
        [],
        {},
        {"video": None},
        {"video": {"codec": "h264"}},
        {"video": {"codec": 264, "width": 1280, "height": 720}},
        {"video": {"codec": "h264", "width": "1280", "height": 720}},
        {"video": {"codec": "h264", "width": 1280.5, "height": 720}},
        {"video": {"codec": "h264", "width": True, "height": 720}},
        {"video": {"codec": "h264", "width": -1280, "height": 720}},
        {"video": {**VIDEO_KEPT, "frame_rate": float("nan")}},
        {"video": {**VIDEO_KEPT, "has_b_frames": 1}},
        {"video": VIDEO_KEPT, "audio": ["aac"]},
        {"video": VIDEO_KEPT, "audio": {"codec": "aac"}},
        {"video": VIDEO_KEPT, "container": 7},
        {"video": VIDEO_KEPT, "refuses_sound": "no"},
        {"video": VIDEO_KEPT, "needs_gateway": 1},
    ],
)
def test_a_damaged_description_is_none(damage: object) -> None:
    assert SourceInfo.from_dict(damage) is None


def test_a_number_without_a_fraction_is_one_all_the_same() -> None:
    kept = {"video": {**VIDEO_KEPT, "frame_rate": 25, "keyframe_interval": 2}}
    assert SourceInfo.from_dict(kept) == SourceInfo(video=VIDEO)
