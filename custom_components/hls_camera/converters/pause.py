"""Pauses that double with each failure."""

from collections.abc import Callable


class Pause:
    """A pause that is twice as long each time, until it was not needed for long.

    `clock` returns monotonic seconds.
    """

    def __init__(
        self, clock: Callable[[], float], *, first: float, longest: float
    ) -> None:
        """Begin without a pause; `first` and `longest` are in seconds."""
        self._clock = clock
        self._first = first
        self._longest = longest
        self._length = 0.0
        self._until = 0.0

    def begin(self) -> None:
        """Pause from now on."""
        now = self._clock()
        if now - self._until > self._longest:
            self._length = 0.0
        self._length = min(self._length * 2 or self._first, self._longest)
        self._until = now + self._length

    @property
    def is_over(self) -> bool:
        """Whether there is no pause now."""
        return self._clock() >= self._until
