"""CPU time and start-up of cameras with copied video and one viewer each."""

from collections.abc import Iterator, Mapping
from typing import Final

from .bench import Side, bench, test_cameras
from .effort import Effort
from .figures import percentile
from .results import Results
from .rounds import by_turns
from .watching import Idle, Watched, idle, watch

COST: Final = "cameras"
ENDURANCE: Final = "endurance"
START_UP: Final = "start-up"
SOURCE: Final = (
    *("--size", "1280x720", "--fps", "25", "--bitrate", "2000000"),
    *("--keyframe-interval", "2", "--clip", "--picture", "test", "--join", "keyframe"),
)
_SETTLE: Final = 12.0
"""Seconds until the cost of a stream is constant."""
_IDLE: Final = 10.0
"""Seconds of measuring Home Assistant without streams."""
_START: Final = 40.0
"""Time limit in seconds for starting many cameras."""
_MANY: Final = 16


async def measure_cost(results: Results, effort: Effort) -> None:
    """Measure CPU time, memory and the event loop with increasing numbers of cameras."""
    for count in effort.cameras:
        await _watch_all(results, COST, count, runs=effort.runs, seconds=effort.watch)


async def measure_endurance(results: Results, effort: Effort) -> None:
    """Watch many cameras for a long time."""
    await _watch_all(results, ENDURANCE, _MANY, runs=1, seconds=effort.endurance)


async def measure_start_up(results: Results, effort: Effort) -> None:
    """Open many cameras at once, like a dashboard."""
    async with test_cameras(_MANY, *SOURCE) as sources, bench(sources) as started:

        async def take(side: Side, _: int) -> Mapping[str, float]:
            await started.rest()
            seen = await watch(started, side, range(_MANY), settle=0, seconds=_START)
            return {
                "first": min(seen.first_parts),
                "median": percentile(seen.first_parts, 50),
                "last": max(seen.first_parts),
                "missing": _MANY - len(seen.first_parts),
                "lag p99": 1000 * percentile(seen.lags, 99),
                "lag max": 1000 * max(seen.lags),
            }

        place = START_UP, f"{_MANY} cameras"
        await by_turns(started.sides, effort.runs, take, results, place)


async def _watch_all(
    results: Results, measure: str, count: int, *, runs: int, seconds: float
) -> None:
    async with test_cameras(count, *SOURCE) as sources, bench(sources) as started:

        async def take(side: Side, _: int) -> Mapping[str, float]:
            before = await idle(started, _IDLE)
            seen = await watch(
                started, side, range(count), settle=_SETTLE, seconds=seconds
            )
            return {**dict(_figures(before, seen, count)), "minutes": seconds / 60}

        place = measure, f"{count} cameras"
        await by_turns(started.sides, runs, take, results, place)


def _figures(before: Idle, seen: Watched, count: int) -> Iterator[tuple[str, float]]:
    """Yield the cost per camera in percent of a core and megabytes, and lags in milliseconds."""
    own = seen.load.own - before.load.own
    children = seen.load.children - before.load.children
    yield "cpu", 100 * (own + children) / count
    yield "cpu own", 100 * own / count
    yield "cpu FFmpeg", 100 * children / count
    yield "memory", (seen.memory - before.memory) / count
    for name, lags in (("lag", seen.lags), ("idle lag", before.lags)):
        yield f"{name} p50", 1000 * percentile(lags, 50)
        yield f"{name} p99", 1000 * percentile(lags, 99)
        yield f"{name} max", 1000 * max(lags)
    yield "stalls", seen.seen.stalls
    yield "stalled", seen.seen.stalled
    yield "errors", seen.seen.errors
    yield "viewers' cpu", 100 * seen.seen.own_load
