"""Keyframes as players see them: fewer than containers mark."""

from collections.abc import Sequence
from typing import Final

from ..errors import NoKeyframeError
from .fmp4 import Sample, Track
from .nal_units import is_keyframe

MAX_STEP: Final = 10.0
"""Seconds between two frames that are still on one timeline."""
_ENOUGH_MARKED: Final = 2
"""Samples marked as keyframes, none of which is one, that show how a camera encodes."""


class Keyframes:
    """Correct which samples of a run's video are marked as keyframes."""

    def __init__(self, video: Track, longest_interval: float | None = None) -> None:
        """Expect a keyframe every `longest_interval` seconds; None accepts any interval.

        Where keyframes are expected, nothing passes before the first one.
        """
        self._video = video
        self._longest = longest_interval
        self._marked = 0
        """Samples marked as keyframes before the first one."""
        self._latest: int | None = None
        """Decode time of the newest keyframe; of the first sample before there is one."""
        self._previous: int | None = None
        """Decode time of the previous sample."""
        self._has_come = False
        self.came_first = False
        """Whether the first sample is a keyframe."""

    def corrected(self, samples: Sequence[Sample]) -> list[Sample]:
        """Return the samples that players can use, with their true marks.

        Raises:
            NoKeyframeError: there is none where one is expected.

        """
        return [
            sample
            for sample in map(self._corrected, samples)
            if self._has_come or not self._marked or self._longest is None
        ]

    def _corrected(self, sample: Sample) -> Sample:
        if sample.track_id != self._video.track_id:
            return sample
        if sample.is_sync and not is_keyframe(self._video, sample.data):
            sample = sample._replace(is_sync=False)
            self._marked += 1
        if self._latest is None:
            self.came_first = sample.is_sync
        if sample.is_sync or self._latest is None:
            self._latest = sample.dts
        self._has_come |= sample.is_sync
        step = 0 if self._previous is None else sample.dts - self._previous
        self._previous = sample.dts
        # A jump in time is no interval; the segmenter refuses it.
        if step <= MAX_STEP * self._video.timescale:
            self._check_interval(sample.dts - self._latest)
        return sample

    def _check_interval(self, interval: int) -> None:
        if self._longest is None:
            return
        if not self._has_come and self._marked >= _ENOUGH_MARKED:
            msg = f"no keyframe where {self._marked} are marked"
            raise NoKeyframeError(msg)
        if interval > self._longest * self._video.timescale:
            msg = f"no keyframe within {self._longest:g} s"
            raise NoKeyframeError(msg)
