"""Live in every browser, in Home Assistant's card and in ours, and back to live after anything.

How far behind a picture is, is read out of the picture itself. `scripts/browsers` measures it;
here it only has to come back to live, on machines that do other things as well.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Final

import pytest
import pytest_socket

from tests.demo.api import AddedCamera, Api, CameraSettings
from tests.demo.camera_program import camera_program
from tests.demo.dashboard import show_views, stock_card
from tests.demo.home_assistant import HomeAssistant, free_port, home_assistant

from .camera_page import NOTHING, CameraPage, Player
from .card import card
from .drivers import BROWSERS
from .link import Link

MAIN: Final = 640
SMALL: Final = 320
"""Widths of the camera's two qualities."""
LIVE: Final[Mapping[Player, float]] = {Player.STOCK: 4.0, Player.OWN: 3.0}
"""Seconds behind the camera that pass for live on a busy machine: one that stays late is later."""
BRIEFLY: Final = 6.0
LONG: Final = 60.0

_IS_WIDE: Final = """(player, width) => {
  const [video] = find("video", find(player)[0].shadowRoot);
  return video.videoWidth === width;
}"""
# As hls.js does by itself when the network becomes slow.
_CHANGE_DOWN: Final = """(player, width) => {
  const hls = find(player)[0]._hlsPolyfillInstance;
  hls.nextLevel = hls.levels.findIndex((level) => level.width === width);
}"""
_PLAY_WITH_SOUND: Final = """async (player, seconds) => {
  const [video] = find("video", find(player)[0].shadowRoot);
  video.muted = false;
  video.volume = 1;
  const start = video.currentTime;
  const end = performance.now() + 4000 * seconds;
  while (video.currentTime < start + seconds && performance.now() < end) {
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return { isMuted: video.muted, isPlaying: video.currentTime >= start + seconds };
}"""

# Home Assistant's start counts as part of the first test.
pytestmark = [
    pytest.mark.timeout(400),
    pytest.mark.parametrize("browser", BROWSERS),
]


@dataclass(frozen=True, slots=True)
class Home:
    """A Home Assistant with a camera that has two qualities."""

    home_assistant: HomeAssistant
    camera: AddedCamera

    async def make_cold(self) -> None:
        """Disconnect from the camera until somebody watches."""
        await self._call(
            "homeassistant",
            "reload_config_entry",
            service_data={"entry_id": self.camera.entry_id},
        )

    async def restart_stream(self) -> None:
        """Connect to the camera anew."""
        target = {"entity_id": self.camera.entity_id}
        await self._call("hls_camera", "restart_stream", target=target)

    @asynccontextmanager
    async def api(self) -> AsyncIterator[Api]:
        """Log in without a browser."""
        running = self.home_assistant
        async with Api.log_in(running.address, running.user) as api:
            yield api

    async def _call(
        self, domain: str, service: str, **arguments: Mapping[str, str]
    ) -> None:
        async with self.api() as api:
            await api.command(
                "call_service", domain=domain, service=service, **arguments
            )


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    """One Home Assistant for all tests here: its start takes longer than they do."""
    pytest_socket.enable_socket()  # the plugin forbids them again for each test
    folder = tmp_path_factory.mktemp("home")
    stamped = ("--picture", "capture_time", "--fps", "15")
    with ExitStack() as stack:
        started = stack.enter_context(
            home_assistant(folder / "config", port=free_port())
        )
        [main] = stack.enter_context(
            camera_program(folder / "main.log", *stamped, "--size", "640x360")
        )
        [small] = stack.enter_context(
            camera_program(folder / "small.log", *stamped, "--size", "320x180")
        )
        settings = CameraSettings(name="Garden", url=main, small_url=small)
        [camera] = started.set_up([settings])
        asyncio.run(_make_views(started, camera))
        yield Home(started, camera)


async def _make_views(running: HomeAssistant, camera: AddedCamera) -> None:
    stock = stock_card(camera.entity_id)
    main, small = (card(camera.entity_id, quality=name) for name in ("main", "small"))
    views = {NOTHING: [], "both": [stock, main], "small": [small]}
    async with Api.log_in(running.address, running.user) as api:
        await show_views(api, views)


@asynccontextmanager
async def opened(browser: str, home: Home) -> AsyncIterator[tuple[CameraPage, Link]]:
    """A page with Home Assistant behind a network of ours; the camera is cold."""
    await home.make_cold()
    running = home.home_assistant
    async with (
        Link.to(running.address) as link,
        CameraPage.open(browser, link.address, running.user) as page,
    ):
        yield page, link


async def wait_live(page: CameraPage) -> None:
    """Wait until both players are live."""
    for player in Player:
        await page.wait_live(player, LIVE[player])


async def test_starts_live(browser: str, home: Home) -> None:
    """Whether the camera has to be connected first, or is watched already."""
    async with opened(browser, home) as (page, _):
        for _ in ("cold", "warm"):
            await page.show("both")
            await wait_live(page)
            await page.show(NOTHING)
        assert await page.errors() == []


async def pause(page: CameraPage, seconds: float) -> None:
    for player in Player:
        await page.pause(player)
    await asyncio.sleep(seconds)
    for player in Player:
        await page.resume(player)


async def hide(page: CameraPage, seconds: float) -> None:
    await page.page.hide()
    await asyncio.sleep(seconds)
    await page.page.show()


@pytest.mark.parametrize(
    "seconds", [BRIEFLY, pytest.param(LONG, marks=pytest.mark.slow)]
)
async def test_comes_back_to_live(
    browser: str, home: Home, seconds: float, subtests: pytest.Subtests
) -> None:
    """Without a reload and without a click."""
    async with opened(browser, home) as (page, link):

        async def cut_off(_: CameraPage, seconds: float) -> None:
            link.cut()
            await asyncio.sleep(seconds)
            link.mend()

        async def restart(_: CameraPage, seconds: float) -> None:
            await home.restart_stream()

        await page.show("both")
        await wait_live(page)
        interruptions: Mapping[str, Callable[[CameraPage, float], Awaitable[None]]] = {
            "a pause": pause,
            "a hidden tab": hide,
            "a network that was cut": cut_off,
            "a restart of the stream": restart,
        }
        for name, interrupt in interruptions.items():
            await interrupt(page, seconds)
            for player in Player:
                with subtests.test(player=player.name, after=name):
                    await page.wait_live(player, LIVE[player])


async def test_two_qualities(browser: str, home: Home) -> None:
    """The small one is as live as the large one, also where a player changes to it."""
    async with opened(browser, home) as (page, _):
        await page.show("both")
        await wait_live(page)
        for player in Player:
            await page.page.wait_for(_IS_WIDE, player, MAIN)
        await page.page.evaluate(_CHANGE_DOWN, Player.STOCK, SMALL)
        await page.page.wait_for(_IS_WIDE, Player.STOCK, SMALL)
        await page.wait_live(Player.STOCK, LIVE[Player.STOCK])
        await page.show("small")
        await page.wait_live(Player.OWN, LIVE[Player.OWN])
        assert await page.page.evaluate(_IS_WIDE, Player.OWN, SMALL)


async def test_sound_on(browser: str, home: Home) -> None:
    """With it, the picture goes on, and stays live."""
    async with opened(browser, home) as (page, _):
        await page.show("both")
        await wait_live(page)
        for player in Player:
            state = await page.page.evaluate(_PLAY_WITH_SOUND, player, 2)
            assert state == {"isMuted": False, "isPlaying": True}
            await page.wait_live(player, LIVE[player])
