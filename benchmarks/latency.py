"""The delay of the picture, and the time to the first picture.

    .venv/bin/python -m benchmarks.latency [--full] [--json FILE]
    .venv/bin/python -m benchmarks.latency --endurance 10

The first one takes about two minutes; `--full` plays all sources, several times.
`--endurance` plays the card and the stock card together for so many minutes, and counts their
stalls. A test camera writes the time of capture into each frame, and a page reads it from the
frame that Chromium shows. The delay includes everything between camera and screen, except
the camera's encoder and the network.

"warm": the stream is running. "cold": it is idle, and FFmpeg starts with the page's request.
The camera answers PLAY with a keyframe ("at once"), or starts at its next keyframe
("next keyframe").
"""

import argparse
import asyncio
import json
import os
import statistics
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Final

import aiohttp
from playwright.async_api import Browser

from tests.browser.chromium import headless_chromium
from tests.browser.core_server import CoreServer
from tests.browser.live_player import MSE_ONLY, LiveReport, live_player
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
SOURCES: Final = tuple(
    replace(FEED, fps=fps, audio=audio)
    for audio in ("aac", None)
    for fps in (25, 15, 10)
)
# From the frontend of Home Assistant 2026.10, src/components/ha-hls-player.ts
HOME_ASSISTANT: Final[Mapping[str, object]] = {
    "backBufferLength": 60,
    "fragLoadingTimeOut": 30000,
    "manifestLoadingTimeOut": 30000,
    "levelLoadingTimeOut": 30000,
    "maxLiveSyncPlaybackRate": 2,
}
CARDS: Final[Mapping[str, str]] = {"card, WebCodecs": "", "card, MSE": MSE_ONLY}
"""The ways of our card, and the scripts that leave only one to a page."""
STOCK: Final = "stock card"
"""hls.js with Home Assistant's settings, and our module that keeps it at live."""
PLAYERS: Final[Mapping[str, Mapping[str, object]]] = {
    STOCK: HOME_ASSISTANT,
    "hls.js alone, low latency": DEFAULT,
    "hls.js alone, plain": PLAIN,
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
    stalls: list[float] = field(default_factory=list)
    """Seconds of each notable stall, once the player has settled."""
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
        self.stalls += report.stalls(_SETTLED)
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
        "| | first picture | p50 | p95 | longest gap | stalls over 0.1 s | dropped |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    for row in rows:
        times = (row.first_picture, row.p50, row.p95, row.longest_gap)
        stalls = str(len(row.stalls))
        if row.stalls:
            stalls += f" (up to {max(row.stalls):.2f} s)"
        cells = [row.name, *map(_spread, times), stalls, str(row.dropped)]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


async def _warm_up(server: CoreServer) -> None:
    async with aiohttp.ClientSession() as session:
        reader = Reader(session)
        await reader.open(server.address)
        await reader.read(_WARM)


def _about(feed: Feed) -> str:
    sound = "with sound" if feed.audio else "without sound"
    return f"{feed.fps} fps {sound}"


async def measure_warm(
    browser: Browser, feed: Feed, *, seconds: float, runs: int, part: float
) -> list[Row]:
    """Measure players that join a running stream."""
    cards = _card_rows(_about(feed))
    rows = [Row(f"{name}, {_about(feed)}") for name in PLAYERS]
    async with (
        TestCamera(feed, join=Join.KEYFRAME) as camera,
        CoreServer(camera.url, part_duration=part) as server,
    ):
        await _warm_up(server)
        for _ in range(runs):
            await _measure_cards(browser, server, cards, seconds)
            for row, name in zip(rows, PLAYERS, strict=True):
                await _measure_hls(browser, server, row, name, seconds)
    return [*cards, *rows]


def _card_rows(case: str) -> list[Row]:
    return [Row(f"{name}, {case}") for name in CARDS]


async def measure_endurance(
    browser: Browser, feed: Feed, *, seconds: float, part: float
) -> list[Row]:
    """Play both ways of the card and the stock card together for a long time."""
    cards, stock = _card_rows(_about(feed)), Row(f"{STOCK}, {_about(feed)}")
    async with (
        TestCamera(feed, join=Join.KEYFRAME) as camera,
        CoreServer(camera.url, part_duration=part) as server,
    ):
        await _warm_up(server)
        await asyncio.gather(
            *(
                _measure_card(browser, server, row, script, seconds)
                for row, script in zip(cards, CARDS.values(), strict=True)
            ),
            _measure_hls(browser, server, stock, STOCK, seconds),
        )
    return [*cards, stock]


async def _measure_hls(
    browser: Browser, server: CoreServer, row: Row, name: str, seconds: float
) -> None:
    async with playing(
        browser,
        server.address,
        PLAYERS[name],
        capture_time=True,
        is_kept_live=name == STOCK,
    ) as player:
        row.add(await player.play(seconds))
        _progress(row)


async def _measure_cards(
    browser: Browser, server: CoreServer, rows: Sequence[Row], seconds: float
) -> None:
    for row, script in zip(rows, CARDS.values(), strict=True):
        await _measure_card(browser, server, row, script, seconds)


async def _measure_card(
    browser: Browser, server: CoreServer, row: Row, script: str, seconds: float
) -> None:
    async with live_player(browser, script) as player:
        await player.watch(server.address, capture_time=True)
        row.add(await player.play(seconds))
        _progress(row)


async def measure_cold(
    browser: Browser, *, seconds: float, runs: int, part: float
) -> list[Row]:
    """Measure the first viewer of an idle stream."""
    rows = []
    for name, join in JOINS.items():
        row = Row(f"{STOCK}, cold, keyframe {name}")
        cards = _card_rows(f"cold, keyframe {name}")
        rows += [*cards, row]
        async with TestCamera(FEED, join=join) as camera:
            for run in range(runs):
                async with CoreServer(
                    camera.url, part_duration=part, on_demand=True
                ) as server:
                    await camera.wait_disconnected()
                    # At different moments between two keyframes.
                    await asyncio.sleep(run % 5 / 5)
                    await _measure_hls(browser, server, row, STOCK, seconds)
                for card, script in zip(cards, CARDS.values(), strict=True):
                    async with CoreServer(camera.url, on_demand=True) as server:
                        await camera.wait_disconnected()
                        await asyncio.sleep(run % 5 / 5)
                        await _measure_card(browser, server, card, script, seconds)
    return rows


def _progress(row: Row) -> None:
    p50 = f", delay p50 {row.p50[-1]:.2f} s" if row.p50 else ""
    print(f"{row.name}: {row.first_picture[-1]:.2f} s{p50}", file=sys.stderr)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="benchmarks.latency", description="Measure delay and first picture."
    )
    parser.add_argument(
        "--full",
        action="store_true",
        help="all sources; 20 seconds, 3 runs and 9 cold runs unless given",
    )
    parser.add_argument(
        "--endurance",
        type=float,
        metavar="MINUTES",
        help="count the stalls of both cards",
    )
    parser.add_argument(
        "--seconds", type=float, help="duration of playing in each run (10)"
    )
    parser.add_argument("--runs", type=int, help="number of runs of each warm case (1)")
    parser.add_argument(
        "--cold-runs", type=int, help="number of runs of each cold case (2)"
    )
    parser.add_argument(
        "--part", type=float, default=0.2, help="duration of a part in seconds"
    )
    parser.add_argument("--json", type=Path, help="also write the figures to this file")
    return parser.parse_args()


