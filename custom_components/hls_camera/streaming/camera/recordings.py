"""The recordings of a stream that are under way."""

import asyncio
from collections.abc import Callable, Coroutine

from ..live.stream import LiveStream


class Recordings:
    """Keeps a stream awake while it is recorded."""

    def __init__(self, live: LiveStream, on_change: Callable[[], None]) -> None:
        """Begin without a recording; `on_change` is called when one begins or ends."""
        self._live = live
        self._on_change = on_change
        self.tasks: set[asyncio.Task[None]] = set()
        """The recordings that are under way."""

    async def run(self, recording: Coroutine[None, None, None]) -> None:
        """Run a recording to its end, or until the caller is cancelled; raises as it does."""
        # At once: a stop that comes next is not to take the media that it begins with.
        task = asyncio.create_task(self._keep_awake(recording), eager_start=True)
        self.tasks.add(task)
        task.add_done_callback(self._ended)
        self._on_change()
        await task

    def _ended(self, task: asyncio.Task[None]) -> None:
        self.tasks.discard(task)
        self._on_change()

    async def _keep_awake(self, recording: Coroutine[None, None, None]) -> None:
        with self._live.lease("recording"):
            await recording
