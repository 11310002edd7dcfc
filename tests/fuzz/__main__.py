"""Fuzz each target, guided by coverage: `--help`."""

import argparse
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from .target import Target
from .targets import TARGETS

_ROOT: Final = Path(__file__).resolve().parents[2]
_MAX_INPUT: Final = 32 * 1024
"""Bytes."""
_MAX_SECONDS: Final = 5
"""Limit for one input; the slowest takes milliseconds."""
_MAX_MEGABYTES: Final = 512
"""Memory limit, including Home Assistant's modules."""


@dataclass(frozen=True, slots=True)
class _Result:
    executions: int
    coverage: int
    """Edges and comparisons of the core's code."""
    inputs: int
    """Inputs that together reach this coverage."""
    slowest: int
    """Seconds."""
    megabytes: int
    faults: Sequence[Path]


def _fuzz(
    name: str, target: Target, folder: Path, limit: Mapping[str, int], seed: int
) -> _Result:
    """Fuzz one target within a limit, one of libFuzzer's flags."""
    corpus = folder / name / "corpus"
    corpus.mkdir(parents=True, exist_ok=True)
    for number, data in enumerate(target.seeds()):
        (corpus / f"seed-{number}").write_bytes(data)
    words = folder / name / "words"
    words.write_text("".join(f'"{_escaped(word)}"\n' for word in target.words))
    flags = {
        "seed": seed,
        **limit,
        "max_len": _MAX_INPUT,
        "timeout": _MAX_SECONDS,
        "rss_limit_mb": _MAX_MEGABYTES,
        "dict": words,
        "artifact_prefix": f"{folder / name}/",
        "print_final_stats": 1,
    }
    command = [sys.executable, "-m", f"{__package__}.worker", name]
    command += [f"-{flag}={value}" for flag, value in flags.items()]
    log = folder / name / "log"
    with log.open("wb") as file:
        ended = subprocess.run(
            (*command, corpus), cwd=_ROOT, check=False, stdout=file, stderr=file
        )
    faults = sorted(
        path
        for kind in ("crash", "timeout", "oom")
        for path in (folder / name).glob(f"{kind}-*")
    )
    if ended.returncode and not faults:
        sys.exit(f"{name}: the fuzzer itself failed, see {log}")
    return _result(log.read_text(errors="replace"), faults)


def _escaped(word: bytes) -> str:
    return "".join(f"\\x{byte:02x}" for byte in word)


def _result(log: str, faults: Sequence[Path]) -> _Result:
    def last(pattern: str) -> int:
        return int((re.findall(pattern, log) or ["0"])[-1])

    return _Result(
        executions=last(r"number_of_executed_units: (\d+)"),
        coverage=last(r"cov: (\d+)"),
        inputs=last(r"corp: (\d+)"),
        slowest=last(r"slowest_unit_time_sec: +(\d+)"),
        megabytes=last(r"peak_rss_mb: +(\d+)"),
        faults=faults,
    )


def main() -> None:
    """Fuzz, and print a summary; exit with 1 if there is a fault."""
    parser = argparse.ArgumentParser(prog="scripts/fuzz", description=__doc__)
    parser.add_argument(
        "--minutes", type=float, default=10, help="total duration (%(default)g)"
    )
    parser.add_argument(
        "--runs", type=int, help="inputs for each target, instead of a duration"
    )
    parser.add_argument("--seed", type=int, default=1, help="(%(default)d)")
    parser.add_argument(
        "--folder", type=Path, default=_ROOT / ".fuzz",
        help="folder for inputs that increase the coverage or reveal a fault (.fuzz)",
    )  # fmt: skip
    parser.add_argument("targets", nargs="*", help=f"from {', '.join(TARGETS)} (all)")
    options = parser.parse_args()
    if unknown := set(options.targets) - TARGETS.keys():
        parser.error(f"no such target: {', '.join(sorted(unknown))}")
    names = options.targets or list(TARGETS)
    seconds = max(1, round(60 * options.minutes / len(names)))
    limit = {"runs": options.runs} if options.runs else {"max_total_time": seconds}
    is_faulty = False
    for name in names:
        result = _fuzz(
            name, TARGETS[name], options.folder.resolve(), limit, options.seed
        )
        print(
            f"{name:10} {result.executions:9} executions, coverage {result.coverage:4}"
            f" by {result.inputs:4} inputs, slowest {result.slowest} s,"
            f" {result.megabytes} MB, {len(result.faults)} faults",
            flush=True,
        )
        for fault in result.faults:
            is_faulty = True
            print(f"  {fault}, see {fault.parent / 'log'}", flush=True)
    sys.exit(is_faulty)


if __name__ == "__main__":
    main()
