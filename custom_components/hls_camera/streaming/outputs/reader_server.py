"""An address on this machine at which programs of our own user read a camera.

It stays the same while the camera is open, whatever its streams do. FFmpeg gets MP4, where its
first packet is out soonest; other programs, such as go2rtc, get MPEG-TS.
"""

import asyncio
import re
from collections.abc import AsyncGenerator, Callable
from functools import partial
from typing import Final

from ..errors import HlsCameraError
from ..media.endless import Format
from ..sources.loopback import LoopbackServer
from .file_delivery import MAX_UNSENT, deliver_file, keep_little_unsent

_FFMPEG: Final = re.compile(rb"\r\nuser-agent: *lavf/", re.IGNORECASE)
_ENDINGS: Final = {b".ts": Format.MPEG_TS, b".mp4": Format.MP4}
"""Endings of the path with which a reader chooses the format."""

type OpenFile = Callable[[Format], AsyncGenerator[bytes]]
"""Returns an endless file for a new reader."""


class ReaderServer:
    """Serves endless files at one address, which is made when it is first asked for."""

    def __init__(self, open_file: OpenFile) -> None:
        """Begin without an address."""
        self._open_file = open_file
        self._server: LoopbackServer | None = None
        self._opening = asyncio.Lock()

    async def url(self) -> str:
        """Return the address.

        Raises:
            OSError: the system has no port, or no loopback interface.

        """
        async with self._opening:
            if self._server is None:
                self._server = await LoopbackServer.open(self._serve)
            return f"http://{self._server.address}"

    async def close(self) -> None:
        """Disconnect all readers; the address is no longer valid."""
        async with self._opening:
            if self._server is not None:
                await self._server.close()
            self._server = None

    async def _serve(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        request = await reader.readuntil(b"\r\n\r\n")
        wanted = self._format_of(request)
        if wanted is None:
            await _answer(writer, "404 Not Found")
            return
        await deliver_file(
            partial(self._open_file, wanted), _Connection(writer, wanted.content_type)
        )

    def _format_of(self, request: bytes) -> Format | None:
        """Return the format that a request is answered with; None for another path."""
        assert self._server is not None
        method, path, *_ = (*request.split(b" ", 2), b"", b"")
        own = self._server.path.encode()
        if method != b"GET" or not path.startswith(own):
            return None
        ending = path.removeprefix(own)
        if not ending:
            return Format.MP4 if _FFMPEG.search(request) else Format.MPEG_TS
        return _ENDINGS.get(ending)


class _Connection:
    """A reader's connection, which is closed afterwards."""

    def __init__(self, writer: asyncio.StreamWriter, content_type: str) -> None:
        """Answer with a file of that type."""
        writer.transport.set_write_buffer_limits(high=MAX_UNSENT)
        keep_little_unsent(writer.transport, MAX_UNSENT)
        self._writer = writer
        self._content_type = content_type

    async def refuse(self, _error: HlsCameraError) -> None:
        await _answer(self._writer, "503 Service Unavailable")

    async def begin(self) -> None:
        await _answer(self._writer, "200 OK", self._content_type)

    async def write(self, data: bytes) -> None:
        self._writer.write(data)
        await self._writer.drain()

    async def end(self) -> None:
        """Do nothing: the connection ends with the file."""

    def abort(self) -> None:
        # Closing would wait for a reader that takes nothing.
        self._writer.transport.abort()


async def _answer(
    writer: asyncio.StreamWriter, status: str, content_type: str | None = None
) -> None:
    lines = [f"HTTP/1.1 {status}", "Connection: close", "Cache-Control: no-store"]
    if content_type:
        lines.append(f"Content-Type: {content_type}")
    writer.write("\r\n".join([*lines, "", ""]).encode())
    await writer.drain()
