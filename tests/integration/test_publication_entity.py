"""The entities of a publication show how it fares."""

from pathlib import Path

import pytest
from homeassistant.core import Event, EventStateChangedData, HomeAssistant, callback
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.event import async_track_state_change_event

from tests.camera import TestCamera

from . import eventually, set_up, state_of
from .publishing import PROBLEM, PUBLISHING, publishing_entry, to_folder

DROPPED = "sensor.front_door_web_dropped_segments"


@pytest.mark.usefixtures("all_enabled")
async def test_a_full_disk_is_shown_until_there_is_space(
    hass: HomeAssistant,
    camera: TestCamera,
    tmp_path: Path,
    entity_registry: er.EntityRegistry,
) -> None:
    hass.config.allowlist_external_dirs = {str(tmp_path)}
    # /dev/full is a disk without space; a name at the destination leads to it.
    folder = tmp_path / "door"
    folder.mkdir()
    (folder / ".media.m3u8.tmp").symlink_to("/dev/full")
    seen: list[tuple[str, str | None]] = []

    @callback
    def note(event: Event[EventStateChangedData]) -> None:
        if state := event.data["new_state"]:
            seen.append((state.state, state.attributes.get("problem")))

    # A problem may pass in a moment.
    async_track_state_change_event(hass, PUBLISHING, note)
    entry = await set_up(
        hass,
        publishing_entry(camera.plain_url, to_folder(folder, segment_duration=1.0)),
    )
    # The failed write removes the name, and with it the cause.
    await eventually(lambda: ("publishing", None) in seen)
    assert ("retrying", "full") in seen
    assert state_of(hass, PROBLEM).state == "off"
    assert state_of(hass, DROPPED).state == "0"
    written = state_of(hass, PROBLEM).last_updated
    await entry.runtime_data.async_refresh()
    assert state_of(hass, PROBLEM).last_updated == written
    [subentry_id] = entry.subentries
    registered = entity_registry.async_get(PUBLISHING)
    assert registered is not None
    assert registered.config_subentry_id == subentry_id
    assert registered.unique_id == f"{subentry_id}_publishing"
    await hass.config_entries.async_unload(entry.entry_id)
    assert state_of(hass, PUBLISHING).state == "unavailable"
