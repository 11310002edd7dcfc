"""Media sequence numbers and discontinuities, which continue over restarts and pauses."""

import math
from typing import Final

from .timeline import Timeline

FIRST_MSN: Final = 1
"""hls.js stalls for a second at the start of a stream that begins at zero."""


class Numbering:
    """The numbers of the segments of one window."""

    def __init__(self, timeline: Timeline) -> None:
        """Begin at the first number; other variants share the timeline."""
        self._timeline = timeline
        self.next_msn = FIRST_MSN
        """The media sequence number of the next segment."""
        self._is_discontinuous = False
        """Whether the next segment begins a run after another one."""
        self._last_discontinuity = 0
        """The timeline's discontinuity number at the newest segment."""
        self._counted_until: float | None = None
        """Wall clock time up to which a pause is counted; None before the first pause."""

    def begin_run(self, *, follows_media: bool) -> None:
        """Expect a discontinuity at the next segment if it follows media in the playlist."""
        self._is_discontinuous = follows_media

    def take_msn(self) -> int:
        """Return the media sequence number of a new segment."""
        self.next_msn += 1
        return self.next_msn - 1

    def take_discontinuities(self) -> int:
        """Return the number of discontinuities at a new segment.

        Those of other variants count as well: a number means the same in all of them.
        """
        if self._is_discontinuous:
            self._is_discontinuous = False
            self._timeline.discontinuity += 1
        discontinuities = self._timeline.discontinuity - self._last_discontinuity
        self._last_discontinuity = self._timeline.discontinuity
        return discontinuities

    def take_back(self, msn: int, discontinuities: int) -> None:
        """Reuse the numbers of a segment that got no media."""
        self.next_msn = msn
        self._last_discontinuity -= discontinuities

    def pause(self, end: float) -> None:
        """Note that the media end at a wall clock time, in seconds since the epoch."""
        self._counted_until = end

    def skip_pause(self, start: float, target_duration: int) -> None:
        """Skip the numbers of the segments that a pause would have had.

        A player from before the pause, hls.js above all, infers the position of a playlist
        from its media sequence number if no segment of it is known to the player.
        """
        if self._counted_until is not None:
            paused = max(0.0, start - self._counted_until)
            self.next_msn += math.ceil(paused / target_duration)
            self._counted_until = max(start, self._counted_until)
