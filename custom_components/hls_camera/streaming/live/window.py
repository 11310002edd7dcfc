"""The live window: the newest media of a stream, bounded in seconds and in bytes.

Numbers only ever go up: media sequence numbers, part indexes, init sections and the
discontinuity sequence continue over restarts of FFmpeg, so that a player goes on.
"""

import asyncio
import math
import secrets
import time
from collections import deque
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from ..errors import StreamStoppedError, WindowOverflowError
from ..media.fmp4 import InitSection
from .timeline import Timeline

FIRST_MSN: Final = 1
"""hls.js stalls for a second at the start of a stream that begins at zero."""
_LISTED_TARGETS: Final = 4
"""Target durations listed, at least; three are what a client may ask for."""
_CLOCK_ERROR: Final = 1.0
"""Seconds that a segment may seem to end after the next one began."""
_SEGMENTS_HELD: Final = 4
"""Segments that always fit into the window, however large they grow."""
_KEPT_TARGETS: Final = 3
"""Target durations for which media can be fetched after they left the playlist."""


@dataclass(frozen=True, slots=True)
class PartialSegment:
    """A partial segment (RFC 8216bis, 4.4.4.9)."""

    index: int
    duration: float
    """Seconds."""
    independent: bool
    """Whether it begins with a keyframe."""
    data: bytes


@dataclass(slots=True)
class MediaSegment:
    """A media segment, whole or still growing."""

    msn: int
    start: float
    """Wall clock time of the first frame, in seconds since the epoch."""
    init_id: int
    discontinuities: int
    """How many the timeline has had since the segment before (RFC 8216bis, 4.4.4.3)."""
    parts: list[PartialSegment] = field(default_factory=list)
    is_complete: bool = False
    duration: float = 0.0
    """Seconds, of the parts so far."""
    size: int = 0
    """Bytes, of the parts so far."""


@dataclass(frozen=True, slots=True)
class Keyframe:
    """A partial segment that begins with a keyframe, and where it is."""

    msn: int
    start: float
    """Wall clock time, in seconds since the epoch."""
    end: float
    """The same of the last frame that hangs on it, as far as it has come."""
    init: InitSection
    part: PartialSegment

    @property
    def position(self) -> tuple[int, int]:
        """Media sequence number and part index."""
        return self.msn, self.part.index


class _Condition(NamedTuple):
    """What somebody waits for: equal ones are looked at once a change."""

    is_met: Callable[..., object]
    args: tuple[int | None, ...]


