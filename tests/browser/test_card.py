"""Our card in Home Assistant's own frontend: a real `hass`, a real Chromium."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import psutil
import pytest
from PIL import Image
from playwright.async_api import Browser, expect

from tests.camera import Feed, TestCamera
from tests.demo.api import CameraSettings
from tests.demo.cameras import demo_cameras
from tests.demo.dashboard import Card, show_cards, shown_cards, stock_card
from tests.demo.home_assistant import HomeAssistant
from tests.waiting import eventually

from .card import TYPE, CameraView, Feeds, card
from .chromium import set_hidden
from .home_assistant import Frontend
from .homes import home_with_cameras
from .live_player import MSE_ONLY
from .page import barriers

MAIN = (640, 360)
SMALL = (320, 180)
DARKENED = "grayscale(1) brightness(0.5)"
SECONDS = 2.0
"""Seconds of a stream that have to play."""

# Home Assistant's start counts as part of the first test.
pytestmark = pytest.mark.timeout(180)


@dataclass(frozen=True, slots=True)
class Home:
    """A Home Assistant with two cameras, of which the first has two qualities."""

    home_assistant: HomeAssistant
    garden: str
    front_door: str

    async def call(self, action: str, entity_id: str) -> None:
        """Call an action of ours."""
        async with self.home_assistant.api() as api:
            await api.command(
                "call_service",
                domain="hls_camera",
                service=action,
                target={"entity_id": entity_id},
            )


# Counts the frames of the page, and those in which a view shows no picture.
_WATCH_PICTURE: Final = """(view) => {
  const root = view.shadowRoot;
  window.watched = { frames: 0, without: 0 };
  // A video keeps its frame while it seeks.
  let hasVideo = false;
  root.querySelector("video").addEventListener("emptied", () => { hasVideo = false; });
  const look = () => {
    const [last, live, video] = [".last", ".live", "video"].map((each) =>
      root.querySelector(each));
    const plays = root.querySelector(".view").dataset.kind === "playing";
    hasVideo ||= video.readyState >= 2;
    const hasFrame = live ? live.width > 0 : hasVideo;
    watched.frames += 1;
    if (last.hidden && !(plays && hasFrame)) watched.without += 1;
    if (!window.isWatched) requestAnimationFrame(look);
  };
  look();
}"""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    """One Home Assistant for all tests here: its start takes longer than they do."""
    folder = tmp_path_factory.mktemp("home")
    with (
        home_with_cameras(folder, MAIN) as (started, garden, front_door),
        demo_cameras(("Garden",), folder / "small.log", SMALL) as [small],
    ):
        both_qualities = replace(garden, small_url=small.url)
        added = started.set_up([both_qualities, front_door])
        yield Home(started, *(camera.entity_id for camera in added))


@asynccontextmanager
async def dashboard(
    browser: Browser, home: Home, *cards: Card
) -> AsyncIterator[Frontend]:
    """A dashboard with cards; the browser has nothing to complain of them."""
    async with home.home_assistant.api() as api:
        await show_cards(api, cards)
    async with Frontend.open(browser, home.home_assistant) as frontend:
        yield frontend
        assert frontend.problems == []
    assert home.home_assistant.our_complaints() == []


async def test_plays_live(chromium: Browser, home: Home) -> None:
    """Without an address of another host, a playlist or a sound that nobody wanted."""
    hosts: set[str | None] = set()
    async with dashboard(chromium, home, card(home.front_door)) as frontend:
        frontend.page.on("request", lambda each: hosts.add(urlsplit(each.url).netloc))
        feeds = Feeds(frontend.page)
        await frontend.page.reload()
        view = CameraView(frontend.page)
        before = await view.wait_played(0)
        after = await view.wait_played(SECONDS)
        assert after.size == MAIN
        assert after.frames > before.frames
        assert after.muted
        assert after.audio_bytes == 0, "no sound is decoded while it is muted"
        assert feeds.count == 1
        assert frontend.stream_requests == []
        name = "Front door, live"  # as a screen reader says it
        group = frontend.page.get_by_role("group", name=name, exact=True)
        await expect(group).to_be_visible()
    assert hosts == {urlsplit(home.home_assistant.address).netloc}


async def test_is_offered_with_a_preview_and_a_form(
    chromium: Browser, home: Home
) -> None:
    async with dashboard(chromium, home) as frontend:
        page = frontend.page
        await page.goto("/cameras/0?edit=1")
        await page.get_by_role("button", name="Add card").first.click()
        picker = page.locator("hui-dialog-create-card")
        await picker.get_by_text("By card").click()
        await picker.get_by_role("textbox").fill("HLS Camera")
        choice = picker.locator(".card", has_text="HLS Camera")
        await CameraView(page).wait_played(0)
        # Previews of other cards request features that this Home Assistant lacks.
        frontend.problems[:] = set(frontend.problems) - {"error: Object"}
        await choice.locator(".overlay").click()

        form = page.locator("hui-dialog-edit-card")
        await CameraView(page).wait_played(0)
        await expect(form.get_by_label("Quality")).to_contain_text("Automatic")
        assert await barriers(form.locator("hls-camera-card-editor")) == []
        await form.locator('input[name="title"]').fill("Outside")
        await expect(form.locator("hls-camera-card h1")).to_have_text("Outside")
        await form.get_by_text("Quality", exact=True).click()
        await page.get_by_text("Always the sub-stream").click()
        await form.get_by_role("button", name="Save", exact=True).click()
        await expect(form.get_by_role("button", name="Save", exact=True)).to_have_count(
            0
        )
        # Home Assistant's dialog also requests pictures by the ids that cameras had before
        # they were named.
        named = (home.garden, home.front_door)
        frontend.problems[:] = [
            each
            for each in frontend.problems
            if "/api/camera_proxy/" not in each or any(id_ in each for id_ in named)
        ]
        async with home.home_assistant.api() as api:
            [made] = await shown_cards(api)
        assert made["type"] == TYPE
        assert made["entity"] in (home.garden, home.front_door)
        assert made["title"] == "Outside"
        assert made["quality"] == "small"


async def test_a_wall_has_even_rows(chromium: Browser, home: Home) -> None:
    cameras = [home.garden, home.front_door] * 2
    async with dashboard(chromium, home, card(*cameras, title="Outside")) as frontend:
        views = [CameraView(frontend.page, place) for place in range(4)]
        boxes = [await view.root.bounding_box() for view in views]
        assert all(boxes)
        lefts = [round(box["x"]) for box in boxes if box]
        tops = [round(box["y"]) for box in boxes if box]
        assert lefts[:2] == lefts[2:]
        assert lefts[0] < lefts[1]
        assert tops[0] == tops[1] < tops[2] == tops[3]
        await frontend.page.set_viewport_size({"width": 400, "height": 800})
        await expect(views[3].root).not_to_be_in_viewport(ratio=0.5)
        narrow = [await view.root.bounding_box() for view in views]
        assert len({round(box["x"]) for box in narrow if box}) == 1


async def test_takes_the_quality_that_its_size_needs(
    chromium: Browser, home: Home
) -> None:
    narrow = card(home.garden, grid_options={"columns": 6})
    async with dashboard(chromium, home, narrow) as frontend:
        view = CameraView(frontend.page)
        assert (await view.wait_played(0)).size == SMALL
        await view.root.hover()
        await view.button("Full screen").click()
        await view.wait_width(MAIN[0])
        await view.button("Exit full screen").click()
        await view.wait_width(SMALL[0])


async def test_shows_the_camera_that_an_editor_chooses(
    chromium: Browser, home: Home
) -> None:
    """Home Assistant keeps the card, and gives it the changes."""
    narrow = card(home.garden, grid_options={"columns": 6})
    async with dashboard(chromium, home, narrow) as frontend:
        feeds = Feeds(frontend.page)
        await frontend.page.reload()
        view = CameraView(frontend.page)
        assert (await view.wait_played(0)).size == SMALL
        await frontend.page.locator("hls-camera-card").evaluate(
            "(card, config) => card.setConfig(config)",
            {"type": TYPE, "entity": home.front_door, "sound": True},
        )
        async with asyncio.timeout(20):
            await view.wait_width(MAIN[0])  # It has but one quality.
        await eventually(lambda: feeds.count == 1)
        assert feeds.opened == 2
        assert not (await view.wait_played(0)).muted
        await frontend.page.locator("hls-camera-card").evaluate(
            "(card, config) => card.setConfig(config)",
            {"type": TYPE, "entity": home.front_door},
        )
        assert (await view.wait_played(0)).muted


async def test_is_operated_by_the_keyboard(
    chromium: Browser, home: Home, tmp_path: Path
) -> None:
    async with dashboard(chromium, home, card(home.front_door)) as frontend:
        view, keyboard = CameraView(frontend.page), frontend.page.keyboard
        await view.wait_played(0)
        group = view.root.get_by_role("group", name="Front door")
        await expect(group).to_be_visible()
        info = view.button("Details")
        await info.focus()
        await expect(info).to_have_attribute("aria-expanded", "false")
        await keyboard.press("Enter")
        await expect(info).to_have_attribute("aria-expanded", "true")
        details = view.root.get_by_role("region", name="Details")
        for text in ("Live feed", "Mbit/s", "fps", "Viewers"):
            await expect(details.get_by_text(text)).to_be_visible()
        await keyboard.press("Escape")
        await expect(details).to_be_hidden()
        await keyboard.press("Tab")
        await expect(view.button("Sound on")).to_be_focused()
        await keyboard.press("Space")
        await expect(view.button("Sound off")).to_be_focused()
        assert not (await view.playback()).muted
        await keyboard.press("Tab")
        async with frontend.page.expect_download() as download:
            await keyboard.press("Enter")
        saved = await download.value
        assert saved.suggested_filename.startswith("Front door 20")
        await saved.save_as(tmp_path / "saved.jpg")
        assert (tmp_path / "saved.jpg").read_bytes().startswith(b"\xff\xd8")


async def test_the_keyboard_keeps_its_place_while_the_way_of_playing_changes(
    chromium: Browser, home: Home
) -> None:
    """A canvas has neither sound nor picture in picture: the video takes over, and returns."""
    async with dashboard(chromium, home, card(home.front_door)) as frontend:
        view, keyboard = CameraView(frontend.page), frontend.page.keyboard
        assert (await view.wait_played(0)).way == "webcodecs"
        assert await barriers(frontend.page.locator("hls-camera-card")) == []
        await view.button("Sound on").focus()
        for name, way in (("Sound off", "mse"), ("Sound on", "webcodecs")):
            await keyboard.press("Space")
            await view.wait_way(way)
            await expect(view.button(name)).to_be_focused()
        window = view.button("Picture in picture")
        await window.focus()
        for way in ("mse", "webcodecs"):
            await keyboard.press("Enter")
            await view.wait_way(way)
            await expect(window).to_be_focused()


async def test_picture_and_controls_stay_while_sound_is_turned_on_and_off(
    chromium: Browser, home: Home
) -> None:
    """The video is empty for a moment, under its last picture."""
    async with dashboard(chromium, home, card(home.front_door)) as frontend:
        await frontend.page.add_init_script(MSE_ONLY)
        await frontend.page.reload()
        view = CameraView(frontend.page)
        await view.wait_played(0)
        await view.root.evaluate(
            """(view) => {
              const [video, last, message, mute] = ["video", ".last", ".message", ".mute"].map(
                (each) => view.shadowRoot.querySelector(each));
              const isVisible = (each) => each.checkVisibility({ visibilityProperty: true });
              window.changes = [];
              video.addEventListener("emptied", () => changes.push({
                picture: isVisible(last),
                message: isVisible(message),
                mute: isVisible(mute),
              }));
            }"""
        )
        await view.root.hover()
        for times, name in enumerate(("Sound on", "Sound off"), 1):
            await view.button(name).click()
            await frontend.page.wait_for_function(f"changes.length === {times}")
            heard = await view.wait_played(SECONDS)
            assert (heard.audio_bytes > 0) is (name == "Sound on")
            await expect(view.root.locator(".last")).to_be_hidden()
        changes = await frontend.page.evaluate("changes")
        assert changes == 2 * [{"picture": True, "message": False, "mute": True}]


async def test_sound_needs_the_video_which_shows_the_picture_without_a_break(
    chromium: Browser, home: Home
) -> None:
    """Muted, the card shows a canvas; whatever changes, a picture is visible."""
    async with dashboard(chromium, home, card(home.front_door)) as frontend:
        view = CameraView(frontend.page)
        assert (await view.wait_played(0)).way == "webcodecs"
        await view.root.evaluate(_WATCH_PICTURE)
        await view.root.hover()
        for name, way in (("Sound on", "mse"), ("Sound off", "webcodecs")):
            await view.button(name).click()
            await view.wait_way(way)
            heard = await view.wait_played(SECONDS)
            assert (heard.audio_bytes > 0) is (name == "Sound on")
        await frontend.page.evaluate("window.isWatched = true")
        watched = await frontend.page.evaluate("watched")
        assert watched["frames"] > 0
        assert watched["without"] == 0


async def test_shows_how_it_plays_and_saves_that_picture(
    chromium: Browser, home: Home, tmp_path: Path
) -> None:
    async with dashboard(chromium, home, card(home.front_door)) as frontend:
        view = CameraView(frontend.page)
        assert (await view.wait_played(0)).way == "webcodecs"
        await view.root.hover()
        await view.button("Details").click()
        details = view.root.get_by_role("region", name="Details")
        await expect(details.get_by_text("Live feed · WebCodecs")).to_be_visible()
        await expect(details.get_by_text("Mbit/s")).to_be_visible()
        async with frontend.page.expect_download() as download:
            await view.button("Save picture").click()
        await (await download.value).save_as(tmp_path / "saved.jpg")
        with Image.open(tmp_path / "saved.jpg") as picture:
            assert picture.size == MAIN
            assert len(picture.resize((16, 9)).getcolors() or []) > 10, "not one colour"


async def test_turning_a_camera_off_and_on(chromium: Browser, home: Home) -> None:
    """It shows that, and the card's button turns it on again."""
    async with dashboard(chromium, home, card(home.front_door)) as frontend:
        feeds = Feeds(frontend.page)
        view = CameraView(frontend.page)
        await view.wait_played(0)
        await view.root.hover()
        await view.button("Details").click()
        await view.button("Turn off").click()
        await view.wait_kind("stopped")
        await view.expect_text("Camera is off")
        await eventually(lambda: feeds.count == 0)
        await view.button("Turn on").click()
        await view.wait_played(SECONDS)


