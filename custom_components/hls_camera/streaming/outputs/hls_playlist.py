"""Playlists (RFC 8216bis) as data; `render()` is pure.

`media_playlist()` says what a window's media playlist is, `Playlists` keeps its bytes;
`window_variant()` says what the multivariant playlist tells of it.
"""

import math
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from itertools import repeat
from types import MappingProxyType
from typing import Final, NamedTuple

from ..live.segments import MediaSegment
from ..live.window import Window

MULTIVARIANT_PLAYLIST: Final = "index.m3u8"
"""The resource that a player opens first."""
MEDIA_PLAYLIST: Final = "media.m3u8"

_PART_HOLD_BACK_PARTS: Final = 2.5
"""At least two must, three should be (4.4.3.8): hls.js does with less, and is closer to
live by half a part."""
_RULED_HOLD_BACK_PARTS: Final = 3
"""The same for Apple's players."""
_HOLD_BACK_MARGIN: Final = 1.0
"""Seconds that a player without low latency stays behind the longest segment."""
_SWITCH_MARGIN: Final = 2.0
"""The same where there are other variants: a player notices half a segment late that one
comes too slowly, and then fetches a playlist and a segment of another one."""
_JOIN_MARGIN: Final = 0.5
"""Seconds by which players begin later than they are told to: they add the playlist's age."""
_PARTS_LISTED_TARGETS: Final = 3
"""Parts older than three target durations should not be listed (6.2.2)."""
_GZIP: Final = 16 + zlib.MAX_WBITS
"""Makes zlib write gzip's header."""
_LEVEL: Final = 3
"""Of compression: against the usual 6, a third of the time for 5 % more bytes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedPart:
    """EXT-X-PART (4.4.4.9)."""

    uri: str
    duration: float
    """Seconds."""
    independent: bool


@dataclass(frozen=True, kw_only=True)
class ListedSegment:
    """A media segment with the tags that apply to it."""

    program_date_time: datetime
    map_uri: str | None = None
    """EXT-X-MAP (4.4.4.5), where it is another one than the segment's before."""
    discontinuities: int = 0
    """EXT-X-DISCONTINUITY (4.4.4.3), so many of it."""
    parts: Sequence[ListedPart] = ()
    uri: str | None = None
    """None while the segment grows."""
    duration: float = 0.0
    """Seconds."""

    @cached_property
    def text(self) -> str:
        """Its lines in a playlist."""
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


class _Whole(NamedTuple):
    """A segment that is whole, and how it is listed."""

    msn: int
    with_map: bool
    with_parts: bool


class RenditionReport(NamedTuple):
    """EXT-X-RENDITION-REPORT (4.4.5.4): how far another variant's playlist is."""

    uri: str
    last_msn: int
    last_part: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaPlaylist:
    """A live media playlist with partial segments.

    EXT-X-INDEPENDENT-SEGMENTS is not declared: what follows a run's short first segment
    does not begin with a keyframe.
    """

    target_duration: int
    """Seconds. No EXTINF, rounded to the nearest integer, exceeds it (4.4.3.1)."""
    part_target: float
    """Seconds (4.4.3.7)."""
    part_hold_back: float
    """Seconds a low-latency player stays behind the end (4.4.3.8)."""
    hold_back: float | None
    """Seconds any other player stays behind the end; three target durations if None."""
    media_sequence: int
    discontinuity_sequence: int
    segments: Sequence[ListedSegment]
    preload_hint_uri: str
    """The partial segment that comes next (4.4.5.3)."""
    rendition_reports: Sequence[RenditionReport] = ()
    """Of the other variants that run."""

    def render(self) -> str:
        """Return the playlist's text."""
        return "\n".join((*self._header(), *self._body(), ""))

    def _header(self) -> Iterator[str]:
        yield "#EXTM3U"
        yield "#EXT-X-VERSION:6"
        yield f"#EXT-X-TARGETDURATION:{self.target_duration}"
        control = f"CAN-BLOCK-RELOAD=YES,PART-HOLD-BACK={self.part_hold_back:.3f}"
        if self.hold_back is not None:
            control += f",HOLD-BACK={self.hold_back:.3f}"
        yield f"#EXT-X-SERVER-CONTROL:{control}"
        yield f"#EXT-X-PART-INF:PART-TARGET={self.part_target:.3f}"
        yield f"#EXT-X-MEDIA-SEQUENCE:{self.media_sequence}"
        if self.discontinuity_sequence:
            yield f"#EXT-X-DISCONTINUITY-SEQUENCE:{self.discontinuity_sequence}"

    def _body(self) -> Iterator[str]:
        for segment in self.segments:
            yield segment.text
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
    """Bits per second, of the segment that has most."""
    average_bandwidth: int
    """Bits per second, of all segments."""
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


