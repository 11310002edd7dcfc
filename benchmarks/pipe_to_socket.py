"""The time from FFmpeg's pipe to the viewers: of each frame of many cameras, each watched."""

import asyncio
import json
import sys
from asyncio.subprocess import PIPE
from bisect import bisect_right
from collections.abc import Container, Iterator, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import Final, NamedTuple

import psutil

from .bench import Bench, Side, bench, test_cameras
from .cameras import SOURCE
from .effort import Effort
from .figures import percentile
from .results import Results
from .rounds import by_turns

PIPE_TO_SOCKET: Final = "pipe to socket"
_MANY: Final = 16
_START: Final = 15.0
"""Seconds until all streams run."""
_SETTLE: Final = 5.0
"""Seconds of watching that do not count."""
_SAME_PACKET: Final = 0.002
"""Seconds: FFmpeg writes a large packet in several pieces, which follow each other at once."""
_LATE_NOTE: Final = 0.002
"""Seconds by which a write may be noted later than the frame was taken: then it waited for
nothing."""
_SAME_READ: Final = 0.0005
"""Seconds between two frames that were in the pipe together."""
_MAX_BYTES: Final = 64 * 1024 * 1024


class Passage(NamedTuple):
    """One frame; in seconds."""

    wait: float
    """From the pipe until Home Assistant has taken it."""
    total: float
    """From the pipe until the viewer has it."""


def passages(
    written: Sequence[float], came: Sequence[float], got: Sequence[float]
) -> list[Passage]:
    """Return the passage of each frame.

    `written` are the times at which something was written into the pipe, `came` those at which
    the server had each frame, `got` those at which the viewer had it. Frames that were read
    together were written one after another. A frame whose write was not noted was taken before
    the machine had time for that: it did not wait.
    """
    packets = [each for each, later in pairwise(written) if later - each > _SAME_PACKET]
    packets += written[-1:]
    found = []
    after = 0
    for first, last in _reads(came):
        until = bisect_right(packets, came[first] + _LATE_NOTE)
        count = last - first
        own = packets[max(after, until - count) : until]
        after = until
        missing = came[first : last - len(own)]
        for number, packet in enumerate([*missing, *own], start=first):
            wait = max(came[number] - packet, 0.0)
            found.append(Passage(wait, got[number] - packet))
    return found


def _reads(came: Sequence[float]) -> Iterator[tuple[int, int]]:
    """Yield the ranges of frames that were read together."""
    starts = [0]
    starts += [
        number
        for number, (former, later) in enumerate(pairwise(came), start=1)
        if later - former > _SAME_READ
    ]
    if came:
        yield from pairwise([*starts, len(came)])


def own_pipe(
    pipes: Sequence[Sequence[float]], came: Sequence[float]
) -> Sequence[float]:
    """Return the pipe whose writes came directly before the frames."""

    def distance(written: Sequence[float]) -> float:
        places = ((when, bisect_right(written, when)) for when in came)
        gaps = [when - written[place - 1] for when, place in places if place]
        return median(gaps) if gaps else float("inf")

    return min(pipes, key=distance)


async def measure_pipe_to_socket(results: Results, effort: Effort) -> None:
    """Measure sixteen cameras with copied video, each with one viewer of its live feed."""
    async with test_cameras(_MANY, *SOURCE) as sources, bench(sources) as started:

        async def take(side: Side, _: int) -> Mapping[str, float]:
            await started.rest()
            return dict(_figures(await _watch(started, side, effort.watch)))

        place = PIPE_TO_SOCKET, f"{_MANY} cameras"
        await by_turns(started.sides[:1], effort.runs, take, results, place)


def _figures(found: Sequence[Passage]) -> Iterator[tuple[str, float]]:
    """Yield milliseconds, and the number of frames."""
    for name, values in (
        ("wait", [each.wait for each in found]),
        ("total", [each.total for each in found]),
    ):
        yield f"{name} p50", 1000 * percentile(values, 50)
        yield f"{name} p99", 1000 * percentile(values, 99)
        yield f"{name} max", 1000 * max(values)
    yield "frames", len(found)


async def _watch(started: Bench, side: Side, seconds: float) -> list[Passage]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "benchmarks.feed_watchers", str(_SETTLE + seconds)),
        stdin=PIPE,
        stdout=PIPE,
        limit=_MAX_BYTES,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        feeds = [await side.open_feed(camera) for camera in range(_MANY)]
        pipes = await _pipes(started.process)
        asked = json.dumps({"feeds": feeds, "pipes": pipes})
        process.stdin.write(asked.encode() + b"\n")
        seen = json.loads(await process.stdout.readline())
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()
    found: list[Passage] = []
    for feed in seen["feeds"]:
        if feed["has_ended"]:
            raise RuntimeError("a feed has ended")
        begin = bisect_right(feed["came"], feed["came"][0] + _SETTLE)
        came, got = feed["came"][begin:], feed["got"][begin:]
        found += passages(own_pipe(seen["pipes"], came), came, got)
    return found


async def _pipes(program: psutil.Process) -> list[str]:
    """Return the paths of the pipes to which the FFmpeg processes of a program write."""
    async with asyncio.timeout(_START):
        while len(names := _outputs(program)) < _MANY:  # noqa: ASYNC110
            await asyncio.sleep(0.1)
    return _paths(program, names)


def _paths(program: psutil.Process, names: Container[str]) -> list[str]:
    """Return the paths of a program's open pipes with these names."""
    folder = Path(f"/proc/{program.pid}/fd")
    return [str(each) for each in folder.iterdir() if _target(each) in names]


def _outputs(program: psutil.Process) -> set[str]:
    """Return the names of the pipes that are the standard outputs of FFmpeg."""
    children = program.children(recursive=True)
    processes = (each for each in children if each.name().startswith("ffmpeg"))
    outputs = (_target(Path(f"/proc/{each.pid}/fd/1")) for each in processes)
    return {output for output in outputs if output.startswith("pipe:")}


def _target(link: Path) -> str:
    try:
        return str(link.readlink())
    except OSError:
        return ""  # It has just been closed.
