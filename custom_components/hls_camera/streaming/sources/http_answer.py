"""Answers of web servers, as an HTTP client reads them (RFC 9112)."""

import asyncio
import sys
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Final, Self

from .connect import Streams

MAX_HEAD_BYTES: Final = 16 * 1024
"""Bytes of a request's or an answer's head."""
_MAX_LINE_BYTES: Final = 1024
_MAX_DIGITS: Final = 20
"""Of a length: Python refuses to read thousands."""
_MAX_PIECE_BYTES: Final = 64 * 1024
"""Bytes of a body that are passed on at a time, at most."""
_END_OF_HEAD: Final = (b"\r\n\r\n", b"\n\n")


class BadAnswerError(Exception):
    """A server does not answer in HTTP."""


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """A status, headers, and the connection that carries the body."""

    status: int
    phrase: str
    headers: list[tuple[str, str]]
    streams: Streams

    @classmethod
    async def read(cls, streams: Streams) -> Self:
        """Read an answer's head.

        Raises:
            BadAnswerError: it is none.
            asyncio.IncompleteReadError: the server hung up before.

        """
        try:
            head = await streams[0].readuntil(_END_OF_HEAD)
        except asyncio.LimitOverrunError as err:
            raise BadAnswerError from err
        if len(head) > MAX_HEAD_BYTES:
            raise BadAnswerError
        start, *lines = head.decode("utf-8", "surrogateescape").splitlines()
        version, _, rest = start.partition(" ")
        status, _, phrase = rest.partition(" ")
        if not version.startswith(("HTTP/", "ICY")) or not _is_status(status):
            raise BadAnswerError
        fields = (line.partition(":") for line in lines if line)
        headers = [(name.strip(), value.strip()) for name, _, value in fields]
        return cls(int(status), phrase, headers, streams)

    def values(self, name: str) -> list[str]:
        """Return the values of all headers of a name, which is in lower case."""
        return [value for key, value in self.headers if key.lower() == name]

    def value(self, name: str) -> str:
        """Return the value of the first header of a name, empty where there is none."""
        return next(iter(self.values(name)), "")

    def close(self) -> None:
        """Read nothing more."""
        self.streams[1].close()

    async def body(self) -> AsyncGenerator[bytes]:
        """Yield the body's bytes as they come.

        Raises:
            BadAnswerError: it is not the body that the head announces.
            asyncio.IncompleteReadError: the server hung up within a chunk.

        """
        reader, _ = self.streams
        if "chunked" in self.value("transfer-encoding").lower():
            while size := _chunk_size(await _line(reader)):
                while size and (data := await reader.read(min(size, _MAX_PIECE_BYTES))):
                    size -= len(data)
                    yield data
                await _line(reader)
            return
        length = self.value("content-length")
        # An endless stream has none, though some cameras send one.
        is_endless = self.value("content-type").lower().startswith("multipart/")
        is_length = length.isdecimal() and len(length) <= _MAX_DIGITS
        has_length = is_length and not is_endless
        left = int(length) if has_length else sys.maxsize
        while left and (data := await reader.read(min(left, _MAX_PIECE_BYTES))):
            left -= len(data)
            yield data


def _is_status(text: str) -> bool:
    return len(text) == 3 and text.isascii() and text.isdecimal()


async def _line(reader: asyncio.StreamReader) -> bytes:
    try:
        line = await reader.readuntil(b"\n")
    except asyncio.LimitOverrunError as err:
        raise BadAnswerError from err
    if len(line) > _MAX_LINE_BYTES:
        raise BadAnswerError
    return line.strip()


def _chunk_size(line: bytes) -> int:
    try:
        size = int(line.partition(b";")[0], 16)
    except ValueError as err:
        raise BadAnswerError from err
    if size < 0:
        raise BadAnswerError
    return size
