"""The sources that the cameras of Home Assistant have already."""

from homeassistant.core import HomeAssistant, callback

from .const import DOMAIN
from .naming import camera_name
from .providers.registry import is_known, source_keys


@callback
def async_sources_in_use(
    hass: HomeAssistant, *, besides: str | None = None
) -> dict[str, str]:
    """Return the names of cameras by the keys of their sources.

    `besides` is the id of an entry whose sources do not count.
    """
    return {
        key: camera_name(hass, entry)
        for entry in hass.config_entries.async_entries(DOMAIN, include_ignore=False)
        if entry.entry_id != besides and is_known(entry.data)
        for key in source_keys(entry.data)
    }
