"""Readers of the pipes that FFmpeg writes to."""

import asyncio
import os
from collections.abc import Callable
from contextlib import ExitStack
from typing import override


async def open_pipe(reader: asyncio.Protocol, write_ends: ExitStack) -> int:
    """Return the writing end of a new pipe, which `write_ends` closes."""
    read_end, write_end = os.pipe()
    write_ends.callback(os.close, write_end)
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: reader, os.fdopen(read_end, "rb", buffering=0)
    )
    return write_end


class PipeReader(asyncio.Protocol):
    """The reading end of a pipe, until its writer is gone."""

    def __init__(self) -> None:
        """Wait for a pipe."""
        self._is_open = False
        self._end = asyncio.Event()

    async def finish(self) -> None:
        """Return when everything was read; the writer is gone."""
        if self._is_open:
            await self._end.wait()

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._is_open = True

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        self._end.set()


class SidePipe(PipeReader):
    """Reads an output of FFmpeg beside its standard output."""

    def __init__(self, on_data: Callable[[bytes], None]) -> None:
        """Call `on_data` with each piece."""
        super().__init__()
        self._on_data = on_data

    @override
    def data_received(self, data: bytes) -> None:
        self._on_data(data)
