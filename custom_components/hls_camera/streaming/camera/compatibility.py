"""Which readers can take a stream: some have decoders for little else than H.264."""

from typing import Final

from ..transcode.options import ConversionOptions
from .rendition import Rendition

_MAX_LINES: Final = 1088
"""Of 1080, coded in whole macroblocks; the shorter side of a turned picture."""


def plays_everywhere(rendition: Rendition) -> bool:
    """Return whether a stream is H.264 of up to 1080 lines; True while nothing is known."""
    if (variant := rendition.variant) is not None:
        lines = min(variant.width, variant.height)
        return variant.codecs.startswith("avc1") and lines <= _MAX_LINES
    planner = rendition.planner
    if planner.source_info is None:
        return True
    video = planner.source_info.video
    lines = min(video.width, video.height)
    if planner.is_converting:
        return min(lines, _height(planner.conversion, lines)) <= _MAX_LINES
    return video.codec == "h264" and lines <= _MAX_LINES


def _height(conversion: ConversionOptions, lines: int) -> int:
    return conversion.max_height or lines
