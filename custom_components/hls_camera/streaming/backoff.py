"""How long to wait before the next try."""

import random
from typing import Final

_FIRST: Final = 1.0
_CAP: Final = 30.0
_JITTER: Final = 0.2


class Backoff:
    """No wait, then one second, then doubling to thirty, a fifth more or less.

    The jitter keeps sixteen cameras behind one rebooting switch from coming back in
    the same instant.
    """

    def __init__(self) -> None:
        """Begin with no wait."""
        self._next = 0.0

    def delay(self) -> float:
        """Return the seconds to wait now; the next answer is a longer one."""
        delay = self._next
        self._next = min(_CAP, max(_FIRST, 2 * delay))
        return delay * random.uniform(1 - _JITTER, 1 + _JITTER)  # noqa: S311

    def reset(self) -> None:
        """Begin anew: the last try has proven itself."""
        self._next = 0.0
