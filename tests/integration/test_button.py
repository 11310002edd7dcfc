"""The restart button."""

import pytest
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.hls_camera.manager import MANAGER
from tests.camera import TestCamera

from . import STATUS, SWITCH, call, state_of, streaming


async def press(hass: HomeAssistant) -> None:
    await hass.services.async_call(
        "button", "press", {"entity_id": "button.front_door_restart"}, blocking=True
    )


async def test_it_connects_again(
    hass: HomeAssistant, camera: TestCamera, loaded: MockConfigEntry
) -> None:
    await call(hass, "start_stream")
    await streaming(hass)
    await press(hass)
    assert state_of(hass, STATUS).state == "starting"
    await streaming(hass)
    assert (camera.total_plays, len(camera.connections)) == (2, 1)
    assert state_of(hass, "button.front_door_restart").name == "Front door Restart"


async def test_a_stream_that_was_switched_off_stays_off(
    hass: HomeAssistant, camera: TestCamera, loaded: MockConfigEntry
) -> None:
    await call(hass, "stop_stream")
    with pytest.raises(ServiceValidationError) as refused:
        await press(hass)
    assert refused.value.translation_key == "stream_stopped"
    assert state_of(hass, SWITCH).state == "off"
    assert camera.total_connections == 0


async def test_errors_are_translated(
    hass: HomeAssistant, loaded: MockConfigEntry
) -> None:
    manager = hass.data[MANAGER]
    manager.limits = type(manager.limits)(max_concurrent_streams=0)
    with pytest.raises(HomeAssistantError) as refused:
        await press(hass)
    assert refused.value.translation_key == "stream_limit"
