"""The media that a reader of single frames begins with."""

from collections.abc import Sequence
from typing import NamedTuple

from ..media.fmp4 import Sample, Track
from .stream import LiveStream


class TrackRun(NamedTuple):
    """Samples of one track that follow each other."""

    track: Track
    samples: Sequence[Sample]
    timeline_offset: float
    """Seconds to add to the decode times."""


def since_keyframe(stream: LiveStream) -> list[TrackRun]:
    """Return the samples since the newest keyframe of the run; none without one.

    Those of the keyframe's partial segment come with it: sound may stand before it.
    """
    init = stream.init
    if init is None:
        return []
    pending = [run for run in stream.pending if run[1]]
    newest = _newest_keyframe(pending, init.video)
    runs: list[TrackRun] = []
    if newest is None:
        in_window, parts = stream.window.since_keyframe()
        if in_window != init or not parts:
            return []
        # The times in a partial segment are on the timeline already.
        runs = [
            TrackRun(each.track, list(each), 0.0)
            for part in parts
            for each in part.tracks
        ]
    else:
        pending = [
            (track, samples[newest:] if track is init.video else samples)
            for track, samples in pending
        ]
    offset = stream.timeline_offset
    return [*runs, *(TrackRun(track, samples, offset) for track, samples in pending)]


def _newest_keyframe(
    pending: Sequence[tuple[Track, Sequence[Sample]]], video: Track
) -> int | None:
    """Return the index of the newest keyframe among the video's pending samples."""
    for track, samples in pending:
        if track is video:
            for index in range(len(samples) - 1, -1, -1):
                if samples[index].is_sync:
                    return index
    return None
