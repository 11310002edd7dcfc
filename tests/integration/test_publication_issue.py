"""A publication that fails for long becomes a repair issue, until it works again."""

import logging
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr
from homeassistant.util.dt import utcnow
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_capture_events,
    async_fire_time_changed,
)

from custom_components.hls_camera import publication_issue
from tests.camera import TestCamera
from tests.publishing.servers import PASSWORD, USERNAME, Nginx, free_port, nginx

from . import eventually, issues, set_up, state_of
from .publishing import PROBLEM, PUBLISHING, publishing_entry, to_web_server

KEY = "publishing_failed"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Nginx]:
    with nginx(tmp_path) as server:
        yield server


async def published(
    hass: HomeAssistant, camera: TestCamera, address: str, password: str = PASSWORD
) -> MockConfigEntry:
    login = {"username": USERNAME, "password": password}
    data = to_web_server(address, **login, segment_duration=1.0)
    return await set_up(hass, publishing_entry(camera.plain_url, data))


async def test_a_rejected_login_is_an_issue_at_once(
    hass: HomeAssistant,
    camera: TestCamera,
    server: Nginx,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    entry = await published(hass, camera, server.url, "wr0ng")
    await eventually(lambda: KEY in issues(hass))
    placeholders = issues(hass)[KEY].translation_placeholders
    assert placeholders is not None
    assert (placeholders["name"], placeholders["destination"]) == ("Front door", "Web")
    assert placeholders["problem"].startswith("The server rejected the login.")
    assert state_of(hass, PUBLISHING).attributes["problem"] == "login_rejected"
    await hass.config_entries.async_unload(entry.entry_id)
    assert KEY not in issues(hass)
    assert "fails: login_rejected" in caplog.text
    assert "wr0ng" not in caplog.text
    assert not any("wr0ng" in str(state.as_dict()) for state in hass.states.async_all())


async def test_a_server_that_is_away_is_an_issue_after_five_minutes(
    hass: HomeAssistant, camera: TestCamera
) -> None:
    entry = await published(hass, camera, f"http://127.0.0.1:{free_port()}/")
    await eventually(lambda: state_of(hass, PROBLEM).state == "on")
    await hass.async_block_till_done()
    assert KEY not in issues(hass)
    async_fire_time_changed(
        hass, utcnow() + publication_issue.LONG + timedelta(seconds=1)
    )
    await eventually(lambda: KEY in issues(hass))
    await hass.config_entries.async_unload(entry.entry_id)
    assert KEY not in issues(hass)


async def test_the_issue_ends_with_the_first_segment_that_arrives(
    hass: HomeAssistant,
    camera: TestCamera,
    server: Nginx,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    caplog.set_level(logging.INFO)
    monkeypatch.setattr(publication_issue, "LONG", timedelta(0))
    events = async_capture_events(hass, "hls_camera_publication_event")
    obstacle = server.www / "door"
    obstacle.write_text("a file in the place of the folder")
    entry = await published(hass, camera, f"{server.url}door")
    await eventually(lambda: KEY in issues(hass))
    assert state_of(hass, PROBLEM).state == "on"
    obstacle.unlink()
    await eventually(lambda: state_of(hass, PUBLISHING).state == "publishing")
    assert KEY not in issues(hass)
    assert "Front door is published to Web again" in caplog.text
    assert state_of(hass, PROBLEM).state == "off"
    failed, recovered = (event.data for event in events)
    [subentry_id] = entry.subentries
    device = dr.async_get(hass).async_get_device_by_identifier(
        ("hls_camera", subentry_id), entry.entry_id
    )
    assert device is not None
    assert dict(failed) == {
        "type": "failed",
        "name": "Front door",
        "destination": "Web",
        "config_entry_id": entry.entry_id,
        "device_id": device.id,
        "entity_id": PUBLISHING,
        "reason": failed["reason"],
    }
    assert failed["reason"] in {"refused", "not_found"}
    assert recovered["type"] == "recovered"
    assert recovered["outage"] > 0
    await hass.config_entries.async_unload(entry.entry_id)
