"""Take a picture of each form, state, dialog and card: `scripts/screenshots --walk FOLDER`.

Each is taken in light and dark, on a desktop and a phone, and cards in all browsers.
`FOLDER/index.html` shows them side by side, for a look at everything in a few minutes.
"""

import asyncio
import html
import os
import sys
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path
from typing import Final

from playwright.async_api import Browser, Error, Locator, Page

from tests.camera import Feed, TestCamera
from tests.camera.auth import Authenticator, Credentials
from tests.camera.media import Picture
from tests.demo.api import AddedCamera, CameraSettings
from tests.demo.cameras import demo_cameras, names
from tests.demo.dashboard import Card, show_views, stock_card, view_path
from tests.demo.home_assistant import HomeAssistant, free_port, home_assistant
from tests.onvif import OnvifCamera, Quality, one_channel

from .camera_page import NOTHING, CameraPage
from .card import CameraView, card
from .chromium import headless_chromium
from .drivers import BROWSERS
from .home_assistant import INTEGRATIONS, OUR_PAGE, AddCameraDialog, Frontend

_SIZE: Final = (640, 360)
_INTERNAL_URL: Final = "http://homeassistant.local:8123"
_SETTLE_S: Final = 1.5
"""Until animations have ended and figures are there."""
_WAIT_S: Final = 15.0
_TRIES: Final = 2
"""On a busy machine, a page of Home Assistant's may come without some of its texts."""
_SEARCH_S: Final = 90.0
"""For a search with all its stages, on a busy machine."""
_VARIANTS: Final = tuple(product(("desktop", "phone"), ("light", "dark")))
_USUAL: Final = "Chromium"
"""The browser that takes everything; the others take the views that may differ."""
_USERNAME: Final = "viewer"
_INVALID_SETTING: Final = {"HLS_CAMERA_PART_TARGET": "long"}
"""Leads to a repair."""
_OTHER_INTEGRATION: Final = """
camera:
  - platform: ffmpeg
    name: Porch
    input: {url}
"""


@dataclass(frozen=True, slots=True)
class Home:
    """A Home Assistant whose cameras are in all states."""

    running: HomeAssistant
    cameras: Sequence[AddedCamera]
    another: CameraSettings
    """A camera that has not been added."""

    onvif: OnvifCamera
    """A camera that the search finds; its stream is that of `another`."""

    @property
    def views(self) -> Sequence[str]:
        """The views of the dashboard."""
        return "card", "wall", "states", "unknown", "stock"

    async def show(self, **states: str) -> None:
        """Replace the dashboard with a view for each kind of card."""
        ids = [each.entity_id for each in self.cameras]
        shown: Sequence[Sequence[Card]] = (
            [card(ids[0])],
            [card(*ids[:3], title="Outside", columns=2)],
            [card(each) for each in states.values()],
            [card("camera.nowhere"), card("zone.home"), card()],
            [stock_card(ids[0])],
        )
        async with self.running.api() as api:
            await show_views(
                api, {NOTHING: [], **dict(zip(self.views, shown, strict=True))}
            )


