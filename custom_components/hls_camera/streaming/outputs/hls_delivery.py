"""HTTP responses to players, independent of the web framework.

A request for a playlist waits until the requested part or segment is there (RFC 8216bis,
6.2.5.2); media never change under their name.
"""

import asyncio
import math
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import lru_cache, partial
from typing import Final, NamedTuple, Protocol

from ..errors import HlsCameraError, StreamNotReadyError, StreamStoppedError
from ..live.part_target import MIN_FILL
from ..live.window import Window
from .hls_playlist import MEDIA_PLAYLIST, MultivariantPlaylist, Variant
from .viewers import Audience
from .window_playlists import Playlists

START_TIMEOUT_S: Final = 20.0
"""Seconds for which a player's request waits for a stream that starts."""
_MAX_BLOCK_TARGETS: Final = 3
"""Target durations for which a request for a playlist waits at most (6.2.5.2)."""
_MAX_DIGITS: Final = 12

_MEDIA = re.compile(
    r"(?P<prefix>[0-9a-f]+)-(?:init-(?P<init>\d{1,12})\.mp4"
    r"|(?P<msn>\d{1,12})(?:\.(?P<part>\d{1,12}))?\.m4s)",
    re.ASCII,
)

_PLAYLIST_HEADERS: Final = {
    "Content-Type": "application/vnd.apple.mpegurl",
    "Cache-Control": "no-cache",
    "Vary": "Accept-Encoding, User-Agent",
}
_MEDIA_HEADERS: Final = {
    "Content-Type": "video/mp4",
    "Cache-Control": "private, max-age=3600, immutable",
}
_ERROR_HEADERS: Final = {"Cache-Control": "no-store"}
_RETRY_SECONDS: Final = "1"


class _BadRequestError(HlsCameraError):
    """The request is invalid."""


_STATUS: Final[dict[type[HlsCameraError], int]] = {
    _BadRequestError: 400,
    StreamStoppedError: 404,
}
"""Any other error is temporary: 503. hls.js tries again after 5xx only."""


class Delivery(NamedTuple):
    """An HTTP response."""

    status: int
    headers: Mapping[str, str]
    body: tuple[bytes, ...] = ()
    """The pieces: a segment consists of its parts, which all viewers share."""


NOT_FOUND: Final = Delivery(404, _ERROR_HEADERS)
"""The response to every request with an unknown token."""


class Deliverable(Protocol):
    """A rendition as delivery needs it."""

    @property
    def window(self) -> Window:
        """The media that can be fetched."""

    @property
    def playlists(self) -> Playlists:
        """The window's playlists."""

    @property
    def audience(self) -> Audience:
        """The rendition's viewers."""


class _Directives(NamedTuple):
    """Delivery directives (6.2.5.2)."""

    msn: int | None
    part: int | None


async def deliver(
    rendition: Deliverable,
    token: str,
    resource: str,
    query: Mapping[str, str],
    headers: Mapping[str, str],
) -> Delivery:
    """Return the answer to a viewer's request for a rendition's resource; wait if needed.

    The names of `headers` are spelled as in RFC 9110, or looked up whatever their case.
    """

    async def answer(request: _Request) -> Delivery:
        if resource != MEDIA_PLAYLIST:
            return await _media(request, resource)
        audience = rendition.audience
        is_playing = audience.is_playing(token)
        directives = _directives(query)
        await request.wait_for(directives, is_playing=is_playing)
        audience.note_playlist(token)
        by_part = directives.part is not None
        return _media_playlist(rendition.playlists, headers, by_part=by_part)

    return await _answer(rendition, token, answer)


async def deliver_multivariant(
    main: Deliverable, token: str, variants: Callable[[], Sequence[Variant]]
) -> Delivery:
    """Return the answer to a request for the multivariant playlist of `variants`.

    It waits for the media of the main rendition while there is no variant.
    """

    async def answer(request: _Request) -> Delivery:
        if not variants():
            await request.wait_ready()
        offered = tuple(variants())
        if not offered:
            raise StreamNotReadyError
        return Delivery(200, _PLAYLIST_HEADERS, (_multivariant_playlist(offered),))

    return await _answer(main, token, answer)


async def _answer(
    rendition: Deliverable,
    token: str,
    answer: Callable[[_Request], Awaitable[Delivery]],
) -> Delivery:
    """Return an answer for a live token; an error becomes an HTTP status."""
    try:
        if not rendition.audience.touch(token):
            return NOT_FOUND
        return await answer(_Request(rendition, token))
    except HlsCameraError as err:
        return _error(_STATUS.get(type(err), 503))


