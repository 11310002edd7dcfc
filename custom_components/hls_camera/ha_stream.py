"""Home Assistant's camera-stream contract, satisfied by our cameras.

The stock camera card, `camera.play_stream`, the media browser, Cast and the voice
assistants all ask a camera for a `Stream` and call a handful of its methods. Ours
has no worker of Home Assistant's behind it: the core does the work. The contract
is not a public one, so it is kept to this module, and a test fails when `Stream` gets
a member that nobody has looked at.
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
    """A camera's stream as Home Assistant sees it."""

    def __init__(
        self,
        hass: HomeAssistant,
        camera: Camera,
        dynamic_stream_settings: DynamicStreamSettings,
        label: str,
    ) -> None:
        """Stand for a camera; Home Assistant's own worker is never started."""
        super().__init__(
            hass,
            # The address stays with the core: nobody here needs it.
            source="",
            pyav_options={},
            stream_settings=STREAM_SETTINGS_NON_LL_HLS,
            dynamic_stream_settings=dynamic_stream_settings,
            stream_label=label,
        )
        self._camera = camera

    @override
    async def start(self) -> None:
        """Do nothing: `endpoint_url()` comes next, and it wakes the stream.

        Home Assistant also preloads cameras by this, all at once when it has started;
        the coordinator does that itself, one after another.
        """

    @override
    def endpoint_url(self, fmt: str) -> str:
        """Return a playlist's path for one more viewer, of whoever asks for it."""
        if fmt != HLS_PROVIDER:
            raise ValueError(f"There is no format {fmt}")
        owner = self.hass.data[LOGINS].async_current_owner()
        with translated_errors():
            token = self._camera.open_viewer(owner=owner)
        return stream_path(token, MULTIVARIANT_PLAYLIST)

    @override
    async def stop(self) -> None:
        """End the stream for now; the next viewer wakes it."""
        self._outputs = {}
        if self._camera.main.state is StreamState.STOPPED:
            return
        await self._camera.stop()
        self._camera.arm()

    @override
    async def remove_provider(self, provider: StreamOutput) -> None:
        """Forget an output; nothing hangs on it."""
        self._outputs.pop(provider.name or "", None)

    @override
    def update_source(self, new_source: str) -> None:
        """Refuse: the address belongs to the config entry."""
        raise NotImplementedError("reconfigure the config entry instead")

    @override
    @translated
    async def async_record(
        self, video_path: str, duration: int = 30, lookback: int = 5
    ) -> None:
        """Record into a file; return when it is whole."""
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
        """Return what Home Assistant adds to its camera diagnostics."""
        return {
            "state": self._camera.main.state,
            "reason": self._camera.main.reason,
            "statistics": asdict(self._camera.main.statistics()),
        }
