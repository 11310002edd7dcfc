"""Our camera in Home Assistant's own frontend: a real `hass`, a real Chromium."""

import logging
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import pytest
from playwright.async_api import Browser

from custom_components.hls_camera.finding.ws_discovery import GROUP
from tests.camera import Feed, TestCamera
from tests.demo.api import AddedCamera, CameraSettings
from tests.demo.cameras import FRAME_RATE
from tests.demo.dashboard import show_cameras
from tests.demo.home_assistant import HomeAssistant, free_port
from tests.onvif import PASSWORD, OnvifCamera, Quality, one_channel
from tests.onvif.discovery import Network, match

from .home_assistant import INTEGRATIONS, OUR_PAGE, Frontend, LivePicture
from .homes import home_with_cameras
from .page import barriers

SIZE = (640, 360)
"""Of the pictures: nothing that a busy machine could not play."""
SECONDS = 4.0
"""Seconds of a stream that have to play."""

_LOGGER = logging.getLogger(__name__)

# Home Assistant's start counts as part of the first test.
pytestmark = pytest.mark.timeout(180)


@dataclass(frozen=True, slots=True)
class Home:
    """A Home Assistant that shows one of two cameras."""

    home_assistant: HomeAssistant
    garden: AddedCamera
    front_door: CameraSettings
    """Not added yet."""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    """One Home Assistant for all tests here: its start takes longer than they do."""
    folder = tmp_path_factory.mktemp("home")
    with home_with_cameras(folder, SIZE) as (started, garden, front_door):
        [added] = started.set_up([garden])
        yield Home(started, added, front_door)


async def assert_plays(picture: LivePicture) -> None:
    """Assert that frames and sound advance, about as fast as time does."""
    waited = await picture.wait_first_frame()
    before, started = await picture.playback(), time.monotonic()
    after = await picture.wait_played(SECONDS)
    lasted = time.monotonic() - started
    played = after.position - before.position
    frames = after.frames - before.frames
    _LOGGER.info(
        "first picture after %.2f s; then played %.2f s in %.2f s: %d frames, %d of them"
        " dropped, %d bytes of sound",
        *(waited, played, lasted, frames),
        after.dropped_frames - before.dropped_frames,
        after.audio_bytes - before.audio_bytes,
    )
    assert (after.width, after.height) == SIZE
    assert lasted < 3 * SECONDS
    assert frames > 0.5 * FRAME_RATE * played
    assert after.audio_bytes - before.audio_bytes > 1000 * played
    assert after.muted  # a page without a click may make no noise


async def play_on_dashboard(home: Home, frontend: Frontend, added: AddedCamera) -> None:
    """Show a new camera on the dashboard, and wait for its first frame there."""
    async with home.home_assistant.api() as api:
        await show_cameras(api, [added])
    await frontend.open_dashboard()
    await frontend.picture(added.entity_id).wait_first_frame()


async def test_live_in_the_stock_card(chromium: Browser, home: Home) -> None:
    """The dashboard shows the camera live, from our playlists, and its sensors."""
    async with Frontend.open(chromium, home.home_assistant) as frontend:
        await assert_plays(frontend.picture(home.garden.entity_id))
        assert frontend.stream_requests
        for url in frontend.stream_requests:
            assert "/api/hls/hls_camera/" in url
        sensors = frontend.page.locator("hui-entities-card")
        await sensors.get_by_text("Streaming").first.wait_for()
        await sensors.get_by_text("Mbit/s").wait_for()
        assert frontend.problems == []
    assert home.home_assistant.our_complaints() == []


async def test_wrong_addresses(chromium: Browser, home: Home) -> None:
    """The form names the fault of an address, and keeps its fields."""
    async with Frontend.open(chromium, home.home_assistant, INTEGRATIONS) as frontend:
        dialog = await frontend.add_camera()
        for url, error in (
            ("front door", "This is not a stream address."),
            ("file:///etc/passwd", "An address must start with rtsp://"),
            (
                f"rtsp://127.0.0.1:{free_port()}/live",
                "The camera refused the connection.",
            ),
        ):
            wrong = replace(home.front_door, url=url)
            await dialog.fill(wrong)
            await dialog.press("Next")
            await dialog.expect_text(error)
            filled = {key: wrong.as_form()[key] for key in await dialog.texts()}
            assert await dialog.texts() == filled
        await dialog.fill(home.front_door)
        await dialog.fill_second(home.front_door.url)
        await dialog.press("Next")
        await dialog.expect_text("This is the main stream")
        assert frontend.problems == []


async def test_adding_a_camera(chromium: Browser, home: Home) -> None:
    """A camera is added by hand, after two mistakes, and then plays beside the first."""
    camera = home.front_door
    async with Frontend.open(chromium, home.home_assistant, INTEGRATIONS) as frontend:
        dialog = await frontend.add_camera()
        await dialog.fill(replace(camera, password="wrong"))
        await dialog.press("Next")
        await dialog.expect_text("The camera rejected this username and password")
        assert (await dialog.texts())["url"] == camera.url

        await dialog.fill(replace(camera, url=f"{camera.url}s"))
        await dialog.press("Next")
        await dialog.expect_text("The camera has no stream at this path.")

        await dialog.fill(camera)
        await dialog.press("Next")
        await dialog.expect_text("127.0.0.1 was found")
        await dialog.expect_text("H.264, {}x{}".format(*SIZE))
        await dialog.expect_text("AAC. Plays everywhere.")
        await dialog.press("Submit")
        await dialog.finish(camera.name)
        await dialog.expect_closed()

        added = AddedCamera(name=camera.name, entity_id="camera.front_door")
        async with home.home_assistant.api() as api:
            await show_cameras(api, [home.garden, added])
        await frontend.open_dashboard()
        for place, shown in enumerate((home.garden, added)):
            await assert_plays(frontend.picture(shown.entity_id, place))
        # Home Assistant requests a picture of the entity by its id before the last page.
        assert [each for each in frontend.problems if "127_0_0_1" not in each] == []
    assert home.home_assistant.our_complaints() == []


