"""A camera at the addresses for other programs: who reads it, and who does not."""

import asyncio
import ctypes
import json
import logging
import struct
from datetime import timedelta
from itertools import product
from socket import SO_RCVBUF, SOL_SOCKET, socket
from typing import Any

import m3u8
import pytest
from aiohttp import ClientPayloadError
from aiohttp.test_utils import TestClient
from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.components.diagnostics import (
    get_diagnostics_for_config_entry,
)
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.hls_camera.addresses import ADDRESSES, Address
from custom_components.hls_camera.const import DOMAIN
from custom_components.hls_camera.streaming.camera.camera import Quality
from custom_components.hls_camera.streaming.outputs import (
    file_delivery,
    reader,
    snapshot,
)
from custom_components.hls_camera.web import file_response
from custom_components.hls_camera.web.address_urls import AddressFormat
from tests.camera import Feed, TestCamera

from .. import SOURCE_INFO, call, eventually, make_entry, set_up
from ..addresses import decoded_pictures, named, path_of

type Client = TestClient[Any, Any]

HLS, MPEG_TS, MP4, STILL = AddressFormat
FILES = [MPEG_TS, MP4]
_SO_ATTACH_FILTER = 26  # Linux; Python has no name for it
_BPF_RETURN = 6
ORIGIN = {"Origin": "https://cast.example"}


@pytest.fixture
async def client(
    loaded: MockConfigEntry, hass_client_no_auth: ClientSessionGenerator
) -> Client:
    """A program: it knows nothing of Home Assistant's users."""
    return await hass_client_no_auth()


@pytest.fixture
async def tv(hass: HomeAssistant, loaded: MockConfigEntry) -> Address:
    """A named address of the camera."""
    return await named(hass, loaded.entry_id)


async def test_ffmpeg_reads_an_idle_camera(
    camera: TestCamera, client: Client, tv: Address
) -> None:
    """Three of them need one connection."""
    urls = [client.make_url(path_of(tv.token, each)) for each in (HLS, *FILES)]
    decoded = await asyncio.gather(*(decoded_pictures(str(url)) for url in urls))
    assert decoded == [10, 10, 10]
    assert camera.total_connections == 1


async def test_an_hls_player_finds_its_way_below_the_same_token(
    client: Client, loaded: MockConfigEntry, tv: Address
) -> None:
    """A cast receiver needs the multivariant playlist."""
    path = path_of(tv.token, HLS)
    folder = path.removesuffix("index.m3u8")
    multivariant = await client.get(path)
    assert multivariant.status == 200
    [variant] = m3u8.loads(await multivariant.text()).playlists
    answers = [multivariant, await client.get(folder + variant.uri)]
    playlist = m3u8.loads(await answers[-1].text())
    for name in (playlist.segment_map[0].uri, playlist.segments[0].uri):
        answers.append(await client.get(folder + name))
        assert (await answers[-1].read())[4:8] in {b"ftyp", b"moof"}
    for answer in answers:
        assert answer.status == 200
        assert answer.headers["Cache-Control"] == "no-store"
        assert tv.token not in str(answer.headers)
    # The player is one viewer, whatever it requests.
    assert loaded.runtime_data.camera.viewers.watching_by(tv.owner.login) == 1


async def test_a_still_image(client: Client, tv: Address) -> None:
    response = await client.get(path_of(tv.token, STILL))
    assert response.status == 200
    assert response.headers["Content-Type"] == "image/jpeg"
    assert response.headers["Cache-Control"] == "no-store"
    assert (await response.read()).startswith(b"\xff\xd8")


