"""Containers of one endless file, for readers of a single address.

Times are in 90 kHz, which both containers share: from the reader's first picture on, over all
runs of FFmpeg.
"""

from collections.abc import Sequence
from enum import StrEnum
from typing import Final, NamedTuple, Protocol

from .fmp4 import InitSection, TrackKind

TIMESCALE: Final = 90_000
"""Units per second, as in MPEG-TS."""


def scaled(time: int, timescale: int) -> int:
    """Return a time of a track in 90 kHz."""
    return (time * TIMESCALE + timescale // 2) // timescale


class Format(StrEnum):
    """The format of an endless file."""

    MPEG_TS = "mpeg_ts"
    MP4 = "mp4"

    @property
    def content_type(self) -> str:
        """The Content-Type of a response."""
        return "video/mp2t" if self is Format.MPEG_TS else "video/mp4"


class Frame(NamedTuple):
    """A picture, or a frame of sound."""

    kind: TrackKind
    dts: int
    """Decode time; it rises from frame to frame of a kind."""
    pts: int
    """Presentation time."""
    duration: int
    """To the next frame, as far as that is known."""
    is_sync: bool
    """Whether decoding can begin here."""
    data: bytes | memoryview
    """NAL units behind their lengths, or a frame of AAC."""


class Container(Protocol):
    """Writes one reader's file."""

    def begin(self, init: InitSection) -> bytes:
        """Begin a run, whose frames `init` describes; return the bytes before them.

        Raises:
            SourceChangedError: the file cannot go on with another description.

        """

    def write(self, frames: Sequence[Frame]) -> bytes:
        """Return some frames, in the order in which they came."""

    def pause(self) -> bytes:
        """Return bytes without media, which keep a connection open between two runs."""
