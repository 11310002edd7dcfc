"""A camera's stream over its whole life: one state, one owner, one run at a time."""

import asyncio
import contextlib
import logging
import math
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from dataclasses import replace
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Final

from ..callbacks import Listeners
from ..errors import (
    ConversionLimitError,
    EncoderMissingError,
    FfmpegMissingError,
    HlsCameraError,
    MediaError,
    ShortageError,
    SourceError,
    StreamStoppedError,
)
from ..ingest import reachability, recovery
from ..ingest.departure import RETRY_PAUSE, Departure
from ..ingest.packet_report import UNKNOWN_INTERVAL
from ..ingest.probe import probe
from ..ingest.producer import LocalProducer
from ..ingest.recovery import NextTry, Recovery
from ..ingest.run import End, Run
from ..ingest.run_spec import InputSpec, RunSpec
from ..ingest.stats import Meter, Statistics
from ..live.demand import Demand
from ..live.frames import Frames
from ..live.packager import Packaging
from ..live.stream import LiveStream
from ..live.timeline import Timeline
from ..live.window import Window
from ..media.orientation import Orientation
from ..outputs import recording
from ..outputs.hls_playlist import MEDIA_PLAYLIST, Playlists, Variant, window_variant
from ..outputs.snapshot import StillCache
from ..outputs.viewers import Owner, Viewers
from ..reasons import EndReason
from ..shortage import is_shortage
from ..sources.source import Source
from ..sources.source_info import SourceInfo
from ..transcode.admission import Conversion, Conversions
from ..transcode.encoder_arguments import Encoding, encoding
from ..transcode.options import Encoder, VideoMode
from ..transcode.plan import Action, Plan, PlanReason, make_plan, tamed
from .events import Chronicle, StreamEvent
from .options import StreamOptions

_RARE_KEYFRAMES: Final = 20.0
"""Seconds that a run waits for a keyframe where none was seen while probing."""


class SessionState(StrEnum):
    """What a session is doing."""

    STOPPED = "stopped"
    IDLE = "idle"
    """On demand, waiting for a viewer."""
    STARTING = "starting"
    STREAMING = "streaming"
    BACKOFF = "backoff"
    """Waiting to try again."""
    FAILED = "failed"
    """Given up until somebody acts."""


type FindSource = Callable[[], Awaitable[Source]]


def always(source: Source) -> FindSource:
    """Return what finds a source that does not move."""

    async def find() -> Source:
        return source

    return find


_RUNNING: Final = frozenset(
    {SessionState.STARTING, SessionState.STREAMING, SessionState.BACKOFF}
)


