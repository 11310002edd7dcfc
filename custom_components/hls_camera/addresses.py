"""The addresses at which other programs read a camera, by the tokens in them.

A named address is valid until it is revoked. Its token is stored, as Home Assistant stores
those of logins. A temporary one is signed and not stored: any number of them needs no memory.
"""

import re
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

import jwt
import voluptuous as vol
from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.storage import Store
from homeassistant.util.dt import utc_from_timestamp, utcnow
from homeassistant.util.hass_dict import HassKey

from .const import DOMAIN, LOGGER
from .manager import MANAGER
from .streaming.outputs.viewers import Owner

USE_SAVED_AFTER_S: Final = 900.0
"""Seconds after which the last use is stored: players send several requests a second."""
_VERSION: Final = 1
_ALGORITHM: Final = "HS256"
_TOKEN: Final = re.compile(r"[\w-]{32,}\Z", re.ASCII)
_STORED: Final = vol.Schema(
    {
        "key": vol.All(str, vol.Length(min=32)),
        "addresses": {
            str: [
                vol.Schema(
                    {
                        "id": str,
                        "name": str,
                        "token": vol.All(str, vol.Match(_TOKEN)),
                        "last_used": vol.Any(None, int, float),
                    },
                    required=True,
                    extra=vol.REMOVE_EXTRA,
                )
            ]
        },
    },
    required=True,
    extra=vol.REMOVE_EXTRA,
)
"""The content of the file. A later version may add to it."""


@dataclass(slots=True)
class Address:
    """A named address of a camera."""

    id: str
    name: str
    token: str = field(repr=False)
    last_used: float | None = None
    """Seconds since 1970 (UTC)."""

    @property
    def owner(self) -> Owner:
        """The owner of the viewers who use it."""
        return _owner(self.id)


class Grant(NamedTuple):
    """What a valid token allows: to read one camera."""

    entry_id: str
    owner: Owner
    """The owner of the viewers who use the token."""
    expires: datetime | None = None


class TemporaryAddress(NamedTuple):
    """A new temporary address."""

    token: str
    expires: datetime


