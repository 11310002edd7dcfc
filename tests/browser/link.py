"""The network between a browser and Home Assistant, which may fail without a word."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Self
from urllib.parse import urlsplit

_CHUNK = 1 << 16


class Link:
    """Forwards connections to a server, until it is cut."""

    def __init__(self, server: str) -> None:
        """Lead to the server at an address."""
        self._server = urlsplit(server)
        self._is_up = asyncio.Event()
        self._is_up.set()
        self._open: set[asyncio.Task[None]] = set()
        self.address = ""
        """The address of the server through this link."""

    @classmethod
    @asynccontextmanager
    async def to(cls, server: str) -> AsyncIterator[Self]:
        """Forward for as long as a `with` block lasts."""
        link = cls(server)
        listener = await asyncio.start_server(link._accept, "127.0.0.1", 0)
        link.address = f"http://127.0.0.1:{listener.sockets[0].getsockname()[1]}"
        try:
            yield link
        finally:
            listener.close()
            for task in link._open:
                task.cancel()
            await asyncio.gather(*link._open, return_exceptions=True)

    def cut(self) -> None:
        """Forward nothing any more, without closing connections."""
        self._is_up.clear()

    def mend(self) -> None:
        """Forward again; connections of before the cut are dead."""
        for task in self._open:
            task.cancel()
        self._is_up.set()

    async def _accept(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        task = asyncio.current_task()
        assert task
        self._open.add(task)
        task.add_done_callback(self._open.discard)
        try:
            await self._is_up.wait()
            with suppress(OSError):
                there = await asyncio.open_connection(
                    self._server.hostname, self._server.port
                )
                try:
                    async with asyncio.TaskGroup() as both:
                        both.create_task(self._forward(reader, there[1]))
                        both.create_task(self._forward(there[0], writer))
                finally:
                    there[1].transport.abort()
        except* OSError:
            pass  # One of them has gone.
        finally:
            writer.transport.abort()

    async def _forward(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        while data := await reader.read(_CHUNK):
            await self._is_up.wait()
            writer.write(data)
            await writer.drain()
        writer.write_eof()
