"""A screen that nobody sees, for browsers that need one: Xvfb."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from tests import tools

from .page import SIZE
from .program import printed, program


@asynccontextmanager
async def display(folder: Path) -> AsyncIterator[str]:
    """Run an X server; yield the value of DISPLAY that leads to it."""
    screen = "{}x{}x24".format(*SIZE)
    # It takes a number that is free, and writes it to the file descriptor that is named.
    command = (
        *(tools.xvfb(), "-displayfd", "1", "-screen", "0", screen),
        *("-nolisten", "tcp"),
    )
    async with program(command, folder) as running:
        yield f":{await printed(running, r'(\d+)')}"
