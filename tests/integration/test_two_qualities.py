"""Two qualities of one camera in Home Assistant: its stream, and its sub-stream."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from typing import Any, Final

import m3u8
import pytest
from aiohttp import ClientSession
from homeassistant.components.camera import async_get_stream_source
from homeassistant.components.camera.const import DATA_CAMERA_PREFS
from homeassistant.components.stream import Orientation
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_capture_events,
)
from pytest_homeassistant_custom_component.components.diagnostics import (
    get_diagnostics_for_config_entry,
)
from pytest_homeassistant_custom_component.typing import (
    ClientSessionGenerator,
    WebSocketGenerator,
)

from custom_components.hls_camera.const import EVENT_HLS_CAMERA
from custom_components.hls_camera.streaming.camera.camera import Quality
from tests.camera import Feed, TestCamera

from . import (
    CAMERA,
    OPTIONS_FORM,
    SOURCE_INFO,
    ask_for_stream,
    call,
    eventually,
    issues,
    make_entry,
    set_up,
    state_of,
    streaming,
)
from .flows import open_options

MAIN_PLAYLIST: Final = "media.m3u8"
SMALL_PLAYLIST: Final = "small.m3u8"
BOTH: Final = [MAIN_PLAYLIST, f"{SMALL_PLAYLIST}?again", SMALL_PLAYLIST]
PASSWORD: Final = "s3cret of both"


def known(codecs: str = "avc1.42C01E,mp4a.40.2") -> dict[str, Any]:
    """Return an entry's data after both renditions have run once."""
    return {
        uri: {
            "uri": uri,
            "bandwidth": bandwidth,
            "average_bandwidth": bandwidth // 2,
            "codecs": codecs,
            "width": 320,
            "height": 180,
            "frame_rate": 15.0,
        }
        for uri, bandwidth in ((MAIN_PLAYLIST, 2_000_000), (SMALL_PLAYLIST, 200_000))
    }


@pytest.fixture
async def small() -> AsyncIterator[TestCamera]:
    """The camera's sub-stream."""
    async with TestCamera(Feed(audio="aac", size=(160, 90))) as small:
        yield small


def an_entry(camera: TestCamera, small: TestCamera, **data: Any) -> MockConfigEntry:
    """Return a config entry with both streams."""
    source = {"url": small.plain_url, "source_info": SOURCE_INFO}
    return make_entry(camera.plain_url, small=source, **data)


async def choose(hass: HomeAssistant, entry: MockConfigEntry, height: str) -> None:
    """Have a small picture made, by the options' form."""
    result = await open_options(hass, entry)
    picture = OPTIONS_FORM["picture"] | {"small_height": height}
    await hass.config_entries.options.async_configure(
        result["flow_id"], OPTIONS_FORM | {"picture": picture}
    )
    await hass.async_block_till_done()


class Player:
    """A player that Home Assistant has sent to our playlists."""

    def __init__(self, client: Any, url: str) -> None:
        self._client = client
        self._url = url

    async def get(self, resource: str = "index.m3u8") -> m3u8.M3U8:
        """Return a playlist."""
        response = await self._client.get(self._url.replace("index.m3u8", resource))
        assert response.status == 200
        return m3u8.loads(await response.text())

    async def offered(self) -> list[str]:
        """Return the offered variants."""
        return [playlist.uri for playlist in (await self.get()).playlists]


@pytest.fixture
async def watch(
    hass: HomeAssistant,
    hass_ws_client: WebSocketGenerator,
    hass_client_no_auth: ClientSessionGenerator,
) -> Callable[[], Any]:
    """Begin to watch as the camera card does."""

    async def begin() -> Player:
        answer = await ask_for_stream(hass_ws_client)
        return Player(await hass_client_no_auth(), answer["result"]["url"])

    return begin


