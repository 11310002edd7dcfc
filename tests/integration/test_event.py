"""Events of a stream, on the bus and in the event entity."""

from typing import Any

import pytest
from homeassistant.core import Event, HomeAssistant
from homeassistant.helpers import device_registry as dr
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_capture_events,
)

from custom_components.hls_camera.const import EVENT_HLS_CAMERA
from tests.camera import Feed, TestCamera

from . import CAMERA, call, eventually, failing, make_entry, set_up, state_of, streaming

ENTITY = "event.front_door_stream_event"

pytestmark = pytest.mark.usefixtures("all_enabled")

PASSWORD = "p@ss:w/o?r#d %41"


@pytest.fixture
def events(hass: HomeAssistant) -> list[Event[Any]]:
    """The events on the bus."""
    return async_capture_events(hass, EVENT_HLS_CAMERA)


async def test_the_story_of_a_stream(
    hass: HomeAssistant,
    camera: TestCamera,
    loaded: MockConfigEntry,
    events: list[Event[Any]],
    device_registry: dr.DeviceRegistry,
) -> None:
    assert state_of(hass, ENTITY).state == "unknown"
    await call(hass, "start_stream")
    await streaming(hass)
    await failing(hass, camera)
    await eventually(lambda: loaded.runtime_data.camera.main.statistics().restarts > 2)
    await camera.accept_connections()
    await streaming(hass)
    await call(hass, "stop_stream")
    await hass.async_block_till_done()

    # One outage is one event, however many tries it took.
    assert [event.data["type"] for event in events] == [
        "started",
        "failed",
        "recovered",
        "ended",
    ]
    [device] = dr.async_entries_for_config_entry(device_registry, loaded.entry_id)
    for event in events:
        assert event.data["entity_id"] == CAMERA
        assert event.data["device_id"] == device.id
        assert event.data["config_entry_id"] == loaded.entry_id
        assert event.data["name"] == "Front door"
    started, failed, recovered, ended = (event.data for event in events)
    assert 0 < started["time_to_first_frame"] < 10
    assert failed["reason"] in {"disconnected", "refused"}
    assert failed["uptime"] >= 0
    assert recovered["outage"] > 0
    assert ended["reason"] == "stopped"

    shown = state_of(hass, ENTITY)
    assert shown.attributes["event_type"] == "ended"
    assert shown.attributes["reason"] == "stopped"


async def test_events_have_no_credentials(
    hass: HomeAssistant, events: list[Event[Any]]
) -> None:
    async with TestCamera(Feed(), username="operator", password=PASSWORD) as camera:
        entry = make_entry(camera.plain_url, username="operator", password="wrong")
        await set_up(hass, entry)
        await call(hass, "start_stream")
        await eventually(lambda: bool(events))
        [event] = events
        assert event.data["reason"] == "unauthorized"
        for secret in (camera.plain_url, "rtsp:", "operator", "wrong"):
            assert secret not in str(event.data)
            assert secret not in str(state_of(hass, ENTITY).attributes)
        await hass.config_entries.async_unload(entry.entry_id)


async def test_unloading_ends_the_stream_as_home_assistants_wish(
    hass: HomeAssistant, loaded: MockConfigEntry, events: list[Event[Any]]
) -> None:
    await call(hass, "start_stream")
    await streaming(hass)
    await hass.config_entries.async_unload(loaded.entry_id)
    assert events[-1].data["type"] == "ended"
    assert events[-1].data["reason"] == "shutdown"
