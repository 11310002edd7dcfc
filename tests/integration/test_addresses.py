"""The addresses of all cameras: named ones are stored, temporary ones are signed."""

from datetime import timedelta
from typing import Any, Final

import jwt
import pytest
from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
from homeassistant.util.dt import utcnow
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    MockUser,
    async_fire_time_changed,
)

from custom_components.hls_camera.addresses import (
    ADDRESSES,
    USE_SAVED_AFTER_S,
    Addresses,
    async_load_addresses,
)
from custom_components.hls_camera.manager import MANAGER

KEY = "hls_camera.addresses"
ENTRY, OTHER = "01AAAAAAAAAAAAAAAAAAAAAAAA", "01BBBBBBBBBBBBBBBBBBBBBBBB"
HOUR = timedelta(hours=1)


class Manager:
    """Notes whose viewers are ended."""

    def __init__(self) -> None:
        self.revoked: list[str] = []

    def revoke(self, login: str) -> None:
        self.revoked.append(login)


@pytest.fixture
def manager(hass: HomeAssistant) -> Manager:
    manager = Manager()
    known: Any = hass.data
    known[MANAGER] = manager
    return manager


@pytest.fixture
async def addresses(hass: HomeAssistant, manager: Manager) -> Addresses:
    return await async_load_addresses(hass)


async def restarted(hass: HomeAssistant) -> Addresses:
    """Return the addresses after a restart of Home Assistant."""
    del hass.data[ADDRESSES]
    return await async_load_addresses(hass)


async def test_a_named_address_is_of_one_camera(addresses: Addresses) -> None:
    tv = await addresses.async_add(ENTRY, "TV")
    await addresses.async_add(OTHER, "TV")
    grant = await addresses.async_grant(tv.token)
    assert grant
    assert (grant.entry_id, grant.expires) == (ENTRY, None)
    assert [each.name for each in addresses.async_of(ENTRY)] == ["TV"]


async def test_tokens_have_256_bits_and_are_fit_for_a_path(
    addresses: Addresses,
) -> None:
    tokens = {(await addresses.async_add(ENTRY, "TV")).token for _ in range(50)}
    assert len(tokens) == 50
    assert all(len(token) == 43 for token in tokens)
    assert all(token.replace("-", "").replace("_", "").isalnum() for token in tokens)


@pytest.mark.usefixtures("hass_storage")
async def test_addresses_survive_a_restart(
    hass: HomeAssistant, addresses: Addresses
) -> None:
    tv = await addresses.async_add(ENTRY, "TV")
    temporary = addresses.async_issue(ENTRY, HOUR, None)
    after = await restarted(hass)
    assert after is not addresses
    assert await after.async_grant(tv.token)
    assert await after.async_grant(temporary.token)
    assert [each.name for each in after.async_of(ENTRY)] == ["TV"]


DAMAGED: Final[list[Any]] = [
    "text",
    {"addresses": {}},
    {"key": "", "addresses": {}},
    {"key": "0" * 64, "addresses": []},
    {"key": "0" * 64, "addresses": {ENTRY: [{"id": "1", "name": "TV"}]}},
    {
        "key": "0" * 64,
        "addresses": {
            ENTRY: [{"id": "1", "name": "TV", "token": "é" * 43, "last_used": None}]
        },
    },
]


@pytest.mark.parametrize(
    ("version", "data"), [*((1, data) for data in DAMAGED), (2, {})]
)
async def test_a_file_that_cannot_be_read_keeps_no_camera_from_being_set_up(
    hass: HomeAssistant,
    hass_storage: dict[str, Any],
    caplog: pytest.LogCaptureFixture,
    version: int,
    data: Any,
) -> None:
    """As after a downgrade, or a change by hand. It can still be repaired."""
    before = {"version": version, "minor_version": 1, "key": KEY, "data": data}
    hass_storage[KEY] = before
    addresses = await async_load_addresses(hass)
    assert "addresses for other programs are not valid" in caplog.text
    assert "é" not in caplog.text
    address = await addresses.async_add(ENTRY, "TV")
    assert await addresses.async_grant(address.token)
    assert hass_storage[KEY] == before


async def test_a_file_of_a_later_minor_version_is_read(
    hass: HomeAssistant, hass_storage: dict[str, Any], manager: Manager
) -> None:
    address = {"id": "1", "name": "TV", "token": "t" * 43, "last_used": 5, "color": "?"}
    data = {"key": "0" * 64, "addresses": {ENTRY: [address]}, "more": True}
    stored = {"version": 1, "minor_version": 2, "key": KEY, "data": data}
    hass_storage[KEY] = stored
    addresses = await async_load_addresses(hass)
    assert await addresses.async_grant("t" * 43)


@pytest.mark.usefixtures("hass_storage")
async def test_a_revoked_address_stays_revoked(
    hass: HomeAssistant, addresses: Addresses, manager: Manager
) -> None:
    tv = await addresses.async_add(ENTRY, "TV")
    vlc = await addresses.async_add(ENTRY, "VLC")
    await addresses.async_revoke(ENTRY, [tv.id, "unknown"])
    assert manager.revoked == [tv.owner.login]
    for each in (addresses, await restarted(hass)):
        assert await each.async_grant(tv.token) is None
        assert await each.async_grant(vlc.token)
    await addresses.async_revoke(OTHER, [vlc.id])
    assert await addresses.async_grant(vlc.token)


