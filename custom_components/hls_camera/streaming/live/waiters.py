"""Tasks that wait for media."""

import asyncio
from collections.abc import Callable
from typing import NamedTuple

from ..errors import StreamStoppedError


class _Condition(NamedTuple):
    """A condition that tasks wait for; equal ones are checked once for each change."""

    is_met: Callable[..., object]
    args: tuple[int | None, ...]


class Waiters:
    """Tasks that wait until a condition is met, or until the stream is stopped."""

    def __init__(self) -> None:
        """Begin without waiting tasks."""
        self.generation = 0
        """Counts the stops."""
        self._events: dict[_Condition, asyncio.Event] = {}
        """Tasks with the same condition share one event."""

    async def wait_until(
        self, is_met: Callable[..., object], *args: int | None
    ) -> None:
        """Return once `is_met(*args)` is true.

        Raises:
            StreamStoppedError: the stream was stopped meanwhile.

        """
        generation = self.generation
        while not is_met(*args):
            condition = _Condition(is_met, args)
            await self._events.setdefault(condition, asyncio.Event()).wait()
            if self.generation != generation:
                raise StreamStoppedError

    def wake(self) -> None:
        """Wake the tasks whose condition is met now."""
        met = [
            condition for condition in self._events if condition.is_met(*condition.args)
        ]
        for condition in met:
            self._events.pop(condition).set()

    def stop(self) -> None:
        """Wake all tasks: the stream was stopped."""
        self.generation += 1
        for event in self._events.values():
            event.set()
        self._events.clear()
