"""Answers over HTTP below a viewer's path."""

import asyncio
import logging
from collections.abc import AsyncIterator, Mapping
from socket import SO_RCVBUF, SOL_SOCKET
from typing import Any

import m3u8
import pytest
from aiohttp import (
    ClientWebSocketResponse,
    ClientWSTimeout,
    WSMsgType,
    WSServerHandshakeError,
)
from aiohttp.test_utils import TestClient
from homeassistant.core import HomeAssistant
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator
from yarl import URL

from custom_components.hls_camera.streaming.live import frames
from custom_components.hls_camera.streaming.media.fmp4 import InitSection, Sample
from custom_components.hls_camera.streaming.outputs import live_feed
from custom_components.hls_camera.web import live_socket
from custom_components.hls_camera.web.views import live_path, stream_path
from tests.camera import Feed, TestCamera
from tests.streaming.fragments import samples_in

from .. import CAMERA, call, camera_entity, eventually, make_entry, set_up, state_of

type Client = TestClient[Any, Any]

ORIGIN = {"Origin": "https://cast.example"}


@pytest.fixture
async def client(
    loaded: MockConfigEntry, hass_client_no_auth: ClientSessionGenerator
) -> Client:
    """A player: it knows nothing of Home Assistant's users."""
    return await hass_client_no_auth()


@pytest.fixture
async def path(loaded: MockConfigEntry) -> str:
    """A viewer's path, without the resource."""
    return stream_path(loaded.runtime_data.camera.open_viewer(), "")


async def test_a_player_finds_its_way_to_the_media(
    hass: HomeAssistant, client: Client, path: str
) -> None:
    response = await client.get(f"{path}index.m3u8")
    assert response.status == 200
    assert response.headers["Content-Type"] == "application/vnd.apple.mpegurl"
    assert "Content-Encoding" not in response.headers
    [variant] = m3u8.loads(await response.text()).playlists
    assert variant.stream_info.codecs.startswith("avc1.")
    assert "mp4a.40.2" in variant.stream_info.codecs

    response = await client.get(path + variant.uri)
    playlist = m3u8.loads(await response.text())
    assert playlist.segments
    init = await client.get(path + playlist.segment_map[0].uri)
    assert (await init.read())[4:8] == b"ftyp"
    assert init.headers["Content-Type"] == "video/mp4"
    media = await client.get(path + playlist.segments[0].uri)
    assert (await media.read())[4:8] == b"moof"
    assert state_of(hass, CAMERA).state == "streaming"


async def test_a_playlist_blocks_until_the_next_part(client: Client, path: str) -> None:
    response = await client.get(f"{path}media.m3u8")
    playlist = m3u8.loads(await response.text())
    following = playlist.media_sequence + len(playlist.segments)
    response = await client.get(f"{path}media.m3u8?_HLS_msn={following}")
    later = m3u8.loads(await response.text())
    assert later.media_sequence + len(later.segments) > following
    assert (await client.get(f"{path}media.m3u8?_HLS_part=1")).status == 400


async def test_head_is_answered_without_a_body(client: Client, path: str) -> None:
    expected = await client.get(f"{path}index.m3u8")
    response = await client.head(f"{path}index.m3u8")
    assert response.status == 200
    assert response.headers["Content-Type"] == expected.headers["Content-Type"]
    assert int(response.headers["Content-Length"]) > 0
    assert await response.read() == b""


def assert_protected(headers: Mapping[str, str]) -> None:
    """No page learns the token from an address, and nobody learns what the server is."""
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "SAMEORIGIN"
    assert not headers.get("Server")


async def test_every_answer_is_protected(client: Client, path: str, live: str) -> None:
    playlist = await client.get(f"{path}media.m3u8")
    media = m3u8.loads(await playlist.text())
    for name in (
        "index.m3u8",
        "media.m3u8?_HLS_part=1",
        str(media.segment_map[0].uri),
        str(media.segments[0].uri),
        "nothing",
    ):
        assert_protected((await client.get(path + name)).headers)
        assert_protected((await client.head(path + name)).headers)
    assert_protected(playlist.headers)
    assert_protected((await client.post(f"{path}media.m3u8")).headers)
    assert_protected((await client.get(stream_path("guessed", "media.m3u8"))).headers)
    assert_protected((await client.get(live_path("guessed"))).headers)
    assert_protected((await client.get(live)).headers)
    async with client.ws_connect(live) as socket:
        assert_protected(socket._response.headers)


