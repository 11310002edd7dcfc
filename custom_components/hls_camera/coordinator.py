"""One camera in Home Assistant: its streams, and what entities are told of it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final, NamedTuple, override

from homeassistant.config_entries import SOURCE_REAUTH, SOURCE_ZEROCONF, ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.event import async_track_time_interval
from homeassistant.helpers.update_coordinator import DataUpdateCoordinator

from .bus_event import async_fire_event
from .const import (
    CONF_SMALL,
    CONF_SOURCE_INFO,
    CONF_SWITCHED_OFF,
    CONF_VARIANTS,
    LOGGER,
)
from .health import Health
from .issues import OF_A_CAMERA, Issue, async_set_issue
from .manager import MANAGER
from .providers.registry import async_track_return, provider_of, source_keys
from .stream_specs import options_of_streams, stream_specs
from .streaming.camera.events import EventType, StreamEvent
from .streaming.camera.rendition import Rendition
from .streaming.camera.state import StreamState
from .streaming.camera.variant_memory import KnownVariants
from .streaming.errors import StreamLimitError, StreamStoppedError
from .streaming.ingest.stats import Statistics
from .streaming.media.orientation import Orientation
from .streaming.reasons import EndReason
from .streaming.sources.source_info import SourceInfo

if TYPE_CHECKING:
    from homeassistant.components.camera.prefs import DynamicStreamSettings

type HlsCameraConfigEntry = ConfigEntry[HlsCameraCoordinator]

READING_INTERVAL: Final = timedelta(seconds=5)
"""Between two looks at the figures; they are in memory."""
_READINGS_PER_FIGURES: Final = 6
"""Entities are told new figures with the first reading after a change, and from then on
with every sixth: each change of a figure is a row in the recorder's database."""
_SETTINGS_INTERVAL: Final = timedelta(seconds=10)
"""Between two looks at Home Assistant's settings of the camera while nothing runs."""
_PLACE_AGAIN: Final = 10.0
"""Seconds after which an always-on stream above the limit asks again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamStatus:
    """What entities show."""

    state: StreamState
    last_error: EndReason | None
    """Why the stream last ended against all wish."""
    is_failing: bool
    """It ended against all wish, and is not back yet."""
    is_slow: bool
    """It streams, and falls behind."""
    is_recording: bool
    viewers: int
    restarts: int
    figures: Statistics
    """As they were a while ago."""
    has_rates: bool
    """A stream that has just begun has none yet."""

    @property
    def bitrate(self) -> float | None:
        """Bits per second."""
        return self.figures.bitrate if self.has_rates else None

    @property
    def frame_rate(self) -> float | None:
        """Frames per second."""
        return self.figures.frame_rate if self.has_rates else None

    @property
    def speed(self) -> float | None:
        """Seconds of media per second; 1.0 keeps up."""
        return self.figures.speed if self.has_rates else None


class _Streams(NamedTuple):
    """What an entry keeps of its streams."""

    main: SourceInfo | None
    small: SourceInfo | None
    variants: KnownVariants | None
    """None where there is no small one."""


class HlsCameraCoordinator(DataUpdateCoordinator[StreamStatus]):
    """Tell entities at once what the streams do, and their figures now and then."""

    config_entry: HlsCameraConfigEntry

    def __init__(self, hass: HomeAssistant, entry: HlsCameraConfigEntry) -> None:
        """Make the entry's streams; unloading the entry ends them.

        Raises:
            SourceInUseError: another entry has this source.

        """
        self.manager = hass.data[MANAGER]
        self.camera = self.manager.open_camera(
            stream_specs(hass, entry), entry.data.get(CONF_VARIANTS)
        )
        super().__init__(
            hass, LOGGER, config_entry=entry, name=entry.title, always_update=False
        )
        self.camera_settings: DynamicStreamSettings | None = None
        """Home Assistant's, which it changes without telling."""
        self._health = Health()
        self._last_error: EndReason | None = None
        self._small_fails = False
        self._is_rejected = False
        """The camera does not take the credentials, and none are known to be better."""
        self._source_keys = source_keys(entry.data)
        self._starting: asyncio.Task[None] | None = None
        """While an always-on stream waits for its turn, or for a place."""
        self._known = self._streams()._replace(variants=entry.data.get(CONF_VARIANTS))
        self._readings = 0
        self._figures = self.camera.statistics()
        self.data = self._status()
        self._unsubscribe = (
            self.camera.add_listener(self._async_camera_changed),
            self.camera.add_event_listener(self._async_tell),
            async_track_return(hass, entry.data, self._async_source_returned),
            async_track_time_interval(
                hass,
                self._async_follow_settings,
                _SETTINGS_INTERVAL,
                name=f"{self.name} settings",
                cancel_on_shutdown=True,
            ),
        )

    async def async_answers(self) -> bool:
        """Return whether the camera is still where the entry says, as far as is known."""
        if self.camera.main.state is StreamState.STREAMING:
            return True
        if self.camera.main.is_failing:
            return False
        return any([await each.takes_connections() for each in self.camera.renditions])

    # The stream's life in Home Assistant

    @callback
    def async_arm(self) -> None:
        """Let viewers wake the stream, unless somebody has switched it off."""
        if not self.config_entry.options.get(CONF_SWITCHED_OFF, False):
            self.camera.arm()

    @callback
    def async_begin(self) -> None:
        """Start an always-on stream, when it is its turn."""
        if self.camera.main.keep_awake:
            self._async_start_soon()
        self._async_follow_settings()

    @override
    async def async_shutdown(self) -> None:
        """End the streams; Home Assistant calls this when the entry unloads."""
        await super().async_shutdown()
        await self.manager.close_camera(self.camera)
        for unsubscribe in self._unsubscribe:
            unsubscribe()
        for issue in OF_A_CAMERA:
            async_set_issue(self.hass, issue, False, entry=self.config_entry)

    @asynccontextmanager
    async def async_camera_left(self) -> AsyncIterator[None]:
        """Leave the camera to somebody else for a while; then go on as before."""
        await self.camera.stop()
        try:
            yield
        finally:
            self.async_arm()
            self.async_begin()

    @callback
    def _async_follow_settings(self, _now: datetime | None = None) -> None:
        """Keep the stream awake where the option or "Preload stream" says so."""
        settings = self.camera_settings
        self._async_turn(settings.orientation if settings else Orientation.NORMAL)
        is_preloaded = settings is not None and settings.preload_stream
        main = self.camera.main
        was_kept_awake = main.keep_awake
        main.preload(is_preloaded)
        if main.keep_awake and not was_kept_awake:
            self._async_start_soon()

    @callback
    def _async_turn(self, orientation: int) -> None:
        """Show the picture as the camera's preference says; what runs begins anew."""
        # A small one that is made here is made of a picture that is turned already.
        is_own = CONF_SMALL in self.config_entry.data
        for each in self.camera.renditions if is_own else (self.camera.main,):
            if each.turn(Orientation(orientation)) and each.is_running:
                _ = self.config_entry.async_create_background_task(
                    self.hass, each.restart(), f"{self.name} turn", eager_start=False
                )

    @callback
    def _async_start_soon(self) -> None:
        """Start when it is this stream's turn, and not while the camera changes.

        What waits for a place already goes on waiting: one wait is enough.
        """
        if self._starting is not None and not self._starting.done():
            return
        self._starting = self.config_entry.async_create_background_task(
            self.hass,
            self._async_start_in_turn(),
            f"{self.name} start",
            eager_start=False,
        )

    async def _async_start_in_turn(self) -> None:
        """Start, unless a viewer was faster or somebody has switched it off."""
        await self.manager.wait_for_turn()
        while (
            self.camera.main.keep_awake and self.camera.main.state is StreamState.IDLE
        ):
            try:
                await self.camera.start()
            except StreamLimitError:
                await asyncio.sleep(_PLACE_AGAIN)

    # What a person wants

    async def async_start(self) -> None:
        """Start the stream, also one that was switched off.

        Raises:
            StreamLimitError: as many streams run as may.

        """
        self._async_remember_switched_off(False)
        if self.camera.main.state is StreamState.STOPPED:
            self.camera.arm()
        try:
            await self.camera.start()
        except StreamLimitError:
            if self.camera.main.keep_awake:
                self._async_start_soon()
            raise

    async def async_stop(self) -> None:
        """Switch the stream off: it stays off, also when Home Assistant restarts."""
        self._async_remember_switched_off(True)
        await self.camera.stop()

    async def async_restart(self) -> None:
        """Connect to the camera anew.

        Raises:
            StreamStoppedError: somebody has switched it off, and not for a restart.
            StreamLimitError: as many streams run as may.

        """
        if self.camera.main.state is StreamState.STOPPED:
            raise StreamStoppedError
        await self.camera.restart()

    @callback
    def _async_remember_switched_off(self, is_off: bool) -> None:
        """Keep it in the entry's options: there it is known before anything starts."""
        options = dict(self.config_entry.options)
        options.pop(CONF_SWITCHED_OFF, None)
        if is_off:
            options[CONF_SWITCHED_OFF] = True
        self.hass.config_entries.async_update_entry(self.config_entry, options=options)

    @callback
    def async_options_changed(self) -> None:
        """Take the entry's options as they are now; viewers go on.

        They do not where a small stream is to be made, or no longer.
        """
        options = options_of_streams(self.config_entry)
        if len(options) != len(self.camera.renditions):
            self.hass.config_entries.async_schedule_reload(self.config_entry.entry_id)
            return
        for each, wanted in zip(self.camera.renditions, options, strict=True):
            each.change_options(self.manager.settings.apply(wanted))
        self._async_follow_settings()
        if self.camera.main.keep_awake:
            self._async_start_soon()
        self.async_update_listeners()

    @callback
    def _async_source_returned(self) -> None:
        """Try again at once: the other camera may have another address now."""
        for each in self.camera.renditions:
            each.try_again()

    # What happens

    @callback
    def _async_camera_changed(self) -> None:
        """Tell entities; figures only change, and are only read, while it runs."""
        main = self.camera.main
        self.update_interval = READING_INTERVAL if self.camera.is_running else None
        self._readings = 0
        self._figures = self.camera.statistics()
        if main.reason is not None and main.reason.is_failure:
            self._last_error = main.reason
        self._async_follow_settings()
        self._async_remember_streams()
        self._async_judge()
        self.async_set_updated_data(self._status())

    @override
    async def _async_update_data(self) -> StreamStatus:
        """Read the figures."""
        now = self.camera.statistics()
        if self._readings % _READINGS_PER_FIGURES == 0:
            self._figures = now
        self._readings += 1
        self._health.take(now)
        self._async_follow_settings()
        self._async_remember_streams()
        self._async_show_issues()
        return self._status()

    @callback
    def _async_tell(self, event: StreamEvent) -> None:
        """Tell automations and the log."""
        async_fire_event(self.hass, self.config_entry, event)
        if event.type is EventType.FAILED:
            LOGGER.info(
                "%s is unavailable: %s %s",
                self.name,
                event.reason,
                self.camera.main.detail,
            )
        elif event.type is EventType.RECOVERED:
            LOGGER.info("%s is back after %.0f s", self.name, event.outage)

    def _status(self) -> StreamStatus:
        state = self.camera.active.state
        now = self.camera.statistics()
        is_streaming = state is StreamState.STREAMING
        return StreamStatus(
            state=state,
            last_error=self._last_error,
            is_failing=self.camera.main.is_failing and not is_streaming,
            is_slow=is_streaming and self._health.slow.is_so,
            is_recording=self.camera.is_recording,
            viewers=now.viewers if self.camera.is_running else 0,
            restarts=now.restarts,
            figures=self._figures,
            has_rates=self._readings > 0 or not is_streaming,
        )

    # What follows from it

    @callback
    def _async_judge(self) -> None:
        """Ask for credentials, and show what a person can mend, as the state tells."""
        if (
            self.camera.main.is_failing
            or self.camera.main.state is StreamState.STREAMING
        ):
            self._is_rejected = self.camera.main.reason is EndReason.UNAUTHORIZED
        match self.camera.main.state, self.camera.main.reason:
            case StreamState.STREAMING, _:
                async_set_issue(self.hass, Issue.FFMPEG_MISSING, False)
                self._async_forget_questions()
            case StreamState.FAILED, EndReason.FFMPEG_MISSING:
                async_set_issue(self.hass, Issue.FFMPEG_MISSING, True)
            case StreamState.FAILED, EndReason.UNAUTHORIZED:
                self.config_entry.async_start_reauth(self.hass)
            case _, EndReason.TOO_SLOW:
                self._health.slow.settle(True)
        match self.camera.sub:
            case Rendition(state=StreamState.STREAMING):
                self._small_fails = False
            # Where both fail, it is the camera that is gone.
            case Rendition(is_failing=True) if (
                self.camera.main.state is StreamState.STREAMING
            ):
                self._small_fails = True
        self._async_show_issues()

    @callback
    def _async_forget_questions(self) -> None:
        """Ask no longer for credentials, or whether the camera has moved: it streams."""
        flows = self.config_entry.async_get_active_flows(
            self.hass, {SOURCE_REAUTH, SOURCE_ZEROCONF}
        )
        for flow in tuple(flows):
            self.hass.config_entries.flow.async_abort(flow["flow_id"])

    @callback
    def _async_show_issues(self) -> None:
        """Show this camera's issues, or take them away."""
        main, health = self.camera.main, self._health
        converts = main.planner.is_converting
        is_refused = main.is_failing and main.reason is EndReason.OVERLOADED
        is_short = main.is_failing and main.reason is EndReason.TOO_MUCH_DATA
        are_rare = main.planner.has_rare_keyframes or (
            not converts and health.rare_keyframes.is_so
        )
        is_gone = main.is_failing and main.reason is EndReason.NO_SOURCE
        for issue, is_there in (
            (Issue.RARE_KEYFRAMES, are_rare),
            (Issue.SHORT_OF_MEMORY, is_short or health.short_of_memory.is_so),
            (Issue.CONVERSION_TOO_SLOW, converts and health.slow.is_so),
            (Issue.CONVERSION_REFUSED, is_refused),
            (Issue.DETAIL_REDUCED, main.supervisor.detail_reduction > 0),
            (Issue.ENCODER_FAILED, bool(main.supervisor.recovery.broken_encoders)),
            (Issue.SMALL_FAILED, self._small_fails),
            (Issue.SOUND_DIFFERS, not self.camera.fit),
            (Issue.SOURCE_GONE, is_gone),
        ):
            async_set_issue(self.hass, issue, is_there, entry=self.config_entry)
        data = self.config_entry.data
        owner = provider_of(data).credentials_owner(self.hass, data)
        async_set_issue(
            self.hass,
            Issue.SOURCE_REJECTED,
            self._is_rejected and owner is not None,
            entry=self.config_entry,
            camera=owner or "",
        )

    def _streams(self) -> _Streams:
        sub = self.camera.sub
        return _Streams(
            main=self.camera.main.planner.source_info,
            small=sub.planner.source_info if sub else None,
            variants=self.camera.known_variants if sub else None,
        )

    @callback
    def _async_remember_streams(self) -> None:
        """Keep what the camera sends, so that the next start knows it beforehand.

        Only what is news: a form looks at the camera as well, and what it has found is
        not to be taken back when that ends the streams.
        """
        entry = self.config_entry
        before, now = self._known, self._streams()
        self._known = now
        if now == before or source_keys(entry.data) != self._source_keys:
            return
        data = dict(entry.data)
        if now.main and now.main != before.main:
            data[CONF_SOURCE_INFO] = now.main.as_dict()
        if now.small and now.small != before.small and CONF_SMALL in data:
            small = {CONF_SOURCE_INFO: now.small.as_dict()}
            data[CONF_SMALL] = {**data[CONF_SMALL], **small}
        if now.variants is None:
            data.pop(CONF_VARIANTS, None)
        elif now.variants != before.variants:
            data[CONF_VARIANTS] = now.variants
        self.hass.config_entries.async_update_entry(entry, data=data)
