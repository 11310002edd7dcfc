"""Compare the two sides and write docs/benchmarks.md: `--help`."""

import argparse
import asyncio
import sys
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Final

from playwright.async_api import Browser

from tests.browser.chromium import headless_chromium

from . import cameras, conversion, machine, picture, pipe_to_socket, report, viewers
from .effort import FULL, QUICK, Effort
from .results import Results


def _without_browser(
    measure: Callable[[Results, Effort], Awaitable[None]],
) -> Callable[[Browser, Results, Effort], Awaitable[None]]:
    async def measured(_: Browser, results: Results, effort: Effort) -> None:
        await measure(results, effort)

    return measured


_DOCS: Final = Path(__file__).resolve().parents[1] / "docs"
_MEASURES: Final[
    Mapping[str, Callable[[Browser, Results, Effort], Awaitable[None]]]
] = {
    picture.FIRST_PICTURE: picture.measure_first_picture,
    picture.DELAY: picture.measure_delay,
    cameras.COST: _without_browser(cameras.measure_cost),
    cameras.START_UP: _without_browser(cameras.measure_start_up),
    cameras.ENDURANCE: _without_browser(cameras.measure_endurance),
    pipe_to_socket.PIPE_TO_SOCKET: _without_browser(
        pipe_to_socket.measure_pipe_to_socket
    ),
    viewers.VIEWERS: _without_browser(viewers.measure_viewers),
    conversion.CONVERSION: _without_browser(conversion.measure_conversion),
}


async def _main(options: argparse.Namespace) -> None:
    results = Results(options.figures)
    effort = QUICK if options.quick else FULL
    if options.runs:
        effort = replace(effort, runs=options.runs)
    if options.counts:
        effort = replace(effort, cameras=options.counts, viewers=options.counts)
    async with headless_chromium() as browser:
        about = await machine.describe(browser)
        del about["load"]  # Each measure stores its own.
        results.describe(about)
        for name, measure in _MEASURES.items():
            if name in (options.only or _MEASURES):
                began = time.monotonic()
                await measure(browser, results, effort)
                print(f"{name}: {time.monotonic() - began:.0f} s", file=sys.stderr)
    report.write(results, options.report)


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(map(int, text.split(",")))


def main() -> None:
    """Run the measures that the command line names."""
    parser = argparse.ArgumentParser(prog="scripts/benchmark", description=__doc__)
    add = parser.add_argument
    add(
        "--quick",
        action="store_true",
        help="few and short runs, to check that it works",
    )
    add(
        "--only",
        action="append",
        choices=list(_MEASURES),
        help="run only this measure, and keep the figures of the others; may be repeated",
    )
    add("--runs", type=int, metavar="N", help="number of runs of each case")
    add(
        "--counts",
        type=_numbers,
        metavar="N,...",
        help="numbers of cameras or viewers, instead of the default steps",
    )
    add(
        "--figures",
        type=Path,
        default=_DOCS / "benchmarks.json",
        metavar="FILE",
        help="file of all figures (%(default)s)",
    )
    add("--report", type=Path, default=_DOCS / "benchmarks.md", metavar="FILE")
    asyncio.run(_main(parser.parse_args()))


if __name__ == "__main__":
    main()
