"""Home Assistant's own frontend in a browser, as a person sees and uses it."""

import re
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, Self

from playwright.async_api import Browser, Locator, Page, ViewportSize, expect

from tests.demo.api import CameraSettings
from tests.demo.home_assistant import HomeAssistant

from .first_frame import OBSERVE

SCREENSHOTS: Final = Path(__file__).resolve().parents[2] / ".cache" / "screenshots"
"""Screenshots of the browser when a test failed."""

DASHBOARD: Final = "/"
INTEGRATIONS: Final = "/config/integrations/dashboard"
OUR_PAGE: Final = "/config/integrations/integration/hls_camera"
_VIEWPORT: Final[ViewportSize] = {"width": 1360, "height": 900}
_PHONE: Final[ViewportSize] = {"width": 390, "height": 844}

_WAIT_SECONDS: Final = 30.0

# Icons of other integrations and pictures of the card picker's come from the internet, which
# tests do not need; and a list of the frontend's that leaves the page before it is laid out
# reports that as an error.
_NOT_OURS: Final = re.compile(
    r"/api/brands/|//demo\.home-assistant\.io/|^error: disconnected$"
)

_PLAYBACK: Final = """
(video) => ({
  position: video.currentTime,
  frames: video.getVideoPlaybackQuality().totalVideoFrames,
  dropped_frames: video.getVideoPlaybackQuality().droppedVideoFrames,
  audio_bytes: video.webkitAudioDecodedByteCount,
  width: video.videoWidth,
  height: video.videoHeight,
  muted: video.muted,
})
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Playback:
    """The playback of a video element so far."""

    position: float
    """Seconds."""
    frames: int
    """Decoded."""
    dropped_frames: int
    """Decoded, but not shown."""
    audio_bytes: int
    """Decoded."""
    width: int
    height: int
    muted: bool


class LivePicture:
    """A camera in a picture-entity card with `camera_view: live`."""

    def __init__(self, card: Locator, entity_id: str) -> None:
        self._video = card.locator("ha-hls-player video")
        self._entity_id = entity_id

    async def wait_first_frame(self) -> float:
        """Wait for the first frame; return the seconds since the card asked for it."""
        await self._video.wait_for(state="attached")
        milliseconds: float = await self._video.evaluate(
            """async (video, entityId) => {
              while (!video.firstFrame) {
                await new Promise((resolve) => setTimeout(resolve, 50));
              }
              return video.firstFrame - window.streamsAsked[entityId];
            }""",
            self._entity_id,
        )
        return milliseconds / 1000

    async def playback(self) -> Playback:
        """Return the playback so far."""
        return Playback(**await self._video.evaluate(_PLAYBACK))

    async def wait_played(self, seconds: float) -> Playback:
        """Wait until so much more has been played, and return the playback."""
        await self._video.evaluate(
            """async (video, seconds) => {
              const end = video.currentTime + seconds;
              while (video.currentTime < end) {
                await new Promise((resolve) => setTimeout(resolve, 50));
              }
            }""",
            seconds,
        )
        return await self.playback()


class AddCameraDialog:
    """The dialog that adds a camera, from the form to the end."""

    def __init__(self, page: Page) -> None:
        self.box = page.locator("dialog-data-entry-flow")

    async def fill(self, camera: CameraSettings) -> None:
        """Fill in the form."""
        for field, text in camera.as_form().items():
            if field != "advanced":
                await self._field(field).fill(text)

    async def choose(self, way: str) -> Self:
        """Choose how to add a camera, in the menu."""
        await self.box.get_by_text(way).click()
        return self

    async def fill_fields(self, **texts: str) -> None:
        """Fill in fields of text, by their names."""
        for field, text in texts.items():
            await self._field(field).fill(text)

    async def choose_from_list(self, field: str, option: str) -> None:
        """Choose one of the options of a field, once it has some."""
        selector = self.box.locator("ha-selector-select").filter(has_text=field)
        await selector.locator("ha-picker-field").click()
        choice = self.box.get_by_text(option).first
        await choice.click()
        # Home Assistant's form takes no input while the list closes, for 0.4 s.
        await choice.wait_for(state="hidden")

    async def texts(self) -> dict[str, str]:
        """Return the content of the text fields."""
        fields = ("url", "username", "password")
        return {field: await self._field(field).input_value() for field in fields}

    async def press(self, button: str) -> None:
        """Press a button."""
        await self.box.get_by_role("button", name=button).click()

    async def finish(self, name: str) -> None:
        """Name the new camera, on Home Assistant's last page."""
        last = self.box.locator("step-flow-create-entry")
        await last.get_by_role("textbox").first.fill(name)
        await self.press("Finish")

    async def expect_text(self, text: str, timeout_s: float = 20.0) -> None:
        """Wait until a text is visible."""
        shown = expect(self.box.get_by_text(text).first)
        await shown.to_be_visible(timeout=1000 * timeout_s)

    async def expect_closed(self) -> None:
        """Wait until the dialog has gone."""
        await expect(self.box.get_by_role("button")).to_have_count(0)

    async def fill_second(self, address: str) -> None:
        """Fill in the address of the second stream, which has to be unfolded first."""
        section = self.box.locator("ha-expansion-panel").first
        await section.get_by_role("button").click()
        await section.locator('input[name="url"]').fill(address)

    def _field(self, name: str) -> Locator:
        # The section of the second stream has such fields as well, and comes later.
        return self.box.locator(f'input[name="{name}"]').first


