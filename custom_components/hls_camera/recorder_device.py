"""The device of a recorder, above the devices of its channels."""

from typing import Any

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import device_registry as dr

from .const import CONF_CHANNEL, CONF_DEVICE, DOMAIN
from .finding.found import Device


@callback
def async_recorder_id(hass: HomeAssistant, entry: ConfigEntry[Any]) -> str | None:
    """Return the id of the recorder's device, None if the camera is not a channel of one.

    The device belongs to the entry of one of the channels, as it cannot belong to several.
    """
    if CONF_CHANNEL not in entry.data:
        return None
    recorder = Device.from_dict(entry.data.get(CONF_DEVICE))
    name = recorder.identity or recorder.configuration_url or recorder.manufacturer
    identifier = (DOMAIN, f"recorder {name}")
    registry = dr.async_get(hass)
    for each in hass.config_entries.async_entries(DOMAIN):
        device = registry.async_get_device_by_identifier(identifier, each.entry_id)
        if device is not None:
            _ = registry.async_update_device(
                device.id, configuration_url=recorder.configuration_url or None
            )
            return device.id
    mac = {(dr.CONNECTION_NETWORK_MAC, recorder.mac)} if recorder.mac else set()
    return registry.async_get_or_create(
        config_entry_id=entry.entry_id,
        identifiers={identifier},
        connections=mac,
        name=recorder.name or None,
        manufacturer=recorder.manufacturer or None,
        model=recorder.model or None,
        sw_version=recorder.firmware or None,
        serial_number=recorder.serial_number or None,
        configuration_url=recorder.configuration_url or None,
    ).id
