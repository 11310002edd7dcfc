"""The timeline of a camera: what its variants share (RFC 8216bis, 6.2.4).

A player changes from one variant to another by the timestamps in the media and by the
discontinuity sequence numbers, so both must mean the same in all of them. Each FFmpeg
counts time from its own start; here its decode times are placed on one clock, that of
PROGRAM-DATE-TIME. So a timeline also goes on over restarts, and over pauses.
"""

from typing import Final

_SET_BACK: Final = 1.0
"""Seconds. A run that would begin so much before the newest media shows that the wall
clock was set back: the timeline goes on from where it was."""


class Timeline:
    """Where media time is zero, and how many discontinuities there were."""

    def __init__(self) -> None:
        """Begin where the first run begins."""
        self.discontinuity = 0
        """The newest discontinuity's sequence number."""
        self._zero: float | None = None
        """The wall clock time of media time zero."""
        self._newest = 0.0
        """Media time, in seconds, of the newest segment's start."""

    def shift(self, epoch: float, start: float) -> float:
        """Return the seconds that a new run's decode times are to be moved by.

        `epoch` is the wall clock time of the run's decode time zero; `start` is its
        first decode time, in seconds.
        """
        if self._zero is None:
            return 0.0
        shift = epoch - self._zero
        behind = self._newest - (start + shift)
        return shift + behind if behind > _SET_BACK else shift

    def follow(self, epoch: float, start: float, shift: float) -> None:
        """Take a segment's start: a run's epoch drifts with the camera's clock.

        What begins later is placed where the newest segment says that zero is.
        """
        self._zero = epoch - shift
        self._newest = max(self._newest, start + shift)
