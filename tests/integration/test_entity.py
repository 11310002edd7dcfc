"""How often entities are written: each write of a figure is a row in the database."""

from collections import Counter
from typing import Any

from homeassistant.const import EVENT_STATE_CHANGED, EVENT_STATE_REPORTED
from homeassistant.core import Event, HomeAssistant, callback
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.hls_camera.coordinator import READING_INTERVAL

from . import SetFigures, call, refresh, streaming

type Writes = Counter[str]

READINGS = round(60 / READING_INTERVAL.total_seconds())
"""In a minute."""


async def writes_in_a_minute(
    hass: HomeAssistant, entry: MockConfigEntry, set_figures: SetFigures
) -> Writes:
    """Count the writes of a running stream's entities while each reading differs."""
    writes: Writes = Counter()

    @callback
    def count(event: Event[Any]) -> None:
        if "front_door" in event.data["entity_id"]:
            writes[event.data["entity_id"].removeprefix("sensor.front_door_")] += 1

    await call(hass, "start_stream")
    await streaming(hass)
    await refresh(entry, 1)
    # Also such writes as change nothing
    hass.bus.async_listen(EVENT_STATE_CHANGED, count)
    everything = callback(lambda _: True)
    hass.bus.async_listen(EVENT_STATE_REPORTED, count, event_filter=everything)

    window = entry.runtime_data.camera.main.window
    await window.wait_for(window.last_msn + 2)
    assert not writes, "media come, and nobody has read the figures"
    for number in range(1, READINGS + 1):
        set_figures(
            entry,
            bitrate=1e6 * number,
            frame_rate=float(number),
            frames=100 * number,
            keyframe_interval=float(number),
            seconds_behind_live=float(number),
            speed=1.0 + number,
        )
        await refresh(entry, 1)
    return writes


async def test_state_writes(
    hass: HomeAssistant, loaded: MockConfigEntry, set_figures: SetFigures
) -> None:
    writes = await writes_in_a_minute(hass, loaded, set_figures)
    assert set(writes) == {"bitrate", "frame_rate"}
    assert max(writes.values()) <= 2


async def test_state_writes_with_all_entities(
    hass: HomeAssistant,
    all_enabled: None,
    loaded: MockConfigEntry,
    set_figures: SetFigures,
) -> None:
    writes = await writes_in_a_minute(hass, loaded, set_figures)
    figures = {"behind_live", "bitrate", "frame_rate", "keyframe_interval", "speed"}
    assert set(writes) == figures | {"frames"}
    assert max(writes.values()) <= 2
