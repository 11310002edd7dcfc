"""Servers of the kinds of stream that cameras offer beside RTSP.

Each is a FFmpeg that streams, or a web server that passes on an FFmpeg's output.
"""

import asyncio
import signal
import socket
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import psutil
from aiohttp import web

from tests import tools, web_listening
from tests.waiting import eventually

SIZE: Final = (160, 90)
FRAME_RATE: Final = 10
"""Not the 25 that FFmpeg assumes by default."""
KEYFRAME_INTERVAL: Final = 0.5

_LIVE: Final = (
    *("-re", "-f", "lavfi"),
    *("-i", f"testsrc2=size={SIZE[0]}x{SIZE[1]}:rate={FRAME_RATE}"),
    *("-re", "-f", "lavfi", "-i", "sine=sample_rate=48000"),
)
"""A picture and a sound, in real time."""
_H264: Final = (
    *("-c:v", "libx264", "-preset", "ultrafast", "-tune", "zerolatency"),
    *("-g", str(int(FRAME_RATE * KEYFRAME_INTERVAL)), "-pix_fmt", "yuv420p"),
    *("-c:a", "aac"),
)
_MPEG_TS: Final = ("-f", "mpegts", "-flush_packets", "1")


def free_port(kind: socket.SocketKind = socket.SOCK_STREAM) -> int:
    """Return a port that nobody listens on."""
    with socket.socket(type=kind) as unused:
        unused.bind(("127.0.0.1", 0))
        port: int = unused.getsockname()[1]
        return port


@asynccontextmanager
async def encoder(
    *arguments: str | Path,
) -> AsyncIterator[asyncio.subprocess.Process]:
    """Run a FFmpeg."""
    process = await asyncio.create_subprocess_exec(
        *(tools.ffmpeg(), "-hide_banner", "-nostdin", "-loglevel", "error", "-y"),
        *arguments,
        stdin=DEVNULL,
        stdout=PIPE,
        stderr=DEVNULL,
    )
    try:
        yield process
    finally:
        with suppress(ProcessLookupError):
            process.send_signal(signal.SIGKILL)
        await process.communicate()


class Server:
    """A camera that streams at an address; it can go away and come back."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._running = AsyncExitStack()

    async def start(self) -> None:
        """Serve from now on."""
        raise NotImplementedError

    async def stop(self) -> None:
        """Serve no longer, without a word of farewell."""
        await self._running.aclose()

    async def _until_bound(self) -> None:
        """Wait until it can be called; to try would be to call."""
        port = urlsplit(self.url).port
        await eventually(
            lambda: any(
                each.laddr and each.laddr.port == port
                for each in psutil.net_connections("inet")
            )
        )


class RtmpServer(Server):
    """Serves one caller after the other over RTMP."""

    def __init__(self) -> None:
        super().__init__(f"rtmp://127.0.0.1:{free_port()}/live/camera")

    async def start(self) -> None:
        await self._running.enter_async_context(
            again_and_again(*_LIVE, *_H264, "-f", "flv", "-listen", "1", self.url)
        )
        await self._until_bound()


class SrtServer(Server):
    """Serves one caller after the other over SRT."""

    def __init__(self, passphrase: str | None = None) -> None:
        super().__init__(f"srt://127.0.0.1:{free_port(socket.SOCK_DGRAM)}")
        self.listens_at = f"{self.url}?mode=listener"
        if passphrase:
            self.listens_at += f"&passphrase={passphrase}"
            self.url += f"?passphrase={passphrase}"

    async def start(self) -> None:
        await self._running.enter_async_context(
            again_and_again(*_LIVE, *_H264, *_MPEG_TS, self.listens_at)
        )
        await self._until_bound()


class UdpSender(Server):
    """Sends MPEG-TS over UDP, whether anybody listens or not."""

    def __init__(self) -> None:
        super().__init__(f"udp://127.0.0.1:{free_port(socket.SOCK_DGRAM)}")

    async def start(self) -> None:
        await self._running.enter_async_context(
            encoder(*_LIVE, *_H264, *_MPEG_TS, f"{self.url}?pkt_size=1316")
        )


class WebServer(Server):
    """Serves over HTTP."""

    def __init__(self, path: str) -> None:
        self._port = free_port()
        super().__init__(f"http://127.0.0.1:{self._port}{path}")
        self._answering: set[asyncio.Task[web.StreamResponse]] = set()

    async def start(self) -> None:
        await self._running.enter_async_context(
            web_listening.running(self._answer, port=self._port)
        )

    async def stop(self) -> None:
        # aiohttp waits for answers, and some have no end.
        answering = tuple(self._answering)
        for task in answering:
            task.cancel()
        await super().stop()
        # Each has an encoder to end.
        await asyncio.gather(*answering, return_exceptions=True)

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        task = asyncio.create_task(self.answer(request))
        self._answering.add(task)
        task.add_done_callback(self._answering.discard)
        return await task

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """Answer one request."""
        raise NotImplementedError

    async def _pass_on(
        self, request: web.Request, content_type: str, output: Sequence[str]
    ) -> web.StreamResponse:
        """Answer with FFmpeg's output, as long as the other side listens."""
        response = web.StreamResponse(headers={"Content-Type": content_type})
        await response.prepare(request)
        async with encoder(*_LIVE, *output, "pipe:1") as process:
            assert process.stdout is not None
            with suppress(ConnectionError):
                while data := await process.stdout.read(65536):
                    await response.write(data)
        return response


