"""Endurance of four cameras with viewers and a fault every few seconds: failures and growth.

    .venv/bin/python -m benchmarks.soak [--minutes 20] [--cameras 4] [--seed 1]

Each camera shows a small clip and has its own stream with two strict viewers. Faults strike
at random: FFmpeg is killed or stopped, connections are reset, stall, slow down, or carry garbage
or wrong timestamps, the resolution changes, the camera restarts or refuses connections. A
stream counts as recovered after five seconds instead of sixty (`--healthy`), because it would
otherwise mostly wait between retries. At the end, the faults stop, and every stream must play
again. Memory, open files, tasks and child processes are sampled; docs/images/soak.svg shows them.
"""

import argparse
import asyncio
import contextlib
import gc
import json
import logging
import os
import signal
import statistics
import sys
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from random import Random
from typing import Any, Final, override
from unittest import mock

from custom_components.hls_camera.streaming.camera.events import EventType, StreamEvent
from custom_components.hls_camera.streaming.camera.options import StreamOptions
from custom_components.hls_camera.streaming.camera.state import StreamState
from custom_components.hls_camera.streaming.ingest import recovery
from tests import tools
from tests.camera import Feed, TestCamera, faults
from tests.reliability.scene import known
from tests.reliability.viewer import Viewer
from tests.streams import open_stream, process_of

LOGGER: Final = logging.getLogger("soak")
FEED: Final = Feed(size=(160, 90), fps=10, live=False)
_LARGER: Final = replace(FEED, size=(320, 180))
_VIEWERS: Final = 2
_SAMPLE_PERIOD: Final = 5.0
"""Seconds between two samples."""
_FAULT_PERIOD: Final = (3.0, 12.0)
"""Minimum and maximum seconds between two faults of one camera."""
_WARM_UP: Final = 0.25
"""The fraction of the time after which nothing may grow."""
_RECOVERY: Final = 60.0
"""Seconds until every stream must play again after the last fault: the longest wait
between two tries, and a try."""
_MEMORY_GROWTH: Final = 16.0
"""MiB by which the memory may grow after the warm-up."""
_REPORTS: Final = Path(__file__).resolve().parent.parent / "docs" / "images"


class _Subject:
    """A camera with its stream and its viewers."""

    def __init__(self, camera: TestCamera, ffmpeg: str) -> None:
        self.camera = camera
        self.stream = open_stream(
            ffmpeg,
            camera.url,
            StreamOptions(on_demand=False),
            logger=LOGGER,
            source_info=known(FEED),
        )
        self.viewers: list[Viewer] = []
        self.outages: list[float] = []
        self.stream.add_event_listener(self._note)

    async def start(self) -> None:
        await self.stream.start()
        self.viewers = [Viewer(self.stream, keep=False) for _ in range(_VIEWERS)]

    async def stop(self) -> list[str]:
        """Stop everything; return the errors of the viewers."""
        results = await asyncio.gather(
            *(viewer.stop() for viewer in self.viewers), return_exceptions=True
        )
        await self.stream.stop()
        return [repr(result) for result in results if result is not None]

    async def is_well(self, seconds: float) -> bool:
        """Return whether all viewers get another second of media within some seconds."""
        try:
            async with asyncio.timeout(seconds):
                await asyncio.gather(*(self._play_on(each) for each in self.viewers))
        except TimeoutError, AssertionError:
            return False
        return self.stream.main.state is StreamState.STREAMING

    async def _play_on(self, viewer: Viewer) -> None:
        count = viewer.total_parts
        await viewer.wait_for(lambda: viewer.total_parts > count + 5, _RECOVERY)

    def _note(self, event: StreamEvent) -> None:
        if event.type is EventType.RECOVERED and event.outage is not None:
            self.outages.append(event.outage)

    # Faults

    def _signal(self, number: signal.Signals) -> None:
        with contextlib.suppress(AssertionError, ProcessLookupError):
            os.kill(process_of(self.stream), number)

    async def kill(self, _: Random) -> None:
        self._signal(signal.SIGKILL)

    async def freeze(self, _: Random) -> None:
        self._signal(signal.SIGSTOP)

    async def reboot(self, random: Random) -> None:
        await self.camera.reboot(random.choice((FEED, _LARGER)))

    async def switch(self, _: Random) -> None:
        feed = FEED if self.camera.feed == _LARGER else _LARGER
        await self.camera.switch_feed(feed)

    async def refuse(self, random: Random) -> None:
        self.camera.refuse_connections()
        self.camera.strike(faults.Reset())
        await asyncio.sleep(random.uniform(0.5, 4.0))
        await self.camera.accept_connections()