class Walk:
    """One walk through everything, in one look on one device."""

    def __init__(self, frontend: Frontend, home: Home, folder: Path, look: str) -> None:
        self._frontend = frontend
        self._page: Page = frontend.page
        self._home = home
        self._folder = folder
        self.look = look
        self._programs = 0
        """Those that have an address: their names differ."""

    @property
    def parts(self) -> Sequence[Callable[[], Awaitable[None]]]:
        """The parts of the walk; each begins at a page of its own."""
        cards = (self._cards, self._details, self._more_info, self._editor)
        forms = (self._new, self._find, self._other, self._options)
        return (
            *cards,
            self._pages,
            *forms,
            self._publish,
            self._converter,
            self._reconfigure,
            self._sign_in,
            self._repair,
        )

    async def _cards(self) -> None:
        for view in self._home.views:
            await self._go(view_path(view))
            await self.take(f"card-{view}")

    async def _details(self) -> None:
        shown = await self._shown_card()
        if self.look.startswith("phone"):
            await shown.button("Controls").tap()
            await self.take("card-buttons")
        else:
            await shown.root.hover()
            await self.take("card-buttons")
        await shown.button("Details").press("Enter")
        await self.take("card-details")

    async def _more_info(self) -> None:
        shown = await self._shown_card()
        await shown.button("Garden").press("Enter")
        await self.take("more-info")

    async def _editor(self) -> None:
        await self._go(f"{view_path('card')}?edit=1")
        # The dashboard is drawn again for its editor: a button of before leads nowhere.
        edit = self._page.locator("hui-card-options").first.get_by_role(
            "button", name="Edit", exact=True
        )
        editor = self._page.locator("hui-dialog-edit-card")
        while not await editor.get_by_text("HLS Camera").count():
            await edit.click()
            await asyncio.sleep(_SETTLE_S)
        await self.take("card-editor")

    async def _shown_card(self) -> CameraView:
        await self._go(view_path("card"))
        shown = CameraView(self._page)
        await shown.wait_played(1)
        return shown

    async def _new(self) -> None:
        """Take the menu, and the form of a stream address up to its result."""
        another = self._home.another
        dialog = await self._menu()
        await self.take("form-menu")
        await dialog.choose("A stream address")
        await dialog.fill(replace(another, url="rtsp://192.168.1.20/stream1"))
        await self.take("form-address")
        await self._unfold("form-address-unfolded")
        await dialog.fill(replace(another, password="wrong"))
        await dialog.press("Next")
        await dialog.expect_text("rejected this username")
        await self.take("form-address-error")
        await dialog.fill(another)
        await dialog.press("Next")
        await dialog.expect_text("was found")
        await self.take("form-address-found")

    async def _find(self) -> None:
        dialog = await (await self._menu()).choose("Find the camera")
        login = {"username": self._home.another.username, "password": "wrong"}
        await dialog.fill_fields(host="192.168.1.20", **login)
        await self.take("form-find")
        await dialog.fill_fields(host=f"127.0.0.1:{self._home.onvif.port}")
        await dialog.press("Next")
        await dialog.expect_text("rejected this username", _SEARCH_S)
        await self.take("form-find-error")
        await dialog.fill_fields(password=self._home.another.password)
        await dialog.press("Next")
        await dialog.expect_text("was found", _SEARCH_S)
        await self.take("form-find-found")

    async def _other(self) -> None:
        await (await self._menu()).choose("Another integration's camera")
        await self.take("form-other-camera")

    async def _converter(self) -> None:
        await (await self._menu()).choose("A converter (go2rtc)")
        await self.take("form-converter")

    async def _publish(self) -> None:
        await self._go(OUR_PAGE)
        await self._choose_in_menu("Publish")
        await self.take("form-publish-menu")
        dialog = AddCameraDialog(self._page)
        await dialog.choose("Folder")
        await self.take("form-publish-folder")

    async def _menu(self) -> AddCameraDialog:
        await self._go(INTEGRATIONS)
        return await self._frontend.choose_integration()

    async def _options(self) -> None:
        await self._go(OUR_PAGE)
        await self.take("integration")
        name = self._home.cameras[0].name
        dialog = await self._frontend.configure(name)
        await self.take("form-options-menu")
        await dialog.choose("Options")
        await self.take("form-options")
        await self._unfold("form-options-unfolded")
        await self._go(OUR_PAGE)
        dialog = await self._frontend.configure(name)
        await dialog.choose("Addresses for other programs")
        await self.take("form-addresses")
        self._programs += 1
        await dialog.fill_fields(name=f"TV {self._programs} ({self.look})")
        await dialog.press("Submit")
        await dialog.expect_text("shown only now")
        await self.take("form-addresses-new")

    async def _reconfigure(self) -> None:
        await self._go(OUR_PAGE)
        await self._choose_in_menu("Reconfigure")
        await self.take("form-reconfigure")
        await self._unfold("form-reconfigure-unfolded")

    async def _sign_in(self) -> None:
        """Take the question for a rejected password."""
        await self._go(OUR_PAGE)
        await self._page.get_by_role("button", name="Reconfigure").first.click()
        await self.take("form-sign-in")

    async def _repair(self) -> None:
        await self._go("/config/repairs")
        await self.take("repairs")
        await self._page.get_by_text("Invalid setting ignored").first.click()
        await self.take("repair")

    async def _pages(self) -> None:
        """Take Home Assistant's pages about the cameras."""
        async with self._home.running.api() as api:
            entities = await api.command("config/entity_registry/list")
        of_first = self._home.cameras[0].entity_id
        [device] = [
            each["device_id"] for each in entities if each["entity_id"] == of_first
        ]
        for name, path in {
            "device": f"/config/devices/device/{device}",
            "system-health": "/config/repairs?dialog=system-health",
            "activity": "/logbook",
        }.items():
            await self._go(path)
            await self.take(name)

    async def _choose_in_menu(self, item: str) -> None:
        """Choose from the menu beside the first camera."""
        name = self._home.cameras[0].name
        row = self._page.locator("ha-config-entry-row").filter(has_text=name).first
        await row.get_by_role("button", name="Menu").first.click()
        await row.get_by_text(item, exact=True).first.click()

    async def _unfold(self, name: str) -> None:
        """Open all sections of a form, and take its end."""
        dialog = self._page.locator("dialog-data-entry-flow")
        sections: Sequence[Locator] = await dialog.locator("ha-expansion-panel").all()
        for section in sections:
            await section.get_by_role("button").first.click()
            await section.scroll_into_view_if_needed()
        await self.take(name)

    async def _go(self, path: str) -> None:
        await self._page.goto(path)
        await self._page.locator("home-assistant-main").wait_for(state="attached")
        await asyncio.sleep(_SETTLE_S)

    async def take(self, name: str) -> None:
        """Take the page."""
        await asyncio.sleep(_SETTLE_S)
        path = self._folder / f"{name}-{self.look}.jpg"
        await self._page.screenshot(path=path, type="jpeg", quality=70)


