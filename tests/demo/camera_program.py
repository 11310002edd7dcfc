"""Test cameras in a separate program: `python -m tests.camera`."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from .leash import leashed, wait_for_line

_ROOT: Final = Path(__file__).resolve().parents[2]
_START_SECONDS: Final = 60.0
"""Seconds until they must have started: they may have to encode their clip first."""


@contextmanager
def camera_program(
    output: Path, *arguments: str, count: int = 1, port: int = 0
) -> Iterator[list[str]]:
    """Serve cameras for the duration of a `with` block; yield their addresses.

    The arguments are those of `python -m tests.camera`.
    """
    command = [sys.executable, "-m", "tests.camera", *arguments]
    command += ["--port", str(port), "--count", str(count)]
    output.unlink(missing_ok=True)
    with leashed(command, output, {"PYTHONPATH": str(_ROOT)}) as program:
        first = wait_for_line(program, "rtsp://", _START_SECONDS)
        address = first.removesuffix("1")
        yield [f"{address}{number + 1}" for number in range(count)]
