"""FFmpeg's arguments that read one address."""

from typing import Any

import pytest

from custom_components.hls_camera.streaming.sources.read_arguments import read_arguments
from custom_components.hls_camera.streaming.sources.source import Source, Transport
from tests.specs import read_options


def arguments(url: str, **more: Any) -> str:
    return " ".join(read_arguments(Source.parse(url), read_options(**more)))


def test_pictures_that_come_seldom_are_not_analysed() -> None:
    for interval, is_analysed in ((0.04, True), (0.4, True), (4.0, False)):
        made = arguments("rtsp://host/live", frame_interval=interval)
        assert ("-max_ts_probe" not in made) is is_analysed


@pytest.mark.parametrize(
    ("scheme", "protocols"),
    [
        ("rtsp", "rtsp,rtp,udp,tcp"),
        ("rtsps", "rtsps,rtsp,rtp,udp,tcp,tls"),
        ("http", "http,tcp"),
        ("https", "http,tcp"),
    ],
)
def test_a_source_may_use_its_own_protocols_only(scheme: str, protocols: str) -> None:
    made = arguments(f"{scheme}://host/live")
    assert made.startswith(f"-protocol_whitelist {protocols} ")


def test_a_source_may_be_of_a_cameras_formats_only() -> None:
    assert arguments("rtsps://host/live").endswith(" -format_whitelist rtsp")
    assert " -format_whitelist mpjpeg," in arguments("http://host/live")


def test_rtsp_alone_is_asked_for_media_types() -> None:
    made = arguments("rtsp://host/live", with_sound=False)
    assert "-allowed_media_types video " in made
    assert "-allowed_media_types" not in arguments("http://host/live")


@pytest.mark.parametrize(
    ("transport", "expected"),
    [
        (Transport.AUTOMATIC, "tcp+udp -rtsp_flags +prefer_tcp"),
        (Transport.TCP, "tcp"),
        (Transport.UDP, "udp"),
    ],
)
def test_rtsp_has_a_transport_and_a_time_limit(
    transport: Transport, expected: str
) -> None:
    source = Source.parse("rtsp://host/live", transport=transport)
    made = " ".join(read_arguments(source, read_options(read_timeout=1.5)))
    assert f"-rtsp_transport {expected} -timeout 1500000" in made


def test_http_has_a_time_limit() -> None:
    made = arguments("http://host/live")
    assert "-rw_timeout 5000000" in made
    assert "-rtsp_transport" not in made


def test_rtmp_does_not_wait_for_a_caller() -> None:
    made = arguments("rtmp://host/live")
    assert "-timeout" not in made
    assert "-rw_timeout 5000000" in made


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
def test_analysis_of_a_joined_stream_lasts_to_its_next_keyframe(
    url: str, analysis: int
) -> None:
    assert f"-analyzeduration {analysis} " in arguments(url, keyframe_wait=2)


def test_an_experts_options_win() -> None:
    """Of two that say the same, FFmpeg takes the last one."""
    made = arguments("rtsp://host/live", extra_arguments=("-analyzeduration", "7"))
    assert made.index("-analyzeduration 500000") < made.index("-analyzeduration 7")


def test_a_camera_may_need_more_time_at_first() -> None:
    usual = arguments("rtsp://host/live")
    assert "-timeout 5000000" in usual
    assert "-analyzeduration 500000" in usual
    patient = arguments(
        "rtsp://host/live", look_longer=True, keyframe_wait=10.0, read_timeout=15.0
    )
    assert "-timeout 15000000" in patient
    assert "-analyzeduration 10000000" in patient


def test_certificates_of_cameras_are_their_own() -> None:
    assert "-tls_verify 0" in arguments("rtsps://host/live")
    assert "-tls_verify" not in arguments("rtsp://host/live")
