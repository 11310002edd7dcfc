"""The probe of a camera's sources before an entry keeps them."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from homeassistant.components.ffmpeg import get_ffmpeg_manager
from homeassistant.config_entries import ConfigEntry, ConfigEntryState
from homeassistant.const import CONF_USERNAME
from homeassistant.core import HomeAssistant

from .const import CONF_SMALL, CONF_SOURCE_INFO
from .coordinator import HlsCameraCoordinator
from .providers.address import CONF_TRANSPORT
from .providers.provider import FormError, SourceProvider
from .providers.registry import provider_of, sources
from .streaming.errors import (
    FfmpegError,
    FfmpegMissingError,
    HlsCameraError,
    ShortageError,
    SourceError,
)
from .streaming.ingest.departure import RETRY_PAUSE_S
from .streaming.ingest.probe import KEYFRAME_FORMAT, PROBE_TIMEOUT_S, probe
from .streaming.outputs.snapshot import decode_snapshot
from .streaming.reasons import EndReason
from .streaming.sources.source_info import SourceInfo

BUSY_PATIENCE: float = 5.0
"""Seconds that a busy camera may take to end our last connection, such as a probe's."""

_STILL_WIDTH: Final = 480
"""Pixels: as wide as a dialog."""

_BASE: Final = "base"
_SOURCE: Final = "source"
"""The field for the source, whatever the provider calls it."""
_CREDENTIALS: Final = "credentials"
# The field that shows an error; the key of its text is the reason.
FIELDS: Final = {
    EndReason.BAD_REQUEST: _BASE,
    EndReason.BUSY: _SOURCE,
    EndReason.CAMERA_ERROR: _BASE,
    EndReason.LOGIN_UNSUPPORTED: _CREDENTIALS,
    EndReason.NOT_FOUND: _SOURCE,
    EndReason.NO_SOURCE: _SOURCE,
    EndReason.NO_VIDEO: _SOURCE,
    EndReason.OUT_OF_RESOURCES: _BASE,
    EndReason.PICTURE_TOO_LARGE: _SOURCE,
    EndReason.PROTOCOL_MISSING: _SOURCE,
    EndReason.REDIRECTED: _BASE,
    EndReason.REFUSED: _SOURCE,
    EndReason.STILL_IMAGE: _SOURCE,
    EndReason.TIMED_OUT: _SOURCE,
    EndReason.TRANSPORT_REFUSED: CONF_TRANSPORT,
    EndReason.UNREACHABLE: _SOURCE,
    EndReason.UNSUPPORTED: _BASE,
    EndReason.WEB_PAGE: _SOURCE,
}


@dataclass(frozen=True, slots=True)
class ProbeResult:
    """Descriptions of the media of a camera's sources."""

    first: SourceInfo
    small: SourceInfo | None = None
    still: bytes | None = None
    """A JPEG of the main stream, from the probe's own connection."""

    def kept_in(self, data: Mapping[str, Any]) -> dict[str, Any]:
        """Return an entry's data with these descriptions."""
        kept = {**data, CONF_SOURCE_INFO: self.first.as_dict()}
        if self.small is not None:
            small = {**data[CONF_SMALL], CONF_SOURCE_INFO: self.small.as_dict()}
            kept[CONF_SMALL] = small
        return kept


async def async_probe_sources(
    hass: HomeAssistant,
    data: Mapping[str, Any],
    allowed_hosts: frozenset[str] = frozenset(),
) -> ProbeResult:
    """Probe the sources that an entry's data describe.

    They may redirect to their own hosts and to `allowed_hosts`.

    Raises:
        FormError: a source cannot be used.

    """
    provider = provider_of(data)
    main_source, *sub_source = sources(data)
    keyframe = bytearray()
    first = await _probe(hass, provider, main_source, allowed_hosts, keyframe)
    still = await _still(hass, bytes(keyframe))
    if not sub_source:
        return ProbeResult(first, still=still)
    try:
        small = await _probe(hass, provider, sub_source[0], allowed_hosts)
    except FormError as err:
        # The sub-stream has one field for its errors, and no transport of its own.
        field = err.field if err.field in {_BASE, CONF_TRANSPORT} else CONF_SMALL
        raise FormError(field, err.problem, err.detail) from err
    if _pixels(small) > _pixels(first):
        raise FormError(CONF_SMALL, "not_smaller")
    return ProbeResult(first, small, still)


