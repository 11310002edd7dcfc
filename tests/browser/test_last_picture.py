"""The picture that stays when a camera's video goes: `last_picture.js`, in Chromium."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

import pytest
from playwright.async_api import Browser, Page, Route

from tests.browser.live_player import live_player

_STILL: Final = "<svg xmlns='http://www.w3.org/2000/svg' width='16' height='9'/>"
_MAKE: Final = """
async () => {
  const { LastPicture } = await import("./frontend/last_picture.js");
  window.last = new LastPicture(() => video);
  document.body.append(last.canvas);
}
"""


@asynccontextmanager
async def last_picture(browser: Browser) -> AsyncIterator[Page]:
    """A page with the last picture of a camera that plays nothing."""
    async with live_player(browser) as player:
        await player.page.evaluate(_MAKE)
        yield player.page


@pytest.mark.parametrize("is_forgotten", [False, True])
async def test_a_still_that_comes_late_is_not_shown_as_another_camera_s(
    chromium: Browser, is_forgotten: bool
) -> None:
    may_come = asyncio.Event()

    async def answer(route: Route) -> None:
        await may_come.wait()
        await route.fulfill(body=_STILL, content_type="image/svg+xml")

    async with last_picture(chromium) as page:
        await page.route("**/still", answer)
        async with page.expect_request("**/still"):
            await page.evaluate("window.fetched = last.fetch('/still'), 0")
        if is_forgotten:
            await page.evaluate("last.forget()")
        may_come.set()
        await page.evaluate("window.fetched")
        assert await page.evaluate("last.isShown") is not is_forgotten


async def test_the_saved_file_is_a_picture(chromium: Browser) -> None:
    """Not a page with the reason for a missing one."""
    async with last_picture(chromium) as page:
        take = "last.take('/still').then((picture) => picture?.size ?? null)"
        await page.route("**/still", lambda route: route.fulfill(status=500))
        assert await page.evaluate(take) is None
        await page.unroute("**/still")
        await page.route("**/still", lambda route: route.abort())
        assert await page.evaluate(take) is None
        await page.unroute("**/still")
        await page.route("**/still", lambda route: route.fulfill(body=_STILL))
        assert await page.evaluate(take) == len(_STILL)
