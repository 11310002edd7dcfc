"""The HTTP view at which other programs read a camera."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from http import HTTPStatus
from typing import Final

from aiohttp import hdrs, web
from homeassistant.auth import EVENT_USER_REMOVED, EVENT_USER_UPDATED
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import Event, HomeAssistant
from homeassistant.helpers.http import KEY_HASS, HomeAssistantView
from homeassistant.util.dt import utcnow

from ..addresses import ADDRESSES, Grant
from ..coordinator import HlsCameraConfigEntry
from ..manager import MANAGER
from ..streaming.camera.camera import SUB_PLAYLIST, Camera, Quality
from ..streaming.camera.state import StreamState
from ..streaming.errors import HlsCameraError, StreamStoppedError
from ..streaming.media.endless import Format
from ..streaming.outputs.file_delivery import deliver_file
from ..streaming.outputs.hls_delivery import NOT_FOUND, Delivery
from .address_urls import ADDRESS_PATH, RESOURCES, AddressFormat, Resource
from .file_response import FileResponse, unavailable
from .http_response import respond

_FORMATS: Final = {
    AddressFormat.MPEG_TS: Format.MPEG_TS,
    AddressFormat.MP4: Format.MP4,
}
_USER_EVENTS: Final = (EVENT_USER_REMOVED, EVENT_USER_UPDATED)
"""A disabled user is an updated one."""
_NO_STORE: Final = {"Cache-Control": "no-store"}
_JPEG: Final = {**_NO_STORE, "Content-Type": "image/jpeg"}


class AddressView(HomeAssistantView):
    """All cameras at the addresses for other programs.

    A wrong token gets 404: Home Assistant logs the path of a request that gets 401.
    """

    url = ADDRESS_PATH
    name = "api:hls:hls_camera:address"
    # Programs send no credentials of Home Assistant: the token grants access.
    requires_auth = False
    cors_allowed = True

    def __init__(self) -> None:
        """Begin without players."""
        self._players = _HlsPlayers()

    async def get(
        self, request: web.Request, token: str, resource: str
    ) -> web.StreamResponse:
        """Return a playlist, a piece of media, a still image, or an endless file."""
        hass = request.app[KEY_HASS]
        grant = await hass.data[ADDRESSES].async_grant(token)
        entry: HlsCameraConfigEntry | None = None
        if grant is not None:
            entry = hass.config_entries.async_get_entry(grant.entry_id)
        if grant is None or entry is None:
            return await respond(request, NOT_FOUND)
        if entry.state is not ConfigEntryState.LOADED:
            return await respond(request, unavailable())
        camera = entry.runtime_data.camera
        wanted = RESOURCES.get(resource)
        with _while_valid(hass, token, grant):
            try:
                if wanted is None or wanted.format is AddressFormat.HLS:
                    viewer = self._players.token(camera, grant, request, resource)
                    delivery = await camera.deliver(
                        viewer, resource, request.query, request.headers
                    )
                    headers = {**delivery.headers, **_NO_STORE}
                    return await respond(request, delivery._replace(headers=headers))
                if wanted.format is AddressFormat.STILL:
                    return await respond(request, await _still(camera, wanted))
            except HlsCameraError as err:
                return await respond(request, unavailable(err))
            return await _send_file(request, camera, grant, wanted)

    async def head(
        self, request: web.Request, token: str, resource: str
    ) -> web.StreamResponse:
        """Return the headers of the same response."""
        return await self.get(request, token, resource)


class _HlsPlayers:
    """The viewers' tokens of HLS players, which the address alone does not tell apart.

    Players on one machine share a token.
    """

    def __init__(self) -> None:
        """Begin without players."""
        self._tokens: dict[tuple[str, str, str | None], str] = {}

    def token(
        self, camera: Camera, grant: Grant, request: web.Request, resource: str
    ) -> str:
        """Return a player's token; raises as `Camera.open_viewer()` does."""
        player = (grant.entry_id, grant.owner.login, request.remote)
        token = self._tokens.get(player)
        if token is None or token not in camera.viewers:
            is_sub = resource == SUB_PLAYLIST
            quality = Quality.SUB if is_sub else Quality.MAIN
            token = camera.open_viewer(quality, grant.owner)
            self._forget_dead(request.app[KEY_HASS])
            self._tokens[player] = token
        return token

    def _forget_dead(self, hass: HomeAssistant) -> None:
        find = hass.data[MANAGER].find
        self._tokens = {
            player: token for player, token in self._tokens.items() if find(token)
        }


@contextmanager
def _while_valid(hass: HomeAssistant, token: str, grant: Grant) -> Iterator[None]:
    """End the viewers of a temporary address when it expires, or ends with its user."""
    if grant.expires is None:
        yield
        return
    left = (grant.expires - utcnow()).total_seconds()
    revoke = partial(hass.data[MANAGER].revoke, grant.owner.login)

    async def check(_event: Event) -> None:
        if await hass.data[ADDRESSES].async_grant(token) is None:
            revoke()

    timer = hass.loop.call_later(left, revoke)
    listeners = [hass.bus.async_listen(event, check) for event in _USER_EVENTS]
    try:
        yield
    finally:
        timer.cancel()
        for remove in listeners:
            remove()


async def _still(camera: Camera, wanted: Resource) -> Delivery:
    image = await camera.snapshot(quality=wanted.quality or Quality.MAIN)
    return Delivery(HTTPStatus.OK, _JPEG, (image,))


async def _send_file(
    request: web.Request, camera: Camera, grant: Grant, wanted: Resource
) -> web.StreamResponse:
    """Send an endless file until its reader leaves, or the stream or the address ends."""
    file_format = _FORMATS[wanted.format]
    response = FileResponse(request, file_format.content_type)
    if request.method == hdrs.METH_HEAD:
        if camera.main.state is StreamState.STOPPED:
            await response.refuse(StreamStoppedError())
        else:
            await response.begin()
            await response.end()
        return response.answer
    open_file = partial(camera.read, file_format, wanted.quality, grant.owner)
    with suppress(ConnectionError):  # The reader has left.
        await deliver_file(open_file, response)
    return response.answer
