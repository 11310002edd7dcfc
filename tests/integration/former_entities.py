"""The entities of a camera as an earlier version left them."""

from typing import Final

from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.hls_camera.const import DOMAIN, unique_id

BEFORE: Final = {
    "event": ("event", "event.front_door_stream"),
    "restarts": ("sensor", "sensor.front_door_restarts"),
    "stream": ("switch", "switch.front_door_stream"),
    "uptime": ("sensor", "sensor.my_own_name"),
    "viewers": ("sensor", "sensor.front_door_viewers"),
}
"""Entities under earlier names, by the keys in their unique ids; all were enabled."""


def register_former_entities(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """Add an entry that has not been set up, with the entities of an earlier version."""
    entry.add_to_hass(hass)
    registry = er.async_get(hass)
    for key, (domain, entity_id) in BEFORE.items():
        registry.async_get_or_create(
            domain,
            DOMAIN,
            unique_id(entry.entry_id, key),
            config_entry=entry,
            object_id_base=entity_id.partition(".")[2],
        )
    ids = {each.entity_id for each in registry.entities.values()}
    assert ids == {entity_id for _, entity_id in BEFORE.values()}
