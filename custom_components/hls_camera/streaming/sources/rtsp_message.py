"""RTSP on a connection: requests, answers and interleaved packets (RFC 2326)."""

import asyncio
import re
from dataclasses import dataclass
from typing import Final

MAX_HEAD_BYTES: Final = 16 * 1024
"""Bytes of a request's or an answer's head."""
_MAX_BODY_BYTES: Final = 256 * 1024
_MAX_DIGITS: Final = 20
"""Of a size: Python refuses to read thousands."""
_STATUS: Final = re.compile("[0-9]{1,3}")
_INTERLEAVED: Final = b"$"
_END_OF_HEAD: Final = (b"\r\n\r\n", b"\n\n")


class BadMessageError(Exception):
    """The other side does not speak RTSP."""


@dataclass(slots=True)
class RtspMessage:
    """A request or an answer."""

    start: str
    headers: list[str]
    body: bytes = b""

    def values(self, name: str) -> list[str]:
        """Return the values of all headers of a name, which is in lower case."""
        pairs = (line.partition(":") for line in self.headers)
        return [value.strip() for key, _, value in pairs if key.strip().lower() == name]

    def value(self, name: str) -> str:
        """Return the value of the first header of a name, empty where there is none."""
        return next(iter(self.values(name)), "")

    def without(self, name: str) -> list[str]:
        """Return the headers but those of a name, which is in lower case."""
        return [
            line
            for line in self.headers
            if line.partition(":")[0].strip().lower() != name
        ]

    def replace(self, name: str, value: str) -> None:
        """Set a header."""
        self.headers = [*self.without(name.lower()), f"{name}: {value}"]

    @property
    def is_answer(self) -> bool:
        """Whether it is no request."""
        return self.start.startswith("RTSP/")

    @property
    def status(self) -> int:
        """An answer's status."""
        return int(self.start.split(" ")[1])

    def to_bytes(self) -> bytes:
        """Return the message as bytes."""
        head = "\r\n".join([self.start, *self.headers, "", ""])
        return head.encode("utf-8", "surrogateescape") + self.body


async def read_message(reader: asyncio.StreamReader) -> RtspMessage | bytes:
    """Return the next message, or the next interleaved packet.

    Raises:
        BadMessageError: it is neither.
        asyncio.IncompleteReadError: the other side hung up.

    """
    first = await reader.readexactly(1)
    if first == _INTERLEAVED:
        head = await reader.readexactly(3)
        return first + head + await reader.readexactly(int.from_bytes(head[1:]))
    try:
        head = first + await reader.readuntil(_END_OF_HEAD)
    except asyncio.LimitOverrunError as err:
        raise BadMessageError from err
    lines = head.decode("utf-8", "surrogateescape").strip().splitlines() or [""]
    message = RtspMessage(lines[0], [line for line in lines[1:] if line])
    if len(head) > MAX_HEAD_BYTES or not _is_start(message.start):
        raise BadMessageError
    size = message.value("content-length")
    if size.isdecimal():
        if len(size) > _MAX_DIGITS or int(size) > _MAX_BODY_BYTES:
            raise BadMessageError
        message.body = await reader.readexactly(int(size))
    return message


def _is_start(line: str) -> bool:
    words = line.split(" ")
    if line.startswith("RTSP/"):
        return len(words) > 1 and _STATUS.fullmatch(words[1]) is not None
    return len(words) == 3 and words[2].startswith("RTSP/")
