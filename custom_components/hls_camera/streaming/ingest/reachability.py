"""Checks whether a camera is back, by its port: that costs less than starting FFmpeg."""

import asyncio
from contextlib import suppress
from typing import Final

from ..sources.connect import open_connection
from ..sources.input import Input

CHECK_PERIOD_S: Final = 2.0
"""Seconds from one check to the next."""
_CONNECT_TIMEOUT_S: Final = 2.0
"""Seconds that a camera may take to accept a connection."""


async def opens(source: Input, seconds: float) -> bool:
    """Wait until a closed port opens; return whether it did within so many seconds.

    A port that was open before proves nothing: it is not why the last try failed.
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
        await asyncio.sleep(CHECK_PERIOD_S)
        if await is_open(*address):
            return


async def is_open(host: str, port: int) -> bool:
    """Return whether a port accepts a connection within two seconds."""
    try:
        async with asyncio.timeout(_CONNECT_TIMEOUT_S):
            _, writer = await open_connection(host, port)
    # UnicodeError for an invalid name, RuntimeError where no thread is left.
    except OSError, UnicodeError, RuntimeError:
        return False
    writer.close()
    with suppress(OSError):  # It was open, also if the camera resets the connection.
        await writer.wait_closed()
    return True
