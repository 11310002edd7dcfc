"""A camera's stream over its whole life: one state, one owner, one run at a time."""

import asyncio
import time
from collections.abc import Callable
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Final

from ..callbacks import Listeners
from ..errors import HlsCameraError, SourceError, StreamStoppedError
from ..ingest import reachability
from ..ingest.recovery import Recovery
from ..ingest.run import End
from ..ingest.stats import Statistics
from ..live.demand import Demand
from ..live.frames import Frames
from ..live.stream import LiveStream
from ..live.timeline import Timeline
from ..live.window import Window
from ..media.orientation import Orientation
from ..outputs import recording
from ..outputs.hls_playlist import MEDIA_PLAYLIST, Playlists, Variant, window_variant
from ..outputs.snapshot import SnapshotCache
from ..outputs.viewers import Owner, Viewers
from ..reasons import EndReason
from ..sources.input import FindSource
from ..sources.source_info import SourceInfo
from ..transcode.admission import Conversion
from ..transcode.options import Encoder, VideoMode
from ..transcode.plan import Plan
from .events import OutageTracker, StreamEvent
from .idle import IdleTimer
from .options import StreamOptions
from .stream_plan import StreamPlan
from .stream_spec import Machine, StreamSpec
from .supervisor import Supervisor


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
    """One stream of a camera: its state, its viewers, and what they get."""

    def __init__(
        self,
        spec: StreamSpec,
        machine: Machine,
        find_source: FindSource,
        *,
        admit: Callable[[], None] | None = None,
        timeline: Timeline | None = None,
    ) -> None:
        """Begin stopped.

        `find_source` is asked before each run, and may raise SourceError. `admit` is
        asked before the stream starts, and may raise StreamLimitError. `timeline` is
        shared with the camera's other streams.
        """
        options, logger = spec.options, spec.logger
        self.state = SessionState.STOPPED
        self.reason: EndReason | None = None
        """Of the last end."""
        self.detail = ""
        """The last end's, in FFmpeg's words; without credentials."""
        self._plan = StreamPlan(options, spec.source_info)
        self.demand = Demand(time.monotonic)
        self.viewers = Viewers(time.monotonic, self.demand)
        window = Window(
            max_duration=options.window_duration,
            max_bytes=options.window_bytes,
            target_duration=self._plan.target_duration,
            lookback=options.lookback,
            max_backlog=options.max_keyframe_interval,
            timeline=timeline,
        )
        window.on_keyframe_wanted = self._fetch_keyframe
        self.live = LiveStream(window, self.demand, logger=logger)
        self.playlists = Playlists(window)
        self.frames = Frames(self.live)
        self.recovery = Recovery(is_dynamic=spec.is_dynamic)
        self.supervisor = Supervisor(
            find_source,
            self._plan,
            self.live,
            self,
            machine=machine,
            recovery=self.recovery,
        )
        self._logger = logger
        self._admit = admit
        self._outages = OutageTracker()
        self._snapshots = SnapshotCache(machine.ffmpeg)
        self._recordings: set[asyncio.Task[None]] = set()
        self._listeners = Listeners[()]()
        self._event_listeners = Listeners[StreamEvent]()
        self._keep_awake = not options.on_demand
        self._idle = IdleTimer(self.demand, self._now_idle)

    # Commands

    async def start(self) -> None:
        """Start now; an on-demand stream stops again when nobody watches for a while.

        Raises:
            StreamLimitError: as many streams run as may.

        """
        self.demand.note()
        if not self.is_running:
            self.recovery.forget_rejection()
            self.recovery.reset_by_user()
            self._launch()

    async def stop(self, reason: EndReason = EndReason.STOPPED) -> None:
        """Stop; the camera is disconnected and FFmpeg gone when this returns.

        A stopped stream does not wake for a viewer, and its viewers' tokens die.
        Recordings end with what they have.
        """
        self.viewers.clear()
        self._rest(SessionState.STOPPED, reason)
        ending = {*self._recordings}
        if self.supervisor.task is not None:
            ending.add(self.supervisor.task)
        await asyncio.wait(ending)

    async def restart(self) -> None:
        """Start FFmpeg anew; viewers go on.

        Unless all is copied, the camera is looked at first: somebody may have set it
        otherwise, and a conversion takes anything.

        Raises:
            StreamLimitError: as many streams run as may.

        """
        self.demand.note()
        self.recovery.forget_rejection()
        self.recovery.reset_by_user()
        self._launch()
        if self.plan is not None and not self.plan.copies_all:
            self._plan.plan = None

    def try_again(self) -> None:
        """Shorten the wait for the next try, for the source may be back."""
        self.supervisor.try_again()

    def change_options(self, options: StreamOptions) -> None:
        """Go on with other options; viewers go on.

        What runs begins anew only where other media come of it. What was given up may
        be tried again.
        """
        brings_other_media = self._plan.change_options(options)
        self.window.lookback = options.lookback
        if brings_other_media:
            self.window.expect_target_duration(self._plan.target_duration)
            self.recovery.reset_by_user()
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
        if (run := self.supervisor.run) is not None:
            run.attend()
        match self.state:
            case SessionState.STOPPED:
                raise StreamStoppedError
            case SessionState.FAILED:
                raise SourceError(self.reason or EndReason.UNREACHABLE, self.detail)
            case SessionState.IDLE:
                self.recovery.viewer_came()
                self._launch()

    async def takes_connections(self) -> bool:
        """Return whether the source's port is open; False where that cannot be known."""
        try:
            address = (await self.supervisor.find_source()).tcp_address
        except HlsCameraError:
            return False
        return address is not None and await reachability.is_open(*address)

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
            return await self._snapshots.image(
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

    # Properties

    @property
    def options(self) -> StreamOptions:
        """How the stream is to be."""
        return self._plan.options

    @property
    def source_info(self) -> SourceInfo | None:
        """What the camera sends, as far as is known."""
        return self._plan.source_info

    @property
    def plan(self) -> Plan | None:
        """What is done with it; None where it has to be probed first."""
        return self._plan.plan

    @property
    def orientation(self) -> Orientation:
        """How viewers see the picture, from the next start on."""
        return self._plan.orientation

    @orientation.setter
    def orientation(self, orientation: Orientation) -> None:
        self._plan.orientation = orientation

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
        return self._outages.failing_since

    @property
    def is_running(self) -> bool:
        """Whether it streams or tries to."""
        return self.state in _RUNNING

    @property
    def is_steady(self) -> bool:
        """Whether it has streamed for a minute without an end."""
        return self.supervisor.is_proven and self.state is SessionState.STREAMING

    @property
    def is_recording(self) -> bool:
        """Whether it is recorded."""
        return bool(self._recordings)

    @property
    def is_converting(self) -> bool:
        """Whether the picture is, or will be, encoded."""
        return self._plan.is_converting

    @property
    def has_rare_keyframes(self) -> bool:
        """Whether the picture is converted because it has too few keyframes."""
        return self._plan.has_rare_keyframes

    @property
    def conversion(self) -> Conversion | None:
        """The conversion of the picture that is under way."""
        return self.supervisor.conversion

    @property
    def detail_reduction(self) -> int:
        """How far the picture's detail is reduced for want of processor time."""
        return self.conversion.detail if self.conversion else 0

    @property
    def broken_encoders(self) -> frozenset[Encoder]:
        """Hardware that failed while it converted this picture."""
        return self.recovery.broken_encoders

    @property
    def frame_rate(self) -> float | None:
        """Frames per second, where known."""
        return self.supervisor.frame_rate

    @property
    def variants(self) -> tuple[Variant, ...]:
        """The stream as the one variant that it is; nothing before it has a segment."""
        variant = window_variant(self.window, MEDIA_PLAYLIST, self.frame_rate)
        return (variant,) if variant else ()

    @property
    def log(self) -> tuple[str, ...]:
        """FFmpeg's newest lines, without credentials."""
        return self.supervisor.run.log if self.supervisor.run else ()

    def statistics(self) -> Statistics:
        """Return the figures of this moment."""
        meter, run = self.supervisor.meter, self.supervisor.run
        rates = meter.rates()
        progress = run.progress if run else None
        first = progress.first_part if progress else None
        is_streaming = self.state is SessionState.STREAMING
        return Statistics(
            bitrate=rates.bits,
            frame_rate=rates.frames,
            frames=meter.frames,
            bytes=meter.bytes,
            started_at=progress.streaming_since if progress and is_streaming else None,
            uptime=time.monotonic() - first if first and is_streaming else None,
            restarts=self.supervisor.restarts,
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
            event = self._outages.ended(EndReason.REPLACED, uptime)
        self._set_state(SessionState.STARTING, self.reason, event)
        self.supervisor.launch()
        self._watch_idle()

    def _rest(self, state: SessionState, reason: EndReason) -> None:
        """End the run and forget its media."""
        self._idle.cancel()
        self.supervisor.meter.pause()
        event = None
        if self.is_running or self.is_failing:
            event = self._outages.ended(reason, self.statistics().uptime)
        self._set_state(state, reason, event)
        self.supervisor.rest()
        # At once: a start that comes meanwhile is not to show what was before.
        self.live.clear()

    def _fetch_keyframe(self) -> None:
        """Connect again for a viewer who cannot begin, where that brings a keyframe."""
        run = self.supervisor.run
        is_copied = self.options.conversion.mode is VideoMode.COPY
        if self.state is not SessionState.STREAMING or self.is_converting:
            return
        if is_copied and run is not None and run.begins_with_keyframe:
            self._launch()

    # Called by the supervisor

    def described(self) -> None:
        """Note that the camera sends something else than was known."""
        self.window.expect_target_duration(self._plan.target_duration)
        self._notify()

    def streaming(self) -> None:
        """Note the first partial segment of a run."""
        self.detail = ""
        event = self._outages.picture_came(self.statistics().time_to_first_part)
        self._set_state(SessionState.STREAMING, event=event)

    def proven(self) -> None:
        """Note that the stream has lasted."""
        if (event := self._outages.proven()) is not None:
            self._event_listeners.tell(event)

    def retrying(self, end: End) -> None:
        """Note that a run failed and is retried."""
        self.detail = end.detail
        event = self._outages.run_failed(end.reason, end.uptime)
        self._set_state(SessionState.BACKOFF, end.reason, event)

    def restarting(self, end: End) -> None:
        """Note that the next run starts."""
        self._set_state(SessionState.STARTING, end.reason)

    def gave_up(self, end: End) -> None:
        """Note that a run failed for good."""
        self.detail = end.detail
        event = self._outages.run_failed(end.reason, end.uptime)
        self.live.clear()
        self._set_state(SessionState.FAILED, end.reason, event)

    # An on-demand stream stops when nobody watches

    def _watch_idle(self) -> None:
        """Stop once nobody has wanted the stream for the idle timeout."""
        if self.keep_awake:
            self._idle.cancel()
        else:
            self._idle.start(self.options.idle_timeout)

    def _now_idle(self) -> None:
        if self.is_running:
            self._rest(SessionState.IDLE, EndReason.IDLE)
