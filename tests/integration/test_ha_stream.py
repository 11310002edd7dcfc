"""Home Assistant's camera-stream contract."""

import inspect
import threading
from collections.abc import AsyncIterator
from io import BytesIO
from typing import Any, Final

import m3u8
import pytest
from aiohttp.test_utils import TestClient
from homeassistant.components.stream import Stream
from homeassistant.core import HomeAssistant, ServiceCall
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.setup import async_setup_component
from PIL import Image
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_mock_service,
)
from pytest_homeassistant_custom_component.typing import (
    ClientSessionGenerator,
    MockHAClientWebSocket,
    WebSocketGenerator,
)
from yarl import URL

from custom_components.hls_camera.ha_stream import HlsCameraStream
from tests.camera import Feed, TestCamera

from . import (
    CAMERA,
    SOURCE_INFO,
    ask_for_stream,
    call,
    camera_entity,
    eventually,
    make_entry,
    set_up,
    state_of,
)

type Client = TestClient[Any, Any]

RECEIVER: Final = "https://receiver.example"

# Home Assistant's own, looked at and found not to touch its worker.
HARMLESS = {"add_provider", "available", "check_idle", "outputs", "set_update_callback"}


@pytest.fixture
async def stream(hass: HomeAssistant, loaded: MockConfigEntry) -> HlsCameraStream:
    """The stream that Home Assistant gets from our camera."""
    return await camera_entity(hass).async_create_stream()


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
    assert "stream_worker" not in {thread.name for thread in threading.enumerate()}


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
    assert loaded.runtime_data.camera.main.is_running

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


async def test_the_card_learns_that_a_camera_is_stopped(
    hass: HomeAssistant, loaded: MockConfigEntry, hass_ws_client: WebSocketGenerator
) -> None:
    await call(hass, "stop_stream")
    answer = await ask_for_stream(hass_ws_client)
    assert answer["error"]["message"] == "Camera is off"


async def test_the_card_learns_that_the_limit_is_reached(
    hass: HomeAssistant,
    loaded: MockConfigEntry,
    hass_ws_client: WebSocketGenerator,
) -> None:
    manager = loaded.runtime_data.manager
    manager.limits = type(manager.limits)(max_concurrent_streams=0)
    answer = await ask_for_stream(hass_ws_client)
    assert "The stream limit has been reached: 0" in answer["error"]["message"]


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
    # Nobody else turns on a stream that somebody has turned off.
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


class Receiver:
    """A Cast receiver: a web page of another origin, without cookies."""

    def __init__(self, client: Client, url: str) -> None:
        self._client = client
        self._path = URL(URL(url).raw_path_qs, encoded=True)

    async def get(self, uri: str = "") -> bytes:
        """Return the content of an address that is relative to the first one."""
        # In the test, Home Assistant listens elsewhere than it says.
        path = self._path.join(URL(uri)) if uri else self._path
        response = await self._client.get(path, headers={"Origin": RECEIVER})
        assert response.status == 200
        assert response.headers["Access-Control-Allow-Origin"] == RECEIVER
        return await response.read()

    async def playlist(self, uri: str = "") -> m3u8.M3U8:
        """Return a playlist."""
        return m3u8.loads((await self.get(uri)).decode())


async def played_by(receiver: Receiver) -> int:
    """Return in how many qualities a receiver gets a picture."""
    offered = {
        variant.uri.partition("?")[0]
        for variant in (await receiver.playlist()).playlists
    }
    for uri in offered:
        playlist = await receiver.playlist(uri)
        init = await receiver.get(playlist.segment_map[0].uri)
        media = await receiver.get(playlist.segments[0].uri)
        assert (init[4:8], media[4:8]) == (b"ftyp", b"moof")
    return len(offered)


@pytest.fixture(params=[1, 2])
async def qualities(
    hass: HomeAssistant, camera: TestCamera, request: pytest.FixtureRequest
) -> AsyncIterator[int]:
    """Our camera set up with so many qualities."""
    async with TestCamera(Feed(audio="aac", size=(160, 90))) as small:
        source = {"url": small.plain_url, "source_info": SOURCE_INFO}
        data: dict[str, Any] = {"small": source} if request.param == 2 else {}
        entry = await set_up(hass, make_entry(camera.plain_url, **data))
        yield request.param
        await hass.config_entries.async_unload(entry.entry_id)


