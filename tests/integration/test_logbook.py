"""Our event in Home Assistant's logbook."""

from datetime import datetime
from typing import Any

import pytest
from homeassistant.components.recorder.core import Recorder
from homeassistant.core import Event, HomeAssistant
from homeassistant.helpers.translation import async_get_translations
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util
from pytest_homeassistant_custom_component.components.recorder.common import (
    async_wait_recording_done,
)
from pytest_homeassistant_custom_component.typing import (
    MockHAClientWebSocket,
    WebSocketGenerator,
)

from custom_components.hls_camera import logbook
from tests.camera import TestCamera

from . import CAMERA, CONNECTIVITY, call, make_entry, set_up, streaming
from .publishing import PUBLISHING


@pytest.fixture
def mock_recorder_before_hass(recorder_db_url: str) -> None:
    """Choose the recorder's database before there is a Home Assistant, as it asks for."""


async def logbook_since(
    client: MockHAClientWebSocket, begun: datetime
) -> list[dict[str, Any]]:
    """Return the logbook's lines."""
    question = {"type": "logbook/get_events", "start_time": begun.isoformat()}
    await client.send_json_auto_id(question)
    lines: list[dict[str, Any]] = (await client.receive_json())["result"]
    return lines


async def test_the_logbook_tells_when_a_camera_was_live(
    hass: HomeAssistant,
    recorder_mock: Recorder,
    camera: TestCamera,
    hass_ws_client: WebSocketGenerator,
) -> None:
    assert await async_setup_component(hass, "logbook", {})
    begun = dt_util.utcnow()
    await set_up(hass, make_entry(camera.plain_url))
    await call(hass, "start_stream")
    await streaming(hass)
    await call(hass, "stop_stream")
    await async_wait_recording_done(hass)

    lines_since = await logbook_since(await hass_ws_client(), begun)
    told = [
        (line["name"], line["message"], line["entity_id"])
        for line in lines_since
        if line.get("domain") == "hls_camera"
    ]
    assert told == [
        ("Front door", "started streaming", CAMERA),
        ("Front door", "stopped streaming (Switched off)", CAMERA),
    ]


async def test_a_start_is_one_line_beside_the_states_of_camera_and_connectivity(
    hass: HomeAssistant,
    recorder_mock: Recorder,
    camera: TestCamera,
    hass_ws_client: WebSocketGenerator,
) -> None:
    """Of the camera's ten entities, the others change with a start as well."""
    assert await async_setup_component(hass, "logbook", {})
    begun = dt_util.utcnow()
    await set_up(hass, make_entry(camera.plain_url))
    await call(hass, "start_stream")
    await streaming(hass)
    await async_wait_recording_done(hass)
    lines_since = await logbook_since(await hass_ws_client(), begun)
    lines = [
        (line["entity_id"], line.get("state") or line["message"])
        for line in lines_since
    ]
    assert sorted(lines) == [
        (CONNECTIVITY, "on"),
        (CAMERA, "started streaming"),
        (CAMERA, "streaming"),
    ]
    await call(hass, "stop_stream")


def description(
    hass: HomeAssistant, event_type: str, data: dict[str, Any]
) -> dict[str, str]:
    """Return how the logbook describes an event."""
    described: dict[tuple[str, str], Any] = {}

    def note(domain: str, described_type: str, describe: Any) -> None:
        described[domain, described_type] = describe

    logbook.async_describe_events(hass, note)
    found: dict[str, str] = described["hls_camera", event_type](Event(event_type, data))
    return found


@pytest.mark.parametrize(
    ("details", "message"),
    [
        ({"type": "started", "time_to_first_frame": 1.2}, "started streaming"),
        ({"type": "ended", "reason": "idle"}, "stopped streaming (No viewers)"),
        ({"type": "failed", "reason": "not_found"}, "has a problem (Path not found)"),
        ({"type": "recovered", "outage": 61.7}, "is streaming again after 62 s"),
    ],
)
async def test_the_logbook(
    hass: HomeAssistant, details: dict[str, Any], message: str
) -> None:
    await async_get_translations(hass, "en", "entity", ["hls_camera"])
    data = {"name": "Front door", "entity_id": CAMERA, **details}
    assert description(hass, "hls_camera_event", data) == {
        "name": "Front door",
        "message": message,
        "entity_id": CAMERA,
    }


@pytest.mark.parametrize(
    ("details", "message"),
    [
        (
            {"type": "failed", "reason": "login_rejected"},
            "cannot be published to Web (Login rejected)",
        ),
        (
            {"type": "recovered", "outage": 61.7},
            "is published to Web again after 62 s",
        ),
    ],
)
async def test_the_logbook_of_a_publication(
    hass: HomeAssistant, details: dict[str, Any], message: str
) -> None:
    await async_get_translations(hass, "en", "entity", ["hls_camera"])
    data = {
        "name": "Front door",
        "destination": "Web",
        "entity_id": PUBLISHING,
        **details,
    }
    assert description(hass, "hls_camera_publication_event", data) == {
        "name": "Front door",
        "message": message,
        "entity_id": PUBLISHING,
    }
