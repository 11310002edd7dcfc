"""The delay of the picture, and the time to the first picture.

    .venv/bin/python -m benchmarks.latency [--seconds 20] [--runs 3] [--json FILE]

A test camera writes the time of capture into each frame, and a page reads it from the
frame that Chromium shows. The delay includes everything between camera and screen, except
the camera's encoder and the network.

"warm": the stream is running. "cold": it is idle, and FFmpeg starts with the page's request.
The camera answers PLAY with a keyframe ("at once"), or starts at its next keyframe
("next keyframe").
"""

import argparse
import asyncio
import json
import statistics
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Final

import aiohttp
from playwright.async_api import Browser

from tests.browser.chromium import headless_chromium
from tests.browser.core_server import CoreServer
from tests.browser.live_player import LiveReport, live_player
from tests.browser.player import DEFAULT, PLAIN, Report, playing
from tests.browser.reader import Reader
from tests.camera import Feed, Join, Picture, TestCamera

from . import machine

FEED: Final = Feed(
    audio="aac",
    size=(1280, 720),
    fps=25,
    keyframe_interval=1.0,
    picture=Picture.CAPTURE_TIME,
)
# From the frontend of Home Assistant 2026.10, src/components/ha-hls-player.ts
HOME_ASSISTANT: Final[Mapping[str, object]] = {
    "backBufferLength": 60,
    "fragLoadingTimeOut": 30000,
    "manifestLoadingTimeOut": 30000,
    "levelLoadingTimeOut": 30000,
    "maxLiveSyncPlaybackRate": 2,
}
LIVE: Final = "the card's player, live feed"
PLAYERS: Final[Mapping[str, Mapping[str, object]]] = {
    "hls.js, low latency": DEFAULT,
    "hls.js, low latency, Home Assistant's settings": HOME_ASSISTANT,
    "hls.js, plain": PLAIN,
}
JOINS: Final[Mapping[str, Join]] = {
    "at once": Join.IDR,
    "next keyframe": Join.KEYFRAME,
}
_WARM: Final = 6.0
"""Seconds of media until a stream is in its steady state."""
_SETTLED: Final = 2000.0
"""Milliseconds until a player has settled; the delay is measured afterwards."""


@dataclass(slots=True)
class Row:
    """One case over all its runs; times in seconds."""

    name: str
    first_picture: list[float] = field(default_factory=list)
    p50: list[float] = field(default_factory=list)
    p95: list[float] = field(default_factory=list)
    longest_gap: list[float] = field(default_factory=list)
    """Seconds between two shown frames."""
    stalls: int = 0
    errors: int = 0
    """Error events of hls.js, including harmless ones, and lost connections of the live feed."""
    dropped: int = 0
    """Frames that Chromium decoded but did not show: the machine is too slow."""

    def add(self, report: Report | LiveReport) -> None:
        """Add a run."""
        if report.first_frame is not None:
            self.first_picture.append(report.first_frame / 1000)
        if delays := report.delays(_SETTLED):
            self.p50.append(statistics.median(delays))
            self.p95.append(statistics.quantiles(delays, n=20)[-1])
            self.longest_gap.append(report.longest_gap(_SETTLED))
        self.stalls += len(report.waits)
        self.errors += len(report.errors)
        self.dropped += report.dropped


def _spread(values: Sequence[float]) -> str:
    """Return the median with the lowest and the highest value."""
    if not values:
        return "-"
    middle = f"{statistics.median(values):.2f}"
    if len(values) == 1:
        return middle
    return f"{middle} ({min(values):.2f}-{max(values):.2f})"


