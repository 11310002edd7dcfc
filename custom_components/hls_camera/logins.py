"""Home Assistant's logins as the owners of viewers, who watch no longer than they last."""

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Final

from homeassistant.components.websocket_api.connection import current_connection
from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import Unauthorized
from homeassistant.util.hass_dict import HassKey

from .const import DOMAIN
from .manager import MANAGER
from .streaming.outputs.viewers import Owner

_COMMAND: Final = "websocket_api."
"""Begins the name of a task in which Home Assistant runs a command of its WebSocket."""


class Logins:
    """The logins that viewers belong to."""

    def __init__(self, hass: HomeAssistant, revoke: Callable[[str], None]) -> None:
        """Call `revoke` with a login that ends: its user logs out, is deleted or disabled."""
        self._auth = hass.auth
        self._revoke = revoke
        self._known: set[str] = set()

    @callback
    def async_owner(self, login: str | None) -> Owner | None:
        """Return the owner for a viewer of a login; None where there is no login.

        Raises:
            Unauthorized: the login has ended.

        """
        if login is None:
            return None
        token = self._auth.async_get_refresh_token(login)
        if token is None:
            raise Unauthorized
        if login not in self._known:
            self._known.add(login)
            self._auth.async_register_revoke_token_callback(
                login, partial(self._async_ended, login)
            )
        return Owner(token.user.id, login)

    @callback
    def async_current_owner(self) -> Owner | None:
        """Return the owner for a viewer whom Home Assistant asks for; raises as above.

        Where no command of a person's runs, there is none: what an automation plays is
        for the household, whoever set it off.
        """
        return self.async_owner(_current_login())

    @callback
    def _async_ended(self, login: str) -> None:
        self._known.discard(login)
        self._revoke(login)


def _current_login() -> str | None:
    """Return the login whose WebSocket command runs in this very task.

    Other tasks inherit the command's context as well, long after it has ended.
    """
    task = asyncio.current_task()
    connection = current_connection.get()
    if connection and task and task.get_name().startswith(_COMMAND):
        return connection.refresh_token_id
    return None


LOGINS: HassKey[Logins] = HassKey(f"{DOMAIN}_logins")


@callback
def async_setup_logins(hass: HomeAssistant) -> None:
    """End the viewers of all cameras with their logins."""
    hass.data[LOGINS] = Logins(hass, hass.data[MANAGER].revoke)