class Playlists:
    """A window's media playlist: rendered once a change, for whoever asks."""

    def __init__(self, window: Window) -> None:
        """Render what the window has."""
        self._window = window
        self._others: dict[str, Window] = {}
        self._revisions: tuple[int, ...] = ()
        self._rendered: dict[tuple[bool, bool], bytes] = {}
        self._whole: dict[_Whole, ListedSegment] = {}

    def report(self, uri: str, window: Window) -> None:
        """Tell from now on how far another variant is."""
        self._others[uri] = window

    def media(self, *, with_hold_back: bool, compressed: bool) -> bytes:
        """Return the media playlist as it is now; compressed means gzip."""
        windows = self._window, *self._others.values()
        revisions = tuple(window.revision for window in windows)
        if self._revisions != revisions:
            self._revisions = revisions
            self._rendered.clear()
        key = with_hold_back, compressed
        if key not in self._rendered:
            if compressed:
                plain = self.media(with_hold_back=with_hold_back, compressed=False)
                self._rendered[key] = zlib.compress(plain, _LEVEL, wbits=_GZIP)
            else:
                playlist = media_playlist(
                    self._window,
                    self._others,
                    with_hold_back=with_hold_back,
                    whole=self._whole,
                )
                self._rendered[key] = playlist.render().encode()
        return self._rendered[key]


def init_name(window: Window, init_id: int) -> str:
    """Return the resource name of an init section."""
    return f"{window.prefix}-init-{init_id}.mp4"


def segment_name(window: Window, msn: int) -> str:
    """Return the resource name of a media segment."""
    return f"{window.prefix}-{msn}.m4s"


def part_name(window: Window, msn: int, index: int) -> str:
    """Return the resource name of a partial segment."""
    return f"{window.prefix}-{msn}.{index}.m4s"


def media_playlist(
    window: Window,
    others: Mapping[str, Window] = MappingProxyType({}),
    *,
    with_hold_back: bool,
    whole: dict[_Whole, ListedSegment] | None = None,
) -> MediaPlaylist:
    """Return the window's media playlist as it is now.

    `others` are the windows of the other variants, by the addresses of their playlists.
    `whole` keeps the segments that do not change any more, for the next playlist.

    HOLD-BACK is to be three target durations at least, and PART-HOLD-BACK should be
    three part targets; hls.js also takes smaller ones and is closer to live for it.
    Apple's players hold to the rule: `with_hold_back` is for the others.
    """
    listed = [segment for segment in window.listed if segment.parts]
    complete = [segment for segment in listed if segment.is_complete]
    longest = max((segment.duration for segment in complete), default=0.0)
    margin = _SWITCH_MARGIN if others else _HOLD_BACK_MARGIN
    hold_back = _from_keyframe(window, listed, longest + margin)
    parts = _PART_HOLD_BACK_PARTS if with_hold_back else _RULED_HOLD_BACK_PARTS
    part_hold_back = _from_keyframe(window, listed, parts * window.part_target)
    parts_from = _first_with_parts(window, listed)
    whole = {} if whole is None else whole
    segments = []
    init_id = None
    for segment in listed:
        is_new_map = segment.init_id != init_id
        init_id = segment.init_id
        key = _Whole(segment.msn, is_new_map, segment.msn >= parts_from)
        entry = whole.get(key) or _listed_segment(window, segment, key)
        if segment.is_complete:
            whole[key] = entry
        segments.append(entry)
    media_sequence = listed[0].msn if listed else window.next_part[0]
    for key in [key for key in whole if key.msn < media_sequence]:
        del whole[key]
    return MediaPlaylist(
        target_duration=window.target_duration,
        part_target=window.part_target,
        part_hold_back=part_hold_back,
        hold_back=max(hold_back, part_hold_back) if with_hold_back else None,
        media_sequence=media_sequence,
        discontinuity_sequence=window.discontinuity_sequence,
        segments=segments,
        preload_hint_uri=part_name(window, *window.next_part),
        rendition_reports=[
            RenditionReport(uri, *other.last_part)
            for uri, other in others.items()
            if other.is_listable
        ],
    )


