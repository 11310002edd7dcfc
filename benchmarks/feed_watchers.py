"""Watchers of live feeds at little cost, in a separate program, and of FFmpeg's pipes.

`python -m benchmarks.feed_watchers SECONDS` reads a line of JSON with the addresses of feeds and
the paths of pipes (in `/proc`), watches them, and prints a line of JSON with the results.
"""

import asyncio
import json
import os
import select
import sys
import time
from base64 import b64encode
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import asdict, dataclass, field
from threading import Thread
from typing import Final, override
from urllib.parse import urlsplit

_TEXT_END: Final = b"\r\n\r\n"
_BINARY: Final = 2
_CLOSE: Final = 8
_PING: Final = 9
_PONG: Final = 0x8A
"""The first byte of a whole message of this kind."""
_PICTURE: Final = 0
"""The first byte of a message of the picture."""
_NTP_EPOCH: Final = 2_208_988_800
"""Seconds from 1900, where NTP begins to count, to 1970."""
_NTP_TIME: Final = slice(17, 25)
"""Its place in a message: behind the number of the track, and 16 bytes of the `prft`."""


@dataclass(slots=True)
class FeedLog:
    """The new pictures of one feed; times are in seconds since 1970."""

    came: list[float] = field(default_factory=list)
    """When the server took each from FFmpeg, as it says itself."""
    got: list[float] = field(default_factory=list)
    """When the watcher had it whole."""
    has_ended: bool = False


class FeedWatcher(asyncio.Protocol):
    """A WebSocket client for one feed."""

    def __init__(self, address: str) -> None:
        """Watch the feed at an address."""
        self.log = FeedLog()
        self._address = urlsplit(address)
        self._received = bytearray()
        self._is_open = False
        self._transport: asyncio.WriteTransport | None = None

    async def connect(self) -> None:
        """Connect to the server."""
        loop = asyncio.get_running_loop()
        assert self._address.hostname is not None
        assert self._address.port is not None
        await loop.create_connection(
            lambda: self, self._address.hostname, self._address.port
        )

    def close(self) -> None:
        """Leave the feed."""
        if self._transport is not None:
            self._transport.abort()

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.WriteTransport)
        self._transport = transport
        key = b64encode(os.urandom(16)).decode()
        lines = (
            f"GET {self._address.path} HTTP/1.1",
            f"Host: {self._address.netloc}",
            "Upgrade: websocket",
            "Connection: Upgrade",
            "Sec-WebSocket-Version: 13",
            f"Sec-WebSocket-Key: {key}",
        )
        transport.write("\r\n".join(lines).encode() + _TEXT_END)

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        self.log.has_ended = True

    @override
    def data_received(self, data: bytes) -> None:
        now = time.time()
        self._received += data
        if not self._is_open:
            end = self._received.find(_TEXT_END)
            if end < 0:
                return
            del self._received[: end + len(_TEXT_END)]
            self._is_open = True
        while (size := self._take_frame(now)) is not None:
            del self._received[:size]

    def _take_frame(self, now: float) -> int | None:
        """Read the first frame; return its size, None if it is incomplete (RFC 6455, 5.2)."""
        received = self._received
        if len(received) < 2:
            return None
        length, start = received[1], 2
        if extended := {126: 2, 127: 8}.get(length):
            start += extended
            length = int.from_bytes(received[2:start])
        if len(received) < start + length:
            return None
        opcode = received[0] & 0x0F
        if opcode == _BINARY and length >= _NTP_TIME.stop:
            self._note(received[start : start + _NTP_TIME.stop], now)
        elif opcode == _PING and self._transport is not None:
            payload = bytes(received[start : start + length])
            # A client's frames are masked, here by zeros.
            self._transport.write(bytes((_PONG, 0x80 | length, 0, 0, 0, 0)) + payload)
        elif opcode == _CLOSE:
            self.log.has_ended = True
        return start + length

    def _note(self, begin: bytearray, now: float) -> None:
        if begin[0] == _PICTURE and begin[5:9] == b"prft":
            ntp = int.from_bytes(begin[_NTP_TIME]) / 2**32
            self.log.came.append(ntp - _NTP_EPOCH)
            self.log.got.append(now)


@contextmanager
def _watching(pipes: Sequence[str]) -> Iterator[list[list[float]]]:
    """Note when something is written into each pipe, and take nothing out of it.

    A thread of its own, in real time if the system allows that: a pipe that is empty again
    before the thread runs looks as if nothing had been written.
    """
    edges: list[list[float]] = [[] for _ in pipes]
    with ExitStack() as stack:
        epoll = stack.enter_context(select.epoll())
        places: dict[int, int] = {}
        for place, pipe in enumerate(pipes):
            descriptor = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
            stack.callback(os.close, descriptor)
            places[descriptor] = place
            epoll.register(descriptor, select.EPOLLIN | select.EPOLLET)
        end, ending = os.pipe()
        stack.callback(os.close, end)
        epoll.register(end, select.EPOLLHUP)

        def watch() -> None:
            with suppress(OSError):
                os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))
            while True:
                events = epoll.poll()
                now = time.time()
                for descriptor, _ in events:
                    if descriptor == end:
                        return
                    edges[places[descriptor]].append(now)

        thread = Thread(target=watch)
        thread.start()
        try:
            yield edges
        finally:
            os.close(ending)
            thread.join()


async def _main() -> None:
    seconds = float(sys.argv[1])
    asked = json.loads(await asyncio.to_thread(sys.stdin.readline))
    watchers = [FeedWatcher(address) for address in asked["feeds"]]
    with _watching(asked["pipes"]) as edges:
        for watcher in watchers:
            await watcher.connect()
        await asyncio.sleep(seconds)
        for watcher in watchers:
            watcher.close()
    logs = [asdict(watcher.log) for watcher in watchers]
    print(json.dumps({"feeds": logs, "pipes": edges}))


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        asyncio.run(_main())
