"""Sample tables of a track whose samples come in fragments (ISO/IEC 14496-12, 8.6 and 8.7)."""

import struct
from typing import Final

from .boxes import write_box

_FULL: Final = bytes(4)
"""Version 0, no flags."""
_SIGNED: Final = b"\x01\0\0\0"
"""Version 1: composition offsets may be negative."""


def _table(box_type: bytes, *values: int, version: bytes = _FULL) -> bytes:
    return write_box(box_type, version, struct.pack(f">{len(values)}i", *values))


NO_SAMPLES: Final = b"".join(
    (_table(b"stts", 0), _table(b"stsc", 0), _table(b"stco", 0), _table(b"stsz", 0, 0))
)
"""All samples come in fragments."""


def one_sample(
    duration: int, composition_offset: int, size: int, data_offset: int
) -> bytes:
    """Return the tables of a sample that comes before the fragments."""
    tables = [
        _table(b"stts", 1, 1, duration),
        _table(b"stsc", 1, 1, 1, 1),
        _table(b"stco", 1, data_offset),
        _table(b"stsz", size, 1),
    ]
    if composition_offset:
        tables.append(_table(b"ctts", 1, 1, composition_offset, version=_SIGNED))
    return b"".join(tables)
