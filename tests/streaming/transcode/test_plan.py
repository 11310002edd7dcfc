"""Copy or encode, per track, and why."""

from dataclasses import replace

import pytest

from custom_components.hls_camera.streaming.sources.source_info import (
    AudioInfo,
    SourceInfo,
    VideoInfo,
)
from custom_components.hls_camera.streaming.transcode.options import (
    ConversionOptions,
    VideoMode,
)
from custom_components.hls_camera.streaming.transcode.plan import (
    Action,
    PlanReason,
    TrackPlan,
    clamp_to_playable,
    make_plan,
)

COPY = TrackPlan(Action.COPY, PlanReason.PLAYS_EVERYWHERE)
ENCODE = TrackPlan(Action.ENCODE, PlanReason.CODEC_NOT_PLAYABLE)


def video(codec: str, pixel_format: str | None = "yuv420p") -> VideoInfo:
    return VideoInfo(codec=codec, width=640, height=360, pixel_format=pixel_format)


@pytest.mark.parametrize(
    ("info", "plan"),
    [
        (video("h264"), COPY),
        (video("h264", "yuvj420p"), COPY),
        (video("h264", None), COPY),
        (video("h264", "yuv422p"), TrackPlan(Action.ENCODE, PlanReason.PIXEL_FORMAT_NOT_PLAYABLE)),
        (video("h264", "yuv420p10le"), TrackPlan(Action.ENCODE, PlanReason.PIXEL_FORMAT_NOT_PLAYABLE)),
        (video("hevc"), ENCODE),
        (video("mjpeg", "yuvj422p"), ENCODE),
        (video("mpeg4"), ENCODE),
    ],
)  # fmt: skip
def test_only_what_every_browser_plays_is_copied(
    info: VideoInfo, plan: TrackPlan
) -> None:
    assert make_plan(SourceInfo(video=info)).video == plan


H264 = VideoInfo(
    codec="h264",
    width=1920,
    height=1080,
    profile="High",
    pixel_format="yuv420p",
    frame_rate=25.0,
)


@pytest.mark.parametrize(
    "info",
    [
        H264,
        replace(H264, profile="Constrained Baseline"),
        replace(H264, profile="Main", has_b_frames=True),
        replace(H264, width=4096, height=2304, frame_rate=30.0),
        replace(H264, width=5120, height=1440),
        replace(H264, frame_rate=1.0),
        replace(H264, frame_rate=60.0),
        replace(H264, frame_rate=None),
    ],
)
def test_usual_pictures_are_copied(info: VideoInfo) -> None:
    assert make_plan(SourceInfo(video=info)).video == COPY


@pytest.mark.parametrize(
    ("info", "reason"),
    [
        (replace(H264, profile="Extended"), PlanReason.PROFILE_NOT_PLAYABLE),
        (replace(H264, profile="High 10"), PlanReason.PROFILE_NOT_PLAYABLE),
        (replace(H264, is_interlaced=True), PlanReason.INTERLACED),
        (replace(H264, has_broken_order=True), PlanReason.BROKEN_ORDER),
        (replace(H264, frame_rate=90000.0), PlanReason.FRAME_RATE_NOT_PLAYABLE),
        (replace(H264, width=5120, height=2880), PlanReason.LEVEL_NOT_PLAYABLE),
        (replace(H264, width=3840, height=2160, frame_rate=100.0), PlanReason.LEVEL_NOT_PLAYABLE),
        (replace(H264, width=0, height=0), PlanReason.LEVEL_NOT_PLAYABLE),
    ],
)  # fmt: skip
def test_media_that_some_browser_cannot_play_are_converted(
    info: VideoInfo, reason: PlanReason
) -> None:
    plan = make_plan(SourceInfo(video=info)).video
    assert plan == TrackPlan(Action.ENCODE, reason)


AAC = AudioInfo(codec="aac", sample_rate=16000, profile="LC")


