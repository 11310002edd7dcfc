"""A pipe that is read in batches while nobody waits for its data.

FFmpeg writes each packet at once. A wake-up for each packet costs more than reading it,
and one wake-up for several packets costs as much as one for a single packet.
"""

import asyncio
import fcntl
from collections.abc import Callable
from typing import Final

_CAPACITY_BYTES: Final = 1024 * 1024
"""Bytes that a pipe holds meanwhile: the most that Linux grants to any user."""
SMALL_CAPACITY_BYTES: Final = 64 * 1024
"""Bytes that any pipe holds: there may be only so many large ones."""
_MAX_READ_BYTES: Final = 256 * 1024
"""Bytes; asyncio's. After such a read there may be more."""


class BatchedPipe:
    """The reading end of a pipe."""

    def __init__(
        self,
        transport: asyncio.ReadTransport,
        patience: Callable[[], float],
        *,
        capacity: int | None = None,
    ) -> None:
        """Control a transport's reading.

        After each read, `patience` returns the seconds until the next one; at 0.0, data
        are read as soon as they come. The pipe holds `capacity` bytes meanwhile.
        """
        self._transport = transport
        self._patience = patience
        self._capacity = capacity or _CAPACITY_BYTES
        self._may_batch = _grow(transport, self._capacity)
        self._taken = 0
        """Bytes since the latest batch began."""
        self._timer: asyncio.TimerHandle | None = None

    def took(self, count: int) -> None:
        """Note that so many bytes were read, and begin the next batch."""
        self._taken += count
        patience = self._patience() if self._may_batch else 0.0
        if patience <= 0:
            self._taken = 0
        elif self._taken > self._capacity // 2:
            # A writer must never wait for us: this one writes too much.
            self._may_batch = False
        elif self._timer is None and count < _MAX_READ_BYTES:
            self._transport.pause_reading()
            self._begin_batch(patience)

    def _begin_batch(self, patience: float) -> None:
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(patience, self.read_now)

    def read_now(self) -> None:
        """Read the data of this batch now."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
            self._taken = 0
            self._transport.resume_reading()

    def take_now(self) -> bytes:
        """Return the data of this batch, which ends now, and begin the next one."""
        if self._timer is None:
            return b""
        data: bytes = self._transport.get_extra_info("pipe").read(self._capacity) or b""
        if data:
            self._timer.cancel()
            self._begin_batch(self._patience())
        return data

    def read_to_the_end(self) -> None:
        """Read everything at once from now on: the writer is about to end."""
        self._may_batch = False
        self.read_now()


def _grow(transport: asyncio.ReadTransport, capacity: int) -> bool:
    """Enlarge the pipe; return whether it holds enough for batches."""
    if transport.is_closing():
        return False
    pipe = transport.get_extra_info("pipe")
    try:
        return fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, capacity) >= capacity
    except OSError, AttributeError:
        # Not on Linux, or too many pipes are large ones already.
        return False
