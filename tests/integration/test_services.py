"""The actions, as automations call them."""

from functools import partial
from typing import Any

import pytest
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import (
    area_registry as ar,
    device_registry as dr,
    entity_registry as er,
    floor_registry as fr,
    label_registry as lr,
)
from homeassistant.setup import async_setup_component
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.hls_camera.const import DOMAIN
from tests.camera import TestCamera

from . import CAMERA, call, eventually, state_of, streaming


async def status(hass: HomeAssistant) -> Any:
    answer = await call(hass, "get_status", return_response=True)
    return answer[CAMERA]


async def test_get_status_returns_everything(
    hass: HomeAssistant, camera: TestCamera, loaded: MockConfigEntry
) -> None:
    idle = await status(hass)
    assert idle["state"] == "idle"
    assert idle["statistics"]["started_at"] is None

    await call(hass, "start_stream")
    await streaming(hass)
    await eventually(
        lambda: loaded.runtime_data.camera.main.statistics().frames > 0, within=5
    )
    running = await status(hass)
    assert running["state"] == "streaming"
    assert running["reason"] is None
    assert running["source"]["video"]["codec"] == "h264"
    assert running["plan"]["video"] == {
        "action": "copy",
        "reason": "plays_everywhere",
        "tag": "",
        "track": 0,
    }
    assert running["statistics"]["frames"] > 0
    assert isinstance(running["statistics"]["started_at"], str)

    await call(hass, "stop_stream")
    stopped = await status(hass)
    assert (stopped["state"], stopped["reason"]) == ("stopped", "stopped")


async def test_restart_connects_again(
    hass: HomeAssistant, camera: TestCamera, loaded: MockConfigEntry
) -> None:
    await call(hass, "start_stream")
    await streaming(hass)
    first = (await status(hass))["statistics"]["started_at"]
    await call(hass, "restart_stream")
    await eventually(lambda: state_of(hass, CAMERA).state != "streaming", within=1)
    await streaming(hass)
    assert (await status(hass))["statistics"]["started_at"] > first
    assert len(camera.connections) == 1


async def test_a_stopped_stream_starts_again_but_not_for_a_restart(
    hass: HomeAssistant, loaded: MockConfigEntry
) -> None:
    """An automation that restarts all cameras at night turns on none that is off."""
    await call(hass, "stop_stream")
    with pytest.raises(ServiceValidationError) as refused:
        await call(hass, "restart_stream")
    assert refused.value.translation_key == "stream_stopped"
    await call(hass, "start_stream")
    await streaming(hass)


async def test_an_automation_changes_the_camera(
    hass: HomeAssistant, camera: TestCamera, loaded: MockConfigEntry
) -> None:
    def automation(event: str) -> dict[str, Any]:
        return {
            "triggers": {"trigger": "event", "event_type": event},
            "actions": {
                "action": f"hls_camera.{event}",
                "target": {"entity_id": CAMERA},
            },
        }

    def is_reached(status: str, connections: int) -> bool:
        sensor = state_of(hass, "sensor.front_door_status")
        return (sensor.state, len(camera.connections)) == (status, connections)

    events = ["restart_stream", "stop_stream", "start_stream"]
    assert await async_setup_component(
        hass, "automation", {"automation": [automation(event) for event in events]}
    )
    for event, expected, connections in (
        ("restart_stream", "streaming", 1),
        ("stop_stream", "stopped", 0),
        ("start_stream", "streaming", 1),
    ):
        hass.bus.async_fire(event)
        await eventually(partial(is_reached, expected, connections), within=10)


@pytest.mark.parametrize("target", ["device_id", "area_id", "floor_id", "label_id"])
@pytest.mark.parametrize("action", ["start_stream", "restart_stream", "stop_stream"])
async def test_cameras_can_be_targeted_by_device_and_area(
    hass: HomeAssistant, loaded: MockConfigEntry, target: str, action: str
) -> None:
    device_id = er.async_get(hass).entities[CAMERA].device_id
    assert device_id is not None
    floor = fr.async_get(hass).async_create("Ground")
    area = ar.async_get(hass).async_create("Door", floor_id=floor.floor_id)
    label = lr.async_get(hass).async_create("Outside")
    dr.async_get(hass).async_update_device(
        device_id, area_id=area.id, labels={label.label_id}
    )
    ids = {
        "device_id": device_id,
        "area_id": area.id,
        "floor_id": floor.floor_id,
        "label_id": label.label_id,
    }
    await hass.services.async_call(DOMAIN, action, {target: ids[target]}, blocking=True)
    is_running = loaded.runtime_data.camera.main.is_running
    assert is_running is (action != "stop_stream")
    answer = await hass.services.async_call(
        DOMAIN,
        "get_status",
        {target: ids[target]},
        blocking=True,
        return_response=True,
    )
    assert list(answer or ()) == [CAMERA]
