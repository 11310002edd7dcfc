"""HTTP: thin, the core answers."""

import asyncio
from contextlib import aclosing
from typing import Final

from aiohttp import web
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.http import KEY_HASS, HomeAssistantView

from .http_response import READ_SECONDS, respond
from .manager import MANAGER
from .streaming.delivery import NOT_FOUND
from .streaming.errors import HlsCameraError
from .streaming.feed import Followable, follow

# Cast receivers take only what lies below /api/hls/ for a live stream of fMP4.
_PATH = "/api/hls/hls_camera/{token}/{resource}"
_MAX_SAID: Final = 1024
"""Bytes of a message of a viewer, which has nothing to say."""


def stream_path(token: str, resource: str) -> str:
    """Return the path of a viewer's resource."""
    return _PATH.format(token=token, resource=resource)


class StreamView(HomeAssistantView):
    """Playlists, parts and segments of all cameras."""

    url = _PATH
    name = "api:hls:hls_camera"
    # Players send no credentials of Home Assistant's: the token is the permission.
    requires_auth = False
    cors_allowed = True

    async def get(
        self, request: web.Request, token: str, resource: str
    ) -> web.StreamResponse:
        """Answer a player."""
        camera = request.app[KEY_HASS].data[MANAGER].find(token)
        if camera is None:
            return await respond(request, NOT_FOUND)
        delivery = await camera.deliver(token, resource, request.query, request.headers)
        return await respond(request, delivery)

    head = get


class LiveView(HomeAssistantView):
    """The live feed of a camera's main stream: each frame as it comes."""

    url = "/api/hls_camera/{token}/live"
    name = "api:hls_camera:live"
    # A WebSocket carries no header of ours: the token is the permission.
    requires_auth = False

    async def get(self, request: web.Request, token: str) -> web.StreamResponse:
        """Send a viewer its messages until it leaves or the stream is stopped."""
        camera = request.app[KEY_HASS].data[MANAGER].find(token)
        if camera is None:
            return await respond(request, NOT_FOUND)
        socket = web.WebSocketResponse(compress=False, max_msg_size=_MAX_SAID)
        await socket.prepare(request)
        async with asyncio.TaskGroup() as tasks:
            sending = tasks.create_task(_send(request, socket, camera.main, token))
            async for _ in socket:  # It ends when either side closes.
                pass
            sending.cancel()
        return socket


async def _send(
    request: web.Request, socket: web.WebSocketResponse, stream: Followable, token: str
) -> None:
    """Send what a viewer follows; cut the connection of one that does not read it."""
    try:
        async with aclosing(follow(stream, token)) as messages:
            async for message in messages:
                async with asyncio.timeout(READ_SECONDS):
                    if isinstance(message, str):
                        await socket.send_str(message)
                    else:
                        await socket.send_bytes(message)
    except TimeoutError, ConnectionError:
        if request.transport is not None:
            request.transport.abort()
    except HlsCameraError:
        pass  # The token died meanwhile, or has too much open.
    await socket.close()


@callback
def async_setup_views(hass: HomeAssistant) -> None:
    """Register the views."""
    hass.http.register_view(StreamView())
    hass.http.register_view(LiveView())
