"""Play every fault with the default limits and write the table: `--help`."""

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
    """The result of a case with one FFmpeg."""

    outcome: Outcome | None
    complaints: list[str]


_SOAK: Final = (
    "",
    "## Endurance",
    "",
    "`python -m benchmarks.soak` runs four cameras with random faults every few seconds for twenty",
    "minutes, with two viewers each. The result of the last run:",
    "",
    "![Memory, open files, tasks and child processes over time](images/soak.svg)",
)


def _default_limits() -> Limits:
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
        return Result(None, ["it did not recover"])
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
        verdict = "; ".join(result.complaints) or "as expected"
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


def _reasons(case: FaultCase, results: Iterable[Result]) -> str:
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


def report(
    cases: Sequence[FaultCase], columns: dict[str, list[Result]], limits: Limits
) -> str:
    versions = [f"FFmpeg {version}" for version in columns]
    head = ["Fault", "What happens", "The viewer sees", "Reasons", *versions, "At most"]
    lines = [
        "# Reliability",
        "",
        "Each row is a fault of a test camera, of the network or of FFmpeg. During the fault, a viewer",
        "followed the playlist, requested each part and checked the rules of the protocol: numbering never",
        "restarted, and the answer to each request was either media or a wait.",
        "`scripts/reliability` plays all faults and writes this table; `tests/reliability` plays them with",
        "shorter limits.",
        "",
        "The FFmpeg columns show the seconds until the viewer received live media again: from the end of",
        "the fault, or from its beginning if the fault lasts as long as the connection. Figures in bold",
        f"exceed the last column. A stream counts as stalled after {limits.stall:g} s without media, and may",
        f"take {limits.start:g} s to start. If the end of a fault cannot be detected, the time between two",
        "retries grows: the first retry is immediate, the next ones follow after 1 s, 2 s and so on up to",
        "30 s, until the stream has run for a minute. The reasons are those with which the tries ended.",
        "Each outage causes one `failed` and one `recovered` event.",
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
            _reasons(case, results),
            *(_seconds(case, result) for result in results),
            "-" if case.sees is Sees.NOTHING else f"{case.within(limits):.1f}",
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join([*lines, *_SOAK]) + "\n"


async def _main(options: argparse.Namespace) -> int:
    limits = _default_limits()
    cases = [case for case in CASES if options.only in case.name]
    binaries = options.ffmpeg or [str(tools.ffmpeg_old()), str(tools.ffmpeg())]
    played = await asyncio.gather(
        *(_play_all(cases, binary, limits) for binary in binaries)
    )
    columns = dict(zip(map(_version, binaries), played, strict=True))
    if not options.only:
        options.report.write_text(report(cases, columns, limits))
    wrong = sum(bool(each.complaints) for column in columns.values() for each in column)
    print(f"{wrong} of {len(cases) * len(columns)} are not as expected")
    return int(wrong > 0)


def main() -> int:
    """Play the faults that the command line names."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.reliability", description=__doc__
    )
    parser.add_argument(
        "--only",
        default="",
        metavar="TEXT",
        help="only faults whose name contains TEXT",
    )
    parser.add_argument(
        "--ffmpeg", action="append", metavar="PATH", help="an FFmpeg; may be repeated"
    )
    parser.add_argument("--report", type=Path, default=_REPORT, metavar="FILE")
    return asyncio.run(_main(parser.parse_args()))


if __name__ == "__main__":
    sys.exit(main())
