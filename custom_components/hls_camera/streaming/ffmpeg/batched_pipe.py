"""A pipe that is read in batches while no viewer waits for its data.

FFmpeg writes each packet at once. To be woken for each costs more than to read them,
and one wake-up for the frames of a moment costs as much as one for a single frame.
"""

import asyncio
import fcntl
from collections.abc import Callable
from typing import Final

_CAPACITY_BYTES: Final = 1024 * 1024
"""Bytes that a pipe holds meanwhile: the most that Linux grants to any user."""
_MAX_READ_BYTES: Final = 256 * 1024
"""Bytes; asyncio's. After such a read there may be more."""
BATCH_PERIOD_S: Final = 0.2
"""Seconds from one batch to the next."""


class BatchedPipe:
    """The reading end of a pipe; while somebody waits for its data, it is read at once."""

    def __init__(
        self, transport: asyncio.ReadTransport, is_awaited: Callable[[], bool]
    ) -> None:
        """Take over a transport's reading; `is_awaited` is asked after each read."""
        self._transport = transport
        self._is_awaited = is_awaited
        self._may_batch = _grow(transport)
        self._taken = 0
        """Bytes since the latest batch began."""
        self._timer: asyncio.TimerHandle | None = None

    @property
    def is_batching(self) -> bool:
        """Whether data waits in the pipe for the next batch."""
        return self._timer is not None

    def took(self, count: int) -> None:
        """Note that so many bytes were read, and begin the next batch."""
        self._taken += count
        if not self._may_batch or self._is_awaited():
            self._taken = 0
        elif self._taken > _CAPACITY_BYTES // 2:
            # A writer must never wait for us: this one writes too much.
            self._may_batch = False
        elif self._timer is None and count < _MAX_READ_BYTES:
            self._transport.pause_reading()
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(BATCH_PERIOD_S, self.read_now)

    def read_now(self) -> None:
        """Read the data of this batch now."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
            self._taken = 0
            self._transport.resume_reading()

    def read_to_the_end(self) -> None:
        """Read everything at once from now on: the writer is about to end."""
        self._may_batch = False
        self.read_now()


def _grow(transport: asyncio.ReadTransport) -> bool:
    """Enlarge the pipe; return whether it holds enough for batches."""
    if transport.is_closing():
        return False
    pipe = transport.get_extra_info("pipe")
    try:
        return fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, _CAPACITY_BYTES) >= _CAPACITY_BYTES
    except OSError, AttributeError:
        # Not on Linux, or too many pipes are large ones already.
        return False
