"""A WebRTC provider for tests."""

from typing import Any, override

from homeassistant.components.camera.webrtc import CameraWebRTCProvider


class Go2rtc(CameraWebRTCProvider):
    """A WebRTC provider that takes every address, and no offer."""

    domain = "go2rtc"

    def __init__(self) -> None:
        self.addresses: list[str] = []

    @override
    def async_is_supported(self, stream_source: str) -> bool:
        self.addresses.append(stream_source)
        return True

    @override
    async def async_handle_async_webrtc_offer(self, *args: Any) -> None:
        raise NotImplementedError

    @override
    async def async_on_webrtc_candidate(self, *args: Any) -> None:
        raise NotImplementedError
