"""HomeKit: a paired home app plays the camera from our one connection."""

import asyncio
from collections.abc import AsyncIterator
from http import HTTPStatus
from pathlib import Path
from unittest.mock import MagicMock

import pytest
from homeassistant.components.homekit import type_cameras
from homeassistant.core import HomeAssistant
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import (
    ClientSessionGenerator,
    WebSocketGenerator,
)

from tests import tools
from tests.camera import Feed, TestCamera
from tests.camera.clips import clip

from . import CAMERA, ask_for_stream, call, eventually, set_up, state_of
from .home_app import HomeApp

FEED = Feed(audio="aac", live=False)


@pytest.fixture
async def camera() -> AsyncIterator[TestCamera]:
    """A camera that repeats a clip, so that its pictures are known."""
    async with TestCamera(FEED) as camera:
        yield camera


@pytest.fixture(autouse=True)
def surroundings(
    hass: HomeAssistant,
    mock_async_zeroconf: MagicMock,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    """Give the bridge a folder and a network of its own."""
    # The bridge writes its keys without Home Assistant's storage.
    (tmp_path / ".storage").mkdir()
    hass.config.config_dir = str(tmp_path)
    # It takes the port that the app uses, which is free only if the app has another host.
    output = type_cameras.VIDEO_OUTPUT.replace("localrtpport={v_port}&", "")
    monkeypatch.setattr(type_cameras, "VIDEO_OUTPUT", output)


@pytest.fixture
async def app(
    hass: HomeAssistant, loaded: MockConfigEntry, unused_tcp_port: int
) -> AsyncIterator[HomeApp]:
    """A home app, paired with a bridge that has our camera and copies its picture."""
    bridge = MockConfigEntry(
        domain="homekit",
        data={
            "name": "Bridge",
            "port": unused_tcp_port,
            "ip_address": "127.0.0.1",
            "advertise_ip": ["127.0.0.1"],
        },
        options={
            "mode": "bridge",
            "filter": {"include_entities": [CAMERA]},
            "entity_config": {CAMERA: {"video_codec": "copy"}},
        },
    )
    await set_up(hass, bridge)
    driver = bridge.runtime_data.homekit.driver
    pin = driver.state.pincode.decode()
    async with HomeApp.paired(unused_tcp_port, pin) as app:
        yield app
    assert await hass.config_entries.async_unload(bridge.entry_id)


async def decoded_pictures(annex_b: bytes) -> int:
    """Return how many pictures a decoder makes."""
    process = await asyncio.create_subprocess_exec(
        str(tools.ffmpeg()),
        *("-v", "error", "-xerror", "-f", "h264", "-i", "pipe:0"),
        *("-f", "rawvideo", "-pix_fmt", "gray", "pipe:1"),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    raw, _ = await process.communicate(annex_b)
    assert process.returncode == 0
    return len(raw) // (320 * 180)


async def test_a_home_app_wakes_the_camera(
    hass: HomeAssistant, camera: TestCamera, loaded: MockConfigEntry, app: HomeApp
) -> None:
    assert state_of(hass, CAMERA).state == "idle"
    async with app.playing() as screen:
        await eventually(lambda: screen.pictures >= 5)
        assert await decoded_pictures(screen.annex_b()) >= 5
        assert state_of(hass, CAMERA).state == "streaming"
    viewers = loaded.runtime_data.camera.viewers
    await eventually(lambda: viewers.watching == 0)
    assert camera.total_connections == 1


async def test_a_home_app_plays_the_cameras_own_pictures_beside_a_card(
    hass: HomeAssistant,
    camera: TestCamera,
    app: HomeApp,
    hass_client: ClientSessionGenerator,
    hass_ws_client: WebSocketGenerator,
) -> None:
    playlist = (await ask_for_stream(hass_ws_client))["result"]["url"]
    card = await hass_client()
    async with card.get(playlist) as response:
        assert response.status == HTTPStatus.OK

    async with app.playing() as screen:
        await eventually(lambda: screen.pictures >= 5)
        status = await call(hass, "get_status", return_response=True)
        assert status[CAMERA]["viewers"] == 2
        assert status[CAMERA]["statistics"]["readers"] == {"mp4": 1}
        async with card.get(playlist) as response:
            assert response.status == HTTPStatus.OK

    path = await clip(FEED, str(tools.ffmpeg()), None)
    sent = path.read_bytes()
    assert all(picture in sent for picture in screen.slices())
    assert await decoded_pictures(screen.annex_b()) >= 5
    assert camera.total_connections == 1
