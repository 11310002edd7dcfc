"""Samples in, partial segments and segment boundaries out.

The video decides: a media segment begins at a keyframe, or where the one before grew too
long or too large; a partial segment is as many whole frames as come nearest to the wished
duration. Audio rides along: each partial segment takes the audio that belongs beside it
(`sound.py`) and ends no later than its picture.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Final, Protocol

from ..media.fmp4 import InitSection, Sample, Track, write_fragment
from ..media.track_samples import TrackSamples
from .capture_delay import CaptureDelay
from .packaging import Packaging
from .part_target import PartTarget
from .segments import PartialSegment
from .sound import Sound
from .timeline import Timeline
from .track_queue import TrackQueue

_FIRST_SEGMENT_PARTS: Final = 2
"""A player shows nothing before the first segment is whole, so that one is short."""
_MIN_SEGMENT_SECONDS: Final = 0.4
"""Seconds. A keyframe that comes sooner begins no segment: some cameras send little
else, and a segment of one frame each would leave players no rest."""
_MIN_GAP_FRAMES: Final = 1.5
"""A first frame that lasts longer than so many frames has a gap behind it."""
_MAX_EARLY_FRAMES: Final = 1.5
"""Frames by which one may come earlier than at the usual pace, and still be read at once."""
_MIN_UNREAD_FRAMES: Final = 2
"""Frames that are worth leaving unread: then one read takes at least two."""
_KEYLESS_SEGMENT_SECONDS: Final = 4.0
"""Seconds. Where keyframes are rare, segments need not be as long as to the next one."""
_NOTABLE_WAIT_SECONDS: Final = 6.0
"""Seconds without a second keyframe after which the wait counts as the interval."""
_MAX_DRIFT_RATE: Final = 0.005
"""Seconds per second that a camera's clock may be wrong and still be followed."""
_MAX_JITTER_SECONDS: Final = 0.2
"""Seconds that a frame may come early or late without the clock being wrong."""


class SegmentSink(Protocol):
    """The receiver of the segmenter's output."""

    @property
    def max_segment_bytes(self) -> int:
        """The size at which a media segment is to end."""

    def open_segment(self, start: float) -> None:
        """Begin a media segment; `start` is its first frame's wall clock time."""

    def raise_part_target(self, part_target: float) -> None:
        """Declare that partial segments may last `part_target` seconds."""

    def add_part(self, part: PartialSegment) -> None:
        """Append a partial segment to the open media segment."""

    def close_segment(self) -> None:
        """The open media segment is complete."""


