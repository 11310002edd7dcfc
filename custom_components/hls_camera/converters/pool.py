"""All hosts that convert, and the choice of one for each stream."""

import asyncio
import logging
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Final

from ..streaming.callbacks import Listeners
from ..streaming.transcode.elsewhere import ConversionRequest
from ..streaming.transcode.options import THIS_MACHINE
from .converter import Converter
from .host import INTERVAL_S, Host
from .places import StreamPlaces
from .request import is_within_reach, source_of

_LOGGER: Final = logging.getLogger(__name__)

_MOVE_INTERVAL_S: Final = 3.0
"""Seconds between two streams that move to a better place: each stops for a moment."""
_LEAVE_TIMEOUT_S: Final = 10.0
"""Seconds in which streams leave a host that its owner takes away."""


class ConverterPool:
    """Gives each stream the best host, and moves streams back to hosts that recovered."""

    def __init__(
        self,
        *,
        interval: float = INTERVAL_S,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Begin without hosts.

        `interval` is the seconds between two examinations, and the first pause after a
        failure.
        """
        self._hosts: dict[str, Host] = {}
        self._watching: dict[str, asyncio.Task[None]] = {}
        self._converting: dict[StreamPlaces, None] = {}
        """The streams that convert, in the order in which they began."""
        self._listeners = Listeners[()]()
        self._interval = interval
        self._clock = clock
        self._next_move = 0.0
        self._leaving = asyncio.Event()

    # Hosts

    def add(self, converter: Converter) -> Host:
        """Use a host from now on, and watch over it."""
        host = Host(
            converter,
            on_change=self._host_changed,
            interval=self._interval,
            clock=self._clock,
        )
        self._hosts[host.key] = host
        self._watching[host.key] = asyncio.create_task(host.watch())
        return host

    async def remove(self, key: str) -> None:
        """Move a host's streams away, and leave nothing of ours there."""
        host = self._hosts.pop(key, None)
        if host is None:
            return
        host.is_leaving = True
        for places in tuple(self._converting):
            if places.host is host:
                places.move()
        with suppress(TimeoutError):
            async with asyncio.timeout(_LEAVE_TIMEOUT_S):
                while host.converter.running:
                    await self._leaving.wait()
        task = self._watching.pop(key)
        task.cancel()
        await asyncio.wait({task})
        await host.converter.close()

    async def close(self) -> None:
        """Leave nothing on any host; all streams have ended."""
        for key in tuple(self._hosts):
            await self.remove(key)

    @property
    def hosts(self) -> tuple[Host, ...]:
        """All hosts."""
        return tuple(self._hosts.values())

    def add_listener(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Call `listener` when a host changes; return a function that ends it."""
        return self._listeners.add(listener)

    def _host_changed(self) -> None:
        self._listeners.notify()
        self._move_one()

    # Streams

    def places(self, on_better: Callable[[], None]) -> StreamPlaces:
        """Return the places of one stream; `on_better` is called when it should move."""
        return StreamPlaces(self, on_better, pause=self._interval, clock=self._clock)

    def candidates(
        self, places: StreamPlaces, request: ConversionRequest
    ) -> list[Host]:
        """Return the hosts that could convert for a stream, the best one first."""
        source, wanted = source_of(request), request.options.convert_on
        if source is None or wanted == THIS_MACHINE:
            return []
        able = [
            host
            for host in self._hosts.values()
            if host.room
            and not places.avoids(host)
            and is_within_reach(source, host.converter.api.host)
        ]
        return sorted(able, key=lambda host: (host.key != wanted, -host.room, host.key))

    def joined(self, places: StreamPlaces) -> None:
        """Note that a stream converts."""
        self._converting[places] = None
        self._listeners.notify()

    def left(self, places: StreamPlaces) -> None:
        """Note that it does not convert any more."""
        self._converting.pop(places, None)
        leaving, self._leaving = self._leaving, asyncio.Event()
        leaving.set()
        self._listeners.notify()

    # Moves

    def _move_one(self) -> None:
        """Move one stream to a better place, if there is one."""
        if self._clock() < self._next_move:
            return
        for places in tuple(self._converting):
            if places.is_streaming and self._has_better(places):
                self._next_move = self._clock() + _MOVE_INTERVAL_S
                places.move()
                return

    def _has_better(self, places: StreamPlaces) -> bool:
        """Return whether a stream should move: each move is a short gap for viewers."""
        request, host = places.request, places.host
        assert request is not None
        others = [each for each in self.candidates(places, request) if each is not host]
        if not others:
            return False
        if host is None:
            return True
        if host.key == request.options.convert_on:
            return False
        return any(
            each.key == request.options.convert_on
            or (each.key == places.left and each.room > host.room + 1)
            for each in others
        )
