"""One life of FFmpeg: from its start to a typed end."""

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple

from ..errors import MalformedBoxError, MediaError, SourceChangedError, TimelineError
from ..ffmpeg.process import KILL_LIMIT, STOP_GRACE, FfmpegProcess
from ..live.frames import Frames
from ..live.segmenter import Segmenter
from ..live.window import Window
from ..media.boxes import Box, BoxReader
from ..media.decoder_config import configured
from ..media.fmp4 import InitSection, Sample, read_fragment
from ..media.keyframes import Keyframes
from ..media.nal_units import sequence_parameter_sets
from ..media.orientation import Orientation
from ..reasons import EndReason
from ..sources.source import Source
from ..transcode.encoder_arguments import Encoding
from ..transcode.options import VideoMode
from ..transcode.plan import Action, Plan
from .command import build_command
from .options import StreamOptions
from .stats import Meter
from .watchdog import Watchdog

_H264: Final = "avc1"
_AAC: Final = "mp4a.40"
_TELLING: Final = 10.0
"""Seconds of media over which FFmpeg's processor time tells what it will go on to take."""
_AT_ONCE: Final = 3.0
"""Seconds from FFmpeg's start to its first partial segment where nothing is waited for."""
_TURNS_TO_READ: Final = 2
"""Turns of the event loop after which what a pipe held has been read."""
_DOOMS: Final = 2
"""Pictures in a row that FFmpeg cannot decode, after which none is expected."""
_FAILED_GRACE: Final = 1.0
"""Seconds that FFmpeg has to end where it failed: one that hangs may not listen, and
viewers wait for the next one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
    """How a run ended."""

    reason: EndReason
    detail: str = ""
    """FFmpeg's last words, or ours; without credentials."""
    uptime: float = 0.0
    """Seconds from the first partial segment to the end."""
    is_sound_refused: bool = False
    """Whether the camera did not hand out all of the tracks that were asked for."""


@dataclass(slots=True, kw_only=True)
class Progress:
    """What is known of a run while it goes on."""

    started: float
    """When FFmpeg was started, on the monotonic clock."""
    first_part: float | None = None
    """When its first partial segment came, on the monotonic clock: until then, nobody
    can play anything."""
    streaming_since: datetime | None = None
    """The same in wall clock time (UTC)."""
    dropped_frames: int = 0


class _Packaging(NamedTuple):
    """What a run's media go through."""

    init: InitSection
    keyframes: Keyframes
    segmenter: Segmenter