@pytest.mark.parametrize(
    ("info", "plan"),
    [
        (AAC, COPY),
        (replace(AAC, profile="HE-AAC", channels="stereo"), COPY),
        (replace(AAC, profile="Main"), TrackPlan(Action.ENCODE, PlanReason.PROFILE_NOT_PLAYABLE)),
        (replace(AAC, profile="LTP"), TrackPlan(Action.ENCODE, PlanReason.PROFILE_NOT_PLAYABLE)),
        (replace(AAC, channels="5.1"), TrackPlan(Action.ENCODE, PlanReason.CHANNELS_NOT_PLAYABLE)),
        (replace(AAC, is_unusable=True), TrackPlan(Action.DROP, PlanReason.UNUSABLE_TRACK)),
        (AudioInfo(codec="aac", sample_rate=16000), COPY),
        (AudioInfo(codec="aac_latm", sample_rate=16000), ENCODE),
        (AudioInfo(codec="pcm_mulaw", sample_rate=8000), ENCODE),
        (AudioInfo(codec="opus", sample_rate=48000), ENCODE),
        (None, TrackPlan(Action.DROP, PlanReason.NO_TRACK)),
        (
            AudioInfo(codec="aac", sample_rate=16000, is_silent=True),
            TrackPlan(Action.DROP, PlanReason.SILENT_TRACK),
        ),
    ],
)  # fmt: skip
def test_audio_is_copied_encoded_or_left_out(
    info: AudioInfo | None, plan: TrackPlan
) -> None:
    assert make_plan(SourceInfo(video=video("h264"), audio=info)).audio == plan


def test_the_cause_of_a_conversion_is_removed() -> None:
    huge = make_plan(
        SourceInfo(video=replace(video("h264"), width=8192, height=8192))
    ).video
    assert huge.reason is PlanReason.LEVEL_NOT_PLAYABLE
    assert clamp_to_playable(ConversionOptions(), huge).max_height == 1080
    assert clamp_to_playable(ConversionOptions(max_height=240), huge).max_height == 240

    mad = make_plan(SourceInfo(video=replace(video("h264"), frame_rate=1000.0))).video
    assert mad.reason is PlanReason.FRAME_RATE_NOT_PLAYABLE
    assert clamp_to_playable(ConversionOptions(), mad).max_frame_rate == 30.0
    assert (
        clamp_to_playable(ConversionOptions(max_frame_rate=5.0), mad).max_frame_rate
        == 5.0
    )

    plain = make_plan(SourceInfo(video=video("hevc"))).video
    assert clamp_to_playable(ConversionOptions(), plain) == ConversionOptions()


@pytest.mark.parametrize(
    ("codec", "mode", "action"),
    [
        ("h264", VideoMode.COPY, Action.COPY),
        ("h264", VideoMode.CONVERT, Action.ENCODE),
        ("hevc", VideoMode.COPY, Action.COPY),
        ("hevc", VideoMode.AUTOMATIC, Action.ENCODE),
        ("mjpeg", VideoMode.COPY, Action.ENCODE),
    ],
)
def test_a_person_may_decide(codec: str, mode: VideoMode, action: Action) -> None:
    plan = make_plan(SourceInfo(video=video(codec)), mode).video
    assert plan.action is action
    assert plan.tag == ("hvc1" if (codec, action) == ("hevc", Action.COPY) else "")


def test_sound_may_be_unwanted() -> None:
    info = AudioInfo(codec="aac", sample_rate=48000)
    plan = make_plan(SourceInfo(video=video("h264"), audio=info), audio=False).audio
    assert plan == TrackPlan(Action.DROP, PlanReason.NOT_WANTED)


def test_sound_that_the_camera_refuses_is_left_out() -> None:
    info = SourceInfo(video=H264, refuses_sound=True)
    assert make_plan(info).audio == TrackPlan(Action.DROP, PlanReason.REFUSED_TRACK)


@pytest.mark.parametrize("codec", ["aac", "pcm_alaw"])
def test_the_sound_track_that_was_seen_is_the_one_that_is_taken(codec: str) -> None:
    audio = AudioInfo(codec=codec, sample_rate=8000, track=2)
    assert make_plan(SourceInfo(video=H264, audio=audio)).audio.track == 2
