"""Frames as they come, for players that append each one by itself.

A fragment of one frame is made only while there are readers, once for all of them. A new
reader begins with the media since the newest keyframe, which are in the live window.
"""

import asyncio
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import cached_property
from typing import Final, NamedTuple, override

from ..errors import StreamStoppedError
from ..media.fmp4 import (
    InitSection,
    Sample,
    Track,
    TrackKind,
    write_fragment,
    write_producer_time,
)
from .backlog import since_keyframe
from .output import Output
from .stream import LiveStream

MAX_QUEUED: Final = 300
"""Fragments that a reader may be behind: some four seconds of picture and sound."""
MAX_QUEUED_BYTES: Final = 4 * 1024 * 1024
"""Bytes that it may be behind."""


_LONGEST_STEP: Final = 2
"""Durations of a picture that may pass before the next one is decoded."""

TRACK_NUMBERS: Final = {TrackKind.VIDEO: b"\x00", TrackKind.AUDIO: b"\x01"}
"""The first byte of each binary message, which names the track."""


class Fragment(NamedTuple):
    """One moof and mdat of one track, behind the track's number.

    Before a new frame of the picture there is a prft with the time at which it came.
    """

    data: bytes
    """The bytes, which all readers share."""
    begins: bool
    """Whether decoding can begin here: a keyframe of the picture."""
    pictures: int
    """The number of frames of the picture."""
    timed: int = 0
    """The prft's size in bytes."""

    def aged(self) -> Fragment:
        """Return the fragment without the time at which it came."""
        if not self.timed:
            return self
        data = self.data[:1] + self.data[1 + self.timed :]
        return Fragment(data, self.begins, self.pictures)


class _Link:
    """A fragment in a chain; it is freed when no reader needs it any more."""

    def __init__(
        self, fragment: Fragment | None = None, before: _Link | None = None
    ) -> None:
        """Append a fragment to a chain, or begin one."""
        self.fragment = fragment
        self.next: _Link | None = None
        # Totals of the chain so far, from which readers compute their distance to live.
        self.count = self.size = self.pictures = 0
        if before is not None and fragment is not None:
            before.next = self
            self.count = before.count + 1
            self.size = before.size + len(fragment.data)
            self.pictures = before.pictures + fragment.pictures

    @cached_property
    def aged(self) -> Fragment | None:
        """The fragment for later readers, without the time at which it came."""
        return self.fragment.aged() if self.fragment else None


class _Chain:
    """The fragments of one run, which all readers share."""

    def __init__(self, max_join_bytes: int, backlog: Iterable[Fragment] = ()) -> None:
        """Begin with the fragments since a keyframe; a new reader gets `max_join_bytes` at most."""
        self.newest = first = _Link()
        self.keyframe: _Link | None = None
        """The link before the newest keyframe, where a reader may join."""
        self._max_join_bytes = max_join_bytes
        for fragment in backlog:
            self.append(fragment)
            # Sound of the keyframe's partial segment may stand before it.
            self.keyframe = first

    def append(self, fragment: Fragment) -> None:
        """Add the newest fragment."""
        before = self.newest
        self.newest = _Link(fragment, before)
        if fragment.begins:
            self.keyframe = before
        elif self.keyframe and self._since(self.keyframe) > self._max_join_bytes:
            self.keyframe = None

    def _since(self, link: _Link) -> int:
        return self.newest.size - link.size


class FrameReader:
    """The position of one viewer in the chain; a slow one loses old fragments."""

    def __init__(self) -> None:
        """Begin with nothing to read."""
        self._init: InitSection | None = None
        """The init section to read first."""
        self._read: _Link | None = None
        """The last link that was read; None while the reader waits for a keyframe."""
        self._joined = 0
        """The count of the newest fragment that came before the viewer."""
        self._is_late = False
        """Whether the reader waits for a keyframe because it was too slow."""
        self._max_count = MAX_QUEUED
        self._max_size = MAX_QUEUED_BYTES
        self._is_over = False
        self._news = asyncio.Event()

    def join(self, init: InitSection, chain: _Chain) -> None:
        """Continue with a run at its newest keyframe, and drop the rest of another one."""
        self._init = init
        self._read = chain.keyframe
        self._is_late = False
        self._joined = chain.newest.count
        # The fragments with which a viewer begins are not a delay of its own.
        begin = chain.keyframe or chain.newest
        self._max_count = MAX_QUEUED + chain.newest.count - begin.count
        self._max_size = MAX_QUEUED_BYTES + chain.newest.size - begin.size
        self._news.set()

    async def read(self, seconds: float) -> InitSection | Fragment | None:
        """Return the init section that begins a run, or the next fragment of it.

        Return None after so many seconds without a fragment, or after `nudge()`.

        Raises:
            StreamStoppedError: the stream was stopped.

        """
        if not self._has_more and not self._is_over:
            with suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await self._news.wait()
            self._news.clear()
        if self._is_over:
            raise StreamStoppedError
        if self._init is not None:
            init, self._init = self._init, None
            return init
        if self._read is None or self._read.next is None:
            return None
        self._read = self._read.next
        is_old = self._read.count <= self._joined
        return self._read.aged if is_old else self._read.fragment

    @property
    def _has_more(self) -> bool:
        is_new = self._read is not None and self._read.next is not None
        return self._init is not None or is_new

    def nudge(self) -> None:
        """Let `read()` return without a fragment."""
        self._news.set()

    def take(self, chain: _Chain) -> int:
        """Note that a chain has a new fragment; return the number of pictures lost.

        A reader that is too far behind loses everything until the next keyframe.
        """
        newest, lost = chain.newest, 0
        assert newest.fragment is not None
        if self._read is not None and self._is_too_far_behind(newest):
            lost = newest.pictures - self._read.pictures
            self._read, self._is_late = None, True
        elif self._is_late:
            lost = newest.fragment.pictures
        if self._read is None and newest.fragment.begins:
            lost -= newest.fragment.pictures if self._is_late else 0
            self._read, self._is_late = chain.keyframe, False
        if self._read is not None:
            self._news.set()
        return lost

    def _is_too_far_behind(self, newest: _Link) -> bool:
        assert self._read is not None
        return (
            newest.count - self._read.count > self._max_count
            or newest.size - self._read.size > self._max_size
        )

    def end(self) -> None:
        """End the reader: the stream was stopped."""
        self._is_over = True
        self._init = self._read = None
        self._news.set()


