"""One life of FFmpeg: from its start to a typed end."""

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final

from ..errors import MediaError, TimelineError
from ..ffmpeg.process import KILL_LIMIT, STOP_GRACE, ProcessListener
from ..live.packager import Packager
from ..live.stream import LiveStream
from ..media.demuxer import Demuxer
from ..media.fmp4 import InitSection, Sample
from ..reasons import EndReason
from .producer import MediaProcess, Producer
from .run_spec import RunSpec
from .stats import Meter
from .watchdog import Watchdog

_H264: Final = "avc1"
_AAC: Final = "mp4a.40."
_MIN_MEDIA_FOR_CPU_SHARE_S: Final = 10.0
"""Seconds of media after which FFmpeg's processor time predicts its further need."""
_AT_ONCE: Final = 3.0
"""Seconds from FFmpeg's start to its first partial segment where nothing is waited for."""
_TURNS_TO_READ: Final = 2
"""Turns of the event loop after which the content of a pipe has been read."""
UNWATCHED_PERIOD_S: Final = 0.2
"""Seconds between two reads of FFmpeg's output while nobody watches."""
_MAX_UNDECODABLE: Final = 2
"""Pictures in a row that FFmpeg cannot decode, after which none is expected."""
_FAILED_GRACE: Final = 1.0
"""Seconds that FFmpeg has to end where it failed: one that hangs may not listen, and
viewers wait for the next one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
    """The end of a run."""

    reason: EndReason
    detail: str = ""
    """FFmpeg's last line, or our message; without credentials."""
    uptime: float = 0.0
    """Seconds from the first partial segment to the end."""
    is_sound_refused: bool = False
    """Whether the camera did not hand out all of the tracks that were asked for."""


@dataclass(slots=True, kw_only=True)
class Progress:
    """The progress of a run."""

    started: float
    """When FFmpeg was started, on the monotonic clock."""
    first_part: float | None = None
    """When its first partial segment came, on the monotonic clock: until then, nobody
    can play anything."""
    streaming_since: datetime | None = None
    """The same in wall clock time (UTC)."""
    dropped_frames: int = 0


