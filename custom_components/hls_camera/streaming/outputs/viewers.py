"""The viewers of a camera: an unguessable token each, which dies when it is idle.

A viewer that waits for something is watching, however long it takes to come.
"""

import math
import secrets
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from ..callbacks import Listeners
from ..errors import (
    HlsCameraError,
    StreamStoppedError,
    TooManyRequestsError,
    TooManyViewersError,
)
from ..live.demand import RECENT_REQUEST_S, Demand

WATCHING_S: Final = RECENT_REQUEST_S
"""Seconds after its last request for which a viewer counts as watching."""
TOKEN_LIFETIME_S: Final = 300.0
"""Seconds without a request after which a token dies; a sleeping tab may come back."""
MAX_VIEWERS: Final = 1000
MAX_VIEWERS_OF_USER: Final = 64
"""Viewers of one user: several people, or many displays, may share an account."""
MAX_HELD_BY_VIEWER: Final = 16
"""Waiting requests of one viewer; one address may be cast to several players."""
MAX_HELD: Final = 1000
"""Waiting requests of all viewers. Above it each viewer gets a player's needs and no more,
so that viewers who request too much do not keep others from watching."""
_PLAYER_NEEDS: Final = 3
"""A playlist, the part that it hints at, and one that the player has just given up."""


class Owner(NamedTuple):
    """The user to whom a viewer belongs."""

    user: str
    login: str
    """The viewer's token dies with it."""


@dataclass(slots=True)
class _Viewer:
    """A live token's record; its times are the clock's."""

    owner: Owner | None
    wish: str
    """The request with which the token was opened; the camera knows its meaning."""
    last_request: float
    requests: dict[Audience, float] = field(default_factory=dict)
    """The last request to each rendition."""
    playlists: dict[Audience, float] = field(default_factory=dict)
    """The last media playlist of each rendition."""
    held: Counter[Audience] = field(default_factory=Counter)
    """The waiting requests to each rendition."""
    ends: Listeners[()] = field(default_factory=Listeners[()])
    """Called when the token dies while requests wait."""


class Viewers:
    """The viewers of a camera. `clock` returns seconds that only ever go up."""

    def __init__(self, clock: Callable[[], float]) -> None:
        """Begin without viewers."""
        self.clock = clock
        self._viewers: dict[str, _Viewer] = {}
        """By token, the one that has been idle for longest first."""
        self.held = 0
        """Waiting requests of all viewers."""

    def __contains__(self, token: str) -> bool:
        """Whether the token is a live one.

        The time of the lookup reveals nothing of use: it is one in a table of randomly
        seeded hashes, and nobody guesses a part of 256 random bits.
        """
        viewer = self._viewers.get(token)
        return viewer is not None and (
            self.clock() - viewer.last_request <= TOKEN_LIFETIME_S
            or viewer.held.total() > 0
        )

    def __len__(self) -> int:
        """The number of tokens that are kept."""
        return len(self._viewers)

    def audience(self, demand: Demand, wake: Callable[[], None]) -> Audience:
        """Return the viewers of a rendition, whose stream `wake` starts."""
        return Audience(self, demand, wake)

    def revoke(self, login: str) -> None:
        """Let the tokens of a login die, and end the requests that wait."""
        self._end(
            token
            for token, viewer in tuple(self._viewers.items())
            if viewer.owner and viewer.owner.login == login
        )

    def clear(self) -> None:
        """Let all tokens die, and end the requests that wait."""
        self._end(tuple(self._viewers))

    @property
    def watching(self) -> int:
        """The number of viewers that requested something just now, or wait for it."""
        return sum(not self._is_away(viewer) for viewer in self._viewers.values())

    def watching_by(self, login: str) -> int:
        """Return the number of a login's viewers that watch."""
        return sum(
            viewer.owner is not None
            and viewer.owner.login == login
            and not self._is_away(viewer)
            for viewer in self._viewers.values()
        )

    def wish(self, token: str) -> str | None:
        """Return the wish that a token was opened with, if it has not died."""
        viewer = self._viewers.get(token)
        return viewer.wish if viewer else None

    # For audiences

    def open(self, owner: Owner | None, wish: str) -> str:
        """Return a new token: 256 random bits, fit for a URL path.

        Raises:
            TooManyViewersError: every place is taken by a viewer who is watching.

        """
        self._forget_dead()
        if owner is not None:
            own = (
                token
                for token, viewer in self._viewers.items()
                if viewer.owner and viewer.owner.user == owner.user
            )
            self._make_place(list(own), MAX_VIEWERS_OF_USER)
        self._make_place(list(self._viewers), MAX_VIEWERS)
        token = secrets.token_urlsafe(32)
        self._viewers[token] = _Viewer(owner, wish, self.clock())
        return token

    def touch(self, token: str, audience: Audience) -> _Viewer:
        """Note a live token's request to a rendition, and return its record."""
        # Moved to the end: the first viewers are those idle for longest.
        viewer = self._viewers[token] = self._viewers.pop(token)
        viewer.last_request = viewer.requests[audience] = self.clock()
        return viewer

    @contextmanager
    def hold(
        self, token: str, audience: Audience, on_end: Callable[[], None], limit: int
    ) -> Iterator[None]:
        """Count a request as one that waits; see `Audience.hold()`."""
        if (viewer := self._viewers.get(token)) is None:
            raise StreamStoppedError
        if self.held >= MAX_HELD:
            limit = min(_PLAYER_NEEDS, limit)
        if viewer.held.total() >= limit:
            raise TooManyRequestsError
        self.held += 1
        viewer.held[audience] += 1
        remove = viewer.ends.add(on_end)
        try:
            yield
        finally:
            remove()
            self.held -= 1
            viewer.held[audience] -= 1
            if self._viewers.get(token) is viewer:
                self.touch(token, audience)

    def close(self, token: str) -> bool:
        """Let a token die unless a request of it waits; return whether it died."""
        viewer = self._viewers.get(token)
        if viewer is None or viewer.held.total():
            return False
        del self._viewers[token]
        return True

    def find(self, token: str) -> _Viewer | None:
        """Return a token's record, if it has one."""
        return self._viewers.get(token)

    def watching_of(self, audience: Audience) -> int:
        """Return the number of viewers that watch a rendition."""
        since = self.clock() - WATCHING_S
        return sum(
            viewer.requests.get(audience, -math.inf) >= since
            or viewer.held[audience] > 0
            for viewer in self._viewers.values()
        )

    # Inside

    def _is_away(self, viewer: _Viewer) -> bool:
        is_idle = self.clock() - viewer.last_request > WATCHING_S
        return is_idle and not viewer.held.total()

    def _make_place(self, tokens: list[str], limit: int) -> None:
        """Let the token that has been idle for longest die if there is no place."""
        if len(tokens) < limit:
            return
        away = (token for token in tokens if self._is_away(self._viewers[token]))
        longest = next(away, None)
        if longest is None:
            raise TooManyViewersError(limit)
        self._end([longest])

    def _forget_dead(self) -> None:
        self._end([token for token in self._viewers if token not in self])

    def _end(self, tokens: Iterable[str]) -> None:
        for token in tokens:
            self._viewers.pop(token).ends.notify()