class MjpegServer(WebServer):
    """Serves JPEG after JPEG in one answer (multipart/x-mixed-replace)."""

    def __init__(self) -> None:
        super().__init__("/video.mjpg")

    async def answer(self, request: web.Request) -> web.StreamResponse:
        output = ("-an", "-c:v", "mjpeg", "-f", "mpjpeg", "-boundary_tag", "frame")
        kind = "multipart/x-mixed-replace; boundary=frame"
        return await self._pass_on(request, kind, output)


class GrowingServer(WebServer):
    """Serves JPEG after JPEG, until it is told to send larger ones."""

    def __init__(self, larger: tuple[int, int]) -> None:
        super().__init__("/video.mjpg")
        self.grows = False
        self._larger = larger

    async def answer(self, request: web.Request) -> web.StreamResponse:
        small, large = [await _jpeg(*size) for size in (SIZE, self._larger)]
        kind = "multipart/x-mixed-replace; boundary=frame"
        response = web.StreamResponse(headers={"Content-Type": kind})
        await response.prepare(request)
        with suppress(ConnectionError):
            while True:
                jpeg = large if self.grows else small
                head = f"Content-Type: image/jpeg\r\nContent-Length: {len(jpeg)}"
                await response.write(f"--frame\r\n{head}\r\n\r\n".encode() + jpeg)
                await response.write(b"\r\n")
                await asyncio.sleep(1 / FRAME_RATE)
        return response


async def _jpeg(width: int, height: int) -> bytes:
    picture = ("-f", "lavfi", "-i", f"color=gray:size={width}x{height}", "-frames:v")
    async with encoder(*picture, "1", "-f", "mjpeg", "pipe:1") as process:
        assert process.stdout is not None
        return await process.stdout.read()


class MpegTsServer(WebServer):
    """Serves MPEG-TS in one answer without an end."""

    def __init__(self, codec: Sequence[str] = _H264) -> None:
        super().__init__("/live.ts")
        self._codec = codec

    async def answer(self, request: web.Request) -> web.StreamResponse:
        return await self._pass_on(request, "video/mp2t", (*self._codec, *_MPEG_TS))


class HlsServer(WebServer):
    """Serves a live playlist of short segments."""

    def __init__(self, folder: Path) -> None:
        super().__init__("/live.m3u8")
        self._folder = folder

    async def start(self) -> None:
        await super().start()
        await self._running.enter_async_context(
            encoder(
                *(
                    *_LIVE,
                    *_H264,
                    "-f",
                    "hls",
                    "-hls_time",
                    "0.5",
                    "-hls_list_size",
                    "5",
                ),
                *("-hls_flags", "delete_segments+temp_file"),
                self._folder / "live.m3u8",
            )
        )
        # A camera that streams has some segments already.
        await eventually(lambda: len(list(self._folder.glob("*.ts"))) > 3)

    async def answer(self, request: web.Request) -> web.StreamResponse:
        path = self._folder / request.path[1:]
        return web.FileResponse(path) if path.is_file() else web.Response(status=404)


@asynccontextmanager
async def again_and_again(*arguments: str) -> AsyncIterator[None]:
    """Run a FFmpeg that waits for a caller; when that one has gone, another."""

    async def serve() -> None:
        while True:
            async with encoder(*arguments) as process:
                await process.wait()

    serving = asyncio.create_task(serve())
    try:
        yield
    finally:
        serving.cancel()
        await asyncio.wait({serving})


type MakeServer = Callable[[Path], Server]

KINDS: Final[dict[str, MakeServer]] = {
    "rtmp": lambda _: RtmpServer(),
    "srt": lambda _: SrtServer(),
    "udp": lambda _: UdpSender(),
    "http-mjpeg": lambda _: MjpegServer(),
    "http-mpegts": lambda _: MpegTsServer(),
    "http-hls": HlsServer,
}
