"""The decoder configuration, from the parameter sets in the first keyframe."""

from functools import cache
from pathlib import Path
from typing import Literal

import pytest
from hypothesis import given, strategies as st

from custom_components.hls_camera.streaming.errors import MediaError
from custom_components.hls_camera.streaming.media.boxes import find_box
from custom_components.hls_camera.streaming.media.decoder_config import configured
from custom_components.hls_camera.streaming.media.fmp4 import InitSection, TrackKind
from custom_components.hls_camera.streaming.media.nal_units import parameter_sets
from tests import tools

from ..media_files import FRAGMENTED, TONE, Media, fragmented, run_ffmpeg
from ..probing import decoded_sizes

type Codec = Literal["h264", "hevc"]

SIZES = ("320x180", "160x90")
ENCODERS: dict[Codec, tuple[str, ...]] = {
    "h264": ("-c:v", "libx264", "-preset", "ultrafast", "-g", "5"),
    "hevc": (
        *("-c:v", "libx265", "-preset", "ultrafast", "-tag:v", "hev1"),
        *("-x265-params", "log-level=none:keyint=5:repeat-headers=1"),
    ),
}
each_codec = pytest.mark.parametrize("codec", ENCODERS)


@cache
def film(ffmpeg: str, codec: Codec, size: str, *more: str) -> Media:
    """Return half a second of a picture, with its parameter sets before each keyframe."""
    picture = ("-f", "lavfi", "-i", f"testsrc2=size={size}:rate=25")
    in_band = () if codec == "hevc" else ("-bsf:v", "dump_extra")
    tail = ("-pix_fmt", "yuv420p", "-c:a", "aac", "-t", "0.5")
    return fragmented(ffmpeg, *picture, *TONE, *ENCODERS[codec], *more, *in_band, *tail)


def first_picture(media: Media) -> bytes:
    return bytes(media.of(TrackKind.VIDEO)[0].data)


def config(init: InitSection, codec: Codec) -> bytes:
    """Return the decoder configuration record."""
    stsd = find_box(init.data, b"moov", b"trak", b"mdia", b"minf", b"stbl", b"stsd")
    assert stsd is not None
    name, size = {"h264": (b"avcC", 4), "hevc": (b"hvcC", 4)}[codec]
    start = bytes(stsd).index(name)
    length = int.from_bytes(stsd[start - size : start])
    return bytes(stsd[start + 4 : start - size + length])


@each_codec
def test_it_is_made_of_the_sets_that_come_with_the_picture(
    any_ffmpeg: str, codec: Codec
) -> None:
    """As FFmpeg would have made it of the same."""
    wrong, right = (film(any_ffmpeg, codec, size) for size in SIZES)
    made = configured(wrong.init, first_picture(right))
    assert config(made, codec)[:22] == config(right.init, codec)[:22]
    sets = parameter_sets(right.init.video, first_picture(right))
    assert len(sets) == {"h264": 2, "hevc": 3}[codec]
    for units in sets.values():
        assert all(unit in config(made, codec) for unit in units)
    assert made.video.codec == right.init.video.codec.replace("hev1", "hvc1")
    assert made.audio == wrong.init.audio


@pytest.mark.parametrize("profile", ["baseline", "main", "high"])
def test_every_profile_has_what_it_should(any_ffmpeg: str, profile: str) -> None:
    more = (
        "-profile:v",
        profile,
        *(("-x264-params", "8x8dct=1") * (profile == "high")),
    )
    wrong = film(any_ffmpeg, "h264", SIZES[0])
    right = film(any_ffmpeg, "h264", SIZES[1], *more)
    made = configured(wrong.init, first_picture(right))
    assert config(made, "h264") == config(right.init, "h264")


@each_codec
def test_sets_that_are_known_change_nothing_but_a_name(
    any_ffmpeg: str, codec: Codec
) -> None:
    media = film(any_ffmpeg, codec, SIZES[0])
    made = configured(media.init, first_picture(media))
    assert made.data == media.init.data.replace(b"hev1", b"hvc1")
    assert configured(made, first_picture(media)) is made
    assert configured(made, b"") is made


@each_codec
def test_a_decoder_needs_nothing_but_the_header(
    ffmpeg: str, codec: Codec, tmp_path: Path
) -> None:
    """Parameter sets in the stream are taken out, as a strict player may do."""
    wrong, right = (film(ffmpeg, codec, size) for size in SIZES)
    made = configured(wrong.init, first_picture(right))
    media = made.data + right.data[len(right.init.data) :]
    strict = run_ffmpeg(
        ffmpeg,
        *("-f", "mp4", "-i", "pipe:0", "-map", "0:v", "-c", "copy"),
        *(
            "-bsf:v",
            f"filter_units=remove_types={'7-8' if codec == 'h264' else '32-34'}",
        ),
        *FRAGMENTED,
        "pipe:1",
        stdin=media,
    )
    path = tmp_path / "strict.mp4"
    path.write_bytes(strict)
    assert set(decoded_sizes(path)) == {(160, 90)}


def test_one_set_alone_is_not_enough(ffmpeg: str) -> None:
    wrong, right = (film(ffmpeg, "h264", size) for size in SIZES)
    picture = first_picture(right)
    size = 4 + int.from_bytes(picture[:4])
    assert configured(wrong.init, picture[:size]) is wrong.init


@given(data=st.binary(max_size=60), codec=st.sampled_from(sorted(ENCODERS)))
def test_any_nonsense_is_refused_or_without_effect(data: bytes, codec: Codec) -> None:
    init = film(str(tools.ffmpeg()), codec, SIZES[0]).init
    kinds = (7, 8) if codec == "h264" else (32 << 1, 33 << 1, 34 << 1)
    units = [bytes([kind]) + data for kind in kinds]
    sample = b"".join(len(unit).to_bytes(4) + unit for unit in units)
    try:
        made = configured(init, sample)
    except MediaError:
        return
    assert made.video.codec.startswith(("avc1.", "hvc1."))
