"""Joins the media segments of a live stream into longer ones, which begin with keyframes."""

from collections.abc import Callable
from typing import Final, override

from ..streaming.live.output import Output
from ..streaming.live.segments import MediaSegment, PartialSegment
from ..streaming.media.fmp4 import InitSection
from .published_segment import PublishedSegment

_TOLERANCE_S: Final = 0.25
"""Seconds by which a segment may be shorter: cameras do not keep to their interval."""
_LONGEST: Final = 3
"""Times the wanted duration at which a segment ends even without a keyframe."""


class SegmentJoiner(Output):
    """An output that passes on joined segments as soon as they are complete."""

    def __init__(
        self, take: Callable[[PublishedSegment], None], *, duration: float
    ) -> None:
        """Pass segments of at least `duration` seconds to `take`."""
        self._take = take
        self._duration = duration
        self._pending: list[MediaSegment] = []
        self._has_begun = False
        self._is_interrupted = False
        """Whether media are missing before the next segment."""

    @property
    def longest(self) -> float:
        """Seconds that joined segments last at most; one alone may last longer."""
        return _LONGEST * self._duration

    @override
    def begin_run(self, init: InitSection) -> None:
        self._flush()

    @override
    def part(self, segment: MediaSegment, part: PartialSegment) -> None:
        is_first = part.index == 0 and part.independent
        if is_first and self._pending_duration >= self._duration - _TOLERANCE_S:
            self._flush()

    @override
    def segment(self, segment: MediaSegment) -> None:
        if segment.discontinuities:
            self._flush()
            self._is_interrupted = True
        # A player could not begin with anything else.
        if not self._has_begun and not segment.parts[0].independent:
            return
        self._has_begun = True
        if self._pending_duration + segment.duration > self.longest:
            self._flush()
        self._pending.append(segment)

    @override
    def clear(self) -> None:
        self._flush()
        self._has_begun = False
        self._is_interrupted = True

    @property
    def _pending_duration(self) -> float:
        return sum(each.duration for each in self._pending)

    def _flush(self) -> None:
        """Pass on the pending segments."""
        pending, self._pending = self._pending, []
        if not pending:
            return
        first = pending[0]
        joined = PublishedSegment(
            data=b"".join(part.data for each in pending for part in each.parts),
            duration=sum(each.duration for each in pending),
            start=first.start,
            init=first.init,
            is_discontinuous=self._is_interrupted,
        )
        self._is_interrupted = False
        self._take(joined)
