"""Our card in a page of Home Assistant's, as a person sees and uses it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from playwright.async_api import Frame, Locator, Page, Request, WebSocket, expect

TYPE: Final = "custom:hls-camera-card"

# The canvas or the video that shows the picture of a view.
_SHOWN: Final = """
const video = view.shadowRoot.querySelector("video");
const shown = () => view.shadowRoot.querySelector(".live") ?? video;
"""
_PLAYBACK: Final = """
(view) => {
  %s
  return {
    position: shown().currentTime,
    frames: shown().frames ?? video.getVideoPlaybackQuality().totalVideoFrames,
    audio_bytes: video.webkitAudioDecodedByteCount,
    size: [shown().videoWidth, shown().videoHeight],
    muted: video.muted,
    way: shown() === video ? "mse" : "webcodecs",
  };
}
"""
# The state of a picture, for the error of a wait.
_STANDS: Final = """
(view) => {
 %s
 return {
  frames: shown().frames,
  isShown: video.isConnected,
  position: video.currentTime,
  buffered: Array.from(video.buffered, (_, index) =>
    [video.buffered.start(index), video.buffered.end(index)]),
  readyState: video.readyState,
  networkState: video.networkState,
  paused: video.paused,
  seeking: video.seeking,
  width: video.videoWidth,
  error: video.error?.message,
 };
}
"""


def card(*cameras: str, **options: Any) -> Mapping[str, Any]:
    """Return a card's YAML."""
    options = {"grid_options": {"columns": "full"}, **options}
    if len(cameras) == 1:
        return {"type": TYPE, "entity": cameras[0], **options}
    return {"type": TYPE, "entities": cameras, **options}


@dataclass(frozen=True, slots=True, kw_only=True)
class Playback:
    """The playback of a camera's view so far."""

    position: float
    """Seconds."""
    frames: int
    """Decoded."""
    audio_bytes: int
    """Decoded."""
    size: tuple[int, int]
    muted: bool
    way: str
    """How the browser plays it: "webcodecs" or "mse"."""


class CameraView:
    """One camera of a card."""

    def __init__(self, page: Page, place: int = 0) -> None:
        """Take the view that has that place in the page."""
        self.root = page.locator("hls-camera-view").nth(place)
        self._view = self.root.locator(".view")

    def button(self, name: str) -> Locator:
        """Return a button by its accessible name."""
        return self.root.get_by_role("button", name=name, exact=True)

    async def wait_kind(self, kind: str, seconds: float = 30) -> None:
        """Wait until the view is in a state."""
        await expect(self._view).to_have_attribute(
            "data-kind", kind, timeout=seconds * 1000
        )

    async def wait_not_kind(self, kind: str, seconds: float = 30) -> None:
        """Wait until the view is in another state."""
        await expect(self._view).not_to_have_attribute(
            "data-kind", kind, timeout=seconds * 1000
        )

    async def expect_text(self, text: str) -> None:
        """Wait until its status has a text."""
        await expect(self.root.get_by_role("status")).to_contain_text(text)

    async def playback(self) -> Playback:
        """Return the playback so far."""
        report = await self.root.evaluate(_PLAYBACK % _SHOWN)
        return Playback(**{**report, "size": tuple(report["size"])})

    async def wait_played(self, seconds: float) -> Playback:
        """Wait until it plays, and has played so much more; return the playback.

        Media that it jumps over do not count, and it may jump back to another timeline.
        """
        await self.wait_kind("playing")
        await self._wait(
            """(shown, seconds) => {
              let [played, last] = [0, shown().currentTime];
              return () => {
                const { currentTime } = shown();
                const step = currentTime - last;
                if (0 < step && step < 1) played += step;
                last = currentTime;
                return played >= seconds;
              };
            }""",
            seconds,
        )
        return await self.playback()

    async def wait_width(self, width: int) -> None:
        """Wait until the picture has a width in pixels: a quality's."""
        await self._wait("(shown, width) => () => shown().videoWidth === width", width)

    async def wait_way(self, way: str) -> None:
        """Wait until the picture is in the canvas ("webcodecs") or in the video ("mse")."""
        name = "canvas" if way == "webcodecs" else "video"
        await self._wait("(shown, name) => () => shown().localName === name", name)

    async def _wait(self, look: str, wanted: float | str, seconds: float = 30) -> None:
        """Wait in the page, which is closer to the picture than we are.

        `look` gets a function that returns the element with the picture, and the wanted
        value. It returns a function that returns whether the picture has it.
        """
        is_there = await self.root.evaluate(
            f"""async (view, [wanted, seconds]) => {{
              {_SHOWN}
              const isThere = ({look})(shown, wanted);
              const end = performance.now() + 1000 * seconds;
              while (!isThere()) {{
                if (performance.now() > end) return false;
                await new Promise((resolve) => setTimeout(resolve, 50));
              }}
              return true;
            }}""",
            [wanted, seconds],
        )
        assert is_there, await self.root.evaluate(_STANDS % _SHOWN)


class Feeds:
    """The live feeds that a page has open; those of a page that was there before are not."""

    def __init__(self, page: Page) -> None:
        """Watch from now on."""
        self._page = page
        self._open: set[WebSocket] = set()
        self._is_leaving = False
        self.most = 0
        """The largest number that was open at the same time."""
        self.opened = 0
        """The number that was opened so far."""
        page.on("websocket", self._opened)
        page.on("request", self._requested)
        page.on("framenavigated", self._navigated)

    @property
    def count(self) -> int:
        """The number that is open."""
        return len(self._open)

    def _opened(self, socket: WebSocket) -> None:
        if "/api/hls_camera/" not in socket.url:
            return
        self._open.add(socket)
        self.opened += 1
        self.most = max(self.most, self.count)
        socket.on("close", self._closed)

    def _requested(self, request: Request) -> None:
        if request.is_navigation_request() and request.frame == self._page.main_frame:
            self._is_leaving = True

    def _navigated(self, frame: Frame) -> None:
        """Forget the connections of a page that has gone: their end is not reported.

        Another address within the same page was not asked for.
        """
        if self._is_leaving and frame == self._page.main_frame:
            self._is_leaving = False
            self._open.clear()
            self.most = self.opened = 0

    def _closed(self, socket: WebSocket) -> None:
        self._open.discard(socket)
