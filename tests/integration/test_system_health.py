"""Home Assistant's system information, as its frontend asks for it."""

from typing import Any
from unittest.mock import patch

import pytest
from homeassistant.components.ffmpeg import FFmpegManager, get_ffmpeg_manager
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import WebSocketGenerator

from custom_components.hls_camera.const import DOMAIN

from . import call, streaming


@pytest.fixture(autouse=True)
async def system_health(hass: HomeAssistant, components: None) -> None:
    """Set up Home Assistant's own side of it."""
    assert await async_setup_component(hass, "system_health", {})


async def system_information(hass_ws_client: WebSocketGenerator) -> dict[str, Any]:
    """Return our part of the page."""
    client = await hass_ws_client()
    await client.send_json_auto_id({"type": "system_health/info"})
    assert (await client.receive_json())["success"]
    shown: dict[str, Any] = {}
    while True:
        event = (await client.receive_json())["event"]
        match event["type"]:
            case "initial":
                shown = event["data"][DOMAIN]["info"]
            case "update" if event["domain"] == DOMAIN:
                shown[event["key"]] = event["data"]
            case "finish":
                return shown


async def test_running_streams_are_shown_with_their_limit(
    hass: HomeAssistant, loaded: MockConfigEntry, hass_ws_client: WebSocketGenerator
) -> None:
    await call(hass, "start_stream")
    await streaming(hass)
    shown = await system_information(hass_ws_client)
    assert (
        shown.pop("ffmpeg") == (await get_ffmpeg_manager(hass).async_get_version())[0]
    )
    memory, _, budget = shown.pop("memory").partition(" / ")
    assert 0 <= float(memory) < 10
    assert budget == "384 MiB"
    needed, _, there = shown.pop("processors").partition(" / ")
    assert float(needed) == 0
    assert float(there) > 0
    assert shown == {"cameras": 1, "streams": "1 / 16", "conversions": 0}


async def test_ffmpeg_that_does_not_answer(
    hass: HomeAssistant, loaded: MockConfigEntry, hass_ws_client: WebSocketGenerator
) -> None:
    nothing = (None, None)
    with patch.object(FFmpegManager, "async_get_version", return_value=nothing):
        shown = await system_information(hass_ws_client)
    assert shown["ffmpeg"] == {"type": "failed", "error": "version unknown"}
