"""Pipes that FFmpeg writes to: read until the writer is gone."""

import asyncio
from pathlib import Path

from custom_components.hls_camera.streaming.ffmpeg.pipe_reader import OutputPipe
from custom_components.hls_camera.streaming.ffmpeg.process import (
    SIDE_OUTPUT,
    FfmpegProcess,
    ProcessListener,
)

from ..programs import Programs


async def test_a_pipe_that_was_never_opened_has_ended() -> None:
    async with asyncio.timeout(1):
        await OutputPipe(bytearray().extend).finish()


async def test_both_outputs_are_delivered_before_the_process_has_gone(
    any_ffmpeg: str,
) -> None:
    main, side = bytearray(), bytearray()
    command = [any_ffmpeg, "-hide_banner", "-nostdin", "-loglevel", "error"]
    command += ["-f", "lavfi", "-i", "testsrc2=size=64x48:duration=1", "-frames:v", "1"]
    command += ["-f", "rawvideo", "-pix_fmt", "gray", "pipe:1"]
    command += ["-frames:v", "2", "-f", "rawvideo", "-pix_fmt", "gray", SIDE_OUTPUT]
    listener = ProcessListener(on_output=main.extend, on_side_output=side.extend)
    process = await FfmpegProcess.spawn(command, listener)
    assert await process.wait() == 0
    assert (len(main), len(side)) == (64 * 48, 2 * 64 * 48)


class Taken:
    """What came of both outputs, in its order."""

    def __init__(self) -> None:
        self.pieces: list[bytes] = []
        self._came = asyncio.Event()

    def take(self, data: bytes) -> None:
        self.pieces.append(data)
        self._came.set()

    async def wait(self, count: int) -> None:
        async with asyncio.timeout(10):
            while len(self.pieces) < count:
                self._came.clear()
                await self._came.wait()


async def test_the_side_output_is_read_along_with_the_main_one(
    programs: Programs, tmp_path: Path
) -> None:
    """Before it: sound is older than the picture that comes with it."""
    taken, go = Taken(), tmp_path / "go"
    program = programs.make(
        "side=/proc/self/fd/${1#pipe:}; printf 1 > $side\n"
        f"while [ ! -e {go} ]; do sleep 0.01; done\n"
        "printf 2 > $side; printf 3"
    )
    listener = ProcessListener(
        on_output=taken.take, on_side_output=taken.take, patience=lambda: 60.0
    )
    process = await FfmpegProcess.spawn([program, SIDE_OUTPUT], listener)
    await taken.wait(1)
    go.touch()
    await taken.wait(3)
    await process.wait()
    assert taken.pieces == [b"1", b"2", b"3"]


async def test_the_side_output_does_not_need_the_main_one(
    programs: Programs, tmp_path: Path
) -> None:
    """It is read by itself, a tenth of a second after the main one could have come."""
    taken, go = Taken(), tmp_path / "go"
    program = programs.make(
        "side=/proc/self/fd/${1#pipe:}; printf 1 > $side\n"
        f"while [ ! -e {go} ]; do sleep 0.01; done\n"
        "printf 2 > $side; exec sleep 99"
    )
    listener = ProcessListener(
        on_output=taken.take, on_side_output=taken.take, patience=lambda: 0.0
    )
    process = await FfmpegProcess.spawn([program, SIDE_OUTPUT], listener)
    try:
        await taken.wait(1)
        go.touch()
        await taken.wait(2)
    finally:
        await process.stop()
    assert taken.pieces == [b"1", b"2"]
