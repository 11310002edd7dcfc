"""The camera entity, as cards, snapshots and actions use it."""

import asyncio
import os
import signal
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession
from homeassistant.components.camera import async_get_image, async_get_stream_source
from homeassistant.components.stream import Orientation
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import entity_registry as er
from PIL import Image
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import (
    ClientSessionGenerator,
    WebSocketGenerator,
)

from tests.camera import TestCamera
from tests.streams import process_of

from . import CAMERA, call, camera_entity, eventually, state_of, streaming


async def test_a_still_image_wakes_the_camera(
    hass: HomeAssistant, loaded: MockConfigEntry
) -> None:
    image = await async_get_image(hass, CAMERA)
    assert image.content_type == "image/jpeg"
    assert Image.open(BytesIO(image.content)).size == (320, 180)
    assert state_of(hass, CAMERA).state == "streaming"


async def test_the_picture_of_a_renamed_camera_has_its_new_address(
    hass: HomeAssistant,
    loaded: MockConfigEntry,
    entity_registry: er.EntityRegistry,
    hass_client_no_auth: ClientSessionGenerator,
) -> None:
    """Naming a new camera renames its entity. The old address is one of a failed login."""
    client = await hass_client_no_auth()
    assert state_of(hass, CAMERA).attributes["entity_picture"]
    entity_registry.async_update_entity(CAMERA, new_entity_id="camera.shed")
    await hass.async_block_till_done()
    picture = state_of(hass, "camera.shed").attributes["entity_picture"]
    response = await client.get(picture)
    assert response.status == 200
    assert Image.open(BytesIO(await response.read())).format == "JPEG"


async def test_the_image_proxy(
    hass: HomeAssistant, loaded: MockConfigEntry, hass_client: ClientSessionGenerator
) -> None:
    client = await hass_client()
    response = await client.get(f"/api/camera_proxy/{CAMERA}")
    assert response.status == 200
    assert Image.open(BytesIO(await response.read())).format == "JPEG"

    await call(hass, "stop_stream")
    response = await client.get(f"/api/camera_proxy/{CAMERA}")
    assert response.status == 503


async def test_a_snapshot_of_a_running_camera_is_there_at_once(
    hass: HomeAssistant, loaded: MockConfigEntry, tmp_path: Path
) -> None:
    """It is made of media that has come already: here nothing more comes."""
    hass.config.allowlist_external_dirs = {str(tmp_path)}
    target = tmp_path / "snapshot.jpg"
    camera = loaded.runtime_data.camera
    await call(hass, "start_stream")
    await camera.main.window.wait_keyframe()
    pid = process_of(camera)
    os.kill(pid, signal.SIGSTOP)
    try:
        await hass.services.async_call(
            "camera",
            "snapshot",
            {"entity_id": CAMERA, "filename": str(target)},
            blocking=True,
        )
        assert state_of(hass, CAMERA).state == "streaming"
    finally:
        os.kill(pid, signal.SIGCONT)
    assert Image.open(BytesIO(target.read_bytes())).size == (320, 180)


async def test_motion_jpeg_ends_when_the_camera_is_stopped(
    hass: HomeAssistant, loaded: MockConfigEntry, hass_client: ClientSessionGenerator
) -> None:
    client = await hass_client()
    response = await client.get(f"/api/camera_proxy_stream/{CAMERA}")
    assert await response.content.readline() == b"--frameboundary\r\n"
    await call(hass, "stop_stream")
    await response.read()


async def test_an_idle_camera_is_asked_once_however_many_want_a_picture(
    hass: HomeAssistant, camera: TestCamera, loaded: MockConfigEntry
) -> None:
    images = await asyncio.gather(*(async_get_image(hass, CAMERA) for _ in range(5)))
    assert len({image.content for image in images}) == 1
    assert camera.total_connections == 1


async def test_a_camera_that_is_off_is_not_asked(
    hass: HomeAssistant,
    camera: TestCamera,
    loaded: MockConfigEntry,
    hass_client: ClientSessionGenerator,
) -> None:
    await call(hass, "camera.turn_off")
    client = await hass_client()
    for proxy in ("camera_proxy", "camera_proxy_stream"):
        assert (await client.get(f"/api/{proxy}/{CAMERA}")).status == 503
    with pytest.raises(HomeAssistantError):
        await camera_entity(hass).async_camera_image()
    assert camera.total_connections == 0


