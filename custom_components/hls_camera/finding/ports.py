"""Which ports of a host accept connections."""

import asyncio
from collections.abc import Iterable

from ..streaming.ingest.reachability import is_open


async def open_ports(host: str, ports: Iterable[int]) -> list[int]:
    """Return those ports that accept a connection, in the same order."""
    wanted = list(ports)
    are_open = await asyncio.gather(*(is_open(host, port) for port in wanted))
    return [port for port, answers in zip(wanted, are_open, strict=True) if answers]
