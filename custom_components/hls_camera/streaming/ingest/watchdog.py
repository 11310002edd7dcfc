"""Detects a run that no longer works; each kind of failure has its own end reason."""

import math
from collections.abc import Callable
from typing import Final

from ..reasons import EndReason

_PACE_PERIOD_S: Final = 30.0
"""Seconds over which the media's pace is compared with the clock's."""
_MIN_PACE: Final = 0.8
"""Seconds of media per second: below it, viewers run out of picture again and again."""
_MAX_PACE: Final = 1.5
"""The same: above it, viewers fall behind again and again. A camera that begins with all
since its last keyframe is below it."""
_MAX_SHORT_PACE: Final = 3.0
"""The same for a moment, while network and camera deliver delayed media."""
_MAX_SURPLUS_S: Final = 60.0
"""Seconds of media that may come faster than that: longer than keyframes are apart."""


class Watchdog:
    """Judges a run by its media. `clock` returns monotonic seconds."""

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
        self._surplus = 0.0
        """Seconds of media that came faster than it may."""

    def data_came(self, frames: int) -> None:
        """Note media with so many video frames."""
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
            self._surplus -= _MAX_SHORT_PACE * (now - self._latest_part)
        self._surplus = max(self._surplus, 0.0) + duration
        self._longest_part = max(self._longest_part, duration)
        self._latest_part = now

    @property
    def is_outrun(self) -> bool:
        """Whether media time runs away from the clock: the camera's numbers are wrong.

        Each second of media is work, so nobody waits for the next verdict.
        """
        return self._surplus > _MAX_SURPLUS_S

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
        if self._latest_part is None or elapsed < _PACE_PERIOD_S:
            return None
        # A verdict is asked for again, once all that waits has been read: begin the next
        # period only without one.
        if self._media > _MAX_PACE * elapsed:
            return EndReason.TIMELINE
        # The next part may be about to come: it may be seconds long.
        if self._media + self._longest_part < _MIN_PACE * elapsed:
            return EndReason.TOO_SLOW
        self._media, self._longest_part, self._pace_since = 0.0, 0.0, now
        return None