class Frontend:
    """A browser's page with Home Assistant in it."""

    def __init__(self, page: Page, home_assistant: HomeAssistant) -> None:
        self.page = page
        self.stream_requests: list[str] = []
        """The addresses that players have asked for."""
        self.problems: list[str] = []
        """Exceptions, errors on the browser's console, and its warnings about streams."""
        self._home_assistant = home_assistant
        page.on("request", lambda request: self._note_request(request.url))
        page.on("console", lambda message: self._note(message.type, message))
        page.on("pageerror", lambda error: self._note("error", error))

    @classmethod
    @asynccontextmanager
    async def open(
        cls,
        browser: Browser,
        home_assistant: HomeAssistant,
        path: str = DASHBOARD,
        *,
        scale: float = 1,
        scheme: Literal["light", "dark"] = "light",
        address: str = "",
        is_phone: bool = False,
    ) -> AsyncIterator[Self]:
        """Open a page and log in; if something fails, keep a screenshot.

        `address` is for a way of one's own to Home Assistant.
        """
        page = await browser.new_page(
            base_url=address or home_assistant.address,
            color_scheme=scheme,
            locale="en-GB",
            viewport=_PHONE if is_phone else _VIEWPORT,
            is_mobile=is_phone,
            has_touch=is_phone,
            device_scale_factor=scale,
        )
        page.set_default_timeout(_WAIT_SECONDS * 1000)
        await page.add_init_script(f"({OBSERVE})()")
        try:
            frontend = cls(page, home_assistant)
            await frontend._log_in(path)
            yield frontend
        except BaseException:
            SCREENSHOTS.mkdir(parents=True, exist_ok=True)
            await page.screenshot(path=SCREENSHOTS / f"{time.time():.0f}.png")
            raise
        finally:
            await page.close()

    async def _log_in(self, path: str) -> None:
        user = self._home_assistant.user
        await self.page.goto(path)
        await self.page.locator('input[name="username"]').fill(user.username)
        await self.page.locator('input[name="password"]').fill(user.password)
        await self.page.get_by_role("button", name="Log in").click()
        await self.page.locator("home-assistant-main").wait_for(state="attached")

    async def open_dashboard(self) -> None:
        """Choose the dashboard in the sidebar."""
        await self.page.locator("ha-sidebar").get_by_text("Cameras").click()

    def picture(self, entity_id: str, place: int = 0) -> LivePicture:
        """Return a camera's picture on the dashboard, by its place there."""
        card = self.page.locator("hui-picture-entity-card").nth(place)
        return LivePicture(card, entity_id)

    async def choose_integration(self) -> AddCameraDialog:
        """Choose our integration, on the page of integrations."""
        await self.page.get_by_role("button", name="Add integration").click()
        choice = self.page.locator("dialog-add-integration")
        await choice.get_by_role("textbox").fill("HLS Camera")
        await choice.get_by_text("HLS Camera", exact=True).first.click()
        return AddCameraDialog(self.page)

    async def configure(self, camera: str) -> AddCameraDialog:
        """Open the dialog for the options of a camera, on the page of our integration."""
        row = self.page.locator("ha-config-entry-row").filter(has_text=camera).first
        await row.get_by_role("button", name="Configure", exact=True).first.click()
        return AddCameraDialog(self.page)

    async def add_camera(self) -> AddCameraDialog:
        """Begin to add a camera by its stream address."""
        dialog = await self.choose_integration()
        return await dialog.choose("A stream address")

    def _note_request(self, url: str) -> None:
        if "/api/hls/" in url:
            self.stream_requests.append(url)

    def _note(self, kind: str, what: object) -> None:
        text = f"{kind}: {what} {getattr(what, 'location', '')}".strip()
        # The frontend warns of things of its own.
        is_ours = kind == "error" or (kind == "warning" and "hls" in text.lower())
        if is_ours and not _NOT_OURS.search(text):
            self.problems.append(text)
