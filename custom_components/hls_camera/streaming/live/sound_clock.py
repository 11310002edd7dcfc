"""The clock of a camera's sound, corrected to match its picture.

Cameras count picture and sound by separate clocks, which may be hours apart, be set at
different times, or drift. Only the time of arrival is common to both: sound that comes beside
a picture was recorded with it, apart from the camera's own delay.
"""

from typing import Final

from ..media.fmp4 import Sample
from ..media.frame_durations import FrameDurations

MAX_AHEAD_S: Final = 0.5
"""Seconds by which sound may be ahead of the picture beside which it comes."""
_MAX_EXTRA_DELAY_S: Final = 0.5
"""Seconds by which sound may come later than it usually does."""
_MAX_USUAL_DELAY_S: Final = 2.0
"""Seconds behind the picture at which sound may usually come, as it does from MPEG-TS."""
_MIN_PROOF_S: Final = 1.5
"""Seconds of picture during which all sound is too early, or too late, before the clock
is corrected: sound may come in bursts."""
_MIN_PROOF_SAMPLES: Final = 8
"""Samples of sound that must come in that time: a straggler proves nothing."""

_USUAL_FRAME_SAMPLES: Final = 1024
"""Audio samples in a frame of AAC."""
_MIN_FRAME_S: Final = 0.01
"""Seconds in the shortest frame of AAC: 960 samples at 96 kHz."""
_MAX_FRAME_S: Final = 0.26
"""Seconds in the longest frame of AAC: 2048 samples at 8 kHz."""


class SoundClock:
    """Place a track's samples in time: without overlap, and beside the picture."""

    def __init__(self, timescale: int) -> None:
        """Begin with the camera's own times."""
        self._timescale = timescale
        self._offset = 0
        """The correction of decode times, in units of the timescale."""
        self._moved = 0
        """The delay of the newest sample because it follows the last one, in the same units."""
        self._due: int | None = None
        """The start of the next sample if it follows the last one without a gap."""
        self._shortest = int(_MIN_FRAME_S * timescale)
        self._longest = int(_MAX_FRAME_S * timescale)
        self._durations = FrameDurations()
        self.frame = self._within_limits(_USUAL_FRAME_SAMPLES)
        """The usual duration of a sample, in units of the timescale.

        It stays within the limits of AAC: silence is counted in it.
        """
        self._least_delay: float | None = None
        """The least seconds by which sound came behind the picture."""
        self._early = _Excess()
        self._late = _Excess()

    @property
    def correction(self) -> float:
        """Seconds by which the newest sound is moved."""
        return (self._offset + self._moved) / self._timescale

    def place(self, sample: Sample) -> Sample:
        """Return a sample moved behind the one before; `correct()` is applied after it.

        FFmpeg places each sample of a clock that was set back directly behind the last.
        """
        self._note_duration(sample.duration)
        frame = self.frame
        start = sample.dts
        if self._due is not None and start < self._due - frame // 2:
            start = self._due
        # A duration far from the usual one is not that of a frame.
        duration = frame
        if frame <= 2 * sample.duration <= 4 * frame:
            duration = sample.duration
        self._moved = start - sample.dts
        self._due = start + duration
        return sample._replace(dts=start, duration=duration)

    def correct(self, sample: Sample) -> Sample:
        """Return a placed sample with a decode time that matches the picture's."""
        return sample._replace(dts=sample.dts + self._offset)

    def compare(self, sample: Sample, picture: float) -> None:
        """Compare a placed sample with the picture's end when it came, in seconds."""
        ahead = (
            sample.dts + sample.duration + self._offset
        ) / self._timescale - picture
        if (excess := self._early.proven(ahead - MAX_AHEAD_S, picture)) is not None:
            self._move(-MAX_AHEAD_S - excess)
            return
        if self._least_delay is None or -ahead < self._least_delay:
            self._least_delay = -ahead
        limit = self._usual_delay + _MAX_EXTRA_DELAY_S
        if (excess := self._late.proven(-ahead - limit, picture)) is not None:
            self._move(_MAX_EXTRA_DELAY_S + excess)

    @property
    def _usual_delay(self) -> float:
        """Seconds; 0.0 if sound comes so late that its clock must be wrong."""
        least = self._least_delay or 0.0
        return least if 0 < least <= _MAX_USUAL_DELAY_S else 0.0

    def _note_duration(self, duration: int) -> None:
        """Note a sample's duration if it is possible."""
        shortest = _MIN_FRAME_S * self._timescale
        if shortest <= duration <= _MAX_FRAME_S * self._timescale:
            self._durations.note(duration)
            if (usual := self._durations.usual) != self.frame and usual is not None:
                self.frame = self._within_limits(usual)

    def _within_limits(self, duration: int) -> int:
        return max(min(duration, self._longest), self._shortest, 1)

    def _move(self, seconds: float) -> None:
        self._offset += round(seconds * self._timescale)
        self._early, self._late = _Excess(), _Excess()


class _Excess:
    """The amount by which values are beyond a limit, while all of them are."""

    def __init__(self) -> None:
        self._since: float | None = None
        self._least = 0.0
        self._count = 0

    def proven(self, excess: float, now: float) -> float | None:
        """Return the least excess once all values for a while were beyond the limit."""
        if excess <= 0:
            self._since = None
            return None
        if self._since is None:
            self._since, self._least, self._count = now, excess, 0
        self._least = min(self._least, excess)
        self._count += 1
        is_proven = (
            now - self._since >= _MIN_PROOF_S and self._count >= _MIN_PROOF_SAMPLES
        )
        return self._least if is_proven else None
