"""Played media leave the buffer of a stock player: `back_buffer.js`, in Chromium."""

from playwright.async_api import Browser

from tests.browser.core_server import CoreServer
from tests.browser.player import playing
from tests.camera import Feed, Join, TestCamera


async def test_played_media_are_removed_while_no_part_is_in_work(
    chromium: Browser,
) -> None:
    """hls.js forgets a part that it parses while it removes them, and stalls."""
    async with (
        TestCamera(Feed(fps=25, audio="aac"), join=Join.KEYFRAME) as camera,
        CoreServer(camera.url) as server,
        playing(
            chromium, server.address, {"backBufferLength": 1}, is_kept_live=True
        ) as player,
    ):
        await player.wait_first_frame()
        await player.begin_segment_at_each_part()
        report = await player.play(16)
        played = await player.played_media()
    errors = {each["details"] for each in report.errors}
    assert not errors & {"fragParsingError", "fragGap"}
    # The limit, the surplus that waits, and the time until the next part.
    assert played < 1 + 10 + 3