async def test_a_reader_is_a_viewer_while_it_reads(
    client: Client, loaded: MockConfigEntry, tv: Address
) -> None:
    camera = loaded.runtime_data.camera
    for wanted, content_type in ((MPEG_TS, "video/mp2t"), (MP4, "video/mp4")):
        async with client.get(path_of(tv.token, wanted), headers=ORIGIN) as response:
            assert response.status == 200
            assert response.headers["Content-Type"] == content_type
            origin = response.headers["Access-Control-Allow-Origin"]
            assert origin == ORIGIN["Origin"]
            await response.content.readany()
            assert camera.viewers.watching_by(tv.owner.login) == 1
            assert camera.statistics().readers == {str(wanted): 1}
        await eventually(lambda: camera.statistics().readers == {})
        assert camera.viewers.watching == 0


async def test_a_range_is_ignored(client: Client, tv: Address) -> None:
    headers = {"Range": "bytes=100-200"}
    for wanted in (*FILES, STILL):
        async with client.get(path_of(tv.token, wanted), headers=headers) as response:
            assert response.status == 200
            assert "Content-Range" not in response.headers
            assert len(await response.content.readexactly(100)) == 100


async def test_head_is_answered_without_a_body(
    camera: TestCamera, client: Client, tv: Address
) -> None:
    """That of an endless file needs no connection to the camera."""
    for wanted in FILES:
        response = await client.head(path_of(tv.token, wanted))
        assert response.status == 200
        assert response.headers["Content-Type"].startswith("video/")
        assert response.headers["Accept-Ranges"] == "none"
        assert "Content-Length" not in response.headers
        assert await response.read() == b""
    assert camera.total_connections == 0
    for wanted in (HLS, STILL):
        response = await client.head(path_of(tv.token, wanted))
        assert response.status == 200
        assert int(response.headers["Content-Length"]) > 0
        assert await response.read() == b""


async def test_a_camera_that_is_turned_off_says_so(
    hass: HomeAssistant, camera: TestCamera, client: Client, tv: Address
) -> None:
    await call(hass, "stop_stream")
    for wanted, method in product(AddressFormat, ("GET", "HEAD")):
        response = await client.request(method, path_of(tv.token, wanted))
        assert response.status == 503
        expected = "" if method == "HEAD" else "The camera is turned off.\n"
        assert await response.text() == expected
    assert camera.total_connections == 0


async def test_a_camera_that_is_not_loaded(
    hass: HomeAssistant, client: Client, loaded: MockConfigEntry, tv: Address
) -> None:
    await hass.config_entries.async_unload(loaded.entry_id)
    response = await client.get(path_of(tv.token, MPEG_TS))
    assert response.status == 503


