"""The RTSP server: one port, any number of cameras."""

import asyncio
import socket
import ssl
from typing import Protocol, Self

from tests.listening import refuse_connections, stop_listening

from . import connection
from .connection import Connection
from .rtsp import Request


class Camera(connection.Camera, Protocol):
    """The interface of a camera to its server."""

    async def open(self, server: RtspServer) -> None:
        """Start the source, as a camera of this server."""

    async def close(self) -> None:
        """Stop the source; may be called again."""


class RtspServer:
    """Serves cameras on one TCP port, each at its own path.

    With an `ssl.SSLContext`, it serves RTSP over TLS (`rtsps`).
    """

    def __init__(
        self,
        *cameras: Camera,
        host: str = "127.0.0.1",
        port: int = 0,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.cameras = cameras
        self._host = host
        self._port = port
        self._tls = tls
        self._holder: socket.socket | None = None
        self._listener: asyncio.Server | None = None
        self._serving: dict[asyncio.Task[None], Connection] = {}

    @property
    def url(self) -> str:
        """The URL of the server, without the path of a camera."""
        return f"{'rtsps' if self._tls else 'rtsp'}://{self._host}:{self._port}"

    async def start(self) -> None:
        """Start all cameras, then accept connections."""
        try:
            self._probe()
            self._holder = self._bind(self._port)
            self._port = self._holder.getsockname()[1]
            for camera in self.cameras:
                await camera.open(self)
            await self.accept_connections()
        except BaseException:
            await self.stop()
            raise

    async def stop(self) -> None:
        """Close all connections and stop all cameras; may be called again."""
        if self._listener:
            await stop_listening(self._listener)
            self._listener = None
        serving = tuple(self._serving.items())
        for task, served in serving:
            served.reset()
            task.cancel()
        await asyncio.gather(*(task for task, _ in serving), return_exceptions=True)
        await asyncio.gather(*(camera.close() for camera in self.cameras))
        if self._holder:
            self._holder.close()
            self._holder = None

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    def refuse_connections(self) -> None:
        """Refuse new connections, as if the port were closed; current ones continue."""
        if self._listener:
            refuse_connections(self._listener)
            self._listener = None

    async def accept_connections(self) -> None:
        """Accept connections (again)."""
        if self._listener is None:
            self._listener = await asyncio.start_server(
                self._serve, sock=self._bind(self._port), ssl=self._tls
            )

    def _probe(self) -> None:
        """Raise if another process listens on the port: `_bind` would share it."""
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((self._host, self._port))

    def _bind(self, port: int) -> socket.socket:
        """Return a socket bound to the port of the server.

        A socket that does not listen keeps the port for the server's lifetime, so that no
        other process gets it while connections are refused.
        """
        bound = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        bound.bind((self._host, port))
        return bound

    async def _serve(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        served = Connection(self._find_camera, reader, writer)
        task = asyncio.current_task()
        if task:
            self._serving[task] = served
            task.add_done_callback(self._serving.pop)
        await served.serve()

    def _find_camera(self, request: Request) -> Camera | None:
        """Return the camera at the path of a request; `*` is the only camera."""
        if request.url == "*" and len(self.cameras) == 1:
            return self.cameras[0]
        for camera in self.cameras:
            rest = request.target.removeprefix(camera.path)
            if request.target.startswith(camera.path) and rest[:1] in ("", "/"):
                return camera
        return None
