"""A stream of ours as an input of another FFmpeg: one connection to the camera feeds both.

It reads the players' media over HTTP, from the newest keyframe on, as one endless file.
"""

import asyncio
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, aclosing, suppress
from dataclasses import dataclass
from typing import Final, Self, override

from ..errors import StreamStoppedError
from ..live.following import follow
from ..live.window import Window
from ..sources.input import Input, OpenInput, ReadOptions
from ..sources.loopback import LoopbackEndpoint
from ..sources.read_arguments import read_arguments
from ..sources.source import Source
from .file_delivery import MAX_UNSENT, keep_little_unsent

_MAX_ANSWER_S: Final = 6 * 3600.0
"""Seconds that one answer lasts."""
_HEAD: Final = (
    b"HTTP/1.1 200 OK\r\nContent-Type: video/mp4\r\nConnection: close\r\n\r\n"
)


type Lease = Callable[[], AbstractContextManager[None]]
"""Keeps a stream awake."""


@dataclass(frozen=True, slots=True)
class RelayInput(Input):
    """A stream of ours, read from its newest keyframe on."""

    window: Window
    lease: Lease
    """Entered for as long as FFmpeg reads the stream."""
    skipped: Callable[[int], None] | None = None
    """Called with the number of segments that FFmpeg was too slow for."""

    @override
    async def open(self, options: ReadOptions) -> OpenInput:
        relay = await Relay.open(self.window, self.lease, self.skipped)
        arguments = read_arguments(Source(url=relay.url), options)
        return OpenInput([*arguments, "-i", relay.url], [relay])

    @override
    def __str__(self) -> str:
        return "a stream of ours"


class Relay(LoopbackEndpoint):
    """Serves a window's media."""

    shown_url = "http://127.0.0.1/"

    def __init__(
        self, window: Window, lease: Lease, skipped: Callable[[int], None] | None
    ) -> None:
        """Use `open()` instead."""
        self._window = window
        self._lease = lease
        self._skipped = skipped

    @classmethod
    async def open(
        cls,
        window: Window,
        lease: Lease,
        skipped: Callable[[int], None] | None = None,
    ) -> Self:
        """Listen; `lease` is entered for as long as somebody reads, or waits for media.

        `skipped` is called with the number of segments that a reader was too slow for.

        Raises:
            OSError: the system has no port, or no loopback interface.

        """
        relay = cls(window, lease, skipped)
        return await relay._listen(relay._serve)

    async def _serve(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        request = await reader.readuntil(b"\r\n\r\n")
        if request.split(b" ", 2)[1:2] == [self._server.path.encode()]:
            with self._lease():
                await self._send(writer)

    async def _send(self, writer: asyncio.StreamWriter) -> None:
        """Send one run's media: another run would need another init section.

        Not for ever: FFmpeg remembers each frame of a file, some eight megabytes an hour.
        """
        until = time.monotonic() + _MAX_ANSWER_S
        keep_little_unsent(writer.transport, MAX_UNSENT)
        writer.write(_HEAD)
        with suppress(StreamStoppedError):
            first = await self._window.wait_keyframe(*self._window.run_start)
            writer.write(first.init.data)
            async with aclosing(
                follow(self._window, first, skipped=self._skipped)
            ) as parts:
                async for init, part in parts:
                    if init is not first.init or time.monotonic() > until:
                        return
                    writer.write(part.data)
                    await writer.drain()