type _Act = Callable[[_Subject, Random], Awaitable[None]]


def _strikes(make: Callable[[], faults.Fault]) -> _Act:
    async def act(subject: _Subject, _: Random) -> None:
        subject.camera.strike(make())

    return act


def _answers(make: Callable[[], faults.Fault]) -> _Act:
    """Reset the connection, and inject a fault into new connections for a while."""

    async def act(subject: _Subject, random: Random) -> None:
        fault = make()
        subject.camera.inject(fault)
        subject.camera.strike(faults.Reset())
        await asyncio.sleep(random.uniform(0.5, 4.0))
        subject.camera.clear(fault)

    return act


_ACTS: Final[Mapping[str, _Act]] = {
    "kill": _Subject.kill,
    "freeze": _Subject.freeze,
    "reboot": _Subject.reboot,
    "switch": _Subject.switch,
    "refuse": _Subject.refuse,
    "reset": _strikes(faults.Reset),
    "finish": _strikes(faults.Finish),
    "stall": _strikes(faults.Stall),
    "garbage": _strikes(faults.Garbage),
    "trickle": _strikes(lambda: faults.Trickle(500)),
    "jump forward": _strikes(lambda: faults.TimestampJump(3600)),
    "jump back": _strikes(lambda: faults.TimestampJump(-20)),
    "frozen times": _strikes(faults.FrozenTimestamps),
    "loss": _strikes(lambda: faults.PacketLoss(0.1)),
    "404": _answers(lambda: faults.Status(404)),
    "454": _answers(lambda: faults.Status(454)),
    "503": _answers(lambda: faults.Status(503)),
    "silent": _answers(faults.Silent),
    "garbage answer": _answers(faults.GarbageAnswer),
    "wrong length": _answers(lambda: faults.WrongContentLength(200)),
}


@dataclass(frozen=True, slots=True)
class Sample:
    """The state of this process at one moment."""

    seconds: float
    memory: float
    """MiB, resident."""
    descriptors: int
    tasks: int
    children: int
    streaming: int
    """Streams that are live."""


@dataclass(slots=True)
class Result:
    """The result."""

    minutes: float
    cameras: int
    samples: list[Sample] = field(default_factory=list)
    faults: dict[str, int] = field(default_factory=dict)
    restarts: int = 0
    parts: int = 0
    """Partial segments that viewers requested and checked."""
    outages: dict[str, float] = field(default_factory=dict)
    """Count, and seconds: median, 95th percentile and longest."""
    dead: int = 0
    """Streams that did not play again."""
    left: int = 0
    """Child processes after everything was stopped."""
    errors: list[str] = field(default_factory=list)


