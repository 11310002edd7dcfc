"""hls.js changes between two qualities of one camera as the link lets it."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Final

import pytest
from playwright.async_api import Browser

from tests.browser.core_server import CoreServer
from tests.browser.player import DEFAULT, PLAIN, Player, Report, playing
from tests.camera import Feed, Join, TestCamera

# Nothing is aligned: frame rates, keyframes, segments, and when each stream began.
MAIN: Final = Feed(
    audio="aac",
    size=(1280, 720),
    fps=25,
    keyframe_interval=2.0,
    video_bitrate=2_000_000,
)
SMALL: Final = Feed(audio="aac", size=(320, 180), video_bitrate=150_000)
SLOW: Final = 600_000
"""Bits per second: a third of what the main stream needs, and three times the small one."""
_SEGMENT: Final = 2.0
"""Seconds of the longest one."""
_SETTLED: Final = 3.0
_UP_SECONDS: Final = 30.0
"""hls.js takes its time until it believes in a faster link."""
_TRIES: Final = 2

# What hls.js takes for the speed of the link depends on how busy the machine is.
pytestmark = [pytest.mark.timeout(300), pytest.mark.slow]


@asynccontextmanager
async def watching(
    browser: Browser, config: Mapping[str, object]
) -> AsyncIterator[Player]:
    """A player that has the main stream, over a link that is fast enough."""
    async with (
        TestCamera(MAIN, join=Join.KEYFRAME) as main,
        TestCamera(SMALL, join=Join.KEYFRAME) as small,
        CoreServer(main.url, small=small.url) as server,
        playing(browser, server.address, config) as player,
    ):
        await player.wait_first_frame()
        await player.wait_width(MAIN.size[0])
        await player.play(2 * _SETTLED)
        yield player
        assert (main.total_connections, small.total_connections) == (2, 2)


async def follow(
    browser: Browser, config: Mapping[str, object], *, back: bool
) -> Report:
    """Slow the link down, and make it fast again, until the picture has followed."""
    async with watching(browser, config) as player:
        await player.forget_stalls()
        await player.throttle(SLOW)
        await player.wait_width(SMALL.size[0])
        report = await player.play(_SETTLED)
        if back:
            await player.throttle(None)
            await player.wait_width(MAIN.size[0], _UP_SECONDS)
            report = await player.play(_SETTLED)
    return report


@pytest.mark.parametrize(
    ("config", "back"),
    [
        pytest.param(DEFAULT, True, id="low_latency_down_and_up"),
        pytest.param(PLAIN, False, id="plain_down"),
    ],
)
async def test_the_picture_follows_the_link(
    chromium: Browser, config: Mapping[str, object], back: bool
) -> None:
    """No stall is longer than a segment; a busy machine is given another try."""
    report = await follow(chromium, config, back=back)
    for _ in range(_TRIES - 1):
        if report.longest_stall > _SEGMENT:
            report = await follow(chromium, config, back=back)
    assert report.longest_stall <= _SEGMENT
    assert [error for error in report.errors if error["fatal"]] == []
    assert report.discontinuities == 0
