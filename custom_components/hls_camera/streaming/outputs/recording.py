"""Recordings: the media in a window and those that follow, as a plain MP4, without encoding.

A recording looks back: it begins at a keyframe from before the request. The media come from
the window, as for players, and need neither another FFmpeg nor another connection to the
camera.
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

_KEYFRAME_TOLERANCE_S: Final = 0.45
"""Seconds from the wanted begin within which a recording begins at a keyframe. If there is
none, it begins at the one before, and an edit list hides the pictures before the begin."""
_MIN_DURATION_S: Final = 0.1
"""Seconds: a file must show something."""
_MAX_GAP_S: Final = 2.0
"""Seconds without a picture that do not count as an interruption."""
_FIRST_PICTURE_TIMEOUT_S: Final = 30.0
"""Seconds for a camera's first picture."""
_MAX_DELAY_S: Final = 5.0
"""Seconds for which a recording waits after its end for the camera's last pictures."""
_MAX_SOUND_DELAY_S: Final = 0.5
"""Seconds by which sound may come after its picture."""
_ROUNDING_S: Final = 0.001
"""Seconds by which times may differ because of rounding."""
_BUFFER_BYTES: Final = 1024 * 1024
"""Bytes of each write to the disk: small ones wear out flash memory."""


async def record(
    window: Window, path: Path, *, duration: float, lookback: float = 0.0
) -> None:
    """Record from `lookback` seconds ago until `duration` seconds from now.

    The recording begins later if the window does not reach back so far, and with the first
    picture if the window is empty. An interruption keeps its duration. At the end the file is
    complete; if the stream is stopped or the caller is cancelled, it has the media from before.

    Raises:
        RecordingError: the file cannot be written; it was removed.
        StreamNotReadyError: no picture came in time.
        StreamStoppedError: the stream was stopped before there was a picture.

    """
    duration = max(duration, _MIN_DURATION_S)
    first, span = await _first_keyframe(window, duration, lookback)
    parts = follow(window, first)
    file = await _in_thread(lambda: _RecordingFile.open(path, first, span))
    try:
        try:
            async with asyncio.timeout(span.left + _MAX_DELAY_S), aclosing(parts):
                async for init, part in parts:
                    if await _in_thread(partial(file.add, init, part)):
                        break
        except StreamStoppedError, TimeoutError, MediaError:
            # The camera is gone, or continues with another codec: the recording ends here.
            if file.is_empty:
                raise
        except asyncio.CancelledError:
            await _in_thread(file.finish)
            raise
        await _in_thread(file.finish)
    finally:
        await _in_thread(file.discard)


class _Span(NamedTuple):
    """The visible part of a recording, in seconds from its first keyframe on."""

    begin: float
    end: float
    left: float
    """Seconds from now to the end."""


async def _first_keyframe(
    window: Window, duration: float, lookback: float
) -> tuple[Keyframe, _Span]:
    """Return the first keyframe of a recording, and its visible part."""
    now = window.now
    if now is not None:
        wanted = now - lookback
        first = _keyframe_near(window, wanted)
        if first is not None:
            begin = wanted - first.start
            begin = begin if begin > _KEYFRAME_TOLERANCE_S else 0.0
            return first, _Span(begin, now + duration - first.start, duration)
    try:
        async with asyncio.timeout(_FIRST_PICTURE_TIMEOUT_S):
            first = await window.wait_keyframe(*window.next_part)
    except TimeoutError:
        raise StreamNotReadyError from None
    return first, _Span(0.0, duration, duration)


def _keyframe_near(window: Window, wanted: float) -> Keyframe | None:
    """Return the first keyframe of a recording that should begin at a wall clock time.

    It is the newest keyframe that is not later. If an interruption ended its pictures before
    that time, it is the next one, or None if there is none yet.
    """
    later = None
    for keyframe in window.keyframes():
        if keyframe.start <= wanted + _KEYFRAME_TOLERANCE_S:
            return keyframe if keyframe.end > wanted - _MAX_GAP_S else later
        later = keyframe
    return later


