"""What a person can attach to an issue; there are no credentials in it."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from homeassistant.components.diagnostics import async_redact_data
from homeassistant.const import CONF_PASSWORD, CONF_URL, CONF_USERNAME
from homeassistant.core import HomeAssistant

from .const import CONF_SMALL
from .coordinator import HlsCameraConfigEntry
from .report import stream_report
from .streaming.redact import Redactor
from .streaming.session import StreamSession

_SECRETS = {CONF_USERNAME, CONF_PASSWORD}


async def async_get_config_entry_diagnostics(
    hass: HomeAssistant,  # noqa: ARG001
    entry: HlsCameraConfigEntry,
) -> dict[str, Any]:
    """Return what is known about one camera."""
    coordinator = entry.runtime_data
    manager, small = coordinator.manager, coordinator.variants.small
    return {
        "entry": {
            "data": _shown(entry.data),
            "options": dict(entry.options),
        },
        "manager": {
            "ffmpeg": manager.ffmpeg,
            "settings": asdict(manager.settings),
            "running": manager.running,
            "conversions": manager.conversions.running,
            "conversion_load": manager.conversions.load,
            "conversion_capacity": manager.conversions.capacity,
        },
        "stream": _stream(coordinator.session),
        "small_stream": None if small is None else _stream(small),
        "variants": [asdict(variant) for variant in coordinator.variants.offered],
    }


def _stream(session: StreamSession) -> dict[str, Any]:
    """Return what is known about one of a camera's streams."""
    return {
        **stream_report(session),
        "keep_awake": session.keep_awake,
        "log": session.log,
    }


def _shown(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return an entry's data, or its sub-stream's, without credentials."""
    shown: dict[str, Any] = async_redact_data(dict(data), _SECRETS)
    if CONF_URL in shown:
        shown[CONF_URL] = Redactor()(shown[CONF_URL])
    if CONF_SMALL in shown:
        shown[CONF_SMALL] = _shown(shown[CONF_SMALL])
    return shown
