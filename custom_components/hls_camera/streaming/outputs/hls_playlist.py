"""Playlists (RFC 8216bis) as data; `render()` returns their text."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from itertools import repeat
from typing import Final, NamedTuple, override

MULTIVARIANT_PLAYLIST: Final = "index.m3u8"
"""The resource that a player opens first."""
MEDIA_PLAYLIST: Final = "media.m3u8"


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedPart:
    """EXT-X-PART (4.4.4.9)."""

    uri: str
    duration: float
    """Seconds."""
    independent: bool


@dataclass(frozen=True, kw_only=True)
class ListedSegment:
    """A media segment and its tags."""

    program_date_time: datetime
    map_uri: str | None = None
    """EXT-X-MAP (4.4.4.5), if it differs from the segment before."""
    discontinuities: int = 0
    """The number of EXT-X-DISCONTINUITY tags (4.4.4.3)."""
    parts: Sequence[ListedPart] = ()
    uri: str | None = None
    """None while the segment grows."""
    duration: float = 0.0
    """Seconds."""

    @cached_property
    def text(self) -> str:
        """The segment's lines in a playlist."""
        return "\n".join(self._lines())

    def _lines(self) -> Iterator[str]:
        yield from repeat("#EXT-X-DISCONTINUITY", self.discontinuities)
        if self.map_uri is not None:
            yield f'#EXT-X-MAP:URI="{self.map_uri}"'
        yield f"#EXT-X-PROGRAM-DATE-TIME:{_date_time(self.program_date_time)}"
        for part in self.parts:
            independent = ",INDEPENDENT=YES" if part.independent else ""
            yield (
                f"#EXT-X-PART:DURATION={part.duration:.5f},"
                f'URI="{part.uri}"{independent}'
            )
        if self.uri is not None:
            yield f"#EXTINF:{self.duration:.5f},"
            yield self.uri


class RenditionReport(NamedTuple):
    """EXT-X-RENDITION-REPORT (4.4.5.4): the newest part of another variant."""

    uri: str
    last_msn: int
    last_part: int


@dataclass(frozen=True, kw_only=True)
class MediaPlaylist:
    """A live media playlist of whole segments.

    EXT-X-INDEPENDENT-SEGMENTS is not declared: the segment after a run's short first one
    does not begin with a keyframe.
    """

    target_duration: int
    """Seconds. No EXTINF, rounded to the nearest integer, exceeds it (4.4.3.1)."""
    media_sequence: int
    discontinuity_sequence: int
    segments: Sequence[ListedSegment]
    has_ended: bool = False
    """Whether no more segments follow (4.4.3.4)."""

    def render(self) -> str:
        """Return the playlist's text."""
        return "\n".join((*self._header(), *self._body(), ""))

    def _header(self) -> Iterator[str]:
        yield "#EXTM3U"
        yield "#EXT-X-VERSION:6"
        yield f"#EXT-X-TARGETDURATION:{self.target_duration}"
        yield from self._control()
        yield f"#EXT-X-MEDIA-SEQUENCE:{self.media_sequence}"
        if self.discontinuity_sequence:
            yield f"#EXT-X-DISCONTINUITY-SEQUENCE:{self.discontinuity_sequence}"

    def _control(self) -> Iterator[str]:
        """Yield the tags about how to follow the playlist."""
        return iter(())

    def _body(self) -> Iterator[str]:
        for segment in self.segments:
            yield segment.text
        if self.has_ended:
            yield "#EXT-X-ENDLIST"


@dataclass(frozen=True, kw_only=True)
class LowLatencyPlaylist(MediaPlaylist):
    """A live media playlist with partial segments."""

    part_target: float
    """Seconds (4.4.3.7)."""
    part_hold_back: float
    """Seconds a low-latency player stays behind the end (4.4.3.8)."""
    hold_back: float | None
    """Seconds any other player stays behind the end; three target durations if None."""
    preload_hint_uri: str
    """The next partial segment (4.4.5.3)."""
    rendition_reports: Sequence[RenditionReport] = ()
    """Reports of the other variants that run."""

    @override
    def _control(self) -> Iterator[str]:
        control = f"CAN-BLOCK-RELOAD=YES,PART-HOLD-BACK={self.part_hold_back:.3f}"
        if self.hold_back is not None:
            control += f",HOLD-BACK={self.hold_back:.3f}"
        yield f"#EXT-X-SERVER-CONTROL:{control}"
        yield f"#EXT-X-PART-INF:PART-TARGET={self.part_target:.3f}"

    @override
    def _body(self) -> Iterator[str]:
        yield from super()._body()
        for report in self.rendition_reports:
            yield (
                f'#EXT-X-RENDITION-REPORT:URI="{report.uri}",'
                f"LAST-MSN={report.last_msn},LAST-PART={report.last_part}"
            )
        yield f'#EXT-X-PRELOAD-HINT:TYPE=PART,URI="{self.preload_hint_uri}"'


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """EXT-X-STREAM-INF (4.4.6.2)."""

    uri: str
    bandwidth: int
    """Bits per second of the largest segment."""
    average_bandwidth: int
    """Bits per second of all segments."""
    codecs: str
    width: int
    height: int
    frame_rate: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MultivariantPlaylist:
    """The playlist that a player opens first."""

    variants: Sequence[Variant]

    def render(self) -> str:
        """Return the playlist's text."""
        lines = ["#EXTM3U", "#EXT-X-VERSION:6"]
        for variant in self.variants:
            attributes = [
                f"BANDWIDTH={variant.bandwidth}",
                f"AVERAGE-BANDWIDTH={variant.average_bandwidth}",
                f'CODECS="{variant.codecs}"',
                f"RESOLUTION={variant.width}x{variant.height}",
            ]
            if variant.frame_rate:
                attributes.append(f"FRAME-RATE={variant.frame_rate:.3f}")
            lines += [f"#EXT-X-STREAM-INF:{','.join(attributes)}", variant.uri]
        return "\n".join((*lines, ""))


def _date_time(time: datetime) -> str:
    """Return ISO 8601 with milliseconds and Z."""
    return time.isoformat(timespec="milliseconds").replace("+00:00", "Z")
