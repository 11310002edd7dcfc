"""The camera entity: what cards, snapshots and actions get from it."""

from io import BytesIO
from pathlib import Path

import pytest
from homeassistant.components.camera import async_get_image, async_get_stream_source
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from PIL import Image
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import (
    ClientSessionGenerator,
    WebSocketGenerator,
)

from tests.camera import TestCamera

from . import CAMERA, call, camera_entity, state_of, streaming


async def test_a_still_image_wakes_the_camera(
    hass: HomeAssistant, loaded: MockConfigEntry
) -> None:
    image = await async_get_image(hass, CAMERA)
    assert image.content_type == "image/jpeg"
    assert Image.open(BytesIO(image.content)).size == (320, 180)
    assert state_of(hass, CAMERA).state == "streaming"


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


async def test_a_snapshot(
    hass: HomeAssistant, loaded: MockConfigEntry, tmp_path: Path
) -> None:
    hass.config.allowlist_external_dirs = {str(tmp_path)}
    target = tmp_path / "snapshot.jpg"
    await hass.services.async_call(
        "camera",
        "snapshot",
        {"entity_id": CAMERA, "filename": str(target)},
        blocking=True,
    )
    assert Image.open(BytesIO(target.read_bytes())).size == (320, 180)


async def test_motion_jpeg_ends_when_the_camera_is_stopped(
    hass: HomeAssistant, loaded: MockConfigEntry, hass_client: ClientSessionGenerator
) -> None:
    client = await hass_client()
    response = await client.get(f"/api/camera_proxy_stream/{CAMERA}")
    assert await response.content.readline() == b"--frameboundary\r\n"
    await call(hass, "stop_stream")
    await response.read()


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


async def test_webrtc_providers_are_given_no_address(
    hass: HomeAssistant, loaded: MockConfigEntry, hass_ws_client: WebSocketGenerator
) -> None:
    assert await async_get_stream_source(hass, CAMERA) is None
    client = await hass_ws_client()
    await client.send_json_auto_id({"type": "camera/capabilities", "entity_id": CAMERA})
    answer = await client.receive_json()
    assert answer["result"] == {"frontend_stream_types": ["hls"]}
