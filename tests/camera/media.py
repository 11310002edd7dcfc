"""The media of a camera: the parameters of picture and sound."""

from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from math import ceil
from typing import Literal

type VideoCodec = Literal["h264", "hevc", "mjpeg", "mpeg4"]
type AudioCodec = Literal["aac", "latm", "pcmu", "pcma", "g726", "l16", "opus"]
type H264Keyframes = Literal["idr", "open_gop", "intra_refresh"]
type H264Profile = Literal["baseline", "main", "high"]

_CLIP_SECONDS = 10


class Picture(StrEnum):
    """The content of the picture."""

    TEST = "test"
    """A moving test picture, cheap to encode."""
    SCENE = "scene"
    """A calm scene with the camera's title and a clock, for people."""
    CAPTURE_TIME = "capture_time"
    """The test picture with its time of capture, see `capture_time`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """The media that FFmpeg encodes for one camera. The default is small, for many tests."""

    video: VideoCodec | None = "h264"
    audio: AudioCodec | None = None
    size: tuple[int, int] = (320, 180)
    fps: int | Fraction = 15
    variable_fps: bool = False
    """Leave out three of every ten frames."""
    keyframe_interval: float = 1.0
    """Seconds from one keyframe to the next."""
    keyframes: H264Keyframes = "idr"
    """The kind of keyframe at each interval, after a first IDR picture: kinds other than IDR
    have only a recovery point, at an intra-coded picture or with moving intra-coded columns."""
    bframes: int = 0
    profile: H264Profile | None = None
    """H.264 profile; None for the lowest that the other parameters allow."""
    pixel_format: str | None = None
    """FFmpeg's name; None for the usual one of the codec: 8 bit, 4:2:0."""
    interlaced: bool = False
    """Whether H.264 is interlaced."""
    slices: int = 1
    """The number of slices per picture (H.264 and HEVC)."""
    video_bitrate: int | None = None
    """Bits per second; None for a constant, modest quality."""
    sample_rate: int | None = None
    """Sample rate of the sound in Hz; None for the usual one of the codec."""
    in_band_parameter_sets: bool = True
    """Repeat SPS and PPS before every keyframe."""
    out_of_band_parameter_sets: bool = True
    """Include SPS and PPS in the session description."""
    picture: Picture = Picture.TEST
    title: str = "Camera"
    live: bool = True
    """Encode while streaming; otherwise repeat a clip that is encoded in advance."""

    def __post_init__(self) -> None:
        """Reject impossible combinations."""
        if self.video is None and self.audio is None:
            raise ValueError("a feed needs video or audio")
        stamped = self.picture is Picture.CAPTURE_TIME
        if stamped and (self.video is None or not self.live):
            raise ValueError("only a live picture has a time of capture")

    @property
    def frames_per_keyframe(self) -> int:
        """The number of frames from one keyframe to the next."""
        return max(1, round(self.fps * Fraction(self.keyframe_interval)))

    @property
    def clip_seconds(self) -> float:
        """The duration of a clip: whole keyframe intervals, so that it repeats smoothly."""
        interval = float(self.frames_per_keyframe / Fraction(self.fps))
        return ceil(_CLIP_SECONDS / interval) * interval
