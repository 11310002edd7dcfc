"""The samples in a fragment's bytes, without reading its boxes again."""

from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import batched
from typing import Final, Self

from .fmp4 import Sample, Track

_COLUMNS: Final = 4
"""Duration, size, composition offset, and 1 for a keyframe."""


@dataclass(frozen=True, slots=True)
class TrackSamples:
    """One track's samples in a fragment; iteration yields them as views of its bytes.

    A table takes 32 bytes for each sample, a tenth of the samples themselves.
    """

    track: Track
    _data: bytes
    """The whole fragment."""
    _offset: int
    """The first sample's position in it."""
    _dts: int
    """The first sample's decode time."""
    _table: array[int]

    @classmethod
    def in_fragment(
        cls,
        data: bytes,
        tracks: Sequence[tuple[Track, Sequence[Sample]]],
        timeline_offset: float = 0.0,
    ) -> tuple[Self, ...]:
        """Return the samples in a fragment that `write_fragment()` made of the same tracks."""
        offset = len(data) - sum(
            len(sample.data) for _, samples in tracks for sample in samples
        )
        found = []
        for track, samples in tracks:
            dts = samples[0].dts + round(timeline_offset * track.timescale)
            table = array("q")
            size = 0
            for sample in samples:
                size += len(sample.data)
                table.extend(
                    (
                        sample.duration,
                        len(sample.data),
                        sample.composition_offset,
                        sample.is_sync,
                    )
                )
            found.append(cls(track, data, offset, dts, table))
            offset += size
        return tuple(found)

    def __iter__(self) -> Iterator[Sample]:
        """Yield the samples in decode order."""
        data = memoryview(self._data)
        offset, dts = self._offset, self._dts
        track_id = self.track.track_id
        for duration, size, composition_offset, is_sync in batched(
            self._table, _COLUMNS, strict=True
        ):
            end = offset + size
            view = data[offset:end]
            yield Sample(
                track_id, dts, duration, composition_offset, bool(is_sync), view
            )
            offset, dts = end, dts + duration
