"""The camera entity."""

from collections.abc import Callable, Coroutine
from typing import Any, Final, cast, override

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
from homeassistant.components.camera.webrtc import CameraWebRTCProvider
from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .coordinator import HlsCameraConfigEntry, HlsCameraCoordinator
from .entity import HlsCameraEntity
from .error_translation import translated
from .ha_stream import HlsCameraStream
from .providers.registry import provider_of
from .stream_options import option_values
from .stream_report import StreamReport, stream_report
from .streaming.camera.state import StreamState
from .streaming.errors import HlsCameraError
from .streaming.sources.address_input import AddressInput
from .webrtc import (
    CONF_WEBRTC,
    TwoWayProvider,
    WebRtc,
    capabilities,
    is_two_way_provider,
)

PARALLEL_UPDATES = 0

_TWO_WAY_SCHEMES: Final = frozenset({"rtsp", "rtsps"})
"""Other protocols of cameras have no channel back, or none that go2rtc knows."""
ATTR_SOURCE: Final = "source"
"""Its value is an entity id, as in Home Assistant's own helpers."""


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
    _attr_camera_entity_capabilities: Any
    _offered_webrtc = WebRtc.OFF
    """How WebRTC providers could last serve it."""

    def __init__(self, coordinator: HlsCameraCoordinator) -> None:
        """Create the camera of an entry."""
        HlsCameraEntity.__init__(self, coordinator, CAMERA_DOMAIN)
        Camera.__init__(self)
        self._shown()

    @override
    async def async_added_to_hass(self) -> None:
        """Read the setting "Preload stream" before the stream starts."""
        await super().async_added_to_hass()
        # Home Assistant adds an entity again when its ID has changed. It caches the address of the
        # picture with the ID of before, which rejects whoever asks for it.
        self.__dict__.pop("entity_picture", None)
        self._note_webrtc()
        self.coordinator.camera_settings = await self._camera_settings()

    @property
    @override
    def extra_state_attributes(self) -> dict[str, Any]:
        """The other integration's camera whose stream this one shows, if there is one."""
        data = self.coordinator.config_entry.data
        source = provider_of(data).credentials_owner(self.hass, data)
        return {} if source is None else {ATTR_SOURCE: source}

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
        """Return our own address of the camera, for programs on this machine.

        HomeKit, go2rtc and others read the stream from there, so that one connection to the
        camera is enough. Only processes of our own user can use the address. A provider for
        two-way audio gets the camera's own address where that has a channel back.
        """
        try:
            if is_two_way_provider() and (address := await self._two_way_address()):
                return address
            return await self.coordinator.camera.reader_server.url()
        except OSError, HlsCameraError:
            return None

    async def _two_way_address(self) -> str | None:
        """Return the address at which the camera may take sound; never log it."""
        data = self.coordinator.config_entry.data
        found = await provider_of(data).async_find(self.hass, data)
        if isinstance(found, AddressInput) and found.source.scheme in _TWO_WAY_SCHEMES:
            return found.source.url_with_credentials()
        return None

    @override
    async def _async_get_supported_webrtc_provider[T](
        self, fn: Callable[[HomeAssistant, Camera], Coroutine[None, None, T | None]]
    ) -> T | None:
        """Return a WebRTC provider only where the option lets it take over."""
        webrtc = self._webrtc
        if webrtc is WebRtc.OFF:
            return None
        found = await super()._async_get_supported_webrtc_provider(fn)
        if webrtc is WebRtc.TWO_WAY_AUDIO and isinstance(found, CameraWebRTCProvider):
            return cast("T", TwoWayProvider(found))
        return found

    @property
    def _webrtc(self) -> WebRtc:
        """How WebRTC providers may serve it; not at all while switched off."""
        if self.status.state is StreamState.STOPPED:
            return WebRtc.OFF
        options = option_values(self.coordinator.config_entry.options)
        return WebRtc(options[CONF_WEBRTC])

    def _note_webrtc(self) -> None:
        self._offered_webrtc = self._webrtc
        self._attr_camera_entity_capabilities = capabilities(self._offered_webrtc)

    @callback
    @override
    def _handle_coordinator_update(self) -> None:
        super()._handle_coordinator_update()
        if self._webrtc is not self._offered_webrtc:
            self._note_webrtc()
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
