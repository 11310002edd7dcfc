"""The HTTP API, for everybody who has its key."""

import secrets
import time
from collections.abc import Awaitable, Callable
from typing import Any, Final

from aiohttp import web

from custom_components.hls_camera.streaming.camera.camera import Quality
from custom_components.hls_camera.streaming.camera.state import StreamState
from custom_components.hls_camera.streaming.errors import (
    HlsCameraError,
    SourceError,
    StreamLimitError,
    StreamStoppedError,
    TooManyViewersError,
)
from custom_components.hls_camera.streaming.outputs.hls_playlist import (
    MULTIVARIANT_PLAYLIST,
)

from . import metrics
from .cameras import Cameras, ServedCamera
from .status import camera_status
from .viewers import FEED, add_viewer_routes

_PUBLIC: Final = frozenset({"/health"})
_ERRORS: Final[tuple[tuple[type[HlsCameraError], int, str], ...]] = (
    (StreamStoppedError, 409, "The camera is stopped: start it first."),
    (StreamLimitError, 503, "As many streams run as stream_limit allows."),
    (TooManyViewersError, 503, "As many viewers watch this camera as may."),
    (SourceError, 502, "The camera cannot be read."),
)


def application(cameras: Cameras, key: str) -> web.Application:
    """Return the web application."""
    api = _Api(cameras)
    app = web.Application(middlewares=[_authenticate(key), _explain])
    app.router.add_get("/health", api.health)
    app.router.add_get("/metrics", api.metrics)
    app.router.add_get("/api/cameras", api.list)
    app.router.add_get("/api/cameras/{name}", api.show)
    app.router.add_post("/api/cameras/{name}/start", api.start)
    app.router.add_post("/api/cameras/{name}/stop", api.stop)
    app.router.add_post("/api/cameras/{name}/restart", api.restart)
    app.router.add_post("/api/cameras/{name}/viewers", api.open_viewer)
    add_viewer_routes(app, cameras.manager.find)
    return app


class _Api:
    """Answers requests about the cameras."""

    def __init__(self, cameras: Cameras) -> None:
        self._cameras = cameras

    async def health(self, _request: web.Request) -> web.Response:
        """Answer 200 as long as the event loop turns: a camera that is down is no fault here."""
        failing = sum(each.camera.main.is_failing for each in self._cameras)
        total = self._cameras.manager.cameras
        return web.json_response({"status": "ok", "cameras": total, "failing": failing})

    async def metrics(self, _request: web.Request) -> web.Response:
        """Answer a scrape of Prometheus."""
        return web.Response(
            body=metrics.render(self._cameras).encode(),
            headers={"Content-Type": metrics.CONTENT_TYPE},
        )

    async def list(self, _request: web.Request) -> web.Response:
        """Return the status of each camera."""
        return web.json_response([camera_status(each) for each in self._cameras])

    async def show(self, request: web.Request) -> web.Response:
        """Return the status of a camera."""
        return web.json_response(camera_status(self._camera(request)))

    async def start(self, request: web.Request) -> web.Response:
        """Start a camera; it stops again if nobody watches, unless it is always on."""
        camera = self._camera(request)
        await camera.start()
        return web.json_response(camera_status(camera))

    async def stop(self, request: web.Request) -> web.Response:
        """Stop a camera, until it is started."""
        camera = self._camera(request)
        await camera.camera.stop()
        return web.json_response(camera_status(camera))

    async def restart(self, request: web.Request) -> web.Response:
        """Start FFmpeg again."""
        camera = self._camera(request)
        if camera.camera.main.state is StreamState.STOPPED:
            raise StreamStoppedError
        await camera.camera.restart()
        return web.json_response(camera_status(camera))

    async def open_viewer(self, request: web.Request) -> web.Response:
        """Return the addresses of one viewer, and wake the camera."""
        quality = request.query.get("quality", Quality.MAIN.value)
        if quality not in set(Quality):
            raise web.HTTPBadRequest(text="quality is main or small")
        token = self._camera(request).camera.open_viewer(Quality(quality))
        answer = {
            "playlist": f"/{token}/{MULTIVARIANT_PLAYLIST}",
            "live": f"/{token}/{FEED}",
            "now": time.time(),
        }
        return web.json_response(answer, status=201)

    def _camera(self, request: web.Request) -> ServedCamera:
        try:
            return self._cameras[request.match_info["name"]]
        except KeyError:
            raise web.HTTPNotFound(text="There is no such camera.") from None


type _Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def _authenticate(key: str) -> Any:
    """Return a middleware that requires the key, but for viewers' own paths."""
    expected = f"Bearer {key}".encode()

    @web.middleware
    async def check(request: web.Request, handler: _Handler) -> web.StreamResponse:
        is_viewer = "token" in request.match_info
        if not is_viewer and request.path not in _PUBLIC:
            given = request.headers.get("Authorization", "").encode()
            if not secrets.compare_digest(given, expected):
                return _error(401, "The API key is missing or wrong.")
        return await handler(request)

    return check


@web.middleware
async def _explain(request: web.Request, handler: _Handler) -> web.StreamResponse:
    """Answer errors as JSON."""
    try:
        return await handler(request)
    except HlsCameraError as err:
        for kind, status, text in _ERRORS:
            if isinstance(err, kind):
                return _error(status, text)
        return _error(500, "The request failed.")
    except web.HTTPException as err:
        if "token" in request.match_info:
            raise
        return _error(err.status, err.text or err.reason)


def _error(status: int, text: str) -> web.Response:
    headers = {"WWW-Authenticate": "Bearer"} if status == 401 else None
    return web.json_response({"error": text}, status=status, headers=headers)
