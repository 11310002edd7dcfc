"""One camera in Home Assistant: its streams, and their status for entities."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Final, NamedTuple, override

from homeassistant.config_entries import SOURCE_REAUTH, SOURCE_ZEROCONF, ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.event import async_track_time_interval
from homeassistant.helpers.update_coordinator import DataUpdateCoordinator
from homeassistant.util.dt import utcnow

from .bus_event import async_fire_event
from .camera_issues import CameraIssues
from .const import (
    CONF_SMALL,
    CONF_SOURCE_INFO,
    CONF_SWITCHED_OFF,
    CONF_VARIANTS,
    LOGGER,
)
from .manager import MANAGER
from .naming import camera_name
from .providers.registry import async_track_return, source_keys
from .publications import CameraPublications
from .stream_specs import options_of_streams, stream_specs
from .streaming.camera.events import EventType, StreamEvent
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
"""Between two readings of the figures, which are in memory."""
_FIRST_READING: Final = timedelta(seconds=2)
"""From a change of state to the first reading: rates need a second of media."""
_READINGS_PER_FIGURES: Final = 6
"""Entities get new figures with the first reading after a change of state, then with every
sixth: each change of a figure adds a row to the recorder's database."""
_FOLLOW_INTERVAL: Final = timedelta(seconds=10)
"""Seconds between two readings of Home Assistant's values that change without notice."""
_RETRY_ABOVE_LIMIT_S: Final = 10.0
"""Between two starts of an always-on stream above the stream limit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamStatus:
    """A camera's status, which its entities show."""

    state: StreamState
    last_error: EndReason | None
    """The reason for the stream's last failure."""
    last_error_at: datetime | None
    is_failing: bool
    """Whether the stream has failed and not recovered yet."""
    is_slow: bool
    """Whether the stream falls behind live."""
    is_recording: bool
    viewers: int
    outages: int
    """Failures since the entry was loaded; one for all retries until the next picture."""
    figures: Statistics
    """The latest figures for entities."""
    has_rates: bool
    """False without a stream, and while one that has just started has no rates yet."""

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
    """Descriptions of the streams that an entry keeps."""

    main: SourceInfo | None
    small: SourceInfo | None
    variants: KnownVariants | None
    """None without a sub-stream."""