class Addresses:
    """The addresses of all cameras."""

    def __init__(self, hass: HomeAssistant, store: Store[dict[str, Any]]) -> None:
        """Begin without addresses; `async_load()` adds those of the store."""
        self._hass = hass
        self._store = store
        self._key = secrets.token_hex(32)
        """Signs temporary addresses; stored with the first one."""
        self._is_stored = False
        self._addresses: dict[str, list[Address]] = {}
        """By the id of the camera's entry."""
        self._has_unsaved_use = False

    async def async_load(self) -> None:
        """Load what is stored, if there is anything.

        A file that cannot be read stays as it is: cameras do not depend on it.
        """
        try:
            stored = await self._store.async_load()
            if stored is None:
                return
            stored = _STORED(stored)
        except (
            *(HomeAssistantError, NotImplementedError, vol.Invalid),
            *(KeyError, TypeError),  # No version, or no object at all.
        ) as err:
            # Not its text: it may contain a token.
            LOGGER.error(
                "The addresses for other programs are not valid until %s is restored from a "
                "backup, or removed: it cannot be read (%s)",
                self._store.path,
                type(err).__name__,
            )
            self._store.make_read_only()
            return
        self._is_stored = True
        self._key = stored["key"]
        self._addresses = {
            entry_id: [Address(**each) for each in addresses]
            for entry_id, addresses in stored["addresses"].items()
        }

    # Named addresses

    @callback
    def async_of(self, entry_id: str) -> Sequence[Address]:
        """Return a camera's named addresses, the oldest first."""
        return tuple(self._addresses.get(entry_id, ()))

    async def async_add(self, entry_id: str, name: str) -> Address:
        """Add a named address."""
        address = Address(secrets.token_hex(8), name, secrets.token_urlsafe(32))
        self._addresses.setdefault(entry_id, []).append(address)
        await self._async_save()
        return address

    async def async_revoke(self, entry_id: str, ids: Iterable[str]) -> None:
        """Revoke some of a camera's addresses, and disconnect their readers."""
        revoked = set(ids)
        addresses = self._addresses.pop(entry_id, [])
        if kept := [each for each in addresses if each.id not in revoked]:
            self._addresses[entry_id] = kept
        for each in addresses:
            if each.id in revoked:
                self._hass.data[MANAGER].revoke(each.owner.login)
        await self._async_save()

    async def async_forget(self, entry_id: str) -> None:
        """Remove the addresses of a camera that has been removed; the last one leaves nothing."""
        had_addresses = self._addresses.pop(entry_id, None) is not None
        entries = self._hass.config_entries.async_entries(DOMAIN)
        if all(entry.entry_id == entry_id for entry in entries):
            self._is_stored = False
            await self._store.async_remove()
        elif had_addresses:
            await self._async_save()

    # Temporary addresses

    @callback
    def async_issue(
        self, entry_id: str, duration: timedelta, user_id: str | None
    ) -> TemporaryAddress:
        """Return a temporary address, which ends earlier if its user does."""
        expires = (utcnow() + duration).replace(microsecond=0)
        claims = {
            "sub": entry_id,
            "exp": expires,
            "jti": secrets.token_hex(8),
            "user": user_id or "",
        }
        if not self._is_stored:
            self._is_stored = True
            self._store.async_delay_save(self._data, 0)
        return TemporaryAddress(jwt.encode(claims, self._key, _ALGORITHM), expires)

    # Requests

    async def async_grant(self, token: str) -> Grant | None:
        """Return what a token allows; None if it is wrong, expired or revoked.

        The time of the comparisons reveals nothing of use: nobody guesses a part of 256
        random bits.
        """
        if not token.isascii():
            return None
        for entry_id, addresses in self._addresses.items():
            for each in addresses:
                if secrets.compare_digest(each.token, token):
                    self._async_note_use(each)
                    return Grant(entry_id, each.owner)
        return await self._async_temporary(token)

    async def _async_temporary(self, token: str) -> Grant | None:
        try:
            claims = jwt.decode(
                token,
                self._key,
                [_ALGORITHM],
                options={"require": ["sub", "exp", "jti", "user"]},
            )
        except jwt.InvalidTokenError:
            return None
        if user_id := claims["user"]:
            user = await self._hass.auth.async_get_user(user_id)
            if user is None or not user.is_active:
                return None
        expires = utc_from_timestamp(claims["exp"])
        return Grant(claims["sub"], _owner(claims["jti"]), expires)

    @callback
    def _async_note_use(self, address: Address) -> None:
        address.last_used = utcnow().timestamp()
        if not self._has_unsaved_use:
            self._has_unsaved_use = True
            self._store.async_delay_save(self._data, USE_SAVED_AFTER_S)

    async def _async_save(self) -> None:
        self._is_stored = True
        await self._store.async_save(self._data())

    def _data(self) -> dict[str, Any]:
        self._has_unsaved_use = False
        return {
            "key": self._key,
            "addresses": {
                entry_id: [asdict(each) for each in addresses]
                for entry_id, addresses in self._addresses.items()
            },
        }


def _owner(address_id: str) -> Owner:
    """Return the owner of an address's viewers: each address has its own limit."""
    name = f"address {address_id}"
    return Owner(name, name)


ADDRESSES: HassKey[Addresses] = HassKey(f"{DOMAIN}_addresses")


async def async_load_addresses(hass: HomeAssistant) -> Addresses:
    """Return the addresses of all cameras; they are loaded once."""
    if ADDRESSES not in hass.data:
        store = Store[dict[str, Any]](
            hass, _VERSION, f"{DOMAIN}.addresses", private=True, atomic_writes=True
        )
        addresses = Addresses(hass, store)
        await addresses.async_load()
        hass.data[ADDRESSES] = addresses
    return hass.data[ADDRESSES]
