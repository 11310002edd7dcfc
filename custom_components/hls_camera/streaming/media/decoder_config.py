"""Decoder configurations, from the parameter sets of a coded picture.

FFmpeg takes parameter sets from the session description where that has some. Some cameras
describe another picture than they send: players that set up their decoder by the init
section (ISO/IEC 14496-15, 5.3.3 and 8.3.3) then fail. So those that come with the picture
are taken, if they do.
"""

import struct
from collections.abc import Mapping, Sequence
from typing import Final

from ..errors import MediaError
from .bit_reader import BitReader
from .boxes import find_box, write_box
from .sample_entries import VISUAL_ENTRY_BYTES

type ParameterSets = Mapping[int, Sequence[bytes]]
"""NAL units by their type, in the order in which they come."""

_U16: Final = struct.Struct(">H")
_MAX_SET: Final = 0xFFFF
"""Bytes."""
_MAX_READ: Final = 256
"""Bytes of a set that are read."""
_MAX_AVC_SEQUENCE_SETS: Final = 31
_MAX_AVC_PICTURE_SETS: Final = 255
_UNUSABLE: Final = "parameter sets that no decoder configuration can have"
_COMPLETE: Final = 0x80
"""All sets of this kind are in the array, as hvc1 demands."""
_WITH_CHROMA: Final = frozenset({100, 110, 122, 144})
"""Profiles of H.264 whose avcC has chroma format and bit depths at its end."""
_SEPARATE_PLANES: Final = 3
"""The chroma format that may have its planes apart."""
_PROFILE_SIZE: Final = 12
"""Bytes of profile, compatibility, constraints and level of H.265 (ISO/IEC 23008-2, 7.3.3)."""
_LENGTHS: Final = 3
"""A length of a NAL unit has four bytes: the field has one less."""

H264_SETS: Final = (7, 8)
"""The parameter sets that a decoder of H.264 needs: SPS and PPS."""
H265_SETS: Final = (32, 33, 34)
"""The same of H.265: VPS, SPS and PPS."""


class AvcConfig:
    """H.264's: an AVCDecoderConfigurationRecord (5.3.3.1)."""

    needed = H264_SETS

    @staticmethod
    def read(record: bytes) -> tuple[ParameterSets, int]:
        """Return the parameter sets of a record, and the number of bytes of a length."""
        at = 5
        sets: dict[int, Sequence[bytes]] = {}
        for kind, mask in zip(H264_SETS, (0x1F, 0xFF), strict=True):
            count = record[at] & mask
            sets[kind], at = _read_counted(record, at + 1, count)
        return sets, (record[4] & 3) + 1

    @staticmethod
    def box(sets: ParameterSets) -> tuple[bytes, str]:
        """Return the box of the configuration, and the codec (RFC 6381, 3.3).

        Raises:
            MediaError: there cannot be one.

        """
        sequence, picture = (sets[kind] for kind in H264_SETS)
        profile = sequence[0][1:4]
        if (
            len(sequence) > _MAX_AVC_SEQUENCE_SETS
            or len(picture) > _MAX_AVC_PICTURE_SETS
        ):
            raise MediaError(_UNUSABLE)
        record = b"".join(
            (
                *(b"\x01", profile, bytes([0xFC | _LENGTHS, 0xE0 | len(sequence)])),
                *map(_counted, sequence),
                bytes([len(picture)]),
                *map(_counted, picture),
                _chroma(sequence[0]),
            )
        )
        return write_box(b"avcC", record), f"avc1.{profile.hex().upper()}"


def _chroma(sequence_set: bytes) -> bytes:
    """Return chroma format and bit depths, where the profile has them."""
    try:
        bits = BitReader(_plain(sequence_set)[1:])
        profile = bits.read(8)
        bits.skip(16)
        if profile not in _WITH_CHROMA:
            return b""
        bits.exp_golomb()  # the set's number
        chroma = bits.exp_golomb()
        if chroma == _SEPARATE_PLANES:
            bits.skip(1)
        luma_depth, chroma_depth = bits.exp_golomb(), bits.exp_golomb()
    except IndexError:
        raise MediaError(_UNUSABLE) from None
    return bytes([0xFC | chroma & 3, 0xF8 | luma_depth & 7, 0xF8 | chroma_depth & 7, 0])


