"""A program for as long as a `with` block lasts, in a folder of its own."""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from types import MappingProxyType
from typing import Final

from tests.demo.leash import Leashed, wait_for_match

_GRACE_SECONDS: Final = 5.0
"""Time in which a browser must end on request."""
_START_SECONDS: Final = 30.0


@asynccontextmanager
async def temporary_folder() -> AsyncIterator[Path]:
    """Make a folder for a program's files."""
    with tempfile.TemporaryDirectory(
        prefix="hls-camera-", ignore_cleanup_errors=True
    ) as folder:
        yield Path(folder)


@asynccontextmanager
async def program(
    command: Sequence[str | Path],
    folder: Path,
    environment: Mapping[str, str] = MappingProxyType({}),
) -> AsyncIterator[Leashed]:
    """Run a program; end it with all its processes, however the block ends.

    Whatever it keeps of itself, it keeps in the folder.
    """
    output = folder / f"{Path(command[0]).name}.log"
    names = ("HOME", "TMPDIR", "XDG_RUNTIME_DIR")
    environment = {**dict.fromkeys(names, str(folder)), **environment}
    running = Leashed(command, output, environment, grace=_GRACE_SECONDS)
    try:
        yield running
    finally:
        await asyncio.to_thread(running.stop)


async def printed(running: Leashed, pattern: str) -> str:
    """Wait until a program prints a line that matches; return the pattern's first group."""
    return await asyncio.to_thread(wait_for_match, running, pattern, _START_SECONDS)
