"""A camera is published as its subentries say, as long as it is switched on."""

import logging
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import m3u8
import pytest
from homeassistant.config_entries import ConfigEntryState, ConfigSubentry
from homeassistant.const import EVENT_HOMEASSISTANT_STOP
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.hls_camera.publications import publication_entries
from custom_components.hls_camera.streaming.camera.state import StreamState
from tests.camera import Feed, TestCamera

from . import SOURCE_INFO, SWITCH, eventually, set_up, state_of
from .publishing import (
    PROBLEM,
    PUBLISHING,
    entities,
    files,
    playlist,
    publishing_entry,
    to_folder,
)


@pytest.fixture
def folder(hass: HomeAssistant, tmp_path: Path) -> Path:
    """A folder into which Home Assistant may write; it is not made yet."""
    hass.config.allowlist_external_dirs = {str(tmp_path)}
    return tmp_path / "door"


@pytest.fixture
async def published(
    hass: HomeAssistant, camera: TestCamera, folder: Path
) -> AsyncIterator[MockConfigEntry]:
    """A camera that is published to the folder."""
    entry = await set_up(
        hass,
        publishing_entry(camera.plain_url, to_folder(folder, segment_duration=1.0)),
    )
    await eventually(lambda: bool(playlist(folder).segments))
    yield entry
    if entry.state is ConfigEntryState.LOADED:
        await hass.config_entries.async_unload(entry.entry_id)


def subentry_of(entry: MockConfigEntry) -> ConfigSubentry:
    [subentry] = entry.subentries.values()
    return subentry


async def test_a_camera_runs_to_be_published(
    hass: HomeAssistant, published: MockConfigEntry
) -> None:
    await eventually(lambda: state_of(hass, PUBLISHING).state == "publishing")
    assert published.runtime_data.camera.main.state is StreamState.STREAMING
    assert state_of(hass, PUBLISHING).attributes["problem"] is None
    assert state_of(hass, PROBLEM).state == "off"


async def test_a_publication_is_a_device_below_its_camera(
    hass: HomeAssistant,
    published: MockConfigEntry,
    device_registry: dr.DeviceRegistry,
) -> None:
    await eventually(lambda: len(entities(hass, published)) == 3)
    every = dr.async_entries_for_config_entry(device_registry, published.entry_id)
    by_name = {each.name: each for each in every}
    assert set(by_name) == {"Front door", "Front door Web"}
    assert by_name["Front door Web"].via_device_id == by_name["Front door"].id


async def test_a_camera_that_is_switched_off_is_not_published(
    hass: HomeAssistant, published: MockConfigEntry, folder: Path
) -> None:
    switch = {"entity_id": SWITCH}
    await hass.services.async_call("switch", "turn_off", switch, blocking=True)
    await eventually(lambda: playlist(folder).is_endlist)
    await eventually(lambda: state_of(hass, PUBLISHING).state == "stopped")
    assert published.runtime_data.camera.main.state is StreamState.STOPPED
    await hass.services.async_call("switch", "turn_on", switch, blocking=True)
    await eventually(lambda: not playlist(folder).is_endlist)
    await eventually(lambda: state_of(hass, PUBLISHING).state == "publishing")


@pytest.mark.usefixtures("published")
async def test_the_end_of_home_assistant_ends_the_playlist(
    hass: HomeAssistant, folder: Path
) -> None:
    hass.bus.async_fire(EVENT_HOMEASSISTANT_STOP)
    await hass.async_block_till_done()
    assert playlist(folder).is_endlist


async def test_an_entry_that_is_unloaded_ends_the_playlist_and_keeps_the_files(
    hass: HomeAssistant, published: MockConfigEntry, folder: Path
) -> None:
    await hass.config_entries.async_unload(published.entry_id)
    assert playlist(folder).is_endlist
    assert {each.uri for each in playlist(folder).segments} <= set(files(folder))


