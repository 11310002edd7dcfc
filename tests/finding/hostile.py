"""Devices that answer to do harm, or by accident as if they wanted to."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

from tests.listening import stop_listening

type Behavior = Callable[[asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def device(behavior: Behavior) -> AsyncIterator[int]:
    """Serve a device that does the same after each request; yield its port."""
    serving: set[asyncio.Task[None] | None] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        serving.add(asyncio.current_task())
        try:
            with suppress(OSError, asyncio.IncompleteReadError):
                await reader.readuntil(b"\r\n\r\n")
                await behavior(writer)
                await writer.drain()
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        await stop_listening(server)
        server.close_clients()
        for task in filter(None, serving):
            task.cancel()
        await asyncio.gather(*filter(None, serving), return_exceptions=True)
        await server.wait_closed()


def says(data: bytes) -> Behavior:
    """Return the behavior of a device that sends this and hangs up."""

    async def behavior(writer: asyncio.StreamWriter) -> None:
        writer.write(data)

    return behavior


def http(body: bytes, status: str = "200 OK", *headers: str) -> Behavior:
    """Return the behavior of a device that sends an HTTP response."""
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers, "", ""]
    return says("\r\n".join(lines).encode() + body)


def endless(chunk: bytes, pause: float) -> Behavior:
    """Return the behavior of a device whose response never ends."""

    async def behavior(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n<a>")
        while True:
            writer.write(chunk)
            await writer.drain()
            await asyncio.sleep(pause)

    return behavior


async def silent(writer: asyncio.StreamWriter) -> None:
    """Never answer."""
    await asyncio.Event().wait()
