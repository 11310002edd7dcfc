"""Subscriptions to changes."""

import logging
from collections.abc import Callable
from typing import Final

_LOGGER: Final = logging.getLogger(__name__)


class Listeners[*Args]:
    """Functions that are called with each notification until they unsubscribe."""

    def __init__(self) -> None:
        """Begin without any."""
        self._listeners: list[Callable[[*Args], None]] = []

    def __len__(self) -> int:
        """Return the number of listeners."""
        return len(self._listeners)

    def add(self, listener: Callable[[*Args], None]) -> Callable[[], None]:
        """Call `listener` from now on; return an unsubscriber, which may be called twice."""
        self._listeners.append(listener)

        def remove() -> None:
            if listener in self._listeners:
                self._listeners.remove(listener)

        return remove

    def notify(self, *arguments: *Args) -> None:
        """Call all listeners, which may unsubscribe meanwhile.

        The error of one stops neither the others nor the stream.
        """
        for listener in tuple(self._listeners):
            try:
                listener(*arguments)
            except Exception:
                _LOGGER.exception("A listener failed")
