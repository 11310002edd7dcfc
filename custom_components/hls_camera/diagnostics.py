"""What a person can attach to an issue; there are no credentials in it."""

from dataclasses import asdict
from typing import Any

from homeassistant.components.diagnostics import async_redact_data
from homeassistant.const import CONF_PASSWORD, CONF_URL, CONF_USERNAME
from homeassistant.core import HomeAssistant

from .coordinator import HlsCameraConfigEntry

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
            "data": async_redact_data(
                {**entry.data, CONF_URL: session.options.source.redacted_url}, _SECRETS
            ),
            "options": dict(entry.options),
        },
        "manager": {
            "ffmpeg": manager.ffmpeg,
            "settings": asdict(manager.settings),
            "running": manager.running,
        },
        "stream": {
            "state": session.state,
            "reason": session.reason,
            "detail": session.detail,
            "failing_since": session.failing_since,
            "keep_awake": session.keep_awake,
            "source": session.source_info.as_dict() if session.source_info else None,
            "plan": asdict(session.plan) if session.plan else None,
            "statistics": asdict(session.statistics()),
            "log": session.log,
        },
    }
