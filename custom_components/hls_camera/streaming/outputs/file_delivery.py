"""Delivery of an endless file over a connection, whose reader may be slow or gone."""

import asyncio
import socket
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from typing import Final, Protocol

from ..errors import HlsCameraError, StreamNotReadyError

MAX_UNREAD_S: Final = 10.0
"""Seconds for which a reader may take nothing."""
MAX_UNSENT: Final = 64 * 1024
"""Bytes in memory that a reader has not taken, beside its queue."""


def keep_little_unsent(transport: asyncio.BaseTransport, maximum: int) -> None:
    """Limit the bytes in the kernel that wait for a slow reader.

    They cannot be dropped, delay what follows, and hide a reader that takes nothing.
    """
    connection = transport.get_extra_info("socket")
    if connection is not None and hasattr(socket, "TCP_NOTSENT_LOWAT"):
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, maximum)


class FileConnection(Protocol):
    """A connection that carries one endless file."""

    async def refuse(self, error: HlsCameraError) -> None:
        """Answer that there is no file now."""

    async def begin(self) -> None:
        """Send what comes before the file."""

    async def write(self, data: bytes) -> None:
        """Send a piece; return when the reader has taken nearly all of it."""

    async def end(self) -> None:
        """Send what comes after the file."""

    def abort(self) -> None:
        """Disconnect a reader that takes nothing."""


async def deliver_file(
    open_file: Callable[[], AsyncGenerator[bytes]], connection: FileConnection
) -> None:
    """Send a file until it ends, or its reader takes nothing any more.

    The answer waits for the first picture: a reader is refused if none comes.
    """
    has_begun = False
    try:
        async with aclosing(open_file()) as file:
            async for data in file:
                async with asyncio.timeout(MAX_UNREAD_S):
                    if not has_begun:
                        await connection.begin()
                        has_begun = True
                    await connection.write(data)
        if not has_begun:
            raise StreamNotReadyError
        async with asyncio.timeout(MAX_UNREAD_S):
            await connection.end()
    except HlsCameraError as err:
        if has_begun:
            connection.abort()
        else:
            await connection.refuse(err)
    except TimeoutError:
        connection.abort()
