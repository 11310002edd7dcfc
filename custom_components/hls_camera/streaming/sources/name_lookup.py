"""Look-ups of host names, one at a time for each name."""

import asyncio
import socket
from contextlib import suppress
from ipaddress import ip_address
from typing import Any, Final


async def addresses(host: str) -> list[str]:
    """Return a host's addresses.

    A look-up cannot be cancelled: it holds a thread of the pool for as long as the
    resolver waits for an answer. So all requests for a name share one.
    """
    with suppress(ValueError):
        # It is one already, and needs no thread.
        return [str(ip_address(host))]
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
        # Perhaps no task waits for it any more.
        _ = looking.exception()


_looking: Final[dict[str, asyncio.Future[Any]]] = {}
"""The look-ups that go on, by their hosts."""
