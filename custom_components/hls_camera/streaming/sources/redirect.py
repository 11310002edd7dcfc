"""Redirects keep a camera's password out of the process list.

Every user of a machine may read every command line, and FFmpeg takes credentials only
from an address there. So the command names a local endpoint, which answers with a
redirect, RTSP's or HTTP's own, to the address with the credentials. From then on FFmpeg
speaks to the camera directly.

Other protocols have no redirect that FFmpeg follows. For these it reads a script
(ffconcat) from the same endpoint, whose one line is the address. That puts another
demuxer in between, so the others do without.
"""

import asyncio
from collections.abc import Iterable
from itertools import batched
from typing import Self

from .loopback import LoopbackEndpoint
from .source import Source


class Redirect(LoopbackEndpoint):
    """Redirects FFmpeg to a source."""

    def __init__(self, source: Source, options: Iterable[str]) -> None:
        """Use `open()` instead."""
        self.shown_url = source.redacted_url
        address = source.url_with_credentials()
        self._answer = ("302 Found", f"Location: {address}", "")
        if needs_script(source):
            script = _script(address, options)
            self._answer = ("200 OK", "Content-Type: text/plain", script)

    @classmethod
    async def open(cls, source: Source, options: Iterable[str] = ()) -> Self:
        """Listen on a port of its own; a script has these options for the source.

        Raises:
            OSError: the system has no port, or no loopback interface.

        """
        redirect = cls(source, options)
        scheme = "rtsp" if source.is_rtsp else "http"
        return await redirect._listen(redirect._serve, scheme=scheme)

    async def _serve(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        request = await reader.readuntil(b"\r\n\r\n")
        writer.write(self._response(request.decode("latin-1")))

    def _response(self, request: str) -> bytes:
        start, *headers = request.split("\r\n")
        # OPTIONS rtsp://127.0.0.1:40123/path RTSP/1.0, or GET /path HTTP/1.1
        _, _, rest = start.partition(" ")
        target, _, protocol = rest.rpartition(" ")
        # RTSP wants its request's number back.
        lines = [line for line in headers if line.lower().startswith("cseq:")]
        status, header, text = self._answer
        if not target.endswith(self._server.path):
            status, header, text = "404 Not Found", "Content-Type: text/plain", ""
        body = text.encode()
        lines += [header, f"Content-Length: {len(body)}", "Connection: close"]
        head = "\r\n".join([f"{protocol} {status}", *lines, "", ""])
        return head.encode() + body


def needs_script(source: Source) -> bool:
    """Return whether FFmpeg follows no redirect to such a source."""
    return not (source.is_rtsp or source.is_web)


def _script(address: str, options: Iterable[str]) -> str:
    """Return a script for FFmpeg's concat demuxer that reads one source."""
    lines = ["ffconcat version 1.0", f"file {_quoted(address)}"]
    for option, value in batched(options, 2, strict=True):
        lines.append(f"option {option.removeprefix('-')} {_quoted(value)}")
    return "\n".join([*lines, ""])


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"
