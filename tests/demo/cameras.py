"""The demo's cameras: a separate program, so that it has its own CPU core.

`python -m tests.demo.cameras WIDTHxHEIGHT NAME...` serves a camera for each name, prints
their addresses, and runs until it is stopped.
"""

import asyncio
import re
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from tests.camera.camera import TestCamera
from tests.camera.media import Feed, Picture
from tests.camera.server import RtspServer

from .api import CameraSettings
from .leash import leashed, wait_for_line

NAMES: Final = ("Garden", "Front door", "Garage", "Workshop")
FRAME_RATE: Final = 20

_USERNAME: Final = "viewer"
_PASSWORD: Final = "p@ss/w:rd? 100%"  # each of these characters needs quoting somewhere
_SERVING: Final = "Serving at "
_START_SECONDS: Final = 30.0


def names(count: int) -> list[str]:
    """Return the names of a number of cameras."""
    return [*NAMES, *(f"Camera {number}" for number in range(5, count + 1))][:count]


@contextmanager
def demo_cameras(
    names: Sequence[str], output: Path, size: tuple[int, int] = (1280, 720)
) -> Iterator[tuple[CameraSettings, ...]]:
    """Serve cameras for the duration of a `with` block."""
    program_and_size = ("tests.demo.cameras", "{}x{}".format(*size))
    command = (sys.executable, "-m", *program_and_size, *names)
    root = Path(__file__).parents[2]
    with leashed(command, output, {"PYTHONPATH": str(root)}) as program:
        url = wait_for_line(program, _SERVING, _START_SECONDS).removeprefix(_SERVING)
        yield tuple(
            CameraSettings(
                name=name,
                url=f"{url}/{_path(name)}",
                username=_USERNAME,
                password=_PASSWORD,
            )
            for name in names
        )


def _path(name: str) -> str:
    return re.sub(r"\W+", "-", name).lower()


def _camera(name: str, size: tuple[int, int]) -> TestCamera:
    feed = Feed(
        audio="aac", size=size, fps=FRAME_RATE, picture=Picture.SCENE, title=name
    )
    return TestCamera(feed, path=_path(name), username=_USERNAME, password=_PASSWORD)


async def _serve(size: str, *names: str) -> None:
    width, height = map(int, size.split("x"))
    cameras = [_camera(name, (width, height)) for name in names]
    async with RtspServer(*cameras) as server:
        print(f"{_SERVING}{server.url}", flush=True)
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(_serve(*sys.argv[1:]))
