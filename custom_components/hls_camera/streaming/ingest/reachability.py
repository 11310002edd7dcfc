"""Whether a camera is back that was away: to knock at its port costs less than a try."""

import asyncio
from contextlib import suppress
from typing import Final

from ..sources.connect import open_connection
from ..sources.input import Input

PERIOD: Final = 2.0
"""Seconds from one knock to the next."""
_PATIENCE: Final = 2.0
"""Seconds that a camera may take to open."""


async def opens(source: Input, seconds: float) -> bool:
    """Wait so long, or until a port opens that was closed; return whether one did.

    A port that is open all along tells nothing: it is not what the last try failed for.
    """
    address = source.tcp_address
    try:
        async with asyncio.timeout(seconds):
            if address is None or await is_open(*address):
                await asyncio.Event().wait()
            else:
                await _until_open(address)
    except TimeoutError:
        return False
    return True


async def _until_open(address: tuple[str, int]) -> None:
    while True:
        await asyncio.sleep(PERIOD)
        if await is_open(*address):
            return


async def is_open(host: str, port: int) -> bool:
    """Return whether a port takes a connection within two seconds."""
    try:
        async with asyncio.timeout(_PATIENCE):
            _, writer = await open_connection(host, port)
    # UnicodeError for a name that none can have, RuntimeError where no thread is left.
    except OSError, UnicodeError, RuntimeError:
        return False
    writer.close()
    with suppress(OSError):  # However the camera takes that: it was open.
        await writer.wait_closed()
    return True
