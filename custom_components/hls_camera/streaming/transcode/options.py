"""The options of a conversion: when, into which format, and by which encoder."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

KEYFRAME_INTERVAL: Final = 1.0
"""Seconds between the keyframes that we encode, unless somebody wants another."""

AUTOMATIC_HOST: Final = "automatic"
"""The choice of the host with most room, or this machine if there is none."""
THIS_MACHINE: Final = "here"
"""The choice of no other host."""


class VideoMode(StrEnum):
    """Whether the picture is converted."""

    AUTOMATIC = "automatic"
    """If some browser could not play it."""
    COPY = "copy"
    """Never, where it can be packaged at all: all viewers play the camera's own picture."""
    CONVERT = "convert"
    """Always."""


class Encoder(StrEnum):
    """The encoder of H.264; the values are FFmpeg's names."""

    SOFTWARE = "libx264"
    VAAPI = "h264_vaapi"
    QSV = "h264_qsv"
    NVENC = "h264_nvenc"
    V4L2M2M = "h264_v4l2m2m"
    RKMPP = "h264_rkmpp"
    VIDEOTOOLBOX = "h264_videotoolbox"


class Preset(StrEnum):
    """The effort of the software encoder for a given bit rate."""

    ULTRAFAST = "ultrafast"
    SUPERFAST = "superfast"
    VERYFAST = "veryfast"
    FASTER = "faster"
    FAST = "fast"
    MEDIUM = "medium"


@dataclass(frozen=True, slots=True, kw_only=True)
class ConversionOptions:
    """A person's options of the conversion, unused if nothing is converted.

    Bit rates are in bits per second; None leaves the choice to the encoder.
    """

    mode: VideoMode = VideoMode.AUTOMATIC
    convert_on: str = AUTOMATIC_HOST
    """The key of the host that converts if it can, or one of the two choices above."""
    encoder: Encoder | None = None
    """None is the best that works here."""
    max_height: int | None = None
    """Of the picture as the camera sends it, in pixels; its shape is kept."""
    max_frame_rate: float | None = None
    bitrate: int | None = None
    """On average; None keeps the quality and lets the rate vary."""
    max_bitrate: int = 4_000_000
    buffer_size: int = 4_000_000
    """Bits over which `max_bitrate` holds (FFmpeg's `-bufsize`)."""
    preset: Preset = Preset.SUPERFAST
    keyframe_interval: float = KEYFRAME_INTERVAL
    """Seconds."""
