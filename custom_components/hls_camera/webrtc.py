"""WebRTC by a provider of Home Assistant's, such as go2rtc, and two-way audio through it."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, override

from homeassistant.components import camera as camera_component
from homeassistant.components.camera import Camera
from homeassistant.components.camera.webrtc import (
    CameraWebRTCProvider,
    WebRTCSendMessage,
)
from homeassistant.core import callback
from webrtc_models import RTCIceCandidateInit

CONF_WEBRTC: Final = "webrtc"
"""The key of an entry's option."""


class WebRtc(StrEnum):
    """How a WebRTC provider may serve a camera."""

    OFF = "off"
    ON = "on"
    """It reads our stream."""
    TWO_WAY_AUDIO = "two_way_audio"
    """It connects to the camera itself, which is the only way to send sound to it."""


def with_webrtc_choice(options: Mapping[str, Any]) -> dict[str, Any]:
    """Return an entry's options of version 1.2, which had a switch, with a choice."""
    switch = options.get(CONF_WEBRTC)
    if not isinstance(switch, bool):
        return dict(options)
    return {**options, CONF_WEBRTC: WebRtc.ON if switch else WebRtc.OFF}


_Capabilities: Final = getattr(camera_component, "CameraEntityCapabilities", None)
"""Home Assistant's class for the capabilities of a camera, None before 2026.11."""


def capabilities(webrtc: WebRtc) -> object:
    """Return the capabilities that a camera declares; None before Home Assistant 2026.11."""
    if _Capabilities is None:
        return None
    return _Capabilities(two_way_audio=webrtc is WebRtc.TWO_WAY_AUDIO)


_is_provider: Final[ContextVar[bool]] = ContextVar("is_provider", default=False)


def is_two_way_provider() -> bool:
    """Return whether a provider for two-way audio asks for a camera's address.

    Home Assistant's `stream_source()` does not say who asks.
    """
    return _is_provider.get()


@contextmanager
def _provider() -> Iterator[None]:
    token = _is_provider.set(True)
    try:
        yield
    finally:
        _is_provider.reset(token)


@dataclass(frozen=True, slots=True)
class TwoWayProvider(CameraWebRTCProvider):
    """A provider that gets the camera's own address, unlike all others who ask for it."""

    provider: CameraWebRTCProvider

    @property
    @override
    def domain(self) -> str:
        return self.provider.domain

    @callback
    @override
    def async_is_supported(self, stream_source: str) -> bool:
        return self.provider.async_is_supported(stream_source)

    @override
    async def async_handle_async_webrtc_offer(
        self,
        camera: Camera,
        offer_sdp: str,
        session_id: str,
        send_message: WebRTCSendMessage,
    ) -> None:
        with _provider():
            await self.provider.async_handle_async_webrtc_offer(
                camera, offer_sdp, session_id, send_message
            )

    @override
    async def async_on_webrtc_candidate(
        self, session_id: str, candidate: RTCIceCandidateInit
    ) -> None:
        await self.provider.async_on_webrtc_candidate(session_id, candidate)

    @callback
    @override
    def async_close_session(self, session_id: str) -> None:
        self.provider.async_close_session(session_id)

    @override
    async def async_get_image(
        self, camera: Camera, width: int | None = None, height: int | None = None
    ) -> bytes | None:
        with _provider():
            return await self.provider.async_get_image(camera, width, height)

    @override
    async def async_register_camera(self, camera: Camera) -> None:
        with _provider():
            await self.provider.async_register_camera(camera)

    @override
    async def async_unregister_camera(self, camera: Camera) -> None:
        await self.provider.async_unregister_camera(camera)

    @override
    async def async_on_camera_prefs_update(self, camera: Camera) -> None:
        with _provider():
            await self.provider.async_on_camera_prefs_update(camera)
