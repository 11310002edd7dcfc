"""Readers of one endless file: FFmpeg, go2rtc, VLC and other programs.

A reader begins at the newest keyframe, gets each picture as soon as it is there, and goes on
over restarts of FFmpeg. Its times begin at 0 and never run backwards.
"""

import asyncio
from collections import Counter, deque
from collections.abc import AsyncGenerator, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Final, Protocol, override

from ..errors import StreamNotReadyError, StreamStoppedError, TooSlowError
from ..live.backlog import TrackRun, since_keyframe
from ..live.output import Output
from ..live.stream import LiveStream
from ..media.endless import TIMESCALE, Container, Format, Frame, scaled
from ..media.fmp4 import InitSection, Sample, Track, TrackKind
from ..media.mp4_stream import Mp4Container
from ..media.mpeg_ts import TsContainer
from .viewers import Audience

MAX_QUEUED_BYTES: Final = 8 * 1024 * 1024
"""Bytes that a reader may be behind."""
MAX_QUEUED: Final = 1500
"""Pictures and frames of sound that it may be behind: some 20 seconds."""
FIRST_PICTURE_TIMEOUT_S: Final = 30.0
"""Seconds that a reader waits for its first picture."""
PAUSE_INTERVAL_S: Final = 2.0
"""Seconds between two signs of life while no media come."""

_CONTAINERS: Final[Mapping[Format, type[Container]]] = {
    Format.MPEG_TS: TsContainer,
    Format.MP4: Mp4Container,
}


class Readable(Protocol):
    """A stream as a reader needs it."""

    readers: Counter[str]
    """The number of readers of each format."""

    @property
    def audience(self) -> Audience:
        """The viewers of the stream."""

    @property
    def live(self) -> LiveStream:
        """The media of the stream."""


async def read(stream: Readable, token: str, wanted: Format) -> AsyncGenerator[bytes]:
    """Yield a reader's file until the stream is stopped or given up.

    The token dies at the end, so that a reader who has left is not counted.

    Raises:
        StreamStoppedError: the token is dead.
        StreamNotReadyError: no picture came in time.
        SourceChangedError: the file cannot go on: the camera sends another codec.
        TooSlowError: the reader is too far behind.
        HlsCameraError: the stream cannot be woken, or the token is in use.

    """
    if not stream.audience.touch(token):
        raise StreamStoppedError
    queue = _Queue()
    with stream.audience.hold_once(token, queue.clear):
        stream.readers[wanted] += 1
        try:
            with queue.attached(stream.live), suppress(StreamStoppedError):
                async for data in _file(queue, _CONTAINERS[wanted]()):
                    yield data
        finally:
            stream.readers[wanted] -= 1


async def _file(queue: _Queue, target: Container) -> AsyncGenerator[bytes]:
    times = _Times()
    head = b""
    while not times.has_begun:
        items = await queue.take(FIRST_PICTURE_TIMEOUT_S)
        if not items:
            raise StreamNotReadyError
        head += _write(items, times, target)
    yield head
    while True:
        items = await queue.take(PAUSE_INTERVAL_S)
        data = _write(items, times, target) if items else target.pause()
        if data:
            yield data


def _write(
    items: Sequence[InitSection | TrackRun], times: _Times, target: Container
) -> bytes:
    """Return the bytes of the items."""
    pieces: list[bytes] = []
    frames: list[Frame] = []
    for item in items:
        if isinstance(item, InitSection):
            pieces.append(target.write(frames))
            frames = []
            times.begin_run()
            pieces.append(target.begin(item))
        else:
            frames += times.placed(item)
    pieces.append(target.write(frames))
    return b"".join(pieces)


