"""Packaging of one run: samples in, the live stream's segments out."""

import time
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from ..errors import SourceChangedError
from ..media.fmp4 import InitSection, Sample
from ..media.keyframes import Keyframes
from ..media.nal_units import sequence_parameter_sets
from .packaging import Packaging
from .segmenter import Segmenter
from .stream import LiveStream


class Packaged(NamedTuple):
    """The result of packaging some samples."""

    frames: int
    """Video frames that players can use."""
    media: float
    """Seconds of media that can be played now."""


class Packager:
    """Package one run's samples into a live stream."""

    def __init__(
        self, stream: LiveStream, init: InitSection, packaging: Packaging
    ) -> None:
        """Begin a run, whose samples `init` describes."""
        self._init = init = init.turned(packaging.orientation)
        self._packaging = packaging
        self._parameter_sets: frozenset[bytes] | None = None
        """Those before the first keyframe; they may differ from the init section's."""
        self._keyframes = Keyframes(init.video, packaging.max_keyframe_interval)
        window = stream.window
        window.begin_run(init)
        self._segmenter = Segmenter(
            init,
            stream,
            packaging,
            part_target=window.part_target or None,
            # A viewer who watches already has media to play, and nobody can join
            # behind a short segment: no keyframe follows it.
            short_start=not window.is_ready,
            timeline=window.timeline,
            clock=_wall_clock(),
        )
        stream.begin_run(init, self._segmenter)

    def push(self, samples: Sequence[Sample]) -> Packaged:
        """Package samples as they come.

        Raises:
            MediaError: players could not play them; the run cannot go on.

        """
        samples = self._keyframes.corrected(samples)
        if self._packaging.follow_changes:
            self._check_coding(samples)
        video_id = self._init.video.track_id
        frames = sum(sample.track_id == video_id for sample in samples)
        return Packaged(frames, self._segmenter.push(samples))

    def flush(self) -> None:
        """Hand out the last whole frames: the run is over.

        Raises:
            MediaError: they outgrow the window.

        """
        self._segmenter.flush()

    @property
    def played(self) -> float:
        """Seconds of media handed out so far."""
        return self._segmenter.played

    @property
    def patience(self) -> float:
        """Seconds for which no output can use more of the run's samples."""
        return self._segmenter.patience

    @property
    def keyframe_interval(self) -> float | None:
        """Seconds between the last two keyframes; more where the next one is overdue."""
        return self._segmenter.keyframe_interval

    @property
    def begins_with_keyframe(self) -> bool:
        """Whether the first sample of the picture was a keyframe."""
        return self._keyframes.came_first

    @property
    def capture_delay(self) -> float | None:
        """Seconds that the newest frame came later than by the camera's clock."""
        return self._segmenter.capture_delay_seconds

    @property
    def sound_correction(self) -> float | None:
        """Seconds by which the sound is moved onto the picture's time."""
        return self._segmenter.sound_correction

    def _check_coding(self, samples: Iterable[Sample]) -> None:
        """Refuse a picture that neither the init section nor the first one described."""
        video = self._init.video
        for sample in samples:
            if not sample.is_sync or sample.track_id != video.track_id:
                continue
            found = sequence_parameter_sets(video, sample.data)
            if self._parameter_sets is None:
                self._parameter_sets = found
            elif any(
                each not in self._init.data for each in found - self._parameter_sets
            ):
                msg = "another sequence parameter set"
                raise SourceChangedError(msg)


def _wall_clock() -> Callable[[], float]:
    """Return a clock that goes on from now, even if the machine's clock is set."""
    offset = time.time() - time.monotonic()
    return lambda: time.monotonic() + offset