class Run:
    """Read FFmpeg's output into a window until it ends, stalls or is cancelled."""

    def __init__(
        self,
        source: Source,
        options: StreamOptions,
        plan: Plan,
        *,
        ffmpeg: str,
        encoding: Encoding | None = None,
        orientation: Orientation = Orientation.NORMAL,
        window: Window,
        frames: Frames,
        meter: Meter,
        logger: logging.Logger,
        on_streaming: Callable[[], None],
        is_watched: Callable[[], bool],
        keyframe_wait: float = 0.0,
        frame_interval: float = 0.0,
        use_wallclock: bool = False,
        look_longer: bool = False,
        in_real_time: bool = False,
        follow_changes: bool = True,
        frame_rate: float | None = None,
    ) -> None:
        """Prepare a run; `on_streaming` is called at its first part.

        While `is_watched` says that nobody watches, media is taken in a few times a second.

        `keyframe_wait` is how many seconds a camera may take to its first keyframe, and
        `frame_interval` to the next picture: the options' limits follow both. `encoding`,
        `use_wallclock`, `look_longer` and `in_real_time` are `build_command`'s. Players
        turn the picture by `orientation`: an encoder has done so already.
        `follow_changes` ends the run where the picture is coded otherwise than before:
        FFmpeg would go on with the old init section.
        """
        options = options.paced(frame_interval)
        self._source = source
        self._options = options
        self._command = build_command(
            ffmpeg,
            source,
            options,
            plan,
            encoding=encoding,
            use_wallclock=use_wallclock,
            look_longer=look_longer,
            keyframe_wait=keyframe_wait,
            frame_interval=frame_interval,
            in_real_time=in_real_time,
        )
        self._has_sound_planned = plan.audio.action is not Action.DROP
        self._window = window
        self._frames = frames
        self._played_before = window.played
        self._frame_rate = frame_rate
        self._meter = meter
        self._logger = logger
        self._on_streaming = on_streaming
        self._is_watched = is_watched
        self._boxes = BoxReader()
        self._orientation = orientation
        self._ftyp: Box | None = None
        self._moof: Box | None = None
        self._init: InitSection | None = None
        self._follow_changes = follow_changes
        self._parameter_sets: frozenset[bytes] | None = None
        """Those before the first keyframe; they may differ from the init section's."""
        self._is_abandoned = False
        self._codecs_planned = (f"{plan.video.tag or _H264}.", f"{_AAC}.")
        self._longest_interval = _longest_interval(options, plan)
        self._packaging: _Packaging | None = None
        self._process: FfmpegProcess | None = None
        self._dooms = 0
        self._watchdog = Watchdog(
            time.monotonic,
            start_timeout=options.start_timeout + keyframe_wait,
            stall_timeout=options.stall_timeout,
        )
        self._ended: asyncio.Future[End] = asyncio.get_running_loop().create_future()
        self.progress = Progress(started=time.monotonic())

    @property
    def keyframe_interval(self) -> float | None:
        """Seconds between the last two keyframes; more where the next one is overdue."""
        return self._packaging.segmenter.keyframe_interval if self._packaging else None

    @property
    def begins_with_keyframe(self) -> bool:
        """Whether the camera sent a keyframe as soon as FFmpeg was connected."""
        first = self.progress.first_part
        return (
            self._packaging is not None
            and self._packaging.keyframes.came_first
            and first is not None
            and first - self.progress.started < _AT_ONCE
        )

    @property
    def lag(self) -> float | None:
        """Seconds that the newest frame came later than the camera's clock says."""
        return self._packaging.segmenter.lag if self._packaging else None

    @property
    def sound_correction(self) -> float | None:
        """Seconds by which the sound is moved onto the picture's time."""
        return self._packaging.segmenter.sound_correction if self._packaging else None

    @property
    def cpu_share(self) -> float | None:
        """Processor seconds per second of media, once they can be told."""
        media = self._window.played - self._played_before
        used = self._process.cpu_time if self._process else None
        return used / media if used is not None and media >= _TELLING else None

    @property
    def log(self) -> tuple[str, ...]:
        """FFmpeg's newest lines, without credentials."""
        return self._process.log if self._process else ()

    def abandon(self) -> None:
        """Take nothing more, and add nothing to the window: it may be empty by then."""
        self._is_abandoned = True
        self._ended.cancel()

    def attend(self) -> None:
        """Take in what has gathered: somebody has come to watch."""
        if self._process is not None:
            self._process.read_now()

    async def wait(self) -> End:
        """Run FFmpeg to its end; when this returns or is cancelled, it is gone.

        Raises:
            FfmpegError: FFmpeg cannot be started.

        """
        self._process = process = await FfmpegProcess.spawn(
            self._command,
            on_output=self._take_output,
            source=self._source,
            on_progress=self._take_progress,
            is_awaited=self._is_watched,
            on_doom=self._note_doom,
        )
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
        """Hand out what waits; nobody is to take old media for those of the next run."""
        if self._packaging is None or self._is_abandoned:
            return
        with contextlib.suppress(MediaError):
            self._packaging.segmenter.flush()
        self._window.end_run()

    async def _watch(self, exited: asyncio.Task[int]) -> End:
        """Return the end: FFmpeg's own, a media error, or a passed deadline."""
        ends: set[asyncio.Future[Any]] = {exited, self._ended}
        while (verdict := await self._verdict()) is None:
            # The first partial segment brings the deadline nearer.
            patience = min(self._watchdog.patience(), self._options.stall_timeout)
            await asyncio.wait(
                ends, timeout=patience, return_when=asyncio.FIRST_COMPLETED
            )
            if self._ended.done():
                return self._ended.result()
            if exited.done():
                return self._end_of_process(exited.result())
        if self._process and self._process.has_trouble and not self.progress.first_part:
            verdict = self._process.failure
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
        """Tell why FFmpeg ended; a lost connection exits with 0 and without a word."""
        if status < 0:
            return self._end(EndReason.PROCESS_DIED)
        reason = self._process.reason if self._process else None
        if self.progress.first_part is None:
            return self._end(self._process.failure if self._process else reason)
        if reason is EndReason.TIMED_OUT:
            return self._end(EndReason.STALLED)
        return self._end(EndReason.DISCONNECTED if status == 0 else reason)

    def _end(self, reason: EndReason | None, detail: str = "") -> End:
        first = self.progress.first_part
        return End(
            reason=reason or EndReason.PROCESS_DIED,
            detail=detail or (self._process.detail if self._process else ""),
            uptime=time.monotonic() - first if first is not None else 0.0,
            is_sound_refused=self._has_sound_planned
            and first is None
            and self._process is not None
            and self._process.is_track_refused,
        )

    def _note_doom(self) -> None:
        """End where picture after picture cannot be decoded; one may be damaged."""
        self._dooms += 1
        if self._dooms >= _DOOMS and not self._ended.done() and self._process:
            reason = self._process.reason
            self._ended.set_result(self._end(reason or EndReason.BAD_MEDIA))

    def _take_progress(self, report: dict[str, str]) -> None:
        with contextlib.suppress(ValueError):
            self.progress.dropped_frames = int(report.get("drop_frames", "0"))

    def _take_output(self, data: bytes) -> None:
        if self._ended.done():
            return
        try:
            for box in self._boxes.feed(data):
                self._take_box(box)
        except MediaError as err:
            self._logger.debug("Unusable media: %s", err)
            self._ended.set_result(self._end(err.reason, str(err)))

    def _take_box(self, box: Box) -> None:
        match box.type:
            case b"ftyp":
                self._ftyp = box
            case b"moov":
                self._take_header(box)
            case b"moof":
                self._moof = box
            case b"mdat":
                self._take_fragment(box)

    def _take_header(self, moov: Box) -> None:
        if self._ftyp is None or self._init is not None:
            msg = "moov without ftyp, or a second one"
            raise MalformedBoxError(msg)
        init = InitSection.from_boxes(self._ftyp, moov)
        for track in (init.video, init.audio):
            if track is not None and not track.codec.startswith(self._codecs_planned):
                msg = f"{track.codec} is not what was planned"
                raise MediaError(msg)
        if init.audio is None and self._has_sound_planned and self._follow_changes:
            msg = "the sound track is not there any more"
            raise SourceChangedError(msg)
        self._init = init

    def _begin(self, init: InitSection, samples: Sequence[Sample]) -> _Packaging:
        """Begin with the first samples, which complete the init section."""
        first = (each.data for each in samples if each.track_id == init.video.track_id)
        init = configured(init, next(first, b"")).turned(self._orientation)
        self._window.begin_run(init)
        segmenter = Segmenter(
            init,
            self._window,
            part_duration=self._options.part_duration,
            part_target=self._window.part_target or None,
            frame_rate=self._frame_rate,
            max_segment=self._options.max_keyframe_interval,
            # Who watches already has something to play, and nobody can join behind a
            # short segment: what follows it does not begin with a keyframe.
            short_start=not self._window.is_ready,
            timeline=self._window.timeline,
            clock=_wall_clock(),
        )
        self._frames.begin_run(init, segmenter)
        keyframes = Keyframes(init.video, self._longest_interval)
        return _Packaging(init, keyframes, segmenter)

    def _take_fragment(self, mdat: Box) -> None:
        if self._moof is None or self._init is None:
            msg = "mdat without moof or moov"
            raise MalformedBoxError(msg)
        samples = read_fragment(self._moof, mdat, self._init)
        self._moof = None
        if self._packaging is None:
            self._packaging = self._begin(self._init, samples)
        init, keyframes, segmenter = self._packaging
        samples = keyframes.corrected(samples)
        video_id = init.video.track_id
        if self._follow_changes:
            self._check_coding(samples, init)
        frames = sum(sample.track_id == video_id for sample in samples)
        self._watchdog.data_came(frames)
        played = self._window.played
        segmenter.push(samples)
        media = self._window.played - played
        self._meter.count(len(mdat.payload), frames, media)
        # Frames alone prove nothing: a camera's clock may stand still.
        if media > 0:
            self._dooms = 0
            self._watchdog.part_came(media)
            if self._watchdog.is_outrun:
                msg = "media time runs away from the clock"
                raise TimelineError(msg)
            self._note_first_part()

    def _note_first_part(self) -> None:
        if self.progress.first_part is None:
            self.progress.first_part = time.monotonic()
            self.progress.streaming_since = datetime.now(UTC)
            self._on_streaming()

    def _check_coding(self, samples: Iterable[Sample], init: InitSection) -> None:
        """Refuse a picture that neither the init section nor the first one told of."""
        for sample in samples:
            if not sample.is_sync or sample.track_id != init.video.track_id:
                continue
            found = sequence_parameter_sets(init.video, sample.data)
            if self._parameter_sets is None:
                self._parameter_sets = found
            elif any(each not in init.data for each in found - self._parameter_sets):
                msg = "another sequence parameter set"
                raise SourceChangedError(msg)


def _longest_interval(options: StreamOptions, plan: Plan) -> float | None:
    """Return the seconds between keyframes above which converting would help."""
    is_free = options.conversion.mode is VideoMode.AUTOMATIC
    is_copied = plan.video.action is Action.COPY
    return options.max_keyframe_interval if is_free and is_copied else None


def _wall_clock() -> Callable[[], float]:
    """Return a clock that goes on from the time it is, whoever sets the machine's."""
    offset = time.time() - time.monotonic()
    return lambda: time.monotonic() + offset
