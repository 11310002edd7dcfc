"""What a camera shows: the parameters of its picture and its sound."""

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
    """What is to be seen."""

    TEST = "test"
    """A moving test picture: cheap."""
    SCENE = "scene"
    """A calm scene with the camera's title and a clock, for people to look at."""
    CAPTURE_TIME = "capture_time"
    """The test picture with its time of capture as `capture_time` writes it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """What FFmpeg encodes for one camera. The default is small: many tests use it."""

    video: VideoCodec | None = "h264"
    audio: AudioCodec | None = None
    size: tuple[int, int] = (320, 180)
    fps: int | Fraction = 15
    variable_fps: bool = False
    """Leave out three of every ten frames."""
    keyframe_interval: float = 1.0
    """Seconds from one keyframe to the next."""
    keyframes: H264Keyframes = "idr"
    """What comes at each interval, after a first IDR picture: others have only a recovery
    point, at an intra-coded picture or where intra-coded columns begin to move."""
    bframes: int = 0
    profile: H264Profile | None = None
    """Of H.264; None for the least that the other parameters need."""
    pixel_format: str | None = None
    """In FFmpeg's names; None for what is usual with the codec: 8 bit, 4:2:0."""
    interlaced: bool = False
    """Whether H.264 is coded in fields."""
    slices: int = 1
    """Into how many slices a picture is cut (H.264 and HEVC)."""
    video_bitrate: int | None = None
    """Bits per second; None for a constant, modest quality."""
    sample_rate: int | None = None
    """Of the sound, in Hz; None for what is usual with its codec."""
    in_band_parameter_sets: bool = True
    """Repeat SPS and PPS before every keyframe."""
    out_of_band_parameter_sets: bool = True
    """Tell SPS and PPS in the session description."""
    picture: Picture = Picture.TEST
    title: str = "Camera"
    live: bool = True
    """Encode while streaming; otherwise repeat a clip that was encoded before."""

    def __post_init__(self) -> None:
        """Refuse what no camera can do."""
        if self.video is None and self.audio is None:
            raise ValueError("a feed needs video or audio")
        stamped = self.picture is Picture.CAPTURE_TIME
        if stamped and (self.video is None or not self.live):
            raise ValueError("only a live picture has a time of capture")

    @property
    def frames_per_keyframe(self) -> int:
        """How many frames there are from one keyframe to the next."""
        return max(1, round(self.fps * Fraction(self.keyframe_interval)))

    @property
    def clip_seconds(self) -> float:
        """How long a clip is: whole keyframe intervals, so that it repeats smoothly."""
        interval = float(self.frames_per_keyframe / Fraction(self.fps))
        return ceil(_CLIP_SECONDS / interval) * interval
