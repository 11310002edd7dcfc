"""System information about all cameras together."""

from typing import Any

from homeassistant.components.ffmpeg import get_ffmpeg_manager
from homeassistant.components.system_health import SystemHealthRegistration
from homeassistant.core import HomeAssistant, callback

from .manager import MANAGER

_MEBIBYTE = 1024 * 1024


@callback
def async_register(
    hass: HomeAssistant,  # noqa: ARG001
    register: SystemHealthRegistration,
) -> None:
    """Register the callback that collects the information."""
    register.async_register_info(async_system_health_info)


async def async_system_health_info(hass: HomeAssistant) -> dict[str, Any]:
    """Return running streams, conversions and memory, with their limits."""
    manager = hass.data[MANAGER]
    conversions, settings = manager.conversions, manager.limits
    version, _ = await get_ffmpeg_manager(hass).async_get_version()
    return {
        "ffmpeg": version or {"type": "failed", "error": "version unknown"},
        "cameras": manager.cameras,
        "streams": f"{manager.running} / {settings.stream_limit}",
        "conversions": conversions.running,
        "processors": f"{conversions.load:.1f} / {conversions.capacity:.1f}",
        "memory": f"{manager.media_bytes / _MEBIBYTE:.1f} / {settings.memory_budget} MiB",
    }
