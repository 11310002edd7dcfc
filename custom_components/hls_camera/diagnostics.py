"""What a person can attach to an issue; there are no credentials in it."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from homeassistant.components.diagnostics import async_redact_data
from homeassistant.const import CONF_PASSWORD, CONF_URL, CONF_USERNAME
from homeassistant.core import HomeAssistant

from .coordinator import HlsCameraConfigEntry
from .streaming.redact import Redactor

_SECRETS = {CONF_USERNAME, CONF_PASSWORD}


async def async_get_config_entry_diagnostics(
    hass: HomeAssistant,  # noqa: ARG001
    entry: HlsCameraConfigEntry,
) -> dict[str, Any]:
    """Return what is known about one camera."""
    coordinator = entry.runtime_data
    manager, session = coordinator.manager, coordinator.session
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
        "stream": {
            "state": session.state,
            "reason": session.reason,
            "detail": session.detail,
            "failing_since": session.failing_since,
            "keep_awake": session.keep_awake,
            "source": session.source_info.as_dict() if session.source_info else None,
            "plan": asdict(session.plan) if session.plan else None,
            "conversion": session.conversion.as_dict() if session.conversion else None,
            "statistics": asdict(session.statistics()),
            "log": session.log,
        },
    }


def _shown(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return an entry's data without credentials."""
    shown: dict[str, Any] = async_redact_data(dict(data), _SECRETS)
    if CONF_URL in shown:
        shown[CONF_URL] = Redactor()(shown[CONF_URL])
    return shown