class Frames(Output):
    """A stream's frames, over all its runs; attached while there are readers."""

    takes_frames = True

    def __init__(
        self, stream: LiveStream, clock: Callable[[], float] = time.time
    ) -> None:
        """Read from a live stream; `clock` returns the wall clock time in seconds."""
        self._stream = stream
        self._clock = clock
        self._readers: list[FrameReader] = []
        self._chain = self._new_chain()
        self._detach: Callable[[], None] = _nothing
        self._sequence_number = 0
        self._sent: tuple[int, int] | None = None
        """Decode time and duration of the newest picture, as sent to viewers."""
        self.skipped = 0
        """Pictures that readers did not get because they were too slow."""

    @contextmanager
    def reader(self) -> Iterator[FrameReader]:
        """Return a reader that begins at the newest keyframe."""
        if not self._readers:
            self._chain = self._new_chain(self._backlog())
        # At an old keyframe, the viewer would see the past before the present.
        self._stream.window.want_keyframe()
        reader = FrameReader()
        if self._stream.init is not None:
            reader.join(self._stream.init, self._chain)
        self._readers.append(reader)
        if len(self._readers) == 1:
            self._detach = self._stream.attach(self)
        try:
            yield reader
        finally:
            self._readers.remove(reader)
            if not self._readers:
                self._detach()
                self._chain = self._new_chain()

    @override
    def begin_run(self, init: InitSection) -> None:
        self._chain = self._new_chain()
        for reader in self._readers:
            reader.join(init, self._chain)

    @override
    def clear(self) -> None:
        self._chain = self._new_chain()
        for reader in self._readers:
            reader.end()

    @override
    def frame(self, track: Track, sample: Sample) -> None:
        came = b""
        if track.kind is TrackKind.VIDEO:
            sample = self._connected(sample)
            came = write_producer_time(
                track, sample, self._clock(), self._stream.timeline_offset
            )
        self._chain.append(
            self._fragment(track, [sample], self._stream.timeline_offset, came)
        )
        self.skipped += sum(reader.take(self._chain) for reader in self._readers)

    def _connected(self, picture: Sample) -> Sample:
        """Return a picture at a decode time that browsers take for the next one's.

        They drop everything up to a keyframe behind a step of more than two durations
        (Media Source Extensions, 3.5.8), and the duration of the picture before was
        sent before this one was there. So a camera that stumbles is decoded a little
        early for some pictures; they are shown when they should be.
        """
        dts, duration = picture.dts, picture.duration
        if self._sent is not None and not picture.is_sync:
            dts = min(dts, self._sent[0] + _LONGEST_STEP * self._sent[1])
        if dts < picture.dts:
            duration *= _LONGEST_STEP
        self._sent = dts, duration
        offset = picture.composition_offset + picture.dts - dts
        return picture._replace(dts=dts, duration=duration, composition_offset=offset)

    def _new_chain(self, backlog: Iterable[Fragment] = ()) -> _Chain:
        self._sent = None
        return _Chain(self._stream.window.max_bytes, backlog)

    def _backlog(self) -> list[Fragment]:
        """Return the fragments since the newest keyframe of the run; none without one."""
        return [
            self._fragment(track, samples, shift)
            for track, samples, shift in since_keyframe(self._stream)
        ]

    def _fragment(
        self,
        track: Track,
        run: Sequence[Sample],
        shift: float = 0.0,
        came: bytes = b"",
    ) -> Fragment:
        self._sequence_number += 1
        data = write_fragment(self._sequence_number, [(track, run)], shift)
        is_picture = track.kind is TrackKind.VIDEO
        return Fragment(
            b"".join((TRACK_NUMBERS[track.kind], came, data)),
            begins=is_picture and run[0].is_sync,
            pictures=len(run) if is_picture else 0,
            timed=len(came),
        )


def _nothing() -> None:
    """Do nothing."""
