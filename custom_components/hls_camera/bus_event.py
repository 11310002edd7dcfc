"""The events on Home Assistant's bus, without credentials."""

from collections.abc import Mapping
from typing import Any, Final

from homeassistant.components.camera.const import DOMAIN as CAMERA_DOMAIN
from homeassistant.components.sensor.const import DOMAIN as SENSOR_DOMAIN
from homeassistant.config_entries import ConfigEntry, ConfigSubentry
from homeassistant.const import (
    ATTR_CONFIG_ENTRY_ID,
    ATTR_DEVICE_ID,
    ATTR_ENTITY_ID,
    ATTR_NAME,
    CONF_TYPE,
)
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import device_registry as dr, entity_registry as er

from .const import (
    DOMAIN,
    EVENT_HLS_CAMERA,
    EVENT_PUBLICATION,
    PUBLISHING_KEY,
    unique_id,
)
from .naming import camera_device, camera_name
from .publishing.outages import OutageEvent
from .streaming.camera.events import StreamEvent

ATTR_DESTINATION: Final = "destination"
"""The name of a publication."""


def event_details(event: StreamEvent) -> dict[str, Any]:
    """Return the event's data beside its type; durations are in seconds."""
    details = {
        "reason": event.reason,
        "uptime": event.uptime,
        "time_to_first_frame": event.time_to_first_frame,
        "outage": event.outage,
    }
    return _plain(details)


def _plain(details: Mapping[str, object]) -> dict[str, Any]:
    """Return what is known as plain values."""
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


@callback
def async_fire_publication_event(
    hass: HomeAssistant,
    entry: ConfigEntry[Any],
    subentry: ConfigSubentry,
    event: OutageEvent,
) -> None:
    """Fire the event of a publication of an entry's camera."""
    device = dr.async_get(hass).async_get_device_by_identifier(
        (DOMAIN, subentry.subentry_id), entry.entry_id
    )
    hass.bus.async_fire(
        EVENT_PUBLICATION,
        {
            CONF_TYPE: str(event.type),
            ATTR_NAME: camera_name(hass, entry),
            ATTR_DESTINATION: subentry.title,
            ATTR_CONFIG_ENTRY_ID: entry.entry_id,
            ATTR_DEVICE_ID: device.id if device else None,
            ATTR_ENTITY_ID: er.async_get(hass).async_get_entity_id(
                SENSOR_DOMAIN, DOMAIN, unique_id(subentry.subentry_id, PUBLISHING_KEY)
            ),
            **_plain({"reason": event.problem, "outage": event.outage}),
        },
    )
