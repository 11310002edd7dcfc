"""CPU time of a stream without viewers, in FFmpeg and in Python."""

import asyncio
import os
from asyncio.subprocess import DEVNULL
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Final

import psutil

from custom_components.hls_camera.streaming.ffmpeg.process import PROGRESS, SIDE_OUTPUT
from custom_components.hls_camera.streaming.ingest.command import build_command
from custom_components.hls_camera.streaming.outputs.viewers import WATCHING_S
from custom_components.hls_camera.streaming.transcode.plan import (
    Action,
    Plan,
    PlanReason,
    TrackPlan,
)
from tests.browser.core_server import CoreServer
from tests.camera import Feed, TestCamera
from tests.specs import open_directly, run_spec

_SETTLE: Final = 3.0
"""Seconds until the cost of a stream is constant."""
_UNWATCHED: Final = WATCHING_S + _SETTLE
"""Seconds until a stream counts as unwatched."""
_COPY: Final = Plan(
    video=TrackPlan(Action.COPY, PlanReason.PLAYS_EVERYWHERE),
    audio=TrackPlan(Action.COPY, PlanReason.PLAYS_EVERYWHERE),
)


@dataclass(frozen=True, slots=True)
class Cost:
    """Seconds of CPU time per second of media."""

    ffmpeg: float
    own: float = 0.0

    @property
    def total(self) -> float:
        """Return the cost of both together."""
        return self.ffmpeg + self.own


@dataclass(frozen=True, slots=True)
class CopyCost:
    """The cost of copying, with FFmpeg alone and in the integration."""

    null: float
    """`ffmpeg -c copy -f null`."""
    discarded: float
    """FFmpeg with the integration's command, output discarded."""
    pipeline: Cost


def spent(processes: Sequence[psutil.Process]) -> float:
    """Return the CPU seconds from Linux, which are more precise than psutil's."""
    threads = (
        thread
        for process in processes
        for thread in Path(f"/proc/{process.pid}/task").glob("*/schedstat")
    )
    return sum(int(each.read_text().split()[0]) for each in threads) / 1e9


async def measure(
    camera: TestCamera, ffmpeg: Path, seconds: float, settle: float = _SETTLE
) -> Cost:
    """Measure FFmpeg and Python, from `settle` seconds after the start."""
    async with CoreServer(camera.url, ffmpeg=ffmpeg) as server:
        await server.wait_ffmpeg()
        await asyncio.sleep(settle)
        children, own = server.ffmpegs(), [server.process]
        before = spent(children), spent(own)
        await asyncio.sleep(seconds)
        after = spent(children), spent(own)
    return Cost((after[0] - before[0]) / seconds, (after[1] - before[1]) / seconds)


async def measure_feed(feed: Feed, ffmpeg: Path, seconds: float) -> Cost:
    """Measure FFmpeg and Python for a camera with this feed."""
    async with TestCamera(feed) as camera:
        return await measure(camera, ffmpeg, seconds, _UNWATCHED)


async def measure_copy(
    feed: Feed, ffmpeg: Path, seconds: float, rounds: int
) -> CopyCost:
    """Measure FFmpeg alone and the integration in turns on one stream; return medians."""
    null: list[float] = []
    discarded: list[float] = []
    pipeline: list[Cost] = []
    async with TestCamera(feed) as camera:
        for _ in range(rounds):
            null.append(await _measure_command(_null(camera.url, ffmpeg), seconds))
            ours = _ours(camera.url, ffmpeg)
            discarded.append(await _measure_command(ours, seconds))
            pipeline.append(await measure(camera, ffmpeg, seconds, _UNWATCHED))
    return CopyCost(
        median(null),
        median(discarded),
        Cost(
            median(each.ffmpeg for each in pipeline),
            median(each.own for each in pipeline),
        ),
    )


def _null(url: str, ffmpeg: Path) -> list[str]:
    command = [str(ffmpeg), "-nostdin", "-loglevel", "error", "-rtsp_transport", "tcp"]
    return [*command, "-i", url, "-map", "0", "-c", "copy", "-f", "null", "-"]


def _ours(url: str, ffmpeg: Path) -> list[str]:
    spec = run_spec(url, _COPY)
    command = build_command(str(ffmpeg), spec, open_directly(spec))
    places = {PROGRESS: os.devnull, SIDE_OUTPUT: "pipe:1"}
    return [places.get(part, part) for part in command]


async def _measure_command(command: Sequence[str], seconds: float) -> float:
    async with _running(command) as process:
        await asyncio.sleep(_SETTLE)
        before = spent([process])
        await asyncio.sleep(seconds)
        return (spent([process]) - before) / seconds


@asynccontextmanager
async def _running(command: Sequence[str]) -> AsyncIterator[psutil.Process]:
    process = await asyncio.create_subprocess_exec(
        *command, stdin=DEVNULL, stdout=DEVNULL, stderr=DEVNULL
    )
    try:
        yield psutil.Process(process.pid)
    finally:
        process.kill()
        await process.wait()