class HlsCameraCoordinator(DataUpdateCoordinator[StreamStatus]):
    """Update entities at each change of state, and with figures from time to time."""

    config_entry: HlsCameraConfigEntry

    def __init__(self, hass: HomeAssistant, entry: HlsCameraConfigEntry) -> None:
        """Open the entry's camera; unloading the entry closes it.

        Raises:
            SourceInUseError: another entry has this source.
            UnknownSourceError: the source is of an unknown kind.

        """
        self.manager = hass.data[MANAGER]
        self.camera = self.manager.open_camera(
            stream_specs(hass, entry),
            entry.data.get(CONF_VARIANTS),
            name=partial(camera_name, hass, entry),
        )
        super().__init__(
            hass, LOGGER, config_entry=entry, name=entry.title, always_update=False
        )
        self.camera_settings: DynamicStreamSettings | None = None
        """Home Assistant's settings of the camera, which change without notice."""
        self.publications = CameraPublications(hass, entry, self.camera)
        self._issues = CameraIssues(hass, entry, self.camera)
        self._last_error: EndReason | None = None
        self._last_error_at: datetime | None = None
        self._outages = 0
        self._source_keys = source_keys(entry.data)
        self._starting: asyncio.Task[None] | None = None
        """Running while an always-on stream waits for its turn or for the stream limit."""
        self._known = self._streams()._replace(variants=entry.data.get(CONF_VARIANTS))
        self._readings = 0
        self._figures = self.camera.statistics()
        self.data = self._status(self._figures)
        self._unsubscribe = (
            self.camera.add_listener(self._async_camera_changed),
            self.camera.add_event_listener(self._async_report_event),
            async_track_return(hass, entry.data, self._async_source_returned),
            async_track_time_interval(
                hass,
                self._async_follow_home_assistant,
                _FOLLOW_INTERVAL,
                name=f"{self.name} settings",
                cancel_on_shutdown=True,
            ),
        )

    async def async_answers(self) -> bool:
        """Return whether the camera seems to be at the entry's address still."""
        if self.camera.main.state is StreamState.STREAMING:
            return True
        if self.camera.main.is_failing:
            return False
        return any([await each.takes_connections() for each in self.camera.renditions])

    # Lifecycle

    @callback
    def async_arm(self) -> None:
        """Let viewers wake the stream, unless it is switched off."""
        if not self.config_entry.options.get(CONF_SWITCHED_OFF, False):
            self.camera.arm()

    @callback
    def async_begin(self) -> None:
        """Start an always-on stream in turn."""
        if self.camera.main.keep_awake:
            self._async_start_soon()
        self._async_follow_settings()
        self.publications.async_align()

    @override
    async def async_shutdown(self) -> None:
        """Close the camera; Home Assistant calls this when the entry unloads."""
        await super().async_shutdown()
        await self.publications.async_close()
        await self.manager.close_camera(self.camera)
        for unsubscribe in self._unsubscribe:
            unsubscribe()
        self._issues.async_clear()

    @asynccontextmanager
    async def async_disconnected(self) -> AsyncIterator[None]:
        """Disconnect from the camera, such as for a probe; then continue as before."""
        await self.camera.stop()
        try:
            yield
        finally:
            self.async_arm()
            self.async_begin()

    @callback
    def _async_follow_home_assistant(self, _now: datetime) -> None:
        """Apply changed settings, and ask again the questions of a closed form."""
        self._async_follow_settings()
        self._async_settle_questions()
        self._issues.async_show()

    @callback
    def _async_follow_settings(self) -> None:
        """Apply Home Assistant's camera settings: orientation and "Preload stream"."""
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
        """Set the orientation of the picture; running streams restart."""
        # A sub-stream that is made here has the orientation of the main stream.
        is_own = CONF_SMALL in self.config_entry.data
        for each in self.camera.renditions if is_own else (self.camera.main,):
            if each.planner.turn(Orientation(orientation)) and each.is_running:
                _ = self.config_entry.async_create_background_task(
                    self.hass, each.restart(), f"{self.name} turn", eager_start=False
                )

    @callback
    def _async_start_soon(self) -> None:
        """Start in turn, in a task of its own, unless a start is waiting already.

        The task lets the camera complete its change of state first.
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
        """Start, unless a viewer was faster or the stream was switched off."""
        await self.manager.wait_for_turn()
        while (
            self.camera.main.keep_awake and self.camera.main.state is StreamState.IDLE
        ):
            try:
                await self.camera.start()
            except StreamLimitError:
                await asyncio.sleep(_RETRY_ABOVE_LIMIT_S)

    # Commands

    async def async_start(self) -> None:
        """Start the stream, even if it was switched off.

        Raises:
            StreamLimitError: the stream limit has been reached.

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
        """Switch the stream off; it stays off when Home Assistant restarts."""
        self._async_remember_switched_off(True)
        await self.camera.stop()

    async def async_restart(self) -> None:
        """Restart the streams.

        Raises:
            StreamStoppedError: the stream is switched off.
            StreamLimitError: the stream limit has been reached.

        """
        if self.camera.main.state is StreamState.STOPPED:
            raise StreamStoppedError
        await self.camera.restart()

    @callback
    def _async_remember_switched_off(self, is_off: bool) -> None:
        """Store it in the entry's options, which are read before anything starts."""
        options = dict(self.config_entry.options)
        options.pop(CONF_SWITCHED_OFF, None)
        if is_off:
            options[CONF_SWITCHED_OFF] = True
        self.hass.config_entries.async_update_entry(self.config_entry, options=options)

    @callback
    def async_options_changed(self) -> None:
        """Apply the entry's options; viewers stay connected.

        Only a sub-stream that is added or removed needs a reload.
        """
        options = options_of_streams(self.config_entry)
        if len(options) != len(self.camera.renditions):
            self.hass.config_entries.async_schedule_reload(self.config_entry.entry_id)
            return
        for each, wanted in zip(self.camera.renditions, options, strict=True):
            each.change_options(self.manager.limits.apply(wanted))
        self._async_follow_settings()
        if self.camera.main.keep_awake:
            self._async_start_soon()
        self.async_update_listeners()

    @callback
    def _async_source_returned(self) -> None:
        """Retry at once: the source may have a new address."""
        for each in self.camera.renditions:
            each.try_again()

    # Updates

    @callback
    def _async_camera_changed(self) -> None:
        """Update entities; read figures only while a stream runs."""
        main = self.camera.main
        self.update_interval = _FIRST_READING if self.camera.is_running else None
        self._readings = 0
        self._figures = self.camera.statistics()
        if main.reason is not None and main.reason.is_failure:
            if not self.data.is_failing or main.reason is not self._last_error:
                self._last_error_at = utcnow()
            self._last_error = main.reason
        self._async_follow_settings()
        self._async_remember_streams()
        self._issues.async_take_state()
        self._async_settle_questions()
        self.async_set_updated_data(self._status(self._figures))

    @override
    async def _async_update_data(self) -> StreamStatus:
        """Read the figures."""
        self.update_interval = READING_INTERVAL
        now = self.camera.statistics()
        if self._readings % _READINGS_PER_FIGURES == 0:
            self._figures = now
        self._readings += 1
        self._async_follow_settings()
        self._async_remember_streams()
        self._issues.async_take_figures(now)
        return self._status(now)

    @callback
    def _async_report_event(self, event: StreamEvent) -> None:
        """Fire the bus event, and log failures and recoveries."""
        async_fire_event(self.hass, self.config_entry, event)
        if event.type is EventType.FAILED:
            self._outages += 1
            # The change of state was shown before its event.
            self.async_set_updated_data(self._status(self._figures))
            LOGGER.info(
                "%s is unavailable: %s %s",
                self.name,
                event.reason,
                self.camera.main.detail,
            )
        elif event.type is EventType.RECOVERED:
            LOGGER.info("%s is back after %.0f s", self.name, event.outage)

    def _status(self, now: Statistics) -> StreamStatus:
        state = self.camera.active.state
        is_streaming = state is StreamState.STREAMING
        return StreamStatus(
            state=state,
            last_error=self._last_error,
            last_error_at=self._last_error_at,
            is_failing=self.camera.main.is_failing and not is_streaming,
            is_slow=is_streaming and self._issues.is_slow,
            is_recording=self.camera.is_recording,
            viewers=now.viewers if self.camera.is_running else 0,
            outages=self._outages,
            figures=self._figures,
            has_rates=self._readings > 0 and is_streaming,
        )

    # Consequences

    @callback
    def _async_settle_questions(self) -> None:
        """Ask for credentials after a rejection; close all questions while streaming."""
        if self.camera.main.state is StreamState.STREAMING:
            flows = self.config_entry.async_get_active_flows(
                self.hass, {SOURCE_REAUTH, SOURCE_ZEROCONF}
            )
            for flow in tuple(flows):
                self.hass.config_entries.flow.async_abort(flow["flow_id"])
        elif self._issues.needs_credentials:
            # Home Assistant does nothing while a form of the entry is open.
            self.config_entry.async_start_reauth(self.hass)

    def _streams(self) -> _Streams:
        sub = self.camera.sub
        return _Streams(
            main=self.camera.main.planner.source_info,
            small=sub.planner.source_info if sub else None,
            variants=self.camera.known_variants if sub else None,
        )

    @callback
    def _async_remember_streams(self) -> None:
        """Store new descriptions of the streams in the entry, for the next start.

        Only changes are stored: a form has probed the camera as well, and its result
        must stay when it restarts the streams.
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
