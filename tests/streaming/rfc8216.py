"""The rules of RFC 8216bis for live playlists, checked strictly and by themselves."""

import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

_ATTRIBUTE: Final = re.compile(r'([A-Z0-9-]+)=("[^"\r\n]*"|[^",\s]+)(?:,|$)')
_DECIMAL: Final = re.compile(r"\d+(\.\d+)?")
_DATE_TIME: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
_ONCE: Final = (
    "#EXT-X-VERSION",
    "#EXT-X-TARGETDURATION",
    "#EXT-X-SERVER-CONTROL",
    "#EXT-X-PART-INF",
    "#EXT-X-MEDIA-SEQUENCE",
    "#EXT-X-DISCONTINUITY-SEQUENCE",
)


@dataclass
class Part:
    """EXT-X-PART."""

    uri: str
    duration: float
    independent: bool


@dataclass
class Segment:
    """A media segment and its tags."""

    msn: int
    discontinuity_sequence: int
    date_time: datetime
    map_uri: str
    parts: list[Part] = field(default_factory=list)
    uri: str | None = None
    duration: float = 0.0


@dataclass
class Playlist:
    """A media playlist that keeps to the rules."""

    target_duration: int
    part_target: float
    part_hold_back: float
    hold_back: float | None
    media_sequence: int
    discontinuity_sequence: int
    segments: list[Segment]
    preload_hint: str

    @property
    def duration(self) -> float:
        """Of the whole segments."""
        return sum(segment.duration for segment in self.segments)


def attributes(line: str) -> dict[str, str]:
    """Return an attribute list (4.2): no name twice, nothing in between."""
    text = line.partition(":")[2]
    found = _ATTRIBUTE.findall(text)
    assert ",".join(f"{name}={value}" for name, value in found) == text
    named = dict(found)
    assert len(named) == len(found)
    return named


def _decimal(text: str) -> float:
    assert _DECIMAL.fullmatch(text)
    return float(text)


def _quoted(text: str) -> str:
    assert text[0] == text[-1] == '"'
    return text[1:-1]


