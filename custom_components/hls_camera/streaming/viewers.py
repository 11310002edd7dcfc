"""Who watches: every viewer has an unguessable token, which dies when idle."""

import secrets
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from .errors import TooManyRequestsError

WATCHING: Final = 15.0
"""Seconds after its last request for which a viewer counts as watching."""
TOKEN_LIFETIME: Final = 300.0
"""Seconds without a request after which a token dies; a sleeping tab may come back."""
MAX_VIEWERS: Final = 1000
MAX_HELD_BY_VIEWER: Final = 16
"""Requests of one viewer that wait at a time; one address may be cast to several players."""
MAX_HELD: Final = 1000
"""Requests of all viewers that wait at a time; above it a viewer may have what a player
needs and no more, so that those who ask for too much do not keep others from watching."""
_PLAYER_NEEDS: Final = 3
"""A playlist, the part that it hints at, and one that the player has just given up."""


class Viewers:
    """The viewers of one stream. `clock` returns seconds that only ever go up."""

    def __init__(self, clock: Callable[[], float]) -> None:
        """Begin without viewers."""
        self._clock = clock
        self._seen: dict[str, float] = {}
        self._playing: dict[str, float] = {}
        """When each token's viewer last got a media playlist."""
        self._held: Counter[str] = Counter()
        self.last_seen = clock()
        """When any viewer last asked for something."""

    def __contains__(self, token: str) -> bool:
        """Whether the token is a live one.

        How long the look takes tells nothing of use: a table of randomly seeded hashes
        is asked, and of 256 random bits nobody guesses a part.
        """
        seen = self._seen.get(token)
        return seen is not None and self._clock() - seen <= TOKEN_LIFETIME

    def open(self) -> str:
        """Return a new viewer's token: 256 random bits, fit for a URL path."""
        self._forget()
        token = secrets.token_urlsafe(32)
        self._seen[token] = self.last_seen = self._clock()
        return token

    def admit(self, token: str) -> None:
        """Take a viewer that another variant of the stream has opened."""
        self._forget()
        self.touch(token)

    def touch(self, token: str) -> None:
        """Note that a live token's viewer asked for something."""
        # Moved to the end, so that the first ones are those idle for longest.
        self._seen.pop(token, None)
        self._seen[token] = self.last_seen = self._clock()

    def note_playlist(self, token: str) -> None:
        """Note that a viewer got a media playlist."""
        self._playing[token] = self._clock()

    def is_playing(self, token: str) -> bool:
        """Whether a viewer got a media playlist lately, so that it need not begin."""
        last = self._playing.get(token)
        return last is not None and self._clock() - last <= WATCHING

    @contextmanager
    def hold(self, token: str) -> Iterator[None]:
        """Count a viewer's request as one that waits.

        Raises:
            TooManyRequestsError: as many wait as may.

        """
        is_crowded = self._held.total() >= MAX_HELD
        if self._held[token] >= (_PLAYER_NEEDS if is_crowded else MAX_HELD_BY_VIEWER):
            raise TooManyRequestsError
        self._held[token] += 1
        try:
            yield
        finally:
            self._held[token] -= 1
            if not self._held[token]:
                del self._held[token]

    def note_activity(self) -> None:
        """Somebody wants the stream, without a token."""
        self.last_seen = self._clock()

    def close(self, token: str) -> None:
        """Let a viewer's token die, unless the viewer waits for something: it has gone."""
        self._playing.pop(token, None)
        if token not in self._held and self._seen.pop(token, None) is not None:
            self.note_activity()

    def clear(self) -> None:
        """Let all tokens die."""
        self._seen.clear()
        self._playing.clear()

    @property
    def seen_lately(self) -> bool:
        """Whether anybody, with a token or without, wanted something just now."""
        return self._clock() - self.last_seen <= WATCHING

    @property
    def watching(self) -> int:
        """How many viewers asked for something just now."""
        return len(self.watching_tokens)

    @property
    def watching_tokens(self) -> set[str]:
        """Whose viewers asked for something just now."""
        now = self._clock()
        return {token for token, seen in self._seen.items() if now - seen <= WATCHING}

    def _forget(self) -> None:
        """Drop dead tokens and, above the cap, those idle for longest."""
        now = self._clock()
        for token, seen in list(self._seen.items()):
            if now - seen <= TOKEN_LIFETIME and len(self._seen) < MAX_VIEWERS:
                break
            del self._seen[token]
            self._playing.pop(token, None)