@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_other_origins_may_play(client: Client, path: str, method: str) -> None:
    response = await client.request(method, f"{path}index.m3u8", headers=ORIGIN)
    assert response.status == 200
    assert response.headers["Access-Control-Allow-Origin"] == ORIGIN["Origin"]

    preflight = {**ORIGIN, "Access-Control-Request-Method": method}
    response = await client.options(f"{path}index.m3u8", headers=preflight)
    assert response.status == 200
    assert method in response.headers["Access-Control-Allow-Methods"]


@pytest.mark.parametrize(
    "guess", ["guessed", "%2e%2e", "x" * 5000, "🔑", "a b", "index.m3u8"]
)
async def test_guessed_tokens_find_nothing(
    client: Client, guess: str, caplog: pytest.LogCaptureFixture
) -> None:
    response = await client.get(stream_path(guess, "index.m3u8"))
    assert response.status in {400, 404}
    assert not loud(caplog)


@pytest.mark.parametrize(
    "trick",
    [
        "media.m3u8/../../../etc/passwd",
        "%2e%2e%2f%2e%2e%2fsecret",
        "media.m3u8%00",
        "media.m3u8%0d%0aSet-Cookie:%20a=b",
        "%2fmedia.m3u8",
        "x" * 5000,
        "%ff",
    ],
)
async def test_path_tricks_find_nothing(
    client: Client, path: str, trick: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Home Assistant's own filter refuses some with 400."""
    response = await client.get(URL(path + trick, encoded=True))
    assert response.status in {400, 404}
    assert not loud(caplog)


def loud(caplog: pytest.LogCaptureFixture) -> list[logging.LogRecord]:
    """Return the lines that fill the log.

    Home Assistant's own filter logs refused requests, and asyncio a busy machine.
    """
    return [
        record
        for record in caplog.records
        if record.levelno >= logging.WARNING
        and "security_filter" not in record.name
        and not record.message.startswith("Executing ")
    ]


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("&".join(["a=b"] * 1500), 200),
        ("_HLS_msn=1&_HLS_msn=" + "9" * 5000, 200),
        ("_HLS_msn=%0d%0aSet-Cookie:%20a=b", 400),
        ("_HLS_msn=" + "9" * 5000, 400),
    ],
    ids=["many", "twice", "line break", "number"],
)
async def test_huge_and_odd_queries_are_harmless(
    client: Client,
    path: str,
    caplog: pytest.LogCaptureFixture,
    *,
    query: str,
    status: int,
) -> None:
    response = await client.get(URL(f"{path}media.m3u8?{query}", encoded=True))
    assert response.status == status
    assert "Set-Cookie" not in response.headers
    assert not loud(caplog)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Range", "bytes=0-3"),
        ("Range", "bytes=9999999999-"),
        ("If-None-Match", '"anything"'),
        ("If-Modified-Since", "Thu, 26 Nov 2026 12:00:00 GMT"),
    ],
)
async def test_parts_and_conditions_are_answered_with_the_whole(
    client: Client, path: str, name: str, value: str
) -> None:
    """A server may do so (RFC 9110, 13.2.1 and 14.2): there is little to gain."""
    playlist = m3u8.loads(await (await client.get(f"{path}media.m3u8")).text())
    segment = path + str(playlist.segments[0].uri)
    whole = await (await client.get(segment)).read()
    response = await client.get(segment, headers={name: value})
    assert response.status == 200
    assert await response.read() == whole
    assert "Accept-Ranges" not in response.headers
    assert "ETag" not in response.headers


async def test_a_live_feed_over_plain_http_is_refused(
    hass: HomeAssistant,
    client: Client,
    loaded: MockConfigEntry,
    caplog: pytest.LogCaptureFixture,
) -> None:
    token = loaded.runtime_data.camera.open_viewer()
    assert (await client.get(live_path(token))).status == 400
    assert (await client.head(live_path(token))).status == 405
    assert not loud(caplog)


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
async def test_there_is_nothing_to_write(
    client: Client, path: str, method: str
) -> None:
    response = await client.request(method, f"{path}index.m3u8")
    assert response.status == 405


async def test_playlists_are_compressed_for_clients_that_accept_gzip(
    client: Client, path: str
) -> None:
    response = await client.get(f"{path}media.m3u8")
    assert response.headers["Content-Encoding"] == "gzip"
    assert m3u8.loads(await response.text()).segments
    response = await client.get(
        f"{path}media.m3u8", headers={"Accept-Encoding": "identity"}
    )
    assert "Content-Encoding" not in response.headers
    assert m3u8.loads(await response.text()).segments


