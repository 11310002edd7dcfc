"""What keeps a camera's password out of the process list.

Every user of a machine may read every command line, and FFmpeg takes credentials only
from an address there. So the command names a listener of ours on the loopback
interface, which answers with a redirect, RTSP's or HTTP's own, to the address with the
credentials. From then on FFmpeg speaks to the camera directly.

Other protocols have no redirect that FFmpeg follows. For these it is told to read a script
(ffconcat) from the same listener, whose one line is the address. That puts another
demuxer in between, so the others do without.
"""

import asyncio
import os
import secrets
import socket
import sys
from collections.abc import Iterable
from itertools import batched
from pathlib import Path
from typing import Final, Self, override

from .options import Source

_LOOPBACK: Final = "127.0.0.1"
_MAX_REQUEST: Final = 8192
"""Bytes; FFmpeg's requests have some hundred."""
_CONNECTIONS: Final = Path("/proc/net/tcp")
"""Linux: who owns which end of a connection."""


class Referral:
    """Refers FFmpeg to a source, for as long as it is open."""

    def __init__(self, server: asyncio.Server, url: str) -> None:
        """Use `open()` instead."""
        self._server = server
        self.url = url
        """The address for the command line."""

    @classmethod
    async def open(cls, source: Source, options: Iterable[str] = ()) -> Self:
        """Listen on a port of its own; a script has these options for the source.

        Raises:
            OSError: the system has no port, or no loopback interface.

        """
        # Web pages can reach the loopback interface, too, but cannot guess this.
        path = f"/{secrets.token_hex(16)}"
        scheme = "rtsp" if source.is_rtsp else "http"
        address = source.url_with_credentials()
        if needs_script(source):
            answer = ("200 OK", "Content-Type: text/plain", _script(address, options))
        else:
            answer = ("302 Found", f"Location: {address}", "")
        server = await asyncio.get_running_loop().create_server(
            lambda: _Referrer(path, answer),
            sock=socket.create_server((_LOOPBACK, 0)),
            start_serving=False,
        )
        port = server.sockets[0].getsockname()[1]
        referral = cls(server, f"{scheme}://{_LOOPBACK}:{port}{path}")
        try:
            await server.start_serving()
        except asyncio.CancelledError:
            await referral.close()
            raise
        return referral

    async def close(self) -> None:
        """Stop listening; no connection is left."""
        self._server.close()
        self._server.abort_clients()
        await self._server.wait_closed()


class _Referrer(asyncio.Protocol):
    """Answer one request."""

    def __init__(self, path: str, answer: tuple[str, str, str]) -> None:
        """Answer whoever asks for the path with a status, a header and a body (ASCII)."""
        self._path = path
        self._answer = answer
        self._request = b""

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    @override
    def data_received(self, data: bytes) -> None:
        self._request += data
        if len(self._request) > _MAX_REQUEST:
            self._transport.abort()
        elif b"\r\n\r\n" in self._request:
            self._transport.write(self._response().encode())
            self._transport.close()

    def _response(self) -> str:
        start, *headers = self._request.decode("latin-1").split("\r\n")
        # OPTIONS rtsp://127.0.0.1:40123/path RTSP/1.0, or GET /path HTTP/1.1
        _, _, rest = start.partition(" ")
        target, _, protocol = rest.rpartition(" ")
        # RTSP wants its request's number back.
        lines = [line for line in headers if line.lower().startswith("cseq:")]
        status, header, body = self._answer
        if not target.endswith(self._path) or not self._is_ours():
            status, header, body = "404 Not Found", "Content-Type: text/plain", ""
        lines += [header, f"Content-Length: {len(body)}", "Connection: close"]
        return "\r\n".join([f"{protocol} {status}", *lines, "", body])

    def _is_ours(self) -> bool:
        """Whether the other end belongs to our own user; others see the path, too."""
        local = self._transport.get_extra_info("sockname")
        remote = self._transport.get_extra_info("peername")
        try:
            table = _CONNECTIONS.read_text("ascii")
        except OSError:
            # Not Linux: the address is at least not to be seen.
            return True
        ends = [_as_in_table(*remote), _as_in_table(*local)]
        rows = (line.split() for line in table.splitlines())
        return any(row[1:3] == ends and int(row[7]) == os.geteuid() for row in rows)


def needs_script(source: Source) -> bool:
    """Whether FFmpeg cannot be redirected to such a source."""
    return not (source.is_rtsp or source.is_web)


def _script(address: str, options: Iterable[str]) -> str:
    """Return a script for FFmpeg's concat demuxer that reads one source."""
    lines = ["ffconcat version 1.0", f"file {_quoted(address)}"]
    for option, value in batched(options, 2, strict=True):
        lines.append(f"option {option.removeprefix('-')} {_quoted(value)}")
    return "\n".join([*lines, ""])


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"


def _as_in_table(host: str, port: int) -> str:
    """Return an address as the kernel prints it: a number in the machine's byte order."""
    number = int.from_bytes(socket.inet_aton(host), sys.byteorder)
    return f"{number:08X}:{port:04X}"
