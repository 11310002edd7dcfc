"""Media segments and their partial segments."""

from dataclasses import dataclass, field

from ..media.fmp4 import InitSection, TrackKind
from ..media.track_samples import TrackSamples


@dataclass(frozen=True, slots=True)
class PartialSegment:
    """A partial segment (RFC 8216bis, 4.4.4.9)."""

    index: int
    """Its position in the media segment."""
    duration: float
    """Seconds."""
    independent: bool
    """Whether it begins with a keyframe."""
    data: bytes
    tracks: tuple[TrackSamples, ...] = ()
    """The samples in `data`, by track."""

    @property
    def video(self) -> TrackSamples:
        """The picture's samples."""
        return next(each for each in self.tracks if each.track.kind is TrackKind.VIDEO)


@dataclass(slots=True, kw_only=True)
class MediaSegment:
    """A media segment, complete or still growing."""

    msn: int
    """Media sequence number."""
    start: float
    """Wall clock time of the first frame, in seconds since the epoch."""
    init: InitSection
    init_id: int
    """The number of the init section, which its resource name contains."""
    discontinuities: int = 0
    """Discontinuities since the segment before (RFC 8216bis, 4.4.4.3)."""
    parts: list[PartialSegment] = field(default_factory=list)
    is_complete: bool = False
    duration: float = 0.0
    """Seconds, of the parts so far."""
    size: int = 0
    """Bytes, of the parts so far."""

    @property
    def end(self) -> float:
        """Wall clock time of the end of the last part, in seconds since the epoch."""
        return self.start + self.duration

    def append(self, part: PartialSegment) -> None:
        """Append the next partial segment."""
        assert part.index == len(self.parts)
        self.parts.append(part)
        self.duration += part.duration
        self.size += len(part.data)


@dataclass(frozen=True, slots=True)
class Keyframe:
    """A partial segment that begins with a keyframe, and its position."""

    msn: int
    start: float
    """Wall clock time, in seconds since the epoch."""
    end: float
    """Wall clock time of the end of the newest frame that depends on it."""
    init: InitSection
    part: PartialSegment

    @property
    def position(self) -> tuple[int, int]:
        """Media sequence number and part index."""
        return self.msn, self.part.index
