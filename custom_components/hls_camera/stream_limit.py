"""The stream limit that somebody has raised in the UI; it is stored, as it is no option."""

from typing import Final

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.storage import Store

from .const import DOMAIN
from .converter_entry import is_converter
from .manager import MANAGER
from .settings import CONF_MAX_CONCURRENT_STREAMS, Settings

_VERSION: Final = 1


def _store(hass: HomeAssistant) -> Store[dict[str, int]]:
    return Store(hass, _VERSION, f"{DOMAIN}.limits", atomic_writes=True)


async def async_raised_limit(hass: HomeAssistant) -> int:
    """Return the limit to which somebody has raised it, 0 if nobody has."""
    stored = await _store(hass).async_load() or {}
    return stored.get(CONF_MAX_CONCURRENT_STREAMS, 0)


@callback
def async_cameras(hass: HomeAssistant) -> int:
    """Return the number of cameras that are set up."""
    entries = hass.config_entries.async_entries(
        DOMAIN, include_ignore=False, include_disabled=False
    )
    return sum(not is_converter(entry.data) for entry in entries)


async def async_settings(hass: HomeAssistant) -> Settings:
    """Return the settings for all cameras, also before the first one is set up."""
    if MANAGER not in hass.data:
        # With settings in YAML, Home Assistant would have set up the integration.
        return Settings.load({}, raised_limit=await async_raised_limit(hass))
    settings = hass.data[MANAGER].limits
    assert isinstance(settings, Settings)
    return settings


async def async_raise_limit(hass: HomeAssistant, streams: int) -> None:
    """Raise the limit now, and for all later starts; never lower it."""
    settings = await async_settings(hass)
    if not settings.can_raise(streams):
        return
    if MANAGER in hass.data:
        hass.data[MANAGER].limits = settings.raised(streams)
    await _store(hass).async_save({CONF_MAX_CONCURRENT_STREAMS: streams})


async def async_forget_limit(hass: HomeAssistant, entry_id: str) -> None:
    """Remove what is stored if the last camera has been removed."""
    entries = hass.config_entries.async_entries(DOMAIN)
    if all(entry.entry_id == entry_id for entry in entries):
        await _store(hass).async_remove()
