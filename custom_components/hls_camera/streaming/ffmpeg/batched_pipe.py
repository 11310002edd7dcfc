"""What a program writes gathers in its pipe while nobody waits for it.

FFmpeg writes a fragment per frame. To be woken for each costs more than to read them,
and one wake-up for the frames of a moment costs as much as one for a single frame.
"""

import asyncio
import fcntl
from collections.abc import Callable
from typing import Final

_CAPACITY: Final = 1024 * 1024
"""Bytes that a pipe holds meanwhile: as much as Linux grants to everybody."""
_LARGEST_READ: Final = 256 * 1024
"""Bytes; asyncio's. After such a read there may be more."""
PERIOD: Final = 0.2
"""Seconds for which a pipe is left alone."""


class GatheringPipe:
    """The reading end of a pipe that is read at once while somebody waits for its data."""

    def __init__(
        self, transport: asyncio.ReadTransport, is_awaited: Callable[[], bool]
    ) -> None:
        """Take over a transport's reading; `is_awaited` is asked after each read."""
        self._transport = transport
        self._is_awaited = is_awaited
        self._may_gather = _grow(transport)
        self._taken = 0
        """Bytes since the pipe was left alone last."""
        self._timer: asyncio.TimerHandle | None = None

    @property
    def is_gathering(self) -> bool:
        """Whether the pipe is left alone for now."""
        return self._timer is not None

    def took(self, count: int) -> None:
        """Note that so many bytes were read, and leave the pipe alone for a while."""
        self._taken += count
        if not self._may_gather or self._is_awaited():
            self._taken = 0
        elif self._taken > _CAPACITY // 2:
            # A writer must never wait for us: this one writes too much.
            self._may_gather = False
        elif self._timer is None and count < _LARGEST_READ:
            self._transport.pause_reading()
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(PERIOD, self.read_now)

    def read_now(self) -> None:
        """Read what has gathered."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
            self._taken = 0
            self._transport.resume_reading()

    def read_to_the_end(self) -> None:
        """Read all that comes from now on at once: the writer is to end."""
        self._may_gather = False
        self.read_now()


def _grow(transport: asyncio.ReadTransport) -> bool:
    """Return whether the pipe holds enough to be left alone."""
    if transport.is_closing():
        return False
    pipe = transport.get_extra_info("pipe")
    try:
        return fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, _CAPACITY) >= _CAPACITY
    except OSError, AttributeError:
        # Not on Linux, or too many pipes are large ones already.
        return False
