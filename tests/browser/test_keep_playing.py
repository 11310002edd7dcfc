"""A live video plays on, whatever paused it: `keep_playing.js`, in Chromium."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from playwright.async_api import Browser, Page

from tests.browser.live_player import live_player

# A video of ours, and the events that count as a person's touch.
_MAKE: Final = """
async () => {
  const { keepPlaying, play } = await import("./frontend/keep_playing.js");
  const canvas = document.createElement("canvas");
  setInterval(() => canvas.getContext("2d").fillRect(0, 0, 9, 9), 50);
  window.video = document.querySelector("video");
  window.over = new AbortController();
  window.paused = new Promise((resolve) =>
    video.addEventListener("pause", resolve, { once: true }));
  video.srcObject = canvas.captureStream();
  await play(video);
  keepPlaying(video, () => video.paused && play(video), over.signal);
}
"""
_PAUSE: Final = "video.pause(), window.paused.then(() => undefined)"
_SET: Final = """([target, name, value]) =>
  Object.defineProperty(eval(target), name, { value, configurable: true })"""


@asynccontextmanager
async def playing(browser: Browser) -> AsyncIterator[Page]:
    """A page whose video plays."""
    async with live_player(browser) as player:
        await player.page.evaluate(_MAKE)
        assert not await player.page.evaluate("video.paused")
        yield player.page


async def test_plays_on_when_somebody_paused_it(chromium: Browser) -> None:
    """As a media key does."""
    async with playing(chromium) as page:
        await page.evaluate(_PAUSE)
        await page.wait_for_function("!video.paused")


async def test_plays_on_after_the_phone_s_own_player(chromium: Browser) -> None:
    """Its own buttons decide for as long as it is there."""
    async with playing(chromium) as page:
        await page.evaluate(_SET, ["video", "webkitDisplayingFullscreen", True])
        await page.evaluate(_PAUSE)
        assert await page.evaluate("video.paused")
        await page.evaluate("video.dispatchEvent(new Event('webkitendfullscreen'))")
        await page.wait_for_function("!video.paused")


async def test_a_hidden_page_is_left_in_peace(chromium: Browser) -> None:
    async with playing(chromium) as page:
        await page.evaluate(_SET, ["document", "hidden", True])
        await page.evaluate(_PAUSE)
        assert await page.evaluate("video.paused")
        await page.evaluate(_SET, ["document", "hidden", False])
        await page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
        await page.wait_for_function("!video.paused")


async def test_a_touch_plays_what_the_browser_refused(chromium: Browser) -> None:
    """A phone that saves power plays nothing by itself, not even without sound."""
    async with playing(chromium) as page:
        await page.evaluate(
            """() => {
              window.isRefused = true;
              const { play } = HTMLMediaElement.prototype;
              HTMLMediaElement.prototype.play = function () {
                const refusal = new DOMException("", "NotAllowedError");
                return isRefused ? Promise.reject(refusal) : play.call(this);
              };
            }"""
        )
        await page.evaluate(_PAUSE)
        assert await page.evaluate("video.paused")
        await page.evaluate("isRefused = false")
        await page.mouse.click(5, 5)
        await page.wait_for_function("!video.paused")


async def test_a_released_video_stays_paused(chromium: Browser) -> None:
    async with playing(chromium) as page:
        await page.evaluate("over.abort()")
        await page.evaluate(_PAUSE)
        await page.mouse.click(5, 5)
        assert await page.evaluate("video.paused")
