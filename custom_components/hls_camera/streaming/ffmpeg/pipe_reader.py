"""Readers of the pipes that FFmpeg writes to."""

import asyncio
import os
from collections.abc import Callable
from contextlib import ExitStack
from typing import override

from .batched_pipe import BatchedPipe


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


class OutputPipe(PipeReader):
    """Passes on an output of FFmpeg, piece by piece.

    It is not one of asyncio's subprocess, which needs two turns of the event loop for each
    read.
    """

    def __init__(
        self,
        on_data: Callable[[bytes], None],
        patience: Callable[[], float] | None = None,
        *,
        capacity: int | None = None,
    ) -> None:
        """Call `on_data` with each piece.

        With `patience`, data may wait, as in `BatchedPipe`.
        """
        super().__init__()
        self._on_data = on_data
        self._patience = patience
        self._capacity = capacity
        self._batches: BatchedPipe | None = None

    def take_now(self) -> None:
        """Pass on the data of this batch, and begin the next one."""
        if self._batches is not None and (data := self._batches.take_now()):
            self._on_data(data)

    def read_now(self) -> None:
        """Read the data of this batch now."""
        if self._batches is not None:
            self._batches.read_now()

    def read_to_the_end(self) -> None:
        """Read everything at once from now on: the writer is about to end."""
        if self._batches is not None:
            self._batches.read_to_the_end()

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        if self._patience is not None and isinstance(transport, asyncio.ReadTransport):
            self._batches = BatchedPipe(
                transport, self._patience, capacity=self._capacity
            )

    @override
    def data_received(self, data: bytes) -> None:
        self._on_data(data)
        if self._batches is not None:
            self._batches.took(len(data))
