"""Connections of our own to cameras."""

import asyncio
import socket
import ssl
from contextlib import suppress
from functools import cache
from typing import Final

from ..reasons import EndReason
from .destinations import Origin
from .name_lookup import addresses

BUFFER_BYTES: Final = 256 * 1024
"""Bytes read ahead from a camera, at least as many as the head of an answer has."""
_CONNECT_TIMEOUT_S: Final = 10.0
"""Seconds."""

type Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class ConnectError(Exception):
    """A camera cannot be connected to."""

    def __init__(self, reason: EndReason, detail: str) -> None:
        """Keep the reason, and the system's message."""
        super().__init__(detail)
        self.reason = reason
        self.detail = detail


async def connect(origin: Origin) -> Streams:
    """Connect to an origin.

    Raises:
        ConnectError: it cannot be connected to.

    """
    tls = tls_context() if origin.has_tls else None
    try:
        async with asyncio.timeout(_CONNECT_TIMEOUT_S):
            return await open_connection(origin.host, origin.port, tls)
    # UnicodeError for a name that none can have, RuntimeError where no thread is left.
    except (OSError, UnicodeError, RuntimeError) as err:
        detail = f"{origin.authority}: {_text(err)}"
        raise ConnectError(_reason(err), detail) from err


async def open_connection(
    host: str, port: int, tls: ssl.SSLContext | None = None
) -> Streams:
    """Return a connection to the first of a host's addresses that takes one.

    Raises:
        OSError: none does.
        UnicodeError: no host has such a name.
        RuntimeError: there is no thread for the look-up.

    """

    async def to(address: str) -> Streams:
        name = host if tls else None
        return await asyncio.open_connection(
            address, port, ssl=tls, server_hostname=name, limit=BUFFER_BYTES
        )

    *others, last = await addresses(host)
    for address in others:
        with suppress(OSError):
            return await to(address)
    return await to(last)


def _reason(error: Exception) -> EndReason:
    match error:
        case TimeoutError():
            return EndReason.TIMED_OUT
        case ConnectionRefusedError():
            return EndReason.REFUSED
        case ConnectionError():
            return EndReason.DISCONNECTED
        case ssl.SSLError():
            return EndReason.UNREADABLE
    # No such name, no route, no network
    return EndReason.UNREACHABLE


def _text(error: Exception) -> str:
    match error:
        case TimeoutError():
            return "Connection timed out"
        case socket.gaierror():
            return "Failed to resolve hostname"
        case ssl.SSLError(reason=str(reason)):
            return f"TLS: {reason}"
        case ConnectionRefusedError():
            return "Connection refused"
        case OSError(strerror=str(text)):
            return text
    return "Connection failed"


@cache
def tls_context() -> ssl.SSLContext:
    """Return a context that takes any certificate: cameras sign their own."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    # Cameras are older than today's defaults.
    context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
    context.set_ciphers("DEFAULT:@SECLEVEL=0")
    return context
