"""A pipe for an output of FFmpeg beside its standard output."""

import asyncio
from collections.abc import Callable
from typing import override


class SidePipe(asyncio.Protocol):
    """The reading end of such a pipe."""

    def __init__(self, on_data: Callable[[bytes], None]) -> None:
        """Call `on_data` with each piece."""
        self._on_data = on_data
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
    def data_received(self, data: bytes) -> None:
        self._on_data(data)

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        self._end.set()
