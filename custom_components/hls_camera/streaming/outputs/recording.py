"""Recordings: what a window holds and what comes next, as a plain MP4, not encoded anew.

A recording looks back: it begins at a keyframe from before it was asked for. The media
come from the window as players get them; another FFmpeg is not needed, nor another
connection to the camera.
"""

import asyncio
import os
import secrets
from collections.abc import Callable
from contextlib import aclosing, suppress
from errno import EISDIR
from functools import partial
from pathlib import Path
from typing import BinaryIO, Final, NamedTuple, Self

from ..errors import MediaError, RecordingError, StreamNotReadyError, StreamStoppedError
from ..live.following import follow
from ..live.segments import Keyframe, PartialSegment
from ..live.window import Window
from ..media.fmp4 import InitSection, Sample, Track, TrackKind
from ..media.mp4_writer import Mp4Writer
from ..shortage import is_shortage

_NEAR: Final = 0.45
"""Seconds. A recording begins at a keyframe that is so near to where it should. Where
none is, it begins at the one before, and players are told what not to show."""
_SHORTEST: Final = 0.1
"""Seconds: a file shows something."""
_STUMBLE: Final = 2.0
"""Seconds without a picture that are no interruption yet."""
_PICTURE_WAIT: Final = 30.0
"""Seconds for a camera to show its first picture."""
_LATE: Final = 5.0
"""Seconds after its end that a recording waits for the camera's last pictures."""
_SOUND_LAG: Final = 0.5
"""Seconds that sound may come after its picture."""
_SAME_TIME: Final = 0.001
"""Seconds that times may differ by rounding."""
_BUFFER: Final = 1024 * 1024
"""Bytes that go to the disk at once: flash memory wears out by small writes."""


async def record(
    window: Window, path: Path, *, duration: float, lookback: float = 0.0
) -> None:
    """Record from `lookback` seconds ago until `duration` seconds from now.

    As far as the window reaches back; where it is empty, from the first picture on. An
    interruption keeps its duration. When this ends, the file is whole: also where the
    stream is stopped or the caller no longer waits, with what has come by then.

    Raises:
        RecordingError: the file cannot be written; nothing is left of it.
        StreamNotReadyError: no picture came in time.
        StreamStoppedError: the stream was stopped before there was a picture.

    """
    duration = max(duration, _SHORTEST)
    first, span = await _first_keyframe(window, duration, lookback)
    parts = follow(window, first)
    clip = await _in_thread(lambda: _Clip.open(path, first, span))
    try:
        try:
            async with asyncio.timeout(span.left + _LATE), aclosing(parts):
                async for init, part in parts:
                    if await _in_thread(partial(clip.add, init, part)):
                        break
        except StreamStoppedError, TimeoutError, MediaError:
            # The camera is gone, or goes on with another codec: that is all there is.
            if clip.is_empty:
                raise
        except asyncio.CancelledError:
            await _in_thread(clip.finish)
            raise
        await _in_thread(clip.finish)
    finally:
        await _in_thread(clip.discard)


class _Span(NamedTuple):
    """What a recording shows, in seconds from its first keyframe on."""

    begin: float
    end: float
    left: float
    """Seconds from now to the end."""


async def _first_keyframe(
    window: Window, duration: float, lookback: float
) -> tuple[Keyframe, _Span]:
    """Return where a recording begins, and what it is to show."""
    now = window.now
    if now is not None:
        wanted = now - lookback
        first = _keyframe_near(window, wanted)
        if first is not None:
            begin = wanted - first.start
            begin = begin if begin > _NEAR else 0.0
            return first, _Span(begin, now + duration - first.start, duration)
    try:
        async with asyncio.timeout(_PICTURE_WAIT):
            first = await window.wait_keyframe(*window.next_part)
    except TimeoutError:
        raise StreamNotReadyError from None
    return first, _Span(0.0, duration, duration)


def _keyframe_near(window: Window, wanted: float) -> Keyframe | None:
    """Return the keyframe that a recording from a time on begins with.

    It is the newest that is not later; where its pictures ended before that time, for
    there was an interruption, it is the next one, if there is one already.
    """
    later = None
    for keyframe in window.keyframes():
        if keyframe.start <= wanted + _NEAR:
            return keyframe if keyframe.end > wanted - _STUMBLE else later
        later = keyframe
    return later


