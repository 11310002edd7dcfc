"""Off means off: for viewers, and over restarts of Home Assistant."""

import pytest
from homeassistant.components.camera import async_get_image
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.exceptions import HomeAssistantError
from pytest_homeassistant_custom_component.common import MockConfigEntry

from tests.camera import TestCamera

from . import (
    CAMERA,
    OPTIONS_FORM,
    STATUS,
    SWITCH,
    call,
    make_entry,
    set_up,
    state_of,
    streaming,
)
from .flows import open_options


async def turn(hass: HomeAssistant, action: str) -> None:
    await hass.services.async_call(
        "switch", f"turn_{action}", {"entity_id": SWITCH}, blocking=True
    )


async def test_off_disconnects_and_on_connects(
    hass: HomeAssistant, camera: TestCamera, loaded: MockConfigEntry
) -> None:
    assert state_of(hass, SWITCH).state == "on"
    await turn(hass, "on")
    await streaming(hass)

    await turn(hass, "off")
    await camera.wait_disconnected(timeout=1)
    assert state_of(hass, SWITCH).state == "off"
    with pytest.raises(HomeAssistantError, match="Camera is off"):
        await async_get_image(hass, CAMERA)

    await turn(hass, "on")
    await streaming(hass)
    assert state_of(hass, SWITCH).state == "on"


@pytest.mark.parametrize("action", ["stop_stream", "camera.turn_off"])
async def test_every_way_to_switch_off_lasts(
    hass: HomeAssistant, camera: TestCamera, action: str
) -> None:
    entry = make_entry(camera.plain_url, options={"always_on": True})
    await set_up(hass, entry)
    await streaming(hass)
    await call(hass, action)
    assert state_of(hass, SWITCH).state == "off"

    # As after a restart of Home Assistant: only the entry is left.
    assert await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done()
    assert state_of(hass, SWITCH).state == "off"
    assert state_of(hass, STATUS).state == "stopped"
    assert camera.total_connections == 1

    await turn(hass, "on")
    await streaming(hass)
    assert await hass.config_entries.async_reload(entry.entry_id)
    await streaming(hass)


async def test_home_assistants_end_does_not_switch_off(
    hass: HomeAssistant, loaded: MockConfigEntry
) -> None:
    await turn(hass, "on")
    await streaming(hass)
    await loaded.runtime_data.manager.shutdown()
    assert "switched_off" not in loaded.options


async def test_settings_leave_it_off(
    hass: HomeAssistant, loaded: MockConfigEntry
) -> None:
    await turn(hass, "off")
    flow = await open_options(hass, loaded)
    result = await hass.config_entries.options.async_configure(
        flow["flow_id"], OPTIONS_FORM | {"always_on": True}
    )
    assert result["type"] is FlowResultType.CREATE_ENTRY
    await hass.async_block_till_done()
    assert loaded.options["always_on"]
    assert state_of(hass, SWITCH).state == "off"