class Segmenter:
    """Cut one run's samples; `clock` returns the wall clock time in seconds."""

    def __init__(
        self,
        init: InitSection,
        sink: SegmentSink,
        packaging: Packaging,
        *,
        part_target: float | None = None,
        short_start: bool = True,
        timeline: Timeline | None = None,
        clock: Callable[[], float],
    ) -> None:
        """Cut by the rules of `packaging`.

        `part_target`, in seconds, is the one that the playlist has declared already;
        without it, the frame rate predicts it better than the first frames do. `short_start` makes
        the first media segment a short one, so that players that wait for a whole one
        begin soon. `timeline` is where the run is placed.
        """
        self._sink = sink
        self._clock = clock
        self._video = init.video
        self._frame_rate = packaging.frame_rate
        self._has_begun = False
        self._queues: dict[int, TrackQueue] = {
            track.track_id: TrackQueue(track) for track in init.played
        }
        self._video_queue = self._queues[self._video.track_id]
        self._epoch: float | None = None
        """The wall clock time of decode time zero."""
        self._timeline = timeline or Timeline()
        self._offset_seconds = 0.0
        """Seconds that decode times are moved by, onto the timeline."""
        self._newest: float | None = None
        """The end of the newest frame, in seconds of decode time."""
        self._sound = None if init.audio is None else Sound(init.audio)
        self._delay = CaptureDelay(clock)
        self._sequence_number = 0
        self._max_segment = packaging.max_segment
        self._segment_parts = 0
        self._segment_size = 0
        self._segment_start = 0
        self._begins_with_keyframe = False
        """Whether the open segment does."""
        self._is_open = False
        self._short_start = short_start
        self.played = 0.0
        """Seconds of media in all partial segments."""
        self._keyframe_interval: float | None = None
        """Seconds between the last two keyframes."""
        self._last_keyframe: int | None = None
        self.on_frame: Callable[[Track, Sample], None] | None = None
        """Called with each frame, if anybody wants them one by one: as it comes, with the
        duration that it should have, or else once that is known."""
        self._part_target = PartTarget(
            packaging.part_duration,
            sink.raise_part_target,
            declared=part_target,
            frame_rate=packaging.frame_rate,
        )

    def push(self, samples: Iterable[Sample]) -> float:
        """Take samples as they come; each track's in decode order.

        Return the seconds of media that they complete.

        Raises:
            MediaError: decode times run backwards, stand still or jump; a segment
                outgrows the sink.

        """
        played = self.played
        video_id = self._video.track_id
        for sample in samples:
            if sample.track_id == video_id:
                self._push_video(sample)
            elif self._sound and sample.track_id == self._sound.track.track_id:
                self._push_sound(self._sound.track, self._sound.came(sample))
        return self.played - played

    def _push_video(self, sample: Sample) -> None:
        # A viewer who joins gets the newest frame from `pending`.
        is_wanted = self.on_frame is not None
        was_early = is_wanted and self._video_queue.early is not None
        for settled in self._video_queue.settle(sample):
            frame = self._placed(settled)
            if self._sound is not None:
                beside = self._sound.beside(frame, self._video.timescale)
                self._push_sound(self._sound.track, beside)
            is_followed = frame.dts + frame.duration == sample.dts
            self._push_frame(frame, sample if is_followed else None)
            if not was_early:
                self._hand_out(self._video, frame)
            was_early = False
        if is_wanted and not was_early and (early := self._video_queue.early):
            self._hand_out(self._video, early)

    def _placed(self, frame: Sample) -> Sample:
        """Return a frame; a run's first one right before the second one.

        Cameras that send their newest keyframe to each client leave a gap behind it.
        Some players cannot begin there: they take a frame's duration from the codec's
        frame rate, so that the gap is a hole in their buffer.
        """
        if self._has_begun:
            return frame
        self._has_begun = True
        timescale = self._video.timescale
        usual = round(timescale / self._frame_rate) if self._frame_rate else 0
        if usual and frame.duration > _MIN_GAP_FRAMES * usual:
            frame = frame._replace(
                dts=frame.dts + frame.duration - usual, duration=usual
            )
        return frame

    def _push_sound(self, track: Track, samples: Iterable[Sample]) -> None:
        for sample in samples:
            self._queues[track.track_id].follow(sample)
            self._hand_out(track, sample)

    def _hand_out(self, track: Track, sample: Sample) -> None:
        if self.on_frame is not None:
            self.on_frame(track, sample)

    @property
    def sound_correction(self) -> float | None:
        """Seconds by which the sound is moved onto the picture's time."""
        return None if self._sound is None else self._sound.correction

    @property
    def keyframe_interval(self) -> float | None:
        """Seconds between the last two keyframes; more where the next one is overdue."""
        interval = self._keyframe_interval
        if self._last_keyframe is None or self._newest is None:
            return interval
        waited = self._newest - self._last_keyframe / self._video.timescale
        return waited if waited > (interval or _NOTABLE_WAIT_SECONDS) else interval

    @property
    def frame_seconds(self) -> float:
        """The usual duration of a picture; 0.0 while it is not known.

        It is what the camera declares until enough pictures have come to measure it: the
        first ones are often unevenly spaced.
        """
        if self._video_queue.has_usual_pace:
            return self._video_queue.usual_frame_ticks / self._video.timescale
        return 1 / self._frame_rate if self._frame_rate else 0.0

    @property
    def timeline_offset(self) -> float:
        """Seconds that decode times are moved by, onto the timeline."""
        return self._offset_seconds

    @property
    def pending(self) -> Sequence[tuple[Track, Sequence[Sample]]]:
        """The samples of each track that wait for their partial segment."""
        return [(queue.track, queue.pending) for queue in self._queues.values()]

    @property
    def capture_delay_seconds(self) -> float | None:
        """Seconds that the newest frame came late."""
        return self._delay.seconds

    @property
    def patience(self) -> float:
        """Seconds for which samples may be left unread without any delay.

        No partial segment can be complete before, at the camera's usual pace. It is 0.0
        where frames are wanted one by one, and where there would be nothing to save.
        """
        queue, timescale = self._video_queue, self._video.timescale
        frame = queue.usual_frame_ticks / timescale
        if (
            self.on_frame is not None
            or self._short_start
            or self._part_target.seconds is None
            or self._keyframe_interval is None
            or self._last_keyframe is None
            or queue.newest_dts is None
        ):
            return 0.0
        # The newest frame lies behind the settled ones: its successor settles it.
        until_full = self._part_target.missing_from(queue)
        since_keyframe = (queue.newest_dts - self._last_keyframe) / timescale
        until_keyframe = self._keyframe_interval - since_keyframe
        patience = min(until_full, until_keyframe) - _MAX_EARLY_FRAMES * frame
        return patience if patience >= _MIN_UNREAD_FRAMES * frame else 0.0

    def flush(self) -> None:
        """Package the last whole frames: the run is over.

        Raises:
            MediaError: it outgrows the sink.

        """
        if self._video_queue.duration_ticks:
            self._cut_part()
        self._close_segment()

    def _push_frame(self, frame: Sample, following: Sample | None) -> None:
        """Take a frame, and the one that comes next if it is there."""
        queue = self._video_queue
        timescale = self._video.timescale
        if frame.is_sync:
            self._note_keyframe(frame.dts)
        end = queue.duration_ticks + frame.duration
        if self._part_target.is_exceeded_by(end / timescale):
            self._cut_part()
        if self._ends_segment(frame):
            self._cut_part()
            self._close_segment()
        if not self._is_open:
            self._open_segment(frame)
        queue.append(frame)
        self._newest = (frame.dts + frame.duration) / timescale
        self._delay.frame_came(self._newest, frame.duration / timescale)
        if following is not None and self._ends_segment(following):
            self._cut_part()
            self._close_segment()
        elif self._part_target.is_filled_by(queue) and (
            following or not self._is_keyframe_due(frame)
        ):
            self._cut_part()

    def _ends_segment(self, frame: Sample) -> bool:
        """Whether the open segment ends before a frame."""
        return self._is_open and frame.is_sync and self._may_end_at(frame.dts)

    def _may_end_at(self, dts: int) -> bool:
        """Whether a keyframe at that time ends the open segment."""
        duration = dts - self._segment_start
        return (
            not self._begins_with_keyframe
            or duration >= _MIN_SEGMENT_SECONDS * self._video.timescale
        )

    def _is_keyframe_due(self, frame: Sample) -> bool:
        """Whether a keyframe should follow a frame, and with it the segment's end.

        Then the waiting frames are the segment's last part, and go out together with
        its end: a playlist with that part alone would hint at a part that never comes,
        and hls.js would request a part that it has.
        """
        if self._keyframe_interval is None or self._last_keyframe is None:
            return False
        end = frame.dts + frame.duration
        expected = self._last_keyframe + self._keyframe_interval * self._video.timescale
        return abs(end - expected) < frame.duration / 2 and self._may_end_at(end)

    def _note_keyframe(self, dts: int) -> None:
        if self._last_keyframe is not None:
            interval = (dts - self._last_keyframe) / self._video.timescale
            self._keyframe_interval = interval
        self._last_keyframe = dts

    def _open_segment(self, frame: Sample) -> None:
        time = frame.dts / self._video.timescale
        observed = self._clock() - time
        if self._epoch is None:
            self._epoch = observed
            self._offset_seconds = self._timeline.offset(observed, time)
        else:
            # Follow a camera whose clock is a little fast or slow, but not one that is
            # late for once: players align playlists by their dates.
            drift = (
                _MAX_DRIFT_RATE
                * (frame.dts - self._segment_start)
                / self._video.timescale
            )
            error = observed - self._epoch
            if abs(error) > _MAX_JITTER_SECONDS:
                self._epoch += min(max(error, -drift), drift)
        self._is_open = True
        self._begins_with_keyframe = frame.is_sync
        self._segment_start = frame.dts
        self._segment_parts = 0
        self._segment_size = 0
        self._timeline.follow(self._epoch, time, self._offset_seconds)
        self._sink.open_segment(self._epoch + time)

    def _close_segment(self) -> None:
        if self._is_open and self._segment_parts:
            self._is_open = False
            # Players can begin with it, however short it is.
            self._short_start &= not self._begins_with_keyframe
            self._sink.close_segment()

    def _cut_part(self) -> None:
        video = self._video_queue
        if not video.samples:
            return
        duration = video.duration_seconds
        self._part_target.fit(video)
        begins_with_keyframe = video.samples[0].is_sync
        end = video.samples[-1].dts + video.samples[-1].duration
        until = end / self._video.timescale
        taken = [(queue.track, queue.take(until)) for queue in self._queues.values()]
        self._sequence_number += 1
        taken = [each for each in taken if each[1]]
        data = write_fragment(self._sequence_number, taken, self._offset_seconds)
        part = PartialSegment(
            index=self._segment_parts,
            duration=duration,
            independent=begins_with_keyframe,
            data=data,
            tracks=TrackSamples.in_fragment(data, taken, self._offset_seconds),
        )
        self._segment_parts += 1
        self._segment_size += len(data)
        self._sink.add_part(part)
        self.played += duration
        if self._is_short_start():
            self._close_segment()
        elif self._is_too_long(end):
            self._max_segment = min(self._max_segment, _KEYLESS_SEGMENT_SECONDS)
            self._close_segment()
        elif self._segment_size + len(data) > self._sink.max_segment_bytes:
            self._close_segment()

    def _is_short_start(self) -> bool:
        """Whether the open segment is the first to begin with, and has enough for it."""
        return (
            self._short_start
            and self._begins_with_keyframe
            and self._segment_parts >= _FIRST_SEGMENT_PARTS
        )

    def _is_too_long(self, end: int) -> bool:
        """Whether the open segment, which lasts until `end`, waits for no keyframe."""
        return end - self._segment_start >= self._max_segment * self._video.timescale
