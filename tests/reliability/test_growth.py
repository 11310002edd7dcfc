"""Nothing grows, however often FFmpeg restarts.

With a real camera, a real FFmpeg, players that follow, and waiting requests. `-m slow`
restarts it five hundred times.
"""

import asyncio
import gc
import logging
import os
import signal
import tracemalloc
from collections.abc import Callable
from dataclasses import astuple, dataclass, fields
from pathlib import Path
from threading import active_count
from typing import Any, TypeIs

import pytest

from custom_components.hls_camera.streaming.callbacks import Listeners
from custom_components.hls_camera.streaming.camera.camera import Camera
from custom_components.hls_camera.streaming.camera.state import StreamState
from custom_components.hls_camera.streaming.outputs.hls_playlist import MEDIA_PLAYLIST
from tests import tools
from tests.camera import TestCamera
from tests.streams import open_stream, process_of

from .scene import FEED, LOGGER, known

_WARM_UP = 12
"""Restarts until caches are full and the window has its final size."""
_MEMORY = 300_000
"""Tolerance of the memory in bytes, for temporary objects and the camera's notes."""


@dataclass(frozen=True, slots=True)
class Size:
    """The values that must not grow."""

    tasks: int
    threads: int
    descriptors: int
    children: int
    viewers: int
    events: int
    """Events that requests and other tasks wait for."""
    inits: int
    listeners: int
    timers: int
    """Timers of asyncio; cancelled ones are removed later."""
    memory: int
    """Bytes of Python objects, without the window's media."""

    @classmethod
    def of(cls, stream: Camera) -> Size:
        gc.collect()
        loop = asyncio.get_running_loop()
        timers = loop._scheduled  # type: ignore[attr-defined]
        children = Path("/proc/self/task").glob("*/children")
        return cls(
            tasks=len(asyncio.all_tasks()),
            threads=active_count(),
            descriptors=len(list(Path("/proc/self/fd").iterdir())),
            children=sum(len(each.read_text().split()) for each in children),
            viewers=stream.statistics().viewers,
            events=sum(type(each) is asyncio.Event for each in gc.get_objects()),
            inits=len({each.init_id for each in stream.main.window.segments}),
            listeners=sum(len(each) for each in gc.get_objects() if is_listeners(each)),
            timers=sum(not each.cancelled() for each in timers),
            memory=tracemalloc.get_traced_memory()[0] - stream.main.window.size,
        )


def is_listeners(each: object) -> TypeIs[Listeners[*tuple[Any, ...]]]:
    """Return whether an object holds callbacks; proxies of other classes may lie."""
    return type(each) is Listeners


class Holder:
    """A player that always has a waiting request for the next part."""

    def __init__(self, stream: Camera) -> None:
        """Open the stream, which wakes it."""
        self.answers = 0
        self._stream = stream
        self._token = stream.open_viewer()
        self._task = asyncio.create_task(self._hold())

    async def _hold(self) -> None:
        while True:
            query = {}
            if (window := self._stream.main.window).is_ready:
                query["_HLS_msn"] = str(window.last_msn + 1)
            answer = await self._stream.deliver(self._token, MEDIA_PLAYLIST, query, {})
            # A request that waited for the maximum time gets "not yet".
            assert answer.status in {200, 503}
            self.answers += 1

    async def stop(self) -> None:
        """Close the player, and raise its error."""
        self._task.cancel()
        [result] = await asyncio.gather(self._task, return_exceptions=True)
        assert isinstance(result, asyncio.CancelledError), result


async def restart(stream: Camera, number: int) -> None:
    """Restart FFmpeg, by command or by killing it; wait for the next picture."""
    again = asyncio.Event()
    states: list[StreamState] = []

    def note() -> None:
        states.append(stream.main.state)
        if states[-2:] == [StreamState.STARTING, StreamState.STREAMING]:
            again.set()

    remove = stream.main.add_listener(note)
    if number % 2:
        # The first failure after a restart by command is retried at once.
        os.kill(process_of(stream), signal.SIGKILL)
    else:
        await stream.restart()
    try:
        async with asyncio.timeout(20):
            await again.wait()
    finally:
        remove()


@pytest.mark.timeout(900)
@pytest.mark.parametrize(
    "restarts", [pytest.param(24), pytest.param(500, marks=pytest.mark.slow)]
)
async def test_restarts_leave_nothing(
    restarts: int,
    record_property: Callable[[str, object], None],
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.WARNING)  # the kept part of the log grows
    async with TestCamera(FEED, username="me", password="secret") as camera:
        stream = open_stream(
            str(tools.ffmpeg()),
            camera.url,
            logger=LOGGER,
            source_info=known(FEED),
        )
        stream.arm()
        holders = [Holder(stream) for _ in range(5)]
        tracemalloc.start()
        try:
            await stream.main.window.wait_ready()
            for number in range(_WARM_UP):
                await restart(stream, number)
            before = Size.of(stream)
            for number in range(restarts):
                await restart(stream, number)
            after = Size.of(stream)
            assert all(holder.answers for holder in holders)
        finally:
            tracemalloc.stop()
            for holder in holders:
                await holder.stop()
            await stream.stop()
            await camera.wait_disconnected()
    for field, earlier, later in zip(
        fields(Size), astuple(before), astuple(after), strict=True
    ):
        record_property(field.name, f"{earlier} -> {later}")
        # FFmpeg and its parent watch may just be about to begin or to end.
        slack = _MEMORY if field.name == "memory" else 4
        assert later <= earlier + slack, field.name
    assert after.inits <= before.inits
    assert after.listeners == before.listeners
    assert after.viewers == before.viewers == len(holders)
