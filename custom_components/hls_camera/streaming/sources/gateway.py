"""The base of the gateways to cameras.

FFmpeg follows a redirect to any host, and knows few logins. So it speaks to a gateway of
ours on the loopback interface, which speaks to the camera: it logs in, and connects only
to hosts that the owner allows. The command line, which every user of a machine may read,
has the gateway's address.
"""

import asyncio
from collections.abc import Coroutine, Iterable
from contextlib import suppress
from typing import Any, Final, Self

from ..reasons import EndReason
from .connect import ConnectError, Streams, connect
from .destinations import Destinations, Origin
from .http_answer import MAX_HEAD_BYTES
from .local_endpoint import Trouble
from .login import Challenge, Login
from .loopback import LoopbackEndpoint
from .source import Source

_MAX_REDIRECTS: Final = 5
LOGIN_ATTEMPTS: Final = 3
"""Requests for one resource: one gets a challenge, one answers it, one a newer one."""


class GatewayError(Exception):
    """The camera has no answer for FFmpeg; `Gateway.trouble` has the reason."""


async def run_until_one_ends(*jobs: Coroutine[Any, Any, object]) -> None:
    """Run jobs side by side; cancel the others when one ends, and raise its error."""
    tasks = [asyncio.ensure_future(job) for job in jobs]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
    for task in tasks:
        if not task.cancelled():
            task.result()


class Gateway(LoopbackEndpoint):
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

    @classmethod
    async def open(cls, source: Source, allowed_hosts: Iterable[str] = ()) -> Self:
        """Listen on a port of its own.

        The source may lead to its own host and to `allowed_hosts`.

        Raises:
            OSError: the system has no port, or no loopback interface.

        """
        gateway = cls(source, allowed_hosts)
        scheme = "rtsp" if source.is_rtsp else "http"
        return await gateway._listen(
            gateway._serve_safely, scheme=scheme, read_limit=MAX_HEAD_BYTES
        )

    async def _serve(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        """Serve one connection of FFmpeg's."""
        raise NotImplementedError

    async def _serve_safely(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        # A request that is none, or a camera's answer that cannot be handed on
        with suppress(ValueError, GatewayError):
            await self._serve(reader, writer)

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
        """Refuse an origin to which the source may not redirect.

        Raises:
            GatewayError: it is one.

        """
        if not self._destinations.allow(origin):
            raise self.failure(EndReason.REDIRECTED, origin.authority)

    def failure(self, reason: EndReason, detail: str) -> GatewayError:
        """Note the reason why the camera cannot be read; return an error to raise."""
        self.trouble = Trouble(reason, detail)
        return GatewayError(reason)

    def _can_answer(
        self, origin: Origin, challenges: list[Challenge], *, is_second: bool
    ) -> bool:
        """Whether the camera may accept another request with credentials; note why not."""
        if not self._destinations.may_know_login(origin):
            return False
        if challenges and all(each.rank is None for each in challenges):
            offered = ", ".join(dict.fromkeys(map(str, challenges)))
            self.trouble = Trouble(EndReason.LOGIN_UNSUPPORTED, offered)
            return False
        return self._login.take(challenges, is_second=is_second)