async def test_an_image_of_a_stopped_camera_is_a_translated_error(
    hass: HomeAssistant, loaded: MockConfigEntry
) -> None:
    camera = camera_entity(hass)
    await call(hass, "stop_stream")
    with pytest.raises(HomeAssistantError) as refused:
        await camera.async_camera_image()
    assert refused.value.translation_key == "stream_stopped"


async def test_turning_off_disconnects_and_on_connects(
    hass: HomeAssistant, camera: TestCamera, loaded: MockConfigEntry
) -> None:
    await call(hass, "camera.turn_on")
    await streaming(hass)
    assert len(camera.connections) == 1

    await call(hass, "camera.turn_off")
    await camera.wait_disconnected(timeout=1)
    assert state_of(hass, CAMERA).state == "idle"
    with pytest.raises(HomeAssistantError, match="Camera is off"):
        await async_get_image(hass, CAMERA)


async def test_every_integration_gets_our_own_address(
    hass: HomeAssistant, loaded: MockConfigEntry
) -> None:
    """It stays while streams start and stop, and has nothing of the camera's."""
    address = await async_get_stream_source(hass, CAMERA)
    assert address is not None
    assert address.startswith("http://127.0.0.1:")
    await call(hass, "start_stream")
    await call(hass, "stop_stream")
    # Home Assistant gives nobody the address of a camera that is off.
    assert await camera_entity(hass).stream_source() == address


async def test_a_reader_of_the_address_is_a_viewer_of_the_one_connection(
    hass: HomeAssistant, camera: TestCamera, loaded: MockConfigEntry
) -> None:
    address = await async_get_stream_source(hass, CAMERA)
    assert address is not None
    ours = loaded.runtime_data.camera
    await call(hass, "start_stream")
    await streaming(hass)
    async with ClientSession() as session, session.get(address) as response:
        assert response.headers["Content-Type"] == "video/mp2t"
        await response.content.readexactly(188)
        status = await call(hass, "get_status", return_response=True)
        assert status[CAMERA]["viewers"] == 1
        assert status[CAMERA]["statistics"]["readers"] == {"mpeg_ts": 1}
    await eventually(lambda: ours.viewers.watching == 0)
    assert camera.total_connections == 1


async def update_preferences(
    hass_ws_client: WebSocketGenerator, **preferences: Any
) -> None:
    """Do as the camera's dialog does."""
    client = await hass_ws_client()
    message = {"type": "camera/update_prefs", "entity_id": CAMERA, **preferences}
    await client.send_json_auto_id(message)
    assert (await client.receive_json())["success"]


async def test_preload_stream(
    hass: HomeAssistant,
    camera: TestCamera,
    loaded: MockConfigEntry,
    hass_ws_client: WebSocketGenerator,
) -> None:
    await update_preferences(hass_ws_client, preload_stream=True)
    await hass.config_entries.async_reload(loaded.entry_id)
    await streaming(hass)
    assert loaded.runtime_data.camera.main.keep_awake


@pytest.mark.parametrize("is_live", [False, True])
async def test_orientation(
    hass: HomeAssistant,
    camera: TestCamera,
    loaded: MockConfigEntry,
    hass_ws_client: WebSocketGenerator,
    *,
    is_live: bool,
) -> None:
    window = loaded.runtime_data.camera.main.window

    def is_upright() -> bool:
        init = window.latest_init
        return init is not None and (init.video.width, init.video.height) == (180, 320)

    if is_live:
        await call(hass, "start_stream")
        await streaming(hass)
        assert not is_upright()
    await update_preferences(hass_ws_client, orientation=Orientation.ROTATE_RIGHT)
    # There is no event for that; a running stream sees it with its next figures.
    await (
        loaded.runtime_data.async_refresh() if is_live else call(hass, "start_stream")
    )
    await eventually(is_upright)
    image = await async_get_image(hass, CAMERA)
    assert Image.open(BytesIO(image.content)).size == (180, 320)
    # It is known before the start; a running stream restarts.
    assert camera.total_connections == 1 + is_live
