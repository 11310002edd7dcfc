"""Starts an FFmpeg that reads an input."""

from collections.abc import Callable, Sequence
from typing import Final

from ..sources.input import Input, OpenInput, ReadOptions
from .capture import capture
from .process import STOP_GRACE, FfmpegProcess, ProcessListener, system_error


async def launch(
    source: Input,
    options: ReadOptions,
    command: Callable[[OpenInput], Sequence[str]],
    listener: ProcessListener,
) -> FfmpegProcess:
    """Open an input and start the FFmpeg that reads it; both end together.

    `command` returns FFmpeg's command for the open input.

    Raises:
        FfmpegMissingError: there is no such executable.
        FfmpegError: the system cannot start it.

    """
    try:
        opened = await source.open(options)
    except (OSError, MemoryError, RuntimeError) as err:
        raise system_error(err) from err
    try:
        supported = await _supported(command(opened))
    except BaseException:
        await opened.close()
        raise
    return await FfmpegProcess.spawn(supported, listener, opened=opened)


async def _supported(command: Sequence[str]) -> list[str]:
    """Return a command without the options that this version of FFmpeg does not know."""
    supported = list(command)
    if _TLS_VERIFY in supported and not await _has_rtsp_tls_options(supported[0]):
        while _TLS_VERIFY in supported:
            index = supported.index(_TLS_VERIFY)
            del supported[index : index + 2]
    return supported


_TLS_VERIFY: Final = "-tls_verify"
_rtsp_tls: Final[dict[str, bool]] = {}
"""The results of `_has_rtsp_tls_options`, by executable."""


async def _has_rtsp_tls_options(ffmpeg: str) -> bool:
    """Return whether this FFmpeg takes TLS options for RTSP.

    Old ones do not, and never verify there; the new ones verify unless an option forbids it.
    """
    if ffmpeg not in _rtsp_tls:
        help_ = await capture(
            [ffmpeg, "-hide_banner", "-h", "demuxer=rtsp"], timeout=STOP_GRACE
        )
        if not help_.is_whole:
            # The next one may be luckier.
            return True
        _rtsp_tls[ffmpeg] = b"-tls_verify" in help_.output
    return _rtsp_tls[ffmpeg]
