"""The sound of a camera: placed beside its picture, and without gaps."""

from collections import deque
from collections.abc import Iterator
from typing import Final

from ..errors import MediaError
from ..media.audio_gaps import Gaps
from ..media.fmp4 import Sample, Track
from ..media.nut import MAX_FRAME_BYTES
from .sound_clock import MAX_AHEAD_S, SoundClock

_MAX_WAITING_SAMPLES: Final = 2_000
"""Samples that wait for their picture."""
_MAX_WAITING_BYTES: Final = MAX_FRAME_BYTES
"""Bytes of the same."""


class Sound:
    """The sound of one run."""

    def __init__(self, track: Track) -> None:
        """Begin before the first sample of a track."""
        self.track = track
        self._clock = SoundClock(track.timescale)
        self._gaps = Gaps(track)
        self._waiting: deque[tuple[Sample, float]] = deque()
        """Placed samples that are too far ahead of the picture, each with the picture's
        position when it came, in seconds."""
        self._waiting_bytes = 0
        self._picture: float | None = None
        """The end of the newest picture, in seconds."""

    @property
    def correction(self) -> float:
        """Seconds by which the sound is moved to match the picture."""
        return self._clock.correction

    def came(self, sample: Sample) -> Iterator[Sample]:
        """Take a sample from the camera; yield the samples that go out now.

        Raises:
            MediaError: too many samples wait for a picture, or too many bytes.

        """
        placed = self._clock.place(sample)
        if self._picture is not None:
            self._clock.compare(placed, self._picture)
        self._waiting.append((placed, self._picture or 0.0))
        self._waiting_bytes += len(placed.data)
        yield from self._due()
        if (
            len(self._waiting) > _MAX_WAITING_SAMPLES
            or self._waiting_bytes > _MAX_WAITING_BYTES
        ):
            msg = f"{len(self._waiting)} audio samples wait"
            raise MediaError(msg)

    def beside(self, picture: Sample, timescale: int) -> Iterator[Sample]:
        """Take a picture, in its track's timescale; yield the sound that goes out with it."""
        if self._picture is None:
            start = self._picture = picture.dts / timescale
            self._waiting = deque((placed, start) for placed, _ in self._waiting)
            yield from self._due()
        self._picture = (picture.dts + picture.duration) / timescale
        yield from self._due()
        yield from self._gaps.fill(self._picture, self._clock.frame)

    def _due(self) -> Iterator[Sample]:
        """Yield the samples that are near enough to the picture."""
        if self._picture is None:
            return
        latest = (self._picture + MAX_AHEAD_S) * self.track.timescale
        while self._waiting:
            placed, picture = self._waiting[0]
            sample = self._clock.correct(placed)
            if sample.dts > latest:
                return
            self._waiting.popleft()
            self._waiting_bytes -= len(sample.data)
            yield from self._gaps.take(sample, picture, self._clock.frame)
