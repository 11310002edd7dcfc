"""The segments that wait for a destination, within limits."""

import asyncio
from collections import deque
from dataclasses import replace
from typing import Final

from .published_segment import PublishedSegment

_MAX_BYTES: Final = 32 * 1024 * 1024
_MAX_SEGMENTS: Final = 20


class SegmentQueue:
    """Keeps the newest segments; what does not fit is dropped, oldest first.

    The segment that is being published has its place beside those that wait.
    """

    def __init__(self) -> None:
        """Begin empty."""
        self.dropped = 0
        """Segments that were dropped."""
        self._waiting: deque[PublishedSegment] = deque()
        self._size = 0
        """Bytes that wait."""
        self._taken: PublishedSegment | None = None
        self._news = asyncio.Event()

    def put(self, segment: PublishedSegment) -> None:
        """Append a segment; drop the oldest ones if there are too many."""
        self._waiting.append(segment)
        self._size += len(segment.data)
        self._drop_surplus()
        self._news.set()

    async def first(self) -> PublishedSegment:
        """Return the first segment, as soon as there is one; it stays until `pop()`."""
        if self._taken is None:
            while not self._waiting:
                self._news.clear()
                await self._news.wait()
            self._taken = self._waiting.popleft()
            self._size -= len(self._taken.data)
        return self._taken

    def pop(self) -> None:
        """Remove the first segment, which was published."""
        self._taken = None

    def release(self) -> None:
        """Let the first segment wait again: it could not be published."""
        if self._taken is not None:
            self._waiting.appendleft(self._taken)
            self._size += len(self._taken.data)
            self._taken = None
            self._drop_surplus()

    def _drop_surplus(self) -> None:
        while len(self._waiting) > 1 and (
            self._size > _MAX_BYTES or len(self._waiting) > _MAX_SEGMENTS
        ):
            self._size -= len(self._waiting.popleft().data)
            self.dropped += 1
            self._waiting[0] = replace(self._waiting[0], is_discontinuous=True)
