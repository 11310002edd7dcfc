"""The end of an on-demand stream when nobody wants it any more."""

import asyncio
import time
from collections.abc import Callable

from ..live.demand import Demand


class IdleTimer:
    """Calls back once nobody has wanted a stream for a while."""

    def __init__(self, demand: Demand, on_idle: Callable[[], None]) -> None:
        """Begin without a timer."""
        self._demand = demand
        self._on_idle = on_idle
        self._timeout = 0.0
        self._timer: asyncio.TimerHandle | None = None

    @property
    def is_running(self) -> bool:
        """Whether it will call back."""
        return self._timer is not None

    def start(self, timeout: float) -> None:
        """Call back `timeout` seconds after the last request, also of those to come."""
        self.cancel()
        self._timeout = timeout
        left = self._demand.last_request + timeout - time.monotonic()
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(max(left, 0.0), self.fire)

    def cancel(self) -> None:
        """Do not call back."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def fire(self) -> None:
        """Call back if nobody wants the stream, and go on waiting otherwise."""
        if time.monotonic() < self._demand.last_request + self._timeout:
            self.start(self._timeout)
            return
        self.cancel()
        self._on_idle()