async def test_one_cameras_token_is_no_key_to_another(
    hass: HomeAssistant, client: Client, loaded: MockConfigEntry, path: str
) -> None:
    async with TestCamera(Feed()) as camera:
        other = await set_up(hass, make_entry(camera.plain_url))
        playlist = m3u8.loads(await (await client.get(f"{path}media.m3u8")).text())
        other_path = stream_path(other.runtime_data.camera.open_viewer(), "")
        assert (await client.get(f"{other_path}media.m3u8")).status == 200
        for name in (playlist.segment_map[0].uri, playlist.segments[0].uri):
            assert (await client.get(path + name)).status == 200
            assert (await client.get(other_path + name)).status == 404


async def test_no_answer_reveals_whether_a_camera_exists(
    hass: HomeAssistant, client: Client, loaded: MockConfigEntry, path: str
) -> None:
    target = f"{path}media.m3u8"
    assert (await client.get(target)).status == 200
    waiting = asyncio.create_task(
        client.get(f"{target}?_HLS_msn={await ahead(client, path)}")
    )
    viewers = loaded.runtime_data.camera.viewers
    await eventually(lambda: viewers.held == 1)
    await hass.config_entries.async_unload(loaded.entry_id)
    assert (await waiting).status == 404
    answers = [await client.get(target)]
    await hass.config_entries.async_remove(loaded.entry_id)
    answers.append(await client.get(target))
    answers.append(await client.get(stream_path("x" * 43, "media.m3u8")))
    for answer in answers:
        assert (answer.status, await answer.read()) == (404, b"")
        headers = {k: v for k, v in answer.headers.items() if k != "Date"}
        assert headers == {k: v for k, v in answers[0].headers.items() if k != "Date"}


async def ahead(client: Client, path: str) -> int:
    """Return a media sequence number that has not come yet."""
    response = await client.get(f"{path}media.m3u8")
    playlist = m3u8.loads(await response.text())
    return int(playlist.media_sequence) + len(playlist.segments) + 1


async def test_a_token_dies_with_the_stream(
    hass: HomeAssistant, client: Client, path: str
) -> None:
    assert (await client.get(f"{path}index.m3u8")).status == 200
    await call(hass, "stop_stream")
    assert (await client.get(f"{path}index.m3u8")).status == 404


async def test_a_viewer_wakes_an_idle_camera(
    hass: HomeAssistant, loaded: MockConfigEntry, client: Client
) -> None:
    stream = await camera_entity(hass).async_create_stream()
    url = stream.endpoint_url("hls")
    await stream.remove_provider(stream.add_provider("hls"))
    main = loaded.runtime_data.camera.main
    await eventually(lambda: main.state == "streaming")
    assert (await client.get(url)).status == 200


@pytest.fixture
def expected_lingering_timers() -> bool:
    """Let aiohttp leave the timer of the next ping behind: it does nothing any more."""
    return True


@pytest.fixture
async def live(loaded: MockConfigEntry) -> str:
    """The path of a viewer's live feed."""
    return live_path(loaded.runtime_data.camera.open_viewer())


async def until_run(socket: ClientWebSocketResponse) -> None:
    """Read a live feed up to the beginning of a run."""
    async with asyncio.timeout(30):
        while True:
            message = await socket.receive()
            assert message.type in {WSMsgType.TEXT, WSMsgType.BINARY}
            if message.type is WSMsgType.TEXT and message.json()["type"] == "run":
                return


async def test_a_live_feed_has_init_sections_then_frames(
    client: Client, live: str
) -> None:
    async with client.ws_connect(live) as socket:
        await until_run(socket)
        for track in (0, 1):
            init = await socket.receive_bytes(timeout=30)
            assert (init[0], init[5:9]) == (track, b"ftyp")
        async with asyncio.timeout(30):
            frames = (m.data async for m in socket if m.type is WSMsgType.BINARY)
            assert (await anext(frames))[5:9] in {b"prft", b"moof"}


async def test_a_live_feed_goes_on_over_a_restart(
    loaded: MockConfigEntry, client: Client, live: str
) -> None:
    async with client.ws_connect(live) as socket:
        await until_run(socket)
        await loaded.runtime_data.camera.main.restart()
        await until_run(socket)


