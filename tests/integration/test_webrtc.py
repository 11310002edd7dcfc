"""WebRTC by a provider of Home Assistant's, and two-way audio through it."""

import logging
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any, override

import pytest
from homeassistant.components.camera import Camera, async_get_stream_source
from homeassistant.components.camera.webrtc import (
    WebRTCAnswer,
    WebRTCSendMessage,
    async_register_webrtc_provider,
)
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import (
    ClientSessionGenerator,
    MockHAClientWebSocket,
    WebSocketGenerator,
)

from custom_components.hls_camera import webrtc
from custom_components.hls_camera.const import MINOR_VERSION
from tests.camera import Feed, TestCamera

from . import (
    CAMERA,
    ask_for_stream,
    call,
    camera_entity,
    eventually,
    make_entry,
    set_up,
)
from .go2rtc import Go2rtc


@pytest.fixture
async def go2rtc(hass: HomeAssistant) -> AsyncIterator[Go2rtc]:
    provider = Go2rtc(hass)
    assert await async_setup_component(hass, "camera", {})
    remove = async_register_webrtc_provider(hass, provider)
    yield provider
    remove()
    await hass.async_block_till_done()


def stream_types(hass: HomeAssistant) -> set[str]:
    """Return how Home Assistant's frontend may play the camera."""
    types = camera_entity(hass).camera_capabilities.frontend_stream_types
    return {str(each) for each in types}


async def test_webrtc_providers_do_not_take_over_unless_that_is_wanted(
    hass: HomeAssistant, go2rtc: Go2rtc, loaded: MockConfigEntry
) -> None:
    assert go2rtc.addresses == []
    assert stream_types(hass) == {"hls"}


async def test_a_webrtc_provider_takes_over_where_that_is_wanted(
    hass: HomeAssistant, go2rtc: Go2rtc, camera: TestCamera
) -> None:
    entry = make_entry(camera.plain_url, username="viewer", password="secret")
    await set_up(hass, entry)
    address = await async_get_stream_source(hass, CAMERA)

    async def choose(webrtc: str) -> None:
        hass.config_entries.async_update_entry(entry, options={"webrtc": webrtc})
        entry.runtime_data.async_options_changed()
        await hass.async_block_till_done()

    await choose("on")
    assert go2rtc.addresses == [address]
    assert stream_types(hass) == {"hls", "web_rtc"}

    # Switched off means that nobody is connected to the camera.
    await call(hass, "camera.turn_off")
    await hass.async_block_till_done()
    assert stream_types(hass) == {"hls"}
    await call(hass, "camera.turn_on")
    await hass.async_block_till_done()
    assert stream_types(hass) == {"hls", "web_rtc"}

    await choose("off")
    assert stream_types(hass) == {"hls"}


async def offer_webrtc(client: MockHAClientWebSocket) -> Any:
    """Offer WebRTC as the camera card does, and return the first answer."""
    await client.send_json_auto_id(
        {"type": "camera/webrtc/offer", "entity_id": CAMERA, "offer": "a browser's"}
    )
    return await client.receive_json()


async def test_a_webrtc_provider_reads_our_one_connection_beside_a_card(
    hass: HomeAssistant,
    go2rtc: Go2rtc,
    hass_client: ClientSessionGenerator,
    hass_ws_client: WebSocketGenerator,
) -> None:
    async with TestCamera(Feed(audio="aac")) as camera:
        entry = await set_up(hass, make_entry(camera.url, options={"webrtc": "on"}))
        playlist = (await ask_for_stream(hass_ws_client))["result"]["url"]
        card = await hass_client()
        async with card.get(playlist) as response:
            assert response.status == 200

        browser = await hass_ws_client()
        offered = await offer_webrtc(browser)
        assert offered["success"]
        assert (await browser.receive_json())["event"]["type"] == "session"
        answer = {"type": "answer", "answer": "H264 AAC"}
        assert (await browser.receive_json())["event"] == answer
        status = await call(hass, "get_status", return_response=True)
        assert status[CAMERA]["viewers"] == 2
        assert status[CAMERA]["statistics"]["readers"] == {"mpeg_ts": 1}
        async with card.get(playlist) as response:
            assert response.status == 200

        await browser.send_json_auto_id(
            {"type": "unsubscribe_events", "subscription": offered["id"]}
        )
        assert (await browser.receive_json())["success"]
        ours = entry.runtime_data.camera
        await eventually(lambda: ours.statistics().readers == {})
        assert camera.total_connections == 1
        assert await hass.config_entries.async_unload(entry.entry_id)


