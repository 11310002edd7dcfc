"""The bench: one real `hass` with each camera twice, ours and Home Assistant's own."""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Awaitable, Iterable, Sequence
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import psutil

from tests.demo.api import AddedCamera, Api, ApiError, CameraSettings
from tests.demo.camera_program import camera_program
from tests.demo.home_assistant import HomeAssistant, free_port, home_assistant

OURS: Final = "HLS Camera"
THEIRS: Final = "Home Assistant"
_ROOT: Final = Path(__file__).resolve().parents[1]
_CONFIGURATION: Final = """\
bench_probe:
hls_camera:
  max_concurrent_streams: 64
"""
_AT_A_TIME: Final = 4
_QUIET_SECONDS: Final = 4.0
"""Seconds after the end of all streams until Home Assistant is idle."""


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two sides of the comparison."""

    name: str
    cameras: Sequence[str]
    """Entity ids, in the order of the sources."""
    address: str
    api: Api

    async def open(self, camera: int = 0) -> str:
        """Request a camera's stream like a card; return the address of its playlist."""
        stream = await self.api.command("camera/stream", entity_id=self.cameras[camera])
        return self.address + str(stream["url"])

    async def open_feed(self, camera: int) -> str:
        """Request a camera's live feed like our card; return its address."""
        entity = self.cameras[camera]
        feed = await self.api.command("hls_camera/live", entity_id=entity)
        return self.address + str(feed["url"])


class Bench:
    """Home Assistant, with the same cameras on both sides."""

    def __init__(self, running: HomeAssistant, api: Api) -> None:
        self.sides: list[Side] = []
        self._running = running
        self._api = api

    @property
    def process(self) -> psutil.Process:
        """Home Assistant itself; its children are the processes of both sides."""
        return self._running.process

    async def add_cameras(self, sources: Sequence[str]) -> None:
        """Add each source as a camera of ours and as a generic camera."""
        # Ours first: if there are other cameras, our form asks where the stream comes from.
        ours = await _some_at_a_time(
            self._api.add_camera(CameraSettings(name=f"Camera {number}", url=url))
            for number, url in enumerate(sources)
        )
        theirs = await _some_at_a_time(self._add_generic(url) for url in sources)
        address = self._running.address
        self.sides = [
            Side(name, [each.entity_id for each in added], address, self._api)
            for name, added in ((OURS, ours), (THEIRS, theirs))
        ]

    async def rest(self) -> None:
        """Stop all streams, and wait until Home Assistant is idle."""
        await self._api.command("bench_probe/rest")
        await asyncio.sleep(_QUIET_SECONDS)

    async def take(self) -> tuple[list[float], dict[str, float]]:
        """Return the lags of the event loop and the times at which parts were added.

        Both cover the time since the last call, in seconds.
        """
        seen = await self._api.command("bench_probe/take")
        return seen["lags"], seen["births"]

    async def _add_generic(self, url: str) -> AddedCamera:
        advanced = {"framerate": 2, "verify_ssl": True, "rtsp_transport": "tcp"}
        flow = await self._api.flow(form={"handler": "generic"})
        flow = await self._api.flow(flow, {"stream_source": url, "advanced": advanced})
        if flow["step_id"] != "user_confirm":
            raise ApiError(f"{url} was not added: {flow['errors']}")
        flow = await self._api.flow(flow, {"confirmed_ok": True})
        return await self._api.added(url, flow["result"]["entry_id"])


async def _some_at_a_time[T](tasks: Iterable[Awaitable[T]]) -> list[T]:
    """Run a few tasks at a time: each camera is probed."""
    semaphore = asyncio.Semaphore(_AT_A_TIME)

    async def wait(task: Awaitable[T]) -> T:
        async with semaphore:
            return await task

    return await asyncio.gather(*map(wait, tasks))


@asynccontextmanager
async def bench(sources: Sequence[str]) -> AsyncIterator[Bench]:
    """Run Home Assistant with cameras for the duration of a `with` block."""
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-"))
        running = await asyncio.to_thread(
            stack.enter_context,
            home_assistant(
                Path(folder) / "config",
                port=free_port(),
                log_level="warning",
                components=[_ROOT / "benchmarks" / "bench_probe"],
                configuration=_CONFIGURATION,
            ),
        )
        await asyncio.to_thread(running.set_up, [])
        async with Api.log_in(running.address, running.user) as api:
            started = Bench(running, api)
            await started.add_cameras(sources)
            await started.rest()
            yield started


@asynccontextmanager
async def test_cameras(count: int, *arguments: str) -> AsyncIterator[list[str]]:
    """Run test cameras in one separate program; return their addresses."""
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="camera-"))
        program = camera_program(Path(folder) / "log", *arguments, count=count)
        yield await asyncio.to_thread(stack.enter_context, program)
