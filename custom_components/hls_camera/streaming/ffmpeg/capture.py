"""Short runs of FFmpeg, whose whole output is returned."""

import asyncio
from collections.abc import Sequence
from typing import Final, NamedTuple

from ..reasons import EndReason
from .process import FfmpegProcess, ProcessListener

_GRACE_S: Final = 0.5
"""Seconds from SIGTERM to SIGKILL."""
_MAX_BYTES: Final = 4 * 1024**2
"""Of a run's output."""


class Captured(NamedTuple):
    """The output of a short run of FFmpeg."""

    output: bytes
    is_whole: bool
    """Whether FFmpeg ended by itself, in time and without an error."""
    reason: EndReason | None
    """The reason for an error, where the log has a known message."""
    words: str
    """The whole log: the cause is in the first line, seldom in the last."""


async def capture(
    command: Sequence[str],
    stdin: bytes | None = None,
    *,
    timeout: float,
    limit: int = _MAX_BYTES,
) -> Captured:
    """Run FFmpeg to its end and return its output; the process is gone afterwards.

    It is ended after `timeout` seconds, and when it has written more than `limit` bytes.

    Raises:
        FfmpegMissingError: there is no such executable.
        FfmpegError: the system cannot start it.

    """
    output = bytearray()
    too_much = asyncio.get_running_loop().create_future()

    def take(data: bytes) -> None:
        if len(output) + len(data) <= limit:
            output.extend(data)
        elif not too_much.done():
            too_much.set_result(None)

    listener = ProcessListener(on_output=take)
    process = await FfmpegProcess.spawn(command, listener, stdin=stdin)
    exited = asyncio.create_task(process.wait())
    try:
        await asyncio.wait(
            {exited, too_much}, timeout=timeout, return_when=asyncio.FIRST_COMPLETED
        )
        ended_well = exited.done() and exited.result() == 0 and not too_much.done()
    finally:
        exited.cancel()
        too_much.cancel()
        await process.stop(_GRACE_S)
    words = "; ".join(process.log) or "no word"
    return Captured(bytes(output), ended_well, process.reason, words)
