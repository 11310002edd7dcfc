"""The count of live feeds in a page."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web
from playwright.async_api import Browser

from .card import Feeds
from .page import served

_PAGE = """
<script>
  window.feed = new WebSocket("/api/hls_camera/token/live");
  feed.onopen = () => { window.isOpen = true; };
</script>
"""


async def page(_: web.Request) -> web.Response:
    """Answer with a page that opens a feed."""
    return web.Response(text=_PAGE, content_type="text/html")


async def feed(request: web.Request) -> web.WebSocketResponse:
    """Keep a feed open for as long as its viewer wants it."""
    response = web.WebSocketResponse()
    await response.prepare(request)
    async for _ in response:
        pass
    return response


@asynccontextmanager
async def server() -> AsyncIterator[str]:
    """Serve the page, and its feed; yield the page's address."""
    application = web.Application()
    application.router.add_get("/", page)
    application.router.add_get("/api/hls_camera/token/live", feed)
    async with served(application) as address:
        yield address


async def test_a_page_that_has_gone_has_none(chromium: Browser) -> None:
    async with server() as address:
        tab = await chromium.new_page()
        feeds = Feeds(tab)
        await tab.goto(address)
        await tab.wait_for_function("window.isOpen")
        await tab.reload()
        await tab.wait_for_function("window.isOpen")
        assert (feeds.count, feeds.opened, feeds.most) == (1, 1, 1)
        await tab.close()


async def test_another_address_within_the_page_changes_nothing(
    chromium: Browser,
) -> None:
    async with server() as address:
        tab = await chromium.new_page()
        feeds = Feeds(tab)
        await tab.goto(address)
        await tab.wait_for_function("window.isOpen")
        await tab.evaluate("history.pushState(null, '', '/elsewhere')")
        await tab.wait_for_url("**/elsewhere")
        assert (feeds.count, feeds.opened) == (1, 1)
        async with tab.expect_event("websocket") as opening:
            await tab.evaluate("feed.close(), new WebSocket(feed.url), 0")
        await opening.value
        assert feeds.opened == 2
        await tab.close()