async def test_both_are_offered_once_both_have_shown_what_they_are(
    hass: HomeAssistant, camera: TestCamera, small: TestCamera, watch: Any
) -> None:
    entry = await set_up(hass, an_entry(camera, small))
    player = await watch()
    playlists = (await player.get()).playlists
    assert [each.uri for each in playlists] == BOTH
    sizes = [each.stream_info.resolution for each in playlists]
    assert sizes == [(320, 180), (160, 90), (160, 90)]

    # The next time, nobody has to wait for that.
    await entry.runtime_data.async_refresh()
    assert set(entry.data["variants"]) == {MAIN_PLAYLIST, SMALL_PLAYLIST}
    await hass.config_entries.async_reload(entry.entry_id)
    before = small.total_connections
    assert await (await watch()).offered() == BOTH
    assert small.total_connections == before
    await hass.config_entries.async_unload(entry.entry_id)


async def test_each_stream_has_one_connection_while_somebody_asks_for_it(
    hass: HomeAssistant,
    camera: TestCamera,
    small: TestCamera,
    watch: Any,
    ffmpegs: Callable[[], int],
) -> None:
    entry = await set_up(hass, an_entry(camera, small, variants=known()))
    players = [await watch() for _ in range(2)]
    for player in players:
        await player.get(MAIN_PLAYLIST)
    assert (len(camera.connections), small.total_connections) == (1, 0)
    for player in players:
        await player.get(SMALL_PLAYLIST)
    assert (len(camera.connections), len(small.connections)) == (1, 1)
    # A viewer who requested both counts once.
    await entry.runtime_data.async_refresh()
    assert state_of(hass, "sensor.front_door_viewers").state == "2"
    assert entry.runtime_data.manager.running == 2

    # Off is off for both.
    await call(hass, "stop_stream")
    assert not camera.connections
    assert not small.connections
    await call(hass, "start_stream")
    await streaming(hass)
    await (await watch()).get(SMALL_PLAYLIST)
    assert ffmpegs() == 2
    await hass.config_entries.async_unload(entry.entry_id)
    assert ffmpegs() == 0


async def test_a_camera_streams_also_where_only_its_small_stream_does(
    hass: HomeAssistant, camera: TestCamera, small: TestCamera, watch: Any
) -> None:
    entry = an_entry(camera, small, variants=known(), options={"idle_timeout": 1.0})
    await set_up(hass, entry)
    player = await watch()
    await player.get(SMALL_PLAYLIST)
    async with asyncio.timeout(15):
        while camera.connections:
            await player.get(SMALL_PLAYLIST)
            await asyncio.sleep(0.1)
    await hass.async_block_till_done()
    assert state_of(hass, CAMERA).state == "streaming"
    assert state_of(hass, "sensor.front_door_viewers").state == "1"
    await hass.config_entries.async_unload(entry.entry_id)


async def test_viewers_who_change_between_both_are_no_events(
    hass: HomeAssistant, camera: TestCamera, small: TestCamera, watch: Any
) -> None:
    events = async_capture_events(hass, EVENT_HLS_CAMERA)
    entry = an_entry(camera, small, variants=known(), options={"idle_timeout": 1.0})
    await set_up(hass, entry)
    both = entry.runtime_data.camera

    def live_while_somebody_wants_the_main_one() -> bool:
        both.main.demand.note()
        return all(each.state == "streaming" for each in both.renditions)

    player = await watch()
    changes = asyncio.create_task(player.get(SMALL_PLAYLIST))
    await eventually(live_while_somebody_wants_the_main_one)
    await changes
    # From now on the small one alone is asked for.
    async with asyncio.timeout(15):
        while camera.connections:
            await player.get(SMALL_PLAYLIST)
            await asyncio.sleep(0.1)
    await hass.async_block_till_done()
    assert [event.data["type"] for event in events] == ["started"]

    # Once nobody asks for either, it ends.
    await eventually(lambda: len(events) > 1)
    assert events[1].data["type"] == "ended"
    assert events[1].data["reason"] == "idle"
    assert events[1].data["uptime"] > 1
    assert state_of(hass, CAMERA).state == "idle"
    await hass.config_entries.async_unload(entry.entry_id)


