"""A rendition of a camera: one stream over its whole life, one run at a time."""

import asyncio
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from ..callbacks import Listeners
from ..errors import HlsCameraError, SourceError, StreamStoppedError
from ..ingest import reachability
from ..ingest.producer import LocalProducer
from ..ingest.recovery import Recovery
from ..ingest.run import End
from ..ingest.stats import Statistics
from ..live.demand import Demand
from ..live.frames import Frames
from ..live.stream import LiveStream
from ..live.timeline import Timeline
from ..live.window import Window
from ..outputs.hls_playlist import MEDIA_PLAYLIST, Variant
from ..outputs.viewers import Viewers
from ..outputs.window_playlists import Playlists, window_variant
from ..reasons import EndReason
from ..transcode.options import VideoMode
from .events import Change, OutageTracker
from .idle import IdleTimer
from .options import StreamOptions
from .planner import Planner
from .state import StreamState
from .stream_spec import Machine, StreamSpec
from .supervisor import Supervisor
from .variant_memory import VariantMemory


class Rendition:
    """One stream of a camera: its state, and the media that its viewers get."""

    def __init__(
        self,
        spec: StreamSpec,
        machine: Machine,
        *,
        viewers: Viewers,
        timeline: Timeline | None = None,
        admit: Callable[[], None] = lambda: None,
        uri: str = MEDIA_PLAYLIST,
        memory: VariantMemory | None = None,
    ) -> None:
        """Begin stopped.

        `viewers` and `timeline` are shared with the camera's other streams. `admit` is
        called before the stream starts, and may raise StreamLimitError. `uri` is that of
        the media playlist. `memory` keeps its variant while the stream does not run.
        """
        assert spec.find_source is not None, "open_camera() fills it in"
        options = spec.options
        self.state = StreamState.STOPPED
        self.reason: EndReason | None = None
        """The reason of the latest end."""
        self.detail = ""
        """FFmpeg's words about the latest end, without credentials."""
        self.planner = Planner(options, spec.source_info)
        self.demand = Demand(time.monotonic)
        self.audience = viewers.audience(self.demand, self.wake)
        window = Window(
            max_duration=options.window_duration,
            max_bytes=options.window_bytes,
            target_duration=self.planner.target_duration,
            lookback=options.lookback,
            max_backlog=options.max_keyframe_interval,
            timeline=timeline,
        )
        window.on_keyframe_wanted = self._fetch_keyframe
        self.live = LiveStream(window, self.demand, logger=spec.logger)
        self.playlists = Playlists(window)
        self.frames = Frames(self.live)
        self.readers = Counter[str]()
        """Readers of one endless file, by its format; each is one of the viewers."""
        self.supervisor = Supervisor(
            spec.find_source,
            self.planner,
            self.live,
            self,
            producer=LocalProducer(machine.ffmpeg, spec.logger),
            machine=machine,
            recovery=Recovery(is_dynamic=spec.is_dynamic),
        )
        self._admit = admit
        self._uri = uri
        self._memory = memory
        self._outages = OutageTracker()
        self._listeners = Listeners[()]()
        self._change_listeners = Listeners[Change]()
        self._is_preloaded = False
        self._idle = IdleTimer(self.demand, self._now_idle)

    # Commands

    async def start(self) -> None:
        """Start now; an on-demand stream stops again when nobody watches for a while.

        Raises:
            StreamLimitError: the stream limit has been reached.

        """
        self.demand.note()
        if not self.is_running:
            self.supervisor.recovery.forget_rejection()
            self.supervisor.recovery.reset_by_user()
            self._launch()

    def stop(self, reason: EndReason) -> asyncio.Task[None]:
        """Stop; the camera is disconnected and FFmpeg gone when the returned task ends.

        A stopped stream does not wake for a viewer.
        """
        return self._rest(StreamState.STOPPED, reason)

    async def restart(self) -> None:
        """Start FFmpeg again; viewers go on.

        Unless all tracks are copied, the camera is probed first: a person may have changed
        its settings, and a conversion accepts anything.

        Raises:
            StreamLimitError: the stream limit has been reached.

        """
        self.demand.note()
        self.supervisor.recovery.forget_rejection()
        self.supervisor.recovery.reset_by_user()
        self._launch()
        self.planner.forget_conversion()

    def try_again(self) -> None:
        """Shorten the pause before the next try, for the source may be back."""
        self.supervisor.try_again()

    def change_options(self, options: StreamOptions) -> None:
        """Go on with other options; viewers go on.

        A running stream starts again only if the options change its media. A stream that
        was given up may be tried again.
        """
        was_kept_awake = self.keep_awake
        has_other_media = self.planner.change_options(options)
        self.window.lookback = options.lookback
        if has_other_media:
            self.window.expect_target_duration(self.planner.target_duration)
            self.supervisor.recovery.reset_by_user()
            if self.is_running:
                self._launch()
            else:
                self._notify()
            if self._memory is not None:
                self._memory.forget()
        self._follow_keep_awake(was_kept_awake)
        if self.state is StreamState.FAILED:
            self.arm()

    def preload(self, is_preloaded: bool) -> None:
        """Keep an on-demand stream awake as well, or no longer."""
        was_kept_awake = self.keep_awake
        self._is_preloaded = is_preloaded
        self._follow_keep_awake(was_kept_awake)

    def arm(self) -> None:
        """Wait for a viewer."""
        if not self.is_running:
            self._set_state(StreamState.IDLE, self.reason)

    def wake(self) -> None:
        """Start for a viewer, if it does not run already; do not wait.

        Raises:
            StreamStoppedError: a person stopped it.
            SourceError: it was given up, for a reason that only a person can repair.
            StreamLimitError: the stream limit has been reached.

        """
        if (run := self.supervisor.run) is not None:
            run.attend()
        match self.state:
            case StreamState.STOPPED:
                raise StreamStoppedError
            case StreamState.FAILED:
                raise SourceError(self.reason or EndReason.UNREACHABLE, self.detail)
            case StreamState.IDLE:
                self.supervisor.recovery.viewer_came()
                self._launch()

    async def takes_connections(self) -> bool:
        """Return whether the source's port is open; False if that cannot be known."""
        try:
            address = (await self.supervisor.find_source()).tcp_address
        except HlsCameraError:
            return False
        return address is not None and await reachability.is_open(*address)

    # Properties

    @property
    def window(self) -> Window:
        """The media that can be fetched."""
        return self.live.window

    @property
    def variant(self) -> Variant | None:
        """The variant that it is, or was when it last ran if it has a memory."""
        return self._update_variant()

    @property
    def is_running(self) -> bool:
        """Whether it runs, or tries to."""
        return self.state.is_running

    @property
    def keep_awake(self) -> bool:
        """Whether the stream goes on without viewers."""
        return self._is_preloaded or not self.planner.options.on_demand

    @property
    def is_failing(self) -> bool:
        """Whether the stream ended although it is wanted, and is not back yet."""
        return self.failing_since is not None

    @property
    def failing_since(self) -> datetime | None:
        """The beginning of the present outage (UTC)."""
        return self._outages.failing_since

    @property
    def is_steady(self) -> bool:
        """Whether it has streamed for a minute without an end."""
        return self.supervisor.is_proven and self.state is StreamState.STREAMING

    def statistics(self) -> Statistics:
        """Return the figures of this moment."""
        is_streaming = self.state is StreamState.STREAMING
        return replace(
            self.supervisor.statistics(is_streaming=is_streaming),
            viewers=self.audience.watching,
            held=self.window.held,
            readers=dict(+self.readers),
            skipped_frames=self.frames.skipped,
        )

    def add_listener(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Call `listener` when the state or source changes; return a function that ends it."""
        return self._listeners.add(listener)

    def add_change_listener(
        self, listener: Callable[[Change], None]
    ) -> Callable[[], None]:
        """Call `listener` when its condition changes; return a function that ends it."""
        return self._change_listeners.add(listener)

    # Inside

    def _set_state(
        self,
        state: StreamState,
        reason: EndReason | None = None,
        change: Change | None = None,
    ) -> None:
        """Change the state and notify; the change follows when all know the state."""
        if (state, reason) != (self.state, self.reason):
            self.live.logger.debug("State: %s -> %s (%s)", self.state, state, reason)
            self.state = state
            self.reason = reason
            self._notify()
        if change is not None:
            self._change_listeners.notify(change)

    def _notify(self) -> None:
        # The media that show the variant may be forgotten next.
        self._update_variant()
        self._listeners.notify()

    def _update_variant(self) -> Variant | None:
        now = window_variant(self.window, self._uri, self.supervisor.frame_rate)
        if self._memory is None:
            return now
        media = sum(segment.duration for segment in self.window.listed)
        return self._memory.update(now, media)

    def _launch(self) -> None:
        """Supervise from now on; the run before ends first."""
        change = None
        if not self.is_running:
            self._admit()
        elif not self.is_failing:
            change = self._outages.ended(EndReason.REPLACED)
        self._set_state(StreamState.STARTING, self.reason, change)
        self.supervisor.launch()
        self._watch_idle()

    def _rest(self, state: StreamState, reason: EndReason) -> asyncio.Task[None]:
        """End the run, as the returned task does, and forget its media."""
        self._idle.cancel()
        self.supervisor.meter.pause()
        change = None
        if self.is_running or self.is_failing:
            change = self._outages.ended(reason)
        self._set_state(state, reason, change)
        ending = self.supervisor.rest()
        # At once: a start that comes meanwhile must not show old media.
        self.live.clear()
        return ending

    def _fetch_keyframe(self) -> None:
        """Connect again for a viewer without a keyframe, if that brings one."""
        run = self.supervisor.run
        is_copied = self.planner.options.conversion.mode is VideoMode.COPY
        if self.state is not StreamState.STREAMING or self.planner.is_converting:
            return
        if is_copied and run is not None and run.begins_with_keyframe:
            self._launch()

    # Called by the supervisor

    def described(self) -> None:
        """Note that the camera sends something else than was known."""
        self.window.expect_target_duration(self.planner.target_duration)
        self._notify()

    def streaming(self) -> None:
        """Note the first partial segment of a run."""
        self.detail = ""
        change = self._outages.picture_came(self.statistics().time_to_first_part)
        self._set_state(StreamState.STREAMING, change=change)

    def proven(self) -> None:
        """Note that the stream has lasted."""
        if (change := self._outages.proven()) is not None:
            self._change_listeners.notify(change)

    def retrying(self, end: End) -> None:
        """Note that a run failed and is retried."""
        self.detail = end.detail
        change = self._outages.run_failed(end.reason)
        self._set_state(StreamState.BACKOFF, end.reason, change)

    def restarting(self, end: End) -> None:
        """Note that the next run starts."""
        self._set_state(StreamState.STARTING, end.reason)

    def may_move(self) -> None:
        """Go on at a better place for the conversion; viewers go on."""
        if self.state in {StreamState.STARTING, StreamState.STREAMING}:
            self._launch()

    def gave_up(self, end: End) -> None:
        """Note that a run failed for good."""
        self.detail = end.detail
        change = self._outages.run_failed(end.reason)
        self.live.clear()
        self._set_state(StreamState.FAILED, end.reason, change)

    # An on-demand stream stops when nobody watches

    def _follow_keep_awake(self, before: bool) -> None:
        """Stop later or never, by the present options and preloading."""
        if self.keep_awake != before:
            # A running stream goes on at least for the idle timeout.
            self.demand.note()
        if self.is_running:
            self._watch_idle()

    def _watch_idle(self) -> None:
        """Stop once nobody has wanted the stream for the idle timeout."""
        if self.keep_awake:
            self._idle.cancel()
        else:
            self._idle.start(self.planner.options.idle_timeout)

    def _now_idle(self) -> None:
        if self.is_running:
            _ = self._rest(StreamState.IDLE, EndReason.IDLE)
