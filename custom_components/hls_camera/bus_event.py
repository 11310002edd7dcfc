"""The event on Home Assistant's bus, without credentials."""

from typing import Any

from homeassistant.components.camera.const import DOMAIN as CAMERA_DOMAIN
from homeassistant.config_entries import ConfigEntry
from homeassistant.const import (
    ATTR_CONFIG_ENTRY_ID,
    ATTR_DEVICE_ID,
    ATTR_ENTITY_ID,
    ATTR_NAME,
    CONF_TYPE,
)
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import entity_registry as er

from .const import DOMAIN, EVENT_HLS_CAMERA, unique_id
from .naming import camera_device, camera_name
from .streaming.camera.events import StreamEvent


def event_details(event: StreamEvent) -> dict[str, Any]:
    """Return the event's data beside its type; durations are in seconds."""
    details = {
        "reason": event.reason,
        "uptime": event.uptime,
        "time_to_first_frame": event.time_to_first_frame,
        "outage": event.outage,
    }
    return {
        key: round(value, 2) if isinstance(value, float) else str(value)
        for key, value in details.items()
        if value is not None
    }


@callback
def async_fire_event(
    hass: HomeAssistant, entry: ConfigEntry[Any], event: StreamEvent
) -> None:
    """Fire the event of an entry's camera."""
    device = camera_device(hass, entry)
    hass.bus.async_fire(
        EVENT_HLS_CAMERA,
        {
            CONF_TYPE: str(event.type),
            ATTR_NAME: camera_name(hass, entry),
            ATTR_CONFIG_ENTRY_ID: entry.entry_id,
            ATTR_DEVICE_ID: device.id if device else None,
            ATTR_ENTITY_ID: er.async_get(hass).async_get_entity_id(
                CAMERA_DOMAIN, DOMAIN, unique_id(entry.entry_id, CAMERA_DOMAIN)
            ),
            **event_details(event),
        },
    )
