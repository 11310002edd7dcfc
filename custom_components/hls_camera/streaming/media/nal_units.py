"""NAL units (H.264 and H.265): the properties of a coded picture, without decoding it.

They lie in a sample one after the other, each behind its length in four bytes (ISO/IEC
14496-15, 5.3.3). Cameras send them behind start codes.
"""

import struct
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from ..errors import MediaError
from .fmp4 import Track

_U32: Final = struct.Struct(">I")
_START_CODE: Final = b"\0\0\1"
_MAX_UNITS: Final = 40_000
"""Of one picture: there are no more macroblocks in any."""
_LENGTH_BYTES: Final = 4


class _NalUnits(NamedTuple):
    """The header of a codec's NAL units."""

    header: int
    """Bytes."""
    shift: int
    mask: int
    """Of the type, in the first byte."""
    slices: range
    """The types that are part of a picture."""
    keyframes: range
    """Those of a picture that decoding can begin with: IDR; of H.265, IRAP."""
    sequence_parameter_set: int
    parameter_sets: range
    """The types of all that set up a decoder: VPS (H.265), SPS and PPS."""
    delimiter: int
    """The type of an access unit delimiter."""

    def type_of(self, unit: memoryview | bytes) -> int:
        """Return a unit's type."""
        return unit[0] >> self.shift & self.mask


# ISO/IEC 14496-10, 7.3.1 and table 7-1; ISO/IEC 23008-2, 7.3.1.2 and table 7-1.
_H264: Final = _NalUnits(1, 0, 0x1F, range(1, 6), range(5, 6), 7, range(7, 9), 9)
_H265: Final = _NalUnits(2, 1, 0x3F, range(32), range(16, 24), 33, range(32, 35), 35)


def is_h265(track: Track) -> bool:
    """Whether a track of video is coded in H.265, otherwise in H.264."""
    return track.codec.startswith("hvc1")


def _nal_units(track: Track) -> _NalUnits:
    return _H265 if is_h265(track) else _H264


def begins_picture(track: Track, data: memoryview | bytes) -> bool:
    """Whether a sample of video begins a picture, rather than going on with one.

    The first slice of a picture of H.264 begins with macroblock 0, which is coded as a
    single bit that is set (ISO/IEC 14496-10, 7.3.3); H.265 has a flag there
    (ISO/IEC 23008-2, 7.3.6.1).
    """
    codec = _nal_units(track)
    for size, unit in _units(data):
        if codec.type_of(unit) in codec.slices:
            return len(unit) == size > codec.header and bool(unit[codec.header] & 0x80)
    return False


def is_keyframe(track: Track, data: memoryview | bytes) -> bool:
    """Whether decoding can begin with a sample of video, as its first slice shows.

    Containers also mark recovery points of H.264, after which the picture becomes right
    some time later: browsers do not begin with these.
    """
    codec = _nal_units(track)
    for _, unit in _units(data):
        if (kind := codec.type_of(unit)) in codec.slices:
            return kind in codec.keyframes
    return False


def sequence_parameter_sets(track: Track, data: memoryview | bytes) -> frozenset[bytes]:
    """Return the sequence parameter sets in a sample of video, before its picture.

    They contain size, profile and all else that a decoder needs (ISO/IEC
    14496-10, 7.3.2.1; ISO/IEC 23008-2, 7.3.2.2); many cameras repeat them before every
    keyframe.
    """
    kind = _nal_units(track).sequence_parameter_set
    return frozenset(parameter_sets(track, data).get(kind, ()))


def parameter_sets(
    track: Track, data: memoryview | bytes
) -> dict[int, Sequence[bytes]]:
    """Return all parameter sets in a sample of video, before its picture, by their type."""
    codec = _nal_units(track)
    found: dict[int, list[bytes]] = {}
    for size, unit in _units(data):
        kind = codec.type_of(unit)
        if kind in codec.slices:
            break
        if kind in codec.parameter_sets and len(unit) == size:
            units = found.setdefault(kind, [])
            if unit not in units:
                units.append(bytes(unit))
    return dict(found)


def picture_units(
    track: Track, data: memoryview | bytes
) -> Iterator[tuple[int, memoryview | bytes]]:
    """Yield type and bytes of each NAL unit in a sample of video, without delimiters."""
    codec = _nal_units(track)
    for _, unit in _units(data):
        if unit and (kind := codec.type_of(unit)) != codec.delimiter:
            yield kind, unit


def has_start_codes(data: bytes) -> bool:
    """Whether NAL units lie behind start codes (ISO/IEC 14496-10, annex B)."""
    return data.startswith((_START_CODE, b"\0" + _START_CODE))


def replace_start_codes(data: bytes) -> bytes:
    """Return NAL units behind their lengths, which came behind start codes.

    Raises:
        MediaError: there are more than any picture has.

    """
    view = memoryview(data)
    pieces: list[bytes | memoryview] = []
    start = data.find(_START_CODE)
    while start >= 0:
        begin = start + len(_START_CODE)
        start = data.find(_START_CODE, begin)
        end = start if start >= 0 else len(data)
        # The next start code may have four bytes.
        if start > begin and not data[start - 1]:
            end -= 1
        _append(pieces, view[begin:end])
    return b"".join(pieces)


def widen_lengths(data: bytes, size: int) -> bytes:
    """Return NAL units behind lengths of four bytes, which came behind `size` bytes.

    Raises:
        MediaError: there are more than any picture has.

    """
    if size == _LENGTH_BYTES:
        return data
    view = memoryview(data)
    pieces: list[bytes | memoryview] = []
    at = 0
    while at + size <= len(data):
        begin = at + size
        at = begin + int.from_bytes(view[at:begin])
        _append(pieces, view[begin:at])
    return b"".join(pieces)


def _append(pieces: list[bytes | memoryview], unit: memoryview) -> None:
    if not unit:
        return
    pieces += (_U32.pack(len(unit)), unit)
    if len(pieces) > 2 * _MAX_UNITS:
        msg = f"a picture of more than {_MAX_UNITS} NAL units"
        raise MediaError(msg)


def _units(data: memoryview | bytes) -> Iterator[tuple[int, memoryview | bytes]]:
    """Yield announced size and bytes of each NAL unit; the last may be cut short."""
    offset = 0
    while offset + 5 <= len(data):
        size = _U32.unpack_from(data, offset)[0]
        if not size:
            break
        yield size, data[offset + 4 : offset + 4 + size]
        offset += 4 + size