async def test_status_and_diagnostics_include_both(
    hass: HomeAssistant, hass_client: ClientSessionGenerator, watch: Any
) -> None:
    assert await async_setup_component(hass, "diagnostics", {})
    async with (
        TestCamera(Feed(audio="aac"), username="operator", password=PASSWORD) as main,
        TestCamera(Feed(audio="aac"), username="operator", password=PASSWORD) as small,
    ):
        entry = an_entry(
            main, small, username="operator", password=PASSWORD, variants=known()
        )
        await set_up(hass, entry)
        player = await watch()
        # The sub-stream has no credentials of its own: those of the first are taken.
        await player.get(SMALL_PLAYLIST)

        answer = await call(hass, "get_status", return_response=True)
        status = answer[CAMERA]
        assert status["viewers"] == 1
        assert status["small_stream"]["state"] == "streaming"
        assert status["small_stream"]["source"]["video"]["codec"] == "h264"

        diagnostics: Any = await get_diagnostics_for_config_entry(
            hass, hass_client, entry
        )
        assert diagnostics["small_stream"]["state"] == "streaming"
        assert [each["uri"] for each in diagnostics["variants"]] == BOTH
        assert diagnostics["entry"]["data"]["small"]["url"] == small.plain_url
        text = json.dumps(diagnostics)
        assert PASSWORD not in text
        assert "operator" not in text
        await hass.config_entries.async_unload(entry.entry_id)


async def test_a_failing_sub_stream_is_reported_and_not_offered(
    hass: HomeAssistant, camera: TestCamera, small: TestCamera, watch: Any
) -> None:
    entry = await set_up(hass, an_entry(camera, small, variants=known()))
    player = await watch()
    await player.get(MAIN_PLAYLIST)
    await player.get(SMALL_PLAYLIST)
    small.refuse_connections()
    for connection in small.connections:
        connection.reset()
    await eventually(lambda: "small_failed" in issues(hass))
    assert state_of(hass, "binary_sensor.front_door_problem").state == "off"
    await eventually(lambda: entry.runtime_data.camera.sub.state == "backoff")
    assert await player.offered() == [MAIN_PLAYLIST]

    await small.accept_connections()
    await call(hass, "restart_stream")
    await eventually(lambda: "small_failed" not in issues(hass))
    assert entry.runtime_data.camera.sub.state == "streaming"
    assert await player.offered() == BOTH
    await hass.config_entries.async_unload(entry.entry_id)


async def test_a_difference_in_sound_is_reported(
    hass: HomeAssistant, camera: TestCamera, watch: Any
) -> None:
    async with TestCamera(Feed(size=(160, 90))) as small:
        entry = an_entry(camera, small)
        await set_up(hass, entry)
        assert await (await watch()).offered() == [MAIN_PLAYLIST]
        await entry.runtime_data.async_refresh()
        assert "sound_differs" in issues(hass)
        # It is looked at again after the next start: somebody may have mended it.
        assert entry.data["variants"] == {}

        hass.config_entries.async_update_entry(entry, options={"audio": False})
        await hass.config_entries.async_reload(entry.entry_id)
        assert await (await watch()).offered() == BOTH
        await entry.runtime_data.async_refresh()
        assert not issues(hass)
        await hass.config_entries.async_unload(entry.entry_id)


