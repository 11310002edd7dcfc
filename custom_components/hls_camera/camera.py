"""The camera entity."""

import asyncio
from typing import Final, override

from aiohttp import web
from homeassistant.components.camera import Camera, async_get_still_stream
from homeassistant.components.camera.const import (
    DOMAIN as CAMERA_DOMAIN,
    CameraEntityFeature,
)
from homeassistant.components.camera.prefs import (
    DynamicStreamSettings,
    get_dynamic_camera_stream_settings,
)
from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .const import CONF_WEBRTC
from .coordinator import HlsCameraConfigEntry, HlsCameraCoordinator
from .entity import HlsCameraEntity
from .error_translation import translated
from .ha_stream import HlsCameraStream
from .providers.registry import provider_of
from .stream_options import option_values
from .stream_report import StreamReport, stream_report
from .streaming.camera.state import StreamState
from .streaming.errors import HlsCameraError

PARALLEL_UPDATES = 0

_FIND_SOURCE_TIMEOUT: Final = 2.0
"""Seconds that another integration may take to return its camera's address."""


class StatusResponse(StreamReport):
    """The response of the action `get_status`: main stream and sub-stream."""

    viewers: int
    """Viewers of either stream."""
    small_stream: StreamReport | None


async def async_setup_entry(
    hass: HomeAssistant,  # noqa: ARG001
    entry: HlsCameraConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the camera."""
    async_add_entities([HlsCamera(entry.runtime_data)])


class HlsCamera(HlsCameraEntity, Camera):
    """A camera that shows our stream.

    It stays available while its stream fails: Home Assistant calls no actions of
    unavailable entities, and the camera may need a restart. `sensor.*_status` shows the
    failure.
    """

    _attr_name = None
    _attr_supported_features = CameraEntityFeature.STREAM | CameraEntityFeature.ON_OFF
    _hls_stream: HlsCameraStream | None = None
    _offered_source = False
    """Whether WebRTC providers have last been offered the address."""

    def __init__(self, coordinator: HlsCameraCoordinator) -> None:
        """Create the camera of an entry."""
        HlsCameraEntity.__init__(self, coordinator, CAMERA_DOMAIN)
        Camera.__init__(self)
        self._shown()

    @override
    async def async_added_to_hass(self) -> None:
        """Read the setting "Preload stream" before the stream starts."""
        await super().async_added_to_hass()
        self._offered_source = self._offers_source
        self.coordinator.camera_settings = await self._camera_settings()

    @callback
    @override
    def _shown(self) -> object:
        state = self.status.state
        self._attr_is_on = state is not StreamState.STOPPED
        self._attr_is_streaming = state is StreamState.STREAMING
        self._attr_is_recording = self.status.is_recording
        return self._attr_is_on, self._attr_is_streaming, self._attr_is_recording

    async def _camera_settings(self) -> DynamicStreamSettings:
        return await get_dynamic_camera_stream_settings(self.hass, self.entity_id)

    @override
    async def async_create_stream(self) -> HlsCameraStream:
        """Return the stream for Home Assistant's players."""
        if self._hls_stream is None:
            settings = await self._camera_settings()
            self._hls_stream = HlsCameraStream(
                self.hass, self.coordinator.camera, settings, self.entity_id
            )
            self.stream = self._hls_stream
        return self._hls_stream

    @override
    async def stream_source(self) -> str | None:
        """Return the address for a WebRTC provider, if the option allows it.

        The provider opens a second connection to the camera. Home Assistant calls this
        when it adds the camera, without handling errors or delays. A provider calls it for
        each offer, and any integration may: callers cannot be distinguished, so the
        option's text says that all of them get the password.
        """
        if not self._offers_source:
            return None
        data = self.coordinator.config_entry.data
        try:
            async with asyncio.timeout(_FIND_SOURCE_TIMEOUT):
                source = await provider_of(data).async_find(self.hass, data)
        except HlsCameraError, TimeoutError:
            return None
        return source.url_with_credentials

    @property
    def _offers_source(self) -> bool:
        """Whether a WebRTC provider may get the address; not while switched off."""
        options = option_values(self.coordinator.config_entry.options)
        return (
            options[CONF_WEBRTC] is True
            and self.status.state is not StreamState.STOPPED
        )

    @callback
    @override
    def _handle_coordinator_update(self) -> None:
        super()._handle_coordinator_update()
        if self._offers_source is not self._offered_source:
            self._offered_source = self._offers_source
            _ = self.hass.async_create_task(self.async_refresh_providers())

    @override
    @translated
    async def async_camera_image(
        self, width: int | None = None, height: int | None = None
    ) -> bytes | None:
        """Return the newest keyframe as JPEG."""
        return await self.coordinator.camera.snapshot(width, height)

    @override
    async def handle_async_still_stream(
        self, request: web.Request, interval: float
    ) -> web.StreamResponse:
        """Send one snapshot after another until the stream fails."""

        async def still() -> bytes | None:
            try:
                return await self.async_camera_image()
            except HomeAssistantError:
                return None

        return await async_get_still_stream(request, still, self.content_type, interval)

    @override
    async def async_turn_on(self) -> None:
        """Start the stream."""
        await self.async_start_stream()

    @override
    async def async_turn_off(self) -> None:
        """Stop the stream and disconnect from the camera."""
        await self.async_stop_stream()

    @translated
    async def async_start_stream(self) -> None:
        """Start the stream."""
        await self.coordinator.async_start()

    @translated
    async def async_stop_stream(self) -> None:
        """Stop the stream and disconnect from the camera."""
        await self.coordinator.async_stop()

    @translated
    async def async_restart_stream(self) -> None:
        """Restart the stream."""
        await self.coordinator.async_restart()

    async def async_get_status(self) -> StatusResponse:
        """Return reports on the main stream and the sub-stream."""
        camera = self.coordinator.camera
        return StatusResponse(
            **stream_report(camera.main),
            viewers=camera.viewers.watching,
            small_stream=stream_report(camera.sub) if camera.sub else None,
        )
