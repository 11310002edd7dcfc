"""Processor time of readers of one camera: HomeKit, go2rtc, VLC and other programs.

    .venv/bin/python -m benchmarks.readers [--readers 1 10] [--seconds 15] [--megabits 5]

A camera sends 1080p with 25 frames per second. The readers are in a process of their own and
discard what they get. The time is that of the process that packs and sends, per reader, without the
time that the same stream takes with no reader.
"""

import argparse
import asyncio
import logging
import sys
import time
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from custom_components.hls_camera.streaming.camera.camera import Camera
from custom_components.hls_camera.streaming.media.endless import Format
from tests import tools
from tests.camera import Feed, TestCamera
from tests.streams import open_stream
from tests.waiting import eventually

_LOGGER: Final = logging.getLogger("readers")
_ENDINGS: Final = {Format.MPEG_TS: ".ts", Format.MP4: ".mp4"}
_READ: Final = """
import sys, threading, urllib.request
def read(url):
    with urllib.request.urlopen(url) as response:
        while response.read1(1 << 16):
            pass
for _ in range(int(sys.argv[2])):
    threading.Thread(target=read, args=sys.argv[1:2], daemon=True).start()
sys.stdin.read()
"""
"""A program with so many readers of an address, which ends with its input."""


@asynccontextmanager
async def _reading(ours: Camera, wanted: Format, count: int) -> AsyncIterator[None]:
    """Read a camera by so many readers."""
    url = await ours.reader_server.url() + _ENDINGS[wanted]
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", _READ, url, str(count)), stdin=PIPE
    )
    try:
        await eventually(lambda: ours.statistics().readers.get(wanted, 0) == count)
        yield
    finally:
        await process.communicate(b"")
        await eventually(lambda: not ours.statistics().readers)


async def _used(seconds: float) -> float:
    """Return the fraction of a core that this process uses."""
    began, used = time.monotonic(), time.process_time()
    await asyncio.sleep(seconds)
    return (time.process_time() - used) / (time.monotonic() - began)


async def _main(options: argparse.Namespace) -> None:
    feed = Feed(
        audio="aac",
        size=(1920, 1080),
        fps=25,
        video_bitrate=round(options.megabits * 1_000_000),
        live=False,
    )
    async with TestCamera(feed) as camera:
        ours = open_stream(str(tools.ffmpeg()), camera.url, logger=_LOGGER)
        try:
            await ours.start()
            await eventually(lambda: ours.main.window.played > 5)
            idle = await _used(options.seconds)
            megabits = ours.statistics().bitrate / 1_000_000
            print(f"{megabits:.1f} Mbit/s, without readers {idle:.1%} of a core")
            for wanted in Format:
                for count in options.readers:
                    async with _reading(ours, wanted, count):
                        used = await _used(options.seconds) - idle
                    each = used / count
                    print(
                        f"{wanted}: {count} readers {used:.1%} of a core, "
                        f"each {each:.2%}, {each / megabits:.3%} per Mbit/s"
                    )
        finally:
            await ours.close()


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--readers", type=int, nargs="+", default=[1, 10])
    parser.add_argument("--seconds", type=float, default=15.0)
    parser.add_argument("--megabits", type=float, default=5.0)
    return parser.parse_args()


if __name__ == "__main__":
    asyncio.run(_main(_options()))
