"""The live window: the newest media of a stream, bounded in seconds and in bytes.

Numbers only ever go up: media sequence numbers, part indexes, init sections and the
discontinuity sequence continue over restarts of FFmpeg, so that players continue.
"""

import secrets
import time
from collections.abc import Callable, Iterator, Sequence

from ..media.fmp4 import InitSection
from .keyframe_search import newest_keyframes, parts_since_keyframe
from .numbering import Numbering
from .segment_store import SegmentStore
from .segments import Keyframe, MediaSegment, PartialSegment
from .target_durations import TargetDurations
from .timeline import Timeline
from .waiters import Waiters


class Window:
    """The media of a stream that can be fetched, and the tasks that wait for more."""

    def __init__(
        self,
        *,
        max_duration: float,
        max_bytes: int,
        target_duration: int = 1,
        lookback: float = 0.0,
        max_backlog: float = 12.5,
        timeline: Timeline | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """List at least `max_duration` seconds, hold at most `max_bytes`.

        As far as that allows, `lookback` seconds are held for recordings.
        `target_duration`, in seconds, is the first estimate from the keyframe interval.
        Viewers begin at a keyframe that is at most `max_backlog` seconds old. Other variants
        share `timeline`.
        """
        self.timeline = timeline or Timeline()
        self.prefix = secrets.token_hex(4)
        """The start of each resource's name: no cache confuses two cameras."""
        self.max_backlog = max_backlog
        self.played = 0.0
        """Seconds of all media that ever came."""
        self.revision = 0
        """Counts the changes: playlists of the window stay valid until the next one."""
        self.run_start = (0, 0)
        """Media sequence number and part index at which the media of the present run begin;
        between two runs, those of the next run."""
        self.on_keyframe_wanted: Callable[[], None] | None = None
        """Called when somebody waits for a keyframe and none is near."""
        self._clock = clock
        self._last_part_time = 0.0
        """The clock's time of the newest partial segment."""
        self._store = SegmentStore(
            max_duration=max_duration, max_bytes=max_bytes, lookback=lookback
        )
        self._numbering = Numbering(self.timeline)
        self._targets = TargetDurations(target_duration)
        self._waiters = Waiters()
        self._init: InitSection | None = None
        self._init_id = 0
        self._newest_keyframe: tuple[int, float] | None = None
        """Its media sequence number, and `played` before it."""
        self.run_start = self.next_part

    # Called by the live stream

    def begin_run(self, init: InitSection) -> None:
        """Begin a run of FFmpeg: another timeline, perhaps another init section."""
        self.end_run()
        # In an empty playlist, the run continues the timeline as it is.
        self._numbering.begin_run(follows_media=bool(self.segments))
        if self._init != init:
            self._init = init
            self._init_id += 1
            self.revision += 1

    def end_run(self) -> None:
        """End a run of FFmpeg: its last segment is complete."""
        self._end_open_segment()
        self.run_start = self.next_part

    def expect_target_duration(self, target_duration: int) -> None:
        """Take a better estimate of the target duration, in seconds."""
        self._targets.expect(target_duration)
        self.revision += 1

    def open_segment(self, start: float) -> None:
        """Begin a media segment; `start` is its first frame's wall clock time."""
        assert self._init is not None
        discontinuities = self._numbering.take_discontinuities()
        if not self.segments:
            self._numbering.skip_pause(start, self.target_duration)
        self._store.open(
            MediaSegment(
                msn=self._numbering.take_msn(),
                start=start,
                init=self._init,
                init_id=self._init_id,
                discontinuities=discontinuities,
            )
        )

    def add_part(self, part: PartialSegment) -> None:
        """Append a partial segment to the open media segment.

        Raises:
            WindowOverflowError: the segment would outgrow the window.

        """
        self._store.add_part(part)
        segment = self.segments[-1]
        if part.independent:
            self._newest_keyframe = segment.msn, self.played
        self.played += part.duration
        self._last_part_time = self._clock()
        self._targets.fit(segment.duration)
        self._publish()

    def raise_part_target(self, part_target: float) -> None:
        """Declare that partial segments may last `part_target` seconds."""
        self._targets.raise_part_target(part_target)
        self.revision += 1

    def close_segment(self) -> None:
        """Complete the open media segment."""
        self.segments[-1].is_complete = True
        self._publish()

    def clear(self) -> None:
        """Forget the media, but not the numbers; tasks that wait get StreamStoppedError."""
        self._end_open_segment()
        if self.segments:
            self._numbering.pause(self.segments[-1].end)
        durations = (segment.duration for segment in self.segments)
        self._targets.reset(max(durations, default=None))
        self._store.clear(self._numbering.next_msn)
        self._init = None
        self._newest_keyframe = None
        self.run_start = self.next_part
        self.revision += 1
        self._waiters.stop()

    def _end_open_segment(self) -> None:
        """Complete the segment that a run left open; take back one without media."""
        if (segment := self.growing) is None:
            return
        if segment.parts:
            self.close_segment()
        else:
            self._store.take_back()
            self._numbering.take_back(segment.msn, segment.discontinuities)

    def _publish(self) -> None:
        self._store.trim(self.target_duration)
        self.revision += 1
        self._waiters.wake()

    # Limits

    @property
    def size(self) -> int:
        """Bytes of media in memory."""
        return self._store.size

    @property
    def max_bytes(self) -> int:
        """Bytes of media that may be in memory."""
        return self._store.max_bytes

    @property
    def max_segment_bytes(self) -> int:
        """The size at which a media segment should end, so that complete ones remain."""
        return self._store.max_segment_bytes

    @property
    def held(self) -> float | None:
        """Seconds of media if the limit of bytes shortens them; None if it does not."""
        return self._store.limited_duration

    @property
    def lookback(self) -> float:
        """Seconds of media to hold for recordings."""
        return self._store.lookback

    @lookback.setter
    def lookback(self, seconds: float) -> None:
        self._store.lookback = seconds

    @property
    def target_duration(self) -> int:
        """Seconds; it never shrinks while there are media."""
        return self._targets.target_duration

    @property
    def part_target(self) -> float:
        """Seconds; 0.0 before the first partial segment."""
        return self._targets.part_target

    # Segments and positions

    @property
    def segments(self) -> Sequence[MediaSegment]:
        """All segments in memory, oldest first; the last one may still grow."""
        return self._store.segments

    @property
    def listed(self) -> list[MediaSegment]:
        """The segments in the playlist, oldest first; the last one may still grow."""
        return self._store.listed

    @property
    def growing(self) -> MediaSegment | None:
        """The open media segment."""
        return self._store.growing

    def segment(self, msn: int) -> MediaSegment | None:
        """Return the segment with a media sequence number, if it is in memory."""
        return self._store.get(msn)

    @property
    def latest_init(self) -> InitSection | None:
        """The newest init section."""
        return self._init

    def init_section(self, init_id: int) -> InitSection | None:
        """Return the newest init section, or one that a segment in memory needs."""
        if init_id == self._init_id:
            return self._init
        return self._store.init_section(init_id)

    @property
    def discontinuity_sequence(self) -> int:
        """The number of discontinuities before the playlist."""
        return self._store.discontinuity_sequence

    @property
    def next_part(self) -> tuple[int, int]:
        """Media sequence number and part index of the next partial segment."""
        if (segment := self.growing) is not None:
            return segment.msn, len(segment.parts)
        return self._numbering.next_msn, 0

    @property
    def last_part(self) -> tuple[int, int]:
        """Media sequence number and part index of the newest part; there must be one."""
        last = next(segment for segment in reversed(self.segments) if segment.parts)
        return last.msn, len(last.parts) - 1

    @property
    def last_msn(self) -> int:
        """The newest segment's media sequence number, even while it grows."""
        return self._numbering.next_msn - 1

    @property
    def generation(self) -> int:
        """Counts the calls of `clear()`."""
        return self._waiters.generation

    @property
    def silence(self) -> float:
        """Seconds since the newest partial segment came."""
        return self._clock() - self._last_part_time

    @property
    def now(self) -> float | None:
        """The present time by the clock of the segments' starts; None without media."""
        return self.segments[-1].end + self.silence if self.segments else None

    # Keyframes and readiness

    def keyframes(self) -> Iterator[Keyframe]:
        """Yield the keyframes at the start of partial segments, newest first."""
        return newest_keyframes(self.segments)

    def latest_keyframe(self, msn: int = 0, index: int = 0) -> Keyframe | None:
        """Return the newest keyframe, if it is not before a partial segment."""
        keyframe = next(self.keyframes(), None)
        if keyframe is None or keyframe.position < (msn, index):
            return None
        return keyframe

    def since_keyframe(self) -> tuple[InitSection | None, list[PartialSegment]]:
        """Return the newest run's parts from its newest keyframe on, and its init section."""
        return parts_since_keyframe(self.segments)

    @property
    def is_listable(self) -> bool:
        """Whether there is a complete segment: players refuse a playlist without one."""
        return any(segment.is_complete for segment in self.segments)

    @property
    def is_ready(self) -> bool:
        """Whether a player can begin: at a keyframe, in a playlist that it accepts."""
        return self._is_ready()

    def has(self, msn: int, part: int | None = None) -> bool:
        """Return whether a segment, or one of its parts, has come, even if it has gone.

        A part beyond the end of its segment is part 0 of the next one (6.2.5.2).
        """
        segment = self.segment(msn)
        if segment is None:
            return msn <= self.last_msn
        if part is None:
            return segment.is_complete
        if part < len(segment.parts):
            return True
        return segment.is_complete and self.has(msn + 1, 0)

    def want_keyframe(self) -> None:
        """Ask for a keyframe if no listed one is near enough to begin at."""
        if self.on_keyframe_wanted and self.segments and not self._has_near_keyframe():
            self.on_keyframe_wanted()

    def _is_ready(self) -> bool:
        return self.is_listable and self._has_near_keyframe()

    def _has_near_keyframe(self) -> bool:
        if self._newest_keyframe is None:
            return False
        msn, played_before = self._newest_keyframe
        is_near = self.played - played_before <= self.max_backlog
        return is_near and msn >= self._store.listed_from

    # Waiting; each raises StreamStoppedError if the stream is stopped meanwhile

    async def wait_for(self, msn: int, part: int | None = None) -> None:
        """Return once `has()` is true."""
        await self._waiters.wait_until(self.has, msn, part)

    async def wait_keyframe(self, msn: int = 0, index: int = 0) -> Keyframe:
        """Return `latest_keyframe()` once there is one."""
        self.want_keyframe()
        await self._waiters.wait_until(self.latest_keyframe, msn, index)
        keyframe = self.latest_keyframe(msn, index)
        assert keyframe is not None
        return keyframe

    async def wait_ready(self) -> None:
        """Return once a player can begin."""
        self.want_keyframe()
        await self._waiters.wait_until(self._is_ready)
