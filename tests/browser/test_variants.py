"""hls.js changes between two qualities of one camera as the link lets it."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Final

import pytest
from playwright.async_api import Browser

from tests.browser.core_server import CoreServer
from tests.browser.player import DEFAULT, PLAIN, Player, playing
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
"""Bits per second: a third of the main stream's, and three times the small one's."""
_SEGMENT: Final = 2.0
"""Seconds of the longest one."""
_SETTLED: Final = 3.0
_TICK: Final = 0.05
_DOWN_SECONDS: Final = 30.0
_UP_SECONDS: Final = 60.0
"""The small stream is a poor measure of a fast link for hls.js: seen were 9 to 21
seconds, and 43 on a busy machine."""

pytestmark = [pytest.mark.timeout(180), pytest.mark.slow]


@asynccontextmanager
async def watching(
    browser: Browser, config: Mapping[str, object]
) -> AsyncIterator[Player]:
    """A player that has joined the main stream, which runs, over a link that is fast enough."""
    async with (
        TestCamera(MAIN, join=Join.KEYFRAME) as main,
        TestCamera(SMALL, join=Join.KEYFRAME) as small,
        CoreServer(main.url, small=small.url) as server,
    ):
        async with playing(browser, server.address, config) as first:
            await first.play(2 * _SETTLED)
        async with playing(browser, server.address, config) as player:
            await player.wait_first_frame()
            await player.wait_width(MAIN.size[0])
            await player.play(2 * _SETTLED)
            yield player
        # Each was probed, and pulled once.
        assert (main.total_connections, small.total_connections) == (2, 2)


class Machine:
    """Seconds for which this machine kept us, and all other programs, from running."""

    def __init__(self) -> None:
        self.longest_pause = 0.0
        """Seconds that a timer was late."""

    async def watch(self) -> None:
        """Look many times a second."""
        while True:
            before = time.monotonic()
            await asyncio.sleep(_TICK)
            late = time.monotonic() - before - _TICK
            self.longest_pause = max(self.longest_pause, late)


@asynccontextmanager
async def watched_machine() -> AsyncIterator[Machine]:
    """Measure the pauses of the machine from now on."""
    machine = Machine()
    watching = asyncio.create_task(machine.watch())
    try:
        yield machine
    finally:
        watching.cancel()
        await asyncio.wait({watching})


@pytest.mark.parametrize(
    "config", [pytest.param(DEFAULT, id="low_latency"), pytest.param(PLAIN, id="plain")]
)
async def test_the_picture_follows_the_link(
    chromium: Browser,
    config: Mapping[str, object],
    record_property: Callable[[str, object], None],
) -> None:
    """Down and up again; in neither direction it stands for longer than a segment.

    Pauses of the machine, by our own clock, do not count against the stream.
    """
    async with watching(chromium, config) as player, watched_machine() as machine:
        for direction, link, size, patience in (
            ("down", SLOW, SMALL.size, _DOWN_SECONDS),
            ("up", None, MAIN.size, _UP_SECONDS),
        ):
            await player.forget_stalls()
            machine.longest_pause = 0.0
            began = time.monotonic()
            await player.throttle(link)
            await player.wait_width(size[0], patience)
            took = time.monotonic() - began
            report = await player.play(_SETTLED)
            record_property(f"{direction}_after", took)
            record_property(f"{direction}_stall", report.longest_stall)
            record_property(f"{direction}_pause", machine.longest_pause)
            assert report.longest_stall <= _SEGMENT + machine.longest_pause, direction
            assert [error for error in report.errors if error["fatal"]] == []
            assert report.discontinuities == 0