class _RecordingFile:
    """A growing MP4 file. Its methods wait for the disk: call them in a thread."""

    def __init__(
        self, path: Path, file: BinaryIO, first: Keyframe, span: _Span
    ) -> None:
        """Write into a temporary file, which `finish()` moves to `path`."""
        self._path = path
        self._file = file
        self._writer = Mp4Writer(file, first.init, created=first.start + span.begin)
        self._span = span
        self._begin = 0.0
        """Decode time of the begin of the visible part, in seconds."""
        self._end = 0.0
        self._offset = 0.0
        """Seconds to add to decode times, so that they never run backwards."""
        self._came: dict[TrackKind, float] = {}
        """The decode time, in seconds, at which each track ends so far."""

    @classmethod
    def open(cls, path: Path, first: Keyframe, span: _Span) -> Self:
        """Create a temporary file beside `path`, and missing folders.

        Raises:
            OSError: the system refuses.

        """
        if path.is_dir():
            raise IsADirectoryError(EISDIR, os.strerror(EISDIR))
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}.tmp")
        return cls(path, temporary.open("xb", buffering=_BUFFER_BYTES), first, span)

    @property
    def is_empty(self) -> bool:
        """Whether no media have come."""
        return not self._came

    def add(self, init: InitSection, part: PartialSegment) -> bool:
        """Append a partial segment; return whether it was the last one.

        Raises:
            MediaError: it cannot follow the media before.
            OSError: it cannot be written.

        """
        video = init.video
        first = next(iter(part.video))
        start = first.dts / video.timescale
        if self.is_empty:
            shown = start + first.composition_offset / video.timescale
            self._begin, self._end = shown + self._span.begin, shown + self._span.end
            self._came = {TrackKind.VIDEO: start, TrackKind.AUDIO: shown}
        # They run backwards if the wall clock was set back before FFmpeg was restarted.
        if (back := self._came[TrackKind.VIDEO] - start - self._offset) > _ROUNDING_S:
            self._offset += back
        placed = [
            self._placed(sample, samples.track)
            for samples in part.tracks
            for sample in samples
        ]
        self._writer.add(init, [each for each in placed if each is not None])
        return self._is_whole(has_sound=init.audio is not None)

    def _placed(self, sample: Sample, track: Track) -> Sample | None:
        """Return a sample at its time in the file, or None if it does not belong there."""
        start = sample.dts / track.timescale + self._offset
        end = start + sample.duration / track.timescale
        came = self._came[track.kind]
        # Sound from before the first picture, or from before the clock was set back.
        if track.kind is TrackKind.AUDIO and end < came + _ROUNDING_S:
            return None
        self._came[track.kind] = max(came, end)
        if start > self._end - _ROUNDING_S:
            return None
        return sample._replace(dts=sample.dts + round(self._offset * track.timescale))

    def _is_whole(self, *, has_sound: bool) -> bool:
        left = self._end - self._came[TrackKind.VIDEO]
        is_sound_there = not has_sound or self._came[TrackKind.AUDIO] >= self._end
        return left < _ROUNDING_S and (is_sound_there or left < -_MAX_SOUND_DELAY_S)

    def finish(self) -> None:
        """Complete the file and move it to its path, unless it is empty.

        Raises:
            OSError: the system refuses.

        """
        if self.is_empty:
            return
        self._writer.finish(self._begin, self._end)
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()
        Path(self._file.name).replace(self._path)

    def discard(self) -> None:
        """Remove the temporary file, unless it was finished."""
        with suppress(OSError):
            self._file.close()
        with suppress(OSError):
            Path(self._file.name).unlink()


async def _in_thread[T](job: Callable[[], T]) -> T:
    """Run a job that waits for the disk; a cancelled caller still waits for its end."""
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
