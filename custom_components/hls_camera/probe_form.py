"""The probe of a camera's sources before an entry keeps them."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from homeassistant.components.ffmpeg import get_ffmpeg_manager
from homeassistant.const import CONF_PASSWORD, CONF_URL
from homeassistant.core import HomeAssistant

from .const import CONF_CAMERA, CONF_SMALL, CONF_SOURCE_INFO
from .source import async_find_source, small_source
from .source_form import FormError
from .streaming.errors import (
    FfmpegError,
    FfmpegMissingError,
    HlsCameraError,
    ShortageError,
    SourceError,
)
from .streaming.ingest.departure import RETRY_PAUSE
from .streaming.ingest.probe import PROBE_TIMEOUT, probe
from .streaming.reasons import EndReason
from .streaming.sources.source_info import SourceInfo

BUSY_PATIENCE: float = 5.0
"""Seconds that a busy camera may take to end our last connection, such as a probe's."""

# The field that shows an error; the key of its text is the reason.
FIELDS: Final = {
    EndReason.BAD_REQUEST: "base",
    EndReason.BUSY: CONF_URL,
    EndReason.CAMERA_ERROR: "base",
    EndReason.LOGIN_UNSUPPORTED: CONF_PASSWORD,
    EndReason.NOT_FOUND: CONF_URL,
    EndReason.NO_SOURCE: CONF_CAMERA,
    EndReason.NO_VIDEO: CONF_URL,
    EndReason.OUT_OF_RESOURCES: "base",
    EndReason.PICTURE_TOO_LARGE: CONF_URL,
    EndReason.PROTOCOL_MISSING: CONF_URL,
    EndReason.REDIRECTED: "base",
    EndReason.REFUSED: CONF_URL,
    EndReason.STILL_IMAGE: CONF_URL,
    EndReason.TIMED_OUT: CONF_URL,
    EndReason.TRANSPORT_REFUSED: "base",
    EndReason.UNAUTHORIZED: CONF_PASSWORD,
    EndReason.UNREACHABLE: CONF_URL,
    EndReason.UNSUPPORTED: "base",
    EndReason.WEB_PAGE: CONF_URL,
}


@dataclass(frozen=True, slots=True)
class ProbeResult:
    """Descriptions of the media of a camera's sources."""

    first: SourceInfo
    small: SourceInfo | None = None

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
    first = await _probe(hass, data, allowed_hosts)
    small_data = small_source(data)
    if small_data is None:
        return ProbeResult(first)
    try:
        small = await _probe(hass, small_data, allowed_hosts)
    except FormError as err:
        # The sub-stream has one field for all its errors.
        field = "base" if err.field == "base" else CONF_SMALL
        raise FormError(field, err.problem, err.detail) from err
    if _pixels(small) > _pixels(first):
        raise FormError(CONF_SMALL, "not_smaller")
    return ProbeResult(first, small)


async def _probe(
    hass: HomeAssistant, data: Mapping[str, Any], allowed_hosts: frozenset[str]
) -> SourceInfo:
    ffmpeg = get_ffmpeg_manager(hass).binary
    busy_until = hass.loop.time() + BUSY_PATIENCE
    while True:
        try:
            source = await async_find_source(hass, data)
            source = replace(source, allowed_hosts=allowed_hosts)
            return await probe(ffmpeg, source, timeout=PROBE_TIMEOUT)
        except HlsCameraError as err:
            is_busy = isinstance(err, SourceError) and err.reason is EndReason.BUSY
            if not is_busy or hass.loop.time() >= busy_until:
                raise _form_error(err, is_camera=CONF_CAMERA in data) from err
        await asyncio.sleep(RETRY_PAUSE)


def _form_error(error: HlsCameraError, *, is_camera: bool) -> FormError:
    """Return an error as a form shows it."""
    match error:
        case FfmpegMissingError():
            return FormError("base", EndReason.FFMPEG_MISSING)
        case ShortageError():
            return FormError("base", EndReason.OUT_OF_RESOURCES)
        case FfmpegError():
            return FormError("base", "ffmpeg_failed", str(error))
        case SourceError(reason=reason) if reason in FIELDS:
            field = FIELDS[reason]
            if is_camera and field != "base":
                # The form has no other field.
                field = CONF_CAMERA
            return FormError(field, reason, error.detail)
        case SourceError(detail=str(detail)) if detail:
            return FormError("base", "cannot_read", detail)
    return FormError("base", "cannot_read", str(error))


def _pixels(info: SourceInfo) -> int:
    return info.video.width * info.video.height
