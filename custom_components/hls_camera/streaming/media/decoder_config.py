"""The decoder configuration of the video, from the parameter sets in its first keyframe.

FFmpeg takes it from the session description where that has one. Some cameras describe
another picture than they send: players that set up their decoder by the init section
(ISO/IEC 14496-15, 5.3.3 and 8.3.3) then fail.
"""

import struct
from collections.abc import Callable, Sequence
from typing import Final

from ..errors import MalformedBoxError
from .boxes import BoxReader, iter_boxes, write_box
from .fmp4 import InitSection
from .nal_units import parameter_sets

_U16: Final = struct.Struct(">H")
_PATH: Final = (b"moov", b"trak", b"mdia", b"minf", b"stbl", b"stsd")
_STSD_HEADER: Final = 8
_VISUAL_ENTRY_HEADER: Final = 78
_NAMES: Final = {b"hev1": b"hvc1"}
"""FFmpeg leaves parameter sets in the stream under the one; Apple's players want the
other."""
_MAX_SET: Final = 0xFFFF
"""Bytes."""
_MAX_AVC_SEQUENCE_SETS: Final = 31
_MAX_AVC_PICTURE_SETS: Final = 255
_AVC_PROFILE_SIZE: Final = 3
"""Bytes of profile, constraints and level in a sequence parameter set of H.264."""
_UNUSABLE: Final = "parameter sets that no decoder configuration can have"
_SPS_PREFIX: Final = 3
"""Bytes of a sequence parameter set of H.265 before its profile: header and layers."""
_PROFILE_SIZE: Final = 12
"""Bytes of profile, compatibility, constraints and level (ISO/IEC 23008-2, 7.3.3)."""
_HVCC_ARRAYS: Final = 22
"""Where the arrays begin in a hvcC."""
_COMPLETE: Final = 0x80
"""All sets of this kind are in the array, as the name hvc1 says."""
_WITH_CHROMA: Final = frozenset({100, 110, 122, 144})
"""Profiles of H.264 whose avcC has chroma format and bit depths at its end."""
_EIGHT_BIT_420: Final = b"\xfd\xf8\xf8\x00"


def configured(init: InitSection, keyframe: memoryview | bytes) -> InitSection:
    """Return the init section with the parameter sets of a keyframe, where it has others.

    Raises:
        MediaError: a box is malformed.

    """
    sets = parameter_sets(init.video, keyframe)
    if all(each in init.data for kind in sets.values() for each in kind):
        sets = {}
    data = b"".join(
        write_box(name, _rewritten(payload, _PATH[1:], sets))
        if name == _PATH[0]
        else write_box(name, payload)
        for name, payload in iter_boxes(init.data)
    )
    if data == init.data:
        return init
    ftyp, moov = BoxReader().feed(data)
    return InitSection.from_boxes(ftyp, moov)


type _Sets = dict[int, Sequence[bytes]]
"""NAL units by their type, in the order in which they come."""


def _rewritten(container: memoryview, path: Sequence[bytes], sets: _Sets) -> bytes:
    """Return what is in a box, with other sample entries where the path ends."""
    if not path:
        head, entries = container[:_STSD_HEADER], container[_STSD_HEADER:]
        return bytes(head) + b"".join(
            write_box(_NAMES.get(name, name), _entry(name, entry, sets))
            for name, entry in iter_boxes(entries)
        )
    return b"".join(
        write_box(name, _rewritten(box, path[1:], sets) if name == path[0] else box)
        for name, box in iter_boxes(container)
    )


def _entry(name: bytes, entry: memoryview, sets: _Sets) -> bytes | memoryview:
    if name not in {b"avc1", b"hvc1", b"hev1"} or not sets:
        return entry
    return bytes(entry[:_VISUAL_ENTRY_HEADER]) + b"".join(
        write_box(box_name, _WRITERS[box_name](bytes(box), sets))
        if box_name in _WRITERS
        else write_box(box_name, box)
        for box_name, box in iter_boxes(entry[_VISUAL_ENTRY_HEADER:])
    )


def _avcc(old: bytes, sets: _Sets) -> bytes:
    """Return an AVCDecoderConfigurationRecord (5.3.3.1)."""
    sequence, picture = sets.get(7), sets.get(8)
    if not sequence or not picture:
        return old
    profile = sequence[0][1:4]
    if (
        len(profile) < _AVC_PROFILE_SIZE
        or len(sequence) > _MAX_AVC_SEQUENCE_SETS
        or len(picture) > _MAX_AVC_PICTURE_SETS
    ):
        raise MalformedBoxError(_UNUSABLE)
    return b"".join(
        (
            *(old[:1], profile, b"\xff", bytes([0xE0 | len(sequence)])),
            *map(_counted, sequence),
            bytes([len(picture)]),
            *map(_counted, picture),
            _EIGHT_BIT_420 if profile[0] in _WITH_CHROMA else b"",
        )
    )


def _hvcc(old: bytes, sets: _Sets) -> bytes:
    """Return an HEVCDecoderConfigurationRecord (8.3.3.1)."""
    if not all(sets.get(kind) for kind in (32, 33, 34)):
        return old
    head = bytearray(old[:_HVCC_ARRAYS])
    plain = sets[33][0].replace(b"\0\0\3", b"\0\0")
    profile = plain[_SPS_PREFIX : _SPS_PREFIX + _PROFILE_SIZE]
    if len(head) < _HVCC_ARRAYS or len(profile) < _PROFILE_SIZE:
        raise MalformedBoxError(_UNUSABLE)
    head[1 : 1 + _PROFILE_SIZE] = profile
    arrays = (
        bytes([_COMPLETE | kind])
        + _U16.pack(len(units))
        + b"".join(map(_counted, units))
        for kind, units in sorted(sets.items())
    )
    return bytes(head) + bytes([len(sets)]) + b"".join(arrays)


def _counted(unit: bytes) -> bytes:
    if len(unit) > _MAX_SET:
        raise MalformedBoxError(_UNUSABLE)
    return _U16.pack(len(unit)) + unit


_WRITERS: Final[dict[bytes, Callable[[bytes, _Sets], bytes]]] = {
    b"avcC": _avcc,
    b"hvcC": _hvcc,
}
