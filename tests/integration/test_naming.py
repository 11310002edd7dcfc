"""The name of a camera is the one that its owner gave it."""

from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_capture_events,
)

from custom_components.hls_camera.const import EVENT_HLS_CAMERA
from custom_components.hls_camera.issues import Issue, async_set_issue
from custom_components.hls_camera.naming import camera_device, camera_name

from . import call, eventually, issues, streaming


def rename_device(
    hass: HomeAssistant, entry: MockConfigEntry, name: str | None
) -> None:
    """Rename the device, as the pencil on its page does."""
    device = camera_device(hass, entry)
    assert device is not None
    dr.async_get(hass).async_update_device(device.id, name_by_user=name)


async def test_a_camera_without_a_device_has_the_name_of_its_entry(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    entry.add_to_hass(hass)
    assert camera_name(hass, entry) == "Front door"


async def test_a_renamed_device_is_named_in_repairs_and_events(
    hass: HomeAssistant, loaded: MockConfigEntry
) -> None:
    assert camera_name(hass, loaded) == "Front door"
    rename_device(hass, loaded, "Garden")
    assert camera_name(hass, loaded) == "Garden"

    async_set_issue(hass, Issue.SMALL_FAILED, True, entry=loaded)
    placeholders = issues(hass)["small_failed"].translation_placeholders
    assert placeholders == {"name": "Garden"}

    events: list[Any] = async_capture_events(hass, EVENT_HLS_CAMERA)
    await call(hass, "start_stream")
    await streaming(hass)
    await eventually(lambda: bool(events))
    assert events[0].data["name"] == "Garden"


async def test_the_title_of_the_entry_follows_the_name_of_the_device(
    hass: HomeAssistant, loaded: MockConfigEntry
) -> None:
    """A list of entries would show the addresses of new cameras otherwise."""
    for name in ("Garden", "Yard"):
        rename_device(hass, loaded, name)
        await hass.async_block_till_done()
        assert loaded.title == name
    rename_device(hass, loaded, None)
    await hass.async_block_till_done()
    assert loaded.title == "Front door"


async def test_a_title_of_its_own_stays(
    hass: HomeAssistant, loaded: MockConfigEntry
) -> None:
    hass.config_entries.async_update_entry(loaded, title="Camera 4")
    rename_device(hass, loaded, "Garden")
    await hass.async_block_till_done()
    assert loaded.title == "Camera 4"


async def test_an_unloaded_entry_keeps_its_title(
    hass: HomeAssistant, loaded: MockConfigEntry
) -> None:
    """Whatever else changes in its device changes no title either."""
    device = camera_device(hass, loaded)
    assert device
    dr.async_get(hass).async_update_device(device.id, sw_version="2")
    await hass.async_block_till_done()
    await hass.config_entries.async_unload(loaded.entry_id)
    rename_device(hass, loaded, "Garden")
    await hass.async_block_till_done()
    assert loaded.title == "Front door"
