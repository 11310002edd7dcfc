"""A strict viewer, which follows a stream's playlist like a low-latency player."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

from custom_components.hls_camera.streaming.camera.camera import Camera
from custom_components.hls_camera.streaming.media.boxes import iter_boxes
from custom_components.hls_camera.streaming.outputs.hls_playlist import (
    MEDIA_PLAYLIST,
    MULTIVARIANT_PLAYLIST,
)
from tests.streaming import rfc8216
from tests.streaming.rfc8216 import Playlist, Segment

_NOT_YET = 503


@dataclass(frozen=True, slots=True)
class Sight:
    """A partial segment that a viewer received."""

    time: float
    """The time of its arrival (`time.monotonic`)."""
    msn: int
    index: int
    duration: float
    independent: bool
    discontinuity: int
    """Discontinuities before it, since the start of the stream."""
    map_uri: str


class Viewer:
    """Reloads the playlist, requests each new part, and checks all responses.

    A violation ends it with an AssertionError, which `wait_for` and `stop` raise.
    """

    def __init__(self, stream: Camera, *, keep: bool = True) -> None:
        """Open the stream, which wakes it. Keep all parts, or only the newest."""
        self.sights: list[Sight] = []
        """The received parts, oldest first."""
        self.total_parts = 0
        self.unavailable = 0
        """The number of responses with "not yet"."""
        self._stream = stream
        self._keep = keep
        self._token = stream.open_viewer()
        self._playlist: Playlist | None = None
        self._maps: set[str] = set()
        self._changed = asyncio.Event()
        self._task = asyncio.create_task(self._follow())

    @property
    def latest(self) -> Sight:
        """The newest part."""
        return self.sights[-1]

    def longest_gap(self, since: float) -> float:
        """Return the longest time without a new part, among those that ended after a moment."""
        times = [sight.time for sight in self.sights]
        gaps = (later - earlier for earlier, later in pairwise(times) if later > since)
        return max(gaps, default=0.0)

    async def wait_for(self, is_met: Callable[[], bool], seconds: float) -> None:
        """Wait until a condition is true that depends on new parts."""
        async with asyncio.timeout(seconds):
            while not is_met():
                changed = asyncio.create_task(self._changed.wait())
                try:
                    await asyncio.wait(
                        {changed, self._task}, return_when=asyncio.FIRST_COMPLETED
                    )
                finally:
                    changed.cancel()
                if self._task.done():
                    self._task.result()

    async def stop(self) -> None:
        """Close the player."""
        if not self._task.done():
            self._task.cancel()
        results = await asyncio.gather(self._task, return_exceptions=True)
        for result in results:
            if not isinstance(result, asyncio.CancelledError) and isinstance(
                result, BaseException
            ):
                raise result

    async def _follow(self) -> None:
        await self._get(MULTIVARIANT_PLAYLIST)
        query: dict[str, str] = {}
        while True:
            text = await self._get(MEDIA_PLAYLIST, query)
            playlist = rfc8216.parse(text.decode())
            if self._playlist is not None:
                rfc8216.check_succession(self._playlist, playlist)
            self._playlist = playlist
            for segment in playlist.segments:
                await self._take(segment)
            newest = playlist.segments[-1]
            msn, part = newest.msn, len(newest.parts)
            if newest.uri is not None:
                msn, part = newest.msn + 1, 0
            query = {"_HLS_msn": str(msn), "_HLS_part": str(part)}

    async def _get(self, resource: str, query: dict[str, str] | None = None) -> bytes:
        """Request until there is a response, like players; requests wait, without polling."""
        while True:
            asked = time.monotonic()
            answer = await self._stream.deliver(self._token, resource, query or {}, {})
            if answer.status == 200:
                return b"".join(answer.body)
            assert answer.status == _NOT_YET, f"{answer.status} for {resource}"
            assert self._stream.main.is_running, f"given up: {self._stream.main.reason}"
            assert time.monotonic() - asked > 0.5, f"{resource} was not held"
            self.unavailable += 1

    async def _take(self, segment: Segment) -> None:
        """Request the new parts."""
        known = (-1, -1)
        if self.sights:
            known = (self.latest.msn, self.latest.index)
        for index, part in enumerate(segment.parts):
            if (segment.msn, index) <= known:
                continue
            if segment.map_uri not in self._maps:
                assert b"moov" in await self._get(segment.map_uri)
                self._maps.add(segment.map_uri)
            boxes = iter_boxes(await self._get(part.uri))
            assert [box_type for box_type, _ in boxes] == [b"moof", b"mdat"]
            discontinuity = segment.discontinuity_sequence
            if not self.sights or self.latest.discontinuity != discontinuity:
                assert part.independent, "a new timeline begins with a keyframe"
            if not self._keep:
                self.sights.clear()
                self._maps = {segment.map_uri}
            self.total_parts += 1
            self.sights.append(
                Sight(
                    time=time.monotonic(),
                    msn=segment.msn,
                    index=index,
                    duration=part.duration,
                    independent=part.independent,
                    discontinuity=discontinuity,
                    map_uri=segment.map_uri,
                )
            )
            self._changed.set()
            self._changed = asyncio.Event()
