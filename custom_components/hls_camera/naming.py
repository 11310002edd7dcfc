"""The names of cameras, as their owner knows them."""

from typing import Any

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers.device_registry import DeviceEntry

from .const import DOMAIN


@callback
def camera_device(hass: HomeAssistant, entry: ConfigEntry[Any]) -> DeviceEntry | None:
    """Return the device of an entry's camera, None before the entry's first setup."""
    return dr.async_get(hass).async_get_device_by_identifier(
        (DOMAIN, entry.entry_id), entry.entry_id
    )


@callback
def camera_name(hass: HomeAssistant, entry: ConfigEntry[Any]) -> str:
    """Return the name that a user gave the device, otherwise the entry's title.

    Home Assistant shows a device's own name everywhere, and leaves the title as it was.
    """
    device = camera_device(hass, entry)
    return (device.name_by_user if device else None) or entry.title


@callback
def entity_name(hass: HomeAssistant, entity_id: str) -> str:
    """Return the name of an entity, its id while it has no state."""
    state = hass.states.get(entity_id)
    return state.name if state else entity_id