class _Clip:
    """A file that grows. It waits for the disk, so the event loop keeps away from it."""

    def __init__(
        self, path: Path, file: BinaryIO, first: Keyframe, span: _Span
    ) -> None:
        """Write into a file that is not at `path` yet."""
        self._path = path
        self._file = file
        self._writer = Mp4Writer(file, first.init, created=first.start + span.begin)
        self._span = span
        self._begin = 0.0
        """Decode time, in seconds, of what is shown first; so is the end's."""
        self._end = 0.0
        self._shift = 0.0
        """Seconds that decode times are moved by: they never run backwards."""
        self._came: dict[TrackKind, float] = {}
        """Until which decode time, in seconds, each track has come."""

    @classmethod
    def open(cls, path: Path, first: Keyframe, span: _Span) -> Self:
        """Begin a file beside the place where it will be; folders are made.

        Raises:
            OSError: that cannot be.

        """
        if path.is_dir():
            raise IsADirectoryError(EISDIR, os.strerror(EISDIR))
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}.tmp")
        return cls(path, temporary.open("xb", buffering=_BUFFER), first, span)

    @property
    def is_empty(self) -> bool:
        """Whether nothing has come."""
        return not self._came

    def add(self, init: InitSection, part: PartialSegment) -> bool:
        """Append a partial segment; return whether that was the last one.

        Raises:
            MediaError: it cannot follow what there is.
            OSError: it cannot be written.

        """
        video = init.video
        first = next(iter(part.video))
        start = first.dts / video.timescale
        if self.is_empty:
            shown = start + first.composition_offset / video.timescale
            self._begin, self._end = shown + self._span.begin, shown + self._span.end
            self._came = {TrackKind.VIDEO: start, TrackKind.AUDIO: shown}
        # It does where the wall clock was set back and FFmpeg then began anew.
        if (back := self._came[TrackKind.VIDEO] - start - self._shift) > _SAME_TIME:
            self._shift += back
        placed = [
            self._placed(sample, samples.track)
            for samples in part.tracks
            for sample in samples
        ]
        self._writer.add(init, [each for each in placed if each is not None])
        return self._is_whole(has_sound=init.audio is not None)

    def _placed(self, sample: Sample, track: Track) -> Sample | None:
        """Return a sample at its time in the file, or None where it has no place."""
        start = sample.dts / track.timescale + self._shift
        end = start + sample.duration / track.timescale
        came = self._came[track.kind]
        # Sound of before the first picture, or of what was before the clock went back.
        if track.kind is TrackKind.AUDIO and end < came + _SAME_TIME:
            return None
        self._came[track.kind] = max(came, end)
        if start > self._end - _SAME_TIME:
            return None
        return sample._replace(dts=sample.dts + round(self._shift * track.timescale))

    def _is_whole(self, *, has_sound: bool) -> bool:
        left = self._end - self._came[TrackKind.VIDEO]
        is_sound_there = not has_sound or self._came[TrackKind.AUDIO] >= self._end
        return left < _SAME_TIME and (is_sound_there or left < -_SOUND_LAG)

    def finish(self) -> None:
        """Put the file, if there is anything in it, where it belongs.

        Raises:
            OSError: it cannot be written.

        """
        if self.is_empty:
            return
        self._writer.finish(self._begin, self._end)
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()
        Path(self._file.name).replace(self._path)

    def discard(self) -> None:
        """Leave nothing of what was not finished."""
        with suppress(OSError):
            self._file.close()
        with suppress(OSError):
            Path(self._file.name).unlink()


async def _in_thread[T](job: Callable[[], T]) -> T:
    """Run what may wait for a disk; it has ended when this is cancelled, too."""
    running = asyncio.ensure_future(asyncio.to_thread(job))
    cancelled: asyncio.CancelledError | None = None
    while not running.done():
        try:
            await asyncio.wait({running})
        except asyncio.CancelledError as err:
            cancelled = err
    try:
        result = running.result()
    except OSError as err:
        raise RecordingError(err.strerror or str(err)) from err
    except RuntimeError as err:
        if not is_shortage(err):
            raise
        raise RecordingError(str(err)) from err
    if cancelled is not None:
        raise cancelled
    return result
