"""Home Assistant's dashboard in any browser, and the pictures of cameras on it."""

import asyncio
import math
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from enum import StrEnum
from typing import Final, Self

from tests.demo.api import User, frontend_login
from tests.demo.dashboard import view_path

from .drivers import BROWSERS, PageTimeoutError, WebPage
from .first_frame import OBSERVE
from .page import CAPTURE_TIME

_CAPTURE_TIME_SCRIPT: Final = CAPTURE_TIME.read_text(encoding="utf-8")
NOTHING: Final = "nothing"
"""The path of a view without cards, with which a page begins."""

_LOG_IN: Final = "(tokens) => { localStorage.hassTokens = JSON.stringify(tokens); }"
_IS_OPEN: Final = "(path) => location.pathname === path && find('hui-view').length > 0"
# As the frontend does when somebody chooses a view: the page stays.
_OPEN: Final = """(path) => {
  window.streamsAsked = {};
  history.pushState(null, "", path);
  window.dispatchEvent(new CustomEvent("location-changed", { detail: { replace: false } }));
}"""
# A canvas shows the picture in place of a video that is empty.
_VIDEOS: Final = """
const videos = (player) => find(player).flatMap((each) => find("video", each.shadowRoot));
const pictures = (player) => videos(player).map(
  (video) => video.parentNode.querySelector(".live") ?? video,
);
"""
_FIRST_PICTURES: Final = """(player, count) => {
  %(videos)s
  const shown = pictures(player).map((picture) => picture.firstFrame).filter(Boolean);
  const asked = Object.values(window.streamsAsked);
  if (shown.length < count || !asked.length) return null;
  return Math.max(...shown) - Math.min(...asked);
}"""
_DELAYS: Final = """async (player, seconds) => {
  %(captureTime)s
  %(videos)s
  const delays = new Map();
  const end = performance.now() + 1000 * seconds;
  while (performance.now() < end) {
    for (const picture of pictures(player)) {
      const captured = captureTime(picture);
      if (captured === null) continue;
      delays.set(picture, [...(delays.get(picture) ?? []), Date.now() - captured]);
    }
    await new Promise((resolve) => setTimeout(resolve, 40));
  }
  const median = (values) => values.sort((a, b) => a - b)[Math.floor(values.length / 2)];
  return pictures(player).map((picture) =>
    delays.has(picture) ? median(delays.get(picture)) : null);
}"""
# A page over plain HTTP has none.
_HIDE_WEBCODECS: Final = """() => {
  window.hiddenDecoder = VideoDecoder;
  delete window.VideoDecoder;
}"""
_SHOW_WEBCODECS: Final = "() => { window.VideoDecoder = window.hiddenDecoder; }"
# Browsers that save power pause a silent video, and refuse to play it.
_PAUSE: Final = """(player) => {
  %(videos)s
  for (const video of videos(player)) {
    video.play = () => Promise.reject(new DOMException("paused", "NotAllowedError"));
    video.pause();
  }
}"""
_RESUME: Final = """(player) => {
  %(videos)s
  for (const video of videos(player)) {
    delete video.play;
    video.play().catch(() => {});
  }
}"""


class Player(StrEnum):
    """The player of a camera, by the name of its element."""

    STOCK = "ha-hls-player"
    """In Home Assistant's own cards."""
    OWN = "hls-camera-view"
    """In our card."""


class CameraPage:
    """A page with Home Assistant in it, logged in."""

    def __init__(self, page: WebPage) -> None:
        self.page = page

    @classmethod
    @asynccontextmanager
    async def open(cls, browser: str, address: str, user: User) -> AsyncIterator[Self]:
        """Open a browser by its name, with the view that shows nothing."""
        tokens = await frontend_login(address, user)
        async with BROWSERS[browser]() as page:
            await page.go_to(f"{address}/robots.txt")  # any page of the same origin
            await page.evaluate(_LOG_IN, tokens)
            await page.go_to(address + view_path(NOTHING))
            await page.evaluate(OBSERVE)
            opened = cls(page)
            await page.wait_for(_IS_OPEN, view_path(NOTHING))
            yield opened

    async def show(self, path: str) -> None:
        """Show another view of the dashboard."""
        await self.page.evaluate(_OPEN, view_path(path))
        await self.page.wait_for(_IS_OPEN, view_path(path))

    async def errors(self) -> list[str]:
        """Return the errors on the page's console and its uncaught exceptions so far.

        Home Assistant has no icon for the page from which it was logged in.
        """
        errors = await self.page.errors()
        return [each for each in errors if "/favicon.ico" not in each]

    async def allow_webcodecs(self, *, allowed: bool) -> None:
        """Take WebCodecs from the page, or give it back: the card's first way to play."""
        await self.page.evaluate(_SHOW_WEBCODECS if allowed else _HIDE_WEBCODECS)

    async def wait_webcodecs(self) -> None:
        """Wait until all our cards decode their pictures with WebCodecs."""
        await self.page.wait_for(
            "(player) => find(player).every((each) => find('.live', each.shadowRoot).length)",
            Player.OWN,
        )

    async def wait_first_picture(self, player: Player, count: int = 1) -> float:
        """Wait until so many players show a picture.

        Return the seconds since the first of them asked Home Assistant for the stream.
        """
        script = _FIRST_PICTURES % {"videos": _VIDEOS}
        milliseconds: float = await self.page.wait_for(script, player, count)
        return milliseconds / 1000

    async def behind(self, player: Player, seconds: float = 1.0) -> float:
        """Return the seconds by which the pictures of a player are behind the camera.

        The time of capture is read out of the visible picture, for so many seconds: the median
        counts, and of several pictures the one that is furthest behind. Infinite where
        there is no picture.
        """
        script = _DELAYS % {"captureTime": _CAPTURE_TIME_SCRIPT, "videos": _VIDEOS}
        delays = await self.page.evaluate(script, player, seconds)
        if not delays or None in delays:
            return math.inf
        return float(max(delays)) / 1000

    async def wait_live(
        self, player: Player, behind: float, seconds: float = 30.0
    ) -> None:
        """Wait until a player is no more than so many seconds behind the camera."""
        seen: list[float] = []
        try:
            async with asyncio.timeout(seconds):
                while not seen or seen[-1] > behind:
                    seen.append(await self.behind(player, 0.5))
        except TimeoutError as err:
            delays = ", ".join(f"{each:.1f}" for each in seen)
            raise PageTimeoutError(
                f"{player} not within {behind} s of live after {seconds} s: {delays}"
            ) from err

    async def pause(self, player: Player) -> None:
        """Have the browser pause the pictures of a player, and refuse to play them."""
        await self.page.evaluate(_PAUSE % {"videos": _VIDEOS}, player)

    async def resume(self, player: Player) -> None:
        """Let the browser play again."""
        await self.page.evaluate(_RESUME % {"videos": _VIDEOS}, player)
