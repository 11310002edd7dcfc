"""FFmpeg as a client of the camera, for the camera's own tests."""

import asyncio
import re
import time
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Self

from tests import tools

_INPUT_STREAM = re.compile(r"Stream #0:\d+: (?:Video|Audio): (\w+)")
_OUTPUT = "Output #0"
_PATIENCE = 20.0


@dataclass(frozen=True, slots=True)
class Received:
    """A packet that FFmpeg received from a camera."""

    stream: int
    time: float
    """Its decode time, in seconds."""
    size: int
    keyframe: bool
    arrival: float
    """Its arrival, in seconds since the start of the client."""


class Viewer:
    """An FFmpeg that reads a camera without decoding.

    async with Viewer(camera.url) as viewer:
        await viewer.wait_packets(10)
    """

    def __init__(
        self,
        url: str,
        *options: str,
        seconds: float | None = None,
        transport: str = "tcp",
        streams: str = "0",
        binary: Path | None = None,
    ) -> None:
        duration = () if seconds is None else ("-t", str(seconds))
        self._command = (
            *(str(binary or tools.ffmpeg()), "-hide_banner", "-nostdin", "-nostats"),
            *("-rtsp_transport", transport, "-fpsprobesize", "0"),
            *("-analyzeduration", "100000", *options, "-i", url),
            *("-map", streams, "-c", "copy", "-copyts", *duration),
            *("-flush_packets", "1", "-f", "framecrc", "pipe:1"),
        )
        self.packets: list[Received] = []
        self.log = ""
        self.status: int | None = None
        self._time_bases: dict[int, Fraction] = {}
        self._started = 0.0
        self._process: Process | None = None
        self._tasks: tuple[asyncio.Task[None], ...] = ()
        self._changed = asyncio.Event()

    @property
    def codecs(self) -> list[str]:
        """The codecs of the streams, in order."""
        return _INPUT_STREAM.findall(self.log.partition(_OUTPUT)[0])

    def received(self, stream: int = 0) -> list[Received]:
        """Return the packets of one stream so far."""
        return [packet for packet in self.packets if packet.stream == stream]

    def times(self, stream: int = 0) -> list[float]:
        """Return the decode times of one stream, except the first, which FFmpeg guesses."""
        return [packet.time for packet in self.received(stream)][1:]

    async def wait_packets(self, count: int, *, stream: int = 0) -> list[Received]:
        """Wait until this many packets of a stream have arrived; return them."""
        await self._wait(lambda: len(self.received(stream)) >= count)
        return self.received(stream)

    async def wait_end(self) -> Self:
        """Wait until FFmpeg exits."""
        _, pending = await asyncio.wait(self._tasks, timeout=_PATIENCE)
        if pending:
            raise AssertionError(f"FFmpeg does not end:\n{self.log}")
        return self

    async def _wait(self, reached: Callable[[], bool]) -> None:
        async with asyncio.timeout(_PATIENCE):
            while not reached():
                if self.status is not None:
                    raise AssertionError(f"FFmpeg has ended:\n{self.log}")
                await self._changed.wait()

    async def __aenter__(self) -> Self:
        self._started = time.monotonic()
        process = await asyncio.create_subprocess_exec(
            *self._command, stdin=DEVNULL, stdout=PIPE, stderr=PIPE
        )
        self._process = process
        self._tasks = (
            asyncio.create_task(self._read_log(process)),
            asyncio.create_task(self._read_packets(process)),
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._process:
            with suppress(ProcessLookupError):
                self._process.kill()
            await asyncio.wait(self._tasks)

    async def _read_log(self, process: Process) -> None:
        if process.stderr:
            async for line in process.stderr:
                self.log += line.decode(errors="replace")
        self.status = await process.wait()
        self._note_change()

    async def _read_packets(self, process: Process) -> None:
        if process.stdout:
            async for line in process.stdout:
                self._read_packet(line.decode())

    def _read_packet(self, line: str) -> None:
        if line.startswith("#tb"):
            stream, base = line.removeprefix("#tb").split(":")
            self._time_bases[int(stream)] = Fraction(base.strip())
        elif not line.startswith("#"):
            fields = [field.strip() for field in line.split(",")]
            stream_index = int(fields[0])
            self.packets.append(
                Received(
                    stream=stream_index,
                    time=float(int(fields[1]) * self._time_bases[stream_index]),
                    size=int(fields[4]),
                    keyframe="F=0x0" not in line,
                    arrival=time.monotonic() - self._started,
                )
            )
            self._note_change()

    def _note_change(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()


async def watch(
    url: str,
    *options: str,
    seconds: float = 1,
    transport: str = "tcp",
    streams: str = "0",
) -> Viewer:
    """Read a camera for some seconds of its stream, or until FFmpeg fails."""
    viewer = Viewer(
        url, *options, seconds=seconds, transport=transport, streams=streams
    )
    async with viewer:
        return await viewer.wait_end()