class HevcConfig:
    """H.265's: an HEVCDecoderConfigurationRecord (8.3.3.1)."""

    needed = H265_SETS

    @staticmethod
    def read(record: bytes) -> tuple[ParameterSets, int]:
        """Return the parameter sets of a record, and the number of bytes of a length."""
        sets: dict[int, Sequence[bytes]] = {}
        at = 23
        for _ in range(record[22]):
            kind, count = record[at] & 0x3F, int.from_bytes(record[at + 1 : at + 3])
            units, at = _read_counted(record, at + 3, count)
            if kind in H265_SETS:
                sets[kind] = [*sets.get(kind, ()), *units]
        return sets, (record[21] & 3) + 1

    @staticmethod
    def box(sets: ParameterSets) -> tuple[bytes, str]:
        """Return the box of the configuration, and the codec (14496-15, E.3).

        Raises:
            MediaError: there cannot be one.

        """
        sequence = _plain(sets[33][0])
        try:
            bits = BitReader(sequence[2:])
            bits.skip(4)  # the number of the video parameter set
            layers = bits.read(3)
            is_nested = bits.read(1)
            profile = bits.read(8 * _PROFILE_SIZE).to_bytes(_PROFILE_SIZE)
            _skip_layers(bits, layers)
            bits.exp_golomb()  # the set's number
            chroma = bits.exp_golomb()
            if chroma == _SEPARATE_PLANES:
                bits.skip(1)
            for _ in range(2):  # width and height
                bits.exp_golomb()
            if bits.read(1):
                for _ in range(4):  # the window that is shown
                    bits.exp_golomb()
            luma_depth, chroma_depth = bits.exp_golomb(), bits.exp_golomb()
        except IndexError:
            raise MediaError(_UNUSABLE) from None
        head = b"".join(
            (
                *(b"\x01", profile),
                # Without the division of a picture and its rate.
                *(b"\xf0\x00", b"\xfc", bytes([0xFC | chroma & 3])),
                bytes([0xF8 | luma_depth & 7, 0xF8 | chroma_depth & 7]),
                *(bytes(2), bytes([layers + 1 << 3 | is_nested << 2 | _LENGTHS])),
            )
        )
        arrays = (
            bytes([_COMPLETE | kind])
            + _U16.pack(len(sets[kind]))
            + b"".join(map(_counted, sets[kind]))
            for kind in H265_SETS
        )
        record = head + bytes([len(H265_SETS)]) + b"".join(arrays)
        return write_box(b"hvcC", record), f"hvc1.{_hevc_profile(profile)}"


def sets_of_entry(entry: bytes) -> ParameterSets:
    """Return the parameter sets in the sample entry of a picture."""
    boxes = entry[VISUAL_ENTRY_BYTES:]
    for box_type, config in ((b"avcC", AvcConfig), (b"hvcC", HevcConfig)):
        if (record := find_box(boxes, box_type)) is not None:
            return config.read(bytes(record))[0]
    return {}


def _skip_layers(bits: BitReader, layers: int) -> None:
    """Pass over profiles and levels of sub-layers (ISO/IEC 23008-2, 7.3.3)."""
    present = [(bits.read(1), bits.read(1)) for _ in range(layers)]
    if layers:
        bits.skip(2 * (8 - layers))
    for has_profile, has_level in present:
        bits.skip(88 * has_profile + 8 * has_level)


def _hevc_profile(profile: bytes) -> str:
    """Return profile, compatibility, tier and level, and constraints (14496-15, E.3)."""
    general, compatibility = profile[0], int.from_bytes(profile[1:5])
    space = ("", "A", "B", "C")[general >> 6]
    tier = "H" if general & 0x20 else "L"
    reversed_bits = int(f"{compatibility:032b}"[::-1], 2)
    constraints = profile[5:11].rstrip(b"\0")
    fields = [
        f"{space}{general & 0x1F}",
        f"{reversed_bits:X}",
        f"{tier}{profile[11]}",
        *(f"{byte:X}" for byte in constraints),
    ]
    return ".".join(fields)


def _plain(sequence_set: bytes) -> bytes:
    """Return the beginning of a parameter set without emulation prevention."""
    return sequence_set[:_MAX_READ].replace(b"\0\0\3", b"\0\0")


def _counted(unit: bytes) -> bytes:
    if not 0 < len(unit) <= _MAX_SET:
        raise MediaError(_UNUSABLE)
    return _U16.pack(len(unit)) + unit


def _read_counted(record: bytes, at: int, count: int) -> tuple[list[bytes], int]:
    """Return units behind their sizes, and where they end."""
    units = []
    for _ in range(count):
        size = record[at] << 8 | record[at + 1]
        units.append(record[at + 2 : at + 2 + size])
        at += 2 + size
    return units, at
