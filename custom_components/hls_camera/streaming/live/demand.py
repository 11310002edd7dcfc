"""Demand for a stream: its recent requests, and the leases that keep it awake."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

RECENT_REQUEST_S: Final = 15.0
"""Seconds after the last request for which a stream counts as wanted."""


class Demand:
    """The requests for one stream. `clock` returns seconds that only ever go up."""

    def __init__(self, clock: Callable[[], float]) -> None:
        """Begin with a request at this moment."""
        self._clock = clock
        self._leases = 0
        """The number of open leases."""
        self._last_request = clock()

    def note(self) -> None:
        """Record a request at this moment."""
        self._last_request = self._clock()

    @contextmanager
    def lease(self) -> Iterator[None]:
        """Keep the stream wanted until the context is left."""
        self._leases += 1
        try:
            yield
        finally:
            self._leases -= 1
            self.note()

    @property
    def last_request(self) -> float:
        """The clock's time of the last request; now while a lease is open."""
        return self._clock() if self._leases else self._last_request

    @property
    def is_recent(self) -> bool:
        """Whether there was a request within the last 15 seconds, or a lease is open."""
        return self._clock() - self.last_request <= RECENT_REQUEST_S
