"""A gateway between FFmpeg and an RTMP server: it knows the stream key, and speaks TLS."""

import asyncio
import ssl
from collections.abc import Callable
from typing import Final, Self

from ..streaming.outputs.file_delivery import keep_little_unsent
from ..streaming.sources.connect import BUFFER_BYTES, Streams, open_connection
from ..streaming.sources.loopback import LoopbackEndpoint
from .errors import PublishError, PublishProblem
from .rtmp_address import RtmpAddress
from .stream_key import KeySwap, placeholder

_CONNECT_TIMEOUT_S: Final = 10.0
_HOLD_S: Final = 0.1
"""Seconds for which the start of a placeholder waits for its end."""
_READ_BYTES: Final = 64 * 1024
MAX_UNSENT_BYTES: Final = 128 * 1024
"""Of each connection on the way; without a limit, video would wait there for minutes."""
_SEND_TIMEOUT_S: Final = 30.0
"""Seconds for which the server may take nothing."""
_ACCEPTED: Final = b"NetStream.Publish.Start"
_IN_USE: Final = b"NetStream.Publish.BadName"


async def connect(address: RtmpAddress) -> Streams:
    """Connect to a server.

    Raises:
        PublishError: it cannot be connected to.

    """
    try:
        async with asyncio.timeout(_CONNECT_TIMEOUT_S):
            tls = await asyncio.to_thread(address.tls_context)
            return await open_connection(address.host, address.port, tls)
    except TimeoutError as err:
        raise PublishError(PublishProblem.TIMED_OUT) from err
    except ssl.SSLCertVerificationError as err:
        raise PublishError(PublishProblem.TLS_FAILED) from err
    except ssl.SSLError as err:
        raise PublishError(PublishProblem.TLS_MISSING) from err
    except (OSError, UnicodeError) as err:
        raise PublishError(PublishProblem.UNREACHABLE) from err


class RtmpGateway(LoopbackEndpoint):
    """Passes on what FFmpeg sends; FFmpeg and its command line know a placeholder only."""

    def __init__(self, address: RtmpAddress, key: str) -> None:
        """Use `open()` instead."""
        self.error: PublishError | None = None
        """Why the server gets nothing."""
        self.is_accepted = False
        """Whether the server takes the stream."""
        self.sent = 0
        """Bytes that went to the server."""
        self.placeholder = placeholder(key)
        self.shown_url = address.url
        self._address = address
        self._to_server = KeySwap(self.placeholder, key)
        # A server may repeat the key, and FFmpeg would log it.
        self._to_ffmpeg = KeySwap(key, self.placeholder)
        self._is_in_use = False

    @classmethod
    async def open(cls, address: RtmpAddress, key: str) -> Self:
        """Listen.

        Raises:
            OSError: the system has no port, or no loopback interface.

        """
        gateway = cls(address, key)
        opened = await gateway._listen(
            gateway._serve, scheme="rtmp", read_limit=BUFFER_BYTES
        )
        server = opened.url.rpartition("/")[0]
        opened.url = f"{server}/{address.application}/{gateway.placeholder}"
        return opened

    @property
    def rejection(self) -> PublishProblem:
        """Why a server that has not accepted the stream has closed the connection.

        Most give no reason, but only one that accepts the application asks for the key.
        """
        if self._is_in_use:
            return PublishProblem.KEY_IN_USE
        if self._to_server.has_replaced:
            return PublishProblem.KEY_REJECTED
        return PublishProblem.APPLICATION_REJECTED

    async def _serve(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        try:
            remote_reader, remote_writer = await connect(self._address)
        except PublishError as err:
            self.error = err
            return
        keep_little_unsent(remote_writer.transport, MAX_UNSENT_BYTES)
        try:
            async with asyncio.TaskGroup() as group:
                up = group.create_task(
                    _pass_on(reader, remote_writer, self._to_server, self._count)
                )
                down = group.create_task(
                    _pass_on(remote_reader, writer, self._to_ffmpeg, self._look)
                )
                await asyncio.wait({up, down}, return_when=asyncio.FIRST_COMPLETED)
                up.cancel()
                down.cancel()
        except* TimeoutError:
            self.error = PublishError(PublishProblem.TIMED_OUT)
        finally:
            _close(remote_writer)

    def _count(self, data: bytes) -> None:
        self.sent += len(data)

    def _look(self, data: bytes) -> None:
        if _ACCEPTED in data:
            self.is_accepted = True
        if _IN_USE in data:
            self._is_in_use = True


def _close(writer: asyncio.StreamWriter) -> None:
    """Close a connection, even if the other side takes nothing."""
    if writer.transport.get_write_buffer_size():
        writer.transport.abort()
    else:
        writer.close()


async def _pass_on(
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    swap: KeySwap,
    note: Callable[[bytes], None],
) -> None:
    """Pass on what is read until either side closes; `note` gets what was sent.

    Raises:
        TimeoutError: the other side takes nothing.

    """
    try:
        while True:
            passed = await _next(reader, swap)
            if not passed and reader.at_eof():
                return
            writer.write(passed)
            async with asyncio.timeout(_SEND_TIMEOUT_S):
                await writer.drain()
            note(passed)
    except TimeoutError:
        raise
    except OSError:
        return


async def _next(reader: asyncio.StreamReader, swap: KeySwap) -> bytes:
    """Return the next piece; what may be the start of the text waits for a moment only.

    The other side may need it to answer: any message may end with the text's first letter.
    """
    try:
        async with asyncio.timeout(_HOLD_S if swap.is_waiting else None):
            data = await reader.read(_READ_BYTES)
    except TimeoutError:
        return swap.flush()
    return swap.feed(data) if data else swap.flush()
