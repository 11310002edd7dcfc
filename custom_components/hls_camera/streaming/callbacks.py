"""Callbacks of those who want to know of a change."""

import logging
from collections.abc import Callable
from typing import Final

_LOGGER: Final = logging.getLogger(__name__)


class Listeners[*Told]:
    """Call functions with what is told, until they are no longer wanted."""

    def __init__(self) -> None:
        """Begin without any."""
        self._listeners: list[Callable[[*Told], None]] = []

    def __len__(self) -> int:
        """How many listen."""
        return len(self._listeners)

    def add(self, listener: Callable[[*Told], None]) -> Callable[[], None]:
        """Call `listener` from now on; return what ends that, at the second call too."""
        self._listeners.append(listener)

        def remove() -> None:
            if listener in self._listeners:
                self._listeners.remove(listener)

        return remove

    def tell(self, *told: *Told) -> None:
        """Tell all who listen; they may leave meanwhile.

        One that fails keeps neither the others nor the stream from going on.
        """
        for listener in tuple(self._listeners):
            try:
                listener(*told)
            except Exception:
                _LOGGER.exception("A listener failed")
