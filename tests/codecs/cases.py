"""The matrix: each video codec with each sound codec."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import product
from typing import Final

from custom_components.hls_camera.streaming.transcode.plan import Action
from tests.camera import Feed
from tests.camera.media import AudioCodec

# RTP counts the sides of JPEG pictures in blocks of 8.
_SMALL: Final = Feed(size=(160, 96), fps=10, live=False)

VIDEOS: Final[Mapping[str, Feed]] = {
    "H.264 baseline": replace(_SMALL, profile="baseline"),
    "H.264 high, B-frames": replace(_SMALL, profile="high", bframes=2),
    "H.265": replace(_SMALL, video="hevc"),
    "MJPEG": replace(_SMALL, video="mjpeg"),
    "MPEG-4": replace(_SMALL, video="mpeg4"),
}
AUDIOS: Final[Mapping[str, AudioCodec | None]] = {
    "AAC": "aac",
    "G.711 µ-law": "pcmu",
    "G.711 A-law": "pcma",
    "Opus": "opus",
    "none": None,
}
OTHER_AUDIOS: Final[Mapping[str, AudioCodec]] = {"G.726": "g726", "PCM": "l16"}
"""Additional sound codecs, each with one video codec."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CodecCase:
    """A cell of the matrix."""

    video: str
    audio: str
    feed: Feed

    @property
    def name(self) -> str:
        """The name in reports."""
        return f"{self.video} + {self.audio}"

    @property
    def actions(self) -> tuple[Action, Action]:
        """The expected actions for video and sound."""
        audio = Action.ENCODE
        if self.feed.audio is None:
            audio = Action.DROP
        elif self.feed.audio == "aac":
            audio = Action.COPY
        return Action.COPY if self.feed.video == "h264" else Action.ENCODE, audio


def case(video: str, audio: str) -> CodecCase:
    """Return the cell of a video codec and a sound codec."""
    codec = {**AUDIOS, **OTHER_AUDIOS}[audio]
    # A clip does not contain the number of bits per sample of G.726.
    feed = replace(VIDEOS[video], audio=codec, live=codec == "g726")
    return CodecCase(video=video, audio=audio, feed=feed)


MATRIX: Final = tuple(case(*names) for names in product(VIDEOS, AUDIOS))
BESIDE: Final = tuple(case("H.264 baseline", audio) for audio in OTHER_AUDIOS)
