"""Web cameras that answer with bytes of a test's own, however odd."""

import asyncio
import math
import ssl
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing, suppress
from dataclasses import dataclass, field
from itertools import cycle
from typing import Self

from tests import tools
from tests.listening import stop_listening


@dataclass(frozen=True, slots=True)
class WebRequest:
    """The requests of a client."""

    method: str
    target: str
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def path(self) -> str:
        """The target without its query."""
        return self.target.partition("?")[0]


type WebAnswer = Callable[[WebRequest], AsyncGenerator[bytes]]


class SlideShow:
    """Answers with JPEG after JPEG (multipart/x-mixed-replace), to one client at a time.

    For some seconds after one has gone, the camera is still busy with that one.
    """

    def __init__(
        self, pictures: list[bytes], *, interval: float, busy: float = 0.0
    ) -> None:
        self.refusals = 0
        self._pictures = pictures
        self._interval = interval
        self._busy = busy
        self._free_at = 0.0

    async def __call__(self, _: WebRequest) -> AsyncGenerator[bytes]:
        loop = asyncio.get_running_loop()
        if loop.time() < self._free_at:
            self.refusals += 1
            yield respond(status="503 Service Unavailable")
            return
        self._free_at = math.inf
        try:
            kind = "multipart/x-mixed-replace; boundary=frame"
            yield f"HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\n\r\n".encode()
            for picture in cycle(self._pictures):
                head = "--frame\r\nContent-Type: image/jpeg\r\nContent-Length: "
                yield f"{head}{len(picture)}\r\n\r\n".encode() + picture + b"\r\n"
                await asyncio.sleep(self._interval)
        finally:
            self._free_at = loop.time() + self._busy


class WebCamera:
    """Serves on a port of its own what `answer` yields; then hangs up."""

    def __init__(self, answer: WebAnswer, *, tls: ssl.SSLContext | None = None) -> None:
        self.answer = answer
        self.requests: list[WebRequest] = []
        self.connections = 0
        self._tls = tls
        self._server: asyncio.Server
        self._serving: set[asyncio.Task[None]] = set()
        self.port = 0

    @property
    def url(self) -> str:
        """Its address, without a path."""
        return f"{'https' if self._tls else 'http'}://127.0.0.1:{self.port}"

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(
            self._serve, "127.0.0.1", 0, ssl=self._tls
        )
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        await stop_listening(self._server)
        self._server.close_clients()
        serving = tuple(self._serving)
        for task in serving:
            task.cancel()
        await asyncio.gather(*serving, return_exceptions=True)
        await self._server.wait_closed()

    async def _serve(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self.connections += 1
        task = asyncio.current_task()
        assert task is not None
        self._serving.add(task)
        task.add_done_callback(self._serving.discard)
        try:
            with suppress(OSError, asyncio.IncompleteReadError):
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
                start, *lines = head.split("\r\n")
                method, target, _ = start.split(" ")
                headers = {
                    name.lower(): value.strip()
                    for name, _, value in (line.partition(":") for line in lines)
                }
                request = WebRequest(method, target, headers)
                self.requests.append(request)
                async with aclosing(self.answer(request)) as answer:
                    async for data in answer:
                        writer.write(data)
                        await writer.drain()
        finally:
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()


def respond(
    body: bytes = b"", content_type: str | None = None, status: str = "200 OK"
) -> bytes:
    """Return a response with its length."""
    head = f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n"
    if content_type is not None:
        head += f"Content-Type: {content_type}\r\n"
    return head.encode() + b"\r\n" + body


async def make_jpegs(count: int = 10) -> list[bytes]:
    """Return the pictures of a moving test card, as JPEG."""
    process = await asyncio.create_subprocess_exec(
        *(tools.ffmpeg(), "-loglevel", "error", "-f", "lavfi"),
        *("-i", "testsrc2=size=160x90:rate=10", "-frames:v", str(count)),
        *("-c:v", "mjpeg", "-f", "image2pipe", "pipe:1"),
        stdout=asyncio.subprocess.PIPE,
    )
    data, _ = await process.communicate()
    start = b"\xff\xd8\xff"
    return [start + each for each in data.split(start)[1:]]
