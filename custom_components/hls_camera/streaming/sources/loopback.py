"""Listeners of ours that FFmpeg alone may use: on the loopback interface, by a secret path.

Web pages can reach that interface, too, but cannot guess the path; other users of the
machine see it in FFmpeg's command line, but are refused.
"""

import asyncio
import os
import secrets
import socket
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final, Self

_HOST: Final = "127.0.0.1"
_CONNECTIONS: Final = Path("/proc/net/tcp")
"""Linux: who owns which end of a connection."""


class Listener:
    """A port of its own, until it is closed."""

    def __init__(self, server: asyncio.Server, path: str) -> None:
        """Use `open()` instead."""
        self._server = server
        port = server.sockets[0].getsockname()[1]
        self.address = f"{_HOST}:{port}{path}"
        """What follows `://` in its URL."""

    @classmethod
    async def open(cls, answer: Callable[[str], asyncio.Protocol]) -> Self:
        """Listen; `answer` makes what answers a connection that is to ask for a path.

        Raises:
            OSError: the system has no port, or no loopback interface.

        """
        path = f"/{secrets.token_hex(16)}"
        server = await asyncio.get_running_loop().create_server(
            lambda: answer(path),
            sock=socket.create_server((_HOST, 0)),
            start_serving=False,
        )
        listener = cls(server, path)
        try:
            await server.start_serving()
        except asyncio.CancelledError:
            await listener.close()
            raise
        return listener

    async def close(self) -> None:
        """Stop listening; no connection is left."""
        self._server.close()
        self._server.abort_clients()
        await self._server.wait_closed()


def is_ours(transport: asyncio.BaseTransport) -> bool:
    """Whether the other end of a connection belongs to our own user."""
    local = transport.get_extra_info("sockname")
    remote = transport.get_extra_info("peername")
    try:
        table = _CONNECTIONS.read_text("ascii")
    except OSError:
        # Not Linux: the path is at least not to be seen by web pages.
        return True
    ends = [_as_in_table(*remote), _as_in_table(*local)]
    rows = (line.split() for line in table.splitlines())
    return any(row[1:3] == ends and int(row[7]) == os.geteuid() for row in rows)


def _as_in_table(host: str, port: int) -> str:
    """Return an address as the kernel prints it: a number in the machine's byte order."""
    number = int.from_bytes(socket.inet_aton(host), sys.byteorder)
    return f"{number:08X}:{port:04X}"