async def test_tells_those_who_may_only_look(chromium: Browser, home: Home) -> None:
    looking = card(home.front_door, controls="view")
    bare = card(home.front_door, controls="none")
    async with dashboard(chromium, home, looking, bare) as frontend:
        view, without = (CameraView(frontend.page, place) for place in range(2))
        await view.wait_played(0)
        await without.wait_played(0)
        await view.root.hover()
        await view.button("Details").click()
        await expect(view.root.get_by_text("Viewers")).to_be_visible()
        await expect(view.button("Turn off")).to_be_hidden()
        await without.root.hover()
        await expect(without.button("Details")).to_be_hidden()


async def test_says_what_is_missing(chromium: Browser, home: Home) -> None:
    cards = [card("camera.nowhere"), {"type": TYPE}]
    async with dashboard(chromium, home, *cards) as frontend:
        view = CameraView(frontend.page)
        await view.wait_kind("missing")
        await view.expect_text("camera.nowhere was not found")
        empty = frontend.page.locator("hls-camera-card").nth(1)
        await expect(empty.get_by_text("Choose a camera.")).to_be_visible()


async def test_comes_back_by_itself(chromium: Browser, home: Home) -> None:
    """After a camera that was gone, and after a crash of FFmpeg."""
    async with home.home_assistant.api() as api, TestCamera(Feed(size=SMALL)) as camera:
        added = await api.add_camera(CameraSettings(name="Shed", url=camera.url))
        try:
            cards = [card(added.entity_id), stock_card(added.entity_id)]
            async with dashboard(chromium, home, *cards) as frontend:
                view = CameraView(frontend.page)
                stock = frontend.page.locator("ha-hls-player video")
                await view.wait_played(SECONDS)
                await expect(stock).to_have_css("filter", "none")
                await camera.stop()
                await view.wait_kind("offline")
                await view.expect_text("The camera does not answer")
                await view.expect_text("Connection refused")
                # Home Assistant's card says nothing: the picture must not look live.
                await expect(stock).to_have_css("filter", DARKENED, timeout=10_000)
                await camera.start()
                await view.wait_played(SECONDS)
                await expect(stock).to_have_css("filter", "none", timeout=10_000)
                [ffmpeg] = ffmpegs_of(camera)
                ffmpeg.kill()
                await view.wait_not_kind("playing")
                await view.wait_played(SECONDS)
        finally:
            await api.remove_entry(added.entry_id)


