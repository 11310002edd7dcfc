"""HTTP responses that copy no media, with a time limit for slow clients."""

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
"""Home Assistant's own security headers, which it adds too late for a response that has been
sent. They hide the token in the address from other pages, and the server's version."""
READ_SECONDS: Final = 30.0
"""Time limit for reading a response. A client that needs longer for a few seconds of media
cannot follow a live stream, and would keep old media in memory."""


async def respond(request: web.Request, delivery: Delivery) -> web.StreamResponse:
    """Send a delivery; reset the connection if the client does not read it in time."""
    status, headers, body = delivery
    length = sum(map(len, body))
    response = web.Response(
        status=status,
        headers={
            **headers,
            **PROTECTIVE_HEADERS,
            hdrs.CONTENT_LENGTH: str(length),
        },
        # A single piece is sent with the headers; joining it makes no copy.
        body=_pieces(body) if len(body) > 1 else b"".join(body),
    )
    transport = request.transport
    if transport is None:  # The client has disconnected.
        return response
    # Writing ends when the kernel has all bytes; none stay in the transport's buffer.
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
