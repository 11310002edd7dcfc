"""Still images where a browser plays nothing else: `mjpeg.js`, in Chromium."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from aiohttp import web
from playwright.async_api import Browser

from tests.browser.live_player import STILLS_ONLY, LivePlayer, live_player

_BOUNDARY: Final = "frame"
_PICTURE: Final = b"<svg xmlns='http://www.w3.org/2000/svg' width='16' height='9'/>"
_PART: Final = (
    f"--{_BOUNDARY}\r\nContent-Type: image/svg+xml\r\n"
    f"Content-Length: {len(_PICTURE)}\r\n\r\n"
).encode() + _PICTURE
_MAKE: Final = """
async (stills) => {
  const { LivePlayer } = await import("./frontend/player.js");
  window.states = [];
  let count = 0;
  window.player = new LivePlayer(video, { mjpeg: async () => `${stills}?${(count += 1)}` });
  player.addEventListener("statechange", ({ detail }) => states.push(detail));
  player.start();
}
"""


class Stills:
    """A server of stills that ends each answer without an event in the browser."""

    def __init__(self) -> None:
        self.asked = 0
        self.parts = 2
        """The number in an answer."""

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """Send the parts, and be done."""
        self.asked += 1
        kind = f"multipart/x-mixed-replace; boundary={_BOUNDARY}"
        response = web.StreamResponse(headers={"Content-Type": kind})
        await response.prepare(request)
        for _ in range(self.parts):
            await response.write(_PART + b"\r\n")
        return response


@asynccontextmanager
async def showing(browser: Browser) -> AsyncIterator[tuple[LivePlayer, Stills]]:
    """Show stills on a page whose clock is ours."""
    stills = Stills()
    application = web.Application()
    application.router.add_get("/stills", stills.answer)
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        async with live_player(browser, STILLS_ONLY) as player:
            await player.page.clock.install()
            address = f"http://127.0.0.1:{runner.addresses[0][1]}/stills"
            await player.page.evaluate(_MAKE, address)
            await player.wait_mode("mjpeg")
            yield player, stills
    finally:
        await runner.cleanup()


async def test_stills_that_ended_are_requested_again(chromium: Browser) -> None:
    async with showing(chromium) as (player, stills):
        async with player.page.expect_response(lambda each: "?2" in each.url):
            await player.page.clock.run_for(6_000)
        assert stills.asked == 2
        assert [each["state"] for each in await player.page.evaluate("states")] == [
            "connecting",
            "playing",
        ]


async def test_an_answer_without_a_picture_is_told_of(chromium: Browser) -> None:
    async with showing(chromium) as (player, stills):
        stills.parts = 0
        async with player.page.expect_response(lambda each: "?2" in each.url):
            await player.page.clock.run_for(6_000)
        await player.page.clock.run_for(11_000)
        await player.wait_for(
            "states.some(({ reason }) => reason === 'connection_lost')"
        )


async def test_asks_no_more_when_it_is_let_go(chromium: Browser) -> None:
    async with showing(chromium) as (player, stills):
        await player.page.evaluate("player.stop()")
        await player.page.clock.run_for(20_000)
        assert stills.asked == 1
