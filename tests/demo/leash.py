"""Programs that end with this process, however it ends.

A program runs below a small keeper, which holds one end of a pipe. When the other end
closes, at the end of this process or by the kernel after it was killed, the keeper stops
the program and its process group.
"""

import asyncio
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

GRACE_SECONDS: Final = 15.0
"""Seconds that a program may take to end after SIGTERM."""


class Leashed:
    """A program that runs until it or this process ends. Its output goes to a file."""

    def __init__(
        self,
        command: Sequence[str | Path],
        output: Path,
        environment: Mapping[str, str] | None = None,
        *,
        grace: float = GRACE_SECONDS,
    ) -> None:
        self.output = output
        with output.open("ab") as file:
            self._keeper = subprocess.Popen(
                [sys.executable, __file__, str(grace), *command],
                stdin=subprocess.PIPE,
                stdout=file,
                stderr=subprocess.STDOUT,
                # Ctrl-C in a terminal is for this process, which stops its programs in order.
                start_new_session=True,
                env=os.environ | dict(environment or {}),
            )

    @property
    def exit_code(self) -> int | None:
        """The program's exit code, None while it runs."""
        return self._keeper.poll()

    @property
    def keeper(self) -> int:
        """The process id of the keeper, whose only child is the program."""
        return self._keeper.pid

    def wait(self) -> int:
        """Wait until the program ends; return its exit code."""
        return self._keeper.wait()

    def stop(self) -> None:
        """Stop the program and wait for its end; may be called again."""
        if self._keeper.stdin:
            self._keeper.stdin.close()
        self._keeper.wait()

    def check(self) -> None:
        """Raise if the program has ended."""
        if self.exit_code is not None:
            raise ProgramEndedError(self)


class ProgramEndedError(Exception):
    """A program has ended unexpectedly."""

    def __init__(self, program: Leashed) -> None:
        lines = program.output.read_text(errors="replace").splitlines()[-30:]
        super().__init__(
            "\n".join([f"it ended with exit code {program.exit_code}:", *lines])
        )


@contextmanager
def leashed(
    command: Sequence[str | Path],
    output: Path,
    environment: Mapping[str, str] | None = None,
    *,
    grace: float = GRACE_SECONDS,
) -> Iterator[Leashed]:
    """Run a program for the duration of a `with` block."""
    program = Leashed(command, output, environment, grace=grace)
    try:
        yield program
    finally:
        program.stop()


def wait_for_line(program: Leashed, beginning: str, seconds: float) -> str:
    """Wait until a program has written a line with this beginning, and return the line."""
    return wait_for_match(program, f"({re.escape(beginning)}.*)", seconds)


def wait_for_match(program: Leashed, pattern: str, seconds: float) -> str:
    """Wait until a whole line matches; return the pattern's first group."""
    deadline = time.monotonic() + seconds
    while True:
        whole_lines, _, _ = program.output.read_text(errors="replace").rpartition("\n")
        for line in whole_lines.splitlines():
            if found := re.fullmatch(pattern, line):
                return found[1]
        program.check()
        if time.monotonic() > deadline:
            raise TimeoutError(f"no line {pattern!r} in {program.output}")
        time.sleep(0.05)


async def _keep(grace: float, command: Sequence[str]) -> int:
    """Run a program until it ends or the pipe on stdin closes; return its exit code."""
    loop = asyncio.get_running_loop()
    let_go = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, let_go.set)
    # Nothing is written to the pipe: it becomes readable when it is closed.
    loop.add_reader(sys.stdin.fileno(), let_go.set)
    program = await asyncio.create_subprocess_exec(
        *command, stdin=asyncio.subprocess.DEVNULL, start_new_session=True
    )
    ended = asyncio.create_task(program.wait())
    await asyncio.wait(
        {ended, asyncio.create_task(let_go.wait())},
        return_when=asyncio.FIRST_COMPLETED,
    )
    loop.remove_reader(sys.stdin.fileno())
    if not ended.done():
        program.terminate()
        await asyncio.wait({ended}, timeout=grace)
    with suppress(ProcessLookupError):
        os.killpg(program.pid, signal.SIGKILL)
    return await ended


if __name__ == "__main__":
    sys.exit(abs(asyncio.run(_keep(float(sys.argv[1]), sys.argv[2:]))))
