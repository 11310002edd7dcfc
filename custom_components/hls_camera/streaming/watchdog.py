"""Whether a run is as alive as it should be: each way of dying has its own reason."""

import math
from collections.abc import Callable
from typing import Final

from .reasons import EndReason

_PACE_PERIOD: Final = 30.0
"""Seconds over which the media's pace is compared with the clock's."""
_SLOWEST_PACE: Final = 0.8
"""Seconds of media per second: below it, viewers run out of picture again and again."""


class Watchdog:
    """Judge a run by what it brings. `clock` returns seconds that only ever go up."""

    def __init__(
        self,
        clock: Callable[[], float],
        *,
        start_timeout: float,
        stall_timeout: float,
    ) -> None:
        """Allow so many seconds for the first partial segment, and for each later one."""
        self._clock = clock
        self._start_timeout = start_timeout
        self._stall_timeout = stall_timeout
        self._started = self._latest_data = clock()
        self._latest_frame = -math.inf
        self._latest_part: float | None = None
        self._pace_since = self._started
        self._media = 0.0
        self._longest_part = 0.0

    def data_came(self, frames: int) -> None:
        """Note a fragment with so many video frames."""
        self._latest_data = self._clock()
        if frames:
            self._latest_frame = self._latest_data

    def part_came(self, duration: float) -> None:
        """Note media, in seconds, that viewers can play."""
        now = self._clock()
        if self._latest_part is None:
            self._pace_since = now
        else:
            self._media += duration
        self._longest_part = max(self._longest_part, duration)
        self._latest_part = now

    def patience(self) -> float:
        """Return the seconds until it is worth to judge again."""
        return max(self._deadline() - self._clock(), 0.0)

    def verdict(self) -> EndReason | None:
        """Return why the run should end, or None."""
        now = self._clock()
        if now >= self._deadline():
            return self._why_nothing_came(now)
        return self._judge_pace(now)

    def _deadline(self) -> float:
        if self._latest_part is None:
            return self._started + self._start_timeout
        return self._latest_part + self._stall_timeout

    def _why_nothing_came(self, now: float) -> EndReason:
        # The last frames before the silence may not have made a whole part.
        lately = now - self._stall_timeout / 2
        if self._latest_part is None and self._latest_frame < lately:
            return EndReason.NO_VIDEO
        if self._latest_data < lately:
            return EndReason.STALLED
        if self._latest_frame < lately:
            return EndReason.AUDIO_ONLY
        # Frames come, and yet no time passes in them.
        return EndReason.TIMELINE

    def _judge_pace(self, now: float) -> EndReason | None:
        elapsed = now - self._pace_since
        if self._latest_part is None or elapsed < _PACE_PERIOD:
            return None
        # The next part may be about to come: it may be seconds long.
        pace = (self._media + self._longest_part) / elapsed
        self._media, self._longest_part, self._pace_since = 0.0, 0.0, now
        return EndReason.TOO_SLOW if pace < _SLOWEST_PACE else None
