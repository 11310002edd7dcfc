"""Pipes that FFmpeg writes to: read until the writer is gone."""

import asyncio

from custom_components.hls_camera.streaming.ffmpeg.pipe_reader import SidePipe
from custom_components.hls_camera.streaming.ffmpeg.process import (
    SIDE_OUTPUT,
    FfmpegProcess,
    ProcessListener,
)


async def test_a_pipe_that_was_never_opened_has_ended() -> None:
    async with asyncio.timeout(1):
        await SidePipe(bytearray().extend).finish()


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