async def test_a_browser_that_offers_webrtc_is_refused_unless_that_is_wanted(
    go2rtc: Go2rtc,
    loaded: MockConfigEntry,
    camera: TestCamera,
    hass_ws_client: WebSocketGenerator,
) -> None:
    browser = await hass_ws_client()
    answer = await offer_webrtc(browser)
    assert answer["error"]["code"] == "webrtc_offer_failed"
    assert go2rtc.addresses == []
    assert camera.total_connections == 0


class TwoWayGo2rtc(Go2rtc):
    """A WebRTC provider that keeps the address of each call, as go2rtc adds it to its streams."""

    def __init__(self, hass: HomeAssistant) -> None:
        super().__init__(hass)
        self.sources: dict[str, str | None] = {}

    @override
    async def async_handle_async_webrtc_offer(
        self,
        camera: Camera,
        offer_sdp: str,
        session_id: str,
        send_message: WebRTCSendMessage,
    ) -> None:
        self.sources["offer"] = await camera.stream_source()
        send_message(WebRTCAnswer("an answer"))

    @override
    async def async_on_webrtc_candidate(self, *args: Any) -> None:
        self.sources["candidate"] = None

    @override
    def async_close_session(self, session_id: str) -> None:
        self.sources["close"] = None

    @override
    async def async_get_image(
        self, camera: Camera, width: int | None = None, height: int | None = None
    ) -> bytes | None:
        self.sources["image"] = await camera.stream_source()
        return b"an image"

    @override
    async def async_register_camera(self, camera: Camera) -> None:
        self.sources["register"] = await camera.stream_source()

    @override
    async def async_unregister_camera(self, camera: Camera) -> None:
        self.sources["unregister"] = None

    @override
    async def async_on_camera_prefs_update(self, camera: Camera) -> None:
        self.sources["preferences"] = await camera.stream_source()


@dataclass(frozen=True, kw_only=True)
class Capabilities:
    """The capabilities of a camera in Home Assistant 2026.11."""

    two_way_audio: bool = False


