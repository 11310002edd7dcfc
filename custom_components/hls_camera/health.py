"""A stream's health, judged by several readings of its figures in a row."""

from dataclasses import dataclass, field
from typing import Final

from .const import LONG_KEYFRAME_INTERVAL
from .streaming.ingest.stats import Statistics

_MIN_SPEED: Final = 0.9
"""Seconds of media per second; below it, viewers fall behind."""
_MIN_HELD_S: Final = 3.0
"""Of media in memory, which viewers need even with short keyframe intervals."""


@dataclass(slots=True)
class Debounced:
    """A boolean that changes only when several readings in a row contradict it."""

    readings: int
    """Number of readings that change it."""
    is_so: bool = False
    _against: int = 0

    def take(self, reading: bool) -> None:
        """Process a reading."""
        self._against = 0 if reading is self.is_so else self._against + 1
        if self._against >= self.readings:
            self.settle(reading)

    def settle(self, is_so: bool) -> None:
        """Set the value at once."""
        self.is_so, self._against = is_so, 0


@dataclass(slots=True)
class Health:
    """Problems of a running stream; readings arrive every few seconds."""

    slow: Debounced = field(default_factory=lambda: Debounced(6))
    """FFmpeg does not keep up with the camera."""
    rare_keyframes: Debounced = field(default_factory=lambda: Debounced(3))
    """Their interval is so long that viewers wait for the first picture."""
    short_of_memory: Debounced = field(default_factory=lambda: Debounced(3))
    """Memory holds less media than viewers need to start or to continue."""

    def take(self, figures: Statistics) -> None:
        """Process a reading of the figures; unknown ones have no effect."""
        if figures.speed is not None:
            self.slow.take(figures.speed < _MIN_SPEED)
        if figures.keyframe_interval is not None:
            self.rare_keyframes.take(figures.keyframe_interval > LONG_KEYFRAME_INTERVAL)
        needed = max(_MIN_HELD_S, figures.keyframe_interval or 0.0)
        self.short_of_memory.take(figures.held is not None and figures.held < needed)
