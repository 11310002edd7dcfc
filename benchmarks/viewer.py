"""Viewers that send the requests of a low-latency hls.js, in a separate program.

`python -m benchmarks.viewer SETTLE SECONDS` prints a line when it is ready, reads a line of
JSON with addresses, watches each of them, prints a line when that has settled, and a line of
JSON with the results at the end.
"""

import asyncio
import json
import sys
import time
import zlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Final
from urllib.parse import urljoin

import aiohttp

from .media_playlist import MediaPlaylist, Part, Position, parse
from .playback import Playback

READY: Final = "ready"
SETTLED: Final = "settled"
_GZIP: Final = 16 + zlib.MAX_WBITS
_AGAIN_SECONDS: Final = 1.0
"""Seconds that hls.js waits after an error."""


@dataclass(slots=True)
class Seen:
    """The results of all viewers; times are on the monotonic clock, in seconds."""

    playlists: list[tuple[str, float]] = field(default_factory=list)
    """The requested part of a playlist, and the time of the response."""
    parts: list[tuple[str, float]] = field(default_factory=list)
    """A part, and the time at which it was complete."""
    first_parts: list[float] = field(default_factory=list)
    """The time of each viewer's first part, even before settling."""
    requests: int = 0
    playlist_bytes: int = 0
    """Bytes of bodies as sent."""
    plain_playlist_bytes: int = 0
    """The same, uncompressed."""
    header_bytes: int = 0
    """Bytes of response headers."""
    media_bytes: int = 0
    errors: int = 0
    stalls: int = 0
    stalled: float = 0.0
    """Seconds."""
    own_load: float = 0.0
    """CPU cores used by the viewers."""


class Viewer:
    """Reads the playlist of one stream part by part, and requests each part."""

    def __init__(self, http: aiohttp.ClientSession, address: str, seen: Seen) -> None:
        self.seen = seen
        """The counters."""
        self.playback = Playback()
        self._http = http
        self._address = address
        self._media = ""
        """The address of the media playlist."""
        self._listed: asyncio.Queue[Part] = asyncio.Queue()
        self._has_begun = False

    async def run(self) -> None:
        """Watch until cancelled, and start again after an error."""
        while True:
            try:
                await self._watch()
            except* aiohttp.ClientError:
                self.seen.errors += 1
                await asyncio.sleep(_AGAIN_SECONDS)

    async def _watch(self) -> None:
        multivariant = _plain(await self._get(self._address)).decode()
        names = [
            line for line in multivariant.splitlines() if line[:1] not in {"", "#"}
        ]
        self._media = urljoin(self._address, names[0])
        self._listed = asyncio.Queue()
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._fetch_parts())
            await self._follow()

    async def _follow(self) -> None:
        """Read playlists, and put their new parts into the queue."""
        playlist = await self._playlist()
        await self._get(urljoin(self._media, playlist.map_uri))
        for part in _newest(playlist):
            self._listed.put_nowait(part)
        while True:
            following = playlist.following
            playlist = await self._playlist(following)
            for part in playlist.parts:
                if part.position >= following:
                    self._listed.put_nowait(part)

    async def _fetch_parts(self) -> None:
        while True:
            part = await self._listed.get()
            data = await self._get(urljoin(self._media, part.uri))
            now = time.monotonic()
            if not self._has_begun:
                self._has_begun = True
                self.seen.first_parts.append(now)
            self.seen.media_bytes += len(data)
            self.seen.parts.append((str(part.position), now))
            self.playback.add(part.duration, now)

    async def _playlist(self, following: Position | None = None) -> MediaPlaylist:
        query = ""
        if following is not None:
            query = f"?_HLS_msn={following.msn}&_HLS_part={following.part}"
        body = await self._get(self._media + query)
        self.seen.playlist_bytes += len(body)
        body = _plain(body)
        self.seen.plain_playlist_bytes += len(body)
        if following is not None:
            self.seen.playlists.append((str(following), time.monotonic()))
        return parse(body.decode())

    async def _get(self, url: str) -> bytes:
        async with self._http.get(url) as response:
            response.raise_for_status()
            body = await response.read()
        self.seen.requests += 1
        self.seen.header_bytes += sum(
            len(name) + len(value) + 4 for name, value in response.raw_headers
        )
        return body


def _plain(body: bytes) -> bytes:
    """Return the text of a playlist that may be compressed."""
    is_compressed = body.startswith(b"\x1f\x8b")
    return zlib.decompress(body, wbits=_GZIP) if is_compressed else body


def _newest(playlist: MediaPlaylist) -> list[Part]:
    """Return the parts with which a player starts: as many as the hold-back covers."""
    newest: list[Part] = []
    for part in reversed(playlist.parts):
        newest.insert(0, part)
        if sum(each.duration for each in newest) >= playlist.part_hold_back:
            break
    return newest


async def _sleep(seconds: float, tasks: Sequence[asyncio.Task[None]]) -> None:
    """Sleep, or raise the error of a viewer."""
    ended, _ = await asyncio.wait(
        tasks, timeout=seconds, return_when=asyncio.FIRST_COMPLETED
    )
    for task in ended:
        task.result()


async def _main(settle: float, seconds: float) -> Seen:
    seen = Seen()
    async with aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=0),
        headers={"Accept-Encoding": "gzip, deflate"},
        auto_decompress=False,
    ) as http:
        print(READY, flush=True)
        addresses = json.loads(await asyncio.to_thread(sys.stdin.readline))
        viewers = [Viewer(http, address, seen) for address in addresses]
        tasks = [asyncio.create_task(viewer.run()) for viewer in viewers]
        await _sleep(settle, tasks)
        seen = Seen(first_parts=seen.first_parts)
        for viewer in viewers:
            viewer.seen = seen
            viewer.playback.forget_stalls()
        print(SETTLED, flush=True)
        before = time.process_time()
        await _sleep(seconds, tasks)
        seen.own_load = (time.process_time() - before) / seconds
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    seen.stalls = sum(viewer.playback.stalls for viewer in viewers)
    seen.stalled = sum(viewer.playback.stalled for viewer in viewers)
    return seen


if __name__ == "__main__":
    found = asyncio.run(_main(float(sys.argv[1]), float(sys.argv[2])))
    print(json.dumps(asdict(found)))
