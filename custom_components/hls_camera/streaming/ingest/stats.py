"""Figures of a running stream."""

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import Final, NamedTuple

_RATE_WINDOW_S: Final = 10.0
"""Seconds over which rates are taken."""
_STEP_S: Final = 1.0
"""Seconds between two remembered totals."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Statistics:
    """A stream's figures at one moment."""

    bitrate: float = 0.0
    """Bits per second, audio included, over the last ten seconds."""
    frame_rate: float = 0.0
    """Video frames per second over the last ten seconds."""
    frames: int = 0
    """Video frames since the stream was opened."""
    bytes: int = 0
    """Of media since the stream was opened."""
    started_at: datetime | None = None
    """When this run's first partial segment came (UTC); None where none runs."""
    uptime: float | None = None
    """Seconds since `started_at`."""
    restarts: int = 0
    """The number of restarts after a failure."""
    viewers: int = 0
    readers: Mapping[str, int] = field(default_factory=dict)
    """Viewers that read one endless file, by its format."""
    keyframe_interval: float | None = None
    """Seconds between the last two keyframes; more where the next one is overdue."""
    held: float | None = None
    """Seconds of media in memory, where their size limits them."""
    time_to_first_part: float | None = None
    """Seconds from FFmpeg's start to its first partial segment, in the latest run."""
    seconds_behind_live: float | None = None
    """Seconds from a frame's time by the camera's clock to its arrival."""
    speed: float | None = None
    """Seconds of media per second, over the last ten seconds; 1.0 keeps up."""
    dropped_frames: int = 0
    """By FFmpeg, in this run."""
    skipped_frames: int = 0
    """Video frames that viewers of the live feed lost because they read too slowly,
    since the stream was opened; each viewer's count."""
    sound_correction: float | None = None
    """Seconds by which the sound is moved, for a clock that differs from the picture's."""


class Rates(NamedTuple):
    """Figures per second."""

    bits: float
    frames: float
    media: float
    """Seconds of it."""


class _Total(NamedTuple):
    time: float
    bytes: int
    frames: int
    media: float


@dataclass(slots=True)
class Meter:
    """Counts bytes, frames and media time, and their rates over the last seconds.

    `clock` returns seconds that only ever go up.
    """

    clock: Callable[[], float]
    bytes: int = 0
    frames: int = 0
    media: float = 0.0
    """Seconds."""
    _history: deque[_Total] = field(default_factory=deque)

    def count(self, size: int, frames: int, media: float) -> None:
        """Add bytes and video frames, and seconds that can be played."""
        now = self.clock()
        if not self._history or now - self._history[-1].time >= _STEP_S:
            self._history.append(_Total(now, self.bytes, self.frames, self.media))
        self.bytes += size
        self.frames += frames
        self.media += media
        self._forget(now)

    def rates(self) -> Rates:
        """Return the rates; zeros if nothing came lately."""
        now = self.clock()
        self._forget(now)
        if not self._history:
            return Rates(0.0, 0.0, 0.0)
        first = self._first(now)
        elapsed = max(now - first.time, _STEP_S)
        return Rates(
            bits=8 * (self.bytes - first.bytes) / elapsed,
            frames=(self.frames - first.frames) / elapsed,
            media=(self.media - first.media) / elapsed,
        )

    def pause(self) -> None:
        """Forget the rates; the totals go on."""
        self._history.clear()

    def _first(self, now: float) -> _Total:
        """Return the totals since which rates are taken.

        Many cameras begin with everything since their last keyframe, at once: a second of
        media is left out, as soon as there is another one.
        """
        first, *rest = islice(self._history, 2)
        return next((each for each in rest if now - each.time >= _STEP_S), first)

    def _forget(self, now: float) -> None:
        while self._history and now - self._history[0].time > _RATE_WINDOW_S:
            self._history.popleft()
