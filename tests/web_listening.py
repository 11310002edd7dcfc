"""Web servers on ports of this machine."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, nullcontext
from typing import Any

from aiohttp import web
from aiohttp.typedefs import Handler

from tests.listening import stop_listening


@asynccontextmanager
async def running(
    answer: Handler,
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    tls: ssl.SSLContext | None = None,
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
            runner.server, host, port, ssl=tls
        )
        with unfinished_handshakes() if tls else nullcontext():
            try:
                yield server.sockets[0].getsockname()[1]
            finally:
                await stop_listening(server)
    finally:
        await runner.cleanup()


@contextmanager
def unfinished_handshakes() -> Iterator[None]:
    """Let clients hang up during the handshake of TLS, which asyncio reports as an error."""
    loop = asyncio.get_running_loop()
    before = loop.get_exception_handler()

    def handle(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        is_handshake = context["message"].startswith("Error on transport creation")
        if is_handshake and isinstance(context["exception"], OSError):
            return
        if before is not None:
            before(loop, context)
        else:
            loop.default_exception_handler(context)

    loop.set_exception_handler(handle)
    try:
        yield
    finally:
        loop.set_exception_handler(before)
