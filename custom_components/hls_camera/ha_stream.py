"""Home Assistant's `Stream`, implemented by the core.

The stock camera card, `camera.play_stream`, the media browser, Cast and the voice
assistants request a `Stream` from a camera and call a handful of its methods. Ours does
not use Home Assistant's worker. `Stream` is no public interface, so only this module
depends on it, and a test fails when `Stream` gets a new member.
"""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, override

from homeassistant.components.stream import HLS_PROVIDER, Stream
from homeassistant.components.stream.core import (
    STREAM_SETTINGS_NON_LL_HLS,
    StreamOutput,
)
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ServiceValidationError

from .const import DOMAIN
from .error_translation import translated, translated_errors
from .logins import LOGINS
from .streaming.camera.camera import Camera
from .streaming.camera.state import StreamState
from .streaming.outputs.hls_playlist import MULTIVARIANT_PLAYLIST
from .web.views import stream_path

if TYPE_CHECKING:
    from homeassistant.components.camera.prefs import DynamicStreamSettings


class HlsCameraStream(Stream):
    """A camera's stream for Home Assistant."""

    def __init__(
        self,
        hass: HomeAssistant,
        camera: Camera,
        dynamic_stream_settings: DynamicStreamSettings,
        label: str,
    ) -> None:
        """Represent a camera; Home Assistant's own worker is never started."""
        super().__init__(
            hass,
            # Only the core has the address.
            source="",
            pyav_options={},
            stream_settings=STREAM_SETTINGS_NON_LL_HLS,
            dynamic_stream_settings=dynamic_stream_settings,
            stream_label=label,
        )
        self._camera = camera

    @override
    async def start(self) -> None:
        """Do nothing: `endpoint_url()` is called next, and wakes the stream.

        Home Assistant also calls this to preload all cameras at once after its start; the
        coordinator starts them one after another instead.
        """

    @override
    def endpoint_url(self, fmt: str) -> str:
        """Return the playlist's path for a new viewer, who belongs to the current login."""
        if fmt != HLS_PROVIDER:
            raise ValueError(f"There is no format {fmt}")
        owner = self.hass.data[LOGINS].async_current_owner()
        with translated_errors():
            token = self._camera.open_viewer(owner=owner)
        return stream_path(token, MULTIVARIANT_PLAYLIST)

    @override
    async def stop(self) -> None:
        """Stop the stream until the next viewer wakes it."""
        self._outputs = {}
        if self._camera.main.state is StreamState.STOPPED:
            return
        await self._camera.stop()
        self._camera.arm()

    @override
    async def remove_provider(self, provider: StreamOutput) -> None:
        """Remove an output; it has no resources of ours."""
        self._outputs.pop(provider.name or "", None)

    @override
    def update_source(self, new_source: str) -> None:
        """Raise an error: only the config entry has the address."""
        raise NotImplementedError("reconfigure the config entry instead")

    @override
    @translated
    async def async_record(
        self, video_path: str, duration: int = 30, lookback: int = 5
    ) -> None:
        """Record into a file; return when it is complete."""
        if not self.hass.config.is_allowed_path(video_path):
            raise ServiceValidationError(
                translation_domain=DOMAIN,
                translation_key="path_not_allowed",
                translation_placeholders={"path": video_path},
            )
        await self._camera.record(
            Path(video_path), duration=max(duration, 0), lookback=max(lookback, 0)
        )

    @override
    @translated
    async def async_get_image(
        self,
        width: int | None = None,
        height: int | None = None,
        wait_for_next_keyframe: bool = False,
    ) -> bytes | None:
        """Return the newest keyframe, or the next one, as JPEG."""
        return await self._camera.snapshot(
            width, height, wait_for_next=wait_for_next_keyframe
        )

    @override
    def get_diagnostics(self) -> dict[str, Any]:
        """Return the stream's part of Home Assistant's camera diagnostics."""
        return {
            "state": self._camera.main.state,
            "reason": self._camera.main.reason,
            "statistics": asdict(self._camera.main.statistics()),
        }
