"""The samples of one track between a camera and their partial segment.

Few samples have a duration: the next one shows it. A frame may also come as several
samples, its pieces; the queue joins them.
"""

from collections.abc import Iterable, Sequence
from statistics import median_low
from typing import Final

from ..errors import MediaError, TimelineError
from ..media.fmp4 import Sample, Track, TrackKind
from ..media.frame_durations import FrameDurations
from ..media.keyframes import MAX_STEP
from ..media.nal_units import begins_picture
from ..media.nut import MAX_FRAME_BYTES

SAME_FRAME_SECONDS: Final = 0.001
"""Seconds. Slices of one frame may come as packets one tick apart; so may the frames of a
camera with B-frames, where they wait for more pictures than it announced."""
_STUMBLE_FRAMES: Final = 2
"""A frame that lasts longer than so many usual ones is a stumble."""
_MAX_PENDING_SAMPLES: Final = 2_000
"""Samples of one track that wait for their partial segment."""
_MAX_PENDING_BYTES: Final = MAX_FRAME_BYTES
"""Bytes of the same."""


class TrackQueue:
    """A track's samples that wait for their partial segment."""

    def __init__(self, track: Track) -> None:
        """Begin an empty queue."""
        self.track = track
        self.samples: list[Sample] = []
        self._held: Sample | None = None
        """The newest sample, whose duration the next one shows."""
        self._pieces: list[memoryview | bytes] = []
        """The pieces of the newest sample so far."""
        self._pieces_bytes = 0
        self._pending_bytes = 0
        """Bytes of the samples."""
        self._last_dts: int | None = None
        self._same_frame_ticks = (
            track.timescale * SAME_FRAME_SECONDS if track.kind is TrackKind.VIDEO else 0
        )
        self._durations = FrameDurations()
        """Of the frames that are settled."""
        self._comes_in_pieces = False
        """Whether some frame has come as several samples."""

    @property
    def duration_ticks(self) -> int:
        """Of the samples, in the track's timescale."""
        if not self.samples:
            return 0
        last = self.samples[-1]
        return last.dts + last.duration - self.samples[0].dts

    @property
    def duration_seconds(self) -> float:
        """Of the samples."""
        return self.duration_ticks / self.track.timescale

    @property
    def usual_frame_seconds(self) -> float:
        """Seconds of a sample; a camera's first ones are often unevenly spaced."""
        usual = median_low(sample.duration for sample in self.samples)
        return max(usual, 1) / self.track.timescale

    @property
    def usual_frame_ticks(self) -> int:
        """The usual duration of a frame, in the track's timescale; 0 before there is one."""
        return self._durations.usual or 0

    @property
    def has_usual_pace(self) -> bool:
        """Whether enough frames have come to measure their usual duration."""
        return self._durations.are_enough

    @property
    def newest_dts(self) -> int | None:
        """The decode time of the newest sample."""
        return self._last_dts

    @property
    def pending(self) -> Sequence[Sample]:
        """The samples that wait for their partial segment, the newest included."""
        early = self.early
        return self.samples if early is None else [*self.samples, early]

    def settle(self, sample: Sample) -> Iterable[Sample]:
        """Return the samples whose duration is known now that this one came.

        A sample without its own is held until the next one.

        Raises:
            TimelineError: decode times run backwards, stand still or jump.
            MediaError: a frame has too many pieces, or too many bytes.

        """
        held, self._held = self._held, None
        self._check_timeline(sample, held)
        settled: list[Sample] = []
        if held is not None and self._goes_on(held, sample):
            duration = sample.dts - held.dts + sample.duration
            self._comes_in_pieces = True
            self._pieces.append(sample.data)
            self._pieces_bytes += len(sample.data)
            self._check_pending(len(self._pieces), self._pieces_bytes)
            sample = held._replace(duration=duration if sample.duration else 0)
        else:
            if held is not None:
                settled.append(self._join(held, sample.dts - held.dts))
            elif self.samples:
                last = self.samples[-1]
                self.samples[-1] = last._replace(duration=sample.dts - last.dts)
            self._pieces = [sample.data]
            self._pieces_bytes = len(sample.data)
        if sample.duration > self._same_frame_ticks:
            settled.append(self._join(sample, sample.duration))
        else:
            self._held = sample
        return settled

    @property
    def early(self) -> Sample | None:
        """The newest frame, with the duration that it should have, if it may go out.

        The duration may be wrong by a camera's usual jitter, and is rather too long: so
        there is no hole before the next frame. It is None where frames come in pieces, as
        this may be a piece; a run's first frame shows whether they do.
        """
        usual = self.usual_frame_ticks
        if self._held is None or self._comes_in_pieces or not usual:
            return None
        longest = self._durations.longest(_STUMBLE_FRAMES * usual)
        return self._held._replace(duration=longest)

    def _goes_on(self, held: Sample, sample: Sample) -> bool:
        """Whether a sample is more of the one that is held, rather than the next one."""
        distance = sample.dts - held.dts
        return (
            distance < self._same_frame_ticks
            and held.is_sync == sample.is_sync
            and not begins_picture(self.track, sample.data)
        )

    def _join(self, sample: Sample, duration: int) -> Sample:
        """Return the newest sample, with all the pieces that came of it."""
        if duration > self._same_frame_ticks:
            self._durations.note(duration)
        data = self._pieces[0] if len(self._pieces) == 1 else b"".join(self._pieces)
        return sample._replace(data=data, duration=duration)

    def _check_timeline(self, sample: Sample, held: Sample | None) -> None:
        """Refuse to go on where time does not."""
        step = 1 if self._last_dts is None else sample.dts - self._last_dts
        is_same_frame = held is not None and 0 <= step < self._same_frame_ticks
        longest = max(step, sample.duration)
        if (
            step <= 0 and not is_same_frame
        ) or longest > MAX_STEP * self.track.timescale:
            seconds = (step if step <= 0 else longest) / self.track.timescale
            msg = f"{self.track.kind} decode time moved by {seconds:.3f} s"
            raise TimelineError(msg)
        self._last_dts = sample.dts

    def follow(self, sample: Sample) -> None:
        """Append a sample; the one before it lasts until then."""
        if self.samples:
            last = self.samples[-1]
            self.samples[-1] = last._replace(duration=sample.dts - last.dts)
        self.append(sample)

    def append(self, sample: Sample) -> None:
        """Append a sample as it is.

        Raises:
            MediaError: too many samples wait, or too many bytes.

        """
        self.samples.append(sample)
        self._pending_bytes += len(sample.data)
        self._check_pending(len(self.samples), self._pending_bytes)

    def _check_pending(self, count: int, size: int) -> None:
        if count > _MAX_PENDING_SAMPLES or size > _MAX_PENDING_BYTES:
            msg = f"{count} {self.track.kind} samples wait, of {size} bytes"
            raise MediaError(msg)

    def take(self, until: float) -> list[Sample]:
        """Remove and return the samples that end by a time, in seconds."""
        end = round(until * self.track.timescale)
        count = next(
            (
                index
                for index, sample in enumerate(self.samples)
                if sample.dts + sample.duration > end
            ),
            len(self.samples),
        )
        taken, self.samples = self.samples[:count], self.samples[count:]
        self._pending_bytes = sum(len(sample.data) for sample in self.samples)
        return taken
