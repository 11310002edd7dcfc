"""`camera.record`, as automations call it."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from pytest_homeassistant_custom_component.common import MockConfigEntry

from tests.streaming.probing import probe_file

from . import CAMERA, call, eventually, state_of


@pytest.fixture
def media(hass: HomeAssistant, tmp_path: Path) -> Path:
    """A folder that Home Assistant may write to."""
    hass.config.allowlist_external_dirs = {str(tmp_path)}
    return tmp_path


async def record(hass: HomeAssistant, path: Path, **options: Any) -> None:
    """Call the action."""
    data = {"entity_id": CAMERA, "filename": str(path), "duration": 2, **options}
    await hass.services.async_call("camera", "record", data, blocking=True)


async def test_a_recording_is_there_when_the_action_is_done(
    hass: HomeAssistant, loaded: MockConfigEntry, media: Path
) -> None:
    path = media / "front door" / "clip.mp4"
    recording = asyncio.create_task(record(hass, path))
    await eventually(lambda: state_of(hass, CAMERA).state == "recording")
    await recording
    assert state_of(hass, CAMERA).state == "streaming"
    probed = probe_file(path)
    assert probed.duration == pytest.approx(2, abs=0.5)
    assert set(probed.streams) == {"video", "audio"}

    # By now there is something to look back to.
    later = media / "later.mp4"
    await record(hass, later, duration=1, lookback=1)
    assert probe_file(later).duration == pytest.approx(2, abs=0.5)


async def test_where_home_assistant_may_not_write(
    hass: HomeAssistant, loaded: MockConfigEntry, tmp_path: Path
) -> None:
    with pytest.raises(ServiceValidationError) as refused:
        await record(hass, tmp_path / "clip.mp4")
    assert refused.value.translation_key == "path_not_allowed"
    assert state_of(hass, CAMERA).state == "idle"


async def test_what_cannot_be_written(
    hass: HomeAssistant, loaded: MockConfigEntry, media: Path
) -> None:
    with pytest.raises(HomeAssistantError) as refused:
        await record(hass, media)
    assert refused.value.translation_key == "recording_failed"
    assert "Is a directory" in str(refused.value)


async def test_a_camera_that_is_off_stays_off(
    hass: HomeAssistant, loaded: MockConfigEntry, media: Path
) -> None:
    await call(hass, "camera.turn_off")
    with pytest.raises(ServiceValidationError) as refused:
        await record(hass, media / "clip.mp4")
    assert refused.value.translation_key == "stream_stopped"
    assert not loaded.runtime_data.session.is_running


@pytest.mark.parametrize("end", ["turn_off", "unload", "shutdown"])
async def test_what_ends_meanwhile_leaves_a_whole_file(
    hass: HomeAssistant, loaded: MockConfigEntry, media: Path, end: str
) -> None:
    path = media / "clip.mp4"
    recording = asyncio.create_task(record(hass, path, duration=60))
    await streaming_for(hass, loaded, seconds=1)
    match end:
        case "turn_off":
            await call(hass, "camera.turn_off")
        case "unload":
            await hass.config_entries.async_unload(loaded.entry_id)
        case _:
            await hass.async_stop(force=True)
    # It is there before the one who is waiting is told.
    assert probe_file(path).duration > 0.5
    await recording


async def streaming_for(
    hass: HomeAssistant, entry: MockConfigEntry, *, seconds: float
) -> None:
    """Wait until so much has come."""
    window = entry.runtime_data.session.window
    await eventually(lambda: window.played > seconds)
