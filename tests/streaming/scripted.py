"""A producer without FFmpeg: a test decides what its processes send, and when they end."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from typing import Final

from custom_components.hls_camera.streaming.ffmpeg.process import (
    STOP_GRACE,
    ProcessListener,
)
from custom_components.hls_camera.streaming.ingest.run_spec import RunSpec
from custom_components.hls_camera.streaming.reasons import EndReason

from .media_files import camera_media
from .nut_files import SYNCPOINT, Frame

type Script = Callable[[ProcessListener], Awaitable[EndReason | None]]
"""Sends media to a listener; returns why the process ended, where its log says so."""

FRAME_RATE: Final = 5
"""Frames per second of `restamped()`."""


class ScriptedProcess:
    """A `MediaProcess` that follows a script."""

    has_trouble: bool = False
    is_track_refused: bool = False
    detail: str = ""
    log: tuple[str, ...] = ()
    cpu_time: float | None = None

    def __init__(self, script: Script, listener: ProcessListener) -> None:
        self.reason: EndReason | None = None
        self._life = asyncio.ensure_future(self._follow(script, listener))

    async def _follow(self, script: Script, listener: ProcessListener) -> None:
        self.reason = await script(listener)

    @property
    def failure(self) -> EndReason:
        return self.reason or EndReason.NO_VIDEO

    def read_now(self) -> None:
        """Do nothing: all output has been delivered."""

    async def wait(self) -> int:
        await asyncio.wait({self._life})
        return 0

    async def stop(self, grace: float = STOP_GRACE) -> None:
        self._life.cancel()


class ScriptedProducer:
    """A `Producer` whose processes all follow one script."""

    def __init__(self, script: Script) -> None:
        self._script = script

    async def launch(self, spec: RunSpec, listener: ProcessListener) -> ScriptedProcess:
        return ScriptedProcess(self._script, listener)


def restamped(ffmpeg: str, *, frame_bytes: int) -> Iterator[bytes]:
    """Yield headers, then one frame after another without end; each fifth is a keyframe.

    The pictures cannot be decoded.
    """
    media = camera_media(ffmpeg)
    step = media.init.video.timescale // FRAME_RATE
    yield media.data[: media.data.index(SYNCPOINT)]
    number = 0
    while True:
        is_keyframe = number % FRAME_RATE == 0
        slice_ = (b"\x65" if is_keyframe else b"\x41") + b"\xff" * (frame_bytes - 5)
        data = b"\0\0\0\1" + slice_
        yield Frame(0, number * step, data, is_keyframe=is_keyframe).write()
        number += 1
