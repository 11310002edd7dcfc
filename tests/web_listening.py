"""Web servers on ports of 127.0.0.1."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web
from aiohttp.typedefs import Handler

from custom_components.hls_camera.streaming.sources.listening import stop_listening


@asynccontextmanager
async def running(
    answer: Handler, *, port: int = 0, tls: ssl.SSLContext | None = None
) -> AsyncIterator[int]:
    """Answer all requests at a port; yield it."""
    application = web.Application()
    application.router.add_route("*", "/{path:.*}", answer)
    runner = web.AppRunner(
        application, access_log=None, shutdown_timeout=0.1, handler_cancellation=True
    )
    await runner.setup()
    assert runner.server is not None
    try:
        # The runner's own sites close while a connection comes in.
        server = await asyncio.get_running_loop().create_server(
            runner.server, "127.0.0.1", port, ssl=tls
        )
        try:
            yield server.sockets[0].getsockname()[1]
        finally:
            await stop_listening(server)
    finally:
        await runner.cleanup()