def _error(status: int) -> Delivery:
    if status == 503:
        return Delivery(status, {**_ERROR_HEADERS, "Retry-After": _RETRY_SECONDS})
    return Delivery(status, _ERROR_HEADERS)


class _Request:
    """A viewer's request, which waits for media.

    Its methods raise TooManyRequestsError if too many requests wait, StreamStoppedError
    if the stream is stopped or the token dies, and StreamNotReadyError after a time limit.
    """

    def __init__(self, rendition: Deliverable, token: str) -> None:
        """Wait for the media of a rendition."""
        self.window = rendition.window
        self._audience = rendition.audience
        self._token = token

    async def wait_ready(self) -> None:
        """Wait until a player can begin."""
        if not self.window.is_ready:
            await self._wait(START_TIMEOUT_S, self.window.wait_ready)

    async def wait_for(self, directives: _Directives, *, is_playing: bool) -> None:
        """Wait until the playlist has the segment or part that the directives name.

        A player that begins needs a keyframe. A player that is playing, or that names a
        segment, has one already.
        """
        msn, part = directives
        window = self.window
        if not window.is_listable or (msn is None and not is_playing):
            await self.wait_ready()
        if msn is None or window.has(msn, part):
            return
        next_msn, next_part = window.next_part
        parts_there = next_part if msn == next_msn else 0
        is_too_far = part is not None and part >= parts_there + _limit(window)
        if msn > window.last_msn + 2 or (msn >= next_msn and is_too_far):
            raise _BadRequestError
        condition = partial(window.wait_for, msn, part)
        await self._wait(_MAX_BLOCK_TARGETS * window.target_duration, condition)

    async def _wait(
        self, seconds: float, condition: Callable[[], Awaitable[None]]
    ) -> None:
        has_ended = False

        def end() -> None:
            nonlocal has_ended
            has_ended = True
            if not limit.expired():
                limit.reschedule(0)

        try:
            async with asyncio.timeout(seconds) as limit:
                with self._audience.hold(self._token, end):
                    await condition()
        except TimeoutError:
            raise (StreamStoppedError if has_ended else StreamNotReadyError) from None


def _limit(window: Window) -> int:
    """Return the number of parts ahead of which a client may request one (6.2.5.2).

    The Advance Part Limit is three seconds of parts. hls.js without low-latency mode requests
    the last part of a segment that has just begun: a whole segment of parts is allowed, too.
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


@lru_cache
def _multivariant_playlist(variants: tuple[Variant, ...]) -> bytes:
    """Return the playlist's bytes, rendered once for each change."""
    return MultivariantPlaylist(variants=variants).render().encode()


def _media_playlist(
    playlists: Playlists, headers: Mapping[str, str], *, by_part: bool
) -> Delivery:
    with_hold_back = "AppleCoreMedia" not in headers.get("User-Agent", "")
    compressed = _accepts_gzip(headers.get("Accept-Encoding", ""))
    body = playlists.media(
        with_hold_back=with_hold_back, by_part=by_part, compressed=compressed
    )
    encoding = {"Content-Encoding": "gzip"} if compressed else {}
    return Delivery(200, {**_PLAYLIST_HEADERS, **encoding}, (body,))


def _accepts_gzip(accept_encoding: str) -> bool:
    """Return whether the client accepts gzip (RFC 9110, 12.5.3) with a weight of one."""
    codings = accept_encoding.lower().replace(" ", "").split(",")
    return not {"gzip", "gzip;q=1", "gzip;q=1.0"}.isdisjoint(codings)


async def _media(request: _Request, resource: str) -> Delivery:
    window = request.window
    name = _MEDIA.fullmatch(resource)
    if name is None or name["prefix"] != window.prefix:
        return NOT_FOUND
    if name["init"]:
        init = window.init_section(int(name["init"]))
        return _found(init.data) if init else NOT_FOUND
    msn = int(name["msn"])
    if name["part"]:
        return await _part(request, msn, int(name["part"]))
    segment = window.segment(msn)
    if segment is None or not segment.is_complete:
        return NOT_FOUND
    return _found(*(part.data for part in segment.parts))


async def _part(request: _Request, msn: int, index: int) -> Delivery:
    """Return a partial segment; a request for the hinted one waits for it (6.2.6)."""
    window = request.window
    if (msn, index) == window.next_part:
        await request.wait_for(_Directives(msn, index), is_playing=True)
    segment = window.segment(msn)
    if segment is None or index >= len(segment.parts):
        return NOT_FOUND
    return _found(segment.parts[index].data)


def _found(*data: bytes) -> Delivery:
    return Delivery(200, _MEDIA_HEADERS, data)
