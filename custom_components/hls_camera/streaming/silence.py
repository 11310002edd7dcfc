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
_LONGEST_SOUND_WAIT: Final = 3.0
"""The same for sound that comes late as a rule, or has yet to begin."""
_LATER: Final = 1.5
"""How much later than ever before it may come."""
_USUAL_SOUND: Final = 1024
"""Samples in a frame of AAC."""


def silent_frame(track: Track) -> bytes | None:
    """Return a sample without a sound, or None where the codec has none known."""
    return _FRAMES.get(track.channels) if track.codec in _CODECS else None


class Sound:
    """Where a camera's sound is, and the silence where it is missing.

    A camera's microphone may be switched off, or be sent only while there is something
    to hear; its picture goes on.
    """

    def __init__(self, track: Track) -> None:
        """Begin before the first sample of a track."""
        self.track = track
        self._frame = silent_frame(track)
        self._usual = _USUAL_SOUND
        """The duration of a sample, in the track's timescale."""
        self._end: int | None = None
        """Of the newest sample, in the track's timescale; so is the next one."""
        self._silent_until = 0
        self._is_silent = False
        self._picture = 0.0
        """How far the picture has come, in seconds."""
        self._latest: float | None = None
        """Seconds that sound has ever come behind the picture beside it."""

    def came(self, sample: Sample) -> bool:
        """Note the camera's own sound; whether there is no silence in its place yet."""
        behind = self._picture - sample.dts / self.track.timescale
        self._latest = max(behind, self._latest or 0.0)
        overlap = self._silent_until - sample.dts
        if overlap <= 0:
            self._usual = sample.duration or self._usual
            self._end = sample.dts + self._usual
        # What is a little behind the picture goes on soon; what is far behind never does.
        if overlap <= self._wait:
            self._is_silent = False
        return overlap <= 0

    @property
    def _wait(self) -> float:
        """How long sound is waited for, in the track's timescale."""
        wait = _LONGEST_SOUND_WAIT
        if self._latest is not None:
            wait = min(max(_SOUND_WAIT, _LATER * self._latest), wait)
        return wait * self.track.timescale

    def missing(self, until: float) -> Iterator[Sample]:
        """Yield silence up to a time, in seconds, once no sound has come for a while."""
        self._picture = until
        now = round(until * self.track.timescale)
        if self._end is None:
            self._end = now
        wait = 0 if self._is_silent else self._wait
        if self._frame is None or now - self._end <= wait:
            return
        self._is_silent = True
        while self._end + self._usual <= now:
            start = self._end
            self._end = self._silent_until = start + self._usual
            yield Sample(
                *(self.track.track_id, start, self._usual, 0, True, self._frame)
            )
