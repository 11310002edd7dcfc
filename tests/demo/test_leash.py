"""Tests of the leash: programs end with this process, however it ends."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from tests.processes import is_alive

from .leash import ProgramEndedError, leashed, wait_for_line

ROOT = Path(__file__).parents[2]

# A program with a child. It prints their process ids; both ignore SIGTERM.
STUBBORN = """
import os, signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
child = os.fork()
if child:
    print("pids", os.getpid(), child, flush=True)
time.sleep(60)
"""
# A process that runs this program on a leash, and then sleeps.
# Ctrl-C reaches it even if the test's parent ignores SIGINT, like a shell's background job.
OWNER = """
import signal, sys, time
from pathlib import Path
from tests.demo.leash import Leashed
signal.signal(signal.SIGINT, signal.default_int_handler)
program = Leashed((sys.executable, "-c", sys.argv[1]), Path(sys.argv[2]), grace=0.2)
time.sleep(60)
"""


@pytest.fixture
def output(tmp_path: Path) -> Path:
    """The output file of a program."""
    return tmp_path / "output"


def wait_until(reached: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not reached():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def runs(pid: int) -> bool:
    try:
        return is_alive(psutil.Process(pid))
    except psutil.NoSuchProcess:
        return False


def pids_in(line: str) -> list[int]:
    return [int(word) for word in line.split()[1:]]


def test_end_of_the_block(output: Path) -> None:
    command = (sys.executable, "-c", STUBBORN)
    with leashed(command, output, grace=0.2) as program:
        pids = pids_in(wait_for_line(program, "pids", 10))
        assert all(map(runs, pids))
    assert not any(map(runs, pids))
    program.stop()  # again


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_death_of_the_owner(output: Path, number: int) -> None:
    owner = subprocess.Popen(
        [sys.executable, "-c", OWNER, STUBBORN, output],
        cwd=ROOT,
        stderr=subprocess.DEVNULL,
    )
    wait_until(lambda: output.exists() and output.read_text().endswith("\n"))
    pids = pids_in(output.read_text())
    assert all(map(runs, pids))
    os.kill(owner.pid, number)
    owner.wait()
    wait_until(lambda: not any(map(runs, pids)))


def test_program_that_ends_too_early(output: Path) -> None:
    command = (sys.executable, "-c", "raise SystemExit('no camera')")
    with leashed(command, output) as program:
        with pytest.raises(ProgramEndedError, match=r"(?s)exit code 1:.*no camera"):
            wait_for_line(program, "ready", 10)
        assert program.exit_code == 1


def test_program_that_says_nothing(output: Path) -> None:
    with (
        leashed(("sleep", "60"), output) as program,
        pytest.raises(TimeoutError, match="ready"),
    ):
        wait_for_line(program, "ready", 0.1)