class _Queue(Output):
    """The items that a reader has not taken yet, within limits."""

    takes_frames = True

    def __init__(self) -> None:
        """Begin empty."""
        self._items: deque[InitSection | TrackRun] = deque()
        self._size = 0
        self._max_size = MAX_QUEUED_BYTES
        self._max_count = MAX_QUEUED
        self._is_over = False
        self._is_too_slow = False
        self._news = asyncio.Event()
        self._stream: LiveStream

    @contextmanager
    def attached(self, stream: LiveStream) -> Iterator[None]:
        """Take the media of a stream, from its newest keyframe on."""
        self._stream = stream
        # At an old keyframe, the reader would see the past before the present.
        stream.window.want_keyframe()
        if stream.init is not None:
            self.begin_run(stream.init)
            for run in since_keyframe(stream):
                self._put(run)
        # The media with which a reader begins are not a delay of its own.
        self._max_size += self._size
        self._max_count += len(self._items)
        detach = stream.attach(self)
        try:
            yield
        finally:
            detach()

    async def take(self, seconds: float) -> Sequence[InitSection | TrackRun]:
        """Return the new items; none after so many seconds without a picture.

        Raises:
            StreamStoppedError: the stream was stopped.
            TooSlowError: too much has come since the last call.

        """
        if not self._is_over:
            with suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await self._news.wait()
        self._news.clear()
        if self._is_too_slow:
            raise TooSlowError
        if self._is_over:
            raise StreamStoppedError
        items = tuple(self._items)
        self._items.clear()
        self._size = 0
        return items

    def _put(self, run: TrackRun) -> None:
        self._items.append(run)
        self._size += sum(len(sample.data) for sample in run.samples)
        # Sound alone wakes nobody: it is sent with the next picture.
        if run.track.kind is TrackKind.VIDEO:
            self._news.set()

    @override
    def begin_run(self, init: InitSection) -> None:
        self._items.append(init.paced(self._stream.frame_seconds))

    @override
    def frame(self, track: Track, sample: Sample) -> None:
        if self._is_over:
            return
        self._put(TrackRun(track, (sample,), self._stream.timeline_offset))
        if self._size > self._max_size or len(self._items) > self._max_count:
            self._is_too_slow = True
            self.clear()

    @override
    def clear(self) -> None:
        self._is_over = True
        self._items.clear()
        self._size = 0
        self._news.set()


class _Times:
    """Places the samples of all runs on one reader's time."""

    def __init__(self) -> None:
        """Begin with the first picture."""
        self.has_begun = False
        """Whether a picture has come."""
        self._zero = 0
        """The time of the timeline, in 90 kHz, that is 0 for the reader."""
        self._begin = 0
        """The decode time of the run's first picture."""
        self._next: dict[TrackKind, int] = dict.fromkeys(TrackKind, 0)
        """The earliest decode time of the next frame of each kind."""
        self._waits = True
        """Whether the run's first keyframe has not come."""

    def begin_run(self) -> None:
        """Begin a run: nothing passes before its first keyframe."""
        self._waits = True

    def placed(self, run: TrackRun) -> Iterator[Frame]:
        """Yield the frames of samples that a reader can decode."""
        kind, timescale = run.track.kind, run.track.timescale
        offset = round(run.timeline_offset * TIMESCALE)
        for sample in run.samples:
            time = offset + scaled(sample.dts, timescale)
            if self._waits:
                if kind is TrackKind.AUDIO or not sample.is_sync:
                    continue
                self._begin_at(time)
            dts = time - self._zero
            if kind is TrackKind.AUDIO and dts < max(self._begin, self._next[kind]):
                continue  # It is from before the picture, or has been sent.
            shown = offset + scaled(sample.dts + sample.composition_offset, timescale)
            dts = max(dts, self._next[kind])
            self._next[kind] = dts + 1
            yield Frame(
                kind,
                dts,
                shown - self._zero,
                scaled(sample.duration, timescale),
                sample.is_sync,
                sample.data,
            )

    def _begin_at(self, time: int) -> None:
        """Begin a run with a picture of that time, behind all that was sent."""
        if not self.has_begun:
            self._zero = time
        # It runs backwards if the wall clock was set back, or a camera repeats pictures.
        self._zero = min(self._zero, time - max(self._next.values()))
        self._begin = time - self._zero
        self._waits = False
        self.has_begun = True
