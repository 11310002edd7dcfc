"""An address on this machine at which programs of our own user read a camera.

It stays the same while the camera is open, whatever its streams do. FFmpeg gets MP4, where its
first packet is out soonest; other programs, such as go2rtc, get MPEG-TS.
"""

import asyncio
import re
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from typing import Final

from ..errors import HlsCameraError
from ..media.endless import Format
from ..sources.loopback import LoopbackServer

MAX_UNREAD_S: Final = 10.0
"""Seconds for which a reader may take nothing."""
_MAX_UNSENT: Final = 64 * 1024
"""Bytes in memory that a reader has not taken, beside its queue."""
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
        writer.transport.set_write_buffer_limits(high=_MAX_UNSENT)
        has_begun = False
        try:
            async with aclosing(self._open_file(wanted)) as file:
                async for data in file:
                    if not has_begun:
                        await _answer(writer, "200 OK", wanted.content_type)
                        has_begun = True
                    writer.write(data)
                    async with asyncio.timeout(MAX_UNREAD_S):
                        await writer.drain()
        except HlsCameraError, TimeoutError:
            if has_begun:
                # Closing would wait for a reader that takes nothing.
                writer.transport.abort()
                return
        if not has_begun:
            await _answer(writer, "503 Service Unavailable")

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


async def _answer(
    writer: asyncio.StreamWriter, status: str, content_type: str | None = None
) -> None:
    lines = [f"HTTP/1.1 {status}", "Connection: close", "Cache-Control: no-store"]
    if content_type:
        lines.append(f"Content-Type: {content_type}")
    writer.write("\r\n".join([*lines, "", ""]).encode())
    await writer.drain()
