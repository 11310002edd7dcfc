"""A camera: what it shows, whom it lets in, what is wrong with it, and who is watching."""

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
    """A request that came, and the status of the answer: None if it was no response."""

    method: str
    status: int | None


class TestCamera:
    """A camera, alone on a port of its own or one of several of an `RtspServer`.

    async with TestCamera(Feed(audio="aac"), username="viewer", password="secret") as camera:
        ...  # have camera.url watched
        await camera.wait_connected()
        camera.inject(Stall())
    """

    __test__: ClassVar = False  # a camera for tests, not a test

    def __init__(
        self,
        feed: Feed | None = None,
        *,
        path: str = "camera",
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
        """How many connections there have been."""
        self.total_plays = 0
        """How often a client has begun to play."""
        self.dropped_clients = 0
        """How many clients were dropped because they read too slowly."""
        self.exchanges: deque[Exchange] = deque(maxlen=_REQUESTS_KEPT)
        """The newest requests and the status of their answers."""
        self._credentials: Credentials | None = None
        if username is not None:
            self._credentials = Credentials(username, password)
            self.authenticator = Authenticator(
                self._credentials, auth_scheme, nonce_uses=nonce_uses
            )
        self._server = RtspServer(self, port=port, tls=tls)
        self._faults: list[Fault] = list(faults)
        self._connections: list[Connection] = []
        self._changed = asyncio.Event()

    @property
    def url(self) -> str:
        """The URL of the camera, with username and password if it wants them."""
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
        """What the camera shows."""
        return self.presentation.feed

    @property
    def connections(self) -> tuple[Connection, ...]:
        """The connections that play now."""
        return tuple(each for each in self._connections if each.playing)

    async def start(self) -> None:
        """Start the picture, then accept connections on a port of its own."""
        await self._server.start()

    async def stop(self) -> None:
        """End the picture and all connections; nothing is left, and it may be called again."""
        await self._server.stop()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    # What goes wrong

    def inject(self, fault: Fault) -> None:
        """Give the camera a fault, for all connections of now and later, until cleared."""
        self._faults.append(fault)
        self.strike(fault)

    def strike(self, fault: Fault) -> None:
        """Let a fault strike the connections of now; later ones are well."""
        for connection in tuple(self._connections):
            connection.inject(fault)

    def clear(self, *faults: Fault) -> None:
        """Take faults away, or all that were injected or given."""
        known = [fault for each in self._connections for fault in each.faults]
        for fault in faults or {*self._faults, *known}:
            if fault in self._faults:
                self._faults.remove(fault)
            for connection in tuple(self._connections):
                connection.clear(fault)

    async def switch_feed(self, feed: Feed) -> None:
        """Show something else in the same stream: another size, say."""
        await self.presentation.switch(feed)

    def refuse_connections(self) -> None:
        """Refuse new connections, as if nothing listened; those of now go on.

        This and the next two concern all cameras that share a server.
        """
        self._server.refuse_connections()

    async def accept_connections(self) -> None:
        """Accept connections again."""
        await self._server.accept_connections()

    async def reboot(self, feed: Feed | None = None) -> None:
        """Break all connections off, and come back when the picture is there again.

        The picture may be another one then. Meanwhile connections are refused.
        """
        self.refuse_connections()
        for connection in tuple(self._connections):
            connection.reset()
        await self.switch_feed(feed or self.feed)
        await self.accept_connections()

    # Who is watching

    async def wait_connected(
        self, count: int = 1, *, timeout: float = _WAIT_SECONDS
    ) -> None:
        """Wait until so many connections play."""
        await self._wait(lambda: len(self.connections) >= count, timeout)

    async def wait_disconnected(self, *, timeout: float = _WAIT_SECONDS) -> None:
        """Wait until there is no connection any more."""
        await self._wait(lambda: not self._connections, timeout)

    async def wait_plays(self, count: int, *, timeout: float = _WAIT_SECONDS) -> None:
        """Wait until clients have begun to play so many times in all."""
        await self._wait(lambda: self.total_plays >= count, timeout)

    async def wait_connections(
        self, count: int, *, timeout: float = _WAIT_SECONDS
    ) -> None:
        """Wait until there have been so many connections in all."""
        await self._wait(lambda: self.total_connections >= count, timeout)

    async def wait_requests(
        self, method: str, count: int = 1, *, timeout: float = _WAIT_SECONDS
    ) -> None:
        """Wait until so many requests of a method have come in all."""
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
        """Start the picture, as a camera of this server."""
        self._server = server
        await self.presentation.start()

    async def close(self) -> None:
        """Stop the picture."""
        await self.presentation.stop()

    def join_connection(self, connection: Connection) -> tuple[int, Iterable[Fault]]:
        """Count a connection; return its number and its faults."""
        self.total_connections += 1
        self._connections.append(connection)
        self._note_change()
        return self.total_connections, tuple(self._faults)

    def leave_connection(self, connection: Connection) -> None:
        """Forget a connection."""
        self._connections.remove(connection)
        self.dropped_clients += connection.dropped
        self._note_change()

    def note_playing(self, connection: Connection) -> None:
        """Note that a connection has begun or ceased to play."""
        self.total_plays += connection.playing
        self._note_change()

    def note_request(self, request: Request, answer: Answer) -> None:
        """Note a request, and what the answer was."""
        status = answer.status if isinstance(answer, Response) else None
        self.exchanges.append(Exchange(request.method, status))
        self._note_change()
