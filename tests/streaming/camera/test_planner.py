"""The plan of a stream, made of its options and of the camera's media."""

from dataclasses import replace

import pytest

from custom_components.hls_camera.streaming.camera.options import StreamOptions
from custom_components.hls_camera.streaming.camera.planner import Planner
from custom_components.hls_camera.streaming.ingest.recovery import Adaptations
from custom_components.hls_camera.streaming.ingest.run_spec import RunSpec
from custom_components.hls_camera.streaming.media.orientation import Orientation
from custom_components.hls_camera.streaming.sources.address_input import AddressInput
from custom_components.hls_camera.streaming.sources.source_info import (
    SourceInfo,
    VideoInfo,
)
from custom_components.hls_camera.streaming.transcode.encoder_arguments import Encoding
from custom_components.hls_camera.streaming.transcode.options import (
    ConversionOptions,
    VideoMode,
)

H264 = SourceInfo(
    video=VideoInfo(
        codec="h264", width=640, height=360, frame_rate=25.0, keyframe_interval=2.0
    )
)
H265 = replace(H264, video=replace(H264.video, codec="hevc"))
CAMERA = AddressInput.parse("rtsp://camera/live")


def spec_of(plan: Planner, encoding: Encoding | None = None) -> RunSpec:
    return plan.run_spec(CAMERA, Adaptations(), encoding=encoding, frame_rate=25.0)


def test_an_unknown_camera_has_no_plan() -> None:
    plan = Planner(StreamOptions(), None)
    assert plan.plan is None
    assert not plan.is_converting
    assert plan.target_duration == 1
    assert plan.frame_rate(None) is None
    plan.note_rare_keyframes()
    assert plan.plan is None


def test_a_probe_makes_the_plan() -> None:
    plan = Planner(StreamOptions(), None)
    assert plan.describe(H265)
    assert plan.is_converting
    assert not plan.describe(H265)


def test_the_target_duration_has_room_for_the_keyframe_interval() -> None:
    assert Planner(StreamOptions(), H264).target_duration == 3
    # A conversion has its own interval, of one second.
    assert Planner(StreamOptions(), H265).target_duration == 2


def test_rare_keyframes_are_a_reason_to_convert() -> None:
    plan = Planner(StreamOptions(), H264)
    plan.note_rare_keyframes()
    assert plan.is_converting
    assert plan.has_rare_keyframes


@pytest.mark.parametrize(
    ("options", "brings_other_media"),
    [
        (StreamOptions(audio=False), True),
        (StreamOptions(conversion=ConversionOptions(mode=VideoMode.CONVERT)), True),
        # It says nothing while the picture is copied.
        (StreamOptions(conversion=ConversionOptions(max_height=360)), False),
        (StreamOptions(idle_timeout=5.0), False),
    ],
)
def test_options_may_bring_other_media(
    options: StreamOptions, *, brings_other_media: bool
) -> None:
    plan = Planner(StreamOptions(), H264)
    assert plan.change_options(options) is brings_other_media
    assert plan.options == options


def test_a_run_expects_keyframes_where_converting_would_help() -> None:
    free = Planner(StreamOptions(), H264)
    assert spec_of(free).packaging.max_keyframe_interval == 12.5
    copy = ConversionOptions(mode=VideoMode.COPY)
    bound = Planner(StreamOptions(conversion=copy), H264)
    assert spec_of(bound).packaging.max_keyframe_interval is None


def test_an_encoder_turns_the_picture_itself() -> None:
    plan = Planner(StreamOptions(), H264)
    plan.orientation = Orientation.ROTATE_LEFT
    assert spec_of(plan).packaging.orientation is Orientation.ROTATE_LEFT
    turned = spec_of(plan, Encoding((), "", ()))
    assert turned.packaging.orientation is Orientation.NORMAL


def test_a_camera_without_keyframes_gets_more_time() -> None:
    rare = replace(H264, video=replace(H264.video, keyframe_interval=None))
    spec = spec_of(Planner(StreamOptions(), rare))
    assert spec.read_options.keyframe_wait == 20.0
    assert spec.read_options.read_timeout == 25.0


def test_a_conversion_lowers_the_frame_rate() -> None:
    plan = Planner(StreamOptions(), H264)
    assert plan.frame_rate(None) == 25.0
    assert plan.frame_rate(ConversionOptions(max_frame_rate=10.0)) == 10.0
