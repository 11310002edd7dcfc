"""Guards that end a child process with us, and before it takes all memory."""

import asyncio
import contextlib
import os
import signal
from pathlib import Path
from typing import Final, Self

try:
    import resource
except ImportError:  # not on Windows
    resource = None  # type: ignore[assignment]

_PROCESSES: Final = Path("/proc")
_MORE_EXPENDABLE: Final = 500
_MOST_EXPENDABLE: Final = 1000
"""Linux's scale of which process is killed first where memory is used up (proc(5))."""

# It waits for the pipe from us to close. That happens also where we are killed: the
# kernel closes it then, and nobody else would end the child.
_PARENT_WATCH: Final = 'read -r _; kill -s KILL -- "-$1"'


class ParentWatch:
    """A shell that kills a process group as soon as our process has ended.

    It runs beside the child and not around it: it costs the child no start-up time.
    """

    def __init__(self, shell: asyncio.subprocess.Process) -> None:
        """Use `attach()` instead."""
        self._shell = shell

    @classmethod
    async def attach(cls, group: int) -> Self:
        """Bind a process group to our own life.

        Raises:
            OSError: the system cannot start a shell.

        """
        shell = await asyncio.create_subprocess_exec(
            "/bin/sh",
            "-c",
            _PARENT_WATCH,
            "parent-watch",
            str(group),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
            start_new_session=True,
        )
        return cls(shell)

    async def release(self) -> None:
        """End the watch: the group is gone, and others may get its number."""
        with contextlib.suppress(ProcessLookupError):
            self._shell.kill()
        await self._shell.wait()
        if self._shell.stdin is not None:
            self._shell.stdin.close()


def make_expendable(pid: int) -> None:
    """Have the system end a child before us when memory is exhausted, if it can."""
    # Not Linux, or the child is gone already.
    with contextlib.suppress(OSError, ValueError):
        ours = int((_PROCESSES / "self/oom_score_adj").read_text("ascii"))
        score = min(ours + _MORE_EXPENDABLE, _MOST_EXPENDABLE)
        (_PROCESSES / str(pid) / "oom_score_adj").write_text(str(score), "ascii")


def limit_memory(pid: int, limit: int) -> None:
    """Limit a child's allocations to `limit` bytes, if the system can."""
    prlimit = getattr(resource, "prlimit", None)
    if prlimit is not None:
        # It may be gone already.
        with contextlib.suppress(OSError):
            prlimit(pid, resource.RLIMIT_DATA, (limit, limit))


def kill_group(group: int, number: signal.Signals) -> None:
    """Send a signal to a process group, if it is still there."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(group, number)
