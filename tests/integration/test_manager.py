"""How many streams may run, and whose token is whose."""

from collections.abc import AsyncIterator

import pytest
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import issue_registry as ir
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.hls_camera.manager import MANAGER
from tests.camera import Feed, TestCamera

from . import call, make_entry, set_up, state_of, streaming

SECOND = "camera.second"


@pytest.fixture
async def second(
    hass: HomeAssistant, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[MockConfigEntry]:
    """Another camera, where only one stream may run."""
    monkeypatch.setenv("HLS_CAMERA_MAX_CONCURRENT_STREAMS", "1")
    async with TestCamera(Feed()) as camera:
        entry = await set_up(hass, make_entry(camera.plain_url, title="Second"))
        yield entry
        await hass.config_entries.async_unload(entry.entry_id)


async def test_no_more_streams_than_the_limit(
    hass: HomeAssistant, second: MockConfigEntry, loaded: MockConfigEntry
) -> None:
    await call(hass, "start_stream")
    await streaming(hass)

    with pytest.raises(HomeAssistantError) as refused:
        await hass.services.async_call(
            "hls_camera", "start_stream", {"entity_id": SECOND}, blocking=True
        )
    assert refused.value.translation_key == "stream_limit"
    assert refused.value.translation_placeholders == {"limit": "1"}
    assert state_of(hass, SECOND).state == "idle"

    # The one that runs may be restarted: it takes no further place.
    await call(hass, "restart_stream")
    await streaming(hass)

    await call(hass, "stop_stream")
    await hass.services.async_call(
        "hls_camera", "start_stream", {"entity_id": SECOND}, blocking=True
    )
    assert hass.data[MANAGER].running == 1


async def test_tokens_lead_to_their_own_camera(
    hass: HomeAssistant, second: MockConfigEntry, loaded: MockConfigEntry
) -> None:
    manager = hass.data[MANAGER]
    token = loaded.runtime_data.camera.open_viewer()
    assert manager.find(token) is loaded.runtime_data.camera
    assert manager.find("guessed") is None
    await call(hass, "stop_stream")
    assert manager.find(token) is None


async def test_a_closed_session_leaves_its_place(
    hass: HomeAssistant, loaded: MockConfigEntry
) -> None:
    def sessions() -> int:
        return len(hass.data[MANAGER].renditions)

    assert sessions() == 1
    await hass.config_entries.async_unload(loaded.entry_id)
    assert sessions() == 0
    assert await hass.config_entries.async_setup(loaded.entry_id)
    assert sessions() == 1


async def test_the_settings_for_all_cameras_hold_for_each(
    hass: HomeAssistant,
    monkeypatch: pytest.MonkeyPatch,
    entry: MockConfigEntry,
    issue_registry: ir.IssueRegistry,
) -> None:
    monkeypatch.setenv("HLS_CAMERA_MEMORY_BUDGET", "64")
    monkeypatch.setenv("HLS_CAMERA_PART_TARGET", "short")
    await set_up(hass, entry)
    options = entry.runtime_data.camera.main.planner.options
    assert options.window_bytes == 4 * 1024 * 1024
    assert options.part_duration == 0.2
    # An invalid setting is reported.
    issue = issue_registry.async_get_issue("hls_camera", "setting_ignored")
    assert issue is not None
    assert issue.translation_placeholders == {"variables": "HLS_CAMERA_PART_TARGET"}
