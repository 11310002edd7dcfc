"""Home Assistant's logins as owners of viewers: viewers end with their login."""

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
"""Prefix of the names of tasks in which Home Assistant runs WebSocket commands."""


class Logins:
    """The logins to which viewers belong."""

    def __init__(self, hass: HomeAssistant, revoke: Callable[[str], None]) -> None:
        """Call `revoke` with each login that ends by logout, deletion or deactivation."""
        self._auth = hass.auth
        self._revoke = revoke
        self.watched: set[str] = set()
        """Logins whose end ends viewers."""

    @callback
    def async_owner(self, login: str | None) -> Owner | None:
        """Return the owner of a login's viewers; None without a login.

        Raises:
            Unauthorized: the login has ended.

        """
        if login is None:
            return None
        token = self._auth.async_get_refresh_token(login)
        if token is None:
            raise Unauthorized
        if login not in self.watched:
            self.watched.add(login)
            self._auth.async_register_revoke_token_callback(
                login, partial(self._async_ended, login)
            )
        return Owner(token.user.id, login)

    @callback
    def async_current_owner(self) -> Owner | None:
        """Return the owner of a viewer that Home Assistant requests now; raises as above.

        Without a user's WebSocket command it is None: automations play for the household,
        not for the user that triggered them.
        """
        return self.async_owner(_current_login())

    @callback
    def _async_ended(self, login: str) -> None:
        self.watched.discard(login)
        self._revoke(login)


def _current_login() -> str | None:
    """Return the login whose WebSocket command runs in the current task.

    Other tasks inherit the command's context, long after its end.
    """
    task = asyncio.current_task()
    connection = current_connection.get()
    if connection and task and task.get_name().startswith(_COMMAND):
        return connection.refresh_token_id
    return None


LOGINS: HassKey[Logins] = HassKey(f"{DOMAIN}_logins")


@callback
def async_setup_logins(hass: HomeAssistant) -> None:
    """End viewers of all cameras when their login ends."""
    hass.data[LOGINS] = Logins(hass, hass.data[MANAGER].revoke)
