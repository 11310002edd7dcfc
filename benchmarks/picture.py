"""The time to the first picture, and the delay of the picture, in a browser."""

import asyncio
import statistics
import time
from collections.abc import Mapping
from contextlib import AsyncExitStack
from typing import Final

from playwright.async_api import Browser

from tests.browser.player import Player, open_player

from .bench import Side, bench, test_cameras
from .effort import Effort
from .figures import percentile
from .latency import HOME_ASSISTANT
from .results import Results
from .rounds import by_turns

FIRST_PICTURE: Final = "first picture"
DELAY: Final = "delay"
LOW_LATENCY: Final = "low latency"
PLAIN: Final = "plain"
_SOURCE: Final = ("--size", "1280x720", "--fps", "25", "--join", "keyframe")
_CLIP: Final = (*_SOURCE, "--clip", "--picture", "test", "--bitrate", "2000000")
_STAMPED: Final = (*_SOURCE, "--picture", "capture_time", "--keyframe-interval", "1")
_INTERVALS: Final = (1, 2, 4)
"""Seconds from one keyframe to the next."""
_PLAYERS: Final[Mapping[str, Mapping[str, object]]] = {
    LOW_LATENCY: HOME_ASSISTANT,
    PLAIN: {**HOME_ASSISTANT, "lowLatencyMode": False},
}
_WARM: Final = 6.0
"""Seconds until a stream is in its steady state."""
_SETTLED: Final = 3000.0
"""Milliseconds until a player has settled; the delay is measured afterwards."""


async def measure_first_picture(
    browser: Browser, results: Results, effort: Effort
) -> None:
    """Measure the first picture of an idle camera, and of a camera with a viewer."""
    async with AsyncExitStack() as stack:
        sources = []
        for interval in _INTERVALS:
            arguments = (*_CLIP, "--keyframe-interval", str(interval))
            sources += await stack.enter_async_context(test_cameras(1, *arguments))
        started = await stack.enter_async_context(bench(sources))
        for camera, interval in enumerate(_INTERVALS):

            async def take(
                side: Side, run: int, camera: int = camera, interval: int = interval
            ) -> Mapping[str, float]:
                await started.rest()
                # At different moments between two keyframes.
                await asyncio.sleep(run * interval / effort.runs)
                async with (
                    open_player(browser) as first,
                    open_player(browser) as second,
                ):
                    cold = await _first_picture(first, side, camera)
                    await first.play(_WARM)
                    warm = await _first_picture(second, side, camera)
                return {"cold": cold, "warm": warm}

            place = FIRST_PICTURE, f"{interval} s"
            await by_turns(started.sides, effort.runs, take, results, place)


async def _first_picture(player: Player, side: Side, camera: int) -> float:
    """Return the seconds from the request for a stream to the first frame."""
    began = time.monotonic()
    address = await side.open(camera)
    asked = time.monotonic() - began
    await player.watch(address, HOME_ASSISTANT)
    report = await player.play(0)
    assert report.first_frame is not None
    return asked + report.first_frame / 1000


async def measure_delay(browser: Browser, results: Results, effort: Effort) -> None:
    """Measure the delay from the camera's clock in the picture to the screen."""
    async with test_cameras(1, *_STAMPED) as sources, bench(sources) as started:

        async def take(side: Side, _: int) -> Mapping[str, float]:
            await started.rest()
            # The measured players join a running stream.
            async with open_player(browser) as former:
                await former.watch(await side.open(), HOME_ASSISTANT)
                await former.play(_WARM)
            figures: dict[str, float] = {}
            for name, config in _PLAYERS.items():
                found = await _delay(browser, side, config, effort.play)
                figures |= {f"{name} {figure}": found[figure] for figure in found}
            return figures

        await by_turns(started.sides, effort.runs, take, results, (DELAY, "1 s"))


async def _delay(
    browser: Browser, side: Side, config: Mapping[str, object], seconds: float
) -> dict[str, float]:
    async with open_player(browser) as player:
        await player.watch(await side.open(), config, capture_time=True)
        report = await player.play(seconds + _SETTLED / 1000)
    delays = report.delays(_SETTLED)
    return {
        "p50": statistics.median(delays),
        "p95": percentile(delays, 95),
        "longest gap": report.longest_gap(_SETTLED),
        "stalls": len(report.waits),
        "dropped": report.dropped,
        "played": report.played,
    }