async def test_a_removed_camera_leaves_no_address(
    hass: HomeAssistant, hass_storage: dict[str, Any], addresses: Addresses
) -> None:
    MockConfigEntry(domain="hls_camera", entry_id=OTHER).add_to_hass(hass)
    tv = await addresses.async_add(ENTRY, "TV")
    await addresses.async_forget(ENTRY)
    await addresses.async_forget(ENTRY)
    assert await addresses.async_grant(tv.token) is None
    assert hass_storage[KEY]["data"]["addresses"] == {}


async def test_the_last_camera_leaves_nothing(
    hass_storage: dict[str, Any], addresses: Addresses
) -> None:
    await addresses.async_add(ENTRY, "TV")
    await addresses.async_forget(ENTRY)
    assert KEY not in hass_storage


async def test_nothing_is_stored_before_the_first_address(
    hass: HomeAssistant, hass_storage: dict[str, Any], addresses: Addresses
) -> None:
    await hass.async_block_till_done()
    assert KEY not in hass_storage
    addresses.async_issue(ENTRY, HOUR, None)
    async_fire_time_changed(hass, utcnow() + timedelta(seconds=1))
    await hass.async_block_till_done(wait_background_tasks=True)
    assert KEY in hass_storage


async def test_the_last_use_is_stored_once_for_many_requests(
    hass: HomeAssistant,
    hass_storage: dict[str, Any],
    addresses: Addresses,
    freezer: FrozenDateTimeFactory,
) -> None:
    tv = await addresses.async_add(ENTRY, "TV")

    def stored() -> float | None:
        [each] = hass_storage[KEY]["data"]["addresses"][ENTRY]
        last_used: float | None = each["last_used"]
        return last_used

    async def after(seconds: float) -> None:
        freezer.tick(seconds)
        async_fire_time_changed(hass)
        await hass.async_block_till_done()

    for _ in range(3):
        await addresses.async_grant(tv.token)
        assert stored() is None
        await after(USE_SAVED_AFTER_S / 4)
    last_used = tv.last_used
    await after(USE_SAVED_AFTER_S / 2)
    assert stored() == last_used
    # Continuous use does not put it off for ever.
    await addresses.async_grant(tv.token)
    await after(USE_SAVED_AFTER_S + 1)
    assert stored() == tv.last_used != last_used


async def test_a_temporary_address_expires(
    addresses: Addresses, freezer: FrozenDateTimeFactory
) -> None:
    token, expires = addresses.async_issue(ENTRY, HOUR, None)
    grant = await addresses.async_grant(token)
    assert grant
    assert (grant.entry_id, grant.expires) == (ENTRY, expires)
    freezer.tick(HOUR - timedelta(seconds=2))
    assert await addresses.async_grant(token)
    freezer.tick(3)
    assert await addresses.async_grant(token) is None


async def test_each_temporary_address_has_its_own_viewers(
    addresses: Addresses,
) -> None:
    grants = [
        await addresses.async_grant(addresses.async_issue(ENTRY, HOUR, None).token)
        for _ in range(2)
    ]
    assert len({grant.owner for grant in grants if grant}) == 2


async def test_a_temporary_address_ends_with_its_user(
    hass: HomeAssistant, addresses: Addresses
) -> None:
    user = MockUser().add_to_hass(hass)
    token = addresses.async_issue(ENTRY, HOUR, user.id).token
    assert await addresses.async_grant(token)
    user.is_active = False
    assert await addresses.async_grant(token) is None
    gone = addresses.async_issue(ENTRY, HOUR, "no longer there").token
    assert await addresses.async_grant(gone) is None


def forged(claims: dict[str, Any], key: str, algorithm: str = "HS256") -> str:
    complete = {"sub": ENTRY, "exp": 4_000_000_000, "jti": "1", "user": "", **claims}
    return jwt.encode(complete, key, algorithm)


async def test_nobody_signs_an_address_but_home_assistant(
    addresses: Addresses,
) -> None:
    token = addresses.async_issue(ENTRY, HOUR, None).token
    head, claims, signature = token.split(".")
    other = addresses.async_issue(OTHER, HOUR, None).token.split(".")
    for wrong in (
        forged({}, "x" * 32),
        forged({}, "", "none"),
        forged({"exp": None}, addresses._key),
        forged({"sub": 7}, addresses._key),
        f"{head}.{other[1]}.{signature}",
        f"{head}.{claims}.{other[2]}",
        f"{head}.{claims}.",
        f"{head}.{claims}",
    ):
        assert await addresses.async_grant(wrong) is None
    assert await addresses.async_grant(forged({}, addresses._key))


@pytest.mark.parametrize(
    "token", ["", "guessed", "..", "a.b.c", "🔑", "\ud800", "x" * 5000, "\0"]
)
async def test_a_wrong_token_grants_nothing(addresses: Addresses, token: str) -> None:
    await addresses.async_add(ENTRY, "TV")
    assert await addresses.async_grant(token) is None


async def test_an_address_does_not_print_its_token(addresses: Addresses) -> None:
    tv = await addresses.async_add(ENTRY, "TV")
    assert tv.token not in repr(tv)
