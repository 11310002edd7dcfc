"""The automations of docs/automations.md, as Home Assistant runs them."""

import re
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import pytest
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util
from homeassistant.util.yaml.loader import parse_yaml
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_capture_events,
    async_fire_time_changed,
    async_mock_service,
)

from tests.camera import TestCamera
from tests.publishing.servers import free_port
from tests.streaming.probing import probe_file

from . import CAMERA, eventually, failing, make_entry, set_up, state_of, streaming
from .publishing import publishing_entry, to_web_server

PAGE: Final = Path(__file__).parents[2] / "docs" / "automations.md"


def _automations() -> dict[str, str]:
    """Return the page's automations by the headings that they stand under."""
    found = re.findall(
        r"^## ([^\n]+)\n(.*?)(?=^## |\Z)", PAGE.read_text(), re.MULTILINE | re.DOTALL
    )
    return {
        heading: block
        for heading, text in found
        for block in re.findall(r"^```yaml\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    }


AUTOMATIONS: Final = _automations()


async def automate(
    hass: HomeAssistant, heading: str, folders: dict[str, str] | None = None
) -> None:
    """Set up an automation as it stands, but for the folders that it writes into."""
    text = AUTOMATIONS[heading]
    for folder, instead in (folders or {}).items():
        assert folder in text
        text = text.replace(folder, instead)
    automation = parse_yaml(text)
    assert await async_setup_component(hass, "automation", {"automation": [automation]})
    await hass.async_block_till_done()
    [entity_id] = hass.states.async_entity_ids("automation")
    assert state_of(hass, entity_id).state == "on"


def only_file(folder: Path) -> Path:
    """Return the only file in a folder."""
    [file] = folder.iterdir()
    return file


@pytest.fixture
def messages(hass: HomeAssistant) -> list[Any]:
    """The notifications to people."""
    return async_mock_service(hass, "notify", "notify")


async def test_restart_every_night(
    hass: HomeAssistant, loaded: MockConfigEntry
) -> None:
    await loaded.runtime_data.async_start()
    await streaming(hass)
    restarted = async_capture_events(hass, "hls_camera_event")
    await automate(hass, "Restart a camera every night")
    four = dt_util.now().replace(hour=4, minute=0, second=0) + timedelta(days=1)
    async_fire_time_changed(hass, four)
    await eventually(lambda: len(restarted) == 2)
    assert [event.data["type"] for event in restarted] == ["ended", "started"]
    assert restarted[0].data["reason"] == "replaced"
    # It would wait for the next night.
    await hass.services.async_call(
        "automation", "turn_off", {"entity_id": "all"}, blocking=True
    )


async def test_restart_cameras_with_a_problem(
    hass: HomeAssistant, camera: TestCamera
) -> None:
    options = {"always_on": True}
    await set_up(hass, make_entry(camera.plain_url, options=options))
    await streaming(hass)
    await automate(hass, "Restart a camera that fails")
    calls = async_capture_events(hass, "call_service")
    await failing(hass, camera)
    async_fire_time_changed(hass, dt_util.utcnow() + timedelta(minutes=4))
    assert not calls
    async_fire_time_changed(hass, dt_util.utcnow() + timedelta(minutes=6))
    await eventually(lambda: bool(calls))
    assert calls[0].data["service"] == "restart_stream"
    await camera.accept_connections()
    await streaming(hass)


async def test_notify_of_failure_and_recovery(
    hass: HomeAssistant, camera: TestCamera, messages: list[Any]
) -> None:
    options = {"always_on": True}
    await set_up(hass, make_entry(camera.plain_url, options=options))
    await streaming(hass)
    await automate(hass, "Notify when a camera fails or recovers")
    await failing(hass, camera)
    await camera.accept_connections()
    await streaming(hass)
    await eventually(lambda: len(messages) == 2)
    failed, recovered = (message.data["message"] for message in messages)
    assert re.fullmatch(r"Front door has failed: (disconnected|refused)", failed)
    assert re.fullmatch(r"Front door is live again after \d+ s", recovered)


async def test_notify_of_a_publication_that_fails(
    hass: HomeAssistant, camera: TestCamera, messages: list[Any]
) -> None:
    await automate(hass, "Notify when a publication fails")
    data = to_web_server(f"http://127.0.0.1:{free_port()}/", segment_duration=1.0)
    await set_up(hass, publishing_entry(camera.plain_url, data))
    await eventually(lambda: bool(messages))
    message = "Front door cannot be published to Web: unreachable"
    assert messages[0].data["message"] == message


async def test_watch_while_nobody_is_at_home(
    hass: HomeAssistant, camera: TestCamera
) -> None:
    hass.states.async_set("zone.home", "1")
    await set_up(hass, make_entry(camera.plain_url, title="Living room"))
    await automate(hass, "Watch only while nobody is at home")
    hass.states.async_set("zone.home", "0")
    status = "sensor.living_room_status"
    await eventually(lambda: state_of(hass, status).state == "streaming")
    hass.states.async_set("zone.home", "1")
    await eventually(lambda: state_of(hass, status).state == "stopped")
    await eventually(lambda: not camera.connections)


async def test_record_motion_and_the_seconds_before_it(
    hass: HomeAssistant, camera: TestCamera, tmp_path: Path
) -> None:
    hass.config.allowlist_external_dirs = {str(tmp_path)}
    entry = make_entry(camera.plain_url, options={"always_on": True})
    await set_up(hass, entry)
    await streaming(hass)
    window = entry.runtime_data.camera.main.window
    await eventually(lambda: len(list(window.keyframes())) > 2)
    await automate(
        hass,
        "Record motion, including the seconds before it",
        {"/media": str(tmp_path)},
    )
    hass.states.async_set("binary_sensor.front_door_motion", "on")
    await eventually(lambda: state_of(hass, CAMERA).state == "recording")
    # A stream that ends leaves whole recordings behind, and spares us the other seconds.
    await entry.runtime_data.async_stop()
    path = only_file(tmp_path)
    assert re.fullmatch(r"front_door_[\d-]{10}_[\d-]{8}\.mp4", path.name)
    assert probe_file(path).duration >= 2


async def test_send_a_picture(
    hass: HomeAssistant, loaded: MockConfigEntry, messages: list[Any], tmp_path: Path
) -> None:
    hass.config.allowlist_external_dirs = {str(tmp_path)}
    await automate(
        hass, "Send a picture when somebody rings", {"/config/www": str(tmp_path)}
    )
    hass.states.async_set("binary_sensor.doorbell", "on")
    await eventually(lambda: bool(messages))
    picture = tmp_path / Path(messages[0].data["data"]["image"]).name
    assert picture.read_bytes().startswith(b"\xff\xd8")


def test_each_automation_has_a_test() -> None:
    source = Path(__file__).read_text()
    assert AUTOMATIONS
    assert [heading for heading in AUTOMATIONS if f'"{heading}"' not in source] == []
