"""Home Assistant's camera-stream contract."""

import inspect
from typing import Any

import m3u8
import pytest
from homeassistant.components.stream import Stream
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_mock_service,
)
from pytest_homeassistant_custom_component.typing import (
    ClientSessionGenerator,
    WebSocketGenerator,
)

from custom_components.hls_camera.ha_stream import HlsCameraStream
from tests.camera import TestCamera

from . import CAMERA, call, camera_entity, eventually, state_of

# Home Assistant's own, looked at and found not to touch its worker.
HARMLESS = {"add_provider", "available", "check_idle", "outputs", "set_update_callback"}


@pytest.fixture
async def stream(hass: HomeAssistant, loaded: MockConfigEntry) -> HlsCameraStream:
    """The stream that Home Assistant gets from our camera."""
    return await camera_entity(hass).async_create_stream()


async def ask_for_stream(hass_ws_client: WebSocketGenerator) -> Any:
    """Do as the camera card does."""
    client = await hass_ws_client()
    await client.send_json_auto_id({"type": "camera/stream", "entity_id": CAMERA})
    return await client.receive_json()


def test_no_member_of_the_contract_goes_unhandled() -> None:
    public = {name for name, _ in inspect.getmembers(Stream) if name[0] != "_"}
    overridden = public & set(vars(HlsCameraStream))
    assert public - overridden == HARMLESS


async def test_the_worker_of_home_assistant_never_starts(
    hass: HomeAssistant,
    stream: HlsCameraStream,
) -> None:
    await stream.start()
    assert await camera_entity(hass).async_create_stream() is stream
    stream.endpoint_url("hls")
    await stream.async_get_image()
    await stream.stop()
    assert stream._thread is None


async def test_the_card_gets_a_playlist_that_plays(
    hass: HomeAssistant,
    camera: TestCamera,
    loaded: MockConfigEntry,
    hass_ws_client: WebSocketGenerator,
    hass_client_no_auth: ClientSessionGenerator,
) -> None:
    answer = await ask_for_stream(hass_ws_client)
    assert answer["success"]
    url = answer["result"]["url"]
    assert url.startswith("/api/hls/hls_camera/")
    assert url.endswith("/index.m3u8")
    # FFmpeg starts when the card asks, not when it fetches the playlist.
    assert loaded.runtime_data.session.is_running

    response = await (await hass_client_no_auth()).get(url)
    [variant] = m3u8.loads(await response.text()).playlists
    assert variant.stream_info.resolution == (320, 180)


async def test_viewers_share_one_connection(
    hass: HomeAssistant,
    camera: TestCamera,
    stream: HlsCameraStream,
    hass_client_no_auth: ClientSessionGenerator,
) -> None:
    client = await hass_client_no_auth()
    urls = {stream.endpoint_url("hls") for _ in range(3)}
    assert len(urls) == 3
    for url in urls:
        assert (await client.get(url)).status == 200
    assert len(camera.connections) == 1


async def test_a_stopped_camera_tells_the_card(
    hass: HomeAssistant, loaded: MockConfigEntry, hass_ws_client: WebSocketGenerator
) -> None:
    await call(hass, "stop_stream")
    answer = await ask_for_stream(hass_ws_client)
    assert answer["error"]["message"] == "Camera is off"


async def test_a_camera_above_the_limit_tells_the_card(
    hass: HomeAssistant,
    loaded: MockConfigEntry,
    hass_ws_client: WebSocketGenerator,
) -> None:
    manager = loaded.runtime_data.manager
    manager.settings = type(manager.settings)(max_concurrent_streams=0)
    answer = await ask_for_stream(hass_ws_client)
    assert "0 streams run already" in answer["error"]["message"]


async def test_errors_are_home_assistants(
    hass: HomeAssistant, loaded: MockConfigEntry, stream: HlsCameraStream
) -> None:
    with pytest.raises(ValueError):
        stream.endpoint_url("dash")
    with pytest.raises(NotImplementedError):
        stream.update_source("rtsp://elsewhere/")
    await call(hass, "stop_stream")
    with pytest.raises(HomeAssistantError) as refused:
        await stream.async_get_image()
    assert refused.value.translation_key == "stream_stopped"
    # Preloading would end at the first camera that raises here.
    await stream.start()
    # What somebody has switched off, nobody else switches on.
    await stream.stop()
    with pytest.raises(HomeAssistantError) as refused:
        stream.endpoint_url("hls")
    assert refused.value.translation_key == "stream_stopped"


async def test_stop_waits_for_the_next_viewer(
    hass: HomeAssistant, stream: HlsCameraStream
) -> None:
    stream.endpoint_url("hls")
    await stream.stop()
    assert state_of(hass, "sensor.front_door_status").state == "idle"
    stream.endpoint_url("hls")
    await eventually(lambda: state_of(hass, CAMERA).state == "streaming")


async def test_a_media_player_is_sent_our_address(
    hass: HomeAssistant, loaded: MockConfigEntry
) -> None:
    hass.config.internal_url = "http://home.example:8123"
    calls = async_mock_service(hass, "media_player", "play_media")
    await hass.services.async_call(
        "camera",
        "play_stream",
        {"entity_id": CAMERA, "media_player": "media_player.tv"},
        blocking=True,
    )
    [played] = calls
    assert "/api/hls/hls_camera/" in played.data["media_content_id"]


async def test_diagnostics(stream: HlsCameraStream) -> None:
    assert stream.get_diagnostics()["state"] == "idle"
