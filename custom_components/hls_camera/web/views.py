"""HTTP views, which pass requests on to the core."""

from aiohttp import web
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.http import KEY_HASS, HomeAssistantView

from ..manager import MANAGER
from ..streaming.outputs.hls_delivery import NOT_FOUND
from .address_view import AddressView
from .http_response import respond
from .live_socket import send_feed
from .log_filter import hide_tokens_in_logs

# Cast receivers need a path below /api/hls/ for a live stream of fMP4.
_PATH = "/api/hls/hls_camera/{token}/{resource}"
_LIVE_PATH = "/api/hls_camera/{token}/live"


def stream_path(token: str, resource: str) -> str:
    """Return the path of a viewer's resource."""
    return _PATH.format(token=token, resource=resource)


def live_path(token: str) -> str:
    """Return the path of a viewer's live feed."""
    return _LIVE_PATH.format(token=token)


class StreamView(HomeAssistantView):
    """Playlists, parts and segments of all cameras."""

    url = _PATH
    name = "api:hls:hls_camera"
    # Players send no credentials of Home Assistant: the token grants access.
    requires_auth = False
    cors_allowed = True

    async def get(
        self, request: web.Request, token: str, resource: str
    ) -> web.StreamResponse:
        """Return a playlist, part or segment."""
        camera = request.app[KEY_HASS].data[MANAGER].find(token)
        if camera is None:
            return await respond(request, NOT_FOUND)
        delivery = await camera.deliver(token, resource, request.query, request.headers)
        return await respond(request, delivery)

    head = get


class LiveView(HomeAssistantView):
    """Live feeds of all cameras: each frame at once."""

    url = _LIVE_PATH
    name = "api:hls_camera:live"
    # Browsers send no authorization with a WebSocket: the token grants access.
    requires_auth = False

    async def get(self, request: web.Request, token: str) -> web.StreamResponse:
        """Send messages to a viewer until it disconnects or the stream is stopped."""
        camera = request.app[KEY_HASS].data[MANAGER].find(token)
        if camera is None:
            return await respond(request, NOT_FOUND)
        return await send_feed(request, camera.follow(token))


@callback
def async_setup_views(hass: HomeAssistant) -> None:
    """Register the views."""
    hass.http.register_view(StreamView())
    hass.http.register_view(LiveView())
    hass.http.register_view(AddressView())
    hide_tokens_in_logs()
