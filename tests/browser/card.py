"""Our card in a page of Home Assistant's, as a person sees and uses it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from playwright.async_api import Frame, Locator, Page, Request, WebSocket, expect

TYPE: Final = "custom:hls-camera-card"

_PLAYBACK: Final = """
(video) => ({
  position: video.currentTime,
  frames: video.getVideoPlaybackQuality().totalVideoFrames,
  audio_bytes: video.webkitAudioDecodedByteCount,
  size: [video.videoWidth, video.videoHeight],
  muted: video.muted,
})
"""
# The state of a video, for the error of a wait.
_STANDS: Final = """
(video) => ({
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
})
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


class CameraView:
    """One camera of a card."""

    def __init__(self, page: Page, place: int = 0) -> None:
        """Take the view that has that place in the page."""
        self.root = page.locator("hls-camera-view").nth(place)
        self.video = self.root.locator("video")
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
        report = await self.video.evaluate(_PLAYBACK)
        return Playback(**{**report, "size": tuple(report["size"])})

    async def wait_played(self, seconds: float) -> Playback:
        """Wait until it plays, and has played so much more; return the playback.

        Media that it jumps over do not count, and it may jump back to another timeline.
        """
        await self.wait_kind("playing")
        await self._wait(
            """(video, seconds) => {
              let [played, last] = [0, video.currentTime];
              return () => {
                const step = video.currentTime - last;
                if (0 < step && step < 1) played += step;
                last = video.currentTime;
                return played >= seconds;
              };
            }""",
            seconds,
        )
        return await self.playback()

    async def wait_width(self, width: int) -> None:
        """Wait until the picture has a width in pixels: a quality's."""
        await self._wait("(video, width) => () => video.videoWidth === width", width)

    async def _wait(self, look: str, wanted: float, seconds: float = 30) -> None:
        """Wait in the page, which is closer to the video than we are.

        `look` makes a condition of the video and the wanted value.
        """
        is_there = await self.video.evaluate(
            f"""async (video, [wanted, seconds]) => {{
              const isThere = ({look})(video, wanted);
              const end = performance.now() + 1000 * seconds;
              while (!isThere()) {{
                if (performance.now() > end) return false;
                await new Promise((resolve) => setTimeout(resolve, 50));
              }}
              return true;
            }}""",
            [wanted, seconds],
        )
        assert is_there, await self.video.evaluate(_STANDS)


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
