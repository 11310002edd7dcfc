"""The core, served as `scripts/stream` serves it: a process of its own."""

import asyncio
import os
import re
import sys
from asyncio.subprocess import PIPE, Process
from pathlib import Path
from typing import Final, Self

import psutil

from tests import tools
from tests.processes import is_alive

_SCRIPT: Final = Path(__file__).resolve().parents[2] / "scripts" / "stream_server.py"
_START_SECONDS: Final = 30.0
_STOP_SECONDS: Final = 10.0
_FFMPEG_SECONDS: Final = 15.0
_ADDRESS: Final = re.compile(r"Playlist: (\S+)")


class CoreServerError(Exception):
    """The server failed in a step of a test."""


class CoreServer:
    """`scripts/stream_server.py` for one camera, on a free port.

    async with CoreServer(camera.url) as server:
        ... server.address ...
    """

    def __init__(
        self,
        source: str,
        *,
        part_duration: float = 0.2,
        on_demand: bool = False,
        small: str | None = None,
        ffmpeg: Path | None = None,
        script: Path = _SCRIPT,
    ) -> None:
        self.address = ""
        """Where players go: every request for it opens a viewer."""
        self.lines: list[str] = []
        """The server's output: also each state that lasted for a second."""
        self._command = [sys.executable, str(script), source, "--port", "0"]
        self._command += ["--part", str(part_duration)]
        self._command += ["--ffmpeg", str(ffmpeg or tools.ffmpeg())]
        if on_demand:
            self._command.append("--on-demand")
        if small is not None:
            self._command += ["--small", small]
        self._process: Process | None = None
        self._reader: asyncio.Task[None] | None = None
        self._started = asyncio.Event()

    async def __aenter__(self) -> Self:
        # Coverage of the test process is not the server's.
        environment = {k: v for k, v in os.environ.items() if not k.startswith("COV_")}
        self._process = await asyncio.create_subprocess_exec(
            *self._command, stdout=PIPE, env=environment
        )
        self._reader = asyncio.create_task(self._read())
        try:
            await self._wait_started()
        except BaseException:
            await self._stop()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stop()

    @property
    def process(self) -> psutil.Process:
        """The server itself."""
        assert self._process is not None
        return psutil.Process(self._process.pid)

    def ffmpegs(self) -> list[psutil.Process]:
        """Return the FFmpeg processes that run for the server."""
        return list(filter(is_alive, self.process.children(recursive=True)))

    async def wait_ffmpeg(
        self, other_than: psutil.Process | None = None
    ) -> psutil.Process:
        """Return the FFmpeg process once there is one, or another one."""
        async with asyncio.timeout(_FFMPEG_SECONDS):
            while True:
                for process in self.ffmpegs():
                    if process != other_than:
                        return process
                await asyncio.sleep(0.02)

    async def wait_idle(self, timeout: float = 60.0) -> None:
        """Wait until no FFmpeg runs."""
        async with asyncio.timeout(timeout):
            while self.ffmpegs():  # noqa: ASYNC110 (there is no event)
                await asyncio.sleep(0.1)

    async def _wait_started(self) -> None:
        async with asyncio.timeout(_START_SECONDS):
            await self._started.wait()
        if not self.address:
            raise CoreServerError("\n".join(self.lines) or "ended without a word")

    async def _read(self) -> None:
        assert self._process is not None
        assert self._process.stdout is not None
        async for line in self._process.stdout:
            text = line.decode().rstrip()
            self.lines.append(text)
            if found := _ADDRESS.match(text):
                self.address = found[1]
                self._started.set()
        self._started.set()

    async def _stop(self) -> None:
        """End the server, which is to end its FFmpeg."""
        assert self._process is not None
        assert self._reader is not None
        children: list[psutil.Process] = []
        if self._process.returncode is None:
            children = self.ffmpegs()
            self._process.terminate()
        try:
            async with asyncio.timeout(_STOP_SECONDS):
                await self._process.wait()
        except TimeoutError:
            self._process.kill()
            await self._process.wait()
        await self._reader
        left = list(filter(is_alive, children))
        for child in left:
            child.kill()
        if left:
            raise CoreServerError(f"left FFmpeg behind: {left}")
