"""Session descriptions (RFC 8866): reads FFmpeg's, writes the camera's."""

import re
from dataclasses import dataclass, replace
from typing import Self

from .rtp import TrackKind

_STATIC_PAYLOAD_TYPES = {0: ("PCMU", 8000), 8: ("PCMA", 8000), 26: ("JPEG", 90000)}
_PARAMETER_SETS = re.compile(r" ?sprop-(?:parameter-sets|vps|sps|pps)=[^;]*;?")


@dataclass(frozen=True, slots=True)
class MediaDescription:
    """One track: a section of a session description, from its `m=` line on."""

    track: TrackKind
    payload_type: int
    attributes: tuple[str, ...] = ()
    """The values of the `a=` lines, without the control address."""
    name: str = ""
    """A part of its address instead of the kind, if there are several of a kind."""

    @property
    def encoding(self) -> str:
        """The registered name of the RTP encoding, in upper case."""
        return self._rtpmap()[0]

    @property
    def clock_rate(self) -> int:
        """RTP timestamp units per second."""
        return self._rtpmap()[1]

    @property
    def control(self) -> str:
        """The address of the track, relative to that of the presentation."""
        return f"track={self.name or self.track}"

    def _rtpmap(self) -> tuple[str, int]:
        for attribute in self.attributes:
            if attribute.startswith("rtpmap:"):
                name, rate = attribute.split(" ", 1)[1].split("/")[:2]
                return name.upper(), int(rate)
        return _STATIC_PAYLOAD_TYPES[self.payload_type]

    def without_parameter_sets(self) -> Self:
        """Return the description of a camera that sends parameter sets only in its stream."""
        attributes = tuple(_PARAMETER_SETS.sub("", line) for line in self.attributes)
        return replace(self, attributes=attributes)

    def lines(self) -> list[str]:
        """Return the lines of this section."""
        return [
            f"m={self.track} 0 RTP/AVP {self.payload_type}",
            *(f"a={attribute}" for attribute in self.attributes),
            f"a=control:{self.control}",
        ]


@dataclass(frozen=True, slots=True)
class SessionDescription:
    """The description of a presentation, for DESCRIBE."""

    media: tuple[MediaDescription, ...]
    name: str = "Camera"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read FFmpeg's description of its RTP outputs."""
        sections: list[tuple[TrackKind, int, list[str]]] = []
        for line in text.splitlines():
            key, _, value = line.partition("=")
            if key == "m":
                kind, _, _, payload_type = value.split()[:4]
                sections.append((TrackKind(kind), int(payload_type), []))
            elif key == "a" and sections and not value.startswith("control:"):
                sections[-1][2].append(value)
        return cls(
            tuple(
                MediaDescription(track, payload_type, tuple(attributes))
                for track, payload_type, attributes in sections
            )
        )

    def track(self, kind: TrackKind) -> MediaDescription:
        """Return the description of a track."""
        return next(media for media in self.media if media.track is kind)

    def __str__(self) -> str:
        """Return the text, with the line ends that the standard requires."""
        lines = [
            "v=0",
            "o=- 1 1 IN IP4 0.0.0.0",
            f"s={self.name}",
            "c=IN IP4 0.0.0.0",
            "t=0 0",
            "a=control:*",
        ]
        for media in self.media:
            lines += media.lines()
        return "".join(f"{line}\r\n" for line in lines)
