"""The specification of a run."""

import pytest

from custom_components.hls_camera.streaming.sources.source_info import (
    AudioInfo,
    SourceInfo,
    VideoInfo,
)
from custom_components.hls_camera.streaming.transcode.plan import make_plan
from tests.specs import run_spec

VIDEO = VideoInfo(codec="h264", width=640, height=360)
AAC = AudioInfo(codec="aac", sample_rate=16000)


@pytest.mark.parametrize("audio", [AAC, None])
def test_a_run_has_the_sound_that_its_input_is_asked_for(
    audio: AudioInfo | None,
) -> None:
    plan = make_plan(SourceInfo(video=VIDEO, audio=audio))
    spec = run_spec("rtsp://camera/live", plan)
    assert spec.has_sound is spec.read_options.with_sound is (audio is not None)