class _Errors(logging.Handler):
    """Keeps logged errors."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.lines: list[str] = []

    @override
    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(self.format(record))


def _children() -> int:
    tasks = Path("/proc/self/task").glob("*/children")
    return sum(len(each.read_text().split()) for each in tasks)


def _memory() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def _sample(since: float, subjects: Sequence[_Subject]) -> Sample:
    return Sample(
        seconds=round(time.monotonic() - since, 1),
        memory=round(_memory(), 1),
        descriptors=len(list(Path("/proc/self/fd").iterdir())),
        tasks=len(asyncio.all_tasks()),
        children=_children(),
        streaming=sum(
            each.stream.main.state is StreamState.STREAMING for each in subjects
        ),
    )


async def _sample_on(
    since: float, subjects: Sequence[_Subject], samples: list[Sample]
) -> None:
    while True:
        gc.collect()
        samples.append(_sample(since, subjects))
        await asyncio.sleep(_SAMPLE_PERIOD)


async def _harm(subject: _Subject, random: Random, counts: Counter[str]) -> None:
    while True:
        await asyncio.sleep(random.uniform(*_FAULT_PERIOD))
        name = random.choice(list(_ACTS))
        counts[name] += 1
        await _ACTS[name](subject, random)


async def _harm_all(
    subjects: Sequence[_Subject], seconds: float, seed: int, result: Result
) -> None:
    """Let faults strike for some seconds, then clear all of them."""
    counts: Counter[str] = Counter()
    since = time.monotonic()
    sampling = asyncio.create_task(_sample_on(since, subjects, result.samples))
    try:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds), asyncio.TaskGroup() as group:
                for index, subject in enumerate(subjects):
                    random = Random(seed * 1000 + index)
                    group.create_task(_harm(subject, random, counts))
        for subject in subjects:
            subject.camera.clear()
            await subject.camera.accept_connections()
        wells = await asyncio.gather(*(each.is_well(_RECOVERY) for each in subjects))
        result.dead = wells.count(False)
        result.samples.append(_sample(since, subjects))
    finally:
        sampling.cancel()
        await asyncio.gather(sampling, return_exceptions=True)
    result.faults = dict(sorted(counts.items()))


def _outages(seconds: Sequence[float]) -> dict[str, float]:
    if not seconds:
        return {}
    ordered = sorted(seconds)
    return {
        "count": len(ordered),
        "median": round(statistics.median(ordered), 2),
        "p95": round(ordered[int(0.95 * (len(ordered) - 1))], 2),
        "longest": round(ordered[-1], 2),
    }


async def soak(options: argparse.Namespace) -> Result:
    """Run the test, clean up, and return the result."""
    result = Result(minutes=options.minutes, cameras=options.cameras)
    errors = _Errors()
    for name in ("soak", "asyncio", "custom_components"):
        logging.getLogger(name).addHandler(errors)

    def note(_: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        error = context.get("exception")
        result.errors.append(f"{context['message']}: {error!r}")

    asyncio.get_running_loop().set_exception_handler(note)
    async with contextlib.AsyncExitStack() as stack:
        subjects: list[_Subject] = []
        for index in range(options.cameras):
            camera = TestCamera(FEED, path=f"camera{index}")
            await stack.enter_async_context(camera)
            subjects.append(_Subject(camera, str(tools.ffmpeg())))
        try:
            for subject in subjects:
                await subject.start()
            await _harm_all(subjects, options.minutes * 60, options.seed, result)
        finally:
            for subject in subjects:
                result.errors += await subject.stop()
                result.restarts += subject.stream.statistics().restarts
                result.parts += sum(viewer.total_parts for viewer in subject.viewers)
    outages = [seconds for subject in subjects for seconds in subject.outages]
    result.outages = _outages(outages)
    result.left = _children()
    result.errors += errors.lines
    return result


def complaints(result: Result) -> list[str]:
    """Return the problems in words, empty if there are none."""
    wrong = [f"error: {line}" for line in result.errors]
    if result.dead:
        wrong.append(f"{result.dead} streams are dead")
    if result.left:
        wrong.append(f"{result.left} processes are left")
    warm = result.samples[int(_WARM_UP * len(result.samples)) :]
    half = len(warm) // 2
    if half >= 4:
        earlier, later = warm[:half], warm[half:]
        growth = _middle(later, "memory") - _middle(earlier, "memory")
        if growth > _MEMORY_GROWTH:
            wrong.append(f"memory grew by {growth:.1f} MiB")
        for name in ("descriptors", "tasks"):
            # During an outage, there are a few more or fewer of both.
            growth = _middle(later, name) - _middle(earlier, name)
            if growth > 2 * result.cameras:
                wrong.append(f"{growth:g} more {name}")
    return wrong


def _middle(samples: Sequence[Sample], name: str) -> float:
    return statistics.median(float(getattr(sample, name)) for sample in samples)


# The plot

_WIDTH: Final = 720
_PANEL: Final = 96
_LEFT: Final = 150
_GAP: Final = 26
_PANELS: Final = (
    ("memory", "Memory, MiB", "#2a6f97"),
    ("descriptors", "Open files", "#9d4edd"),
    ("tasks", "Tasks", "#40916c"),
    ("children", "Child processes", "#d00000"),
    ("streaming", "Streams live", "#f48c06"),
)


def plot(result: Result) -> str:
    """Return the samples as an SVG."""
    height = len(_PANELS) * (_PANEL + _GAP) + 50
    title = (
        f"{result.cameras} cameras, {sum(result.faults.values())} faults in "
        f"{result.minutes:g} minutes, {result.restarts} restarts, {result.dead} dead streams"
    )
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}">',
        '<g font-family="sans-serif" font-size="12" fill="#333">',
        f'<rect width="{_WIDTH}" height="{height}" fill="#fff"/>',
        f'<text x="12" y="20" font-size="14">{title}</text>',
    ]
    end = max((sample.seconds for sample in result.samples), default=1.0) or 1.0
    for index, (name, label, colour) in enumerate(_PANELS):
        top = 40 + index * (_PANEL + _GAP)
        values = [
            (sample.seconds / end, float(getattr(sample, name)))
            for sample in result.samples
        ]
        lines += _panel(values, label, colour, top)
    lines.append(
        f'<text x="{_WIDTH - 12}" y="{height - 8}" text-anchor="end">'
        f"{end / 60:.1f} minutes</text>"
    )
    lines.append("</g></svg>")
    return "\n".join(lines) + "\n"


def _panel(
    values: Sequence[tuple[float, float]], label: str, colour: str, top: int
) -> list[str]:
    ceiling = 1.2 * max((value for _, value in values), default=1.0) or 1.0
    width = _WIDTH - _LEFT - 12
    points = " ".join(
        f"{_LEFT + width * x:.1f},{top + _PANEL * (1 - y / ceiling):.1f}"
        for x, y in values
    )
    last = values[-1][1] if values else 0.0
    return [
        f'<rect x="{_LEFT}" y="{top}" width="{width}" height="{_PANEL}" fill="#f4f4f4"/>',
        f'<text x="12" y="{top + 16}">{label}</text>',
        f'<text x="12" y="{top + 34}" fill="{colour}">{last:g} at the end</text>',
        f'<text x="{_LEFT - 6}" y="{top + 10}" text-anchor="end">{ceiling:.0f}</text>',
        f'<text x="{_LEFT - 6}" y="{top + _PANEL}" text-anchor="end">0</text>',
        f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="1.5"/>',
    ]


def main() -> int:
    """Run the test with the options of the command line; write the plot and the figures."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.soak", description=(__doc__ or "").split("\n\n")[0]
    )
    parser.add_argument("--minutes", type=float, default=20.0)
    parser.add_argument("--cameras", type=int, default=4)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--healthy", type=float, default=5.0, metavar="SECONDS")
    parser.add_argument("--plot", type=Path, default=_REPORTS / "soak.svg")
    parser.add_argument("--json", type=Path, default=_REPORTS / "soak.json")
    options = parser.parse_args()
    with mock.patch.object(recovery, "HEALTHY_AFTER_S", options.healthy):
        result = asyncio.run(soak(options))
    options.plot.write_text(plot(result))
    figures = asdict(result) | {"complaints": complaints(result)}
    options.json.write_text(json.dumps(figures, indent=2) + "\n")
    first, last = result.samples[0], result.samples[-1]
    print(json.dumps({k: v for k, v in figures.items() if k != "samples"}, indent=2))
    print(f"first: {first}\nlast:  {last}")
    print("all is well" if not figures["complaints"] else "not well")
    return int(bool(figures["complaints"]))


if __name__ == "__main__":
    sys.exit(main())