@pytest.fixture
def sent(hass: HomeAssistant) -> list[ServiceCall]:
    """The media that a media player gets."""
    hass.config.internal_url = "http://home.example:8123"
    hass.config.external_url = "https://outside.example"
    return async_mock_service(hass, "media_player", "play_media")


async def play_on_tv(hass: HomeAssistant) -> None:
    """Call the action."""
    data = {"entity_id": CAMERA, "media_player": "media_player.tv"}
    await hass.services.async_call("camera", "play_stream", data, blocking=True)


async def test_a_media_player_plays_what_it_is_sent(
    hass: HomeAssistant,
    sent: list[ServiceCall],
    hass_client_no_auth: ClientSessionGenerator,
    qualities: int,
) -> None:
    await play_on_tv(hass)
    [played] = sent
    assert played.data["media_content_type"] == "application/vnd.apple.mpegurl"
    url = URL(played.data["media_content_id"])
    assert url.origin() == URL("http://home.example:8123")
    # Cast accepts a live stream of fragmented MP4 below this path only.
    assert url.path.startswith("/api/hls/")
    assert url.path.endswith("/index.m3u8")
    receiver = Receiver(await hass_client_no_auth(), str(url))
    assert await played_by(receiver) == qualities


async def test_a_media_player_is_sent_nothing_of_a_camera_that_is_off(
    hass: HomeAssistant, loaded: MockConfigEntry, sent: list[ServiceCall]
) -> None:
    await call(hass, "stop_stream")
    with pytest.raises(ServiceValidationError) as refused:
        await play_on_tv(hass)
    assert refused.value.translation_key == "stream_stopped"
    assert sent == []


class MediaBrowser:
    """Home Assistant's media browser."""

    def __init__(self, client: MockHAClientWebSocket) -> None:
        self._client = client

    async def ask(self, **message: Any) -> Any:
        """Return the answer of the WebSocket API."""
        await self._client.send_json_auto_id(message)
        return await self._client.receive_json()

    async def shown(self) -> dict[str, Any]:
        """Return our camera as it is shown among the others."""
        folder = {"media_content_id": "media-source://camera"}
        answer = await self.ask(type="media_source/browse_media", **folder)
        [shown] = answer["result"]["children"]
        return dict(shown)

    async def play(self) -> Any:
        """Choose it."""
        chosen = {"media_content_id": (await self.shown())["media_content_id"]}
        return await self.ask(type="media_source/resolve_media", **chosen)

    async def thumbnail(self) -> str:
        """Return the address of its picture, as the browser's page makes it."""
        path = (await self.shown())["thumbnail"]
        answer = await self.ask(type="auth/sign_path", path=path)
        assert answer["success"], answer
        return str(answer["result"]["path"])


@pytest.fixture
async def browser(
    hass: HomeAssistant, components: None, hass_ws_client: WebSocketGenerator
) -> MediaBrowser:
    for component in ("auth", "media_source"):
        assert await async_setup_component(hass, component, {})
    return MediaBrowser(await hass_ws_client())


async def test_the_media_browser_shows_the_camera_and_plays_it(
    qualities: int,
    browser: MediaBrowser,
    hass_client_no_auth: ClientSessionGenerator,
) -> None:
    shown = await browser.shown()
    assert shown["title"] == "Front door"
    assert shown["can_play"]
    assert shown["media_content_type"] == "application/vnd.apple.mpegurl"

    client = await hass_client_no_auth()
    picture = await client.get(await browser.thumbnail())
    assert Image.open(BytesIO(await picture.read())).size == (320, 180)

    resolved = (await browser.play())["result"]
    assert resolved["mime_type"] == "application/vnd.apple.mpegurl"
    assert await played_by(Receiver(client, resolved["url"])) == qualities


async def test_the_media_browser_says_that_a_camera_is_off(
    hass: HomeAssistant,
    loaded: MockConfigEntry,
    browser: MediaBrowser,
    hass_client_no_auth: ClientSessionGenerator,
) -> None:
    await call(hass, "stop_stream")
    answer = await browser.play()
    assert answer["error"]["code"] == "resolve_media_failed"
    assert "stopped" in answer["error"]["message"]
    client = await hass_client_no_auth()
    assert (await client.get(await browser.thumbnail())).status == 503


async def test_diagnostics(stream: HlsCameraStream) -> None:
    assert stream.get_diagnostics()["state"] == "idle"
