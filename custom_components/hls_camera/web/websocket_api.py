"""The card's commands over Home Assistant's WebSocket."""

import time
from typing import Any

import voluptuous as vol
from homeassistant.auth.permissions.const import POLICY_CONTROL
from homeassistant.components.websocket_api import async_register_command
from homeassistant.components.websocket_api.connection import ActiveConnection
from homeassistant.components.websocket_api.const import ERR_NOT_FOUND
from homeassistant.components.websocket_api.decorators import websocket_command
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import config_validation as cv

from ..coordinator import HlsCameraCoordinator
from ..entity_access import readable_entry
from ..error_translation import translation_of
from ..logins import LOGINS
from ..streaming.camera.camera import Quality
from ..streaming.errors import (
    HlsCameraError,
    SourceError,
    StreamLimitError,
    StreamStoppedError,
    TooManyViewersError,
)
from .views import live_path


@callback
def async_setup_websocket_api(hass: HomeAssistant) -> None:
    """Register the commands."""
    async_register_command(hass, ws_live)


@websocket_command(
    {
        vol.Required("type"): "hls_camera/live",
        vol.Required("entity_id"): cv.entity_id,
        vol.Optional("quality", default=Quality.MAIN): vol.Coerce(Quality),
    }
)
@callback
def ws_live(
    hass: HomeAssistant, connection: ActiveConnection, msg: dict[str, Any]
) -> None:
    """Return the path of a live feed for a new viewer, and the server's time.

    The result's `now` is in seconds since 1970 (UTC), as are times in the feed;
    `may_control` is true if the user may start and stop the stream.
    """
    entry = readable_entry(hass, connection.user, msg["entity_id"])
    if entry is None:
        connection.send_error(msg["id"], ERR_NOT_FOUND, "There is no such camera")
        return
    if entry.state is not ConfigEntryState.LOADED:
        # Its entities are added before it is loaded.
        connection.send_error(msg["id"], "not_ready", "The camera is not loaded yet")
        return
    coordinator: HlsCameraCoordinator = entry.runtime_data
    owner = hass.data[LOGINS].async_owner(connection.refresh_token_id)
    try:
        token = coordinator.camera.open_viewer(msg["quality"], owner)
    except HlsCameraError as err:
        connection.send_error(msg["id"], _code(err), str(err), **translation_of(err))
        return
    may_control = connection.user.permissions.check_entity(
        msg["entity_id"], POLICY_CONTROL
    )
    connection.send_result(
        msg["id"],
        {"url": live_path(token), "now": time.time(), "may_control": may_control},
    )


def _code(error: HlsCameraError) -> str:
    """Return an error's code: some need the user, others may pass."""
    match error:
        case StreamStoppedError():
            return "stream_stopped"
        case SourceError():
            return "stream_failed"
        case StreamLimitError():
            return "stream_limit"
        case TooManyViewersError():
            return "too_many_viewers"
        case _:
            return "start_stream_failed"
