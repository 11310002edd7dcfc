"""The streams of a source of media, and their packets."""

from dataclasses import dataclass
from typing import NamedTuple

from .fmp4 import TrackKind


class Packet(NamedTuple):
    """A coded picture, or a frame of sound; times are in its stream's timescale."""

    stream: int
    """The place of its stream in the header."""
    pts: int
    """Presentation time."""
    dts: int
    """Decode time: it rises from packet to packet."""
    is_keyframe: bool
    """Whether the container marks it as one that decoding can begin with."""
    data: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamHeader:
    """The description of a stream."""

    kind: TrackKind | None
    """None if it is neither picture nor sound."""
    codec: bytes
    """The container's code of the codec: two or four bytes."""
    timescale: int
    """Units per second."""
    extradata: bytes = b""
    """The decoder's configuration, as far as the container has it."""
    width: int = 0
    """Pixels; so is the height."""
    height: int = 0
    pixel_aspect: tuple[int, int] = (1, 1)
    """Width and height of a pixel."""
    sample_rate: int = 0
    """Samples of sound per second."""
    channels: int = 0