async def _measure(arguments: argparse.Namespace) -> None:
    async with headless_chromium() as browser:
        about = await machine.describe(browser)
        rows = await _rows(browser, arguments)
    about["load afterwards"] = f"{os.getloadavg()[0]:.2f}"
    about["source"] = "1280x720, H.264, AAC, a keyframe every second"
    print("\n".join(f"{key}: {value}" for key, value in about.items()))
    print(f"\nSeconds: median (lowest-highest)\n\n{table(rows)}")
    if arguments.json:
        figures = {**about, "rows": [asdict(row) for row in rows]}
        arguments.json.write_text(json.dumps(figures, indent=2), encoding="utf-8")


async def _rows(browser: Browser, arguments: argparse.Namespace) -> list[Row]:
    part = arguments.part
    if arguments.endurance:
        seconds = 60 * arguments.endurance
        return await measure_endurance(browser, FEED, seconds=seconds, part=part)
    is_full = arguments.full
    seconds = arguments.seconds or (20 if is_full else 10)
    runs = arguments.runs or (3 if is_full else 1)
    cold_runs = (
        (9 if is_full else 2) if arguments.cold_runs is None else arguments.cold_runs
    )
    rows = []
    for feed in SOURCES if is_full else (FEED,):
        rows += await measure_warm(browser, feed, seconds=seconds, runs=runs, part=part)
    return rows + await measure_cold(
        browser, seconds=min(seconds, 6), runs=cold_runs, part=part
    )


if __name__ == "__main__":
    asyncio.run(_measure(_arguments()))
