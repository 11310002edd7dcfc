"""The body of an HTTP response, up to a limit."""

import asyncio

import aiohttp


async def read_body(response: aiohttp.ClientResponse, limit: int) -> bytes:
    """Return at most `limit` bytes of a body; `read()` returns only what has come so far.

    Raises:
        aiohttp.ClientError: the connection ended before the body did.

    """
    try:
        return await response.content.readexactly(limit)
    except asyncio.IncompleteReadError as end:
        return end.partial
