"""A delivery as an HTTP response: no byte of media is copied, no slow reader kept."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from typing import Final

from aiohttp import hdrs, web

from ..streaming.outputs.hls_delivery import Delivery

PROTECTIVE_HEADERS: Final[Mapping[str, str]] = {
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "SAMEORIGIN",
    hdrs.SERVER: "",
}
"""Those that Home Assistant adds to each answer, too late for one that is sent already:
no page learns the token from its address, and nobody learns what the server is."""
READ_SECONDS: Final = 30.0
"""A client must have taken a response within this time: who takes longer over a few
seconds of media cannot follow a live stream, and would keep old media in memory."""


async def respond(request: web.Request, delivery: Delivery) -> web.StreamResponse:
    """Send the response; cut the connection of a client that does not read it in time."""
    status, headers, body = delivery
    length = sum(map(len, body))
    response = web.Response(
        status=status,
        headers={
            **headers,
            **PROTECTIVE_HEADERS,
            hdrs.CONTENT_LENGTH: str(length),
        },
        # One piece goes out with the headers; joining one alone makes no copy of it.
        body=_pieces(body) if len(body) > 1 else b"".join(body),
    )
    transport = request.transport
    if transport is None:  # The client has gone.
        return response
    # Sent is what the kernel has; nothing waits here behind the response's end.
    transport.set_write_buffer_limits(high=0)
    try:
        async with asyncio.timeout(READ_SECONDS):
            await response.prepare(request)
            await response.write_eof()
    except TimeoutError, ConnectionError:
        transport.abort()
    return response


async def _pieces(body: tuple[bytes, ...]) -> AsyncIterator[bytes]:
    for piece in body:
        yield piece
