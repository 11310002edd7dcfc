"""A live feed over a WebSocket, which detects lost viewers and drops slow ones."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Final

from aiohttp import web

from ..streaming.errors import HlsCameraError
from ..streaming.outputs.file_delivery import keep_little_unsent
from .http_response import PROTECTIVE_HEADERS, READ_SECONDS

HEARTBEAT: Final = 10.0
"""Seconds between two pings. A viewer whose machine has vanished is removed half as long
after an unanswered one; a viewer who closes the page is removed at once."""
_MAX_UNSENT: Final = 256 * 1024
"""Bytes in the kernel: more would delay pings."""
_MAX_RECEIVED: Final = 1024
"""Maximum bytes of a viewer's message; the protocol has none."""


async def send_feed(
    request: web.Request, messages: AsyncGenerator[str | bytes]
) -> web.WebSocketResponse:
    """Send messages to a viewer until they end or the viewer disconnects."""
    response = web.WebSocketResponse(
        compress=False, heartbeat=HEARTBEAT, max_msg_size=_MAX_RECEIVED
    )
    response.headers.update(PROTECTIVE_HEADERS)
    await response.prepare(request)
    if request.transport is not None:
        keep_little_unsent(request.transport, _MAX_UNSENT)
    async with asyncio.TaskGroup() as tasks:
        sending = tasks.create_task(_send(request, response, messages))
        async for _ in response:  # It ends when either side closes.
            pass
        sending.cancel()
    _drop_unsent(request)
    return response


def _drop_unsent(request: web.Request) -> None:
    """Reset the connection if media are unsent: closing it would wait forever."""
    if request.transport is not None and request.transport.get_write_buffer_size():
        request.transport.abort()


async def _send(
    request: web.Request,
    response: web.WebSocketResponse,
    messages: AsyncGenerator[str | bytes],
) -> None:
    """Send messages; reset the connection if the viewer does not read them."""
    try:
        async with aclosing(messages):
            async for message in messages:
                async with asyncio.timeout(READ_SECONDS):
                    if isinstance(message, str):
                        await response.send_str(message)
                    else:
                        await response.send_bytes(message)
    except TimeoutError, ConnectionError:
        if request.transport is not None:
            request.transport.abort()
    except HlsCameraError:
        pass  # The token has expired, or has too many open requests.
    await response.close()
