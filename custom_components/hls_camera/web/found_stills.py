"""Pictures of cameras that are about to be added, for the page of search results."""

import secrets
from collections import OrderedDict
from datetime import timedelta
from http import HTTPStatus
from typing import Final

from aiohttp import web
from homeassistant.components.http.auth import async_sign_path
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.http import KEY_HASS, HomeAssistantView
from homeassistant.util.hass_dict import HassKey

from ..const import DOMAIN

_PATH: Final = "/api/hls_camera/found/{token}"
_LIFE: Final = timedelta(minutes=30)
"""Time within which a browser may fetch a picture."""
_MAX_PICTURES: Final = 8
"""Forms may be left open for ever."""

_STILLS: HassKey[OrderedDict[str, bytes]] = HassKey(f"{DOMAIN}_found_stills")


class FoundStillView(HomeAssistantView):
    """The pictures, for signed paths only."""

    url = _PATH
    name = "api:hls_camera:found"

    async def get(self, request: web.Request, token: str) -> web.Response:
        """Return a picture."""
        still = request.app[KEY_HASS].data[_STILLS].get(token)
        if still is None:
            return web.Response(status=HTTPStatus.NOT_FOUND)
        headers = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
        return web.Response(body=still, content_type="image/jpeg", headers=headers)


@callback
def async_still_markdown(hass: HomeAssistant, still: bytes | None) -> str:
    """Keep a picture; return a paragraph that shows it, empty without a picture.

    Its path is signed for the current login.
    """
    if still is None:
        return ""
    if _STILLS not in hass.data:
        # A form may be open before the first entry is set up.
        hass.data[_STILLS] = OrderedDict()
        hass.http.register_view(FoundStillView())
    stills = hass.data[_STILLS]
    token = secrets.token_urlsafe()
    stills[token] = still
    while len(stills) > _MAX_PICTURES:
        stills.popitem(last=False)
    path = async_sign_path(hass, _PATH.format(token=token), _LIFE)
    return f"![]({path})\n\n"
