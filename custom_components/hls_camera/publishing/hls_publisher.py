"""Publishes a stream as HLS at a destination."""

import math
import re
import secrets
import time
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final, NamedTuple, override

from ..streaming.live.stream import LiveStream
from ..streaming.media.fmp4 import InitSection
from ..streaming.outputs.hls_playlist import (
    MEDIA_PLAYLIST,
    MULTIVARIANT_PLAYLIST,
    MultivariantPlaylist,
    Variant,
)
from .destination import Destination, File
from .errors import PublishError
from .published_segment import PublishedSegment
from .publisher import Publisher
from .segment_joiner import SegmentJoiner
from .segment_list import ListedFile, SegmentList
from .segment_queue import SegmentQueue

_PLAYLIST_MAX_AGE_S: Final = 1
_SEGMENT_MAX_AGE_S: Final = 365 * 24 * 3600
"""No name is used twice."""
_OUR_NAME: Final = re.compile(r"\b[0-9a-f]{8}-(?:init-)?\d+\.(?:m4s|mp4)\b")
_MAX_RETIRED: Final = 1000
"""Files that wait for their removal."""
_REPEAT_S: Final = 60.0
"""Seconds after which files that rarely change are written again: somebody may delete them."""
_BANDWIDTH_MARGIN: Final = 1.25
"""BANDWIDTH is an upper bound: this much above the largest segment so far."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HlsOptions:
    """How to publish HLS."""

    segment_duration: float = 2.0
    """Seconds that a segment lasts at least."""
    listed: int = 6
    """Segments in the playlist."""


class _Retired(NamedTuple):
    """A file that is no longer listed."""

    name: str
    remove_at: float
    """The clock's time until which players may still fetch it."""


