"""What keeps a child process from outliving us and from taking all memory."""

import asyncio
import contextlib
import os
import signal
from typing import Final, Self

try:
    import resource
except ImportError:  # not on Windows
    resource = None  # type: ignore[assignment]

MEMORY_LIMIT: Final = 2 * 1024**3
"""Bytes of data a child may allocate; encoding 4K takes about half of it."""

# It waits for the pipe from us to close. That happens also where we are killed: the
# kernel closes it then, and nobody else would end the child.
_LEASH: Final = 'read -r _; kill -s KILL -- "-$1"'


class Leash:
    """A shell that kills a process group as soon as we are gone.

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
            _LEASH,
            "leash",
            str(group),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
            start_new_session=True,
        )
        return cls(shell)

    async def release(self) -> None:
        """The group is gone: let nobody else that gets its number be killed."""
        with contextlib.suppress(ProcessLookupError):
            self._shell.kill()
        await self._shell.wait()
        if self._shell.stdin is not None:
            self._shell.stdin.close()


def limit_memory(pid: int, limit: int = MEMORY_LIMIT) -> None:
    """Let a child's allocations fail above `limit` bytes, where the system can."""
    prlimit = getattr(resource, "prlimit", None)
    if prlimit is not None:
        # It may be gone already.
        with contextlib.suppress(OSError):
            prlimit(pid, resource.RLIMIT_DATA, (limit, limit))


def kill_group(group: int, number: signal.Signals) -> None:
    """Send a signal to a process group, if it is still there."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(group, number)
