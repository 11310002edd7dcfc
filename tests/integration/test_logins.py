"""Viewers belong to a login of Home Assistant's, and watch no longer than it lasts."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Final, NamedTuple

import pytest
from aiohttp import ClientWebSocketResponse, WSMsgType
from aiohttp.test_utils import TestClient
from homeassistant.auth.const import GROUP_ID_READ_ONLY
from homeassistant.auth.models import RefreshToken, User
from homeassistant.core import Event, HomeAssistant
from homeassistant.exceptions import Unauthorized
from pytest_homeassistant_custom_component.common import CLIENT_ID, MockConfigEntry
from pytest_homeassistant_custom_component.typing import (
    ClientSessionGenerator,
    WebSocketGenerator,
)

from custom_components.hls_camera.logins import LOGINS
from custom_components.hls_camera.streaming.outputs.viewers import MAX_VIEWERS_OF_USER

from . import CAMERA, camera_entity, eventually

type Client = TestClient[Any, Any]

STOCK: Final = {"type": "camera/stream", "entity_id": CAMERA}
OWN: Final = {"type": "hls_camera/live", "entity_id": CAMERA}


@pytest.fixture
def expected_lingering_timers() -> bool:
    """Let aiohttp leave the timer of the next ping behind: it does nothing any more."""
    return True


class Person(NamedTuple):
    """A user who has logged in."""

    user: User
    login: RefreshToken
    access_token: str


type LogIn = Callable[[str], Awaitable[Person]]


@pytest.fixture
def log_in(hass: HomeAssistant) -> LogIn:
    """Log in a new user with read-only access."""

    async def log_in(name: str) -> Person:
        user = await hass.auth.async_create_user(name, group_ids=[GROUP_ID_READ_ONLY])
        login = await hass.auth.async_create_refresh_token(user, CLIENT_ID)
        return Person(user, login, hass.auth.async_create_access_token(login))

    return log_in


async def ask(
    hass: HomeAssistant,
    hass_ws_client: WebSocketGenerator,
    person: Person,
    *commands: dict[str, Any],
) -> list[dict[str, Any]]:
    """Return the answers to a person's commands, asked over one connection."""
    client = await hass_ws_client(hass, person.access_token)
    answers = []
    for command in commands:
        await client.send_json_auto_id(command)
        answers.append(await client.receive_json())
    return answers


async def log_out(hass: HomeAssistant, person: Person) -> None:
    hass.auth.async_remove_refresh_token(person.login)


async def delete(hass: HomeAssistant, person: Person) -> None:
    await hass.auth.async_remove_user(person.user)


async def deactivate(hass: HomeAssistant, person: Person) -> None:
    await hass.auth.async_update_user(person.user, is_active=False)


async def until_closed(socket: ClientWebSocketResponse) -> None:
    """Read a live feed to its end."""
    async with asyncio.timeout(10):
        async for message in socket:
            assert message.type in {WSMsgType.TEXT, WSMsgType.BINARY}


@pytest.mark.parametrize("end", [log_out, delete, deactivate])
async def test_with_a_login_ends_all_that_it_watches(
    hass: HomeAssistant,
    loaded: MockConfigEntry,
    hass_ws_client: WebSocketGenerator,
    hass_client_no_auth: ClientSessionGenerator,
    log_in: LogIn,
    *,
    end: Callable[[HomeAssistant, Person], Awaitable[None]],
) -> None:
    """Players in the stock card and in ours, and waiting requests; other viewers continue."""
    player = await hass_client_no_auth()
    alice, bob = await log_in("Alice"), await log_in("Bob")
    hers = [
        answer["result"]["url"]
        for answer in await ask(hass, hass_ws_client, alice, STOCK, OWN)
    ]
    [his] = await ask(hass, hass_ws_client, bob, STOCK)
    path = hers[0].removesuffix("index.m3u8")
    assert (await player.get(f"{path}media.m3u8")).status == 200
    msn = loaded.runtime_data.camera.main.window.last_msn + 2
    viewers = loaded.runtime_data.camera.viewers
    async with player.ws_connect(hers[1]) as feed:
        waiting = asyncio.create_task(player.get(f"{path}media.m3u8?_HLS_msn={msn}"))
        await eventually(lambda: viewers.held == 2)
        await end(hass, alice)
        assert (await waiting).status == 404
        await until_closed(feed)
    assert (await player.get(hers[0])).status == 404
    assert (await player.get(his["result"]["url"])).status == 200


async def test_one_login_of_a_user_ends_alone(
    hass: HomeAssistant,
    loaded: MockConfigEntry,
    hass_ws_client: WebSocketGenerator,
    hass_client_no_auth: ClientSessionGenerator,
    log_in: LogIn,
) -> None:
    phone = await log_in("Alice")
    login = await hass.auth.async_create_refresh_token(phone.user, "https://tablet/")
    access_token = hass.auth.async_create_access_token(login)
    tablet = Person(phone.user, login, access_token)
    [there] = await ask(hass, hass_ws_client, tablet, STOCK)
    await ask(hass, hass_ws_client, phone, STOCK)
    await log_out(hass, phone)
    player = await hass_client_no_auth()
    assert (await player.get(there["result"]["url"])).status == 200


@pytest.mark.parametrize("command", [STOCK, OWN])
async def test_nobody_takes_the_places_of_others(
    hass: HomeAssistant,
    loaded: MockConfigEntry,
    hass_ws_client: WebSocketGenerator,
    hass_client_no_auth: ClientSessionGenerator,
    log_in: LogIn,
    *,
    command: dict[str, Any],
) -> None:
    most = MAX_VIEWERS_OF_USER
    [watched] = await ask(hass, hass_ws_client, await log_in("Bob"), STOCK)
    alice = await log_in("Alice")
    answers = await ask(hass, hass_ws_client, alice, *[command] * (most + 10))
    successes = [answer["success"] for answer in answers]
    assert successes == [True] * most + [False] * 10
    error = answers[-1]["error"]
    assert f"{most} viewers" in error["message"]
    player = await hass_client_no_auth()
    assert (await player.get(watched["result"]["url"])).status == 200


async def test_a_login_that_has_ended_opens_nothing(
    hass: HomeAssistant, loaded: MockConfigEntry, log_in: LogIn
) -> None:
    alice = await log_in("Alice")
    logins = hass.data[LOGINS]
    assert logins.async_owner(alice.login.id) == (alice.user.id, alice.login.id)
    await log_out(hass, alice)
    with pytest.raises(Unauthorized):
        logins.async_owner(alice.login.id)
    assert not logins.watched


async def test_consequences_of_a_request_belong_to_nobody(
    hass: HomeAssistant,
    loaded: MockConfigEntry,
    hass_ws_client: WebSocketGenerator,
    hass_client_no_auth: ClientSessionGenerator,
    hass_admin_user: User,
) -> None:
    """An automation plays for the household, whoever triggered it."""
    urls: list[str] = []

    async def play(_event: Event) -> None:
        stream = await camera_entity(hass).async_create_stream()
        urls.append(stream.endpoint_url("hls"))

    hass.bus.async_listen_once("doorbell", play)
    client = await hass_ws_client()
    await client.send_json_auto_id({"type": "fire_event", "event_type": "doorbell"})
    await client.receive_json()
    await eventually(lambda: bool(urls))
    for login in list(hass_admin_user.refresh_tokens.values()):
        hass.auth.async_remove_refresh_token(login)
    player = await hass_client_no_auth()
    assert (await player.get(urls[0])).status == 200
