"""The delay before the next try."""

import random
from typing import Final

_FIRST_DELAY_S: Final = 1.0
_MAX_DELAY_S: Final = 30.0
_JITTER_SHARE: Final = 0.2


class Backoff:
    """No wait, then one second, then doubling to thirty, a fifth more or less.

    The jitter keeps sixteen cameras behind one rebooting switch from coming back in
    the same instant.
    """

    def __init__(self) -> None:
        """Begin with no wait."""
        self._next = 0.0
        self._eased = 0.0

    def delay(self) -> float:
        """Return the seconds to wait now; the next answer is a longer one."""
        delay = self._next
        self._next = _longer(delay)
        return delay * random.uniform(1 - _JITTER_SHARE, 1 + _JITTER_SHARE)  # noqa: S311

    @property
    def least(self) -> float:
        """Seconds below which no sign of life may shorten the wait.

        None at first; it grows with each sign of life that no success followed.
        """
        return self._eased

    def ease(self) -> None:
        """Shorten the next waits after a sign of life, by less each time."""
        self._next = min(self._next, self._eased)
        self._eased = _longer(self._eased)

    def reset(self) -> None:
        """Begin again without a wait after a success."""
        self._next = self._eased = 0.0


def _longer(delay: float) -> float:
    return min(_MAX_DELAY_S, max(_FIRST_DELAY_S, 2 * delay))
