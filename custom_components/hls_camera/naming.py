"""The names of cameras, as their owner knows them."""

from typing import Any

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import CALLBACK_TYPE, Event, HomeAssistant, callback
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers.device_registry import (
    DeviceEntry,
    EventDeviceRegistryUpdatedData,
)
from homeassistant.helpers.event import async_track_device_registry_updated_event

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

    Home Assistant shows a device's own name everywhere; the owner may have given the entry
    another one.
    """
    device = camera_device(hass, entry)
    return (device.name_by_user if device else None) or entry.title


@callback
def async_follow_device_name(
    hass: HomeAssistant, entry: ConfigEntry[Any]
) -> CALLBACK_TYPE:
    """Let the entry's title follow the name of its device; return an unsubscriber.

    A title that its owner has changed by itself stays.
    """
    device = camera_device(hass, entry)
    if device is None:
        return lambda: None
    names = dr.async_get(hass)

    @callback
    def updated(event: Event[EventDeviceRegistryUpdatedData]) -> None:
        if (
            event.data["action"] != "update"
            or "name_by_user" not in event.data["changes"]
        ):
            return
        now = names.async_get(event.data["device_id"])
        if now is None:
            return
        before = event.data["changes"]["name_by_user"] or now.name
        if entry.title == before:
            title = now.name_by_user or now.name or entry.title
            hass.config_entries.async_update_entry(entry, title=title)

    return async_track_device_registry_updated_event(hass, device.id, updated)


@callback
def entity_name(hass: HomeAssistant, entity_id: str) -> str:
    """Return the name of an entity, its id while it has no state."""
    state = hass.states.get(entity_id)
    return state.name if state else entity_id
