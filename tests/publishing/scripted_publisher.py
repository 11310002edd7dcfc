"""A publisher that does what a test says."""

import asyncio
from collections.abc import Callable
from typing import override

from custom_components.hls_camera.publishing.errors import PublishError, PublishProblem
from custom_components.hls_camera.publishing.publisher import Publisher
from custom_components.hls_camera.streaming.live.stream import LiveStream


class ScriptedPublisher(Publisher):
    """Does what a test says."""

    def __init__(self) -> None:
        self.tries = asyncio.Queue[Callable[[int], None]]()
        self.outcome = asyncio.Queue[Exception]()
        self.calls: list[str] = []
        self.segments_dropped = 7
        self.cancellation_is_lost = False

    @property
    @override
    def dropped(self) -> int:
        return self.segments_dropped

    @override
    async def publish(self, live: LiveStream, published: Callable[[int], None]) -> None:
        self.tries.put_nowait(published)
        try:
            raise await self.outcome.get()
        except asyncio.CancelledError as err:
            if self.cancellation_is_lost:
                self.cancellation_is_lost = False
                raise PublishError(PublishProblem.TIMED_OUT) from err
            raise

    @override
    async def finish(self) -> None:
        self.calls.append("finish")
        if not self.outcome.empty():
            raise self.outcome.get_nowait()

    @override
    async def remove(self) -> None:
        self.calls.append("remove")

    @override
    async def close(self) -> None:
        self.calls.append("close")

    async def next_try(self) -> Callable[[int], None]:
        """Return what the next try calls when something arrived."""
        async with asyncio.timeout(10):
            return await self.tries.get()
