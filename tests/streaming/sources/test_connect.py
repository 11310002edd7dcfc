"""Why a camera cannot be connected to."""

import asyncio
import socket
from typing import Never

import pytest

from custom_components.hls_camera.streaming.reasons import EndReason
from custom_components.hls_camera.streaming.sources import connect as connect_module
from custom_components.hls_camera.streaming.sources.connect import ConnectError, connect
from custom_components.hls_camera.streaming.sources.destinations import Origin

from ..servers import free_port


async def failure(origin: Origin) -> ConnectError:
    with pytest.raises(ConnectError) as caught:
        await connect(origin)
    return caught.value


async def test_nothing_listens() -> None:
    error = await failure(Origin("http", "127.0.0.1", port := free_port()))
    assert error.reason is EndReason.REFUSED
    assert error.detail == f"127.0.0.1:{port}: Connection refused"


@pytest.mark.parametrize(
    ("error", "reason", "words"),
    [
        (
            socket.gaierror(-2, "Name or service not known"),
            EndReason.UNREACHABLE,
            "Failed to resolve hostname",
        ),
        (TimeoutError(), EndReason.TIMED_OUT, "Connection timed out"),
        (ConnectionResetError(104, "Reset"), EndReason.DISCONNECTED, "Reset"),
        (OSError(113, "No route to host"), EndReason.UNREACHABLE, "No route to host"),
        (RuntimeError("secret"), EndReason.UNREACHABLE, "Connection failed"),
    ],
)
async def test_each_error_has_a_reason(
    monkeypatch: pytest.MonkeyPatch, error: Exception, reason: EndReason, words: str
) -> None:
    async def fail(_: str) -> Never:
        raise error

    monkeypatch.setattr(connect_module, "addresses", fail)
    found = await failure(Origin("http", "camera", 80))
    assert (found.reason, found.detail) == (reason, f"camera:80: {words}")


async def test_a_port_without_tls() -> None:
    async def serve(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        error = await failure(Origin("https", "127.0.0.1", port))
    assert error.reason is EndReason.UNREADABLE
    assert "TLS: " in error.detail
