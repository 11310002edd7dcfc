"""Decoder configurations, from parameter sets."""

from functools import cache
from typing import Literal

import pytest
from hypothesis import given, strategies as st

from custom_components.hls_camera.streaming.errors import MediaError
from custom_components.hls_camera.streaming.media.decoder_config import (
    AvcConfig,
    HevcConfig,
    ParameterSets,
)
from custom_components.hls_camera.streaming.media.fmp4 import Track, TrackKind
from custom_components.hls_camera.streaming.media.nal_units import parameter_sets

from ..media_files import handed_over, run_ffmpeg

type Codec = Literal["h264", "hevc"]

CONFIGS: dict[Codec, type[AvcConfig | HevcConfig]] = {
    "h264": AvcConfig,
    "hevc": HevcConfig,
}
NAMES = {"h264": b"avcC", "hevc": b"hvcC"}
PICTURE = ("-f", "lavfi", "-i", "testsrc2=size=320x180:rate=25", "-t", "0.2")
ENCODERS: dict[Codec, tuple[str, ...]] = {
    "h264": ("-c:v", "libx264", "-preset", "ultrafast"),
    "hevc": (
        *("-c:v", "libx265", "-preset", "ultrafast", "-tag:v", "hvc1"),
        *("-x265-params", "log-level=none:repeat-headers=1"),
    ),
}
BYTES_OF_HEVC_PROFILE = 22
each_codec = pytest.mark.parametrize("codec", ENCODERS)


@cache
def sets_of(ffmpeg: str, codec: Codec, *more: str) -> ParameterSets:
    """Return the parameter sets in a picture's stream."""
    in_band = ("-bsf:v", "dump_extra") if codec == "h264" else ()
    picture = handed_over(
        ffmpeg, *PICTURE, *ENCODERS[codec][:4], *more, *ENCODERS[codec][6:], *in_band
    )
    return parameter_sets(picture.init.video, picture.samples[0].data)


@cache
def written_by_ffmpeg(ffmpeg: str, codec: Codec, *more: str) -> bytes:
    """Return the configuration that FFmpeg's own muxer writes for the same picture."""
    data = run_ffmpeg(
        *(ffmpeg, *PICTURE, *ENCODERS[codec], *more),
        *("-f", "mp4", "-movflags", "empty_moov+frag_keyframe", "pipe:1"),
    )
    start = data.index(NAMES[codec])
    return data[start + 4 : start - 4 + int.from_bytes(data[start - 4 : start])]


@pytest.mark.parametrize("profile", ["baseline", "main", "high"])
def test_h264_is_configured_as_ffmpeg_would(any_ffmpeg: str, profile: str) -> None:
    parameters = ("-x264-params", "8x8dct=1") * (profile == "high")
    more = ("-profile:v", profile, "-pix_fmt", "yuv420p", *parameters)
    box, codec = AvcConfig.box(sets_of(any_ffmpeg, "h264", *more))
    record = written_by_ffmpeg(any_ffmpeg, "h264", *more)
    assert box[8:] == record
    assert codec == f"avc1.{record[1:4].hex().upper()}"


@pytest.mark.parametrize("pixels", ["yuv422p", "yuv420p10le"])
def test_the_chroma_of_h264_is_in_its_configuration(
    any_ffmpeg: str, pixels: str
) -> None:
    more = ("-pix_fmt", pixels)
    box, _ = AvcConfig.box(sets_of(any_ffmpeg, "h264", *more))
    assert box[8:] == written_by_ffmpeg(any_ffmpeg, "h264", *more)


@pytest.mark.parametrize("pixels", ["yuv420p", "yuv422p10le", "yuv444p"])
def test_h265_is_configured_as_ffmpeg_would(any_ffmpeg: str, pixels: str) -> None:
    more = ("-pix_fmt", pixels)
    sets = sets_of(any_ffmpeg, "hevc", *more)
    box, _ = HevcConfig.box(sets)
    record = written_by_ffmpeg(any_ffmpeg, "hevc", *more)
    assert box[8 : 8 + BYTES_OF_HEVC_PROFILE] == record[:BYTES_OF_HEVC_PROFILE]
    assert HevcConfig.read(box[8:]) == (sets, 4)


def hevc_sets(profile: str) -> ParameterSets:
    """Return sets of H.265 with these bytes of profile and level."""
    rest = bytes([0b1_010_1_1_0_1, 0b1_0000000])
    return {
        32: [b"\x40\x01"],
        33: [b"\x42\x01\x01" + bytes.fromhex(profile) + rest],
        34: [b"\x44\x01"],
    }


@pytest.mark.parametrize(
    ("profile", "codec"),
    [
        # 14496-15, E.3 has this very example
        ("01 60000000 b00000000000 5d", "hvc1.1.6.L93.B0"),
        ("62 20000000 b00001000000 96", "hvc1.A2.4.H150.B0.0.1"),
    ],
)
def test_the_codec_of_h265(profile: str, codec: str) -> None:
    assert HevcConfig.box(hevc_sets(profile))[1] == codec


@each_codec
def test_configurations_of_ffmpeg_are_read(any_ffmpeg: str, codec: Codec) -> None:
    sets, length_bytes = CONFIGS[codec].read(written_by_ffmpeg(any_ffmpeg, codec))
    assert length_bytes == 4
    assert sets == sets_of(any_ffmpeg, codec)


@each_codec
@given(data=st.binary(max_size=60))
def test_any_nonsense_is_refused_or_configured(codec: Codec, data: bytes) -> None:
    kinds = {"h264": (7, 8), "hevc": (32, 33, 34)}[codec]
    shift = {"h264": 0, "hevc": 1}[codec]
    sets = {kind: [bytes([kind << shift]) + data] for kind in kinds}
    try:
        box, name = CONFIGS[codec].box(sets)
    except MediaError:
        return
    assert CONFIGS[codec].read(box[8:]) == (sets, 4)
    assert name.isascii()
    assert Track(1, TrackKind.VIDEO, 1, name).codec.startswith(("avc1.", "hvc1."))


@each_codec
@given(data=st.binary(max_size=80))
def test_a_record_of_any_bytes_is_read_or_is_cut_short(
    codec: Codec, data: bytes
) -> None:
    try:
        sets, length_bytes = CONFIGS[codec].read(data)
    except IndexError:
        return
    assert sum(len(unit) for units in sets.values() for unit in units) <= len(data)
    assert 1 <= length_bytes <= 4