async def _walk(running: HomeAssistant, home: Home, folder: Path) -> list[str]:
    """Walk in all looks and browsers; return the problems."""
    problems: list[str] = []
    async with _states(home) as states, home.onvif, headless_chromium() as browser:
        await home.show(**states)
        async with home.running.api() as api:
            # Addresses for other programs need one that others can use.
            await api.command("config/core/update", internal_url=_INTERNAL_URL)
        for look in _VARIANTS:
            problems += await _walk_once(browser, home, folder, look)
        for name in BROWSERS:
            if name != _USUAL:
                await _take_cards(name, running, folder, home.views)
    return problems


async def _walk_once(
    browser: Browser, home: Home, folder: Path, look: tuple[str, str]
) -> list[str]:
    """Walk in one look; return the problems."""
    device, scheme = look
    async with Frontend.open(
        browser,
        home.running,
        scheme="dark" if scheme == "dark" else "light",
        is_phone=device == "phone",
    ) as frontend:
        frontend.page.set_default_timeout(_WAIT_S * 1000)
        walk = Walk(frontend, home, folder, f"{device}-{scheme}")
        return [each for part in walk.parts if (each := await _attempt(walk, part))]


async def _attempt(walk: Walk, part: Callable[[], Awaitable[None]]) -> str:
    """Take a part; return the problem if it fails each time.

    The rest is worth taking all the same.
    """
    problem = ""
    for _ in range(_TRIES):
        try:
            await part()
        except (Error, AssertionError) as err:
            problem = f"{walk.look}, {part.__name__}: {str(err).splitlines()[0]}"
        else:
            return ""
    await walk.take(f"failed{part.__name__}")
    return problem