def window_variant(
    window: Window, uri: str, frame_rate: float | None
) -> Variant | None:
    """Return what a window's stream is as a variant; None before it has a segment."""
    init = window.latest_init
    complete = [segment for segment in window.listed if segment.is_complete]
    if init is None or not complete:
        return None
    duration = sum(segment.duration for segment in complete)
    size = sum(segment.size for segment in complete)
    peak = max(segment.size / segment.duration for segment in complete)
    return Variant(
        uri=uri,
        bandwidth=math.ceil(8 * peak),
        average_bandwidth=math.ceil(8 * size / duration),
        codecs=init.codecs,
        width=init.video.width,
        height=init.video.height,
        frame_rate=frame_rate,
    )


def _from_keyframe(
    window: Window, listed: Sequence[MediaSegment], hold_back: float
) -> float:
    """Return the hold-back, larger where a player would begin without a keyframe.

    What follows a short first segment has none at its beginning, nor has what follows one
    that was cut for its length or size: who began there would show nothing until the next
    keyframe, or fail to decode. Where the keyframe before is not near, so it is.
    """
    edge = sum(segment.duration for segment in listed)
    position = edge - hold_back
    start = 0.0
    keyframe = -math.inf
    for segment in listed:
        end = start + segment.duration
        if segment.parts[0].independent:
            keyframe = start
        elif start < position + _JOIN_MARGIN and position < end:
            is_near = edge - keyframe <= window.max_backlog
            return edge - keyframe + _JOIN_MARGIN if is_near else hold_back
        start = end
    return hold_back


def _first_with_parts(window: Window, listed: Sequence[MediaSegment]) -> int:
    """Return the first media sequence number whose parts are listed."""
    age = 0.0
    for segment in reversed(listed):
        if age > _PARTS_LISTED_TARGETS * window.target_duration:
            return segment.msn + 1
        age += segment.duration
    return 0


def _listed_segment(
    window: Window, segment: MediaSegment, how: _Whole
) -> ListedSegment:
    # The duration of a part that a stumbling camera made too long is capped: players
    # refuse a playlist with a part above the target. EXTINF tells the truth.
    parts = [
        ListedPart(
            uri=part_name(window, segment.msn, part.index),
            duration=min(part.duration, window.part_target),
            independent=part.independent,
        )
        for part in (segment.parts if how.with_parts else ())
    ]
    return ListedSegment(
        program_date_time=datetime.fromtimestamp(segment.start, UTC),
        map_uri=init_name(window, segment.init_id) if how.with_map else None,
        discontinuities=segment.discontinuities,
        parts=parts,
        uri=segment_name(window, segment.msn) if segment.is_complete else None,
        duration=segment.duration,
    )


def _date_time(time: datetime) -> str:
    """Return ISO 8601 with milliseconds and Z."""
    return time.isoformat(timespec="milliseconds").replace("+00:00", "Z")
