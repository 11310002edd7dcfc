"""The playlists of a window: its segments, their tags, and the hold-back of players."""

import math
import zlib
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final, NamedTuple

from ..live.segments import MediaSegment
from ..live.window import Window
from .hls_playlist import (
    ListedPart,
    ListedSegment,
    LowLatencyPlaylist,
    RenditionReport,
    Variant,
)

_PART_HOLD_BACK_PART_TARGETS: Final = 2.5
"""RFC 8216bis, 4.4.3.8, demands two part targets and recommends three. hls.js plays well with
less, and is half a part nearer to live for it."""
_APPLE_PART_HOLD_BACK_PART_TARGETS: Final = 3
"""Part targets for Apple's players."""
_HOLD_BACK_MARGIN_S: Final = 1.0
"""Seconds by which a player without low latency stays behind the longest segment."""
_SWITCH_MARGIN_S: Final = 2.0
"""The same margin if there are other variants: a player notices half a segment late that one
comes too slowly, and then fetches a playlist and a segment of another one."""
_JOIN_MARGIN_S: Final = 0.5
"""Seconds by which players begin later than by the playlist: they add its age."""
_PARTS_LISTED_TARGETS: Final = 3
"""Target durations for which parts are listed (6.2.2)."""
_GZIP_WBITS: Final = 16 + zlib.MAX_WBITS
"""Makes zlib write gzip's header."""
_GZIP_LEVEL: Final = 3
"""Against the usual 6, this takes a third of the time for 5 % more bytes."""


class _Listing(NamedTuple):
    """The way in which a segment is listed."""

    msn: int
    with_map: bool
    with_parts: bool
    is_complete: bool


class Playlists:
    """A window's media playlist, rendered once for each change and shared by all viewers."""

    def __init__(self, window: Window) -> None:
        """Render playlists of `window`."""
        self._window = window
        self._others: dict[str, Window] = {}
        """The windows of the other variants, by the addresses of their playlists."""
        self._revisions: tuple[int, ...] = ()
        self._rendered: dict[tuple[bool, bool, bool], bytes] = {}
        self._complete: dict[_Listing, ListedSegment] = {}
        """Segments that do not change any more, for the next playlist."""

    def report(self, uri: str, window: Window) -> None:
        """Report the newest part of another variant from now on."""
        self._others[uri] = window

    def media(
        self, *, with_hold_back: bool, by_part: bool = False, compressed: bool
    ) -> bytes:
        """Return the present media playlist; `compressed` means gzip."""
        windows = self._window, *self._others.values()
        revisions = tuple(window.revision for window in windows)
        if self._revisions != revisions:
            self._revisions = revisions
            self._rendered.clear()
        key = with_hold_back, by_part, compressed
        if key not in self._rendered:
            if compressed:
                plain = self.media(
                    with_hold_back=with_hold_back, by_part=by_part, compressed=False
                )
                body = zlib.compress(plain, _GZIP_LEVEL, wbits=_GZIP_WBITS)
            else:
                playlist = self.playlist(with_hold_back=with_hold_back, by_part=by_part)
                body = playlist.render().encode()
            self._rendered[key] = body
        return self._rendered[key]

    def playlist(
        self, *, with_hold_back: bool, by_part: bool = False
    ) -> LowLatencyPlaylist:
        """Return the present media playlist as data.

        HOLD-BACK must be three target durations at least, and PART-HOLD-BACK should be
        three part targets; hls.js accepts less and is nearer to live for it. Apple's
        players enforce the rule: `with_hold_back` is for all others.

        In the answer to a client that follows the stream `by_part`, the newest segment
        becomes complete only with the first part of the next one. hls.js, when a segment
        becomes complete while its first parts are appended, takes it for loaded if at most
        0.2 s are missing, and stands still before them.
        """
        window = self._window
        listed = [segment for segment in window.listed if segment.parts]
        hold_back, part_hold_back = self._hold_backs(
            listed, with_hold_back=with_hold_back
        )
        return LowLatencyPlaylist(
            target_duration=window.target_duration,
            part_target=window.part_target,
            part_hold_back=part_hold_back,
            hold_back=hold_back,
            media_sequence=listed[0].msn if listed else window.next_part[0],
            discontinuity_sequence=window.discontinuity_sequence,
            segments=self._listed_segments(
                listed, self._left_open(listed) if by_part else None
            ),
            preload_hint_uri=part_name(window, *window.next_part),
            rendition_reports=[
                RenditionReport(uri, *other.last_part)
                for uri, other in self._others.items()
                if other.is_listable
            ],
        )

    def _hold_backs(
        self, listed: Sequence[MediaSegment], *, with_hold_back: bool
    ) -> tuple[float | None, float]:
        """Return HOLD-BACK and PART-HOLD-BACK, in seconds."""
        window = self._window
        if not with_hold_back:
            parts = _APPLE_PART_HOLD_BACK_PART_TARGETS * window.part_target
            return None, _from_keyframe(window, listed, parts)
        longest = max(
            (segment.duration for segment in listed if segment.is_complete), default=0.0
        )
        margin = _SWITCH_MARGIN_S if self._others else _HOLD_BACK_MARGIN_S
        parts = _PART_HOLD_BACK_PART_TARGETS * window.part_target
        part_hold_back = _from_keyframe(window, listed, parts)
        hold_back = _from_keyframe(window, listed, longest + margin)
        return max(hold_back, part_hold_back), part_hold_back

    def _left_open(self, listed: Sequence[MediaSegment]) -> int | None:
        """Return the newest media sequence number if another segment is complete."""
        others = any(segment.is_complete for segment in listed[:-1])
        return listed[-1].msn if others else None

    def _listed_segments(
        self, listed: Sequence[MediaSegment], left_open: int | None
    ) -> list[ListedSegment]:
        """Return the segments as they are listed; complete ones are made once."""
        parts_from = _first_with_parts(self._window, listed)
        complete: dict[_Listing, ListedSegment] = {}
        segments = []
        init_id = None
        for segment in listed:
            is_new_map = segment.init_id != init_id
            init_id = segment.init_id
            listing = _Listing(
                segment.msn,
                with_map=is_new_map,
                with_parts=segment.msn >= parts_from,
                is_complete=segment.is_complete and segment.msn != left_open,
            )
            entry = self._complete.get(listing) or _listed_segment(
                self._window, segment, listing
            )
            if segment.is_complete:
                complete[listing] = entry
            segments.append(entry)
        self._complete = complete
        return segments


