"""A camera: its feed, its user, its faults and its clients."""

import asyncio
import ssl
from collections import deque
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from typing import ClassVar, Self
from urllib.parse import quote

from .auth import Authenticator, AuthScheme, Credentials
from .connection import Connection
from .faults import Answer, Fault
from .media import Feed
from .playout import Join
from .presentation import Presentation
from .rtsp import Request, Response
from .server import RtspServer
from .transport import Lower

_WAIT_SECONDS = 10.0
_REQUESTS_KEPT = 1000


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request and the status of its response; None if the answer was not a response."""

    method: str
    status: int | None


class TestCamera:
    """A camera, on its own port or as one of several cameras of an `RtspServer`.

    async with TestCamera(Feed(audio="aac"), username="viewer", password="secret") as camera:
        ...  # watch camera.url
        await camera.wait_connected()
        camera.inject(Stall())
    """

    __test__: ClassVar = False  # a camera for tests, not a test

    def __init__(
        self,
        feed: Feed | None = None,
        *,
        path: str = "camera",
        host: str = "127.0.0.1",
        port: int = 0,
        tls: ssl.SSLContext | None = None,
        username: str | None = None,
        password: str = "",
        auth_scheme: AuthScheme = AuthScheme.DIGEST,
        nonce_uses: int | None = None,
        join: Join = Join.IDR,
        transports: Collection[Lower] = (Lower.TCP, Lower.UDP),
        session_timeout: int = 60,
        faults: Iterable[Fault] = (),
        binary: str | None = None,
    ) -> None:
        self.path = path.strip("/")
        self.presentation = Presentation(feed or Feed(), binary=binary)
        self.authenticator: Authenticator | None = None
        self.join = join
        self.transports = frozenset(transports)
        self.session_timeout = session_timeout
        self.total_connections = 0
        """The number of connections so far."""
        self.total_plays = 0
        """The number of times that a client has started to play."""
        self.dropped_clients = 0
        """The number of clients that were dropped because they read too slowly."""
        self.exchanges: deque[Exchange] = deque(maxlen=_REQUESTS_KEPT)
        """The newest requests and the status of their responses."""
        self._credentials: Credentials | None = None
        if username is not None:
            self._credentials = Credentials(username, password)
            self.authenticator = Authenticator(
                self._credentials, auth_scheme, nonce_uses=nonce_uses
            )
        self._server = RtspServer(self, host=host, port=port, tls=tls)
        self._faults: list[Fault] = list(faults)
        self._connections: list[Connection] = []
        self._changed = asyncio.Event()

    @property
    def url(self) -> str:
        """The URL of the camera, with username and password if it requires them."""
        if self._credentials is None:
            return self.plain_url
        username = quote(self._credentials.username, safe="")
        password = quote(self._credentials.password, safe="")
        return self.plain_url.replace("://", f"://{username}:{password}@", 1)

    @property
    def plain_url(self) -> str:
        """The URL of the camera without username and password."""
        return f"{self._server.url}/{self.path}"

    @property
    def feed(self) -> Feed:
        """The feed of the camera."""
        return self.presentation.feed

    @property
    def connections(self) -> tuple[Connection, ...]:
        """The connections that are playing."""
        return tuple(each for each in self._connections if each.playing)

    async def start(self) -> None:
        """Start the source, then accept connections on the camera's own port."""
        await self._server.start()

    async def stop(self) -> None:
        """Stop the source and close all connections; may be called again."""
        await self._server.stop()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    # Faults

    def inject(self, fault: Fault) -> None:
        """Inject a fault into all current and later connections, until it is cleared."""
        self._faults.append(fault)
        self.strike(fault)

    def strike(self, fault: Fault) -> None:
        """Inject a fault into the current connections only."""
        for connection in tuple(self._connections):
            connection.inject(fault)

    def clear(self, *faults: Fault) -> None:
        """Clear faults, by default all of them."""
        known = [fault for each in self._connections for fault in each.faults]
        for fault in faults or {*self._faults, *known}:
            if fault in self._faults:
                self._faults.remove(fault)
            for connection in tuple(self._connections):
                connection.clear(fault)

    async def switch_feed(self, feed: Feed) -> None:
        """Switch to another feed in the same stream, such as another resolution."""
        await self.presentation.switch(feed)

    def refuse_connections(self) -> None:
        """Refuse new connections, as if the port were closed; current ones continue.

        This and the next two methods affect all cameras of a server.
        """
        self._server.refuse_connections()

    async def accept_connections(self) -> None:
        """Accept connections again."""
        await self._server.accept_connections()

    async def reboot(self, feed: Feed | None = None) -> None:
        """Reset all connections, and return when the source has started again.

        The feed may be a different one then. Meanwhile, connections are refused.
        """
        self.refuse_connections()
        for connection in tuple(self._connections):
            connection.reset()
        await self.switch_feed(feed or self.feed)
        await self.accept_connections()

    # Clients

    async def wait_connected(
        self, count: int = 1, *, timeout: float = _WAIT_SECONDS
    ) -> None:
        """Wait until this number of connections is playing."""
        await self._wait(lambda: len(self.connections) >= count, timeout)

    async def wait_disconnected(self, *, timeout: float = _WAIT_SECONDS) -> None:
        """Wait until there is no connection."""
        await self._wait(lambda: not self._connections, timeout)

    async def wait_plays(self, count: int, *, timeout: float = _WAIT_SECONDS) -> None:
        """Wait until clients have started to play this many times in total."""
        await self._wait(lambda: self.total_plays >= count, timeout)

    async def wait_connections(
        self, count: int, *, timeout: float = _WAIT_SECONDS
    ) -> None:
        """Wait until there have been this many connections in total."""
        await self._wait(lambda: self.total_connections >= count, timeout)

    async def wait_requests(
        self, method: str, count: int = 1, *, timeout: float = _WAIT_SECONDS
    ) -> None:
        """Wait until this many requests of a method have arrived in total."""
        await self._wait(
            lambda: sum(each.method == method for each in self.exchanges) >= count,
            timeout,
        )

    async def _wait(self, reached: Callable[[], bool], seconds: float) -> None:
        async with asyncio.timeout(seconds):
            while not reached():
                await self._changed.wait()

    def _note_change(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()

    # For the server and its connections

    async def open(self, server: RtspServer) -> None:
        """Start the source, as a camera of this server."""
        self._server = server
        await self.presentation.start()

    async def close(self) -> None:
        """Stop the source."""
        await self.presentation.stop()

    def join_connection(self, connection: Connection) -> tuple[int, Iterable[Fault]]:
        """Count a connection; return its number and its faults."""
        self.total_connections += 1
        self._connections.append(connection)
        self._note_change()
        return self.total_connections, tuple(self._faults)

    def leave_connection(self, connection: Connection) -> None:
        """Remove a connection."""
        self._connections.remove(connection)
        self.dropped_clients += connection.dropped
        self._note_change()

    def note_playing(self, connection: Connection) -> None:
        """Note that a connection has started or stopped playing."""
        self.total_plays += connection.playing
        self._note_change()

    def note_request(self, request: Request, answer: Answer) -> None:
        """Note a request and its response."""
        status = answer.status if isinstance(answer, Response) else None
        self.exchanges.append(Exchange(request.method, status))
        self._note_change()
