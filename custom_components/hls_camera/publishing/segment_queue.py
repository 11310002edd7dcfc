"""The segments that wait for a destination, within limits."""

import asyncio
from collections import deque
from dataclasses import replace
from typing import Final

from .published_segment import PublishedSegment

_MAX_BYTES: Final = 32 * 1024 * 1024
_MAX_SEGMENTS: Final = 20


class SegmentQueue:
    """Keeps the newest segments; what does not fit is dropped, oldest first."""

    def __init__(self) -> None:
        """Begin empty."""
        self.dropped = 0
        """Segments that were dropped."""
        self._segments: deque[PublishedSegment] = deque()
        self._size = 0
        self._news = asyncio.Event()
        self._is_gap = False
        """Whether segments are missing before the first one."""

    def put(self, segment: PublishedSegment) -> None:
        """Append a segment; drop the oldest ones if there are too many."""
        self._segments.append(segment)
        self._size += len(segment.data)
        while self._is_too_full:
            self._drop_first()
        self._news.set()

    async def first(self) -> PublishedSegment:
        """Return the first segment, which stays, as soon as there is one."""
        while not self._segments:
            self._news.clear()
            await self._news.wait()
        first = self._segments[0]
        return replace(first, is_discontinuous=True) if self._is_gap else first

    def pop(self, segment: PublishedSegment) -> None:
        """Remove a segment that was published, unless it was dropped meanwhile."""
        if self._segments and self._segments[0].start == segment.start:
            self._segments.popleft()
            self._size -= len(segment.data)
            self._is_gap = False

    @property
    def _is_too_full(self) -> bool:
        if len(self._segments) <= 1:
            return False
        return self._size > _MAX_BYTES or len(self._segments) > _MAX_SEGMENTS

    def _drop_first(self) -> None:
        self._size -= len(self._segments.popleft().data)
        self.dropped += 1
        self._is_gap = True