def init_name(window: Window, init_id: int) -> str:
    """Return the resource name of an init section."""
    return f"{window.prefix}-init-{init_id}.mp4"


def segment_name(window: Window, msn: int) -> str:
    """Return the resource name of a media segment."""
    return f"{window.prefix}-{msn}.m4s"


def part_name(window: Window, msn: int, index: int) -> str:
    """Return the resource name of a partial segment."""
    return f"{window.prefix}-{msn}.{index}.m4s"


def window_variant(
    window: Window, uri: str, frame_rate: float | None
) -> Variant | None:
    """Return a window's stream as a variant; None before its first complete segment."""
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
    """Return the hold-back, enlarged if a player would begin without a keyframe.

    The segment after a short first one does not begin with a keyframe, nor does the segment
    after one that was cut for its length or size. A player that began there would show
    nothing until the next keyframe, or fail to decode. The hold-back stays as it is if the
    keyframe before is not near.
    """
    edge = sum(segment.duration for segment in listed)
    position = edge - hold_back
    start = 0.0
    keyframe = -math.inf
    for segment in listed:
        end = start + segment.duration
        if segment.parts[0].independent:
            keyframe = start
        elif start < position + _JOIN_MARGIN_S and position < end:
            is_near = edge - keyframe <= window.max_backlog
            return edge - keyframe + _JOIN_MARGIN_S if is_near else hold_back
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
    window: Window, segment: MediaSegment, listing: _Listing
) -> ListedSegment:
    # A stumbling camera may make a part too long, and players refuse a playlist with a part
    # above the target: its duration is capped. EXTINF has the true sum.
    parts = [
        ListedPart(
            uri=part_name(window, segment.msn, part.index),
            duration=min(part.duration, window.part_target),
            independent=part.independent,
        )
        for part in (segment.parts if listing.with_parts else ())
    ]
    return ListedSegment(
        program_date_time=datetime.fromtimestamp(segment.start, UTC),
        map_uri=init_name(window, segment.init_id) if listing.with_map else None,
        discontinuities=segment.discontinuities,
        parts=parts,
        uri=segment_name(window, segment.msn) if listing.is_complete else None,
        duration=segment.duration,
    )