async def test_the_small_one_may_be_made_of_the_main_one(
    hass: HomeAssistant, camera: TestCamera, watch: Any, ffmpegs: Callable[[], int]
) -> None:
    """There is one connection to the camera for all viewers of both."""
    entry = await set_up(hass, make_entry(camera.plain_url))
    await choose(hass, entry, "180")
    player = await watch()
    assert await player.offered() == BOTH
    await player.get(SMALL_PLAYLIST)
    assert ffmpegs() == 2
    assert camera.total_connections == 1
    answer = await call(hass, "get_status", return_response=True)
    assert answer[CAMERA]["small_stream"]["state"] == "streaming"

    # Another height sends nobody away.
    before = entry.runtime_data
    await choose(hass, entry, "240")
    assert entry.runtime_data is before
    assert before.camera.sub.planner.options.conversion.max_height == 240

    # Its description is kept, and deleted with the option.
    await entry.runtime_data.async_refresh()
    assert set(entry.data["variants"]) == {MAIN_PLAYLIST, SMALL_PLAYLIST}
    await choose(hass, entry, "none")
    assert ffmpegs() == 0
    assert await (await watch()).offered() == [MAIN_PLAYLIST]
    assert "variants" not in entry.data
    assert "small" not in entry.data
    await hass.config_entries.async_unload(entry.entry_id)


async def test_a_small_one_that_is_made_leaves_the_last_place_to_the_main_one(
    hass: HomeAssistant, camera: TestCamera, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It would wait for that for ever."""
    monkeypatch.setenv("HLS_CAMERA_MAX_CONCURRENT_STREAMS", "1")
    entry = make_entry(camera.plain_url, options={"small_height": "180"})
    await set_up(hass, entry)
    both = entry.runtime_data.camera
    token = both.open_viewer(Quality.SUB)
    await eventually(lambda: both.main.state == "streaming")
    assert token in both.main.audience
    await hass.config_entries.async_unload(entry.entry_id)


async def test_a_small_one_that_is_made_is_turned_once(
    hass: HomeAssistant, camera: TestCamera, watch: Any
) -> None:
    """It is made of a picture that is turned already."""
    entry = make_entry(camera.plain_url, options={"small_height": "180"})
    await set_up(hass, entry)
    preferences = hass.data[DATA_CAMERA_PREFS]
    await preferences.async_update(CAMERA, orientation=Orientation.ROTATE_RIGHT)
    await entry.runtime_data.async_refresh()
    playlists = (await (await watch()).get()).playlists
    sizes = [each.stream_info.resolution for each in playlists]
    assert sizes[0] == (180, 320)
    assert all(width < height for width, height in sizes)
    await hass.config_entries.async_unload(entry.entry_id)


async def test_the_camera_s_own_small_stream_comes_first(
    hass: HomeAssistant, camera: TestCamera, small: TestCamera, watch: Any
) -> None:
    options = {"small_height": "180"}
    entry = await set_up(hass, an_entry(camera, small, options=options))
    playlists = (await (await watch()).get()).playlists
    assert playlists[-1].stream_info.resolution == (160, 90)
    assert small.total_connections == 1
    await hass.config_entries.async_unload(entry.entry_id)


@pytest.mark.parametrize(
    ("video", "is_main"),
    [
        ({}, True),
        ({"codec": "hevc"}, False),
        ({"width": 3840, "height": 2160}, False),
    ],
    ids=["h264", "h265", "2160p"],
)
async def test_other_programs_read_a_stream_that_they_can_decode(
    hass: HomeAssistant,
    camera: TestCamera,
    small: TestCamera,
    video: dict[str, Any],
    *,
    is_main: bool,
) -> None:
    """HomeKit copies H.264 of up to 1080 lines."""
    info = SOURCE_INFO | {"video": SOURCE_INFO["video"] | video}
    options = {"video_mode": "copy"}
    entry = an_entry(camera, small, source_info=info, options=options)
    await set_up(hass, entry)
    address = await async_get_stream_source(hass, CAMERA)
    assert address is not None
    async with ClientSession() as session, session.get(address) as response:
        assert response.status == 200
    read, other = (camera, small) if is_main else (small, camera)
    assert read.total_connections == 1
    assert other.total_connections == 0