async def test_a_live_feed_ends_with_the_stream(
    hass: HomeAssistant, client: Client, live: str
) -> None:
    async with client.ws_connect(live) as socket:
        await until_run(socket)
        await call(hass, "stop_stream")
        async with asyncio.timeout(30):
            texts = [m.json() async for m in socket if m.type is WSMsgType.TEXT]
    assert texts[-1]["state"] == "stopped"
    with pytest.raises(WSServerHandshakeError, match="404"):
        await client.ws_connect(live)


async def test_a_flood_of_live_feeds_leaves_nothing(
    loaded: MockConfigEntry, client: Client, live: str
) -> None:
    """One token is for one feed, and a guessed token for none: the owner's goes on."""
    viewers = loaded.runtime_data.camera.viewers
    async with client.ws_connect(live) as socket:
        await until_run(socket)
        for _ in range(5):
            flood = [client.ws_connect(live_path(f"guessed{n}")) for n in range(40)]
            answers = await asyncio.gather(*flood, return_exceptions=True)
            assert {getattr(answer, "status", 0) for answer in answers} == {404}
            second = [await client.ws_connect(live) for _ in range(10)]
            for each in second:
                assert (await each.receive()).type is not WSMsgType.BINARY
                await each.close()
            assert viewers.held == 1
        async with asyncio.timeout(30):
            while (await socket.receive()).type is not WSMsgType.BINARY:
                pass
    await eventually(lambda: viewers.watching == 0)


async def test_a_viewer_who_closes_a_live_feed_is_not_counted(
    loaded: MockConfigEntry, client: Client, live: str
) -> None:
    viewers = loaded.runtime_data.camera.viewers
    async with client.ws_connect(live) as socket:
        await until_run(socket)
        assert viewers.watching == 1
    await eventually(lambda: viewers.watching == 0)


async def test_a_slow_viewer_of_a_live_feed_continues_at_a_keyframe(
    hass: HomeAssistant,
    hass_client_no_auth: ClientSessionGenerator,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Nothing grows meanwhile; waiting messages are not sent any more."""
    monkeypatch.setattr(live_socket, "_MAX_UNSENT", 4096)
    monkeypatch.setattr(frames, "MAX_QUEUED", 20)
    async with TestCamera(Feed(size=(1280, 720), video_bitrate=8_000_000)) as camera:
        entry = await set_up(hass, make_entry(camera.plain_url))
        main = entry.runtime_data.camera.main
        client = await hass_client_no_auth()
        path = live_path(main.audience.open())
        at_once = ClientWSTimeout(ws_close=0.1)
        async with client.ws_connect(path, max_msg_size=0, timeout=at_once) as socket:
            await until_run(socket)
            connection = socket.get_extra_info("socket")
            connection.setsockopt(SOL_SOCKET, SO_RCVBUF, 65_536)
            await eventually(lambda: main.statistics().skipped_frames > 0)
            pictures = pictures_of(socket, main.live.init)
            async with asyncio.timeout(30):
                last = await anext(pictures)
                async for picture in pictures:
                    if picture.dts > last.dts + 2 * max(last.duration, 1):
                        break
                    last = picture
        assert picture.is_sync
        status = (await call(hass, "get_status", return_response=True))[CAMERA]
        assert status["statistics"]["skipped_frames"] > 0
        await hass.config_entries.async_unload(entry.entry_id)


async def pictures_of(
    socket: ClientWebSocketResponse, init: InitSection | None
) -> AsyncIterator[Sample]:
    """Yield the pictures that come over a live feed."""
    assert init is not None
    async for message in socket:
        is_picture = message.type is WSMsgType.BINARY and message.data[0] == 0
        if is_picture and b"moof" in message.data[:64]:
            for sample in samples_in(message.data[1:], init):
                yield sample


async def test_a_dead_token_opens_no_live_feed(
    hass: HomeAssistant, client: Client, live: str, loaded: MockConfigEntry
) -> None:
    loaded.runtime_data.camera.viewers.clear()
    with pytest.raises(WSServerHandshakeError, match="404"):
        await client.ws_connect(live)


async def test_a_live_feed_ends_when_its_token_dies(
    client: Client,
    loaded: MockConfigEntry,
    live: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(live_feed, "STATUS_INTERVAL_S", 0.1)
    async with client.ws_connect(live) as socket:
        await until_run(socket)
        loaded.runtime_data.camera.viewers.clear()
        async with asyncio.timeout(30):
            async for _ in socket:
                pass
    assert socket.close_code == 1000