def ffmpegs_of(camera: TestCamera) -> Sequence[psutil.Process]:
    """Return the processes that are connected to a camera."""
    port = urlsplit(camera.url).port
    return [
        process
        for process in psutil.Process().children(recursive=True)
        if process.name().startswith("ffmpeg")
        and any(
            connection.raddr[1:] == (port,)
            for connection in process.net_connections("tcp")
        )
    ]


async def test_lets_go_of_what_nobody_sees(chromium: Browser, home: Home) -> None:
    """Sixteen cameras below each other open as many streams as are to be seen."""
    cards = [card(home.front_door, quality="main") for _ in range(16)]
    async with dashboard(chromium, home, *cards) as frontend:
        page = frontend.page
        feeds = Feeds(page)
        await page.reload()
        await CameraView(page, 0).wait_played(0)
        await eventually(lambda: feeds.count == 2)  # each is nearly as high as the page
        last = CameraView(page, 15)
        await last.root.scroll_into_view_if_needed()
        await last.wait_played(0)
        await eventually(lambda: feeds.count <= 2)
        assert feeds.most <= 5, "those that are left, and those that come"

        await set_hidden(page, True)
        await eventually(lambda: feeds.count == 0)
        await set_hidden(page, False)
        await last.wait_played(SECONDS)

        await page.locator("ha-sidebar").get_by_text("Settings").click()
        await eventually(lambda: feeds.count == 0)