class StreamSession:
    """The stream of one camera.

    `find_source` is asked at each start where the camera is now, and may raise
    SourceError. `is_handed_out` tells that it may answer something else each time: what
    the camera rejects is then tried again, now and then. `conversions` are those of the
    whole machine. `admit` is asked before the stream starts and may raise
    StreamLimitError.
    """

    def __init__(
        self,
        find_source: FindSource,
        options: StreamOptions,
        *,
        ffmpeg: str,
        logger: logging.Logger,
        conversions: Conversions,
        source_info: SourceInfo | None = None,
        admit: Callable[[], None] | None = None,
        timeline: Timeline | None = None,
        is_handed_out: bool = False,
    ) -> None:
        """Begin stopped; `source_info` is what an earlier probe found.

        `timeline` is shared with the camera's other variants.
        """
        self.options = options
        self.state = SessionState.STOPPED
        self.reason: EndReason | None = None
        """Of the last end."""
        self.detail = ""
        """The last end's, in FFmpeg's words; without credentials."""
        self.source_info = source_info
        self.plan: Plan | None = self._make_plan()
        self.orientation = Orientation.NORMAL
        """How viewers see the picture, from the next start on."""
        self.demand = Demand(time.monotonic)
        self.viewers = Viewers(time.monotonic, self.demand)
        window = Window(
            max_duration=options.window_duration,
            max_bytes=options.window_bytes,
            target_duration=self._expected_target_duration(),
            lookback=options.lookback,
            max_backlog=options.max_keyframe_interval,
            timeline=timeline,
        )
        window.on_keyframe_wanted = self._fetch_keyframe
        self.live = LiveStream(window, self.demand, logger=logger)
        self.playlists = Playlists(window)
        self.frames = Frames(self.live)
        self._find_source = find_source
        self._conversions = conversions
        self._conversion: Conversion | None = None
        """The one that goes on."""
        self._encoder: Encoder | None = None
        """What converted in the latest run."""
        self._tried: Source | None = None
        """What the latest run was to read."""
        self._ffmpeg = ffmpeg
        self._producer = LocalProducer(ffmpeg, logger)
        self._logger = logger
        self._admit = admit
        self._meter = Meter(time.monotonic)
        self._recovery = Recovery(is_handed_out=is_handed_out)
        self._chronicle = Chronicle()
        self._departure = Departure()
        self._still = StillCache(ffmpeg)
        self._recordings: set[asyncio.Task[None]] = set()
        self._listeners = Listeners[()]()
        self._event_listeners = Listeners[StreamEvent]()
        self._keep_awake = not options.on_demand
        self._run: Run | None = None
        self._task: asyncio.Task[None] | None = None
        self._camera = asyncio.Lock()
        """Held while FFmpeg may be connected: one at a time."""
        self._idle_timer: asyncio.TimerHandle | None = None
        self._proof_timer: asyncio.TimerHandle | None = None
        """While a run that streams has not proven itself."""
        self._is_proven = False
        self._showed_life = asyncio.Event()
        """Set when there is reason not to wait out the pause before the next try."""
        self._restarts = 0

    # Commands

    async def start(self) -> None:
        """Start now; an on-demand stream stops again when nobody watches for a while.

        Raises:
            StreamLimitError: as many streams run as may.

        """
        self.demand.note()
        if not self.is_running:
            self._recovery.forget_rejection()
            self._recovery.somebody_acted()
            self._launch()

    async def stop(self, reason: EndReason = EndReason.STOPPED) -> None:
        """Stop; the camera is disconnected and FFmpeg gone when this returns.

        A stopped stream does not wake for a viewer, and its viewers' tokens die.
        Recordings end with what they have.
        """
        self.viewers.clear()
        self._rest(SessionState.STOPPED, reason)
        ending = {*self._recordings, *({self._task} if self._task else ())}
        if ending:
            await asyncio.wait(ending)

    async def restart(self) -> None:
        """Start FFmpeg anew; viewers go on.

        Unless all is copied, the camera is looked at first: somebody may have set it
        otherwise, and a conversion takes anything.

        Raises:
            StreamLimitError: as many streams run as may.

        """
        self.demand.note()
        self._recovery.forget_rejection()
        self._recovery.somebody_acted()
        self._launch()
        if self.plan is not None and not self.plan.copies_all:
            self.plan = None

    def try_again(self) -> None:
        """Shorten the wait for the next try, for the source may be back."""
        self._recovery.forget_rejection()
        self._showed_life.set()

    def change_options(self, options: StreamOptions) -> None:
        """Go on with other options; viewers go on.

        What runs begins anew only where other media come of it. What was given up may
        be tried again.
        """
        before = self._media_options()
        self.options = options
        self.window.lookback = options.lookback
        if self._media_options() != before:
            if self.plan is not None:
                self.plan = self._make_plan()
            self.window.expect_target_duration(self._expected_target_duration())
            self._recovery.somebody_acted()
            if self.is_running:
                self._launch()
            else:
                self._notify()
        if self.is_running:
            self._watch_idle()
        elif self.state is SessionState.FAILED:
            self.arm()

    def arm(self) -> None:
        """Wait for a viewer."""
        if not self.is_running:
            self._set_state(SessionState.IDLE, self.reason)

    def wake(self) -> None:
        """Start for a viewer, if it does not run already; do not wait.

        Raises:
            StreamStoppedError: somebody stopped it.
            SourceError: it was given up, for a reason that only a person can mend.
            StreamLimitError: as many streams run as may.

        """
        if self._run is not None:
            self._run.attend()
        match self.state:
            case SessionState.STOPPED:
                raise StreamStoppedError
            case SessionState.FAILED:
                raise SourceError(self.reason or EndReason.UNREACHABLE, self.detail)
            case SessionState.IDLE:
                self._recovery.viewer_came()
                self._launch()

    async def takes_connections(self) -> bool:
        """Return whether the source's port is open; False where that cannot be known."""
        try:
            door = (await self._find_source()).door
        except HlsCameraError:
            return False
        return door is not None and await reachability.is_open(*door)

    # Viewers

    def open_viewer(self, owner: Owner | None = None) -> str:
        """Return a new viewer's token and wake the stream.

        Raises as `wake()` does.

        Raises:
            TooManyViewersError: as many viewers watch as may.

        """
        self.wake()
        return self.viewers.open(owner)

    def has_viewer(self, token: str) -> bool:
        """Whether a token is one of this stream's live ones."""
        return token in self.viewers

    def touch(self, token: str) -> bool:
        """Note a viewer's request and wake the stream; False for a dead token.

        Raises as `wake()` does.
        """
        if token not in self.viewers:
            return False
        self.viewers.touch(token)
        self.wake()
        return True

    async def still_image(
        self,
        width: int | None = None,
        height: int | None = None,
        *,
        wait_for_next: bool = False,
    ) -> bytes:
        """Return the newest keyframe, or the next, as JPEG; an idle stream wakes for it.

        Raises:
            StreamStoppedError: somebody stopped it.
            SourceError: it was given up.
            StreamLimitError: as many streams run as may.
            StreamNotReadyError: no keyframe came in time.
            MediaError: the keyframe cannot be decoded.

        """
        with self.live.lease("snapshot"):
            self.wake()
            return await self._still.image(
                self.window, width, height, wait_for_next=wait_for_next
            )

    async def record(
        self, path: Path, *, duration: float, lookback: float = 0.0
    ) -> None:
        """Record into a MP4, as `recording.record()` does; an idle stream wakes for it.

        A stream goes on while it is recorded. Raises as `recording.record()` and `wake()` do.
        """
        self.demand.note()
        self.wake()
        recording = asyncio.create_task(self._record(path, duration, lookback))
        self._recordings.add(recording)
        recording.add_done_callback(self._recording_ended)
        self._notify()
        await recording

    async def _record(self, path: Path, duration: float, lookback: float) -> None:
        with self.live.lease("recording"):
            await recording.record(
                self.window, path, duration=duration, lookback=lookback
            )

    def _recording_ended(self, recording: asyncio.Task[None]) -> None:
        self._recordings.discard(recording)
        self._notify()

    @property
    def keep_awake(self) -> bool:
        """Whether the stream goes on without viewers."""
        return self._keep_awake

    @keep_awake.setter
    def keep_awake(self, keep_awake: bool) -> None:
        """Change it; what runs goes on running, at least for the idle timeout."""
        self._keep_awake = keep_awake
        self.demand.note()
        if self.is_running:
            self._watch_idle()

    # What it tells

    @property
    def window(self) -> Window:
        """The media that can be fetched."""
        return self.live.window

    @property
    def is_failing(self) -> bool:
        """Whether the stream ended against all wish and is not back yet."""
        return self.failing_since is not None

    @property
    def failing_since(self) -> datetime | None:
        """When the outage began that has not ended yet (UTC)."""
        return self._chronicle.failing_since

    @property
    def is_running(self) -> bool:
        """Whether it streams or tries to."""
        return self.state in _RUNNING

    @property
    def is_steady(self) -> bool:
        """Whether it has streamed for a minute without an end."""
        return self._is_proven and self.state is SessionState.STREAMING

    @property
    def is_recording(self) -> bool:
        """Whether it is recorded."""
        return bool(self._recordings)

    @property
    def is_converting(self) -> bool:
        """Whether the picture is, or will be, encoded anew."""
        return self.plan is not None and self.plan.video.action is Action.ENCODE

    @property
    def has_rare_keyframes(self) -> bool:
        """Whether the picture is converted because it has too few keyframes."""
        return (
            self.plan is not None
            and self.plan.video.reason is PlanReason.RARE_KEYFRAMES
        )

    @property
    def conversion(self) -> Conversion | None:
        """The conversion of the picture that goes on."""
        return self._conversion

    @property
    def detail_reduction(self) -> int:
        """How far the picture's detail is reduced for want of processor time."""
        return self._conversion.detail if self._conversion else 0

    @property
    def broken_encoders(self) -> frozenset[Encoder]:
        """Hardware that failed while it converted this picture."""
        return self._recovery.broken_encoders

    @property
    def frame_rate(self) -> float | None:
        """Frames per second, where known."""
        rate = self.source_info.video.frame_rate if self.source_info else None
        if self._conversion is None or rate is None:
            return rate
        return min(rate, self._conversion.options.max_frame_rate or rate)

    @property
    def variants(self) -> tuple[Variant, ...]:
        """The stream as the one variant that it is; nothing before it has a segment."""
        variant = window_variant(self.window, MEDIA_PLAYLIST, self.frame_rate)
        return (variant,) if variant else ()

    @property
    def log(self) -> tuple[str, ...]:
        """FFmpeg's newest lines, without credentials."""
        return self._run.log if self._run else ()

    def statistics(self) -> Statistics:
        """Return the figures of this moment."""
        rates = self._meter.rates()
        run = self._run
        progress = run.progress if run else None
        first = progress.first_part if progress else None
        is_streaming = self.state is SessionState.STREAMING
        return Statistics(
            bitrate=rates.bits,
            frame_rate=rates.frames,
            frames=self._meter.frames,
            bytes=self._meter.bytes,
            started_at=progress.streaming_since if progress and is_streaming else None,
            uptime=time.monotonic() - first if first and is_streaming else None,
            restarts=self._restarts,
            viewers=self.viewers.watching,
            keyframe_interval=run.keyframe_interval if run else None,
            held=self.window.held,
            time_to_first_part=(
                first - progress.started if progress and first else None
            ),
            seconds_behind_live=run.capture_delay if run and is_streaming else None,
            speed=rates.media if is_streaming else None,
            dropped_frames=progress.dropped_frames if progress else 0,
            skipped_frames=self.frames.skipped,
            sound_correction=run.sound_correction if run and is_streaming else None,
        )

    def add_listener(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Call `listener` when the state or the source changes; return what ends that."""
        return self._listeners.add(listener)

    def add_event_listener(
        self, listener: Callable[[StreamEvent], None]
    ) -> Callable[[], None]:
        """Call `listener` when something happens; return what ends that."""
        return self._event_listeners.add(listener)

    # Inside

    def _set_state(
        self,
        state: SessionState,
        reason: EndReason | None = None,
        event: StreamEvent | None = None,
    ) -> None:
        """Change the state, then tell; an event comes when everybody knows the state."""
        if (state, reason) != (self.state, self.reason):
            self._logger.debug("State: %s -> %s (%s)", self.state, state, reason)
            self.state = state
            self.reason = reason
            self._notify()
        if event is not None:
            self._event_listeners.tell(event)

    def _notify(self) -> None:
        self._listeners.tell()

    def _launch(self) -> None:
        """Supervise from now on; what went on before ends first."""
        if self._admit is not None and not self.is_running:
            self._admit()
        event = None
        if self.is_running and not self.is_failing:
            uptime = self.statistics().uptime
            event = self._chronicle.ended(EndReason.REPLACED, uptime)
        self._set_state(SessionState.STARTING, self.reason, event)
        self._replace_task(self._supervise())
        self._watch_idle()

    def _rest(self, state: SessionState, reason: EndReason) -> None:
        """End the run and forget its media."""
        if self._idle_timer is not None:
            self._idle_timer.cancel()
            self._idle_timer = None
        self._meter.pause()
        event = None
        if self.is_running or self.is_failing:
            event = self._chronicle.ended(reason, self.statistics().uptime)
        self._set_state(state, reason, event)
        self._replace_task(self._disconnect())
        # At once: a start that comes meanwhile is not to show what was before.
        self._forget_media()

    def _replace_task(self, job: Coroutine[None, None, None]) -> None:
        if self._run is not None:
            self._run.abandon()
            self.live.end_run()
        if self._task is not None:
            self._task.cancel()
        self._task = asyncio.create_task(job)

    async def _disconnect(self) -> None:
        async with self._camera:
            self._meter.pause()

    def _forget_media(self) -> None:
        self.live.clear()

    async def _supervise(self) -> None:
        """Run FFmpeg again and again until cancelled or given up."""
        async with self._camera:
            while await self._go_on_after(await self._run_once()):
                pass

    async def _go_on_after(self, end: End) -> bool:
        """Wait for the next try after a run; return False where there is none."""
        if self._departure.explains(end.reason):
            await asyncio.sleep(RETRY_PAUSE)
            return True
        self.detail = end.detail
        self._logger.debug(
            "Run ended after %.1f s: %s (%s)", end.uptime, end.reason, end.detail
        )
        self._meter.pause()
        event = self._chronicle.run_failed(end.reason, end.uptime)
        next_try = self._recovery.after(end, encoder=self._encoder, source=self._tried)
        if next_try is None:
            self._logger.warning("Gave up: %s", end.reason)
            self._give_up(end.reason, event)
            return False
        if next_try.probe_first:
            self.plan = None
        if end.reason is EndReason.NO_KEYFRAME:
            self._note_rare_keyframes()
        self._showed_life.clear()
        self._logger.debug("Retrying in %.1f s", next_try.delay)
        self._set_state(SessionState.BACKOFF, end.reason, event)
        await self._wait_for(next_try)
        self._restarts += 1
        self._set_state(SessionState.STARTING, end.reason)
        return True

    async def _wait_for(self, next_try: NextTry) -> None:
        """Wait for the next try, less long if the source shows life meanwhile."""
        knocking = asyncio.create_task(self._knock(next_try))
        try:
            await asyncio.sleep(next_try.least)
            async with asyncio.timeout(next_try.delay - next_try.least):
                await self._showed_life.wait()
            self._recovery.camera_came()
        except TimeoutError:
            pass
        finally:
            knocking.cancel()
            await asyncio.wait({knocking})

    async def _knock(self, next_try: NextTry) -> None:
        """Watch the port of a camera that is away."""
        if (
            next_try.is_away
            and self._tried is not None
            and await reachability.opens(self._tried, next_try.delay)
        ):
            self._showed_life.set()

    def _give_up(self, reason: EndReason, event: StreamEvent | None) -> None:
        self._forget_media()
        self._set_state(SessionState.FAILED, reason, event)

    async def _run_once(self) -> End:
        self._encoder = self._tried = None
        try:
            source = await self._find_source()
            source = replace(source, allowed_hosts=self.options.allowed_hosts)
            self._tried = source
            if self._recovery.is_rejected(source):
                raise SourceError(EndReason.UNAUTHORIZED)  # noqa: TRY301
            if self.plan is None:
                await self._look(source)
            assert self.plan is not None
            async with self._converting() as converting:
                return await self._run_ffmpeg(source, self.plan, converting)
        except HlsCameraError as err:
            return End(reason=_reason_of(err), detail=getattr(err, "detail", str(err)))
        except Exception as err:
            # A fault of ours, or a machine that has no thread left: that may pass. Its
            # text was not written to be shown.
            self._logger.exception("The stream ended unexpectedly")
            return End(reason=_reason_of(err), detail=type(err).__name__)

    async def _run_ffmpeg(
        self, source: Source, plan: Plan, converting: Encoding | None
    ) -> End:
        self._logger.debug("Reading %s by this plan: %s", source, plan)
        self._run = Run(
            self._run_spec(source, plan, converting),
            self._producer,
            self.live,
            meter=self._meter,
            logger=self._logger,
            on_streaming=self._now_streaming,
            is_watched=lambda: self.demand.is_recent,
        )
        reason = None
        try:
            end = await self._run.wait()
            reason = end.reason
            return end
        finally:
            self._departure.note(reason)
            self._await_proof(None)

    def _run_spec(
        self, source: Source, plan: Plan, converting: Encoding | None
    ) -> RunSpec:
        """Return the specification of the next run."""
        info = self.source_info
        is_untimed = info is not None and info.is_untimed
        is_spoken_for = info is not None and info.needs_gateway
        interval = info.video.frame_interval if info else 0.0
        options = self.options.paced(interval)
        keyframe_wait = self._keyframe_wait()
        is_free = options.conversion.mode is VideoMode.AUTOMATIC
        converting_helps = is_free and plan.video.action is Action.COPY
        return RunSpec(
            input=InputSpec(
                source=replace(source, is_spoken_for=is_spoken_for),
                read_timeout=options.stall_timeout + keyframe_wait,
                keyframe_wait=keyframe_wait,
                frame_interval=interval,
                with_sound=plan.audio.action is not Action.DROP,
                use_wallclock=self._recovery.use_wallclock or is_untimed,
                look_longer=self._recovery.look_longer,
                in_real_time=info is not None and info.comes_in_segments,
                extra_arguments=options.input_options,
            ),
            plan=plan,
            packaging=Packaging(
                part_duration=options.part_duration,
                max_segment=options.max_keyframe_interval,
                max_keyframe_interval=(
                    options.max_keyframe_interval if converting_helps else None
                ),
                frame_rate=self.frame_rate,
                orientation=Orientation.NORMAL if converting else self.orientation,
                follow_changes=self._recovery.follow_changes,
            ),
            start_timeout=options.start_timeout,
            stall_timeout=options.stall_timeout,
            encoding=converting,
        )

    @contextlib.asynccontextmanager
    async def _converting(self) -> AsyncIterator[Encoding | None]:
        """Hold a conversion's place on this machine; yield how FFmpeg is to do it."""
        if not self.is_converting or self.plan is None or self.source_info is None:
            yield None
            return
        video = self.source_info.video
        conversion = await self._conversions.begin(
            tamed(self.options.conversion, self.plan.video),
            video,
            detail=self._recovery.detail,
            broken=self._recovery.broken_encoders,
        )
        if conversion.detail:
            self._logger.warning("Converting with less detail, for want of time")
        self._run = None
        conversion.measure = lambda: self._run.cpu_share if self._run else None
        self._conversion, self._encoder = conversion, conversion.encoder.encoder
        try:
            yield encoding(
                conversion.options,
                self._encoder,
                self.orientation,
                device=conversion.encoder.device,
                decode=video.codec if conversion.encoder.decodes else None,
            )
        finally:
            self._conversion = None
            self._conversions.end(conversion)

    async def _look(self, source: Source) -> None:
        """Ask the camera what it sends."""
        try:
            info = await probe(
                self._ffmpeg, source, look_longer=self._recovery.look_longer
            )
        except SourceError as err:
            self._departure.note(err.reason)
            raise
        self._departure.note(None)
        is_news = info != self.source_info
        self.source_info = info
        self.plan = self._make_plan()
        self._logger.debug("The camera sends %s", info)
        if is_news:
            self.window.expect_target_duration(self._expected_target_duration())
            self._notify()

    def _note_rare_keyframes(self) -> None:
        """Convert from now on what a viewer could not begin with for too long."""
        if self.source_info is None:
            return
        video = replace(self.source_info.video, has_rare_keyframes=True)
        self.source_info = replace(self.source_info, video=video)
        self.plan = self._make_plan()

    def _fetch_keyframe(self) -> None:
        """Connect anew for a viewer who cannot begin, where that brings a keyframe."""
        run = self._run
        is_copied = self.options.conversion.mode is VideoMode.COPY
        if self.state is not SessionState.STREAMING or self.is_converting:
            return
        if is_copied and run is not None and run.begins_with_keyframe:
            self._launch()

    def _make_plan(self) -> Plan | None:
        """Return what is to be done with what the camera sends, as far as is known."""
        if self.source_info is None:
            return None
        return make_plan(
            self.source_info, self.options.conversion.mode, audio=self.options.audio
        )

    def _media_options(self) -> tuple[object, ...]:
        """Return the options that decide which media come of what the camera sends."""
        options = self.options
        is_copied = self.plan is not None and not self.is_converting
        conversion = None if is_copied else options.conversion
        return (
            *(options.audio, options.input_options, options.allowed_hosts),
            *(options.conversion.mode, conversion),
        )

    def _keyframe_wait(self) -> float:
        """Return how long the first keyframe may take: nothing can come before it."""
        if self.source_info is None:
            return 0.0
        interval = self.source_info.video.keyframe_interval
        return _RARE_KEYFRAMES if interval is None else interval

    def _now_streaming(self) -> None:
        self.detail = ""
        self._recovery.picture_came()
        event = self._chronicle.picture_came(self.statistics().time_to_first_part)
        self._await_proof(recovery.HEALTHY)
        self._set_state(SessionState.STREAMING, event=event)

    def _await_proof(self, seconds: float | None) -> None:
        """Take the stream for proven after so many seconds, unless this is called again."""
        self._is_proven = False
        if self._proof_timer is not None:
            self._proof_timer.cancel()
            self._proof_timer = None
        if seconds is not None:
            loop = asyncio.get_running_loop()
            self._proof_timer = loop.call_later(seconds, self._prove)

    def _prove(self) -> None:
        self._is_proven = True
        if (event := self._chronicle.proven()) is not None:
            self._event_listeners.tell(event)

    def _expected_target_duration(self) -> int:
        """Return the target duration for what is known of the longest segment."""
        if self.plan is None or self.source_info is None:
            return 1
        interval = self.source_info.video.keyframe_interval
        if self.is_converting:
            interval = self.options.conversion.keyframe_interval
        # The interval would do. But hls.js waits for a playlist no longer than four
        # fifths of the target duration, and asks for one that is a segment ahead.
        return math.ceil(1.25 * (interval or UNKNOWN_INTERVAL))

    # An on-demand stream stops when nobody watches

    def _watch_idle(self) -> None:
        """Look again when the last viewer's time has run out."""
        if self._idle_timer is not None:
            self._idle_timer.cancel()
            self._idle_timer = None
        if self.keep_awake:
            return
        left = self.demand.last_request + self.options.idle_timeout - time.monotonic()
        loop = asyncio.get_running_loop()
        self._idle_timer = loop.call_later(max(left, 0.0), self._check_idle)

    def _check_idle(self) -> None:
        self._idle_timer = None
        if not self.is_running:
            return
        if time.monotonic() < self.demand.last_request + self.options.idle_timeout:
            self._watch_idle()
            return
        self._rest(SessionState.IDLE, EndReason.IDLE)


def _reason_of(error: Exception) -> EndReason:
    """Return what an error that ended a run is to viewers."""
    match error:
        case SourceError(reason=reason) | MediaError(reason=reason):
            return reason
        case FfmpegMissingError():
            return EndReason.FFMPEG_MISSING
        case EncoderMissingError():
            return EndReason.ENCODER_MISSING
        case ConversionLimitError():
            return EndReason.OVERLOADED
        case ShortageError():
            return EndReason.OUT_OF_RESOURCES
    return EndReason.OUT_OF_RESOURCES if is_shortage(error) else EndReason.PROCESS_DIED
