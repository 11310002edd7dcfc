"""Copy or encode, per track, and why."""

import pytest

from custom_components.hls_camera.streaming.plan import (
    Action,
    PlanReason,
    TrackPlan,
    make_plan,
)
from custom_components.hls_camera.streaming.source_info import (
    AudioInfo,
    SourceInfo,
    VideoInfo,
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


@pytest.mark.parametrize(
    ("info", "plan"),
    [
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
)
def test_audio_is_copied_encoded_or_left_out(
    info: AudioInfo | None, plan: TrackPlan
) -> None:
    assert make_plan(SourceInfo(video=video("h264"), audio=info)).audio == plan
