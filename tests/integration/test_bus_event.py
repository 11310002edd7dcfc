"""The event on the bus, with its camera and details as plain values."""

from typing import Any

import pytest
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr, entity_registry as er
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_capture_events,
)

from custom_components.hls_camera.bus_event import async_fire_event, event_details
from custom_components.hls_camera.const import EVENT_HLS_CAMERA
from custom_components.hls_camera.streaming.camera.events import EventType, StreamEvent
from custom_components.hls_camera.streaming.reasons import EndReason

from . import CAMERA

FAILED = StreamEvent(type=EventType.FAILED, reason=EndReason.STALLED, uptime=61.2345)


@pytest.mark.parametrize(
    ("event", "details"),
    [
        (FAILED, {"reason": "stalled", "uptime": 61.23}),
        (
            StreamEvent(type=EventType.STARTED, time_to_first_frame=0.456),
            {"time_to_first_frame": 0.46},
        ),
        (StreamEvent(type=EventType.RECOVERED, outage=0.0), {"outage": 0.0}),
        (StreamEvent(type=EventType.ENDED), {}),
    ],
)
def test_details_are_what_is_known_rounded_to_hundredths(
    event: StreamEvent, details: dict[str, Any]
) -> None:
    assert event_details(event) == details
    # The recorder and automations get no types of ours.
    assert {type(value) for value in event_details(event).values()} <= {str, float}


async def fired(hass: HomeAssistant, entry: MockConfigEntry) -> dict[str, Any]:
    events = async_capture_events(hass, EVENT_HLS_CAMERA)
    async_fire_event(hass, entry, FAILED)
    [event] = events
    return dict(event.data)


async def test_it_names_the_camera(
    hass: HomeAssistant, loaded: MockConfigEntry, device_registry: dr.DeviceRegistry
) -> None:
    [device] = dr.async_entries_for_config_entry(device_registry, loaded.entry_id)
    assert await fired(hass, loaded) == {
        "type": "failed",
        "name": "Front door",
        "config_entry_id": loaded.entry_id,
        "device_id": device.id,
        "entity_id": CAMERA,
        "reason": "stalled",
        "uptime": 61.23,
    }


async def test_it_follows_the_entity_to_another_id(
    hass: HomeAssistant, loaded: MockConfigEntry, entity_registry: er.EntityRegistry
) -> None:
    entity_registry.async_update_entity(CAMERA, new_entity_id="camera.entrance")
    await hass.async_block_till_done()
    assert (await fired(hass, loaded))["entity_id"] == "camera.entrance"


async def test_a_camera_without_device_and_entity_has_its_entry(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    """As before the entry has been set up for the first time."""
    entry.add_to_hass(hass)
    event = await fired(hass, entry)
    assert event["config_entry_id"] == entry.entry_id
    assert event["device_id"] is None
    assert event["entity_id"] is None
