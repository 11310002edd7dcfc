"""Frames as they come, for players that append each one by itself.

A fragment of one frame is made only while somebody reads, once for all who do. What
came since the newest keyframe is taken from the live window for whoever joins.
"""

import asyncio
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Final, NamedTuple, Protocol

from .errors import StreamStoppedError
from .fmp4 import (
    InitSection,
    Sample,
    Track,
    TrackKind,
    read_part,
    write_fragment,
    write_producer_time,
)
from .window import Window

MAX_QUEUED: Final = 300
"""Fragments that wait for a reader: some four seconds of picture and sound."""
MAX_QUEUED_BYTES: Final = 4 * 1024 * 1024
"""Of the same."""


TRACK_NUMBERS: Final = {TrackKind.VIDEO: b"\x00", TrackKind.AUDIO: b"\x01"}
"""What tells a viewer which track the bytes after it are of."""


class Fragment(NamedTuple):
    """One moof and mdat of one track.

    Before that of a picture that has just come, a prft tells when it came.
    """

    data: bytes
    """Behind the track's number, so that all viewers share the bytes that go out."""
    begins: bool
    """Whether decoding can begin here: a keyframe of the picture."""


class FrameSource(Protocol):
    """What a run's frames come from: its segmenter."""

    on_frame: Callable[[Track, Sample], None] | None

    @property
    def shift(self) -> float:
        """Seconds to be added to decode times."""

    @property
    def pending(self) -> Sequence[tuple[Track, Sequence[Sample]]]:
        """What is in no partial segment yet."""


class FrameReader:
    """What one viewer has not read yet: bounded, since a slow one loses what is old."""

    def __init__(self, backlog: Sequence[InitSection | Fragment]) -> None:
        """Begin with what a viewer that joins needs."""
        self._queue: deque[InitSection | Fragment] = deque(backlog)
        self._size = sum(
            len(each.data) for each in backlog if isinstance(each, Fragment)
        )
        self._max_size = MAX_QUEUED_BYTES + self._size
        self._max_count = MAX_QUEUED + len(backlog)
        self._is_behind = not any(isinstance(each, Fragment) for each in backlog)
        """Whether it waits for a keyframe."""
        self._is_over = False
        self._news = asyncio.Event()

    async def read(self, seconds: float) -> InitSection | Fragment | None:
        """Return what comes next: an init section begins a run, fragments follow.

        None after so many seconds without news, or a nudge.

        Raises:
            StreamStoppedError: the stream was stopped.

        """
        if not self._queue and not self._is_over:
            with suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await self._news.wait()
            self._news.clear()
        if self._queue:
            item = self._queue.popleft()
            if isinstance(item, Fragment):
                self._size -= len(item.data)
            return item
        if self._is_over:
            raise StreamStoppedError
        return None

    def nudge(self) -> None:
        """Let who reads look up."""
        self._news.set()

    def begin_run(self, init: InitSection) -> None:
        """Drop what is left of the run before: it is over."""
        self._queue.clear()
        self._drop_fragments()
        self._queue.append(init)
        self._news.set()

    def put(self, fragment: Fragment) -> None:
        """Queue a fragment; where too many wait, all go, until the next keyframe."""
        size = self._size + len(fragment.data)
        if size > self._max_size or len(self._queue) >= self._max_count:
            self._drop_fragments()
        if self._is_behind and not fragment.begins:
            return
        self._is_behind = False
        self._queue.append(fragment)
        self._size += len(fragment.data)
        self._news.set()

    def end(self) -> None:
        """The stream was stopped."""
        self._is_over = True
        self._queue.clear()
        self._news.set()

    def _drop_fragments(self) -> None:
        self._queue = deque(
            each for each in self._queue if not isinstance(each, Fragment)
        )
        self._size = 0
        self._is_behind = True


class Frames:
    """A stream's frames, over all its runs."""

    def __init__(self, window: Window, clock: Callable[[], float] = time.time) -> None:
        """Give those who join what the window has; `clock` tells the wall clock time."""
        self._window = window
        self._clock = clock
        self._source: FrameSource | None = None
        self._init: InitSection | None = None
        self._readers: list[FrameReader] = []
        self._sequence_number = 0

    @contextmanager
    def reader(self) -> Iterator[FrameReader]:
        """Return a reader that begins at the newest keyframe."""
        reader = FrameReader(self._backlog())
        self._readers.append(reader)
        self._listen()
        try:
            yield reader
        finally:
            self._readers.remove(reader)
            self._listen()

    def begin_run(self, init: InitSection, source: FrameSource) -> None:
        """FFmpeg was started anew."""
        self._source = source
        self._init = init
        self._listen()
        for reader in self._readers:
            reader.begin_run(init)

    def end(self) -> None:
        """The stream was stopped: nobody has anything to wait for."""
        if self._source is not None:
            self._source.on_frame = None
        self._source = self._init = None
        for reader in self._readers:
            reader.end()

    def _listen(self) -> None:
        """Have the source tell of its frames while somebody reads."""
        if self._source is not None:
            self._source.on_frame = self._publish if self._readers else None

    def _publish(self, track: Track, sample: Sample) -> None:
        came = b""
        if track.kind is TrackKind.VIDEO:
            came = write_producer_time(track, sample, self._clock(), self._shift)
        fragment = self._fragment(track, [sample], self._shift, came)
        for reader in self._readers:
            reader.put(fragment)

    @property
    def _shift(self) -> float:
        return self._source.shift if self._source else 0.0

    def _backlog(self) -> list[InitSection | Fragment]:
        """Return the init section and all since the newest keyframe, as far as there are."""
        if self._init is None or self._source is None:
            return []
        pending = [run for run in self._source.pending if run[1]]
        newest = _newest_keyframe(pending, self._init.video)
        fragments: list[Fragment] = []
        if newest is None:
            init, parts = self._window.since_keyframe()
            if init != self._init:
                return [self._init]
            for part in parts:
                fragments += self._taken_apart(part.data)
        else:
            pending = [
                (track, run[newest:] if track is self._init.video else run)
                for track, run in pending
            ]
        if fragments or newest is not None:
            fragments += [
                self._fragment(track, run, self._shift) for track, run in pending
            ]
        return [self._init, *fragments]

    def _taken_apart(self, part: bytes) -> Iterator[Fragment]:
        """Yield a partial segment as one fragment of each track."""
        assert self._init is not None
        samples = read_part(part, self._init)
        for track in self._init.tracks:
            run = [sample for sample in samples if sample.track_id == track.track_id]
            if run:
                yield self._fragment(track, run)

    def _fragment(
        self,
        track: Track,
        run: Sequence[Sample],
        shift: float = 0.0,
        came: bytes = b"",
    ) -> Fragment:
        self._sequence_number += 1
        data = write_fragment(self._sequence_number, [(track, run)], shift)
        begins = track.kind is TrackKind.VIDEO and run[0].is_sync
        return Fragment(b"".join((TRACK_NUMBERS[track.kind], came, data)), begins)


def _newest_keyframe(
    pending: Sequence[tuple[Track, Sequence[Sample]]], video: Track
) -> int | None:
    """Return where the newest keyframe is among the video's pending samples."""
    for track, run in pending:
        if track is video:
            for index in range(len(run) - 1, -1, -1):
                if run[index].is_sync:
                    return index
    return None
