"""Cameras with events, and those who listen to them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from custom_components.hls_camera.onvif_events.device_events import (
    DeviceEvents,
    DeviceLogin,
)
from custom_components.hls_camera.onvif_events.topics import EventKind
from tests.onvif import PASSWORD, EventService, OnvifCamera, Quality, one_channel

CHANNEL = one_channel(Quality(url="rtsp://127.0.0.1/live"))


def virtual_camera(events: EventService, **options: Any) -> OnvifCamera:
    """Return a camera with events."""
    return OnvifCamera(CHANNEL, events=events, **options)


def login(camera: OnvifCamera, password: str = PASSWORD) -> DeviceLogin:
    return DeviceLogin("127.0.0.1", camera.port, "admin", password)


def device_events(of: DeviceLogin) -> DeviceEvents:
    return DeviceEvents(
        of, lambda coroutine, name: asyncio.create_task(coroutine, name=name)
    )


class Watcher:
    """Notes each state of one kind of event, and waits for one."""

    def __init__(self) -> None:
        self.shown: list[bool | None] = []
        self._changed = asyncio.Event()

    def show(self, state: bool | None) -> None:
        self.shown.append(state)
        self._changed.set()

    async def wait_for(self, *states: bool | None) -> None:
        """Wait until these are the latest states."""
        async with asyncio.timeout(10):
            while self.shown[-len(states) :] != list(states):
                self._changed.clear()
                await self._changed.wait()


@asynccontextmanager
async def watching(
    events: DeviceEvents,
    kind: EventKind = EventKind.MOTION,
    channel: str | None = None,
) -> AsyncIterator[Watcher]:
    """Listen to one kind of event."""
    watcher = Watcher()
    leave = events.listen(kind, channel, watcher.show)
    try:
        yield watcher
    finally:
        await leave()
