"""How late frames come, whatever a camera's clock is set to."""

from collections.abc import Callable
from typing import Final

_MAX_DRIFT: Final = 0.005
"""Seconds per second that a camera's clock may be slow and still be followed."""
_STILL: Final = 0.001
"""Seconds that a frame lasts, at most, where the camera's clock was set back: FFmpeg moves
each frame to one tick behind the last until that time has passed."""
_STILL_FRAMES: Final = 3
"""Such frames in a row are no slices or fields of one picture."""


class CaptureDelay:
    """The delay of the newest frame: how much later it came than the soonest ones."""

    def __init__(self, clock: Callable[[], float]) -> None:
        """Begin before the first frame; `clock` returns the wall clock time in seconds."""
        self._clock = clock
        self._newest: float | None = None
        """The end of the newest frame, in seconds of decode time."""
        self._soonest = 0.0
        """The least that the clock was ahead of decode time."""
        self._still = 0

    def frame_came(self, end: float, duration: float) -> None:
        """Note a frame by its end in decode time and its duration, in seconds."""
        ahead = self._clock() - end
        self._still = self._still + 1 if duration <= _STILL else 0
        if self._newest is None or self._still >= _STILL_FRAMES:
            self._soonest = ahead
        else:
            self._soonest = min(ahead, self._soonest + _MAX_DRIFT * duration)
        self._newest = end

    @property
    def seconds(self) -> float | None:
        """The delay; None before the first frame."""
        if self._newest is None:
            return None
        return max(0.0, self._clock() - self._newest - self._soonest)
