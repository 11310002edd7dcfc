"""History and statistics of entities over an update of the integration."""

from datetime import timedelta
from typing import Any, Final

import pytest
from homeassistant.components.recorder.core import Recorder
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.components.recorder.common import (
    async_wait_recording_done,
    do_adhoc_statistics,
    get_start_time,
)
from pytest_homeassistant_custom_component.typing import WebSocketGenerator

from custom_components.hls_camera.recorder import async_custom_equivalent_units

from . import state_of
from .former_entities import BEFORE, register_former_entities

FORMER_VALUE: Final = {"event": "2026-10-01T12:00:00.000+00:00", "switch": "on"}
"""States from before the update, by domain; sensors have a number."""


@pytest.fixture
def mock_recorder_before_hass(recorder_db_url: str) -> None:
    """Choose the recorder's database before there is a Home Assistant, as it asks for."""


async def ask(client: Any, command: str, **arguments: Any) -> Any:
    """Return the result of a command over the WebSocket."""
    await client.send_json_auto_id({"type": command, **arguments})
    answer = await client.receive_json()
    assert answer["success"], answer
    return answer["result"]


async def update(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """Set an entry up whose entities were recorded under earlier names, ten minutes ago."""
    register_former_entities(hass, entry)
    before = get_start_time(dt_util.utcnow()) - timedelta(minutes=10)
    for key, (domain, entity_id) in BEFORE.items():
        counts = {"unit_of_measurement": key, "state_class": "measurement"}
        hass.states.async_set(
            entity_id,
            FORMER_VALUE.get(domain, "3"),
            counts if key in {"viewers", "restarts"} else {},
            timestamp=before.timestamp(),
        )
    await async_wait_recording_done(hass)
    for _, entity_id in BEFORE.values():
        # As Home Assistant begins with each registered entity.
        hass.states.async_set(entity_id, "unavailable", {"restored": True})
    await hass.config_entries.async_setup(entry.entry_id)
    await async_wait_recording_done(hass)


async def test_history_continues_under_earlier_names(
    hass: HomeAssistant,
    recorder_mock: Recorder,
    entry: MockConfigEntry,
    hass_ws_client: WebSocketGenerator,
) -> None:
    """Also that of an entity that new cameras have disabled."""
    assert await async_setup_component(hass, "history", {})
    await update(hass, entry)
    history = await ask(
        await hass_ws_client(),
        "history/history_during_period",
        start_time=(dt_util.utcnow() - timedelta(hours=1)).isoformat(),
        entity_ids=[entity_id for _, entity_id in BEFORE.values()],
        significant_changes_only=False,
    )
    for domain, entity_id in BEFORE.values():
        assert [each["s"] for each in history[entity_id]] == [
            FORMER_VALUE.get(domain, "3"),
            "unavailable",
            state_of(hass, entity_id).state,
        ]


async def test_statistics_with_a_former_unit_continue(
    hass: HomeAssistant,
    recorder_mock: Recorder,
    entry: MockConfigEntry,
    hass_ws_client: WebSocketGenerator,
) -> None:
    """Otherwise the recorder stops them, and asks to have them repaired."""
    assert await async_setup_component(hass, "sensor", {})
    await async_wait_recording_done(hass)
    await update(hass, entry)
    now = get_start_time(dt_util.utcnow())
    for start in (now - timedelta(minutes=10), now):
        do_adhoc_statistics(hass, start=start)
        await async_wait_recording_done(hass)
    client = await hass_ws_client()
    viewers = "sensor.front_door_viewers"
    statistics = await ask(
        client,
        "recorder/statistics_during_period",
        start_time=(now - timedelta(hours=1)).isoformat(),
        statistic_ids=[viewers],
        period="5minute",
    )
    assert [row["min"] for row in statistics[viewers]] == [3, 0]
    assert await ask(client, "recorder/validate_statistics") == {}


async def test_statistics_of_all_counts_may_have_their_former_unit(
    hass: HomeAssistant, loaded: MockConfigEntry
) -> None:
    assert async_custom_equivalent_units(hass) == {
        "sensor.front_door_dropped_frames": {None: "frames"},
        "sensor.front_door_frames": {None: "frames"},
        "sensor.front_door_outages": {None: "restarts"},
        "sensor.front_door_viewers": {None: "viewers"},
    }
