"""The segments that are published."""

from dataclasses import dataclass

from ..streaming.media.fmp4 import InitSection


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedSegment:
    """Joined media segments."""

    data: bytes
    duration: float
    """Seconds."""
    start: float
    """Wall clock time of the first frame, in seconds since the epoch."""
    init: InitSection
    is_discontinuous: bool
    """Whether a discontinuity precedes it (RFC 8216bis, 4.4.4.3)."""
