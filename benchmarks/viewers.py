"""Many viewers of one camera: their cost, and the delay of responses."""

from collections.abc import Iterator, Mapping
from typing import Final

from .bench import Side, bench, test_cameras
from .cameras import SOURCE
from .effort import Effort
from .figures import percentile
from .results import Results
from .rounds import by_turns
from .watching import Idle, Watched, idle, watch

VIEWERS: Final = "viewers"
_SETTLE: Final = 12.0
"""Seconds until all viewers follow the stream."""
_IDLE: Final = 5.0
"""Seconds of measuring Home Assistant without streams."""


async def measure_viewers(results: Results, effort: Effort) -> None:
    """Measure increasing numbers of viewers of one camera."""
    async with test_cameras(1, *SOURCE) as sources, bench(sources) as started:
        for count in effort.viewers:

            async def take(
                side: Side, _: int, count: int = count
            ) -> Mapping[str, float]:
                before = await idle(started, _IDLE)
                seen = await watch(
                    *(started, side, [0] * count),
                    settle=_SETTLE,
                    seconds=effort.watch,
                )
                return dict(_figures(before, seen, count, effort.watch))

            place = VIEWERS, f"{count} viewer" if count == 1 else f"{count} viewers"
            await by_turns(started.sides, effort.runs, take, results, place)


def _figures(
    before: Idle, seen: Watched, count: int, seconds: float
) -> Iterator[tuple[str, float]]:
    """Yield percent of a core, milliseconds, and kilobits per second for each viewer."""
    yield "cpu", 100 * (seen.load.total - before.load.total)
    yield "requests", seen.seen.requests / seconds
    for name, delays in (
        ("playlist", seen.playlist_delays),
        ("part", seen.part_delays),
    ):
        yield f"{name} p50", 1000 * percentile(delays, 50)
        yield f"{name} p99", 1000 * percentile(delays, 99)
    yield "lag p99", 1000 * percentile(seen.lags, 99)
    yield "lag max", 1000 * max(seen.lags)
    yield "errors", seen.seen.errors
    yield "stalls", seen.seen.stalls
    yield "viewers' cpu", 100 * seen.seen.own_load
    per_viewer = 8 / 1000 / seconds / count
    yield "media", per_viewer * seen.seen.media_bytes
    yield "playlists", per_viewer * seen.seen.playlist_bytes
    yield "plain playlists", per_viewer * seen.seen.plain_playlist_bytes
    yield "headers", per_viewer * seen.seen.header_bytes