async def test_a_wrong_token_finds_nothing(
    hass: HomeAssistant,
    camera: TestCamera,
    client: Client,
    tv: Address,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Nor does Home Assistant take it for a failed login, which it would log."""
    changed = tv.token[:-1] + ("A" if tv.token[-1] != "A" else "B")
    guesses = ["guessed", "%2e%2e", "x" * 5000, "🔑", "a b", "a.b.c", "index.ts"]
    guesses += [changed, tv.token.swapcase(), tv.token[:-1], tv.token * 2, tv.id]
    for guess, wanted in product(guesses, AddressFormat):
        response = await client.get(path_of(guess, wanted))
        assert response.status in {400, 404}, guess
    assert "failed" not in caplog.text
    assert hass.states.async_entity_ids("persistent_notification") == []
    assert camera.total_connections == 0


async def test_other_resources_are_not_there(client: Client, tv: Address) -> None:
    path = path_of(tv.token, MPEG_TS).removesuffix("index.ts")
    others = ["", "index", "index.exe", "index.ts/more", "Index.ts", "index.ts%00"]
    for resource in (*others, "%2e%2e", "..%2f..%2fsecrets.yaml"):
        assert (await client.get(path + resource)).status in {400, 404}, resource


async def test_an_address_is_read_only(client: Client, tv: Address) -> None:
    for method in ("POST", "PUT", "DELETE", "PATCH"):
        response = await client.request(method, path_of(tv.token, MPEG_TS))
        assert response.status == 405


async def test_an_address_shows_its_camera_alone(
    hass: HomeAssistant, client: Client, camera: TestCamera, tv: Address
) -> None:
    async with TestCamera(Feed(size=(160, 90))) as garden:
        other = await set_up(hass, make_entry(garden.plain_url, title="Garden"))
        theirs = await named(hass, other.entry_id)
        async with client.get(path_of(theirs.token, MPEG_TS)) as response:
            await response.content.readany()
            assert camera.total_connections == 0
        await client.get(path_of(tv.token, HLS))
        viewer = other.runtime_data.camera.open_viewer()
        # A viewer's token is no address, and an address is no viewer's token.
        assert (await client.get(path_of(viewer, HLS))).status == 404
        elsewhere = f"/api/hls/hls_camera/{tv.token}/index.m3u8"
        assert (await client.get(elsewhere)).status == 404
        await hass.config_entries.async_remove(other.entry_id)
        assert (await client.get(path_of(theirs.token, MPEG_TS))).status == 404
        temporary = hass.data[ADDRESSES].async_issue(
            other.entry_id, timedelta(hours=1), None
        )
        assert (await client.get(path_of(temporary.token, HLS))).status == 404


async def test_revoking_disconnects_the_readers_of_that_address(
    hass: HomeAssistant, loaded: MockConfigEntry, client: Client, tv: Address
) -> None:
    vlc = await named(hass, loaded.entry_id, "VLC")
    async with (
        client.get(path_of(tv.token, MP4)) as theirs,
        client.get(path_of(vlc.token, MPEG_TS)) as others,
    ):
        await theirs.content.readany()
        await hass.data[ADDRESSES].async_revoke(loaded.entry_id, [tv.id])
        await theirs.read()
        for _ in range(3):
            assert await others.content.readany()
    assert (await client.get(path_of(tv.token, MP4))).status == 404


async def test_revoking_ends_a_player(
    hass: HomeAssistant, loaded: MockConfigEntry, client: Client, tv: Address
) -> None:
    """Also its request that waits for the next part."""
    path = path_of(tv.token, HLS, Quality.MAIN)
    playlist = m3u8.loads(await (await client.get(path)).text())
    following = playlist.media_sequence + len(playlist.segments)
    waiting = asyncio.create_task(client.get(f"{path}?_HLS_msn={following + 1}"))
    viewers = loaded.runtime_data.camera.viewers
    await eventually(lambda: viewers.held > 0)
    await hass.data[ADDRESSES].async_revoke(loaded.entry_id, [tv.id])
    assert (await waiting).status == 404
    assert (await client.get(path)).status == 404


async def test_a_temporary_address_ends_for_its_readers(
    hass: HomeAssistant, loaded: MockConfigEntry, client: Client
) -> None:
    duration = timedelta(seconds=3)
    token = hass.data[ADDRESSES].async_issue(loaded.entry_id, duration, None).token

    async def read(wanted: AddressFormat) -> None:
        async with client.get(path_of(token, wanted)) as response:
            assert await response.read()

    async with asyncio.timeout(20):
        await asyncio.gather(*map(read, FILES))
    for wanted in AddressFormat:
        assert (await client.get(path_of(token, wanted))).status == 404


@pytest.mark.parametrize("is_removed", [True, False])
async def test_a_temporary_address_ends_for_its_readers_with_its_user(
    hass: HomeAssistant, loaded: MockConfigEntry, client: Client, is_removed: bool
) -> None:
    """Whom the owner of the house removes, or only disables."""
    owner, guest = [await hass.auth.async_create_user(name) for name in ("1", "2")]
    issue, hour = hass.data[ADDRESSES].async_issue, timedelta(hours=1)
    tokens = [issue(loaded.entry_id, hour, each.id).token for each in (owner, guest)]
    async with (
        client.get(path_of(tokens[0], MP4)) as stays,
        client.get(path_of(tokens[1], MPEG_TS)) as ends,
    ):
        assert await ends.content.readany()
        if is_removed:
            await hass.auth.async_remove_user(guest)
        else:
            await hass.auth.async_update_user(guest, is_active=False)
        async with asyncio.timeout(10):
            await ends.read()
        for _ in range(3):
            assert await stays.content.readany()
    assert (await client.get(path_of(tokens[1], MPEG_TS))).status == 404


async def test_a_removed_camera_ends_its_readers(
    hass: HomeAssistant, loaded: MockConfigEntry, client: Client, tv: Address
) -> None:
    async with (
        client.get(path_of(tv.token, MPEG_TS)) as one,
        client.get(path_of(tv.token, MP4)) as another,
    ):
        assert await one.content.readany()
        assert await another.content.readany()
        await hass.config_entries.async_remove(loaded.entry_id)
        async with asyncio.timeout(10):
            await asyncio.gather(one.read(), another.read())
    for wanted in AddressFormat:
        assert (await client.get(path_of(tv.token, wanted))).status == 404


async def test_an_expired_address_finds_nothing(
    hass: HomeAssistant,
    loaded: MockConfigEntry,
    client: Client,
    freezer: FrozenDateTimeFactory,
) -> None:
    hour = timedelta(hours=1)
    token = hass.data[ADDRESSES].async_issue(loaded.entry_id, hour, None).token
    assert (await client.head(path_of(token, MP4))).status == 200
    freezer.tick(hour + timedelta(seconds=1))
    for wanted in AddressFormat:
        assert (await client.get(path_of(token, wanted))).status == 404


async def test_an_address_survives_a_restart_of_the_stream(
    hass: HomeAssistant, loaded: MockConfigEntry, client: Client, tv: Address
) -> None:
    """A reader goes on, and the same address serves the next one."""
    url = path_of(tv.token, MPEG_TS)
    async with client.get(url) as response:
        await response.content.readany()
        await call(hass, "restart_stream")
        main = loaded.runtime_data.camera.main
        await eventually(lambda: main.statistics().restarts > 0 or main.is_running)
        async with asyncio.timeout(20):
            for _ in range(20):
                assert await response.content.readany()
    await hass.config_entries.async_reload(loaded.entry_id)
    async with client.get(url) as response:
        assert await response.content.readany()


def vanish(connection: socket) -> None:
    """Leave without a word: the kernel drops all that comes, and acknowledges nothing."""
    drop = ctypes.create_string_buffer(struct.pack("HBBI", _BPF_RETURN, 0, 0, 0))
    program = struct.pack("HP", 1, ctypes.addressof(drop))
    connection.setsockopt(SOL_SOCKET, _SO_ATTACH_FILTER, program)


@pytest.mark.parametrize("has_vanished", [False, True], ids=["slow", "vanished"])
async def test_a_slow_or_vanished_reader_is_dropped_and_harms_no_other(
    hass: HomeAssistant,
    hass_client_no_auth: ClientSessionGenerator,
    monkeypatch: pytest.MonkeyPatch,
    has_vanished: bool,
) -> None:
    monkeypatch.setattr(file_delivery, "MAX_UNREAD_S", 0.5)
    monkeypatch.setattr(file_response, "MAX_UNSENT", 4096)
    async with TestCamera(Feed(size=(1280, 720), video_bitrate=8_000_000)) as camera:
        entry = await set_up(hass, make_entry(camera.plain_url))
        client = await hass_client_no_auth()
        address = await named(hass, entry.entry_id)
        ours = entry.runtime_data.camera
        url = client.make_url(path_of(address.token, MPEG_TS))
        with socket() as lazy:
            lazy.setsockopt(SOL_SOCKET, SO_RCVBUF, 2048)
            lazy.setblocking(False)
            loop = asyncio.get_running_loop()
            await loop.sock_connect(lazy, (url.host, url.port))
            request = f"GET {url.raw_path} HTTP/1.1\r\nHost: a\r\n\r\n"
            await loop.sock_sendall(lazy, request.encode())
            await eventually(lambda: ours.statistics().readers == {"mpeg_ts": 1})
            if has_vanished:
                vanish(lazy)
            async with client.get(url.raw_path) as other:
                await other.content.readany()
                assert ours.statistics().readers == {"mpeg_ts": 2}

                async def only_one_left() -> None:
                    while ours.statistics().readers != {"mpeg_ts": 1}:
                        assert await other.content.readany()

                await asyncio.wait_for(only_one_left(), 30)
                assert await other.content.readany()
                assert ours.viewers.watching_by(address.owner.login) == 1
                assert len(ours.viewers) == 1
        await hass.config_entries.async_unload(entry.entry_id)


async def test_a_reader_too_far_behind_is_cut_off(
    client: Client, tv: Address, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reader, "MAX_QUEUED", -1_000_000)
    async with client.get(path_of(tv.token, MPEG_TS)) as response:
        if response.status == 200:
            with pytest.raises(ClientPayloadError):
                await response.read()
        else:
            assert response.status == 503


async def test_a_still_image_that_does_not_come(
    client: Client, camera: TestCamera, tv: Address, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(snapshot, "_KEYFRAME_TIMEOUT_S", 0.1)
    camera.refuse_connections()
    response = await client.get(path_of(tv.token, STILL))
    assert response.status == 503
    assert await response.text() == "The camera shows no picture now.\n"


async def test_each_quality_connects_to_its_stream_alone(
    hass: HomeAssistant,
    camera: TestCamera,
    hass_client_no_auth: ClientSessionGenerator,
) -> None:
    async with TestCamera(Feed(audio="aac", size=(160, 90))) as small:
        source = {"url": small.plain_url, "source_info": SOURCE_INFO}
        entry = await set_up(hass, make_entry(camera.plain_url, small=source))
        client = await hass_client_no_auth()
        address = await named(hass, entry.entry_id)
        for quality, other in ((Quality.SUB, camera), (Quality.MAIN, small)):
            before = other.total_connections
            for wanted in AddressFormat:
                path = path_of(address.token, wanted, quality)
                async with client.get(path) as response:
                    assert response.status == 200
                    assert await response.content.readany()
            assert other.total_connections == before
            # The player's next request would keep both awake.
            await entry.runtime_data.camera.stop()
            entry.runtime_data.camera.arm()
        await hass.config_entries.async_unload(entry.entry_id)


async def test_the_token_gets_nowhere(
    hass: HomeAssistant,
    hass_client: ClientSessionGenerator,
    hass_client_no_auth: ClientSessionGenerator,
    tv: Address,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Not even with every log turned on."""
    [loaded] = hass.config_entries.async_entries(DOMAIN)
    caplog.set_level(logging.DEBUG)
    logging.getLogger("aiohttp.access").setLevel(logging.DEBUG)
    assert await async_setup_component(hass, "diagnostics", {})
    client = await hass_client_no_auth()
    temporary = hass.data[ADDRESSES].async_issue(
        loaded.entry_id, timedelta(hours=1), None
    )
    for token in (tv.token, temporary.token):
        for wanted in AddressFormat:
            path = path_of(token, wanted)
            async with client.get(path) as response:
                assert response.status == 200
                await response.content.readany()
            for more in ("/more", "?a=<script>", "%0a"):
                await client.get(path + more)
    await call(hass, "stop_stream")
    await client.get(path_of(tv.token, MPEG_TS))
    diagnostics = await get_diagnostics_for_config_entry(hass, hass_client, loaded)
    status = await call(hass, "get_status", return_response=True)
    texts = {
        "log": caplog.text,
        "records": repr([vars(record) for record in caplog.records]),
        "diagnostics": json.dumps(diagnostics),
        "states": repr([state.as_dict() for state in hass.states.async_all()]),
        "status": json.dumps(status, default=str),
        "entry": repr(loaded.as_dict()),
    }
    assert "**REDACTED**" in texts["log"]
    for where, text in texts.items():
        for token in (tv.token, temporary.token):
            assert token not in text, where
