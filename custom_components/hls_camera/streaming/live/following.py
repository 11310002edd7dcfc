"""Partial segments from a keyframe on, as they come."""

from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import suppress

from ..errors import StreamStoppedError
from ..media.fmp4 import InitSection
from .segments import Keyframe, MediaSegment, PartialSegment
from .window import Window


def follow(
    window: Window, first: Keyframe, *, skipped: Callable[[int], None] | None = None
) -> AsyncGenerator[tuple[InitSection, PartialSegment]]:
    """Yield partial segments from a keyframe on, as they come.

    A consumer that is too slow to get them all continues at the newest keyframe; `skipped` is
    called with the number of segments that it does not get.

    Raises:
        StreamStoppedError: the stream was stopped; all parts from before were yielded.

    """
    # Taken now: the stream may be stopped before the first part is asked for.
    return _follow(window, first, window.generation, window.segments, skipped)


async def _follow(
    window: Window,
    first: Keyframe,
    generation: int,
    segments: Sequence[MediaSegment],
    skipped: Callable[[int], None] | None,
) -> AsyncGenerator[tuple[InitSection, PartialSegment]]:
    msn, index = first.position
    while window.generation == generation:
        with suppress(StreamStoppedError):
            await window.wait_for(msn, index)
        if window.generation != generation:
            break
        segment = window.segment(msn)
        if segment is None:
            wanted = msn
            msn, index = (await window.wait_keyframe(msn + 1)).position
            if skipped is not None:
                skipped(msn - wanted)
        elif index < len(segment.parts):
            yield segment.init, segment.parts[index]
            index += 1
        else:
            msn, index = msn + 1, 0
    # The window has forgotten the media from before the stop; `segments` still has them.
    for segment in segments:
        for part in segment.parts:
            if (segment.msn, part.index) >= (msn, index):
                yield segment.init, part
    raise StreamStoppedError
