"""The FFmpeg of the test camera, and its features."""

import asyncio
import os
from asyncio.subprocess import DEVNULL, PIPE
from functools import cache
from pathlib import Path

import imageio_ffmpeg  # type: ignore[import-untyped]

BINARY_VARIABLE = "HLS_CAMERA_FFMPEG"

_FONTS = (
    "/usr/share/fonts/truetype/dejavu/DejaVuSans-Bold.ttf",
    "/usr/share/fonts/dejavu/DejaVuSans-Bold.ttf",
    "/usr/share/fonts/dejavu-sans-fonts/DejaVuSans-Bold.ttf",
    "/usr/share/fonts/TTF/DejaVuSans-Bold.ttf",
    "/usr/share/fonts/truetype/liberation/LiberationSans-Bold.ttf",
    "/System/Library/Fonts/Supplemental/Arial Bold.ttf",
)


class FfmpegError(Exception):
    """FFmpeg exited or did not start; the message has its last lines."""


@cache
def default_binary() -> str:
    """Return the FFmpeg of the environment variable, else the one that pip installed."""
    return os.environ.get(BINARY_VARIABLE) or str(imageio_ffmpeg.get_ffmpeg_exe())


async def run(binary: str, *arguments: str) -> None:
    """Run FFmpeg to its end."""
    process = await asyncio.create_subprocess_exec(
        binary,
        "-hide_banner",
        "-nostdin",
        *("-loglevel", "error"),
        *arguments,
        stdin=DEVNULL,
        stdout=DEVNULL,
        stderr=PIPE,
    )
    try:
        _, errors = await process.communicate()
    except BaseException:
        process.kill()
        await process.wait()
        raise
    if process.returncode:
        raise FfmpegError(errors.decode(errors="replace").strip())


async def writing_font(binary: str) -> str | None:
    """Return a font for this FFmpeg's text filter, None if there is none."""
    for font in _FONTS:
        if not Path(font).is_file():  # noqa: ASYNC240 - a test camera may wait for a disk
            continue
        source = f"color,drawtext=fontfile='{font}':text=1"
        try:
            await run(
                *(binary, "-f", "lavfi", "-i", source),
                *("-frames:v", "1", "-f", "null", "-"),
            )
        except FfmpegError:
            return None
        return font
    return None
