"""A client that knows only HTTP and the rules of RFC 8216bis, and holds the server to them."""

import re
from itertools import pairwise
from typing import Final
from urllib.parse import urljoin

import aiohttp
import m3u8

from tests.streaming import rfc8216
from tests.streaming.rfc8216 import Playlist

_MIN_FILL: Final = 0.85
_ROUNDING: Final = 1e-5
"""Seconds; durations are written with five decimals."""
_CLOCK_ROUNDING: Final = 0.0011
"""Seconds; dates are written in milliseconds."""
_MAX_DRIFT: Final = 0.006
"""Seconds per second that the camera's clock may be followed by."""


class Reader:
    """Reads the playlists of one stream, each as soon as it has one part more."""

    def __init__(self, session: aiohttp.ClientSession) -> None:
        self._session = session
        self._media_address = ""
        self._playlist: Playlist | None = None
        self.count = 0
        """The number of playlists."""
        self.discontinuities = 0
        """The number that began while reading."""

    @property
    def playlist(self) -> Playlist:
        """The newest playlist."""
        assert self._playlist is not None
        return self._playlist

    @property
    def newest(self) -> tuple[int, int]:
        """Media sequence number and index of the newest part."""
        return _newest_part(self.playlist)

    async def open(self, address: str) -> None:
        """Get the multivariant playlist, and from it the first media playlist."""
        async with self._session.get(address) as response:
            assert response.status == 200
            multivariant = m3u8.loads(await response.text(), uri=str(response.url))
        assert multivariant.is_variant
        (variant,) = multivariant.playlists
        assert variant.stream_info.codecs
        self._media_address = variant.absolute_uri
        await self._load({})

    async def reload(self) -> None:
        """Get the playlist that has one part more."""
        msn, part = self.newest
        await self._load({"_HLS_msn": str(msn), "_HLS_part": str(part + 1)})

    async def read(self, seconds: float) -> None:
        """Reload until so many seconds of media have come."""
        end = _end(self.playlist) + seconds
        while _end(self.playlist) < end:
            await self.reload()

    async def fetch(self, name: str) -> tuple[int, bytes]:
        """Return status and body of a resource of a playlist."""
        async with self._session.get(urljoin(self._media_address, name)) as response:
            return response.status, await response.read()

    async def _load(self, query: dict[str, str]) -> None:
        async with self._session.get(self._media_address, params=query) as response:
            assert response.status == 200
            text = await response.text()
        former, self._playlist = self._playlist, rfc8216.parse(text)
        self.count += 1
        try:
            _check_parser(self.playlist, text)
            _check_durations(self.playlist)
            _check_clock(self.playlist)
            if former is not None:
                rfc8216.check_succession(former, self.playlist)
                _check_progress(former, self.playlist)
        except AssertionError as err:
            err.add_note(text)
            raise
        if former is not None:
            self.discontinuities += (
                self.playlist.segments[-1].discontinuity_sequence
                - former.segments[-1].discontinuity_sequence
            )


def _newest_part(playlist: Playlist) -> tuple[int, int]:
    segment = next(each for each in reversed(playlist.segments) if each.parts)
    return segment.msn, len(segment.parts) - 1


def _end(playlist: Playlist) -> float:
    """Return when the newest part ends, by the playlist's own dates."""
    segment = playlist.segments[-1]
    duration = segment.duration or sum(part.duration for part in segment.parts)
    return segment.date_time.timestamp() + duration


def _check_parser(playlist: Playlist, text: str) -> None:
    """Check that another reader understands the same."""
    parsed = m3u8.loads(text)
    whole = [segment for segment in playlist.segments if segment.uri is not None]
    assert whole, "a playlist without a whole segment"
    assert [each.uri for each in parsed.segments if each.uri] == [
        segment.uri for segment in whole
    ]
    assert parsed.media_sequence == playlist.media_sequence
    assert parsed.target_duration == playlist.target_duration
    assert not parsed.is_endlist


def _check_durations(playlist: Playlist) -> None:
    """Check the durations of parts (4.4.4.9), and that they make up their segment.

    One above the target, of a camera that stumbled, is listed with the target.
    """
    for segment in playlist.segments:
        for part in segment.parts[:-1]:
            assert part.independent or part.duration >= _MIN_FILL * playlist.part_target
        is_uneven = max((part.duration for part in segment.parts), default=0.0) >= (
            playlist.part_target - _ROUNDING
        )
        if segment.uri is not None and segment.parts and not is_uneven:
            total = sum(part.duration for part in segment.parts)
            assert abs(total - segment.duration) <= _ROUNDING * (len(segment.parts) + 1)
    if playlist.hold_back is not None:
        assert playlist.hold_back >= playlist.part_hold_back


def _check_clock(playlist: Playlist) -> None:
    """Check that dates go on as durations do (6.2.1)."""
    for segment, following in pairwise(playlist.segments):
        if following.discontinuity_sequence == segment.discontinuity_sequence:
            step = following.date_time - segment.date_time
            error = abs(step.total_seconds() - segment.duration)
            assert error <= _CLOCK_ROUNDING + _MAX_DRIFT * segment.duration


def _check_progress(former: Playlist, playlist: Playlist) -> None:
    """Check that one client that follows the other playlist finds the announced media."""
    before, newest = _newest_part(former), _newest_part(playlist)
    assert newest > before, "a blocking reload brings news"
    gone = [each for each in former.segments if each.msn < playlist.media_sequence]
    if gone:
        # 6.2.2: three target durations stay, at least.
        assert playlist.duration >= 3 * playlist.target_duration
    parts = {
        (segment.msn, index): part.uri
        for segment in playlist.segments
        for index, part in enumerate(segment.parts)
    }
    first = min(number for number in parts if number > before)
    if parts[first] != former.preload_hint:
        # A hint is void when its segment has ended: a keyframe came.
        assert former.segments[-1].uri is None
        assert re.search(rf"\D{before[0]}\.{before[1] + 1}\D", former.preload_hint)
        assert first == (before[0] + 1, 0)
