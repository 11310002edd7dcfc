"""The cost of streams with viewers, and the delay of responses."""

import asyncio
import json
import sys
import time
from asyncio.subprocess import PIPE
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from .bench import Bench, Side
from .usage import Load, Usage
from .viewer import READY, SETTLED, Seen

_MARGIN: Final = 0.5
"""Seconds."""
_SILENCE: Final = 20.0
"""Seconds. The client answers pings only while it waits for a response."""
_MOST_BYTES: Final = 256 * 1024 * 1024
"""Maximum size of the viewers' results."""


@dataclass(frozen=True, slots=True)
class Watched:
    """The result; times in seconds."""

    load: Load
    """CPU use of Home Assistant."""
    memory: float
    """Megabytes of Home Assistant."""
    lags: Sequence[float]
    """The lag of the event loop, a hundred times a second."""
    playlist_delays: Sequence[float]
    """From the end of a part until a viewer has the playlist that lists it."""
    part_delays: Sequence[float]
    """From the end of a part until a viewer has all of it."""
    first_parts: Sequence[float]
    """From the request for a stream until its viewer has a part."""
    seen: Seen


@dataclass(frozen=True, slots=True)
class Idle:
    """The same without viewers and streams."""

    load: Load
    memory: float
    lags: Sequence[float]


async def idle(bench: Bench, seconds: float) -> Idle:
    """Measure Home Assistant while it is idle."""
    await bench.rest()
    await bench.take()
    before = Usage.of(bench.process)
    await asyncio.sleep(seconds)
    after = Usage.of(bench.process)
    lags, _ = await bench.take()
    return Idle(after.load_since(before), after.memory, lags)


async def watch(
    bench: Bench, side: Side, cameras: Sequence[int], *, settle: float, seconds: float
) -> Watched:
    """Watch cameras, given by their numbers, with one viewer each.

    The delays apply only to viewers of the same camera.
    """
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "benchmarks.viewer", str(settle), str(seconds)),
        stdin=PIPE,
        stdout=PIPE,
        limit=_MOST_BYTES,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        await _read(process.stdout, READY)
        asked = time.monotonic()
        addresses = [await side.open(camera) for camera in cameras]
        process.stdin.write(json.dumps(addresses).encode() + b"\n")
        await _read(process.stdout, SETTLED)
        await bench.take()
        before = Usage.of(bench.process)
        # Ends before the viewers do: their end must not be measured.
        lags, births = await _sleep(bench, seconds - _MARGIN)
        after = Usage.of(bench.process)
        newest = await bench.take()
        lags += newest[0]
        births |= newest[1]
        seen = Seen(**json.loads(await process.stdout.readline()))
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()
    return Watched(
        load=after.load_since(before),
        memory=after.memory,
        lags=lags,
        playlist_delays=_delays(seen.playlists, births),
        part_delays=_delays(seen.parts, births),
        first_parts=[when - asked for when in seen.first_parts],
        seen=seen,
    )


async def _sleep(bench: Bench, seconds: float) -> tuple[list[float], dict[str, float]]:
    """Sleep, and take results regularly: Home Assistant disconnects silent clients."""
    lags: list[float] = []
    births: dict[str, float] = {}
    while seconds > _SILENCE:
        await asyncio.sleep(_SILENCE)
        seconds -= _SILENCE
        seen = await bench.take()
        lags += seen[0]
        births |= seen[1]
    await asyncio.sleep(seconds)
    return lags, births


async def _read(stream: asyncio.StreamReader, expected: str) -> None:
    line = (await stream.readline()).decode().strip()
    if line != expected:
        raise RuntimeError(f"the viewers have failed: {line!r}")


def _delays(
    answers: Sequence[tuple[str, float]], births: dict[str, float]
) -> list[float]:
    return [when - births[part] for part, when in answers if part in births]
