"""Each codec of the matrix plays in Chromium, with the oldest FFmpeg or the newest.

`python -m tests.codecs` plays all of them with both.
"""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest
from playwright.async_api import Browser

from tests import tools

from .cases import CodecCase, case
from .play import play

_SECONDS: Final = 4.0
_TRIES: Final = 3

NEW: Final = (
    case("H.264 baseline", "G.726"),
    case("H.264 high, B-frames", "none"),
    case("H.265", "Opus"),
    case("MPEG-4", "G.711 A-law"),
)
OLD: Final = (
    case("H.264 high, B-frames", "AAC"),
    case("MJPEG", "G.711 µ-law"),
    case("H.264 baseline", "PCM"),
)


@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    ("find", "cases"),
    [(tools.ffmpeg, NEW), (tools.ffmpeg_old, OLD)],
    ids=["newest", "oldest"],
)
async def test_every_codec_plays(
    chromium: Browser, find: Callable[[], Path], cases: tuple[CodecCase, ...]
) -> None:
    left = list(cases)
    wrong: dict[str, list[str]] = {}
    # A busy machine proves nothing, so a failure is retried.
    for _ in range(_TRIES):
        results = await asyncio.gather(
            *(play(chromium, each, find(), _SECONDS) for each in left)
        )
        wrong = {
            each.name: result
            for each, result in zip(left, results, strict=True)
            if result
        }
        left = [each for each in left if each.name in wrong]
        if not left:
            return
    assert wrong == {}
