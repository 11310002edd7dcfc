"""The description of a source's media, in FFmpeg's names."""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final, Self, get_type_hints

UNTIMED: Final = frozenset({"mpjpeg", "mjpeg", "h264", "hevc", "m4v", "mpegvideo"})
"""Containers without times: FFmpeg takes them to have 25 frames per second."""
CREDIBLE_FRAME_RATE: Final = 120.0
"""Frames per second above which it is the camera's clock that must be wrong."""
_UNKNOWN_FRAME_INTERVAL_S: Final = 10.0
"""Seconds between two frames where only one came while looking."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VideoInfo:
    """The video track of a source."""

    codec: str
    width: int
    height: int
    profile: str | None = None
    pixel_format: str | None = None
    frame_rate: float | None = None
    """Frames per second; None where too few came."""
    keyframe_interval: float | None = None
    """Seconds; None where no second keyframe came while looking."""
    has_b_frames: bool = False
    """Pictures come in another order than they are shown in, or as if they might."""
    is_interlaced: bool = False
    has_rare_keyframes: bool = False
    """Too few keyframes for viewers to begin with, as an earlier run showed."""
    has_broken_order: bool = False
    """Frames come out of order, and without usable decode times."""

    @property
    def frame_interval(self) -> float:
        """Seconds between two frames; a long time where no second one came."""
        return 1 / self.frame_rate if self.frame_rate else _UNKNOWN_FRAME_INTERVAL_S


@dataclass(frozen=True, slots=True, kw_only=True)
class AudioInfo:
    """The audio track of a source."""

    codec: str
    sample_rate: int
    """Samples per second."""
    channels: str = "mono"
    """The layout, such as "stereo"."""
    profile: str | None = None
    track: int = 0
    """Which of the source's sound tracks it is, counted from 0."""
    is_silent: bool = False
    """Announced, but no packet came while looking."""
    is_unusable: bool = False
    """The decoder's configuration is missing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceInfo:
    """The media of a source."""

    video: VideoInfo
    audio: AudioInfo | None = None
    container: str | None = None
    """The format that carries the tracks, such as "rtsp"."""
    refuses_sound: bool = False
    """The camera describes more than its picture, but does not hand it out."""
    needs_gateway: bool = False
    """FFmpeg cannot log in to the camera, or is led elsewhere: we speak RTSP for it."""

    @property
    def is_untimed(self) -> bool:
        """Whether frames have no times of their own."""
        return self.container in UNTIMED

    @property
    def comes_in_segments(self) -> bool:
        """Whether seconds of media come at once, again and again."""
        return self.container == "hls"

    def as_dict(self) -> dict[str, Any]:
        """Return it as JSON values."""
        return asdict(self)

    @classmethod
    def from_dict(cls, data: object) -> Self | None:
        """Return the description from its stored form; None if that is damaged."""
        if not isinstance(data, Mapping):
            return None
        video = restored(VideoInfo, data.get("video"))
        kept_audio = data.get("audio")
        audio = restored(AudioInfo, kept_audio) if kept_audio else None
        container = data.get("container")
        flags = {name: data.get(name, False) for name in _FLAGS}
        if (
            video is None
            or (kept_audio and audio is None)
            or not isinstance(container, str | None)
            or not all(isinstance(flag, bool) for flag in flags.values())
        ):
            return None
        return cls(video=video, audio=audio, container=container, **flags)


_FLAGS: Final = ("refuses_sound", "needs_gateway")


def restored[T](cls: type[T], kept: object) -> T | None:
    """Return a dataclass from its stored form, None if that is damaged.

    A later version may have kept more. Numbers are not negative in any of them.
    """
    if not isinstance(kept, Mapping):
        return None
    types = get_type_hints(cls)
    values = {name: value for name, value in kept.items() if name in types}
    if not all(_fits(value, types[name]) for name, value in values.items()):
        return None
    try:
        return cls(**values)
    except TypeError:
        # Something that it needs was not kept.
        return None


def _fits(value: object, kind: Any) -> bool:
    if isinstance(value, bool):
        return kind is bool
    if isinstance(value, int | float):
        # JSON does not distinguish 25.0 from 25.
        is_number = isinstance(value, kind) or isinstance(float(value), kind)
        return is_number and math.isfinite(value) and value >= 0
    return isinstance(value, kind)
