"""Whether a camera is back that was away: to knock at its port costs less than a try."""

import asyncio
import socket
from contextlib import suppress
from typing import Any, Final

from .options import Source

PERIOD: Final = 2.0
"""Seconds from one knock to the next."""
_PATIENCE: Final = 2.0
"""Seconds that a camera may take to open."""


async def opens(source: Source, seconds: float) -> bool:
    """Wait so long, or until a port opens that was closed; return whether one did.

    A port that is open all along tells nothing: it is not what the last try failed for.
    """
    door = source.door
    try:
        async with asyncio.timeout(seconds):
            if door is None or await is_open(*door):
                await asyncio.Event().wait()
            else:
                await _until_open(door)
    except TimeoutError:
        return False
    return True


async def _until_open(door: tuple[str, int]) -> None:
    while True:
        await asyncio.sleep(PERIOD)
        if await is_open(*door):
            return


async def is_open(host: str, port: int) -> bool:
    """Return whether a port takes a connection within two seconds."""
    try:
        async with asyncio.timeout(_PATIENCE):
            writer = await _connect(await _addresses(host), port)
    # UnicodeError for a name that none can have, RuntimeError where no thread is left.
    except OSError, UnicodeError, RuntimeError:
        return False
    writer.close()
    with suppress(OSError):  # However the camera takes that: it was open.
        await writer.wait_closed()
    return True


async def _connect(addresses: list[str], port: int) -> asyncio.StreamWriter:
    """Return a connection to the first address that takes one."""
    *others, last = addresses
    for address in others:
        with suppress(OSError):
            return (await asyncio.open_connection(address, port))[1]
    return (await asyncio.open_connection(last, port))[1]


async def _addresses(host: str) -> list[str]:
    """Return a host's addresses.

    A look-up cannot be cancelled: it holds a thread of the pool for as long as the
    resolver waits for an answer. So all who ask for a name share one.
    """
    loop = asyncio.get_running_loop()
    looking = _looking.get(host)
    if looking is None or looking.get_loop() is not loop:
        looking = asyncio.ensure_future(
            loop.getaddrinfo(host, None, type=socket.SOCK_STREAM)
        )
        _looking[host] = looking
        looking.add_done_callback(lambda done: _looked(host, done))
    found = await asyncio.shield(looking)
    return [str(address[0]) for *_, address in found]


def _looked(host: str, looking: asyncio.Future[Any]) -> None:
    _looking.pop(host, None)
    if not looking.cancelled():
        # There may be nobody left who waits for it.
        _ = looking.exception()


_looking: Final[dict[str, asyncio.Future[Any]]] = {}
"""The look-ups that go on, by their hosts."""
