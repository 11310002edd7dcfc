"""Conversions as go2rtc's sources."""

from dataclasses import replace
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest
from hypothesis import given, strategies as st

from custom_components.hls_camera.converters.request import (
    go2rtc_source,
    is_within_reach,
    keyframe_interval,
    source_of,
)
from custom_components.hls_camera.streaming.errors import InvalidSourceError
from custom_components.hls_camera.streaming.sources.source import Source, Transport
from custom_components.hls_camera.streaming.sources.source_info import AudioInfo
from custom_components.hls_camera.streaming.transcode.options import ConversionOptions

from .requests import INFO, request

ADDRESS = "rtsp://viewer:se%23c%3Fret@192.0.2.1/live?channel=1"
PREFIX = "ffmpeg:rtsp://viewer:se%23c%3Fret@192.0.2.1/live?channel=1#video=h264"


def text(wanted: Any, *, use_hardware: bool = False) -> str:
    source = source_of(wanted)
    assert source is not None
    return go2rtc_source(source, wanted, use_hardware=use_hardware)


def test_picture_and_sound_are_converted() -> None:
    assert text(request(ADDRESS)) == f"{PREFIX}#audio=aac/16000"


def test_aac_is_copied() -> None:
    info = replace(INFO, audio=AudioInfo(codec="aac", sample_rate=16000))
    assert text(request(ADDRESS, info)) == f"{PREFIX}#audio=copy"


def test_unwanted_sound_is_not_asked_for() -> None:
    assert text(request(ADDRESS, audio=False)) == PREFIX


def test_hardware_is_asked_for() -> None:
    wanted = request(ADDRESS, audio=False)
    assert text(wanted, use_hardware=True) == f"{PREFIX}#hardware"


def test_a_bit_rate_is_asked_for() -> None:
    wanted = request(ADDRESS, options=ConversionOptions(bitrate=500_000), audio=False)
    assert text(wanted) == f"{PREFIX}#bitrate=500000"


def test_udp_is_used_where_the_owner_wants_it() -> None:
    wanted = request(ADDRESS, audio=False)
    source = replace(Source.parse(ADDRESS), transport=Transport.UDP)
    assert go2rtc_source(source, wanted, use_hardware=False) == (
        f"{PREFIX}#input=rtsp/udp"
    )


@given(
    width=st.integers(16, 8192),
    height=st.integers(16, 8192),
    most=st.sampled_from([1080, 720, 480, 361, 240]),
)
def test_a_smaller_picture_has_an_even_size_and_its_shape(
    width: int, height: int, most: int
) -> None:
    info = replace(INFO, video=replace(INFO.video, width=width, height=height))
    wanted = request(ADDRESS, info, ConversionOptions(max_height=most), audio=False)
    size = text(wanted).removeprefix(PREFIX)
    if height <= most:
        assert size == ""
        return
    _, scaled_width, scaled_height = size.split("#")
    new_width = int(scaled_width.removeprefix("width="))
    new_height = int(scaled_height.removeprefix("height="))
    assert new_width % 2 == new_height % 2 == 0
    assert most - 2 < new_height <= most
    assert abs(new_width - width * new_height / height) <= 2


@given(
    username=st.text(min_size=1).filter(lambda text: ":" not in text),
    password=st.text(min_size=1),
)
def test_credentials_of_any_characters_arrive(username: str, password: str) -> None:
    try:
        source = Source.parse("rtsp://192.0.2.1/live", username, password)
    except InvalidSourceError:
        return
    wanted = request("rtsp://192.0.2.1/live", audio=False)
    sent = go2rtc_source(source, wanted, use_hardware=False)
    # What go2rtc splits at, or replaces.
    assert not set(sent) & set(" \t\n\r\"'{}\\")
    address, *options = sent.removeprefix("ffmpeg:").split("#")
    parts = urlsplit(address)
    assert options == ["video=h264"]
    assert (unquote(parts.username or ""), unquote(parts.password or "")) == (
        username,
        password,
    )


def test_a_source_has_no_blank_which_go2rtc_refuses() -> None:
    wanted = request("rtsp://a%20b:c%20d@192.0.2.1/x")
    assert " " not in text(wanted)


@pytest.mark.parametrize(
    "wanted",
    [
        request("http://192.0.2.1/video"),
        request("rtmp://192.0.2.1/live"),
        request("rtsp://192.0.2.1/{output}"),
        request('rtsp://192.0.2.1/"live"'),
        request("rtsp://192.0.2.1/eingang-süd"),
        request(ADDRESS, replace(INFO, needs_gateway=True)),
        request(ADDRESS, replace(INFO, video=replace(INFO.video, is_interlaced=True))),
        request(ADDRESS, replace(INFO, video=replace(INFO.video, frame_rate=10.0))),
        request(ADDRESS, options=ConversionOptions(max_frame_rate=10)),
        request(ADDRESS, needs_this_machine=True),
        request(
            ADDRESS,
            replace(INFO, audio=AudioInfo(codec="aac", sample_rate=8000, track=1)),
        ),
    ],
    ids=[
        *("http", "rtmp", "words in braces", "quotes", "letters of no URL"),
        *("unusual login", "interlaced", "rare keyframes"),
        *("frame rate limit", "own FFmpeg options", "second sound track"),
    ],
)
def test_only_we_can_convert(wanted: Any) -> None:
    assert source_of(wanted) is None


def test_keyframes_follow_from_the_frame_rate() -> None:
    info = replace(INFO, video=replace(INFO.video, frame_rate=20.0))
    assert keyframe_interval(request(ADDRESS, info)) == 2.5
    info = replace(INFO, video=replace(INFO.video, frame_rate=None))
    assert keyframe_interval(request(ADDRESS, info)) == 2.0


@pytest.mark.parametrize(
    ("camera", "host", "expected"),
    [
        ("192.0.2.1", "192.0.2.2", True),
        ("127.0.0.1", "192.0.2.2", False),
        ("localhost", "192.0.2.2", False),
        ("[::1]", "192.0.2.2", False),
        ("LocalHost.", "192.0.2.2", False),
        ("127.1", "192.0.2.2", False),
        ("2130706433", "192.0.2.2", False),
        ("0.0.0.0", "192.0.2.2", False),  # noqa: S104
        ("[::]", "192.0.2.2", False),
        ("[::ffff:127.0.0.1]", "192.0.2.2", False),
        ("[fe80::1%eth0]", "192.0.2.2", False),
        ("127.0.0.1", "localhost", True),
        ("127.0.0.1", "::1", True),
        ("camera.local", "192.0.2.2", True),
        ("10.127.0.1", "192.0.2.2", True),
    ],
)
def test_a_host_does_not_reach_an_address_that_is_local_here(
    camera: str, host: str, expected: bool
) -> None:
    source = Source.parse(f"rtsp://{camera}/x")
    assert is_within_reach(source, host) is expected
