"""Reads the partial segments of a media playlist, ours or another server's."""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, NamedTuple

_DURATION: Final = re.compile(r"[:,]DURATION=([\d.]+)")
_URI: Final = re.compile(r"[:,]URI=\"([^\"]+)\"")
_HOLD_BACK: Final = re.compile(r"[:,]PART-HOLD-BACK=([\d.]+)")


class Position(NamedTuple):
    """The position of a partial segment in its stream."""

    msn: int
    part: int

    def __str__(self) -> str:
        """Return the key that benchmarks/bench_probe uses."""
        return f"{self.msn}.{self.part}"


class Part(NamedTuple):
    """A partial segment in a playlist."""

    position: Position
    uri: str
    duration: float
    """Seconds."""


@dataclass(frozen=True, slots=True)
class MediaPlaylist:
    """A media playlist's partial segments."""

    part_hold_back: float
    """Seconds."""
    map_uri: str
    parts: tuple[Part, ...]
    following: Position
    """The position of the next part, for a blocking request."""


@lru_cache(maxsize=64)
def parse(text: str) -> MediaPlaylist:
    """Read a playlist; the same text for many viewers is read once."""
    msn = index = 0
    hold_back, map_uri = 0.0, ""
    parts: list[Part] = []
    for line in text.splitlines():
        match line.partition(":")[0]:
            case "#EXT-X-MEDIA-SEQUENCE":
                msn = int(line.partition(":")[2])
            case "#EXT-X-SERVER-CONTROL":
                hold_back = float(_value(_HOLD_BACK, line))
            case "#EXT-X-MAP":
                map_uri = _value(_URI, line)
            case "#EXT-X-PART":
                uri, duration = _value(_URI, line), float(_value(_DURATION, line))
                parts.append(Part(Position(msn, index), uri, duration))
                index += 1
            case name if name and not name.startswith("#"):
                msn, index = msn + 1, 0
    return MediaPlaylist(hold_back, map_uri, tuple(parts), Position(msn, index))


def _value(attribute: re.Pattern[str], line: str) -> str:
    found = attribute.search(line)
    assert found is not None, line
    return found[1]
