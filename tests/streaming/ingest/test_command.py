"""The FFmpeg command of a run."""

from dataclasses import replace
from typing import Any

import pytest

from custom_components.hls_camera.streaming.ffmpeg.process import (
    SOURCE,
    FfmpegProcess,
    ProcessListener,
)
from custom_components.hls_camera.streaming.ingest.command import (
    build_command,
    input_arguments,
)
from custom_components.hls_camera.streaming.sources.source import Source, Transport
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
from tests.specs import input_spec, run_spec

SECRET_ADDRESS = "rtsp://me:hunter2@host/live"


def plan(video: str = "h264", audio: str | None = None) -> Plan:
    return make_plan(
        SourceInfo(
            video=VideoInfo(codec=video, width=640, height=360),
            audio=AudioInfo(codec=audio, sample_rate=8000) if audio else None,
        )
    )


def command(
    plan: Plan,
    address: str = "rtsp://host/live",
    ffmpeg: str = "ffmpeg",
    conversion: ConversionOptions | None = None,
    **more: Any,
) -> str:
    converts = plan.video.action is Action.ENCODE
    made = encoding(conversion or ConversionOptions(), Encoder.SOFTWARE)
    spec = run_spec(address, plan, encoding=made if converts else None, **more)
    return " ".join(build_command(ffmpeg, spec))


class TestCommand:
    def test_h264_and_aac_are_copied(self) -> None:
        made = command(plan(audio="aac"))
        assert "-map 0:v:0 -c:v copy" in made
        assert "-map 0:a:0? -c:a copy" in made
        assert "libx264" not in made

    def test_what_browsers_do_not_play_is_encoded(self) -> None:
        made = command(
            plan("hevc", "pcm_mulaw"),
            conversion=ConversionOptions(keyframe_interval=0.5),
        )
        assert "-c:v libx264" in made
        assert "-pix_fmt yuv420p" in made
        assert "prev_forced_t+0.5" in made
        assert "-c:a aac" in made

    def test_sound_that_does_not_come_is_left_out(self) -> None:
        assert "0:a" not in command(plan())

    def test_the_sound_track_of_the_plan_is_taken(self) -> None:
        audio = TrackPlan(Action.COPY, PlanReason.PLAYS_EVERYWHERE, track=2)
        assert "-map 0:a:2? " in command(replace(plan(), audio=audio))

    def test_a_camera_is_asked_for_what_is_needed_only(self) -> None:
        """It may refuse the rest, and FFmpeg gives up then."""
        assert "-allowed_media_types video+audio " in command(plan(audio="aac"))
        assert "-allowed_media_types video " in command(plan())
        assert "-allowed_media_types" not in command(plan(), "http://host/live")

    def test_pictures_that_come_seldom_are_not_analysed(self) -> None:
        for interval, is_analysed in ((0.04, True), (0.4, True), (4.0, False)):
            spec = input_spec("rtsp://host/live", frame_interval=interval)
            made = input_arguments(spec)
            assert ("-max_ts_probe" not in made) is is_analysed

    def test_a_source_may_use_its_own_protocols_only(self) -> None:
        """Before -i: it is for the input, and for what the input leads to."""
        for scheme, protocols in (
            ("rtsp", "rtsp,rtp,udp,tcp"),
            ("rtsps", "rtsps,rtsp,rtp,udp,tcp,tls"),
            ("http", "http,tcp"),
            ("https", "http,tcp"),
        ):
            made = command(plan(), f"{scheme}://host/live")
            before, _, after = made.partition(" -i ")
            assert f"-protocol_whitelist {protocols} " in before
            assert "-protocol_whitelist" not in after

    def test_a_source_may_be_of_a_cameras_formats_only(self) -> None:
        made = command(plan(), "rtsps://host/live")
        assert " -format_whitelist rtsp -i " in made
        made = command(plan(), "http://host/live")
        assert " -format_whitelist mpjpeg," in made.partition(" -i ")[0]

    def test_a_command_holds_no_credentials(self) -> None:
        made = command(plan(), SECRET_ADDRESS)
        assert "hunter2" not in made
        assert f" -i {SOURCE} " in made

    @pytest.mark.parametrize(
        ("transport", "arguments"),
        [
            (Transport.AUTOMATIC, "tcp+udp -rtsp_flags +prefer_tcp"),
            (Transport.TCP, "tcp"),
            (Transport.UDP, "udp"),
        ],
    )
    def test_rtsp_has_a_transport_and_a_time_limit(
        self, transport: Transport, arguments: str
    ) -> None:
        source = Source.parse("rtsp://host/live", transport=transport)
        made = " ".join(input_arguments(input_spec(source, read_timeout=1.5)))
        assert f"-rtsp_transport {arguments} -timeout 1500000" in made

    def test_http_has_a_time_limit(self) -> None:
        made = " ".join(input_arguments(input_spec("http://host/live")))
        assert "-rw_timeout 5000000" in made
        assert "-rtsp_transport" not in made

    def test_rtmp_does_not_wait_for_a_caller(self) -> None:
        made = input_arguments(input_spec("rtmp://host/live"))
        assert "-timeout" not in made
        assert "-rw_timeout 5000000" in " ".join(made)

    @pytest.mark.parametrize(
        ("url", "analysis"),
        [
            ("rtsp://host/live", 500_000),
            ("rtmp://host/live", 500_000),
            ("http://host/live.ts", 2_500_000),
            ("srt://host:9000", 2_500_000),
            ("udp://host:9000", 2_500_000),
        ],
    )
    def test_what_is_joined_tells_what_it_is_at_its_next_keyframe(
        self, url: str, analysis: int
    ) -> None:
        made = command(plan(), url, keyframe_wait=2)
        assert f"-analyzeduration {analysis} " in made

    def test_an_experts_options_win(self) -> None:
        """Of two that say the same, FFmpeg takes the last one."""
        made = command(plan(), extra_arguments=("-analyzeduration", "7"))
        ours, theirs = "-analyzeduration 500000", "-analyzeduration 7"
        assert made.index(ours) < made.index(theirs) < made.index(" -i ")

    def test_a_camera_may_need_more_time_at_first(self) -> None:
        usual = command(plan())
        assert "-timeout 5000000" in usual
        assert "-analyzeduration 500000" in usual
        patient = command(
            plan(), look_longer=True, keyframe_wait=10.0, read_timeout=15.0
        )
        assert "-timeout 15000000" in patient
        assert "-analyzeduration 10000000" in patient

    def test_certificates_of_cameras_are_their_own(self) -> None:
        assert "-tls_verify 0" in command(plan(), "rtsps://host/live")
        assert "-tls_verify" not in command(plan())

    @pytest.mark.parametrize("video", ["h264", "hevc"])
    @pytest.mark.parametrize("audio", ["aac", "pcm_mulaw", None])
    async def test_ffmpeg_knows_every_option(
        self, any_ffmpeg: str, video: str, audio: str | None
    ) -> None:
        """It gets as far as the camera, where nobody listens."""
        made = command(plan(video, audio), "rtsp://127.0.0.1:9/live", any_ffmpeg)
        source = Source.parse("rtsp://127.0.0.1:9/live")
        process = await FfmpegProcess.spawn(
            made.split(" "),
            ProcessListener(on_output=lambda _data: None),
            source=source,
        )
        assert await process.wait() > 0
        assert "refused" in "".join(process.log)
