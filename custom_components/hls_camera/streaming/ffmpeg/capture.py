"""Short runs of FFmpeg, whose whole output is taken."""

import asyncio
from collections.abc import Sequence
from typing import Final, NamedTuple

from ..reasons import EndReason
from .process import FfmpegProcess, ProcessListener

_GRACE_S: Final = 0.5
"""Seconds that a run has to end in where it is no longer waited for."""
_MAX_BYTES: Final = 4 * 1024**2
"""Of a run's output."""


class Captured(NamedTuple):
    """What a short run of FFmpeg wrote."""

    output: bytes
    is_whole: bool
    """Whether it ended by itself, in time and well."""
    reason: EndReason | None
    """Why not, where its words are known."""
    words: str
    """All that it said: the cause is the first line, seldom the last."""


async def capture(
    command: Sequence[str],
    stdin: bytes | None = None,
    *,
    timeout: float,
    limit: int = _MAX_BYTES,
) -> Captured:
    """Run FFmpeg to its end and return what it wrote; it is gone afterwards.

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