@pytest.mark.usefixtures("socket_enabled")
async def test_axe_finds_no_barrier_in_the_dialogs(
    chromium: Browser, home: Home
) -> None:
    async with (
        TestCamera(Feed(size=SIZE)) as camera,
        Frontend.open(chromium, home.home_assistant, INTEGRATIONS) as frontend,
    ):
        dialog = await frontend.choose_integration()
        await dialog.expect_text("Find the camera")
        assert await barriers(dialog.box) == []
        await dialog.choose("Find the camera")
        await dialog.expect_text("Username")
        assert await barriers(dialog.box) == []
        await frontend.page.goto(INTEGRATIONS)
        dialog = await frontend.add_camera()
        await dialog.fill_fields(url=camera.plain_url)
        assert await barriers(dialog.box) == []
        await dialog.press("Next")
        await dialog.expect_text("was found")
        await dialog.box.get_by_role("img").first.wait_for()
        assert await barriers(dialog.box) == []
        for choice in ("Options", "Addresses for other programs"):
            await frontend.page.goto(OUR_PAGE)
            dialog = await frontend.configure(home.garden.name)
            await dialog.expect_text("What do you want to change for Garden?")
            assert await barriers(dialog.box) == []
            await dialog.choose(choice)
            await dialog.expect_text("of Garden")
            assert await barriers(dialog.box) == []


@pytest.mark.usefixtures("socket_enabled")
async def test_finding_a_camera(chromium: Browser, home: Home) -> None:
    """From its address and password to a moving picture, with four clicks."""
    login: dict[str, Any] = {"username": "admin", "password": PASSWORD}
    async with (
        TestCamera(Feed(size=SIZE, audio="aac"), **login) as main,
        TestCamera(Feed(audio="aac"), **login) as sub,
        OnvifCamera(
            one_channel(
                *(
                    Quality(url=each.plain_url, size=each.feed.size)
                    for each in (main, sub)
                )
            )
        ) as camera,
        Frontend.open(chromium, home.home_assistant, INTEGRATIONS) as frontend,
    ):
        choice = await frontend.choose_integration()
        started = time.monotonic()
        dialog = await choice.choose("Find the camera")
        await dialog.fill_fields(host=f"127.0.0.1:{camera.port}", **login)
        await dialog.press("Next")
        await dialog.expect_text("ACME Dome 4 was found")
        await dialog.expect_text("Sub-stream:")
        await dialog.press("Submit")
        await dialog.press("Skip and finish")
        await dialog.expect_closed()
        added = AddedCamera(name="ACME Dome 4", entity_id="camera.acme_dome_4")
        await play_on_dashboard(home, frontend, added)
        _LOGGER.info("a moving picture %.1f s later", time.monotonic() - started)
        assert camera.rejections == 0
        assert main.connections
        assert frontend.problems == []


@pytest.mark.usefixtures("socket_enabled")
async def test_adding_a_stream_address_takes_three_clicks(
    chromium: Browser, home: Home
) -> None:
    """The last page shows what the camera sends."""
    async with (
        TestCamera(Feed(size=SIZE), host="127.0.0.3") as camera,
        Frontend.open(chromium, home.home_assistant, INTEGRATIONS) as frontend,
    ):
        choice = await frontend.choose_integration()
        dialog = await choice.choose("Find the camera")
        await dialog.fill_fields(host=camera.plain_url)
        await dialog.press("Next")
        await dialog.expect_text("H.264, {}x{}".format(*SIZE))
        await dialog.box.get_by_role("img").first.wait_for()
        await dialog.press("Skip and finish")
        await dialog.expect_closed()
        added = AddedCamera(name="127.0.0.3", entity_id="camera.127_0_0_3")
        await play_on_dashboard(home, frontend, added)
        assert frontend.problems == []


@pytest.mark.usefixtures("socket_enabled")
async def test_choosing_a_camera_that_answers_in_the_network(
    chromium: Browser, home: Home
) -> None:
    """The login is sent, whether it is typed before the cameras are listed or after."""
    login: dict[str, Any] = {"username": "admin", "password": PASSWORD}
    host = "127.0.0.2"
    async with (
        TestCamera(Feed(size=SIZE), host=host, **login) as stream,
        OnvifCamera(
            one_channel(Quality(url=stream.plain_url, size=SIZE)),
            host=host,
            mac="AC:CC:8E:12:34:57",
            model="Bullet 5",
        ) as camera,
        Network(
            {host: match(xaddrs=f"http://{host}:{camera.port}/onvif/device_service")},
            *GROUP,
        ),
        Frontend.open(chromium, home.home_assistant, INTEGRATIONS) as frontend,
    ):
        dialog = await frontend.choose_integration()
        await dialog.choose("Find the camera")
        await dialog.fill_fields(username=login["username"])
        await dialog.press("Next")
        await dialog.choose_from_list("Camera's address", f"ACME Dome 4 ({host})")
        await dialog.fill_fields(password=login["password"])
        await dialog.press("Next")
        await dialog.expect_text("ACME Bullet 5 was found")
        await dialog.press("Submit")
        await dialog.press("Skip and finish")
        await dialog.expect_closed()
        added = AddedCamera(name="ACME Bullet 5", entity_id="camera.acme_bullet_5")
        await play_on_dashboard(home, frontend, added)
        assert camera.rejections == 0
        assert frontend.problems == []
