"""Silence, for where a camera's sound is missing."""

from collections.abc import Mapping
from typing import Final

from .fmp4 import Track

# Raw data blocks of AAC LC whose spectrum is empty, by channels: one single channel
# element, or one channel pair element (ISO/IEC 14496-3, table 4.4). They go with any
# sample rate; a decoder of HE-AAC finds nothing that extends them.
_FRAMES: Final[Mapping[int, bytes]] = {
    1: bytes.fromhex("00c800802380"),
    2: bytes.fromhex("210049900219002380"),
}
_CODECS: Final = frozenset({"mp4a.40.2", "mp4a.40.5", "mp4a.40.29"})


def silent_frame(track: Track) -> bytes | None:
    """Return a sample without a sound, or None where the codec has none known."""
    return _FRAMES.get(track.channels) if track.codec in _CODECS else None
