"""Which ports of a host accept connections."""

import asyncio
from collections.abc import Iterable
from typing import Final

from ..streaming.sources.connect import open_connection

_CONNECT_TIMEOUT_S: Final = 2.0


async def open_ports(host: str, ports: Iterable[int]) -> list[int]:
    """Return those ports that accept a connection, in the same order."""
    wanted = list(ports)
    are_open = await asyncio.gather(*(_is_open(host, port) for port in wanted))
    return [port for port, is_open in zip(wanted, are_open, strict=True) if is_open]


async def _is_open(host: str, port: int) -> bool:
    try:
        async with asyncio.timeout(_CONNECT_TIMEOUT_S):
            _, writer = await open_connection(host, port)
    # UnicodeError for a name that none can have, RuntimeError where no thread is left.
    except OSError, UnicodeError, RuntimeError:
        return False
    writer.close()
    return True
