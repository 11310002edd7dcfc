"""The segments of a published playlist."""

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final, Self

from ..streaming.outputs.hls_playlist import ListedSegment, MediaPlaylist

_MEDIA_SEQUENCE: Final = re.compile(r"^#EXT-X-MEDIA-SEQUENCE:(\d+)", re.MULTILINE)
_DISCONTINUITY_SEQUENCE: Final = re.compile(
    r"^#EXT-X-DISCONTINUITY-SEQUENCE:(\d+)", re.MULTILINE
)
_SEGMENT: Final = re.compile(r"^#EXTINF:", re.MULTILINE)
_DISCONTINUITY: Final = re.compile(r"^#EXT-X-DISCONTINUITY\s*$", re.MULTILINE)
_MAX_NUMBER: Final = 2**31
"""Larger numbers are not ours, and players may not take them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedFile:
    """A segment of the playlist."""

    name: str
    init_name: str
    start: float
    """Wall clock time of the first frame, in seconds since the epoch."""
    duration: float
    """Seconds."""
    size: int
    """Bytes."""
    is_discontinuous: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentList:
    """A live playlist's contents; it changes by making another one."""

    target_duration: int
    """Seconds."""
    media_sequence: int = 1
    discontinuity_sequence: int = 0
    files: Sequence[ListedFile] = ()

    @classmethod
    def after(cls, playlist: str, *, target_duration: int) -> Self:
        """Return an empty list that continues the numbers of an earlier playlist.

        So players that stayed continue. Its segments are not listed any more.
        """
        media_sequence = _number(_MEDIA_SEQUENCE, playlist)
        if media_sequence is None:
            return cls(target_duration=target_duration)
        segments = len(_SEGMENT.findall(playlist))
        before = _number(_DISCONTINUITY_SEQUENCE, playlist) or 0
        return cls(
            target_duration=target_duration,
            media_sequence=media_sequence + segments,
            discontinuity_sequence=before + len(_DISCONTINUITY.findall(playlist)) + 1,
        )

    @property
    def names(self) -> set[str]:
        """The names of all files that the playlist names."""
        return {name for file in self.files for name in (file.name, file.init_name)}

    @property
    def duration(self) -> float:
        """Seconds."""
        return sum(file.duration for file in self.files)

    def appended(self, file: ListedFile, *, at_most: int) -> Self:
        """Return a list that ends with another segment, and has `at_most` segments."""
        files = (*self.files, file)
        gone, files = files[:-at_most], files[-at_most:]
        return replace(
            self,
            # No EXTINF, rounded, may exceed it (RFC 8216bis, 4.4.3.1).
            target_duration=max(self.target_duration, math.floor(file.duration + 0.5)),
            media_sequence=self.media_sequence + len(gone),
            discontinuity_sequence=self.discontinuity_sequence
            + sum(each.is_discontinuous for each in gone),
            files=files,
        )

    def playlist(self, *, has_ended: bool = False) -> MediaPlaylist:
        """Return the media playlist."""
        return MediaPlaylist(
            target_duration=self.target_duration,
            media_sequence=self.media_sequence,
            discontinuity_sequence=self.discontinuity_sequence,
            segments=tuple(self._listed()),
            has_ended=has_ended,
        )

    def _listed(self) -> Iterator[ListedSegment]:
        init_name = ""
        for file in self.files:
            yield ListedSegment(
                program_date_time=datetime.fromtimestamp(file.start, UTC),
                map_uri=file.init_name if file.init_name != init_name else None,
                discontinuities=int(file.is_discontinuous),
                uri=file.name,
                duration=file.duration,
            )
            init_name = file.init_name


def _number(pattern: re.Pattern[str], text: str) -> int | None:
    found = pattern.search(text)
    if found is None or len(found[1]) > len(str(_MAX_NUMBER)):
        return None
    return int(found[1]) if int(found[1]) < _MAX_NUMBER else None