class Window:
    """The media of a stream that can be fetched."""

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

        So far as they allow, `lookback` seconds are held, for recordings.
        `target_duration`, in seconds, is what is known beforehand of the keyframe
        interval: it may grow, and never shrinks while there are media. Viewers begin at
        a keyframe that is at most `max_backlog` seconds old. `timeline` is shared with
        other variants.
        """
        self.timeline = timeline or Timeline()
        self.prefix = secrets.token_hex(4)
        """Begins every resource's name: no cache can mistake one session's for another's."""
        self._expected_duration = max(1, target_duration)
        self.target_duration = self._expected_duration
        self.part_target = 0.0
        """Seconds; 0.0 until the first partial segment is there."""
        self.discontinuity_sequence = 0
        self.played = 0.0
        """Seconds of media that ever came in."""
        self.lookback = lookback
        """Seconds of media to hold for recordings."""
        self.revision = 0
        """Counts the changes, so that what is made from the window can be kept."""
        self.clears = 0
        """Counts how often the media were forgotten."""
        self._max_duration = max_duration
        self._max_bytes = max_bytes
        self.max_backlog = max_backlog
        self._clock = clock
        self._last_came = 0.0
        """When the newest partial segment came, by the clock."""
        self._segments: deque[MediaSegment] = deque()
        self._inits: dict[int, InitSection] = {}
        self._init_id = 0
        self._next_msn = FIRST_MSN
        self._next_is_discontinuous = False
        self._last_discontinuity = 0
        self._paused_at: float | None = None
        """Wall clock time of the end of what was forgotten."""
        self._listed_from = FIRST_MSN
        self._newest_keyframe: tuple[int, float] | None = None
        """Its media sequence number, and what had been `played` before it."""
        self._run_start = (FIRST_MSN, 0)
        self._is_full = False
        """Whether media have left for their size."""
        self.on_keyframe_wanted: Callable[[], None] | None = None
        """Called when somebody waits for a keyframe and none is near."""
        self._size = 0
        self._awaited: dict[_Condition, asyncio.Event] = {}
        """Whoever waits for the same waits for the same event, and for no other part."""

    # What the segmenter and the session do to it

    def begin_run(self, init: InitSection) -> None:
        """FFmpeg was started anew: another timeline, perhaps another init section."""
        self.end_run()
        # Into an empty playlist, the run goes on with the timeline as it is.
        self._next_is_discontinuous = bool(self._segments)
        if self._init_id == 0 or self._inits.get(self._init_id) != init:
            self._init_id += 1
            self._inits[self._init_id] = init
            self._forget_inits()
            self.revision += 1

    def end_run(self) -> None:
        """FFmpeg has ended: nothing more comes of its run."""
        self._end_open_segment()
        self._run_start = self.next_part

    def expect_target_duration(self, target_duration: int) -> None:
        """Take what became known of the keyframe interval, in seconds."""
        self._expected_duration = max(1, target_duration)
        self.target_duration = max(self.target_duration, target_duration)
        self.revision += 1

    def open_segment(self, start: float) -> None:
        """Begin a media segment; `start` is its first frame's wall clock time."""
        if self._next_is_discontinuous:
            self.timeline.discontinuity += 1
        # Those of other variants, too: a number is to mean the same in all of them.
        discontinuities = self.timeline.discontinuity - self._last_discontinuity
        self._last_discontinuity = self.timeline.discontinuity
        if not self._segments:
            self._next_msn += self._missed(start)
            self._listed_from = self._next_msn
            self.discontinuity_sequence += discontinuities
            discontinuities = 0
        self._segments.append(
            MediaSegment(
                msn=self._next_msn,
                start=start,
                init_id=self._init_id,
                discontinuities=discontinuities,
            )
        )
        self._next_msn += 1
        self._next_is_discontinuous = False

    def _missed(self, start: float) -> int:
        """Return how many segments there would have been since the last one.

        A player that was there before the pause, hls.js above all, infers from a media
        sequence number where a playlist is that shares no segment with the one it knows.
        """
        if self._paused_at is None:
            return 0
        return math.ceil(max(0.0, start - self._paused_at) / self.target_duration)

    def add_part(self, data: bytes, duration: float, *, independent: bool) -> None:
        """Append a partial segment to the open media segment.

        Raises:
            WindowOverflowError: with it, the segment would outgrow the window.

        """
        segment = self._segments[-1]
        if segment.size + len(data) > self._max_bytes:
            msg = f"a segment of {segment.size + len(data)} bytes"
            raise WindowOverflowError(msg)
        if independent:
            self._newest_keyframe = segment.msn, self.played
        segment.parts.append(
            PartialSegment(len(segment.parts), duration, independent, data)
        )
        segment.duration += duration
        self.played += duration
        segment.size += len(data)
        self._size += len(data)
        self._last_came = self._clock()
        # EXTINF rounded to the nearest integer must not exceed it (4.4.3.1).
        self.target_duration = max(self.target_duration, _rounded(segment.duration))
        self._trim()
        self._publish()

    def raise_part_target(self, part_target: float) -> None:
        """Declare that partial segments may last `part_target` seconds."""
        self.part_target = max(self.part_target, part_target)
        self.revision += 1

    def close_segment(self) -> None:
        """The open media segment is complete."""
        self._segments[-1].is_complete = True
        self._trim()
        self._publish()

    def clear(self) -> None:
        """Forget the media, not the numbers. Whoever waits is told that it stopped."""
        self._end_open_segment()
        self._list_from(self._next_msn)
        if self._segments:
            self._paused_at = self._segments[-1].start + self._segments[-1].duration
            # What was long for once need not come again.
            longest = max(segment.duration for segment in self._segments)
            self.target_duration = max(self._expected_duration, _rounded(longest))
        self._segments = deque()
        self._newest_keyframe = None
        self._is_full = False
        self._run_start = self.next_part
        self._inits = {}
        self._size = 0
        self.part_target = 0.0
        self.clears += 1
        self.revision += 1
        for awaited in self._awaited.values():
            awaited.set()
        self._awaited.clear()

    # What players get from it

    @property
    def size(self) -> int:
        """Bytes of media held."""
        return self._size

    @property
    def max_bytes(self) -> int:
        """Bytes of media that it may hold."""
        return self._max_bytes

    @property
    def max_segment_bytes(self) -> int:
        """The size at which a media segment is to end, so that whole ones remain."""
        return self._max_bytes // _SEGMENTS_HELD

    @property
    def held(self) -> float | None:
        """Seconds of media, where their size limits them; None while there is room."""
        if not self._is_full:
            return None
        return sum(segment.duration for segment in self._segments)

    @property
    def is_listable(self) -> bool:
        """Whether there is a whole segment: a playlist without one makes players fail."""
        return any(segment.is_complete for segment in self._segments)

    @property
    def is_ready(self) -> bool:
        """Whether a player can begin: at a keyframe, in a playlist that it accepts."""
        return self._is_ready()

    @property
    def listed(self) -> list[MediaSegment]:
        """The playlist's segments, oldest first; the last one may still grow."""
        return [
            segment for segment in self._segments if segment.msn >= self._listed_from
        ]

    @property
    def next_part(self) -> tuple[int, int]:
        """Media sequence number and part index of what comes next."""
        if self._segments and not (last := self._segments[-1]).is_complete:
            return last.msn, len(last.parts)
        return self._next_msn, 0

    @property
    def run_start(self) -> tuple[int, int]:
        """Where the media of the present run begin, or of the next one between two."""
        return self._run_start

    @property
    def last_part(self) -> tuple[int, int]:
        """Media sequence number and part index of what came last; there must be one."""
        last = next(segment for segment in reversed(self._segments) if segment.parts)
        return last.msn, len(last.parts) - 1

    @property
    def last_msn(self) -> int:
        """The newest segment's media sequence number, the growing one included."""
        return self._next_msn - 1

    def init_section(self, init_id: int) -> InitSection | None:
        """Return an init section that a held segment needs."""
        return self._inits.get(init_id)

    @property
    def latest_init(self) -> InitSection | None:
        """The newest init section."""
        return self._inits.get(self._init_id)

    @property
    def growing(self) -> MediaSegment | None:
        """The open media segment."""
        if not self._segments or self._segments[-1].is_complete:
            return None
        return self._segments[-1]

    def segment(self, msn: int) -> MediaSegment | None:
        """Return a held segment."""
        if not self._segments:
            return None
        index = msn - self._segments[0].msn
        return self._segments[index] if 0 <= index < len(self._segments) else None

    @property
    def silence(self) -> float:
        """Seconds since the newest partial segment came."""
        return self._clock() - self._last_came

    @property
    def now(self) -> float | None:
        """What time it is by the clock of the segments' starts; None without media."""
        if not self._segments:
            return None
        last = self._segments[-1]
        return last.start + last.duration + self.silence

    def keyframes(self) -> Iterator[Keyframe]:
        """Yield the keyframes that partial segments begin with, newest first.

        Where the wall clock was set back between two runs, the older one's times are
        those at which it would have ended when the newer one began.
        """
        end: float | None = None
        start = math.inf
        set_back = 0.0
        for segment in reversed(self._segments):
            segment_end = segment.start + segment.duration
            if segment_end - set_back > start + _CLOCK_ERROR:
                set_back = segment_end - start
            start = segment_end - set_back
            for part in reversed(segment.parts):
                end = start if end is None else end
                start -= part.duration
                init = self._inits.get(segment.init_id)
                if part.independent and init is not None:
                    yield Keyframe(segment.msn, start, end, init, part)
                    end = None

    def latest_keyframe(self, msn: int = 0, index: int = 0) -> Keyframe | None:
        """Return the newest keyframe, if it is not before a partial segment."""
        keyframe = next(self.keyframes(), None)
        if keyframe is None or keyframe.position < (msn, index):
            return None
        return keyframe

    def since_keyframe(self) -> tuple[InitSection | None, list[PartialSegment]]:
        """Return the newest partial segment that begins with a keyframe, and all after it.

        They are of one run, whose init section comes first; nothing where there are none.
        """
        parts: list[PartialSegment] = []
        for segment in reversed(self._segments):
            for part in reversed(segment.parts):
                parts.insert(0, part)
                if part.independent:
                    return self._inits.get(segment.init_id), parts
            if segment.discontinuities:
                break
        return None, []

    def has(self, msn: int, part: int | None = None) -> bool:
        """Whether a segment, or one of its parts, has come; gone ones have come, too.

        A part beyond the end of its segment is part 0 of the next (6.2.5.2).
        """
        segment = self.segment(msn)
        if segment is None:
            return msn < self._next_msn
        if part is None:
            return segment.is_complete
        if part < len(segment.parts):
            return True
        return segment.is_complete and self.has(msn + 1, 0)

    async def wait_for(self, msn: int, part: int | None = None) -> None:
        """Return once `has()` is true.

        Raises:
            StreamStoppedError: the stream was stopped meanwhile.

        """
        await self._until(self.has, msn, part)

    async def wait_keyframe(self, msn: int = 0, index: int = 0) -> Keyframe:
        """Return `latest_keyframe()` once there is one.

        Raises:
            StreamStoppedError: the stream was stopped meanwhile.

        """
        self.want_keyframe()
        await self._until(self.latest_keyframe, msn, index)
        keyframe = self.latest_keyframe(msn, index)
        assert keyframe is not None
        return keyframe

    def follow(self, first: Keyframe) -> AsyncGenerator[tuple[InitSection, bytes]]:
        """Yield partial segments from a keyframe on, as they come.

        Who is too slow to have them all goes on with the newest keyframe.

        Raises:
            StreamStoppedError: the stream was stopped; what came before has been yielded.

        """
        return self._follow(first, self._segments, self._inits)

    async def _follow(
        self,
        first: Keyframe,
        segments: deque[MediaSegment],
        inits: dict[int, InitSection],
    ) -> AsyncGenerator[tuple[InitSection, bytes]]:
        msn, index = first.position
        while self._segments is segments:
            with suppress(StreamStoppedError):
                await self.wait_for(msn, index)
            if self._segments is not segments:
                break
            segment = self.segment(msn)
            init = self.init_section(segment.init_id) if segment else None
            if segment is None or init is None:
                msn, index = (await self.wait_keyframe(msn + 1)).position
            elif index < len(segment.parts):
                yield init, segment.parts[index].data
                index += 1
            else:
                msn, index = msn + 1, 0
        # The window has forgotten what came before the stop; whoever follows has not.
        for segment in segments:
            for part in segment.parts:
                if (segment.msn, part.index) >= (msn, index):
                    yield inits[segment.init_id], part.data
        raise StreamStoppedError

    async def wait_ready(self) -> None:
        """Return once a player can begin.

        Raises:
            StreamStoppedError: the stream was stopped meanwhile.

        """
        self.want_keyframe()
        await self._until(self._is_ready)

    def want_keyframe(self) -> None:
        """Note that somebody could begin at a keyframe only."""
        if self.on_keyframe_wanted and self._segments and not self._has_near_keyframe():
            self.on_keyframe_wanted()

    def _is_ready(self) -> bool:
        return self.is_listable and self._has_near_keyframe()

    def _has_near_keyframe(self) -> bool:
        """Whether a listed keyframe is near enough to the newest media to begin at."""
        if self._newest_keyframe is None:
            return False
        msn, played_before = self._newest_keyframe
        return (
            msn >= self._listed_from and self.played - played_before <= self.max_backlog
        )

    async def _until(self, is_met: Callable[..., object], *args: int | None) -> None:
        """Return once `is_met(*args)` is true."""
        clears = self.clears
        while not is_met(*args):
            condition = _Condition(is_met, args)
            await self._awaited.setdefault(condition, asyncio.Event()).wait()
            if self.clears != clears:
                raise StreamStoppedError

    def _publish(self) -> None:
        self.revision += 1
        met = [
            condition
            for condition in self._awaited
            if condition.is_met(*condition.args)
        ]
        for condition in met:
            self._awaited.pop(condition).set()

    def _trim(self) -> None:
        """Take what is too old off the playlist, and what is older out of memory."""
        listed = max(self._max_duration, _LISTED_TARGETS * self.target_duration)
        kept = max(listed + _KEPT_TARGETS * self.target_duration, self.lookback)
        age = 0.0
        drop_before = listed_from = self._segments[0].msn
        for segment in reversed(self._segments):
            # A segment leaves once those after it fill the window.
            if age >= listed:
                listed_from = max(listed_from, segment.msn + 1)
            if age >= kept:
                drop_before = max(drop_before, segment.msn + 1)
            age += segment.duration
        excess = self._size - self._max_bytes
        self._is_full |= excess > 0
        for segment in self._segments:
            if excess <= 0:
                break
            excess -= segment.size
            drop_before = max(drop_before, segment.msn + 1)
        self._list_from(max(listed_from, drop_before))
        while self._segments[0].msn < drop_before:
            self._drop_first()

    def _list_from(self, msn: int) -> None:
        """Take the segments before a media sequence number off the playlist."""
        self.discontinuity_sequence += sum(
            segment.discontinuities
            for segment in self._segments
            if self._listed_from <= segment.msn < msn
        )
        self._listed_from = max(self._listed_from, msn)

    def _end_open_segment(self) -> None:
        """Complete what a run left open; take back a segment that has nothing."""
        if not self._segments or self._segments[-1].is_complete:
            return
        if self._segments[-1].parts:
            self.close_segment()
        else:
            taken_back = self._segments.pop()
            self._next_msn = taken_back.msn
            self._last_discontinuity -= taken_back.discontinuities

    def _drop_first(self) -> None:
        dropped = self._segments.popleft()
        self._size -= dropped.size
        self._forget_inits()

    def _forget_inits(self) -> None:
        """Let go of the init sections that no segment needs."""
        needed = {self._init_id, *(segment.init_id for segment in self._segments)}
        for init_id in self._inits.keys() - needed:
            del self._inits[init_id]


def _rounded(duration: float) -> int:
    """Return seconds as the RFC rounds them: to the nearest integer, halves upwards."""
    return math.floor(duration + 0.5)
