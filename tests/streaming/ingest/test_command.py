"""The FFmpeg command of a run."""

import logging
from dataclasses import replace
from typing import Any

import pytest

from custom_components.hls_camera.streaming.errors import SourceChangedError
from custom_components.hls_camera.streaming.ffmpeg.process import (
    SIDE_OUTPUT,
    ProcessListener,
)
from custom_components.hls_camera.streaming.ingest.command import build_command
from custom_components.hls_camera.streaming.ingest.producer import LocalProducer
from custom_components.hls_camera.streaming.live.packaging import Packaging
from custom_components.hls_camera.streaming.sources.input import OpenInput
from custom_components.hls_camera.streaming.sources.source_info import (
    AudioInfo,
    SourceInfo,
    VideoInfo,
)
from custom_components.hls_camera.streaming.transcode.encoder_arguments import encoding
from custom_components.hls_camera.streaming.transcode.options import (
    ConversionOptions,
    Encoder,
)
from custom_components.hls_camera.streaming.transcode.plan import (
    Action,
    Plan,
    PlanReason,
    TrackPlan,
    make_plan,
)
from tests.specs import open_directly, run_spec

LOGGER = logging.getLogger(__name__)


def plan(video: str = "h264", audio: str | None = None) -> Plan:
    return make_plan(
        SourceInfo(
            video=VideoInfo(codec=video, width=640, height=360),
            audio=AudioInfo(codec=audio, sample_rate=8000) if audio else None,
        )
    )


def command(
    plan: Plan,
    conversion: ConversionOptions | None = None,
    opened: OpenInput | None = None,
    **more: Any,
) -> str:
    converts = plan.video.action is Action.ENCODE
    made = encoding(conversion or ConversionOptions(), Encoder.SOFTWARE)
    encoder = made if converts else None
    spec = run_spec("rtsp://host/live", plan, encoding=encoder, **more)
    return " ".join(build_command("ffmpeg", spec, opened or open_directly(spec)))


BOTH = OpenInput(
    ["-i", "one", "-i", "two"],
    picture="[both]",
    filter_graph="[0:v:0][1:v:0]hstack[both]",
)


class TestCommand:
    def test_h264_and_aac_are_copied(self) -> None:
        made = command(plan(audio="aac"))
        assert "-map 0:v:0 -c:v copy" in made
        assert "-map 0:a:0 -c:a copy" in made
        assert "libx264" not in made

    def test_frames_wait_for_the_next_one_only_where_their_order_is_unknown(
        self,
    ) -> None:
        assert "-bsf:v setts=" in command(plan())
        assert "-bsf" not in command(plan(), has_b_frames=False)

    def test_only_encoders_report_progress(self) -> None:
        assert "-progress" not in command(plan(audio="aac"))
        assert "-progress" in command(plan("hevc"))

    def test_unplayable_pictures_are_encoded(self) -> None:
        made = command(
            plan("hevc", "pcm_mulaw"), ConversionOptions(keyframe_interval=0.5)
        )
        assert "-c:v libx264" in made
        assert "-pix_fmt yuv420p" in made
        assert "prev_forced_t+0.5" in made
        assert "-c:a aac" in made

    def test_sound_that_does_not_come_is_left_out(self) -> None:
        assert "0:a" not in command(plan())

    def test_the_sound_has_an_output_of_its_own(self) -> None:
        """FFmpeg holds each packet of two tracks until the next one."""
        made = command(plan(audio="aac"))
        picture, _, sound = made.partition(" pipe:1 ")
        assert " -map 0:v:0 -c:v copy " in picture
        assert "0:a" not in picture
        assert sound.startswith("-map 0:a:0 -c:a copy ")
        assert sound.endswith(f" -f nut -write_index 0 {SIDE_OUTPUT}")

    def test_sound_that_may_be_missing_is_beside_the_picture(self) -> None:
        """Where changes of the source are not followed; an output needs a track."""
        made = command(plan(audio="aac"), packaging=Packaging(follow_changes=False))
        assert " -map 0:a:0? -c:a copy " in made
        assert " -max_interleave_delta 1 " in made
        assert made.endswith(" pipe:1")

    def test_the_sound_track_of_the_plan_is_taken(self) -> None:
        audio = TrackPlan(Action.COPY, PlanReason.PLAYS_EVERYWHERE, track=2)
        assert "-map 0:a:2 " in command(replace(plan(), audio=audio))

    def test_a_camera_is_asked_for_what_is_needed_only(self) -> None:
        """It may refuse the rest, and FFmpeg gives up then."""
        assert "-allowed_media_types video+audio " in command(plan(audio="aac"))
        assert "-allowed_media_types video " in command(plan())

    def test_the_picture_of_a_filter_graph_is_encoded(self) -> None:
        """By one graph: FFmpeg takes no filters behind it."""
        made = command(plan("rawvideo", "aac"), ConversionOptions(), BOTH)
        assert " -i one -i two -filter_complex [0:v:0][1:v:0]hstack[both];" in made
        assert "hstack[both];[both]scale=" in made
        assert "[encoded] -map [encoded] -fps_mode vfr -c:v libx264 " in made
        assert " -vf " not in made
        assert " -map 0:a:0 " in made
        # The sound of one is not to outlast the picture: they are one output.
        assert " -shortest " in made
        assert made.endswith(" pipe:1")
        assert " -shortest " not in command(plan("hevc", "aac"))

    def test_the_picture_of_a_filter_graph_cannot_be_copied(self) -> None:
        """The plan is an earlier input's: the next probe makes another one."""
        with pytest.raises(SourceChangedError):
            command(plan("h264"), opened=BOTH)

    def test_an_input_may_have_its_picture_elsewhere(self) -> None:
        opened = OpenInput(["-i", "one", "-i", "two"], picture="1:v:0")
        assert " -map 1:v:0 -c:v copy " in command(plan(), opened=opened)

    @pytest.mark.parametrize("video", ["h264", "hevc"])
    @pytest.mark.parametrize("audio", ["aac", "pcm_mulaw", None])
    async def test_ffmpeg_knows_every_option(
        self, any_ffmpeg: str, video: str, audio: str | None
    ) -> None:
        """It gets as far as the camera, where nobody listens."""
        encoded = encoding(ConversionOptions(), Encoder.SOFTWARE)
        spec = run_spec(
            "rtsp://127.0.0.1:9/live",
            plan(video, audio),
            encoding=encoded if video == "hevc" else None,
        )
        process = await LocalProducer(any_ffmpeg, LOGGER).launch(
            spec, ProcessListener(on_output=lambda _data: None)
        )
        assert await process.wait() > 0
        assert "refused" in "".join(process.log)