async def async_probe_beside_stream(
    entry: ConfigEntry | None, probe: Callable[[], Awaitable[ProbeResult]]
) -> ProbeResult:
    """Return the result of a probe of an entry's camera.

    Where a camera serves one client at a time, the stream of the entry disconnects for
    the time of the probe.

    Raises:
        FormError: a source cannot be used.

    """
    try:
        return await probe()
    except FormError as err:
        is_loaded = entry is not None and entry.state is ConfigEntryState.LOADED
        if entry is None or not is_loaded or err.problem != EndReason.BUSY:
            raise
    coordinator: HlsCameraCoordinator = entry.runtime_data
    async with coordinator.async_disconnected():
        return await probe()


async def _probe(
    hass: HomeAssistant,
    provider: SourceProvider,
    data: Mapping[str, Any],
    allowed_hosts: frozenset[str],
    keyframe: bytearray | None = None,
) -> SourceInfo:
    """Return the description of a source; `keyframe` takes its first keyframe."""
    ffmpeg = get_ffmpeg_manager(hass).binary
    busy_until = hass.loop.time() + BUSY_PATIENCE
    while True:
        try:
            return await probe(
                ffmpeg,
                await provider.async_find(hass, data),
                timeout=PROBE_TIMEOUT_S,
                allowed_hosts=allowed_hosts,
                keyframe=keyframe,
            )
        except HlsCameraError as err:
            is_busy = isinstance(err, SourceError) and err.reason is EndReason.BUSY
            if not is_busy or hass.loop.time() >= busy_until:
                raise _form_error(hass, err, provider, data) from err
        await asyncio.sleep(RETRY_PAUSE_S)


async def _still(hass: HomeAssistant, keyframe: bytes) -> bytes | None:
    """Return a JPEG of a keyframe, None if there is none that can be decoded."""
    ffmpeg = get_ffmpeg_manager(hass).binary
    try:
        return await decode_snapshot(
            ffmpeg, keyframe, _STILL_WIDTH, container=KEYFRAME_FORMAT
        )
    except HlsCameraError:
        return None


def _form_error(
    hass: HomeAssistant,
    error: HlsCameraError,
    provider: SourceProvider,
    source: Mapping[str, Any],
) -> FormError:
    """Return an error as a form shows it."""
    match error:
        case FfmpegMissingError():
            return FormError(_BASE, EndReason.FFMPEG_MISSING)
        case ShortageError():
            return FormError(_BASE, EndReason.OUT_OF_RESOURCES)
        case FfmpegError():
            return FormError(_BASE, "ffmpeg_failed", str(error))
        case SourceError(reason=EndReason.UNAUTHORIZED):
            return _login_error(hass, provider, source)
        case SourceError(reason=reason) if reason in FIELDS:
            fields = {_SOURCE: provider.field, _CREDENTIALS: provider.credentials_field}
            field = FIELDS[reason]
            return FormError(fields.get(field, field), reason, error.detail)
    detail = getattr(error, "detail", "") or str(error)
    return FormError(_BASE, "cannot_read", detail)


def _login_error(
    hass: HomeAssistant, provider: SourceProvider, source: Mapping[str, Any]
) -> FormError:
    """Return the error of a source that the camera does not show to us."""
    if provider.credentials_owner(hass, source) is not None:
        return FormError(provider.credentials_field, "source_rejected")
    if not provider.has_credentials(source):
        return FormError(CONF_USERNAME, "credentials_missing")
    return FormError(provider.credentials_field, EndReason.UNAUTHORIZED)


def _pixels(info: SourceInfo) -> int:
    return info.video.width * info.video.height
