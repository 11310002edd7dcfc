"""The clock of a camera's sound, held to that of its picture.

Cameras count picture and sound by clocks of their own, which may be hours apart, be
set at different times, or drift. What both have in common is when they come: sound
that comes beside a picture was recorded with it, give or take what the camera needs.
"""

from collections import deque
from statistics import median_low
from typing import Final

from ..media.fmp4 import Sample

EARLIEST: Final = 0.5
"""Seconds that sound may be ahead of the picture beside which it comes."""
_LATEST: Final = 0.5
"""Seconds that it may come later than it usually does."""
_LATEST_USUAL: Final = 2.0
"""Seconds behind the picture that sound may usually come, as it does from MPEG-TS."""
_PROOF: Final = 1.5
"""Seconds of picture during which all sound is too early, or too late, before the clock
is corrected: it may come in bursts."""

_PROOF_SAMPLES: Final = 8
"""The same in samples of sound: a straggler proves nothing."""

_USUAL_SAMPLES: Final = 1024
"""In a frame of AAC."""
_SHORTEST_FRAME: Final = 0.01
_LONGEST_FRAME: Final = 0.26
"""Seconds in a frame of AAC: 960 samples at 96 kHz, 2048 at 8 kHz."""
_FRAMES_REMEMBERED: Final = 9


class SoundClock:
    """Place a track's samples in time: without overlap, and beside the picture."""

    def __init__(self, timescale: int) -> None:
        """Believe the camera, at first."""
        self._timescale = timescale
        self._offset = 0
        """What is added to the camera's decode times, in units of the timescale."""
        self._moved = 0
        """How much later than it says the newest sample is for following the last."""
        self._due: int | None = None
        """When the next sample begins if it follows the last one without a gap."""
        self._frames: deque[int] = deque(maxlen=_FRAMES_REMEMBERED)
        self._soonest: float | None = None
        """The least seconds that sound has come behind the picture."""
        self._early = _Excess()
        self._late = _Excess()

    @property
    def correction(self) -> float:
        """Seconds by which the newest sound is moved."""
        return (self._offset + self._moved) / self._timescale

    @property
    def frame(self) -> int:
        """The usual duration of a sample, in units of the timescale.

        It is credible whatever the camera says: silence is counted in it.
        """
        usual = median_low(self._frames) if self._frames else _USUAL_SAMPLES
        shortest = int(_SHORTEST_FRAME * self._timescale)
        longest = int(_LONGEST_FRAME * self._timescale)
        return max(min(usual, longest), shortest, 1)

    def place(self, sample: Sample) -> Sample:
        """Return a sample as it follows the one before; `correct` comes on top of it.

        FFmpeg moves each sample of a clock that was set back to just behind the last.
        """
        frame = self._learn(sample.duration)
        start = sample.dts
        if self._due is not None and start < self._due - frame // 2:
            start = self._due
        # Before a gap, FFmpeg counts it as the duration of what comes before.
        duration = frame
        if frame <= 2 * sample.duration <= 4 * frame:
            duration = sample.duration
        self._moved = start - sample.dts
        self._due = start + duration
        return sample._replace(dts=start, duration=duration)

    def correct(self, sample: Sample) -> Sample:
        """Return a placed sample on the picture's time."""
        return sample._replace(dts=sample.dts + self._offset)

    def compare(self, sample: Sample, picture: float) -> None:
        """Learn from a placed sample that came when the picture had come so far (seconds)."""
        ahead = (
            sample.dts + sample.duration + self._offset
        ) / self._timescale - picture
        if (excess := self._early.proven(ahead - EARLIEST, picture)) is not None:
            self._move(-EARLIEST - excess)
            return
        if self._soonest is None or -ahead < self._soonest:
            self._soonest = -ahead
        limit = self._usually_behind + _LATEST
        if (excess := self._late.proven(-ahead - limit, picture)) is not None:
            self._move(_LATEST + excess)

    @property
    def _usually_behind(self) -> float:
        """Seconds; sound too far behind is not waited for, and its clock is wrong."""
        soonest = self._soonest or 0.0
        return soonest if 0 < soonest <= _LATEST_USUAL else 0.0

    def _learn(self, duration: int) -> int:
        shortest = _SHORTEST_FRAME * self._timescale
        if shortest <= duration <= _LONGEST_FRAME * self._timescale:
            self._frames.append(duration)
        return self.frame

    def _move(self, seconds: float) -> None:
        self._offset += round(seconds * self._timescale)
        self._early, self._late = _Excess(), _Excess()


class _Excess:
    """How far something is beyond its limit, while it is so without a break."""

    def __init__(self) -> None:
        self._since: float | None = None
        self._least = 0.0
        self._count = 0

    def proven(self, excess: float, now: float) -> float | None:
        """Return the least excess, once all that came for a while was beyond the limit."""
        if excess <= 0:
            self._since = None
            return None
        if self._since is None:
            self._since, self._least, self._count = now, excess, 0
        self._least = min(self._least, excess)
        self._count += 1
        is_proven = now - self._since >= _PROOF and self._count >= _PROOF_SAMPLES
        return self._least if is_proven else None
