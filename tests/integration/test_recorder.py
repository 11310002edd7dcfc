"""Statistics of an entry's counts from when they had a unit."""

from homeassistant.core import HomeAssistant
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.hls_camera.recorder import async_custom_equivalent_units


async def test_statistics_with_a_former_unit_go_on(
    hass: HomeAssistant, loaded: MockConfigEntry
) -> None:
    """Otherwise the recorder stops them, and asks to have them repaired."""
    assert async_custom_equivalent_units(hass) == {
        "sensor.front_door_dropped_frames": {None: "frames"},
        "sensor.front_door_frames": {None: "frames"},
        "sensor.front_door_outages": {None: "restarts"},
        "sensor.front_door_viewers": {None: "viewers"},
    }
