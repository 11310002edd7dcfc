"""Pictures for readers of one endless file: parameter sets stand before each keyframe.

Segments leave them to the init section. A reader that passes pictures on, such as FFmpeg to
RTP, needs them with the pictures, and after a restart of FFmpeg they may be others.
"""

import struct
from typing import Final

from .decoder_config import H264_SETS, H265_SETS, sets_of_entry
from .fmp4 import Track
from .nal_units import is_h265, picture_units

_U32: Final = struct.Struct(">I")
_START_CODE: Final = b"\0\0\0\1"
_H264_DELIMITER: Final = b"\x09\xf0"
"""An access unit delimiter: slices of any type may follow (ISO/IEC 14496-10, 7.3.2.4)."""
_H265_DELIMITER: Final = b"\x46\x01\x50"
"""The same of H.265 (ISO/IEC 23008-2, 7.3.2.5)."""

type Unit = bytes | memoryview


class AccessUnits:
    """The pictures of one track, whose newest parameter sets are remembered."""

    def __init__(self, track: Track) -> None:
        """Begin with the parameter sets of the track's description."""
        self._track = track
        self._needed = H265_SETS if is_h265(track) else H264_SETS
        self._delimiter = _H265_DELIMITER if is_h265(track) else _H264_DELIMITER
        self._sets = dict(sets_of_entry(track.entry))

    def with_lengths(self, data: Unit, *, is_sync: bool) -> bytes:
        """Return a picture of which each NAL unit follows its length (ISO/IEC 14496-15)."""
        pieces: list[Unit] = []
        for unit in self._units(data, is_sync=is_sync):
            pieces += (_U32.pack(len(unit)), unit)
        return b"".join(pieces)

    def with_start_codes(self, data: Unit, *, is_sync: bool) -> bytes:
        """Return a picture as a byte stream, behind a delimiter (ISO/IEC 13818-1, 2.14)."""
        units = (self._delimiter, *self._units(data, is_sync=is_sync))
        return _START_CODE + _START_CODE.join(units)

    def _units(self, data: Unit, *, is_sync: bool) -> list[Unit]:
        units = list(picture_units(self._track, data))
        if not is_sync:
            return [unit for _, unit in units]
        for wanted in self._needed:
            if found := [bytes(unit) for kind, unit in units if kind == wanted]:
                self._sets[wanted] = found
        return [
            *(unit for kind in self._needed for unit in self._sets.get(kind, ())),
            *(unit for kind, unit in units if kind not in self._needed),
        ]
