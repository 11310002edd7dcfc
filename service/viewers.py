"""The routes of viewers, whose tokens are in the paths."""

from collections.abc import Callable
from typing import Final

from aiohttp import web

from custom_components.hls_camera.streaming.camera.camera import Camera
from custom_components.hls_camera.web.http_response import respond
from custom_components.hls_camera.web.live_socket import send_feed

FEED: Final = "live"
"""The live feed of a viewer."""


def add_viewer_routes(
    application: web.Application, find: Callable[[str], Camera | None]
) -> None:
    """Serve playlists, media and live feeds; `find` returns the camera of a token."""

    async def answer(request: web.Request) -> web.StreamResponse:
        token = request.match_info["token"]
        if (camera := find(token)) is None:
            return web.Response(status=404)
        delivery = await camera.deliver(
            token, request.match_info["resource"], request.query, request.headers
        )
        return await respond(request, delivery)

    async def follow(request: web.Request) -> web.StreamResponse:
        token = request.match_info["token"]
        if (camera := find(token)) is None:
            return web.Response(status=404)
        return await send_feed(request, camera.follow(token))

    async def allow_any_page(_: web.Request, response: web.StreamResponse) -> None:
        response.headers["Access-Control-Allow-Origin"] = "*"

    application.router.add_get(f"/{{token}}/{FEED}", follow)
    application.router.add_get("/{token}/{resource}", answer)
    application.on_response_prepare.append(allow_any_page)
