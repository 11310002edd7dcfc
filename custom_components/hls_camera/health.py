"""The health of a stream, by its figures over some time."""

from dataclasses import dataclass, field
from typing import Final

from .const import LONG_KEYFRAME_INTERVAL
from .streaming.ingest.stats import Statistics

_SLOW: Final = 0.9
"""Seconds of media per second; below it, viewers fall behind."""
_LEAST_HELD: Final = 3.0
"""Seconds of media that viewers need, whatever the keyframe interval is."""


@dataclass(slots=True)
class Debounced:
    """A boolean that changes only when several readings in a row contradict it."""

    readings: int
    """How many change it."""
    is_so: bool = False
    _against: int = 0

    def take(self, reading: bool) -> None:
        """Take one more reading."""
        self._against = 0 if reading is self.is_so else self._against + 1
        if self._against >= self.readings:
            self.settle(reading)

    def settle(self, is_so: bool) -> None:
        """Set the value at once."""
        self.is_so, self._against = is_so, 0


@dataclass(slots=True)
class Health:
    """What is wrong with a stream that runs; readings come every few seconds."""

    slow: Debounced = field(default_factory=lambda: Debounced(6))
    """FFmpeg does not keep up with the camera."""
    rare_keyframes: Debounced = field(default_factory=lambda: Debounced(3))
    """The camera sends them so seldom that the first picture is long in coming."""
    short_of_memory: Debounced = field(default_factory=lambda: Debounced(3))
    """Media leave the memory before viewers have had them, or could begin with them."""

    def take(self, figures: Statistics) -> None:
        """Take one more reading of those figures that are known."""
        if figures.speed is not None:
            self.slow.take(figures.speed < _SLOW)
        if figures.keyframe_interval is not None:
            self.rare_keyframes.take(figures.keyframe_interval > LONG_KEYFRAME_INTERVAL)
        needed = max(_LEAST_HELD, figures.keyframe_interval or 0.0)
        self.short_of_memory.take(figures.held is not None and figures.held < needed)
