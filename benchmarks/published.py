"""The cost of viewers who get a published stream from a web server.

    .venv/bin/python -m benchmarks.published [--home-assistant] [--viewers 500] [--seconds 20]

The service, or Home Assistant, publishes one camera as HLS to nginx. Many viewers read playlist
and segments there, as slowly as players do. The processor time of the publisher, with its
FFmpeg, is measured without viewers and with them.
"""

import argparse
import asyncio
import sys
import tempfile
import time
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager
from pathlib import Path
from typing import Final
from urllib.parse import urljoin

import aiohttp
import psutil

from tests import tools
from tests.camera import Feed, TestCamera
from tests.demo.api import CameraSettings
from tests.demo.home_assistant import free_port, home_assistant
from tests.publishing.servers import PASSWORD, USERNAME, nginx

from .usage import Usage

_CONFIGURATION: Final = """
[server]
port = 0
api_key = {{ env = "KEY" }}

[[camera]]
name = "door"
address = "{camera}"
always_on = true

[[camera.publish]]
to = "web_server"
address = "{server}"
username = "{username}"
password = {{ env = "PUBLISH_PASSWORD" }}
"""
_ROOT: Final = Path(__file__).resolve().parents[1]
_READY: Final = b"Serving at"
_PLAYLIST: Final = "media.m3u8"
_SETTLE_S: Final = 10.0
_REREAD_S: Final = 2.0
"""Seconds between two requests for the playlist: the duration of a segment."""


async def _view(http: aiohttp.ClientSession, url: str, seen: dict[str, int]) -> None:
    """Read each new segment of a media playlist, from the newest one on."""
    known: set[str] = set()
    while True:
        began = time.monotonic()
        async with http.get(url) as response:
            text = await response.text()
        names = [line for line in text.splitlines() if line and line[0] != "#"]
        fresh = [name for name in names if name not in known] if known else names[-1:]
        known.update(names)
        for name in fresh:
            async with http.get(urljoin(url, name)) as response:
                response.raise_for_status()
                seen["bytes"] += len(await response.read())
            seen["segments"] += 1
        await asyncio.sleep(_REREAD_S - (time.monotonic() - began))


async def _watch(url: str, count: int, seconds: float) -> None:
    """Be so many viewers for so long; print the segments and megabits per second."""
    seen = {"segments": 0, "bytes": 0}
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector) as http:
        tasks = []
        for _ in range(count):
            tasks.append(asyncio.create_task(_view(http, url, seen)))
            await asyncio.sleep(_REREAD_S / count)
        done, _ = await asyncio.wait(
            tasks, timeout=seconds, return_when=asyncio.FIRST_COMPLETED
        )
        for task in done:
            task.result()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    megabits = 8 * seen["bytes"] / 1_000_000 / seconds
    print(f"  {seen['segments']} segments, {megabits:.0f} Mbit/s from nginx")


@asynccontextmanager
async def _service(
    folder: Path, camera: str, server: str
) -> AsyncIterator[psutil.Process]:
    """Run a service that publishes a camera."""
    path = folder / "cameras.toml"
    configuration = _CONFIGURATION.format(
        camera=camera, server=server, username=USERNAME
    )
    path.write_text(configuration, encoding="utf-8")
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "service", path),
        env={
            "KEY": "a key for nobody",
            "PUBLISH_PASSWORD": PASSWORD,
            "HLS_CAMERA_FFMPEG": str(tools.ffmpeg()),
        },
        cwd=_ROOT,
        stderr=PIPE,
    )
    assert process.stderr is not None
    try:
        said = b""
        while _READY not in said:
            if not (line := await process.stderr.readline()):
                raise RuntimeError(f"the service has ended: {said.decode()}")
            said += line
        yield psutil.Process(process.pid)
    finally:
        if process.returncode is None:
            process.terminate()
        await process.communicate()


@asynccontextmanager
async def _home_assistant(
    folder: Path, camera: str, server: str
) -> AsyncIterator[psutil.Process]:
    """Run a Home Assistant that publishes a camera."""
    with ExitStack() as stack:
        running = await asyncio.to_thread(
            stack.enter_context, home_assistant(folder / "config", port=free_port())
        )
        settings = [CameraSettings(name="Door", url=camera)]
        [added] = await asyncio.to_thread(running.set_up, settings)
        login = {"username": USERNAME, "password": PASSWORD}
        async with running.api() as api:
            form = {"name": "Website", "address": server, **login}
            await api.publish(added.entry_id, "web_server", form)
        yield running.process


async def _used(program: psutil.Process, seconds: float) -> str:
    """Return the used processor time of a program as text."""
    before = await asyncio.to_thread(Usage.of, program)
    await asyncio.sleep(seconds)
    load = (await asyncio.to_thread(Usage.of, program)).load_since(before)
    return f"publisher {load.own:.2%} of a core, its FFmpeg {load.children:.2%}"


async def _measure(
    viewers: int, seconds: float, runs: int, *, in_home_assistant: bool
) -> None:
    publisher = _home_assistant if in_home_assistant else _service
    with (
        tempfile.TemporaryDirectory(prefix="published-") as name,
        nginx(folder := Path(name)) as server,
    ):
        async with (
            TestCamera(Feed(size=(640, 360), fps=25, live=False)) as camera,
            publisher(folder, camera.url, server.url) as program,
        ):
            await asyncio.sleep(_SETTLE_S)
            for _ in range(runs):
                print(f"no viewers: {await _used(program, seconds)}")
                watching = await asyncio.create_subprocess_exec(
                    *(sys.executable, "-m", "benchmarks.published"),
                    *("--watch", server.url + _PLAYLIST),
                    *("--viewers", str(viewers)),
                    *("--seconds", str(seconds + 2 * _REREAD_S)),
                )
                await asyncio.sleep(2 * _REREAD_S)
                used = await _used(program, seconds)
                await watching.wait()
                print(f"{viewers} viewers: {used}")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="benchmarks.published", description=__doc__)
    parser.add_argument("--watch", metavar="URL", help=argparse.SUPPRESS)
    parser.add_argument("--home-assistant", action="store_true")
    parser.add_argument("--viewers", type=int, default=500)
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--runs", type=int, default=2)
    return parser.parse_args()


def main() -> None:
    """Measure, or be the viewers of a measurement."""
    options = _options()
    if options.watch:
        asyncio.run(_watch(options.watch, options.viewers, options.seconds))
    else:
        asyncio.run(
            _measure(
                options.viewers,
                options.seconds,
                options.runs,
                in_home_assistant=options.home_assistant,
            )
        )


if __name__ == "__main__":
    main()
