"""Search for the keyframes at which a viewer, a recording or a snapshot can begin."""

import math
from collections.abc import Iterator, Sequence
from typing import Final

from ..media.fmp4 import InitSection
from .segments import Keyframe, MediaSegment, PartialSegment

_MAX_OVERLAP_S: Final = 1.0
"""A segment that ends later after the next one began shows that the clock was set back."""


def newest_keyframes(segments: Sequence[MediaSegment]) -> Iterator[Keyframe]:
    """Yield the keyframes at the start of partial segments, newest first.

    If the wall clock was set back between two runs, the older run's times are moved, so that
    it ends when the newer one begins.
    """
    end: float | None = None
    start = math.inf
    set_back = 0.0
    for segment in reversed(segments):
        if segment.end - set_back > start + _MAX_OVERLAP_S:
            set_back = segment.end - start
        start = segment.end - set_back
        for part in reversed(segment.parts):
            end = start if end is None else end
            start -= part.duration
            if part.independent:
                yield Keyframe(segment.msn, start, end, segment.init, part)
                end = None


def parts_since_keyframe(
    segments: Sequence[MediaSegment],
) -> tuple[InitSection | None, list[PartialSegment]]:
    """Return the newest partial segment that begins with a keyframe, and all after it.

    All are of the newest run, whose init section comes first; None and no parts if that run
    has no such partial segment.
    """
    parts: list[PartialSegment] = []
    for segment in reversed(segments):
        for part in reversed(segment.parts):
            parts.insert(0, part)
            if part.independent:
                return segment.init, parts
        if segment.discontinuities:
            break
    return None, []
