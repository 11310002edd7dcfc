"""What is counted while a stream runs."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, NamedTuple

_RATE_WINDOW: Final = 10.0
"""Seconds over which rates are taken."""
_STEP: Final = 1.0
"""Seconds between two remembered totals."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Statistics:
    """A stream's figures at one moment."""

    bitrate: float = 0.0
    """Bits per second, audio included, over the last ten seconds."""
    frame_rate: float = 0.0
    """Video frames per second over the last ten seconds."""
    frames: int = 0
    """Video frames since the session began."""
    bytes: int = 0
    """Of media since the session began."""
    started_at: datetime | None = None
    """When this run's first fragment came (UTC); None where none runs."""
    uptime: float | None = None
    """Seconds since `started_at`."""
    restarts: int = 0
    """How often FFmpeg was started anew after an end that nobody wished."""
    viewers: int = 0
    keyframe_interval: float | None = None
    """Seconds between the last two keyframes."""
    time_to_first_fragment: float | None = None
    """Seconds from FFmpeg's start to its first fragment, in the latest run."""
    seconds_behind_live: float | None = None
    """How much later than its own clock says the newest frame came."""
    speed: float | None = None
    """Of FFmpeg, in seconds of media per second; 1.0 keeps up."""
    dropped_frames: int = 0
    """By FFmpeg, in this run."""


class _Total(NamedTuple):
    time: float
    bytes: int
    frames: int


@dataclass(slots=True)
class Meter:
    """Count bytes and frames; tell their rates over the last seconds.

    `clock` returns seconds that only ever go up.
    """

    clock: Callable[[], float]
    bytes: int = 0
    frames: int = 0
    _history: deque[_Total] = field(default_factory=deque)

    def count(self, size: int, frames: int) -> None:
        """Add a fragment's bytes and video frames."""
        now = self.clock()
        if not self._history or now - self._history[-1].time >= _STEP:
            self._history.append(_Total(now, self.bytes, self.frames))
        self.bytes += size
        self.frames += frames
        self._forget(now)

    def rates(self) -> tuple[float, float]:
        """Return bits and frames per second; zeros where nothing came lately."""
        now = self.clock()
        self._forget(now)
        if not self._history:
            return 0.0, 0.0
        first = self._history[0]
        elapsed = max(now - first.time, _STEP)
        bits = 8 * (self.bytes - first.bytes) / elapsed
        return bits, (self.frames - first.frames) / elapsed

    def pause(self) -> None:
        """Forget the rates; the totals go on."""
        self._history.clear()

    def _forget(self, now: float) -> None:
        while self._history and now - self._history[0].time > _RATE_WINDOW:
            self._history.popleft()
