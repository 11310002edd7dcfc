"""The repair issues of one camera, from its state and the health of its main stream."""

from typing import Any

from homeassistant.config_entries import SOURCE_RECONFIGURE, ConfigEntry
from homeassistant.const import CONF_URL
from homeassistant.core import HomeAssistant, callback

from .health import Health
from .issues import OF_A_CAMERA, Issue, async_set_issue
from .naming import entity_name
from .providers.provider import FormPurpose
from .providers.registry import provider_of
from .streaming.camera.camera import Camera
from .streaming.camera.rendition import Rendition
from .streaming.camera.state import StreamState
from .streaming.ingest.stats import Statistics
from .streaming.reasons import EndReason


class CameraIssues:
    """Create a camera's issues while it has their problems, and delete them afterwards."""

    def __init__(
        self, hass: HomeAssistant, entry: ConfigEntry[Any], camera: Camera
    ) -> None:
        """Begin without problems."""
        self._hass = hass
        self._entry = entry
        self._camera = camera
        self._health = Health()
        self._sub_fails = False
        self._cause: EndReason | None = None
        """The reason of the last failure until it plays again, also while nobody watches."""

    @property
    def is_slow(self) -> bool:
        """Whether FFmpeg does not keep up with the camera."""
        return self._health.slow.is_so

    @property
    def needs_credentials(self) -> bool:
        """Whether the camera rejects credentials that the entry itself keeps."""
        steps = provider_of(self._entry.data).steps
        return self._is_rejected and FormPurpose.REAUTH in steps

    @property
    def _is_rejected(self) -> bool:
        """Whether the camera rejects the credentials, as far as known."""
        return self._cause is EndReason.UNAUTHORIZED

    @callback
    def async_take_figures(self, figures: Statistics) -> None:
        """Update the issues from a reading of the figures."""
        self._health.take(figures)
        self.async_show()

    @callback
    def async_take_state(self) -> None:
        """Update the issues after a change of the camera's state."""
        main = self._camera.main
        is_streaming = main.state is StreamState.STREAMING
        if main.is_failing or is_streaming:
            self._cause = main.reason if main.is_failing else None
        match main.state, main.reason:
            case StreamState.STREAMING, _:
                async_set_issue(self._hass, Issue.FFMPEG_MISSING, False)
            case StreamState.FAILED, EndReason.FFMPEG_MISSING:
                async_set_issue(self._hass, Issue.FFMPEG_MISSING, True)
            case _, EndReason.TOO_SLOW:
                self._health.slow.settle(True)
        match self._camera.sub:
            case Rendition(state=StreamState.STREAMING):
                self._sub_fails = False
            # If both fail, the camera is gone.
            case Rendition(is_failing=True) if is_streaming:
                self._sub_fails = True
        self.async_show()

    @callback
    def async_clear(self) -> None:
        """Delete all issues of the camera."""
        for issue in OF_A_CAMERA:
            async_set_issue(self._hass, issue, False, entry=self._entry)

    @callback
    def async_show(self) -> None:
        """Create or delete each issue."""
        main, health = self._camera.main, self._health
        reason = main.reason if main.is_failing else None
        converts = main.planner.is_converting
        are_rare = main.planner.has_rare_keyframes or (
            not converts and health.rare_keyframes.is_so
        )
        is_reconfigured = any(
            self._entry.async_get_active_flows(self._hass, {SOURCE_RECONFIGURE})
        )
        has_address = CONF_URL in self._entry.data
        # The owner leaves the picture to see to the repair.
        is_not_found = self._cause is EndReason.NOT_FOUND
        is_short = reason is EndReason.TOO_MUCH_DATA or health.short_of_memory.is_so
        for issue, is_there in (
            (Issue.RARE_KEYFRAMES, are_rare),
            (Issue.SHORT_OF_MEMORY, is_short),
            (Issue.CONVERSION_TOO_SLOW, converts and health.slow.is_so),
            (Issue.CONVERSION_REFUSED, reason is EndReason.OVERLOADED),
            (Issue.CREDENTIALS_REJECTED, self.needs_credentials and is_reconfigured),
            (Issue.DETAIL_REDUCED, main.supervisor.detail_reduction > 0),
            (Issue.ENCODER_FAILED, bool(main.supervisor.recovery.broken_encoders)),
            (Issue.SMALL_FAILED, self._sub_fails),
            (Issue.SOUND_DIFFERS, not self._camera.fit),
            (Issue.SOURCE_GONE, reason is EndReason.NO_SOURCE),
            (Issue.STREAM_NOT_FOUND, has_address and is_not_found),
        ):
            async_set_issue(self._hass, issue, is_there, entry=self._entry)
        data = self._entry.data
        owner = provider_of(data).credentials_owner(self._hass, data)
        async_set_issue(
            self._hass,
            Issue.SOURCE_REJECTED,
            self._is_rejected and owner is not None,
            entry=self._entry,
            camera=entity_name(self._hass, owner) if owner else "",
        )
