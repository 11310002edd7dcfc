"""Who watches: every viewer has an unguessable token, which dies when idle.

Who waits for something watches as well, however long it takes to come.
"""

import secrets
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Final, NamedTuple

from ..callbacks import Listeners
from ..errors import TooManyRequestsError, TooManyViewersError
from ..live.demand import RECENT, Demand

WATCHING: Final = RECENT
"""Seconds after its last request for which a viewer counts as watching."""
TOKEN_LIFETIME: Final = 300.0
"""Seconds without a request after which a token dies; a sleeping tab may come back."""
MAX_VIEWERS: Final = 1000
MAX_VIEWERS_OF_USER: Final = 64
"""Viewers of one user: several people, or many displays, may share an account."""
MAX_HELD_BY_VIEWER: Final = 16
"""Requests of one viewer that wait at a time; one address may be cast to several players."""
MAX_HELD: Final = 1000
"""Requests of all viewers that wait at a time; above it a viewer may have what a player
needs and no more, so that those who ask for too much do not keep others from watching."""
_PLAYER_NEEDS: Final = 3
"""A playlist, the part that it hints at, and one that the player has just given up."""


class Owner(NamedTuple):
    """The user whom a viewer belongs to."""

    user: str
    login: str
    """The viewer's token dies with it."""


class Viewers:
    """The viewers of one stream. `clock` returns seconds that only ever go up."""

    def __init__(
        self, clock: Callable[[], float], demand: Demand | None = None
    ) -> None:
        """Begin without viewers; `demand` learns of their requests."""
        self._clock = clock
        self._demand = demand or Demand(clock)
        self._seen: dict[str, float] = {}
        self._playing: dict[str, float] = {}
        """When each token's viewer last got a media playlist."""
        self._owners: dict[str, Owner] = {}
        """Those of viewers that belong to somebody."""
        self._held: Counter[str] = Counter()
        self._ends = defaultdict[str, Listeners[()]](Listeners)
        """Whom to call when a token dies for which something waits."""

    def __contains__(self, token: str) -> bool:
        """Whether the token is a live one.

        How long the look takes tells nothing of use: a table of randomly seeded hashes
        is asked, and of 256 random bits nobody guesses a part.
        """
        seen = self._seen.get(token)
        return seen is not None and (
            self._clock() - seen <= TOKEN_LIFETIME or token in self._held
        )

    def open(self, owner: Owner | None = None) -> str:
        """Return a new viewer's token: 256 random bits, fit for a URL path.

        Raises:
            TooManyViewersError: there is no place, and nobody is away.

        """
        token = secrets.token_urlsafe(32)
        self._add(token, owner)
        return token

    def admit(self, token: str, owner: Owner | None = None) -> None:
        """Take a viewer that another variant of the stream has opened; raises as `open()`."""
        if token in self:
            self.touch(token)
        else:
            self._add(token, owner)

    def owner(self, token: str) -> Owner | None:
        """Return whom a viewer belongs to, where that is known."""
        return self._owners.get(token)

    def touch(self, token: str) -> None:
        """Note that a live token's viewer asked for something."""
        # Moved to the end, so that the first ones are those idle for longest.
        self._seen.pop(token, None)
        self._seen[token] = self._clock()
        self._demand.note()

    def note_playlist(self, token: str) -> None:
        """Note that a viewer got a media playlist."""
        self._playing[token] = self._clock()

    def is_playing(self, token: str) -> bool:
        """Whether a viewer got a media playlist lately, so that it need not begin."""
        last = self._playing.get(token)
        return last is not None and self._clock() - last <= WATCHING

    @contextmanager
    def hold(
        self,
        token: str,
        on_end: Callable[[], None] = lambda: None,
        *,
        limit: int = MAX_HELD_BY_VIEWER,
    ) -> Iterator[None]:
        """Count a viewer's request as one that waits; it watches for as long.

        `on_end` is called when the token dies meanwhile.

        Raises:
            TooManyRequestsError: as many wait as may.

        """
        is_crowded = self._held.total() >= MAX_HELD
        if self._held[token] >= (min(_PLAYER_NEEDS, limit) if is_crowded else limit):
            raise TooManyRequestsError
        self._held[token] += 1
        remove = self._ends[token].add(on_end)
        try:
            with self._demand.lease("request"):
                yield
        finally:
            remove()
            self._held[token] -= 1
            if not self._held[token]:
                del self._held[token], self._ends[token]
            if token in self._seen:
                self.touch(token)

    def close(self, token: str) -> None:
        """Let a viewer's token die, unless the viewer waits for something: it has gone."""
        if token in self._seen and token not in self._held:
            self._end([token])
            self._demand.note()

    def revoke(self, login: str) -> None:
        """Let the tokens of a login die, and end what waits for them."""
        owners = self._owners.items()
        self._end([token for token, owner in owners if owner.login == login])

    def clear(self) -> None:
        """Let all tokens die, and end what waits for them."""
        self._end(list(self._seen))

    @property
    def watching(self) -> int:
        """How many viewers asked for something just now."""
        return len(self.watching_tokens)

    @property
    def watching_tokens(self) -> set[str]:
        """Whose viewers asked for something just now, or wait for it."""
        return {token for token in self._seen if not self._is_away(token)}

    def _is_away(self, token: str) -> bool:
        is_idle = self._clock() - self._seen[token] > WATCHING
        return is_idle and token not in self._held

    def _add(self, token: str, owner: Owner | None) -> None:
        self._forget_dead()
        if owner is not None:
            owned = self._owners.items()
            own = [each for each, other in owned if other.user == owner.user]
            self._make_place(own, MAX_VIEWERS_OF_USER)
        self._make_place(self._seen, MAX_VIEWERS)
        if owner is not None:
            self._owners[token] = owner
        self.touch(token)

    def _make_place(self, tokens: Iterable[str], limit: int) -> None:
        """Let the token die that has been idle for longest, where there is no place."""
        tokens = sorted(tokens, key=self._seen.__getitem__)
        if len(tokens) < limit:
            return
        away = next((token for token in tokens if self._is_away(token)), None)
        if away is None:
            raise TooManyViewersError(limit)
        self._end([away])

    def _forget_dead(self) -> None:
        now = self._clock()
        self._end(
            token
            for token, seen in list(self._seen.items())
            if now - seen > TOKEN_LIFETIME and token not in self._held
        )

    def _end(self, tokens: Iterable[str]) -> None:
        for token in tokens:
            del self._seen[token]
            self._playing.pop(token, None)
            self._owners.pop(token, None)
            if token in self._held:
                self._ends[token].tell()
