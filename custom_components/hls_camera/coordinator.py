"""One camera in Home Assistant: its session, and what entities are told of it."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final, override

from homeassistant.config_entries import ConfigEntry
from homeassistant.const import CONF_PASSWORD, CONF_URL, CONF_USERNAME
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.update_coordinator import DataUpdateCoordinator
from homeassistant.util import slugify

from .const import (
    CONF_ALWAYS_ON,
    CONF_IDLE_TIMEOUT,
    CONF_SOURCE_INFO,
    CONF_TRANSPORT,
    LOGGER,
)
from .manager import MANAGER
from .streaming.options import Source, StreamOptions, Transport
from .streaming.reasons import EndReason
from .streaming.session import SessionState
from .streaming.source_info import SourceInfo
from .streaming.stats import Statistics

type HlsCameraConfigEntry = ConfigEntry[HlsCameraCoordinator]

STATISTICS_INTERVAL: Final = timedelta(seconds=5)


@dataclass(frozen=True, slots=True)
class StreamStatus:
    """What entities show."""

    state: SessionState
    reason: EndReason | None
    """Of the last end."""
    statistics: Statistics

    @property
    def bitrate(self) -> float:
        """Bits per second; none as soon as nothing streams."""
        is_streaming = self.state is SessionState.STREAMING
        return self.statistics.bitrate if is_streaming else 0.0


class HlsCameraCoordinator(DataUpdateCoordinator[StreamStatus]):
    """Tell entities at once what the session does, and its figures while it runs."""

    config_entry: HlsCameraConfigEntry

    def __init__(self, hass: HomeAssistant, entry: HlsCameraConfigEntry) -> None:
        """Make the entry's session; unloading the entry ends it.

        Raises:
            SourceInUseError: another entry streams this address.

        """
        self.manager = hass.data[MANAGER]
        self.session = self.manager.open_session(
            stream_options(entry),
            logger=LOGGER.getChild(slugify(entry.title)),
            source_info=_cached_source_info(entry),
        )
        super().__init__(hass, LOGGER, config_entry=entry, name=entry.title)
        self.data = self._status()
        entry.async_on_unload(self.session.add_listener(self._async_session_changed))

    async def async_begin(self) -> None:
        """Start an always-on stream; arm one that waits for a viewer."""
        if self.session.options.on_demand:
            self.session.arm()
        else:
            await self.session.start()

    @override
    async def async_shutdown(self) -> None:
        """End the session; Home Assistant calls this when the entry unloads."""
        await super().async_shutdown()
        await self.manager.close_session(self.session)

    @override
    async def _async_update_data(self) -> StreamStatus:
        return self._status()

    def _status(self) -> StreamStatus:
        session = self.session
        return StreamStatus(session.state, session.reason, session.statistics())

    @callback
    def _async_session_changed(self) -> None:
        """Tell entities; figures only change, and are only polled, while it runs."""
        session = self.session
        self.update_interval = STATISTICS_INTERVAL if session.is_running else None
        self._async_cache_source_info()
        self.async_set_updated_data(self._status())
        if session.state is SessionState.FAILED and (
            session.reason is EndReason.UNAUTHORIZED
        ):
            self.config_entry.async_start_reauth(self.hass)

    @callback
    def _async_cache_source_info(self) -> None:
        """Keep what the camera sends, so that the next start knows it beforehand."""
        if (info := self.session.source_info) is None:
            return
        entry = self.config_entry
        self.hass.config_entries.async_update_entry(
            entry, data={**entry.data, CONF_SOURCE_INFO: info.as_dict()}
        )


def stream_options(entry: ConfigEntry[Any]) -> StreamOptions:
    """Return an entry's data and options in the core's words."""
    defaults = StreamOptions.__dataclass_fields__
    return StreamOptions(
        source=Source(
            url=entry.data[CONF_URL],
            username=entry.data.get(CONF_USERNAME),
            password=entry.data.get(CONF_PASSWORD),
            transport=Transport(entry.data[CONF_TRANSPORT]),
        ),
        on_demand=not entry.options.get(CONF_ALWAYS_ON, False),
        idle_timeout=entry.options.get(
            CONF_IDLE_TIMEOUT, defaults["idle_timeout"].default
        ),
    )


def _cached_source_info(entry: ConfigEntry[Any]) -> SourceInfo | None:
    """Return what the camera sent last."""
    cached = entry.data.get(CONF_SOURCE_INFO)
    return SourceInfo.from_dict(cached) if cached else None
