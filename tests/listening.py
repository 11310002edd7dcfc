"""The end of a server, also while a connection comes in.

asyncio accepts a connection in one turn of its loop and gives it to the server in the next.
A server that is closed in between cannot take it, and the connection ends as an error of
the loop.
"""

import asyncio
from typing import Final

_TURNS_UNTIL_SERVED: Final = 4
"""Of the loop: an accepted connection joins its server, then its protocol begins, then its
task, which may have to wait its turn."""


def refuse_connections(server: asyncio.Server) -> None:
    """Accept no more connections; the server closes when it has those that were accepted."""
    loop = asyncio.get_running_loop()
    for listening in server.sockets:
        loop.remove_reader(listening)
    loop.call_soon(server.close)


async def stop_listening(server: asyncio.Server) -> None:
    """Close a server; each accepted connection is its own afterwards, and has begun."""
    refuse_connections(server)
    for _ in range(_TURNS_UNTIL_SERVED):
        await asyncio.sleep(0)
