"""Equivalent units of statistics, for the recorder.

Counts had a unit, such as "viewers". "1 viewers" is wrong in every language, so they have
none now; statistics from before continue.
"""

from typing import Final

from homeassistant.components.sensor import DOMAIN as SENSOR
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import entity_registry as er

from .const import DOMAIN

FORMER_UNITS: Final = {
    "viewers": "viewers",
    "restarts": "restarts",
    "frames": "frames",
    "dropped_frames": "frames",
}
"""By translation key."""


@callback
def async_custom_equivalent_units(
    hass: HomeAssistant,
) -> dict[str, dict[str | None, str]]:
    """Return for each count the former unit that no unit is equivalent to."""
    return {
        entity.entity_id: {None: FORMER_UNITS[entity.translation_key]}
        for entity in er.async_get(hass).entities.values()
        if entity.platform == DOMAIN
        and entity.domain == SENSOR
        and entity.translation_key in FORMER_UNITS
    }
