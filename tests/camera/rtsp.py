"""RTSP 1.0 messages (RFC 2326) of a server."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

_REASONS = {
    200: "OK",
    301: "Moved Permanently",
    302: "Moved Temporarily",
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    453: "Not Enough Bandwidth",
    454: "Session Not Found",
    455: "Method Not Valid in This State",
    459: "Aggregate Operation Not Allowed",
    461: "Unsupported Transport",
    500: "Internal Server Error",
    501: "Not Implemented",
    503: "Service Unavailable",
    551: "Option Not Supported",
}
INTERLEAVED = b"$"
"""The first byte of a packet between the messages."""


class RtspError(Exception):
    """The received bytes are not RTSP."""


@dataclass(frozen=True, slots=True)
class Request:
    """A client's request."""

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    """By name, in lower case."""

    @property
    def cseq(self) -> str:
        """The number that the response must repeat."""
        return self.headers.get("cseq", "0")

    @property
    def target(self) -> str:
        """The path and query of the URL, without enclosing slashes."""
        _, separator, rest = self.url.partition("://")
        return rest.partition("/")[2].strip("/") if separator else self.url.strip("/")


@dataclass(frozen=True, slots=True)
class Response:
    """The camera's response."""

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    content_length: int | None = None
    """The value of the header, if it is not correct."""
    then: Callable[[], None] | None = None
    """Called as soon as the response has been sent."""

    def to_bytes(self, cseq: str) -> bytes:
        """Return the bytes of the response to the request with this number."""
        lines = [
            f"RTSP/1.0 {self.status} {_REASONS.get(self.status, 'Status')}",
            f"CSeq: {cseq}",
            *(f"{name}: {value}" for name, value in self.headers.items()),
        ]
        length = self.content_length
        if length is None and self.body:
            length = len(self.body)
        if length is not None:
            lines.append(f"Content-Length: {length}")
        return "".join(f"{line}\r\n" for line in (*lines, "")).encode() + self.body


async def read_request(reader: asyncio.StreamReader) -> Request | None:
    """Return the next request, None at the end.

    RTCP packets and unexpected responses of the client are skipped.
    """
    while head := await _read_head(reader):
        lines = head.decode(errors="replace").splitlines()
        fields = (line.partition(":") for line in lines[1:] if line)
        headers = {name.strip().lower(): value.strip() for name, _, value in fields}
        length = headers.get("content-length", "0")
        if not length.isdecimal():
            raise RtspError(f"not a length: {length!r}")
        await reader.readexactly(int(length))
        if lines[0].startswith("RTSP/"):
            continue
        request_line = lines[0].split()
        if len(request_line) != 3 or not request_line[2].startswith("RTSP/"):
            raise RtspError(f"not an RTSP request: {lines[0][:80]!r}")
        return Request(request_line[0], request_line[1], headers)
    return None


async def _read_head(reader: asyncio.StreamReader) -> bytes:
    """Return the next message up to its empty line; empty at the end."""
    while True:
        first = await reader.read(1)
        if first == INTERLEAVED:
            header = await reader.readexactly(3)
            await reader.readexactly(int.from_bytes(header[1:]))
        elif first not in (b"\r", b"\n"):
            break
    if not first:
        return b""
    try:
        return first + await reader.readuntil(b"\r\n\r\n")
    except asyncio.LimitOverrunError as error:
        raise RtspError("the header does not end") from error
