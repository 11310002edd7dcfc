"""What a stream answers over HTTP, whatever the web framework.

Playlists block until what was asked for is there (RFC 8216bis, 6.2.5.2); media never
change under their name.
"""

import asyncio
import math
import re
from collections.abc import Mapping
from typing import Final, NamedTuple, Protocol

from .errors import HlsCameraError, StreamNotReadyError, StreamStoppedError
from .playlist import media_playlist, multivariant_playlist
from .segmenter import MIN_FILL
from .window import Window

MULTIVARIANT_PLAYLIST: Final = "index.m3u8"
"""The resource that a player opens first."""
MEDIA_PLAYLIST: Final = "media.m3u8"

START_WAIT: Final = 20.0
"""Seconds a player's request waits for a stream that starts."""
_BLOCK_TARGETS: Final = 3
"""A playlist request is held for three target durations at most (6.2.5.2)."""
_MAX_DIGITS: Final = 12

_MEDIA = re.compile(
    r"(?P<prefix>[0-9a-f]+)-(?:init-(?P<init>\d{1,12})\.mp4"
    r"|(?P<msn>\d{1,12})(?:\.(?P<part>\d{1,12}))?\.m4s)",
    re.ASCII,
)

_PLAYLIST_HEADERS: Final = {
    "Content-Type": "application/vnd.apple.mpegurl",
    "Cache-Control": "no-cache",
}
_MEDIA_HEADERS: Final = {
    "Content-Type": "video/mp4",
    "Cache-Control": "public, max-age=3600, immutable",
}
_ERROR_HEADERS: Final = {"Cache-Control": "no-store"}


class _BadRequestError(HlsCameraError):
    """The client asks for what cannot be."""


_STATUS: Final[dict[type[HlsCameraError], int]] = {
    _BadRequestError: 400,
    StreamStoppedError: 404,
}
"""Any other error is a state that may pass: 503."""


class Delivery(NamedTuple):
    """An HTTP response."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Deliverable(Protocol):
    """The stream as delivery needs it."""

    @property
    def window(self) -> Window:
        """What can be fetched."""

    @property
    def frame_rate(self) -> float | None:
        """Frames per second, where known."""

    def touch(self, token: str) -> bool:
        """Note a viewer's request, wake an idle stream; False for a dead token."""


class _Directives(NamedTuple):
    """Delivery directives (6.2.5.2)."""

    msn: int | None
    part: int | None


async def deliver(
    stream: Deliverable,
    token: str,
    resource: str,
    query: Mapping[str, str],
    user_agent: str = "",
) -> Delivery:
    """Return the answer to a viewer's request for a resource; wait where it must."""
    try:
        if not stream.touch(token):
            return _error(404)
        if resource == MULTIVARIANT_PLAYLIST:
            return await _multivariant(stream)
        if resource == MEDIA_PLAYLIST:
            return await _media_playlist(stream.window, query, user_agent)
        return await _media(stream.window, resource)
    except HlsCameraError as err:
        return _error(_STATUS.get(type(err), 503))


def _error(status: int) -> Delivery:
    return Delivery(status, _ERROR_HEADERS, b"")


async def _ready(window: Window) -> None:
    """Wait until there is something to play."""
    try:
        async with asyncio.timeout(START_WAIT):
            await window.wait_ready()
    except TimeoutError:
        raise StreamNotReadyError from None


async def _block(window: Window, directives: _Directives) -> None:
    """Wait until the playlist has what the directives ask for."""
    await _ready(window)
    msn, part = directives
    if msn is None:
        return
    next_msn, next_part = window.next_part
    if msn > window.last_msn + 2 or (
        msn == next_msn and part is not None and part >= next_part + _limit(window)
    ):
        raise _BadRequestError
    try:
        async with asyncio.timeout(_BLOCK_TARGETS * window.target_duration):
            await window.wait_for(msn, part)
    except TimeoutError:
        raise StreamNotReadyError from None


def _limit(window: Window) -> int:
    """Return how many parts ahead may be asked for (Advance Part Limit, 6.2.5.2).

    It is three seconds' worth. hls.js, when not in low-latency mode, asks for the last
    part of a segment that has only begun: a whole segment's worth is answered, too.
    """
    longest = (window.target_duration + 0.5) / (MIN_FILL * window.part_target)
    three_seconds = 3 / min(window.part_target, 1.0)
    return math.ceil(max(three_seconds, longest))


def _directives(query: Mapping[str, str]) -> _Directives:
    values: list[int | None] = []
    for name in ("_HLS_msn", "_HLS_part"):
        text = query.get(name)
        if text is None:
            values.append(None)
        elif text.isascii() and text.isdecimal() and len(text) <= _MAX_DIGITS:
            values.append(int(text))
        else:
            raise _BadRequestError
    directives = _Directives(*values)
    if directives.msn is None and directives.part is not None:
        raise _BadRequestError
    return directives


async def _multivariant(stream: Deliverable) -> Delivery:
    await _ready(stream.window)
    playlist = multivariant_playlist(stream.window, MEDIA_PLAYLIST, stream.frame_rate)
    if playlist is None:
        raise StreamNotReadyError
    return Delivery(200, _PLAYLIST_HEADERS, playlist.render().encode())


async def _media_playlist(
    window: Window, query: Mapping[str, str], user_agent: str
) -> Delivery:
    await _block(window, _directives(query))
    playlist = media_playlist(window, with_hold_back="AppleCoreMedia" not in user_agent)
    return Delivery(200, _PLAYLIST_HEADERS, playlist.render().encode())


async def _media(window: Window, resource: str) -> Delivery:
    name = _MEDIA.fullmatch(resource)
    if name is None or name["prefix"] != window.prefix:
        return _error(404)
    if name["init"]:
        init = window.init_section(int(name["init"]))
        return _found(init.data) if init else _error(404)
    msn = int(name["msn"])
    if name["part"]:
        return await _part(window, msn, int(name["part"]))
    segment = window.segment(msn)
    if segment is None or not segment.is_complete:
        return _error(404)
    return _found(b"".join(part.data for part in segment.parts))


async def _part(window: Window, msn: int, index: int) -> Delivery:
    """Answer for a partial segment; the hinted one is waited for (6.2.6)."""
    if (msn, index) == window.next_part:
        await _block(window, _Directives(msn, index))
    segment = window.segment(msn)
    if segment is None or index >= len(segment.parts):
        return _error(404)
    return _found(segment.parts[index].data)


def _found(data: bytes) -> Delivery:
    return Delivery(200, _MEDIA_HEADERS, data)
