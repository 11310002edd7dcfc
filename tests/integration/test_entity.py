"""How often entities are written: each write of a figure is a row in the database."""

import asyncio
import logging
from collections import Counter
from typing import Any

import pytest
from homeassistant.const import EVENT_STATE_CHANGED, EVENT_STATE_REPORTED
from homeassistant.core import Event, HomeAssistant, callback
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.hls_camera import coordinator

from . import call, eventually, streaming

type Writes = Counter[str]

SECONDS = 20.0
FASTER = 3
"""Figures come so much faster than they do: a minute's go into those seconds."""


@pytest.fixture(autouse=True)
def faster(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a minute's figures come in SECONDS."""
    monkeypatch.setattr(
        coordinator,
        "_READINGS_PER_FIGURES",
        coordinator._READINGS_PER_FIGURES // FASTER,
    )


async def writes_in_a_minute(hass: HomeAssistant, entry: MockConfigEntry) -> Writes:
    """Count how often the entities of a stream that runs are written."""
    writes: Writes = Counter()

    @callback
    def count(event: Event[Any]) -> None:
        if "front_door" in event.data["entity_id"]:
            writes[event.data["entity_id"].removeprefix("sensor.front_door_")] += 1

    await call(hass, "start_stream")
    await streaming(hass)
    data = entry.runtime_data
    await eventually(lambda: data._readings > 0, within=8)
    # Also such writes as change nothing
    hass.bus.async_listen(EVENT_STATE_CHANGED, count)
    everything = callback(lambda _: True)
    hass.bus.async_listen(EVENT_STATE_REPORTED, count, event_filter=everything)
    figures = data.data.figures
    await asyncio.sleep(SECONDS)
    assert data.data.figures != figures
    logging.getLogger(__name__).info("State writes in a minute: %s", dict(writes))
    return writes


async def test_state_writes(hass: HomeAssistant, loaded: MockConfigEntry) -> None:
    writes = await writes_in_a_minute(hass, loaded)
    assert set(writes) <= {"bitrate", "frame_rate"}
    assert max(writes.values(), default=0) <= 2


async def test_state_writes_with_all_entities(
    hass: HomeAssistant, all_enabled: None, loaded: MockConfigEntry
) -> None:
    writes = await writes_in_a_minute(hass, loaded)
    figures = {"behind_live", "bitrate", "frame_rate", "keyframe_interval", "speed"}
    assert set(writes) <= figures | {"frames"}
    assert max(writes.values()) <= 2