async def _take_cards(
    browser: str, running: HomeAssistant, folder: Path, views: Sequence[str]
) -> None:
    async with CameraPage.open(browser, running.address, running.user) as page:
        for view in views:
            await page.show(view)
            await asyncio.sleep(2 * _SETTLE_S)
            path = folder / f"card-{view}-{browser}.png"
            path.write_bytes(await page.page.screenshot())


@asynccontextmanager
async def _states(home: Home) -> AsyncIterator[Mapping[str, str]]:
    """Have a camera that is off, one that is gone, and one that rejects its password."""
    async with AsyncExitStack() as stack:
        gone, locked = [
            await stack.enter_async_context(
                TestCamera(
                    Feed(size=_SIZE, picture=Picture.SCENE, title=title),
                    username=_USERNAME,
                    password=title,
                )
            )
            for title in ("Barn", "Pond")
        ]
        ids = {"off": home.cameras[3].entity_id}
        async with home.running.api() as api:
            for camera in (gone, locked):
                title = camera.feed.title
                settings = CameraSettings(
                    name=title, url=camera.url, username=_USERNAME, password=title
                )
                ids[title.lower()] = (await api.add_camera(settings)).entity_id
            await api.command(
                "call_service",
                domain="hls_camera",
                service="stop_stream",
                target={"entity_id": ids["off"]},
            )
        await gone.stop()
        locked.authenticator = Authenticator(Credentials(_USERNAME, "changed"))
        yield ids


def _write_index(folder: Path) -> None:
    """Write a page with a row for each name and a column for each look."""
    looks = ["-".join(each) for each in _VARIANTS]
    looks += [each for each in BROWSERS if each != _USUAL]
    found: dict[str, dict[str, str]] = {}
    for path in sorted(folder.glob("*-*.*g")):
        for look in looks:
            if path.stem.endswith(f"-{look}"):
                found.setdefault(path.stem.removesuffix(f"-{look}"), {})[look] = (
                    path.name
                )
    cells = [
        "".join(
            f'<td><a href="{files[look]}"><img loading="lazy" src="{files[look]}"></a>'
            if look in files
            else "<td>"
            for look in looks
        )
        for files in found.values()
    ]
    rows = [
        f"<tr><th>{html.escape(name)}{row}"
        for name, row in zip(found, cells, strict=True)
    ]
    head = "".join(f"<th>{look}" for look in ("", *looks))
    style = "body{font:14px sans-serif}img{max-height:380px;max-width:420px}"
    (folder / "index.html").write_text(
        f"<!doctype html><meta charset=utf-8><title>HLS Camera</title><style>{style}"
        f"</style><table><tr>{head}{''.join(rows)}</table>",
        encoding="utf-8",
    )


def main(folder: Path) -> None:
    """Start a Home Assistant with cameras, and walk through it."""
    folder.mkdir(parents=True, exist_ok=True)
    os.environ.update(_INVALID_SETTING)
    with tempfile.TemporaryDirectory() as temporary, ExitStack() as stack:
        *some, another = stack.enter_context(
            demo_cameras(names(5), Path(temporary) / "cameras.log", _SIZE)
        )
        running = stack.enter_context(
            home_assistant(
                Path(temporary) / "config",
                port=free_port(),
                configuration=_OTHER_INTEGRATION.format(url=some[0].url),
            )
        )
        onvif = OnvifCamera(
            one_channel(Quality(url=another.url, size=_SIZE)),
            username=another.username,
            password=another.password,
        )
        home = Home(running, running.set_up(some), another, onvif)
        problems = asyncio.run(_walk(running, home, folder))
    _write_index(folder)
    if problems:
        sys.exit("\n".join(("Not taken:", *problems)))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
