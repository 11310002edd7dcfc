"""Silence, for where a camera's sound is missing."""

from collections.abc import Iterator, Mapping
from typing import Final

from .fmp4 import Sample, Track

# Raw data blocks of AAC LC whose spectrum is empty, by channels: one single channel
# element, or one channel pair element (ISO/IEC 14496-3, table 4.4). They go with any
# sample rate; a decoder of HE-AAC finds nothing that extends them.
_FRAMES: Final[Mapping[int, bytes]] = {
    1: bytes.fromhex("00c800802380"),
    2: bytes.fromhex("210049900219002380"),
}
_CODECS: Final = frozenset({"mp4a.40.2", "mp4a.40.5", "mp4a.40.29"})

_SOUND_WAIT: Final = 0.6
"""Seconds of picture without sound before there is silence, at least. Players have one
buffer for both, and show nothing beyond the end of either."""
_PAUSING_SOUND_WAIT: Final = 0.2
"""The same once sound has paused: it will again, and each time the picture waits."""
_LONGEST_SOUND_WAIT: Final = 3.0
"""The same for sound that comes late as a rule, or has yet to begin."""
_LATER: Final = 1.5
"""Factor by which it may come later than lately."""
_FORGET: Final = 0.05
"""Seconds of lateness that are forgotten per second."""
_JUMP: Final = 1.0
"""Seconds that a picture may last, where others do not, without being a jump in time:
there is no silence across a jump, so that players jump as well."""


def silent_frame(track: Track) -> bytes | None:
    """Return a sample without a sound, or None where the codec has none known."""
    return _FRAMES.get(track.channels) if track.codec in _CODECS else None


class Gaps:
    """Fill the gaps in a camera's sound with silence.

    A camera's microphone may be switched off, or be sent only while there is something
    to hear; its picture goes on.
    """

    def __init__(self, track: Track) -> None:
        """Begin before the first sample of a track."""
        self._track = track
        self._data = silent_frame(track)
        self._end: int | None = None
        """Of the newest sample that went out, in the track's timescale."""
        self._from: int | None = None
        """Before this time there is no silence, in the track's timescale."""
        self._is_silent = False
        self._has_paused = False
        """Whether sound has stopped before, after it had begun."""
        self._picture = 0.0
        """The end of the picture, in seconds."""
        self._step = 0.0
        """Seconds of the newest picture."""
        self._late: float | None = None
        """Seconds that sound has lately come behind the picture beside it."""

    def take(self, sample: Sample, picture: float, frame: int) -> Iterator[Sample]:
        """Yield the camera's own sound, after silence for the gap before it.

        Samples for a time that has sound already, or silence, are refused. So are samples
        too late for the picture, whose end was at `picture` seconds by then. `frame`
        is the duration of a silent sample.
        """
        timescale = self._track.timescale
        late = picture - sample.dts / timescale
        if late > _LONGEST_SOUND_WAIT:
            return
        overlap = 0 if self._end is None else self._end - sample.dts
        # Sound a little behind the picture continues soon; sound far behind never does.
        if overlap <= self._wait * timescale:
            self._is_silent = False
        # Samples that are refused forever are no measure of the clock.
        if overlap <= _SOUND_WAIT * timescale:
            self._late = max(late, self._late or 0.0)
        if overlap > frame // 2:
            return
        yield from self._silence(sample.dts, frame)
        start = sample.dts if self._end is None else max(self._end, sample.dts)
        self._end = start + sample.duration
        yield sample._replace(dts=start)

    def fill(self, until: float, frame: int) -> Iterator[Sample]:
        """Yield silence beside a picture that ends at a time, in seconds.

        There is none before sound has been missing for a while.
        """
        step, before = until - self._picture, self._step
        self._picture, self._step = until, step
        if self._late is not None:
            self._late = max(0.0, self._late - _FORGET * step)
        now = round(until * self._track.timescale)
        if self._from is None or step > max(_JUMP, 2 * before):
            self._from = now
        wait = 0 if self._is_silent else self._wait * self._track.timescale
        if now - max(self._end or 0, self._from) > wait:
            self._is_silent = self._data is not None
            self._has_paused = self._late is not None
            yield from self._silence(now, frame)

    @property
    def _wait(self) -> float:
        """Seconds for which the picture waits for sound."""
        if self._late is None:
            return _LONGEST_SOUND_WAIT
        least = _PAUSING_SOUND_WAIT if self._has_paused else _SOUND_WAIT
        return min(max(least, _LATER * self._late), _LONGEST_SOUND_WAIT)

    def _silence(self, until: int, frame: int) -> Iterator[Sample]:
        """Yield silence from the end of the sound up to a time."""
        if self._data is None or (self._end is None and self._from is None):
            return
        start = max(self._end or 0, self._from or 0)
        while start + frame <= until:
            self._end = start + frame
            yield Sample(self._track.track_id, start, frame, 0, True, self._data)
            start = self._end
