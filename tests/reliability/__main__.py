"""Plays every fault with the usual limits and writes the table: `--help`."""

import argparse
import asyncio
import subprocess
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from custom_components.hls_camera.streaming.camera.options import StreamOptions
from tests import tools

from .cases import CASES
from .scene import FaultCase, Limits, Outcome, Sees, play
from .verdict import complaints

_REPORT = Path(__file__).resolve().parents[2] / "docs" / "reliability.md"


@dataclass(slots=True)
class Result:
    """What came of a case with one FFmpeg."""

    outcome: Outcome | None
    complaints: list[str]


_SOAK: Final = (
    "",
    "## For a long time",
    "",
    "`python -m benchmarks.soak` strikes four cameras with random faults every few seconds, for",
    "twenty minutes, while two viewers follow each. What it found last, and what it took:",
    "",
    "![Memory, open files, tasks and child processes over time](images/soak.svg)",
)


def _usual_limits() -> Limits:
    options = StreamOptions()
    return Limits(stall=options.stall_timeout, start=options.start_timeout)


def _version(binary: str) -> str:
    output = subprocess.run(
        (binary, "-version"), capture_output=True, check=True, text=True
    ).stdout
    return output.split()[2].partition("-")[0].removeprefix("n")


async def _play(case: FaultCase, binary: str, limits: Limits) -> Result:
    try:
        outcome = await play(case, binary, limits)
    except TimeoutError:
        return Result(None, ["it did not come back"])
    except AssertionError as error:
        return Result(None, [f"the viewer: {error}"])
    return Result(outcome, complaints(case, outcome, limits))


async def _play_all(
    cases: Iterable[FaultCase], binary: str, limits: Limits
) -> list[Result]:
    version = _version(binary)
    results: list[Result] = []
    for case in cases:
        result = await _play(case, binary, limits)
        results.append(result)
        seconds = f"{result.outcome.live_again:5.1f} s" if result.outcome else "      -"
        verdict = "; ".join(result.complaints) or "as it must be"
        print(f"{version:8} {seconds}  {case.name}: {verdict}", flush=True)
    return results


def _seen(case: FaultCase, outcome: Outcome | None) -> str:
    match case.sees:
        case Sees.NOTHING:
            return "nothing"
        case Sees.DISCONTINUITY:
            again = " with a new init section" if case.new_map else ""
            return f"a gap, then a discontinuity{again}"
        case Sees.EITHER if outcome and outcome.discontinuities:
            return "a gap, then a discontinuity"
        case _:
            return "a gap at most"


def _told(case: FaultCase, results: Iterable[Result]) -> str:
    if not case.tells:
        return "nothing"
    chains = [
        ", then ".join(f"`{reason}`" for reason in result.outcome.reasons)
        for result in results
        if result.outcome
    ]
    return " or ".join(dict.fromkeys(chain or "nothing" for chain in chains))


def _seconds(case: FaultCase, result: Result) -> str:
    if result.outcome is None:
        return "**never**"
    if case.sees is Sees.NOTHING:
        return "-" if not result.complaints else "**fails**"
    text = f"{result.outcome.live_again:.1f}"
    return f"**{text}**" if result.complaints else text


def _report(
    cases: Sequence[FaultCase], columns: dict[str, list[Result]], limits: Limits
) -> str:
    versions = [f"FFmpeg {version}" for version in columns]
    head = ["Fault", "What happens", "The viewer sees", "Told", *versions, "At most"]
    lines = [
        "# Reliability",
        "",
        "Every row is a fault that a test camera, the network or FFmpeg really had, while a viewer",
        "followed the playlist, fetched each part and checked the rules of the protocol: numbering",
        "never restarted, and no request was answered with anything but media or a wait.",
        "`scripts/reliability` plays all of them and writes this table; `tests/reliability` plays",
        "them with shorter limits.",
        "",
        "The columns of the FFmpeg versions tell the seconds until the viewer got live media again:",
        "from the end of the fault or, where it lasts as long as the connection, from its beginning.",
        "A cell in bold does not keep what the last column promises. A stream counts as stalled after",
        f"{limits.stall:g} s without media, and may take {limits.start:g} s to begin. Where the end of a",
        "fault cannot be noticed, the next try comes after a pause: none before the first try, then",
        "1 s, 2 s and so on up to 30 s, until a minute of streaming has proven that all is well again.",
        "Whatever happens, one outage is told as one `failed` and one `recovered` event.",
        "",
        f"| {' | '.join(head)} |",
        f"|{' --- |' * len(head)}",
    ]
    for index, case in enumerate(cases):
        results = [column[index] for column in columns.values()]
        cells = [
            case.name,
            case.camera,
            _seen(case, results[0].outcome),
            _told(case, results),
            *(_seconds(case, result) for result in results),
            "-" if case.sees is Sees.NOTHING else f"{case.within(limits):.1f}",
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join([*lines, *_SOAK]) + "\n"


async def _main(options: argparse.Namespace) -> int:
    limits = _usual_limits()
    cases = [case for case in CASES if options.only in case.name]
    binaries = options.ffmpeg or [str(tools.ffmpeg_old()), str(tools.ffmpeg())]
    played = await asyncio.gather(
        *(_play_all(cases, binary, limits) for binary in binaries)
    )
    columns = dict(zip(map(_version, binaries), played, strict=True))
    if not options.only:
        options.report.write_text(_report(cases, columns, limits))
    wrong = sum(bool(each.complaints) for column in columns.values() for each in column)
    print(f"{wrong} of {len(cases) * len(columns)} are not as they must be")
    return int(wrong > 0)


def main() -> int:
    """Play what the command line says."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.reliability", description=__doc__
    )
    parser.add_argument("--only", default="", metavar="TEXT", help="cases so named")
    parser.add_argument(
        "--ffmpeg", action="append", metavar="PATH", help="which one; may be repeated"
    )
    parser.add_argument("--report", type=Path, default=_REPORT, metavar="FILE")
    return asyncio.run(_main(parser.parse_args()))


if __name__ == "__main__":
    sys.exit(main())
