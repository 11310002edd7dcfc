"""The delay of frames, independent of the camera's clock."""

from collections.abc import Callable
from typing import Final

_MAX_DRIFT: Final = 0.005
"""Seconds per second by which a camera's clock may be slow and still be followed."""
_MAX_FROZEN_FRAME_S: Final = 0.001
"""Longest duration of a frame after the camera's clock was set back: FFmpeg places each
frame one tick after the last until that time has passed."""
_MIN_FROZEN_FRAMES: Final = 3
"""So many such frames in a row are not slices or fields of one picture."""


class CaptureDelay:
    """The delay of the newest frame, compared with the frames that came with the least."""

    def __init__(self, clock: Callable[[], float]) -> None:
        """Begin before the first frame; `clock` returns the wall clock time in seconds."""
        self._clock = clock
        self._newest: float | None = None
        """The end of the newest frame, in seconds of decode time."""
        self._least_ahead = 0.0
        """The least seconds by which the clock was ahead of decode time."""
        self._frozen_frames = 0

    def frame_came(self, end: float, duration: float) -> None:
        """Note a frame by its end in decode time and its duration, in seconds."""
        ahead = self._clock() - end
        is_frozen = duration <= _MAX_FROZEN_FRAME_S
        self._frozen_frames = self._frozen_frames + 1 if is_frozen else 0
        if self._newest is None or self._frozen_frames >= _MIN_FROZEN_FRAMES:
            self._least_ahead = ahead
        else:
            self._least_ahead = min(ahead, self._least_ahead + _MAX_DRIFT * duration)
        self._newest = end

    @property
    def seconds(self) -> float | None:
        """The delay; None before the first frame."""
        if self._newest is None:
            return None
        return max(0.0, self._clock() - self._newest - self._least_ahead)