async def test_viewers_stay_when_a_publication_is_added_and_removed(
    hass: HomeAssistant, published: MockConfigEntry, folder: Path, tmp_path: Path
) -> None:
    main = published.runtime_data.camera.main
    launches = main.statistics().restarts
    second = tmp_path / "second"
    added = ConfigSubentry(
        data=to_folder(second, segment_duration=1.0),  # type: ignore[arg-type] # Home Assistant wraps it
        subentry_type="publication",
        title="Second",
        unique_id=None,
    )
    hass.config_entries.async_add_subentry(published, added)
    await eventually(lambda: bool(playlist(second).segments))
    await eventually(lambda: len(entities(hass, published)) == 6)
    hass.config_entries.async_remove_subentry(published, added.subentry_id)
    # What was published goes, with its entities and its device; the other stays.
    await eventually(lambda: not files(second))
    assert len(entities(hass, published)) == 3
    assert hass.states.get("sensor.front_door_second_publishing") is None
    assert playlist(folder).segments
    assert not playlist(folder).is_endlist
    assert main.statistics().restarts == launches


async def test_changed_settings_continue_the_playlist(
    hass: HomeAssistant, published: MockConfigEntry, folder: Path
) -> None:
    before = playlist(folder)
    hass.config_entries.async_update_subentry(
        published,
        subentry_of(published),
        data=to_folder(folder, segment_duration=1.0, listed=3),
    )
    await eventually(lambda: playlist(folder).discontinuity_sequence == 1)
    assert playlist(folder).media_sequence > before.media_sequence
    await eventually(lambda: state_of(hass, PUBLISHING).state == "publishing")


async def test_another_destination_leaves_nothing_at_the_first(
    hass: HomeAssistant, published: MockConfigEntry, folder: Path, tmp_path: Path
) -> None:
    elsewhere = tmp_path / "elsewhere"
    hass.config_entries.async_update_subentry(
        published,
        subentry_of(published),
        data=to_folder(elsewhere, segment_duration=1.0),
    )
    await eventually(lambda: bool(playlist(elsewhere).segments))
    assert not files(folder)


async def test_the_sub_stream_is_published_and_the_main_stream_without_one(
    hass: HomeAssistant, camera: TestCamera, folder: Path
) -> None:
    async with TestCamera(Feed(size=(160, 90))) as small:
        entry = await set_up(
            hass,
            publishing_entry(
                camera.plain_url,
                to_folder(folder, segment_duration=1.0, stream="sub"),
                small={"url": small.plain_url, "source_info": SOURCE_INFO},
            ),
        )
        await eventually(lambda: bool(playlist(folder).segments))
        [variant] = m3u8.loads((folder / "index.m3u8").read_text()).playlists
        assert variant.stream_info.resolution == (160, 90)
        assert not camera.connections
        data = {key: value for key, value in entry.data.items() if key != "small"}
        hass.config_entries.async_update_entry(entry, data=data)
        await hass.config_entries.async_reload(entry.entry_id)
        await eventually(lambda: not playlist(folder).is_endlist)
        await eventually(lambda: len(camera.connections) == 1)
        assert not small.connections
        await hass.config_entries.async_unload(entry.entry_id)


async def test_an_entry_that_is_removed_leaves_nothing_published(
    hass: HomeAssistant, published: MockConfigEntry, folder: Path
) -> None:
    await hass.config_entries.async_remove(published.entry_id)
    await hass.async_block_till_done()
    assert not files(folder)


async def test_a_folder_that_is_not_allowed_any_more(
    hass: HomeAssistant,
    camera: TestCamera,
    folder: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    hass.config.allowlist_external_dirs = set()
    entry = await set_up(
        hass,
        publishing_entry(camera.plain_url, to_folder(folder, segment_duration=1.0)),
    )
    await eventually(lambda: state_of(hass, PROBLEM).state == "on")
    state = state_of(hass, PUBLISHING)
    assert (state.state, state.attributes["problem"]) == ("retrying", "not_allowed")
    assert not files(folder)
    await hass.config_entries.async_unload(entry.entry_id)


def test_other_subentries_are_no_publications() -> None:
    entry = publishing_entry("rtsp://camera.example/live")
    other: Any = {
        "data": {},
        "subentry_type": "hologram",
        "title": "",
        "unique_id": None,
    }
    entry = MockConfigEntry(domain=entry.domain, subentries_data=[other])
    assert publication_entries(entry) == {}
