"""The usual duration of a track's frames."""

from collections import deque
from statistics import median_low
from typing import Final

_REMEMBERED: Final = 9
"""Frames; a camera's first ones are often unevenly spaced."""


class FrameDurations:
    """The durations of a track's latest frames, in units of its timescale."""

    def __init__(self) -> None:
        """Begin before the first frame."""
        self._latest: deque[int] = deque(maxlen=_REMEMBERED)
        self.usual: int | None = None
        """The median; None before the first frame."""

    def note(self, duration: int) -> None:
        """Take the duration of the next frame."""
        self._latest.append(duration)
        # One more of the median itself does not change it.
        if duration != self.usual:
            self.usual = median_low(self._latest)

    @property
    def are_enough(self) -> bool:
        """Whether a few uneven ones do not change the median."""
        return len(self._latest) == _REMEMBERED

    def longest(self, limit: int) -> int:
        """Return the longest duration of those up to a limit; 0 if there is none."""
        return max((each for each in self._latest if each <= limit), default=0)
