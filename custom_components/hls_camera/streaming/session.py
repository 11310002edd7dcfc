"""A camera's stream over its whole life: one state, one owner, one run at a time."""

import asyncio
import contextlib
import logging
import math
import time
from collections.abc import Callable, Coroutine
from datetime import datetime
from enum import StrEnum
from typing import Final

from .errors import FfmpegError, FfmpegMissingError, SourceError, StreamStoppedError
from .events import Chronicle, StreamEvent
from .options import StreamOptions
from .plan import Action, Plan, make_plan
from .probe import UNKNOWN_INTERVAL, probe
from .reasons import EndReason
from .recovery import Recovery
from .run import End, Run
from .source_info import SourceInfo
from .stats import Meter, Statistics
from .still import StillCache
from .viewers import Viewers
from .window import Window

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


_RUNNING: Final = frozenset(
    {SessionState.STARTING, SessionState.STREAMING, SessionState.BACKOFF}
)


class StreamSession:
    """The stream of one camera.

    `admit` is asked before FFmpeg starts and may raise StreamLimitError.
    """

    def __init__(
        self,
        options: StreamOptions,
        *,
        ffmpeg: str,
        logger: logging.Logger,
        source_info: SourceInfo | None = None,
        admit: Callable[[], None] | None = None,
    ) -> None:
        """Begin stopped; `source_info` is what an earlier probe found."""
        self.options = options
        self.state = SessionState.STOPPED
        self.reason: EndReason | None = None
        """Of the last end."""
        self.detail = ""
        """The last end's, in FFmpeg's words; without credentials."""
        self.source_info = source_info
        self.plan: Plan | None = make_plan(source_info) if source_info else None
        self.viewers = Viewers(time.monotonic)
        self.window = Window(
            max_duration=options.window_duration,
            max_bytes=options.window_bytes,
            target_duration=self._expected_target_duration(),
        )
        self._ffmpeg = ffmpeg
        self._logger = logger
        self._admit = admit
        self._meter = Meter(time.monotonic)
        self._recovery = Recovery()
        self._chronicle = Chronicle()
        self._still = StillCache(ffmpeg)
        self._listeners: list[Callable[[], None]] = []
        self._keep_awake = not options.on_demand
        self._run: Run | None = None
        self._task: asyncio.Task[None] | None = None
        self._camera = asyncio.Lock()
        """Held while FFmpeg may be connected: one at a time."""
        self._idle_timer: asyncio.TimerHandle | None = None
        self._restarts = 0

    # Commands

    async def start(self) -> None:
        """Start now; an on-demand stream stops again when nobody watches for a while.

        Raises:
            StreamLimitError: as many streams run as may.

        """
        self.viewers.note_activity()
        if not self.is_running:
            self._launch()

    async def stop(self, reason: EndReason = EndReason.STOPPED) -> None:
        """Stop; the camera is disconnected and FFmpeg gone when this returns.

        A stopped stream does not wake for a viewer, and its viewers' tokens die.
        """
        self.viewers.clear()
        self._rest(SessionState.STOPPED, reason)
        if self._task is not None:
            await asyncio.wait({self._task})

    async def restart(self) -> None:
        """Start FFmpeg anew; viewers go on.

        Raises:
            StreamLimitError: as many streams run as may.

        """
        self.viewers.note_activity()
        self._launch()

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
        match self.state:
            case SessionState.STOPPED:
                raise StreamStoppedError
            case SessionState.FAILED:
                raise SourceError(self.reason or EndReason.UNREACHABLE, self.detail)
            case SessionState.IDLE:
                self._launch()

    # Viewers

    def open_viewer(self) -> str:
        """Return a new viewer's token and wake the stream; raises as `wake()` does."""
        self.wake()
        return self.viewers.open()

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
        self, width: int | None = None, height: int | None = None
    ) -> bytes:
        """Return the newest keyframe as JPEG; an idle stream wakes for it.

        Raises:
            StreamStoppedError: somebody stopped it.
            SourceError: it was given up.
            StreamNotReadyError: no keyframe came in time.
            MediaError: the keyframe cannot be decoded.

        """
        self.viewers.note_activity()
        self.wake()
        return await self._still.image(self.window, width, height)

    @property
    def keep_awake(self) -> bool:
        """Whether the stream goes on without viewers."""
        return self._keep_awake

    @keep_awake.setter
    def keep_awake(self, keep_awake: bool) -> None:
        """Change it; what runs goes on running, at least for the idle timeout."""
        self._keep_awake = keep_awake
        self.viewers.note_activity()
        if self.is_running:
            self._watch_idle()

    # What it tells

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
    def is_converting(self) -> bool:
        """Whether the picture is, or will be, encoded anew."""
        return self.plan is not None and self.plan.video.action is Action.ENCODE

    @property
    def frame_rate(self) -> float | None:
        """Frames per second of the source, where known."""
        return self.source_info.video.frame_rate if self.source_info else None

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
            time_to_first_part=(
                first - progress.started if progress and first else None
            ),
            seconds_behind_live=run.lag if run and is_streaming else None,
            speed=rates.media if is_streaming else None,
            dropped_frames=progress.dropped_frames if progress else 0,
        )

    def add_listener(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Call `listener` when the state or the source changes; return what ends that."""
        self._listeners.append(listener)

        def remove() -> None:
            with contextlib.suppress(ValueError):
                self._listeners.remove(listener)

        return remove

    def add_event_listener(
        self, listener: Callable[[StreamEvent], None]
    ) -> Callable[[], None]:
        """Call `listener` when something happens; return what ends that."""
        return self._chronicle.add_listener(listener)

    # Inside

    def _set_state(
        self,
        state: SessionState,
        reason: EndReason | None = None,
        event: StreamEvent | None = None,
    ) -> None:
        """Change the state, then tell; an event comes when everybody knows the state."""
        if (state, reason) != (self.state, self.reason):
            self.state = state
            self.reason = reason
            self._notify()
        if event is not None:
            self._chronicle.tell(event)

    def _notify(self) -> None:
        for listener in tuple(self._listeners):
            listener()

    def _launch(self) -> None:
        """Supervise from now on; what went on before ends first."""
        if self._admit is not None and not self.is_running:
            self._admit()
        event = None
        if self.is_running and not self.is_failing:
            uptime = self.statistics().uptime
            event = self._chronicle.ended(EndReason.REPLACED, uptime)
        self._recovery.somebody_acted()
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
        self._replace_task(self._forget())

    def _replace_task(self, job: Coroutine[None, None, None]) -> None:
        if self._task is not None:
            self._task.cancel()
        self._task = asyncio.create_task(job)

    async def _forget(self) -> None:
        async with self._camera:
            self.window.clear()
            self._meter.pause()

    async def _supervise(self) -> None:
        """Run FFmpeg again and again until cancelled or given up."""
        async with self._camera:
            try:
                await self._run_until_given_up()
            except Exception:
                # A fault of ours: better a stream that says so than one that hangs.
                self._logger.exception("The stream ended unexpectedly")
                event = self._chronicle.run_failed(EndReason.PROCESS_DIED, 0.0)
                self._give_up(EndReason.PROCESS_DIED, event)

    async def _run_until_given_up(self) -> None:
        while True:
            end = await self._run_once()
            self.detail = end.detail
            self._meter.pause()
            event = self._chronicle.run_failed(end.reason, end.uptime)
            next_try = self._recovery.after(end, converts=self.is_converting)
            if next_try is None:
                self._logger.warning("Gave up: %s", end.reason)
                self._give_up(end.reason, event)
                return
            if next_try.probe_first:
                self.plan = None
            self._set_state(SessionState.BACKOFF, end.reason, event)
            await asyncio.sleep(next_try.delay)
            self._restarts += 1
            self._set_state(SessionState.STARTING, end.reason)

    def _give_up(self, reason: EndReason, event: StreamEvent | None) -> None:
        self.window.clear()
        self._set_state(SessionState.FAILED, reason, event)

    async def _run_once(self) -> End:
        try:
            if self.plan is None:
                await self._look()
            assert self.plan is not None
            self._run = Run(
                self.options,
                self.plan,
                ffmpeg=self._ffmpeg,
                window=self.window,
                meter=self._meter,
                logger=self._logger,
                on_streaming=self._now_streaming,
                keyframe_wait=self._keyframe_wait(),
                use_wallclock=self._recovery.use_wallclock,
                look_longer=self._recovery.look_longer,
                follow_changes=self._recovery.follow_changes,
                frame_rate=self.frame_rate,
            )
            return await self._run.wait()
        except SourceError as err:
            return End(reason=err.reason, detail=err.detail)
        except FfmpegMissingError as err:
            return End(reason=EndReason.FFMPEG_MISSING, detail=str(err))
        except FfmpegError as err:
            return End(reason=EndReason.PROCESS_DIED, detail=str(err))

    async def _look(self) -> None:
        """Ask the camera what it sends."""
        info = await probe(
            self._ffmpeg,
            self.options.source,
            look_longer=self._recovery.look_longer,
        )
        self.plan = make_plan(info)
        if info != self.source_info:
            self.source_info = info
            self.window.expect_target_duration(self._expected_target_duration())
            self._notify()

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
        self._set_state(SessionState.STREAMING, event=event)

    def _expected_target_duration(self) -> int:
        """Return the target duration for what is known of the longest segment."""
        if self.plan is None or self.source_info is None:
            return 1
        interval = self.source_info.video.keyframe_interval
        if self.is_converting:
            interval = self.options.keyframe_interval
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
        left = self.viewers.last_seen + self.options.idle_timeout - time.monotonic()
        loop = asyncio.get_running_loop()
        self._idle_timer = loop.call_later(max(left, 0.0), self._check_idle)

    def _check_idle(self) -> None:
        self._idle_timer = None
        if not self.is_running:
            return
        if time.monotonic() < self.viewers.last_seen + self.options.idle_timeout:
            self._watch_idle()
            return
        self._rest(SessionState.IDLE, EndReason.IDLE)
