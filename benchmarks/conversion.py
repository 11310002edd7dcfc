"""CPU time of converting video that no browser can play."""

from dataclasses import replace
from typing import Final

from tests import tools
from tests.camera import Feed
from tests.codecs.cost import measure_feed

from .bench import OURS
from .effort import Effort
from .results import Case, Results

CONVERSION: Final = "conversion"
_FEEDS: Final = {
    "H.265": Feed(video="hevc", fps=25, live=False),
    "MJPEG": Feed(video="mjpeg", fps=25, live=False),
    "MPEG-4": Feed(video="mpeg4", fps=25, live=False),
}
_SIZES: Final = ((640, 360), (1280, 720), (1920, 1080))


async def measure_conversion(results: Results, effort: Effort) -> None:
    """Measure each codec at each resolution."""
    for width, height in _SIZES:
        for codec, feed in _FEEDS.items():
            sized = replace(feed, size=(width, height))
            costs = [
                await measure_feed(sized, tools.ffmpeg(), effort.watch)
                for _ in range(effort.runs)
            ]
            case = Case(CONVERSION, f"{height} lines, {codec}", OURS)
            results.put(
                case,
                {
                    "ffmpeg": [100 * cost.ffmpeg for cost in costs],
                    "own": [100 * cost.own for cost in costs],
                },
            )
