"""Cameras that run without tests."""

import asyncio
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import psutil
import pytest

from .client import Viewer, watch
from .commands import FAULTS, CommandError, parse_fault
from .faults import Fault

PROJECT = Path(__file__).resolve().parents[2]
SMALL = ("--port", "0", "--size", "320x180", "--fps", "15", "--picture", "test")


@asynccontextmanager
async def cameras(*options: str) -> AsyncIterator[Process]:
    """Run the command, and make sure that it ends."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.camera", *SMALL, *options),
        cwd=PROJECT,
        stdin=PIPE,
        stdout=PIPE,
        stderr=PIPE,
    )
    try:
        yield process
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        await process.communicate()


async def next_url(process: Process) -> str:
    """Return the next line of the command's output."""
    assert process.stdout
    return (await process.stdout.readline()).decode().strip()


@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
async def test_runs_until_it_is_told_to_stop(end: signal.Signals) -> None:
    """Its FFmpeg exits with it, however it ends."""
    async with cameras("--username", "me", "--password", "a b") as process:
        url = await next_url(process)
        assert "me:a%20b@127.0.0.1" in url
        (ffmpeg,) = psutil.Process(process.pid).children()
        assert (await watch(url, seconds=0.3)).codecs == ["h264", "aac"]
        process.send_signal(end)
        assert await process.wait() == (-end if end is signal.SIGKILL else 0)
        await asyncio.to_thread(ffmpeg.wait, 5)


async def test_runs_several() -> None:
    async with cameras("--count", "2", "--audio", "none") as process:
        urls = [await next_url(process) for _ in range(2)]
        assert [url.rpartition("/")[2] for url in urls] == ["camera1", "camera2"]
        for url in urls:
            assert (await watch(url, seconds=0.3)).codecs == ["h264"]


async def test_carries_out_commands() -> None:
    async with cameras("--audio", "none", "--fault", "status 503") as process:
        assert process.stdin
        assert process.stderr
        url = await next_url(process)
        assert "5XX" in (await watch(url)).log
        process.stdin.write(b"clear\n")
        assert await process.stderr.readline() == b"done: clear\n"
        async with Viewer(url) as viewer:
            await viewer.wait_packets(1)
            process.stdin.write(b"strike reset\nnonsense\n")
            await viewer.wait_end()
        await process.stderr.readline()
        assert await process.stderr.readline() == b"no such command: nonsense\n"
        process.stdin.write(b"refuse\n")
        while await process.stderr.readline() != b"done: refuse\n":
            pass
        assert "Connection refused" in (await watch(url)).log


async def test_refuses_faults_that_it_does_not_know() -> None:
    async with cameras("--fault", "sulk") as process:
        _, errors = await process.communicate()
    assert b"no such fault: sulk" in errors
    assert process.returncode == 2


@pytest.mark.parametrize("name", FAULTS)
def test_faults_have_names(name: str) -> None:
    values = {"silent-track": "audio"}
    try:
        fault = parse_fault(name)
    except CommandError:
        fault = parse_fault(f"{name} {values.get(name, 1)}")
    assert isinstance(fault, Fault)
