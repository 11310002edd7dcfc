"""Setting up and unloading; whatever happens, no FFmpeg is left behind."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from homeassistant.config_entries import ConfigEntryState
from homeassistant.const import EVENT_HOMEASSISTANT_STOP
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.setup import async_setup_component
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.hls_camera.const import DOMAIN
from custom_components.hls_camera.streaming.camera import manager
from tests.camera import Feed, TestCamera
from tests.waiting import eventually

from . import CAMERA, call, make_entry, set_up, state_of, streaming
from .flows import ServeCamera
from .former_entities import BEFORE, register_former_entities


async def test_a_camera_is_left_alone_until_somebody_watches(
    hass: HomeAssistant, camera: TestCamera, loaded: MockConfigEntry
) -> None:
    assert state_of(hass, CAMERA).state == "idle"
    assert state_of(hass, "sensor.front_door_status").state == "idle"
    assert camera.total_connections == 0


async def test_an_always_on_camera_starts_with_home_assistant(
    hass: HomeAssistant, camera: TestCamera, ffmpegs: Callable[[], int]
) -> None:
    entry = await set_up(
        hass, make_entry(camera.plain_url, options={"always_on": True})
    )
    await streaming(hass)
    assert ffmpegs() == 1

    assert await hass.config_entries.async_unload(entry.entry_id)
    assert ffmpegs() == 0


async def test_one_device_with_its_entities(
    hass: HomeAssistant,
    loaded: MockConfigEntry,
    device_registry: dr.DeviceRegistry,
    entity_registry: er.EntityRegistry,
) -> None:
    [device] = dr.async_entries_for_config_entry(device_registry, loaded.entry_id)
    assert device.name == "Front door"
    # Of a camera whose model nobody knows, what it sends
    assert device.model == "H.264 320x180"
    entities = er.async_entries_for_config_entry(entity_registry, loaded.entry_id)
    enabled = {entity.entity_id for entity in entities if not entity.disabled_by}
    assert enabled == {
        "binary_sensor.front_door_connectivity",
        "binary_sensor.front_door_problem",
        "button.front_door_restart",
        CAMERA,
        "sensor.front_door_bitrate",
        "sensor.front_door_frame_rate",
        "sensor.front_door_last_error",
        "sensor.front_door_outages",
        "sensor.front_door_status",
        "sensor.front_door_viewers",
        "switch.front_door_enabled",
    }
    assert {entity.entity_id for entity in entities} - enabled == {
        "event.front_door_stream_event",
        "sensor.front_door_behind_live",
        "sensor.front_door_dropped_frames",
        "sensor.front_door_frames",
        "sensor.front_door_keyframe_interval",
        "sensor.front_door_speed",
        "sensor.front_door_uptime",
    }
    # Addresses of cameras change, so nothing may hang on them.
    assert all(entity.unique_id.startswith(loaded.entry_id) for entity in entities)


async def test_entities_of_earlier_versions_keep_their_ids(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    """History and automations go by the entity id."""
    register_former_entities(hass, entry)
    await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    for _, entity_id in BEFORE.values():
        assert state_of(hass, entity_id).state != "unavailable"


async def test_unloading_ends_ffmpeg(
    hass: HomeAssistant,
    camera: TestCamera,
    loaded: MockConfigEntry,
    ffmpegs: Callable[[], int],
) -> None:
    await call(hass, "start_stream")
    await streaming(hass)
    assert ffmpegs() == 1

    assert await hass.config_entries.async_unload(loaded.entry_id)

    assert ffmpegs() == 0
    assert state_of(hass, CAMERA).state == "unavailable"


async def test_reloading_leaves_one_camera_and_no_ffmpeg(
    hass: HomeAssistant, loaded: MockConfigEntry, ffmpegs: Callable[[], int]
) -> None:
    for _ in range(3):
        await call(hass, "start_stream")
        await streaming(hass)
        assert await hass.config_entries.async_reload(loaded.entry_id)
        await hass.async_block_till_done()
        assert ffmpegs() == 0
        assert state_of(hass, CAMERA).state == "idle"


async def test_unloading_while_it_starts(
    hass: HomeAssistant, loaded: MockConfigEntry, ffmpegs: Callable[[], int]
) -> None:
    await call(hass, "start_stream")
    assert await hass.config_entries.async_unload(loaded.entry_id)
    assert ffmpegs() == 0


async def test_removing_a_camera(
    hass: HomeAssistant, loaded: MockConfigEntry, ffmpegs: Callable[[], int]
) -> None:
    await call(hass, "start_stream")
    await streaming(hass)
    await hass.config_entries.async_remove(loaded.entry_id)
    await hass.async_block_till_done()
    assert ffmpegs() == 0
    assert hass.states.get(CAMERA) is None


async def test_home_assistants_stop_ends_ffmpeg(
    hass: HomeAssistant, loaded: MockConfigEntry, ffmpegs: Callable[[], int]
) -> None:
    await call(hass, "start_stream")
    await streaming(hass)
    hass.bus.async_fire(EVENT_HOMEASSISTANT_STOP)
    await hass.async_block_till_done()
    assert ffmpegs() == 0


@pytest.mark.parametrize("starts", [0, 1, 3, 5])
async def test_a_stop_while_five_cameras_start_leaves_no_ffmpeg(
    hass: HomeAssistant,
    ffmpegs: Callable[[], int],
    serve: ServeCamera,
    monkeypatch: pytest.MonkeyPatch,
    starts: int,
) -> None:
    """Whichever of them have an FFmpeg by then."""
    monkeypatch.setattr(manager, "_START_INTERVAL_S", 0.0)
    cameras = [await serve(Feed(size=(160, 90))) for _ in range(5)]
    for number, camera in enumerate(cameras):
        await set_up(hass, make_entry(camera.plain_url, title=f"Camera {number}"))
    ids = [f"camera.camera_{number}" for number in range(5)]
    starting = asyncio.gather(
        *(
            hass.services.async_call(
                DOMAIN, "start_stream", {"entity_id": each}, blocking=True
            )
            for each in ids
        ),
        return_exceptions=True,
    )
    await eventually(lambda: ffmpegs() >= starts)
    hass.bus.async_fire(EVENT_HOMEASSISTANT_STOP)
    await starting
    await hass.async_block_till_done()
    assert ffmpegs() == 0
    assert not any(camera.connections for camera in cameras)


async def test_no_second_session_for_the_same_camera(
    hass: HomeAssistant,
    camera: TestCamera,
    loaded: MockConfigEntry,
    device_registry: dr.DeviceRegistry,
) -> None:
    [device] = dr.async_entries_for_config_entry(device_registry, loaded.entry_id)
    device_registry.async_update_device(device.id, name_by_user="Entrance")
    second = await set_up(
        hass, make_entry(camera.plain_url, title="Twin"), ConfigEntryState.SETUP_RETRY
    )
    assert second.error_reason_translation_key == "source_in_use"
    assert second.error_reason_translation_placeholders == {"name": "Entrance"}
    # It gets its place when the first one leaves it.
    assert await hass.config_entries.async_unload(loaded.entry_id)
    assert await hass.config_entries.async_reload(second.entry_id)


async def test_yaml_alone_sets_it_up(hass: HomeAssistant) -> None:
    assert await async_setup_component(hass, "hls_camera", {"hls_camera": None})


@pytest.mark.parametrize("damage", ["text", [], {"video": {"codec": 7}}, {"main": 1}])
async def test_damaged_descriptions_are_measured_again(
    hass: HomeAssistant, camera: TestCamera, damage: Any
) -> None:
    small = {"url": f"{camera.plain_url}2", "source_info": damage}
    variants = {"stream.m3u8": damage, "small.m3u8": {"uri": "small.m3u8"}}
    entry = make_entry(
        camera.plain_url, source_info=damage, small=small, variants=variants
    )
    await set_up(hass, entry)
    await call(hass, "start_stream")
    await streaming(hass)
    assert entry.data["source_info"]["video"]["codec"] == "h264"
    await hass.config_entries.async_unload(entry.entry_id)
    # Also where all of it is damaged.
    hass.config_entries.async_update_entry(
        entry, data={**entry.data, "variants": damage}
    )
    assert await hass.config_entries.async_setup(entry.entry_id)
