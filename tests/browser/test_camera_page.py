"""Live in every browser, in Home Assistant's card and in ours, and back to live after anything.

The delay of a picture is read out of the picture itself. `scripts/browsers` measures it;
here it only has to come back to live, on machines that do other things as well.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Final

import pytest
import pytest_socket

from tests.demo.api import AddedCamera, CameraSettings
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
LIVE: Final[Mapping[Player, float]] = {Player.STOCK: 1.2, Player.OWN: 0.8}
"""Seconds behind the camera that pass for live, on a busy machine as well."""
BRIEFLY: Final = 6.0
LONG: Final = 60.0

_IS_WIDE: Final = """(player, width) => {
  const root = find(player)[0].shadowRoot;
  return (find(".live", root)[0] ?? find("video", root)[0]).videoWidth === width;
}"""
# As hls.js does by itself when the network becomes slow, or fast again.
_CHANGE_TO: Final = """(player, width) => {
  const hls = find(player)[0]._hlsPolyfillInstance;
  hls.nextLevel = hls.levels.findIndex((level) => level.width === width);
}"""
_MUTE: Final = """(player) => {
  find("video", find(player)[0].shadowRoot)[0].muted = true;
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
pytestmark = pytest.mark.timeout(400)


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
        """Connect to the camera again."""
        target = {"entity_id": self.camera.entity_id}
        await self._call("hls_camera", "restart_stream", target=target)

    async def _call(
        self, domain: str, service: str, **arguments: Mapping[str, str]
    ) -> None:
        async with self.home_assistant.api() as api:
            await api.command(
                "call_service", domain=domain, service=service, **arguments
            )


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    """One Home Assistant for all tests here: its start takes longer than they do."""
    pytest_socket.enable_socket()  # the plugin forbids them again for each test
    folder = tmp_path_factory.mktemp("home")
    stamped = ("--picture", "capture_time", "--fps", "15", "--join", "new_idr")
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
    async with running.api() as api:
        await show_views(api, views)


@pytest.mark.parametrize("browser", BROWSERS)
@pytest.mark.parametrize(
    "seconds", [BRIEFLY, pytest.param(LONG, marks=pytest.mark.slow)]
)
async def test_is_live(
    browser: str, home: Home, seconds: float, subtests: pytest.Subtests
) -> None:
    """Without a reload and without a click, from its start on and after an interruption."""
    running = home.home_assistant
    await home.make_cold()
    async with (
        Link.to(running.address) as link,
        CameraPage.open(browser, link.address, running.user) as page,
    ):
        visit = Visit(page, link, home, seconds)
        await page.allow_webcodecs(allowed=False)
        for do in (
            *(visit.open, visit.open_again, visit.pause, visit.hide),
            *(visit.restart_stream, visit.change_quality, visit.turn_sound_on),
            visit.use_webcodecs,
        ):
            await visit.check(do, subtests)
        assert await page.errors() == []
        await visit.check(visit.cut_off, subtests)
    assert running.our_complaints() == []


@dataclass(frozen=True, slots=True)
class Visit:
    """A page with the camera in both players, and its interruptions."""

    page: CameraPage
    link: Link
    home: Home
    seconds: float
    """The duration of an interruption."""

    async def check(
        self, do: Callable[[], Awaitable[None]], subtests: pytest.Subtests
    ) -> None:
        """Do something, after which both players are live."""
        with subtests.test(do.__name__):
            await do()
        for player in Player:
            with subtests.test(player=player.name, after=do.__name__):
                await self.page.wait_live(player, LIVE[player])

    async def open(self) -> None:
        """The camera has to be connected first."""
        await self.page.show("both")

    async def open_again(self) -> None:
        """The camera is connected already."""
        await self.page.show(NOTHING)
        await self.page.show("both")

    async def change_quality(self) -> None:
        """The small one is as live as the large one, also where a player changes to it."""
        # On a busy machine, hls.js may have changed down by itself.
        await self.page.page.evaluate(_CHANGE_TO, Player.STOCK, MAIN)
        for player in Player:
            await self._wait_width(player, MAIN)
        await self.page.page.evaluate(_CHANGE_TO, Player.STOCK, SMALL)
        await self._wait_width(Player.STOCK, SMALL)
        await self.page.wait_live(Player.STOCK, LIVE[Player.STOCK])
        await self.page.show("small")
        await self._wait_width(Player.OWN, SMALL)
        await self.page.wait_live(Player.OWN, LIVE[Player.OWN])
        await self.page.show("both")

    async def turn_sound_on(self) -> None:
        """With it, the picture goes on."""
        for player in Player:
            state = await self.page.page.evaluate(_PLAY_WITH_SOUND, player, 2)
            assert state == {"isMuted": False, "isPlaying": True}

    async def use_webcodecs(self) -> None:
        """As a muted card does over HTTPS; it goes on after the stream was restarted."""
        await self.page.allow_webcodecs(allowed=True)
        await self.page.page.evaluate(_MUTE, Player.OWN)
        await self.page.wait_webcodecs()
        await self.page.wait_live(Player.OWN, LIVE[Player.OWN])
        await self.restart_stream()

    async def pause(self) -> None:
        """As browsers do where they save power."""
        for player in Player:
            await self.page.pause(player)
        await asyncio.sleep(self.seconds)
        for player in Player:
            await self.page.resume(player)

    async def hide(self) -> None:
        """Another tab is in front."""
        await self.page.page.hide()
        await asyncio.sleep(self.seconds)
        await self.page.page.show()

    async def restart_stream(self) -> None:
        """The camera is connected again."""
        await self.home.restart_stream()

    async def cut_off(self) -> None:
        """The network is gone."""
        self.link.cut()
        await asyncio.sleep(self.seconds)
        self.link.mend()

    async def _wait_width(self, player: Player, width: int) -> None:
        await self.page.page.wait_for(_IS_WIDE, player, width)
