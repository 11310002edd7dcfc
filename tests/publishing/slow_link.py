"""A slow connection to a server."""

import asyncio
import socket
from contextlib import suppress
from typing import Final, Self

from tests.listening import stop_listening

_PIECE: Final = 4096
"""Bytes that are passed on at a time."""


class SlowLink:
    """Passes connections on to a server on this host, with so many bits per second in all.

    async with SlowLink(port, 100_000) as link:
        ... f"http://127.0.0.1:{link.port}" ...
    """

    def __init__(self, target: int, bits_per_second: int) -> None:
        self.port = 0
        self.bits_per_second = bits_per_second
        self.flows = asyncio.Event()
        """Whether it passes anything on."""
        self.flows.set()
        self._target = target
        self._turn = asyncio.Lock()
        self._server: asyncio.Server | None = None
        self._tasks = set[asyncio.Task[None]]()

    async def __aenter__(self) -> Self:
        listening = socket.create_server(("127.0.0.1", 0))
        # Connections inherit it: little waits on the way.
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _PIECE)
        self._server = await asyncio.start_server(
            self._serve, sock=listening, limit=_PIECE
        )
        self.port = listening.getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        await stop_listening(self._server)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _serve(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            with suppress(OSError, asyncio.CancelledError):
                await self._pass_on(reader, writer)
        finally:
            self._tasks.discard(task)
            writer.transport.abort()

    async def _pass_on(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        answers, server = await asyncio.open_connection("127.0.0.1", self._target)
        back = asyncio.create_task(self._answer(answers, writer))
        try:
            while data := await reader.read(_PIECE):
                async with self._turn:
                    await self.flows.wait()
                    await asyncio.sleep(8 * len(data) / self.bits_per_second)
                server.write(data)
                await server.drain()
        finally:
            back.cancel()
            server.transport.abort()

    async def _answer(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        with suppress(OSError):
            while data := await reader.read(_PIECE):
                writer.write(data)
                await writer.drain()
        writer.transport.abort()