class Audience:
    """The viewers of one rendition of a camera. `Viewers.audience()` returns one."""

    def __init__(
        self, viewers: Viewers, demand: Demand, wake: Callable[[], None]
    ) -> None:
        """Note requests in `demand`; `wake` starts the rendition's stream."""
        self._viewers = viewers
        self._demand = demand
        self._wake = wake

    def __contains__(self, token: str) -> bool:
        """Whether the token is a live one whose viewer has requested this rendition."""
        viewer = self._viewers.find(token)
        return token in self._viewers and bool(viewer and self in viewer.requests)

    def open(self, owner: Owner | None = None, wish: str = "") -> str:
        """Wake the stream and return a new viewer's token; raises as waking does.

        `wish` is kept for `Viewers.wish()`.

        Raises:
            TooManyViewersError: every place is taken by a viewer who is watching.

        """
        self._wake()
        token = self._viewers.open(owner, wish)
        self._viewers.touch(token, self)
        self._demand.note()
        return token

    def touch(self, token: str) -> bool:
        """Note a viewer's request and wake the stream; return False for a dead token.

        Renditions that the viewer has played before are kept awake as well, as the player
        may change back: hls.js stalls for seconds if a variant that it knows has stopped meanwhile.
        """
        if token not in self._viewers:
            return False
        viewer = self._viewers.touch(token, self)
        for other, last in tuple(viewer.playlists.items()):
            if other is not self and viewer.last_request - last <= TOKEN_LIFETIME_S:
                with suppress(HlsCameraError):
                    other.want()
        self.want()
        return True

    def want(self) -> None:
        """Note that somebody wants the rendition, and wake it; raises as waking does."""
        self._demand.note()
        self._wake()

    def note_playlist(self, token: str) -> None:
        """Note that a viewer got the rendition's media playlist."""
        if (viewer := self._viewers.find(token)) is not None:
            viewer.playlists[self] = self._viewers.clock()

    def is_playing(self, token: str) -> bool:
        """Whether a viewer got the media playlist lately, so that it need not begin."""
        viewer = self._viewers.find(token)
        if viewer is None:
            return False
        last = viewer.playlists.get(self, -math.inf)
        return self._viewers.clock() - last <= WATCHING_S

    @contextmanager
    def hold(
        self,
        token: str,
        on_end: Callable[[], None] = lambda: None,
        *,
        limit: int = MAX_HELD_BY_VIEWER,
    ) -> Iterator[None]:
        """Count a viewer's request as one that waits; it watches for as long.

        `on_end` is called if the token dies meanwhile.

        Raises:
            StreamStoppedError: the token is dead.
            TooManyRequestsError: the limit of waiting requests has been reached.

        """
        with (
            self._viewers.hold(token, self, on_end, limit),
            self._demand.lease(),
        ):
            yield

    @contextmanager
    def hold_once(self, token: str, on_end: Callable[[], None]) -> Iterator[None]:
        """Count a viewer's only request, as `hold()` does; its token dies afterwards."""
        try:
            with self.hold(token, on_end, limit=1):
                yield
        finally:
            self.close(token)

    def close(self, token: str) -> None:
        """Let a viewer's token die, unless the viewer waits for something: it has left."""
        if self._viewers.close(token):
            self._demand.note()

    @property
    def watching(self) -> int:
        """The number of viewers that watch this rendition."""
        return self._viewers.watching_of(self)
