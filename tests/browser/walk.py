"""Take a picture of each form, state, dialog and card: `scripts/screenshots --walk FOLDER`.

Each is taken in light and dark, on a desktop and a phone, and cards in all browsers.
`FOLDER/index.html` shows them side by side, for a look at everything in a few minutes.
"""

import asyncio
import html
import sys
import tempfile
from collections.abc import AsyncIterator, Mapping, Sequence
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

from .camera_page import NOTHING, CameraPage
from .card import CameraView, card
from .chromium import headless_chromium
from .drivers import BROWSERS
from .home_assistant import INTEGRATIONS, Frontend

_SIZE: Final = (640, 360)
_INTEGRATION: Final = "/config/integrations/integration/hls_camera"
_SETTLE_S: Final = 1.5
"""Until animations have ended and figures are there."""
_WAIT_S: Final = 15.0
_VARIANTS: Final = tuple(product(("desktop", "phone"), ("light", "dark")))
_USUAL: Final = "Chromium"
"""The browser that takes everything; the others take the views that may differ."""
_USERNAME: Final = "viewer"


@dataclass(frozen=True, slots=True)
class Home:
    """A Home Assistant whose cameras are in all states."""

    running: HomeAssistant
    cameras: Sequence[AddedCamera]
    another: CameraSettings
    """A camera that has not been added."""

    async def show(self, **states: str) -> Mapping[str, Sequence[Card]]:
        """Replace the dashboard with a view for each kind of card; return the views."""
        ids = [each.entity_id for each in self.cameras]
        views: dict[str, Sequence[Card]] = {
            NOTHING: [],
            "card": [card(ids[0])],
            "wall": [card(*ids[:3], title="Outside", columns=2)],
            "states": [card(each) for each in states.values()],
            "unknown": [card("camera.nowhere"), card("zone.home"), card()],
            "stock": [stock_card(ids[0])],
        }
        async with self.running.api() as api:
            await show_views(api, views)
        return views


class Walk:
    """One walk through everything, in one look on one device."""

    def __init__(self, frontend: Frontend, home: Home, folder: Path, look: str) -> None:
        self._frontend = frontend
        self._page: Page = frontend.page
        self._home = home
        self._folder = folder
        self._look = look

    async def cards(self, views: Sequence[str]) -> None:
        """Take the views of the dashboard, and the dialogs that open from them."""
        for view in views:
            await self._go(view_path(view))
            await self._take(f"card-{view}")
        await self._go(view_path("card"))
        shown = CameraView(self._page)
        await shown.wait_played(1)
        await shown.button("Details").press("Enter")
        await self._take("card-details")
        await self._go(view_path("card"))
        await shown.wait_played(1)
        await shown.button("Garden").press("Enter")
        await self._take("more-info")
        await self._go(f"{view_path('card')}?edit=1")
        await self._page.locator("hui-card-edit-mode .control").first.click()
        await self._take("card-editor")

    async def forms(self) -> None:
        """Take each form of a new camera, and those of one that was added."""
        another = self._home.another
        await self._go(INTEGRATIONS)
        dialog = await self._frontend.add_camera()
        await dialog.fill(replace(another, url="rtsp://192.168.1.20/stream1"))
        await self._take("form-new")
        await dialog.fill(replace(another, password="wrong"))
        await dialog.press("Next")
        await dialog.expect_text("rejected this username")
        await self._take("form-error")
        await dialog.fill(another)
        await dialog.press("Next")
        await dialog.expect_text("Camera found")
        await self._take("form-found")
        await self._go(_INTEGRATION)
        await self._take("integration")
        row = self._page.locator("ha-config-entry-row").first
        await row.get_by_role("button", name="Configure", exact=True).first.click()
        await self._take("form-options")
        await self._unfold("form-options-unfolded")
        await self._go(_INTEGRATION)
        await row.get_by_role("button", name="Menu").first.click()
        await row.get_by_text("Reconfigure", exact=True).first.click()
        await self._take("form-reconfigure")
        await self._unfold("form-reconfigure-unfolded")

    async def pages(self) -> None:
        """Take Home Assistant's pages about the cameras."""
        async with self._home.running.api() as api:
            entities = await api.command("config/entity_registry/list")
        of_first = self._home.cameras[0].entity_id
        [device] = [
            each["device_id"] for each in entities if each["entity_id"] == of_first
        ]
        for name, path in {
            "device": f"/config/devices/device/{device}",
            "repairs": "/config/repairs",
            "system-health": "/config/repairs?dialog=system-health",
            "activity": "/logbook",
        }.items():
            await self._go(path)
            await self._take(name)

    async def _unfold(self, name: str) -> None:
        """Open all sections of a form, and take its end."""
        dialog = self._page.locator("dialog-data-entry-flow")
        sections: Sequence[Locator] = await dialog.locator("ha-expansion-panel").all()
        for section in sections:
            await section.get_by_role("button").first.click()
            await section.scroll_into_view_if_needed()
        await self._take(name)

    async def _go(self, path: str) -> None:
        await self._page.goto(path)
        await self._page.locator("home-assistant-main").wait_for(state="attached")
        await asyncio.sleep(_SETTLE_S)

    async def _take(self, name: str) -> None:
        await asyncio.sleep(_SETTLE_S)
        path = self._folder / f"{name}-{self._look}.jpg"
        await self._page.screenshot(path=path, type="jpeg", quality=70)


async def _walk(running: HomeAssistant, home: Home, folder: Path) -> None:
    async with _states(home) as states, headless_chromium() as browser:
        views = await home.show(**states)
        shown = [each for each in views if each != NOTHING]
        for look in _VARIANTS:
            await _walk_once(browser, home, folder, shown, look)
        for name in BROWSERS:
            if name != _USUAL:
                await _take_cards(name, running, folder, shown)


async def _walk_once(
    browser: Browser,
    home: Home,
    folder: Path,
    views: Sequence[str],
    look: tuple[str, str],
) -> None:
    device, scheme = look
    async with Frontend.open(
        browser,
        home.running,
        scheme="dark" if scheme == "dark" else "light",
        is_phone=device == "phone",
    ) as frontend:
        frontend.page.set_default_timeout(_WAIT_S * 1000)
        walk = Walk(frontend, home, folder, f"{device}-{scheme}")
        for part in (walk.cards(views), walk.pages(), walk.forms()):
            try:
                await part
            except (Error, AssertionError) as err:
                # The rest is worth taking all the same.
                sys.stderr.write(f"{device}, {scheme}: {str(err).splitlines()[0]}\n")


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
    with tempfile.TemporaryDirectory() as temporary, ExitStack() as stack:
        running = stack.enter_context(
            home_assistant(Path(temporary) / "config", port=free_port())
        )
        *some, another = stack.enter_context(
            demo_cameras(names(5), Path(temporary) / "cameras.log", _SIZE)
        )
        home = Home(running, running.set_up(some), another)
        asyncio.run(_walk(running, home, folder))
    _write_index(folder)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
