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
from collections.abc import Iterable
from itertools import batched
from typing import Final, Self, override

from .local_endpoint import LocalEndpoint
from .loopback import Listener, is_ours
from .source import Source

_MAX_REQUEST: Final = 8192
"""Bytes; FFmpeg's requests have some hundred."""


class Redirect(LocalEndpoint):
    """Redirects FFmpeg to a source."""

    def __init__(self, listener: Listener, source: Source) -> None:
        """Use `open()` instead."""
        self._listener = listener
        scheme = "rtsp" if source.is_rtsp else "http"
        self.url = f"{scheme}://{listener.address}"
        self.shown_url = source.redacted_url

    @classmethod
    async def open(cls, source: Source, options: Iterable[str] = ()) -> Self:
        """Listen on a port of its own; a script has these options for the source.

        Raises:
            OSError: the system has no port, or no loopback interface.

        """
        address = source.url_with_credentials()
        if needs_script(source):
            answer = ("200 OK", "Content-Type: text/plain", _script(address, options))
        else:
            answer = ("302 Found", f"Location: {address}", "")
        listener = await Listener.open(lambda path: _Answer(path, answer))
        return cls(listener, source)

    @override
    async def close(self) -> None:
        await self._listener.close()


class _Answer(asyncio.Protocol):
    """Answer one request."""

    def __init__(self, path: str, answer: tuple[str, str, str]) -> None:
        """Answer whoever asks for the path with a status, a header and a text."""
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
            self._transport.write(self._response())
            self._transport.close()

    def _response(self) -> bytes:
        start, *headers = self._request.decode("latin-1").split("\r\n")
        # OPTIONS rtsp://127.0.0.1:40123/path RTSP/1.0, or GET /path HTTP/1.1
        _, _, rest = start.partition(" ")
        target, _, protocol = rest.rpartition(" ")
        # RTSP wants its request's number back.
        lines = [line for line in headers if line.lower().startswith("cseq:")]
        status, header, text = self._answer
        if not target.endswith(self._path) or not is_ours(self._transport):
            status, header, text = "404 Not Found", "Content-Type: text/plain", ""
        body = text.encode()
        lines += [header, f"Content-Length: {len(body)}", "Connection: close"]
        head = "\r\n".join([f"{protocol} {status}", *lines, "", ""])
        return head.encode() + body


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