def parse(text: str) -> Playlist:  # noqa: C901 - one rule after the other
    """Return a live media playlist, having checked it against the rules."""
    assert text.startswith("#EXTM3U\n")
    assert text.endswith("\n")
    lines = text.splitlines()[1:]
    assert all(line and line == line.strip() for line in lines)
    header = {}
    for tag in _ONCE:
        tagged = [line for line in lines if line.startswith(tag + ":")]
        assert len(tagged) <= 1, f"{tag} more than once"
        header[tag] = tagged[0].partition(":")[2] if tagged else ""
    # 8: EXT-X-MAP in a playlist of more than I-frames needs version 6.
    assert int(header["#EXT-X-VERSION"]) >= 6
    control = attributes("x:" + header["#EXT-X-SERVER-CONTROL"])
    part_information = attributes("x:" + header["#EXT-X-PART-INF"])
    sequence = int(header["#EXT-X-MEDIA-SEQUENCE"])
    discontinuities = int(header["#EXT-X-DISCONTINUITY-SEQUENCE"] or 0)
    playlist = Playlist(
        target_duration=int(header["#EXT-X-TARGETDURATION"]),
        part_target=_decimal(part_information["PART-TARGET"]),
        part_hold_back=_decimal(control["PART-HOLD-BACK"]),
        hold_back=_decimal(control["HOLD-BACK"]) if "HOLD-BACK" in control else None,
        media_sequence=sequence,
        discontinuity_sequence=discontinuities,
        segments=[],
        preload_hint="",
    )
    assert control["CAN-BLOCK-RELOAD"] == "YES"
    # 4.4.3.8: at least twice the part target; three times is recommended.
    assert playlist.part_hold_back >= 2 * playlist.part_target - 0.002
    assert playlist.part_target > 0

    map_uri: str | None = None
    date_time: datetime | None = None
    parts: list[Part] = []
    duration: float | None = None
    is_first_segment_tag = True

    def add_segment(uri: str | None) -> None:
        nonlocal date_time, duration, parts
        assert map_uri is not None, "4.4.4.5: fMP4 needs a map"
        assert date_time is not None
        playlist.segments.append(
            Segment(
                sequence + len(playlist.segments),
                discontinuities,
                date_time,
                map_uri,
                parts,
                uri,
                duration or 0.0,
            )
        )
        parts, date_time, duration = [], None, None

    for line in lines:
        tag = line.partition(":")[0]
        if tag in _ONCE:
            # 4.4.3.2, 4.4.3.3: before the first segment and any EXT-X-DISCONTINUITY
            assert is_first_segment_tag, f"{tag} behind a segment"
            continue
        assert not playlist.preload_hint, "nothing comes behind the hint"
        is_first_segment_tag = False
        match tag:
            case "#EXT-X-DISCONTINUITY":
                assert not parts, "before a segment's first part"
                discontinuities += 1
            case "#EXT-X-MAP":
                assert not parts, "before a segment's first part"
                map_uri = _quoted(attributes(line)["URI"])
            case "#EXT-X-PROGRAM-DATE-TIME":
                assert not parts, "before a segment's first part"
                value = line.partition(":")[2]
                assert _DATE_TIME.fullmatch(value)
                date_time = datetime.fromisoformat(value)
            case "#EXT-X-PART":
                part = attributes(line)
                assert set(part) <= {"DURATION", "URI", "INDEPENDENT"}
                assert part.get("INDEPENDENT", "YES") == "YES"
                length = _decimal(part["DURATION"])
                # 4.4.4.9
                assert length <= playlist.part_target
                parts.append(Part(_quoted(part["URI"]), length, "INDEPENDENT" in part))
            case "#EXTINF":
                assert line.endswith(",")
                duration = _decimal(line.partition(":")[2][:-1])
                # 4.4.3.1: rounded to the nearest integer
                assert int(duration + 0.5) <= playlist.target_duration
            case "#EXT-X-RENDITION-REPORT":
                # 4.4.5.4: attributes of another playlist, required in one with parts
                report = attributes(line)
                assert set(report) == {"URI", "LAST-MSN", "LAST-PART"}
                assert _quoted(report["URI"])
                assert report["LAST-MSN"].isdecimal()
                assert report["LAST-PART"].isdecimal()
            case "#EXT-X-PRELOAD-HINT":
                hint = attributes(line)
                assert hint["TYPE"] == "PART"
                playlist.preload_hint = _quoted(hint["URI"])
            case _:
                assert not line.startswith("#"), f"unknown: {line}"
                assert duration is not None, "4.4.4.1: no EXTINF"
                add_segment(line)
    assert playlist.preload_hint
    if parts:
        add_segment(None)
    assert date_time is None
    _check_parts(playlist)
    return playlist


def _check_parts(playlist: Playlist) -> None:
    """Parts are listed at the end only, and make up their segment."""
    with_parts = [bool(segment.parts) for segment in playlist.segments]
    assert with_parts == sorted(with_parts)
    for segment in playlist.segments:
        if segment.uri is not None and segment.parts:
            listed = sum(part.duration for part in segment.parts)
            assert listed <= segment.duration + 0.0001 * len(segment.parts)
    # 6.2.2: no part that ends more than three target durations before the end
    age = 0.0
    for segment in reversed(playlist.segments):
        if age > 3 * playlist.target_duration + 0.001:
            assert not segment.parts
        age += segment.duration or sum(part.duration for part in segment.parts)
    uris = [part.uri for segment in playlist.segments for part in segment.parts]
    uris += [segment.uri for segment in playlist.segments if segment.uri]
    assert len(set(uris)) == len(uris)
    assert playlist.preload_hint not in uris


def check_succession(before: Playlist, after: Playlist) -> None:
    """Check what a client that reloads relies on (6.2.1, 6.2.2)."""
    assert after.media_sequence >= before.media_sequence
    assert after.discontinuity_sequence >= before.discontinuity_sequence
    assert after.target_duration >= before.target_duration
    known = {segment.msn: segment for segment in before.segments}
    for segment in after.segments:
        earlier = known.get(segment.msn)
        if earlier is None:
            continue
        assert segment.discontinuity_sequence == earlier.discontinuity_sequence
        assert segment.map_uri == earlier.map_uri
        assert abs(segment.date_time - earlier.date_time) < timedelta(seconds=0.001)
        if earlier.uri is not None:
            assert (segment.uri, segment.duration) == (earlier.uri, earlier.duration)
        for part, earlier_part in zip(segment.parts, earlier.parts, strict=False):
            assert part.uri == earlier_part.uri