@pytest.fixture
async def talking(
    hass: HomeAssistant, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[TwoWayGo2rtc]:
    monkeypatch.setattr(webrtc, "_Capabilities", Capabilities)
    provider = TwoWayGo2rtc(hass)
    assert await async_setup_component(hass, "camera", {})
    remove = async_register_webrtc_provider(hass, provider)
    yield provider
    remove()
    await hass.async_block_till_done()


def declared(hass: HomeAssistant) -> object:
    """Return the capabilities that the camera declares."""
    return camera_entity(hass)._attr_camera_entity_capabilities


async def test_two_way_audio_gives_the_cameras_own_address_to_the_provider_alone(
    hass: HomeAssistant,
    talking: TwoWayGo2rtc,
    camera: TestCamera,
    hass_ws_client: WebSocketGenerator,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    entry = make_entry(
        camera.plain_url,
        username="viewer",
        password="a:b@c",
        options={"webrtc": "two_way_audio"},
    )
    await set_up(hass, entry)
    assert declared(hass) == Capabilities(two_way_audio=True)
    assert stream_types(hass) == {"hls", "web_rtc"}

    browser = await hass_ws_client()
    offered = await offer_webrtc(browser)
    assert offered["success"]
    session = (await browser.receive_json())["event"]["session_id"]
    answer = (await browser.receive_json())["event"]
    assert answer == {"type": "answer", "answer": "an answer"}
    await browser.send_json_auto_id(
        {
            "type": "camera/webrtc/candidate",
            "entity_id": CAMERA,
            "session_id": session,
            "candidate": {"candidate": "a candidate"},
        }
    )
    assert (await browser.receive_json())["success"]
    await browser.send_json_auto_id(
        {"type": "unsubscribe_events", "subscription": offered["id"]}
    )
    assert (await browser.receive_json())["success"]
    await browser.send_json_auto_id(
        {"type": "camera/update_prefs", "entity_id": CAMERA, "orientation": 3}
    )
    assert (await browser.receive_json())["success"]
    provider = camera_entity(hass).webrtc_provider
    assert provider is not None
    assert await provider.async_get_image(camera_entity(hass)) == b"an image"
    assert provider.domain == "go2rtc"

    with_credentials = camera.plain_url.replace("//", "//viewer:a%3Ab%40c@")
    reading = {"register", "offer", "preferences", "image"}
    assert talking.sources == {
        **dict.fromkeys(reading, with_credentials),
        "candidate": None,
        "close": None,
    }
    # Everybody else gets ours, also afterwards.
    others = await async_get_stream_source(hass, CAMERA)
    assert others is not None
    assert others.startswith("http://127.0.0.1:")
    assert set(talking.addresses) == {others}
    assert "a%3Ab" not in caplog.text
    assert "a:b@c" not in caplog.text
    await hass.config_entries.async_unload(entry.entry_id)
    assert "unregister" in talking.sources


async def test_two_way_audio_begins_and_ends_with_the_option(
    hass: HomeAssistant, talking: TwoWayGo2rtc, loaded: MockConfigEntry
) -> None:
    ours = await async_get_stream_source(hass, CAMERA)

    async def choose(webrtc: str) -> tuple[object, str | None]:
        talking.sources.clear()
        hass.config_entries.async_update_entry(loaded, options={"webrtc": webrtc})
        loaded.runtime_data.async_options_changed()
        await hass.async_block_till_done()
        return declared(hass), talking.sources.get("register")

    assert declared(hass) == Capabilities()
    assert await choose("on") == (Capabilities(), ours)
    can_talk, address = await choose("two_way_audio")
    assert can_talk == Capabilities(two_way_audio=True)
    assert address == loaded.data["url"]
    assert await choose("on") == (Capabilities(), ours)
    assert await choose("off") == (Capabilities(), None)
    assert stream_types(hass) == {"hls"}


async def test_a_camera_without_a_channel_back_is_not_connected_to_twice(
    hass: HomeAssistant, talking: TwoWayGo2rtc
) -> None:
    entry = make_entry("http://127.0.0.1:9/", options={"webrtc": "two_way_audio"})
    await set_up(hass, entry)
    ours = await async_get_stream_source(hass, CAMERA)
    assert talking.sources == {"register": ours}
    await hass.config_entries.async_unload(entry.entry_id)


async def test_earlier_versions_of_home_assistant_know_no_two_way_audio(
    hass: HomeAssistant, loaded: MockConfigEntry
) -> None:
    assert declared(hass) is None


@pytest.mark.parametrize(
    ("switch", "choice"), [({"webrtc": True}, "on"), ({"webrtc": False}, "off")]
)
async def test_the_switch_of_version_1_2_becomes_a_choice(
    hass: HomeAssistant, switch: dict[str, bool], choice: str
) -> None:
    entry = make_entry("rtsp://127.0.0.1:9/live", options={**switch, "lookback": 7})
    await set_up(hass, entry)
    assert entry.minor_version == MINOR_VERSION
    assert dict(entry.options) == {"webrtc": choice, "lookback": 7}
    await hass.config_entries.async_unload(entry.entry_id)


async def test_an_entry_without_the_switch_stays_without(hass: HomeAssistant) -> None:
    entry = await set_up(hass, make_entry("rtsp://127.0.0.1:9/live", options={}))
    assert dict(entry.options) == {}
    await hass.config_entries.async_unload(entry.entry_id)
