"""The media segments in memory, bounded in seconds and in bytes."""

from collections import deque
from collections.abc import Sequence
from typing import Final

from ..errors import WindowOverflowError
from ..media.fmp4 import InitSection
from .segments import MediaSegment, PartialSegment

_LISTED_TARGETS: Final = 4
"""Target durations in the playlist, at least; a client may expect three."""
_KEPT_TARGETS: Final = 3
"""Target durations for which media can be fetched after they left the playlist."""
_MIN_SEGMENTS: Final = 4
"""Segments that fit into the budget, because a segment ends at this part of it."""


class SegmentStore:
    """The segments of one stream: those in the playlist, and older ones."""

    def __init__(
        self, *, max_duration: float, max_bytes: int, lookback: float = 0.0
    ) -> None:
        """List at least `max_duration` seconds, hold at most `max_bytes`.

        As far as that allows, hold `lookback` seconds.
        """
        self.max_bytes = max_bytes
        self.lookback = lookback
        self.size = 0
        """Bytes of media."""
        self.listed_from = 0
        """Media sequence number of the first segment in the playlist."""
        self.discontinuity_sequence = 0
        """Discontinuities that have left the playlist (RFC 8216bis, 4.4.3.3)."""
        self._max_duration = max_duration
        self._segments: deque[MediaSegment] = deque()
        self._is_full = False
        """Whether segments were dropped for their size."""

    @property
    def segments(self) -> Sequence[MediaSegment]:
        """All segments, oldest first; `clear()` leaves this sequence as it is."""
        return self._segments

    @property
    def listed(self) -> list[MediaSegment]:
        """The segments in the playlist, oldest first; the last one may still grow."""
        return [each for each in self._segments if each.msn >= self.listed_from]

    @property
    def growing(self) -> MediaSegment | None:
        """The open segment."""
        if not self._segments or self._segments[-1].is_complete:
            return None
        return self._segments[-1]

    @property
    def max_segment_bytes(self) -> int:
        """The size at which a segment should end, so that complete ones remain."""
        return self.max_bytes // _MIN_SEGMENTS

    @property
    def limited_duration(self) -> float | None:
        """Seconds of media if the limit of bytes shortens them; None if it does not."""
        if not self._is_full:
            return None
        return sum(segment.duration for segment in self._segments)

    def get(self, msn: int) -> MediaSegment | None:
        """Return the segment with a media sequence number."""
        if not self._segments:
            return None
        index = msn - self._segments[0].msn
        return self._segments[index] if 0 <= index < len(self._segments) else None

    def init_section(self, init_id: int) -> InitSection | None:
        """Return an init section that a segment needs."""
        for segment in reversed(self._segments):
            if segment.init_id == init_id:
                return segment.init
        return None

    def open(self, segment: MediaSegment) -> None:
        """Append an open segment."""
        if not self._segments:
            # A playlist begins after the discontinuities before its first segment.
            self.listed_from = segment.msn
            self.discontinuity_sequence += segment.discontinuities
            segment.discontinuities = 0
        self._segments.append(segment)

    def add_part(self, part: PartialSegment) -> None:
        """Append a partial segment to the newest segment.

        Raises:
            WindowOverflowError: the segment would outgrow the budget.

        """
        segment = self._segments[-1]
        size = segment.size + len(part.data)
        if size > self.max_bytes:
            msg = f"a segment of {size} bytes"
            raise WindowOverflowError(msg)
        segment.append(part)
        self.size += len(part.data)

    def take_back(self) -> None:
        """Remove the newest segment, which has no parts."""
        self._segments.pop()

    def clear(self, next_msn: int) -> None:
        """Forget all segments; `next_msn` is the next one's media sequence number."""
        self._list_from(next_msn)
        # Replaced rather than emptied: followers still read the old one.
        self._segments = deque()
        self.size = 0
        self._is_full = False

    def trim(self, target_duration: int) -> None:
        """Take old segments off the playlist, and drop older ones from memory."""
        listed = max(self._max_duration, _LISTED_TARGETS * target_duration)
        kept = max(listed + _KEPT_TARGETS * target_duration, self.lookback)
        listed_from = self._first_beyond(listed)
        drop_before = max(self._first_beyond(kept), self._first_within_bytes())
        self._list_from(max(listed_from, drop_before))
        while self._segments[0].msn < drop_before:
            self.size -= self._segments.popleft().size

    def _first_beyond(self, duration: float) -> int:
        """Return the first segment to keep: those after an older one last long enough."""
        age = 0.0
        for segment in reversed(self._segments):
            if age >= duration:
                return segment.msn + 1
            age += segment.duration
        return self._segments[0].msn

    def _first_within_bytes(self) -> int:
        """Return the first segment to keep because of the budget of bytes."""
        excess = self.size - self.max_bytes
        self._is_full |= excess > 0
        first = self._segments[0].msn
        for segment in self._segments:
            if excess <= 0:
                break
            excess -= segment.size
            first = segment.msn + 1
        return first

    def _list_from(self, msn: int) -> None:
        """Take the segments before a media sequence number off the playlist."""
        self.discontinuity_sequence += sum(
            segment.discontinuities
            for segment in self._segments
            if self.listed_from <= segment.msn < msn
        )
        self.listed_from = max(self.listed_from, msn)
