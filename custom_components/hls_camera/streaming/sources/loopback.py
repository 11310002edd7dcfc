"""The server of local endpoints: our own FFmpeg connects to it, and nobody else.

It listens on the loopback interface, at a secret path. Web pages can reach that interface,
too, but cannot guess the path; other users of the machine see it in FFmpeg's command line,
but are refused.
"""

import asyncio
import os
import secrets
import socket
import sys
from collections.abc import Callable, Coroutine
from contextlib import suppress
from pathlib import Path
from typing import Any, Final, Self, override

from .local_endpoint import LocalEndpoint

MAX_CONNECTIONS: Final = 64
"""At a time. FFmpeg opens several for an HLS playlist with many variants."""
MAX_SILENCE_S: Final = 5.0
"""From a connection to its first byte; FFmpeg sends its request at once."""
MAX_REQUEST_BYTES: Final = 8192
"""Bytes; FFmpeg's requests have some hundred."""

_HOST: Final = "127.0.0.1"
_CONNECTIONS: Final = Path("/proc/net/tcp")
"""Linux: the owner of each end of a connection."""

type Serve = Callable[
    [asyncio.StreamReader, asyncio.StreamWriter], Coroutine[Any, Any, None]
]
"""Serves one connection, which is closed afterwards."""


class LoopbackServer:
    """Serves each connection by a task of its own, until it is closed."""

    def __init__(self, serve: Serve, read_limit: int, max_connections: int) -> None:
        """Use `open()` instead."""
        self.path = f"/{secrets.token_hex(16)}"
        """The path that a request must name; to check that is up to `serve`."""
        self._serve = serve
        self._read_limit = read_limit
        self._max_connections = max_connections
        self._serving: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server

    @classmethod
    async def open(
        cls,
        serve: Serve,
        *,
        read_limit: int = MAX_REQUEST_BYTES,
        max_connections: int = MAX_CONNECTIONS,
    ) -> Self:
        """Listen on a port of its own.

        A reader buffers `read_limit` bytes. Above `max_connections`, new ones are closed.

        Raises:
            OSError: the system has no port, or no loopback interface.

        """
        server = cls(serve, read_limit, max_connections)
        server._server = await asyncio.get_running_loop().create_server(
            server._accept, sock=socket.create_server((_HOST, 0)), start_serving=False
        )
        try:
            await server._server.start_serving()
        except asyncio.CancelledError:
            await server.close()
            raise
        return server

    @property
    def address(self) -> str:
        """The text after `://` in its URL: host, port and path."""
        port = self._server.sockets[0].getsockname()[1]
        return f"{_HOST}:{port}{self.path}"

    async def close(self) -> None:
        """Stop listening; afterwards no connection is left, and no task."""
        for listening in self._server.sockets:
            asyncio.get_running_loop().remove_reader(listening)
        # A connection that was accepted just now joins the server: a closed one cannot take it.
        await asyncio.sleep(0)
        self._server.close()
        self._server.abort_clients()
        await self._server.wait_closed()
        serving = tuple(self._serving)
        for task in serving:
            task.cancel()
        if serving:
            await asyncio.wait(serving)

    def _accept(self) -> asyncio.Protocol:
        reader = asyncio.StreamReader(limit=self._read_limit)
        return _Connection(reader, self._begin)

    def _begin(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        # The server may have been closed since it accepted the connection.
        if (
            not self._server.is_serving()
            or len(self._serving) >= self._max_connections
            or not is_ours(writer.transport)
        ):
            writer.transport.abort()
            return
        task = asyncio.create_task(self._serve_until_closed(reader, writer))
        self._serving.add(task)
        task.add_done_callback(self._serving.discard)

    async def _serve_until_closed(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        try:
            # The other side has gone, or sends no request.
            with suppress(
                *(OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError)
            ):
                await self._serve(reader, writer)
        finally:
            writer.close()


class _Connection(asyncio.StreamReaderProtocol):
    """A connection that is aborted if it begins with silence: it would take a place."""

    _timer: asyncio.TimerHandle

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(MAX_SILENCE_S, transport.abort)
        super().connection_made(transport)

    @override
    def data_received(self, data: bytes) -> None:
        self._timer.cancel()
        super().data_received(data)

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        self._timer.cancel()
        super().connection_lost(exc)


def is_ours(transport: asyncio.BaseTransport) -> bool:
    """Return whether the other end of a connection belongs to our own user."""
    local = transport.get_extra_info("sockname")
    remote = transport.get_extra_info("peername")
    try:
        table = _CONNECTIONS.read_text("ascii")
    except OSError:
        # Not Linux: web pages at least do not know the path.
        return True
    ends = [_as_in_table(*remote), _as_in_table(*local)]
    rows = (line.split() for line in table.splitlines())
    return any(row[1:3] == ends and int(row[7]) == os.geteuid() for row in rows)


def _as_in_table(host: str, port: int) -> str:
    """Return an address as the kernel prints it: a number in the machine's byte order."""
    number = int.from_bytes(socket.inet_aton(host), sys.byteorder)
    return f"{number:08X}:{port:04X}"


class LoopbackEndpoint(LocalEndpoint):
    """A local endpoint with a server of its own."""

    _server: LoopbackServer

    async def _listen(
        self,
        serve: Serve,
        *,
        scheme: str = "http",
        read_limit: int = MAX_REQUEST_BYTES,
    ) -> Self:
        """Listen on a port of its own; return itself.

        Raises:
            OSError: the system has no port, or no loopback interface.

        """
        self._server = await LoopbackServer.open(serve, read_limit=read_limit)
        self.url = f"{scheme}://{self._server.address}"
        return self

    @override
    async def close(self) -> None:
        await self._server.close()
