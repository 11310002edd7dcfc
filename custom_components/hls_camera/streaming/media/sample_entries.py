"""Sample entries (ISO/IEC 14496-12, 8.5.2): how an init section describes a track's coding."""

import struct
from typing import Final

from .boxes import find_box, write_box

_HEADER: Final = struct.Struct(">6xH")
_VISUAL: Final = struct.Struct(">16x2H2I4xH32xHh")
_SOUND: Final = struct.Struct(">8x2H4xI")
_FIRST_REFERENCE: Final = 1
_PIXELS_PER_INCH: Final = 72 << 16
_DEPTH: Final = 0x18
"""Bits of a pixel, in colour."""
_SAMPLE_BITS: Final = 16
_MAX_RATE: Final = 0xFFFF
"""Samples per second that the field has room for."""
_AAC: Final = 0x40
"""The object type of a stream of ISO/IEC 14496-3 (14496-1, 7.2.6.6)."""
_SOUND_STREAM: Final = 0x15
_SYNC_LAYER: Final = b"\x06\x01\x02"
_BOX_HEADER_BYTES: Final = 8
VISUAL_ENTRY_BYTES: Final = _BOX_HEADER_BYTES + _HEADER.size + _VISUAL.size
"""Bytes of an entry for a picture before its boxes."""
_SOUND_ENTRY_BYTES: Final = _BOX_HEADER_BYTES + _HEADER.size + _SOUND.size
_CONFIG_OFFSET: Final = 24
"""Bytes of an `esds`, as `aac_entry()` writes it, before the configuration's descriptor."""


def visual_entry(
    name: bytes,
    config: bytes,
    size: tuple[int, int],
    pixel_aspect: tuple[int, int] = (1, 1),
) -> bytes:
    """Return an entry for a picture of so many coded pixels (12.1.3).

    `config` is the box that sets up a decoder.
    """
    return write_box(
        name,
        _HEADER.pack(_FIRST_REFERENCE),
        _VISUAL.pack(*size, _PIXELS_PER_INCH, _PIXELS_PER_INCH, 1, _DEPTH, -1),
        config,
        write_box(b"pasp", struct.pack(">2I", *pixel_aspect)),
    )


def aac_entry(config: bytes, channels: int, sample_rate: int) -> bytes:
    """Return an entry for AAC (ISO/IEC 14496-14, 5.6); `config` is that of its decoder."""
    rate = sample_rate << 16 if sample_rate <= _MAX_RATE else 0
    decoder = _descriptor(
        0x04, bytes([_AAC, _SOUND_STREAM]), bytes(11), _descriptor(0x05, config)
    )
    stream = _descriptor(0x03, bytes(3), decoder, _SYNC_LAYER)
    return write_box(
        b"mp4a",
        _HEADER.pack(_FIRST_REFERENCE),
        _SOUND.pack(channels, _SAMPLE_BITS, rate),
        write_box(b"esds", bytes(4), stream),
    )


def aac_config_of(entry: bytes) -> bytes:
    """Return the decoder's configuration from an entry of `aac_entry()`; empty without it."""
    esds = find_box(entry[_SOUND_ENTRY_BYTES:], b"esds") or b""
    return (
        bytes(esds[_CONFIG_OFFSET + 2 :][: esds[_CONFIG_OFFSET + 1]]) if esds else b""
    )


def _descriptor(tag: int, *content: bytes) -> bytes:
    """Return a descriptor of less than 128 bytes (ISO/IEC 14496-1, 8.3.3)."""
    whole = b"".join(content)
    return bytes([tag, len(whole)]) + whole
