"""The durations that a media playlist declares (RFC 8216bis, 4.4.3.1 and 4.4.3.7)."""

import math


class TargetDurations:
    """The target duration and the part target: both only grow while there are media."""

    def __init__(self, expected: int) -> None:
        """Begin with the target duration that the keyframe interval suggests, in seconds."""
        self._expected = max(1, expected)
        self.target_duration = self._expected
        """Whole seconds."""
        self.part_target = 0.0
        """Seconds; 0.0 before the first partial segment."""

    def expect(self, target_duration: int) -> None:
        """Take a better estimate of the target duration, in seconds."""
        self._expected = max(1, target_duration)
        self.target_duration = max(self.target_duration, target_duration)

    def fit(self, segment_duration: float) -> None:
        """Raise the target duration for a segment of so many seconds."""
        self.target_duration = max(self.target_duration, _rounded(segment_duration))

    def raise_part_target(self, part_target: float) -> None:
        """Raise the part target to so many seconds."""
        self.part_target = max(self.part_target, part_target)

    def reset(self, longest: float | None) -> None:
        """Begin again after a stop.

        `longest` is the longest segment's duration in seconds, among those that were held;
        None if there were none. A segment that was longer once does not count any more.
        """
        if longest is not None:
            self.target_duration = max(self._expected, _rounded(longest))
        self.part_target = 0.0


def _rounded(seconds: float) -> int:
    """Return seconds as the RFC rounds them: to the nearest integer, halves upwards."""
    return math.floor(seconds + 0.5)
