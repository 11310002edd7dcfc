"""The memory that FFmpeg may allocate, and the largest picture that fits into it."""

import contextlib
import os
from functools import cache
from pathlib import Path
from typing import Final

_MAX_BYTES: Final = 2 * 1024**3
"""Of data that a child may allocate; encoding 4K takes about half of it."""
_MIN_BYTES: Final = 512 * 1024**2
"""The least that FFmpeg gets on any machine: with less, it shows no camera."""
_BYTES_PER_PIXEL: Final = 64
"""Of a child's memory: 8K takes all of the maximum, 4K all of the minimum."""
_CONTAINER_LIMITS: Final = (
    Path("/sys/fs/cgroup/memory.max"),
    Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"),
)
"""Linux: the memory of the container that we run in (cgroup version 2, and 1)."""


@cache
def memory_limit() -> int:
    """Return the bytes that a child may allocate: half of the machine's, within bounds."""
    return min(max(_memory() // 2, _MIN_BYTES), _MAX_BYTES)


def max_pixels() -> int:
    """Return the pixels of the largest picture that can be decoded within that memory."""
    return memory_limit() // _BYTES_PER_PIXEL


def limit_pixels() -> list[str]:
    """Return FFmpeg's arguments that refuse pictures too large to be decoded here."""
    return ["-max_pixels:v", str(max_pixels())]


def _memory() -> int:
    """Return the bytes of memory that the machine has, or lets our container have."""
    found = [os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")]
    for path in _CONTAINER_LIMITS:
        # It may not be there, and has "max" instead of a limit.
        with contextlib.suppress(OSError, ValueError):
            found.append(int(path.read_text("ascii")))
    return min(found)


# Reads files: now, as Home Assistant imports outside its event loop, and never again.
memory_limit()