def table(rows: Sequence[Row]) -> str:
    """Return the rows as a Markdown table."""
    lines = [
        "| | first picture | delay p50 | delay p95 | longest gap | stalls | dropped |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    for row in rows:
        times = (row.first_picture, row.p50, row.p95, row.longest_gap)
        cells = [row.name, *map(_spread, times), str(row.stalls), str(row.dropped)]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


async def _warm_up(server: CoreServer) -> None:
    async with aiohttp.ClientSession() as session:
        reader = Reader(session)
        await reader.open(server.address)
        await reader.read(_WARM)


async def measure_warm(
    browser: Browser, *, seconds: float, runs: int, part: float
) -> list[Row]:
    """Measure players that join a running stream."""
    live = Row(f"{LIVE}, warm")
    rows = [Row(f"{name}, warm") for name in PLAYERS]
    async with (
        TestCamera(FEED, join=Join.KEYFRAME) as camera,
        CoreServer(camera.url, part_duration=part) as server,
    ):
        await _warm_up(server)
        for _ in range(runs):
            for row, config in zip(rows, PLAYERS.values(), strict=True):
                async with playing(
                    browser, server.address, config, capture_time=True
                ) as player:
                    row.add(await player.play(seconds))
                    _progress(row)
            await _measure_live(browser, server, live, seconds)
    return [live, *rows]


async def _measure_live(
    browser: Browser, server: CoreServer, row: Row, seconds: float
) -> None:
    async with live_player(browser) as player:
        await player.watch(server.address, capture_time=True)
        row.add(await player.play(seconds))
        _progress(row)


async def measure_cold(
    browser: Browser, *, seconds: float, runs: int, part: float
) -> list[Row]:
    """Measure the first viewer of an idle stream."""
    rows = []
    for name, join in JOINS.items():
        row = Row(f"hls.js, low latency, cold, keyframe {name}")
        live = Row(f"{LIVE}, cold, keyframe {name}")
        rows += [live, row]
        async with TestCamera(FEED, join=join) as camera:
            for run in range(runs):
                async with CoreServer(
                    camera.url, part_duration=part, on_demand=True
                ) as server:
                    await camera.wait_disconnected()
                    # At different moments between two keyframes.
                    await asyncio.sleep(run % 5 / 5)
                    async with playing(
                        browser, server.address, capture_time=True
                    ) as player:
                        row.add(await player.play(seconds))
                        _progress(row)
                async with CoreServer(camera.url, on_demand=True) as server:
                    await camera.wait_disconnected()
                    await asyncio.sleep(run % 5 / 5)
                    await _measure_live(browser, server, live, seconds)
    return rows


def _progress(row: Row) -> None:
    p50 = f", delay p50 {row.p50[-1]:.2f} s" if row.p50 else ""
    print(f"{row.name}: {row.first_picture[-1]:.2f} s{p50}", file=sys.stderr)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="benchmarks.latency", description="Measure delay and first picture."
    )
    parser.add_argument(
        "--seconds", type=float, default=20, help="duration of playing in each run"
    )
    parser.add_argument(
        "--runs", type=int, default=3, help="number of runs of each warm case"
    )
    parser.add_argument(
        "--cold-runs", type=int, default=9, help="number of runs of each cold case"
    )
    parser.add_argument(
        "--part", type=float, default=0.2, help="duration of a part in seconds"
    )
    parser.add_argument("--json", type=Path, help="also write the figures to this file")
    return parser.parse_args()


async def _measure(arguments: argparse.Namespace) -> None:
    async with headless_chromium() as browser:
        about = await machine.describe(browser)
        rows = await measure_warm(
            browser,
            seconds=arguments.seconds,
            runs=arguments.runs,
            part=arguments.part,
        )
        rows += await measure_cold(
            browser,
            seconds=min(arguments.seconds, 6),
            runs=arguments.cold_runs,
            part=arguments.part,
        )
    about["source"] = "1280x720, 25 fps, H.264 and AAC, a keyframe every second"
    print("\n".join(f"{key}: {value}" for key, value in about.items()))
    print(f"\nSeconds: median (lowest-highest)\n\n{table(rows)}")
    if arguments.json:
        figures = {**about, "rows": [asdict(row) for row in rows]}
        arguments.json.write_text(json.dumps(figures, indent=2), encoding="utf-8")


if __name__ == "__main__":
    asyncio.run(_measure(_arguments()))