class HlsPublisher(Publisher):
    """Puts each segment, and then a playlist that lists it."""

    def __init__(
        self,
        destination: Destination,
        options: HlsOptions,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Publish at `destination`; `clock` returns seconds that only ever go up."""
        self._destination = destination
        self._options = options
        self._clock = clock
        self._prefix = secrets.token_hex(4)
        """The start of each segment's name: no cache confuses two publications."""
        self._queue = SegmentQueue()
        self._joiner = SegmentJoiner(self._queue.put, duration=options.segment_duration)
        self._list: SegmentList | None = None
        """None until it is known what is at the destination from before."""
        self._init: InitSection | None = None
        self._init_number = 0
        self._segment_number = 0
        self._variant: Variant | None = None
        self._repeat_at = -math.inf
        """The clock's time from which files that rarely change are written again."""
        self._retired: deque[_Retired] = deque(maxlen=_MAX_RETIRED)

    @property
    @override
    def dropped(self) -> int:
        return self._queue.dropped

    @override
    async def publish(self, live: LiveStream, published: Callable[[int], None]) -> None:
        detach = live.attach(self._joiner)
        try:
            if self._list is None:
                self._list = await self._take_over()
            while True:
                segment = await self._queue.first()
                self._list = await self._put(segment, self._list)
                self._queue.pop()
                published(len(segment.data))
                await self._remove_retired()
        finally:
            detach()
            self._queue.release()

    @override
    async def finish(self) -> None:
        if self._list is not None and self._list.files:
            await self._put_playlist(self._list, has_ended=True)

    @override
    async def remove(self) -> None:
        names = {each.name for each in self._retired} | await self._names_there()
        for name in (MULTIVARIANT_PLAYLIST, MEDIA_PLAYLIST, *sorted(names)):
            await self._destination.remove(name)

    @override
    async def close(self) -> None:
        await self._destination.close()

    # Inside

    async def _take_over(self) -> SegmentList:
        """Retire what is there from before, and continue its numbers."""
        before = await self._destination.get(MEDIA_PLAYLIST) or b""
        self._retire(await self._names_there(), math.ceil(self._longest_list))
        return SegmentList.after(
            before.decode(errors="replace"),
            target_duration=math.ceil(self._options.segment_duration),
        )

    async def _names_there(self) -> set[str]:
        """Return the names of our files at the destination, as far as they are known."""
        playlist = await self._destination.get(MEDIA_PLAYLIST) or b""
        listed = _OUR_NAME.findall(playlist.decode(errors="replace"))
        there = await self._destination.names()
        return {*listed, *filter(_OUR_NAME.fullmatch, there)}

    async def _put(self, segment: PublishedSegment, before: SegmentList) -> SegmentList:
        """Put a segment and what players need for it; return the list with it.

        If it fails, the same names are written again.
        """
        is_new_init = segment.init != self._init
        init_number = self._init_number + is_new_init
        init_name = f"{self._prefix}-init-{init_number}.mp4"
        is_due = self._clock() >= self._repeat_at
        if is_new_init or is_due:
            await self._destination.put(_media(init_name, segment.init.data))
        number = self._segment_number + 1
        name = f"{self._prefix}-{number}.m4s"
        await self._destination.put(_media(name, segment.data))
        file = ListedFile(
            name=name,
            init_name=init_name,
            start=segment.start,
            duration=segment.duration,
            size=len(segment.data),
            is_discontinuous=segment.is_discontinuous,
        )
        after = before.appended(file, at_most=self._options.listed)
        await self._put_playlist(after)
        await self._put_multivariant(segment, is_due=is_due)
        if is_due:
            self._repeat_at = self._clock() + _REPEAT_S
        self._init, self._init_number = segment.init, init_number
        self._segment_number = number
        self._retire(before.names - after.names, self._longest_list)
        return after

    async def _put_playlist(
        self, segments: SegmentList, *, has_ended: bool = False
    ) -> None:
        text = segments.playlist(has_ended=has_ended).render()
        await self._destination.put(_playlist(MEDIA_PLAYLIST, text))

    async def _put_multivariant(
        self, segment: PublishedSegment, *, is_due: bool
    ) -> None:
        """Put the multivariant playlist if what it says has changed, or if it is due."""
        variant, init = self._variant, segment.init
        rate = math.ceil(8 * len(segment.data) / segment.duration)
        is_same = variant is not None and variant.codecs == init.codecs
        if variant is None or not is_same or rate > variant.bandwidth:
            variant = Variant(
                uri=MEDIA_PLAYLIST,
                bandwidth=math.ceil(_BANDWIDTH_MARGIN * rate),
                average_bandwidth=rate,
                codecs=init.codecs,
                width=init.video.width,
                height=init.video.height,
            )
        elif not is_due:
            return
        self._variant = None
        text = MultivariantPlaylist(variants=[variant]).render()
        await self._destination.put(_playlist(MULTIVARIANT_PLAYLIST, text))
        self._variant = variant

    @property
    def _longest_list(self) -> float:
        """Seconds for which a player may still fetch what it has read in a playlist.

        That is the segment's duration and the longest playlist's (RFC 8216bis, 6.2.2).
        """
        return (self._options.listed + 1) * self._joiner.longest

    def _retire(self, names: Iterable[str], seconds: float) -> None:
        remove_at = self._clock() + seconds
        self._retired.extend(_Retired(name, remove_at) for name in sorted(names))

    async def _remove_retired(self) -> None:
        """Remove one file whose time is over; one that stays is tried again later."""
        now = self._clock()
        while self._retired and self._retired[0].remove_at <= now:
            name = self._retired[0].name
            self._retired.popleft()
            try:
                await self._destination.remove(name)
            except PublishError:
                self._retire([name], self._longest_list)
                return


def _media(name: str, data: bytes) -> File:
    return File(name, data, "video/mp4", _SEGMENT_MAX_AGE_S)


def _playlist(name: str, text: str) -> File:
    return File(
        name, text.encode(), "application/vnd.apple.mpegurl", _PLAYLIST_MAX_AGE_S
    )
