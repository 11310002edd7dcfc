"""A network between a browser and a server, with its faults."""

import asyncio
from contextlib import suppress
from typing import Final, Self

from tests.listening import stop_listening

_PIECE: Final = 16 * 1024


class Relay:
    """Passes connections on to a server on this host.

    async with Relay(port) as relay:
        ... f"http://127.0.0.1:{relay.port}" ...
    """

    def __init__(self, target: int) -> None:
        self.target = target
        """The server's port; another one is for connections from now on."""
        self.port = 0
        self._server: asyncio.Server | None = None
        self._connections: dict[asyncio.StreamWriter, asyncio.Task[None]] = {}
        self._flows = asyncio.Event()
        self._flows.set()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(
            self._serve, "127.0.0.1", 0, limit=_PIECE
        )
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        await stop_listening(self._server)
        self.cut()
        await asyncio.gather(*self._connections.values(), return_exceptions=True)

    def cut(self) -> None:
        """Break all connections off; new ones are taken."""
        for task in self._connections.values():
            task.cancel()

    def hold(self) -> None:
        """Pass on no more of the server's data."""
        self._flows.clear()

    def flow(self) -> None:
        """Pass on the data that the server has sent meanwhile, and all later ones."""
        self._flows.set()

    async def _serve(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._connections[writer] = task
        try:
            with suppress(OSError, asyncio.CancelledError):
                await self._pass_on(reader, writer)
        finally:
            del self._connections[writer]
            writer.transport.abort()

    async def _pass_on(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        # Little waits on the way: the server has to notice a slow reader.
        remote, server = await asyncio.open_connection(
            "127.0.0.1", self.target, limit=_PIECE
        )
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._copy(reader, server, self_paced=False))
                await self._copy(remote, writer, self_paced=True)
        finally:
            server.transport.abort()

    async def _copy(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        *,
        self_paced: bool,
    ) -> None:
        while data := await reader.read(_PIECE):
            if self_paced:
                await self._flows.wait()
            writer.write(data)
            await writer.drain()
        raise ConnectionResetError  # One side has closed: so does the other.