class Run:
    """Read FFmpeg's output into a live stream until it ends, stalls or is cancelled."""

    def __init__(
        self,
        spec: RunSpec,
        producer: Producer,
        stream: LiveStream,
        *,
        meter: Meter,
        logger: logging.Logger,
        on_streaming: Callable[[], None],
        is_watched: Callable[[], bool],
    ) -> None:
        """Prepare a run; `on_streaming` is called at its first part.

        While `is_watched` returns False, media are read a few times a second.
        """
        self._spec = spec
        self._producer = producer
        self._stream = stream
        self._meter = meter
        self._logger = logger
        self._on_streaming = on_streaming
        self._is_watched = is_watched
        self._demuxer = Demuxer(needs_sound=spec.needs_sound)
        self._packager: Packager | None = None
        self._is_abandoned = False
        self.process: MediaProcess | None = None
        """FFmpeg, once it was started."""
        self._undecodable = 0
        self._watchdog = Watchdog(
            time.monotonic,
            start_timeout=spec.start_timeout + spec.read_options.keyframe_wait,
            stall_timeout=spec.stall_timeout,
        )
        self._ended: asyncio.Future[End] = asyncio.get_running_loop().create_future()
        self.progress = Progress(started=time.monotonic())

    @property
    def keyframe_interval(self) -> float | None:
        """Seconds between the last two keyframes; more where the next one is overdue."""
        return self._packager.keyframe_interval if self._packager else None

    @property
    def begins_with_keyframe(self) -> bool:
        """Whether the camera sent a keyframe as soon as FFmpeg was connected."""
        first = self.progress.first_part
        return (
            self._packager is not None
            and self._packager.begins_with_keyframe
            and first is not None
            and first - self.progress.started < _AT_ONCE
        )

    @property
    def capture_delay(self) -> float | None:
        """Seconds that the newest frame came later than by the camera's clock."""
        return self._packager.capture_delay if self._packager else None

    @property
    def sound_correction(self) -> float | None:
        """Seconds by which the sound is moved onto the picture's time."""
        return self._packager.sound_correction if self._packager else None

    @property
    def cpu_share(self) -> float | None:
        """Processor seconds per second of media, after enough media."""
        media = self._packager.played if self._packager else 0.0
        used = self.process.cpu_time if self.process else None
        return (
            used / media
            if used is not None and media >= _MIN_MEDIA_FOR_CPU_SHARE_S
            else None
        )

    @property
    def log(self) -> tuple[str, ...]:
        """FFmpeg's newest lines, without credentials."""
        return self.process.log if self.process else ()

    def abandon(self) -> None:
        """Take nothing more, and add nothing to the window: it may be empty by then."""
        self._is_abandoned = True
        self._ended.cancel()

    def attend(self) -> None:
        """Read the output that has gathered: a viewer has come."""
        if self.process is not None:
            self.process.read_now()

    async def wait(self) -> End:
        """Run FFmpeg to its end; when this returns or is cancelled, it is gone.

        Raises:
            FfmpegError: FFmpeg cannot be started.

        """
        listener = ProcessListener(
            on_output=partial(self._take_output, self._demuxer.feed),
            on_side_output=partial(self._take_output, self._demuxer.feed_sound),
            on_progress=self._take_progress,
            on_log_line=self._log_line,
            on_undecodable=self._note_undecodable,
            patience=self._patience,
        )
        self.process = process = await self._producer.launch(self._spec, listener)
        exited = asyncio.create_task(process.wait())
        grace = STOP_GRACE
        try:
            end = await self._watch(exited)
            grace = _FAILED_GRACE
            return end
        finally:
            self._ended.cancel()
            self._end_media()
            await process.stop(grace)
            # At once, but where the process could not be ended.
            await asyncio.wait({exited}, timeout=KILL_LIMIT)

    def _end_media(self) -> None:
        """Package the last samples; old media must not count as those of the next run."""
        if self._packager is None or self._is_abandoned:
            return
        with contextlib.suppress(MediaError):
            self._packager.flush()
        self._stream.end_run()

    async def _watch(self, exited: asyncio.Task[int]) -> End:
        """Return the end: FFmpeg's own, a media error, or a passed deadline."""
        ends: set[asyncio.Future[Any]] = {exited, self._ended}
        while (verdict := await self._verdict()) is None:
            # The first partial segment brings the deadline nearer.
            patience = min(self._watchdog.patience(), self._spec.stall_timeout)
            await asyncio.wait(
                ends, timeout=patience, return_when=asyncio.FIRST_COMPLETED
            )
            if self._ended.done():
                return self._ended.result()
            if exited.done():
                return self._end_of_process(exited.result())
        if self.process and self.process.has_trouble and not self.progress.first_part:
            verdict = self.process.failure
        return self._end(verdict)

    async def _verdict(self) -> EndReason | None:
        """Judge by all that has come: while the event loop was kept busy, nobody read."""
        verdict = self._watchdog.verdict()
        if verdict is not None:
            self.attend()
            for _ in range(_TURNS_TO_READ):
                await asyncio.sleep(0)
            verdict = self._watchdog.verdict()
        return verdict

    def _end_of_process(self, status: int) -> End:
        """Return why FFmpeg ended; a lost connection exits with 0 and without a message."""
        if status < 0:
            return self._end(EndReason.PROCESS_DIED)
        reason = self.process.reason if self.process else None
        if self.progress.first_part is None:
            return self._end(self.process.failure if self.process else reason)
        if reason is EndReason.TIMED_OUT:
            return self._end(EndReason.STALLED)
        return self._end(EndReason.DISCONNECTED if status == 0 else reason)

    def _end(self, reason: EndReason | None, detail: str = "") -> End:
        first = self.progress.first_part
        return End(
            reason=reason or EndReason.PROCESS_DIED,
            detail=detail or (self.process.detail if self.process else ""),
            uptime=time.monotonic() - first if first is not None else 0.0,
            is_sound_refused=self._spec.has_sound
            and first is None
            and self.process is not None
            and self.process.is_track_refused,
        )

    def _note_undecodable(self) -> None:
        """End where picture after picture cannot be decoded; one may be damaged."""
        self._undecodable += 1
        if (
            self._undecodable >= _MAX_UNDECODABLE
            and not self._ended.done()
            and self.process
        ):
            reason = self.process.reason
            self._ended.set_result(self._end(reason or EndReason.BAD_MEDIA))

    def _log_line(self, line: str) -> None:
        self._logger.debug("FFmpeg: %s", line)

    def _take_progress(self, report: dict[str, str]) -> None:
        with contextlib.suppress(ValueError):
            self.progress.dropped_frames = int(report.get("drop_frames", "0"))

    def _patience(self) -> float:
        """Return the seconds for which nobody needs more of FFmpeg's output."""
        if not self._is_watched():
            return UNWATCHED_PERIOD_S
        return self._packager.patience if self._packager else 0.0

    def _take_output(self, demux: Callable[[bytes], list[Sample]], data: bytes) -> None:
        if self._ended.done():
            return
        try:
            if samples := demux(data):
                self._take_samples(samples, len(data))
        except MediaError as err:
            self._logger.debug("Unusable media: %s", err)
            self._ended.set_result(self._end(err.reason, str(err)))

    def _take_samples(self, samples: list[Sample], size: int) -> None:
        if self._packager is None:
            init = self._demuxer.init
            assert init is not None
            self._check_tracks(init)
            self._packager = Packager(self._stream, init, self._spec.packaging)
        frames, media = self._packager.push(samples)
        self._watchdog.data_came(frames)
        self._meter.count(size, frames, media)
        # Frames alone prove nothing: a camera's clock may stand still.
        if media > 0:
            self._undecodable = 0
            self._watchdog.part_came(media)
            if self._watchdog.is_outrun:
                msg = "media time runs away from the clock"
                raise TimelineError(msg)
            self._note_first_part()

    def _check_tracks(self, init: InitSection) -> None:
        """Refuse tracks that are not those of the plan."""
        planned = (f"{self._spec.plan.video.tag or _H264}.", _AAC)
        for track in init.played:
            if not track.codec.startswith(planned):
                msg = f"{track.codec} is not what was planned"
                raise MediaError(msg)

    def _note_first_part(self) -> None:
        if self.progress.first_part is None:
            self.progress.first_part = time.monotonic()
            self.progress.streaming_since = datetime.now(UTC)
            self._on_streaming()
