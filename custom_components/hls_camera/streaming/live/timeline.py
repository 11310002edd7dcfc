"""The timeline of a camera, which its variants share (RFC 8216bis, 6.2.4).

A player changes from one variant to another by the timestamps in the media and by the
discontinuity sequence numbers, so both must mean the same in all variants. Each FFmpeg
counts time from its own start; the timeline places its decode times on one clock, that of
PROGRAM-DATE-TIME. It continues over restarts and pauses.
"""

from typing import Final

_MIN_SET_BACK_S: Final = 1.0
"""A run that would begin earlier than this before the newest media shows that the wall clock
was set back: the timeline continues from where it was."""


class Timeline:
    """The position of media time zero, and the number of discontinuities."""

    def __init__(self) -> None:
        """Begin with the first run's own times."""
        self.discontinuity = 0
        """The sequence number of the newest discontinuity."""
        self._zero: float | None = None
        """The wall clock time of media time zero."""
        self._newest = 0.0
        """Media time of the newest segment's start, in seconds."""

    def offset(self, epoch: float, start: float) -> float:
        """Return the seconds to add to a new run's decode times.

        `epoch` is the wall clock time of the run's decode time zero; `start` is its
        first decode time, in seconds.
        """
        if self._zero is None:
            return 0.0
        offset = epoch - self._zero
        behind = self._newest - (start + offset)
        return offset + behind if behind > _MIN_SET_BACK_S else offset

    def follow(self, epoch: float, start: float, offset: float) -> None:
        """Note the start of a segment, in the run's decode time and with its offset.

        The run's epoch drifts with the camera's clock; the next run is placed by the epoch of
        the newest segment.
        """
        self._zero = epoch - offset
        self._newest = max(self._newest, start + offset)
