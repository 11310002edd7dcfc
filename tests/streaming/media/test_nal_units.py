"""NAL units, and the properties of pictures that they contain."""

from dataclasses import replace
from typing import Final

import pytest

from custom_components.hls_camera.streaming.media.fmp4 import Track
from custom_components.hls_camera.streaming.media.nal_units import (
    begins_picture,
    is_keyframe,
    sequence_parameter_sets,
)

from ..media_files import VIDEO


def _units(*units: bytes) -> bytes:
    return b"".join(len(unit).to_bytes(4) + unit for unit in units)


H265: Final = replace(VIDEO, codec="hvc1.1.6.L63.90")


@pytest.mark.parametrize(
    ("track", "sets", "others", "picture"),
    [
        (VIDEO, b"\x67", (b"\x09\x10", b"\x68"), b"\x65\x88picture"),
        (H265, b"\x42\x01", (b"\x40\x01", b"\x44\x01"), b"\x26\x01\x80picture"),
    ],
    ids=["h264", "h265"],
)
def test_the_parameter_sets_before_a_picture_are_found(
    track: Track, sets: bytes, others: tuple[bytes, bytes], picture: bytes
) -> None:
    one, other = sets + b"one", sets + b"other"
    sample = _units(others[0], one, others[1], other, picture)
    assert sequence_parameter_sets(track, sample) == {one, other}
    assert sequence_parameter_sets(track, _units(picture, one)) == set()


@pytest.mark.parametrize("track", [VIDEO, H265])
@pytest.mark.parametrize("data", [b"", b"\0\0\0\1", bytes(400), b"\xff" * 9])
def test_damaged_samples_have_no_parameter_sets(track: Track, data: bytes) -> None:
    assert sequence_parameter_sets(track, data) == set()


@pytest.mark.parametrize(
    ("track", "first", "later"),
    [
        (VIDEO, b"\x65\x88", b"\x65\x08"),
        (H265, b"\x26\x01\x80", b"\x26\x01\x00"),
    ],
    ids=["h264", "h265"],
)
def test_a_slices_header_shows_whether_it_begins_a_picture(
    track: Track, first: bytes, later: bytes
) -> None:
    assert begins_picture(track, _units(first + b"slice"))
    assert not begins_picture(track, _units(later + b"slice"))
    assert not begins_picture(track, _units(first)[:-1])


H264_PICTURES = [(5, True), (1, False), (2, False)]
H265_PICTURES = [
    *((kind, True) for kind in range(16, 22)),  # BLA, IDR and CRA
    *((kind, False) for kind in (0, 1, 8, 9)),  # trailing and leading pictures
]


@pytest.mark.parametrize(("kind", "is_key"), H264_PICTURES)
def test_a_keyframe_of_h264_is_an_idr_picture(kind: int, *, is_key: bool) -> None:
    """Whatever stands before it: a recovery point (SEI) makes no keyframe."""
    sets, recovery_point = b"\x67\x64", b"\x06\x06\x01\xc4\x80"
    picture = bytes([0x60 | kind]) + b"\x88slice"
    assert is_keyframe(VIDEO, _units(sets, recovery_point, picture)) is is_key


@pytest.mark.parametrize(("kind", "is_key"), H265_PICTURES)
def test_a_keyframe_of_h265_is_a_random_access_picture(
    kind: int, *, is_key: bool
) -> None:
    picture = bytes([kind << 1, 1]) + b"\x80slice"
    assert is_keyframe(H265, _units(b"\x42\x01sets", picture)) is is_key


@pytest.mark.parametrize("track", [VIDEO, H265])
def test_a_sample_without_a_picture_is_no_keyframe(track: Track) -> None:
    assert not is_keyframe(track, b"")
    assert not is_keyframe(track, _units(b"\x67\x64"))
