"""What the gateways to cameras have in common.

FFmpeg follows a redirect to any host, and knows few logins. So it speaks to a gateway of
ours on the loopback interface, which speaks to the camera: it logs in, and goes nowhere
but where the owner allows. The command line, which every user of a machine may read, has
the gateway's address.
"""

import asyncio
from collections.abc import Iterable
from contextlib import suppress
from typing import Final, Self, override

from ..reasons import EndReason
from .connect import ConnectError, Streams, connect
from .destinations import Destinations, Origin
from .http_answer import MAX_HEAD
from .local_endpoint import LocalEndpoint, Trouble
from .login import Challenge, Login
from .loopback import Listener, is_ours
from .source import Source

_MAX_REDIRECTS: Final = 5
LOGIN_ATTEMPTS: Final = 3
"""Requests for one thing: to learn of a challenge, to answer it, and a newer one."""


class GatewayError(Exception):
    """FFmpeg gets no answer of the camera's; `Gateway.trouble` has the reason."""


class Gateway(LocalEndpoint):
    """Serves one FFmpeg."""

    def __init__(self, source: Source, allowed_hosts: Iterable[str]) -> None:
        """Use `open()` instead."""
        origin = Origin.of(source.url)
        assert origin is not None, "parse() has seen to it"
        self.shown_url = source.redacted_url
        self._source = source
        self._redirects = 0
        """In a row."""
        self._origin = origin
        self._destinations = Destinations(origin, allowed_hosts)
        self._login = Login(source.username, source.password)
        self._listener: Listener
        self._serving: set[asyncio.Task[None]] = set()

    @classmethod
    async def open(cls, source: Source, allowed_hosts: Iterable[str] = ()) -> Self:
        """Listen on a port of its own.

        The source may lead to its own host and to `allowed_hosts`.

        Raises:
            OSError: the system has no port, or no loopback interface.

        """
        gateway = cls(source, allowed_hosts)
        gateway._listener = await Listener.open(gateway._accept)
        scheme = "rtsp" if source.is_rtsp else "http"
        gateway.url = f"{scheme}://{gateway._listener.address}"
        return gateway

    @override
    async def close(self) -> None:
        await self._listener.close()
        serving = tuple(self._serving)
        for task in serving:
            task.cancel()
        if serving:
            await asyncio.wait(serving)

    async def _serve(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        """Serve one connection of FFmpeg's."""
        raise NotImplementedError

    def _accept(self, _: str) -> asyncio.Protocol:
        def begin(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            task = asyncio.create_task(self._serve_ours(reader, writer))
            self._serving.add(task)
            task.add_done_callback(self._serving.discard)

        return asyncio.StreamReaderProtocol(asyncio.StreamReader(limit=MAX_HEAD), begin)

    async def _serve_ours(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        try:
            with suppress(
                *(OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError),
                *(ValueError, GatewayError),
            ):
                if is_ours(writer.transport):
                    await self._serve(reader, writer)
        finally:
            writer.close()

    async def _connect(self, origin: Origin) -> Streams:
        """Connect to an origin that is allowed.

        Raises:
            GatewayError: it is not allowed, or cannot be connected to.

        """
        self._hold_to_allowed(origin)
        try:
            streams = await connect(origin)
        except ConnectError as err:
            raise self.failure(err.reason, err.detail) from err
        if origin.host == self._origin.host:
            peer = streams[1].get_extra_info("peername")
            self._destinations.note_address(peer[0])
        return streams

    def _count_redirect(self) -> None:
        """Count a redirect.

        Raises:
            GatewayError: they do not end.

        """
        self._redirects += 1
        if self._redirects > _MAX_REDIRECTS:
            raise self.failure(EndReason.UNREADABLE, "Too many redirects")

    def _hold_to_allowed(self, origin: Origin) -> None:
        """Refuse an origin that the source may not lead to.

        Raises:
            GatewayError: it is one.

        """
        if not self._destinations.allow(origin):
            raise self.failure(EndReason.REDIRECTED, origin.authority)

    def failure(self, reason: EndReason, detail: str) -> GatewayError:
        """Note why the camera's media cannot be had; return an error to raise."""
        self.trouble = Trouble(reason, detail)
        return GatewayError(reason)

    def _can_answer(
        self, origin: Origin, challenges: list[Challenge], *, is_second: bool
    ) -> bool:
        """Whether another request with credentials may be let in; else note why not."""
        if not self._destinations.may_know_login(origin):
            return False
        if challenges and all(each.rank is None for each in challenges):
            offered = ", ".join(dict.fromkeys(map(str, challenges)))
            self.trouble = Trouble(EndReason.LOGIN_UNSUPPORTED, offered)
            return False
        return self._login.take(challenges, is_second=is_second)
