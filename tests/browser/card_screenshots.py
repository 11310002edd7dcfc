"""Screenshots of our card, in light and dark, for `scripts/screenshots`."""

import asyncio
import tempfile
from collections.abc import Sequence
from contextlib import AsyncExitStack, ExitStack
from pathlib import Path
from typing import Final, Literal

from playwright.async_api import Browser, FloatRect

from tests.camera import Feed, TestCamera
from tests.camera.media import Picture
from tests.demo.api import Api, CameraSettings
from tests.demo.cameras import demo_cameras, names
from tests.demo.dashboard import show_cards, show_panel
from tests.demo.home_assistant import HomeAssistant, free_port, home_assistant

from .card import CameraView, card
from .chromium import headless_chromium
from .home_assistant import Frontend

type Scheme = Literal["light", "dark"]

_SCHEMES: Final[tuple[Scheme, ...]] = ("light", "dark")
_IMAGES: Final = Path(__file__).parents[2] / "docs" / "images"
_SIZE: Final = (640, 360)
_FIGURES: Final = 4.0
"""Seconds after which the figures are meaningful."""


def main() -> None:
    """Start a Home Assistant and take its picture."""
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        running = stack.enter_context(
            home_assistant(Path(folder) / "config", port=free_port())
        )
        cameras = stack.enter_context(
            demo_cameras(names(6), Path(folder) / "cameras.log", _SIZE)
        )
        added = running.set_up(cameras)
        asyncio.run(_take_all(running, [camera.entity_id for camera in added]))


async def _take_all(running: HomeAssistant, cameras: Sequence[str]) -> None:
    async with (
        headless_chromium() as browser,
        running.api() as api,
    ):
        await show_panel(api, card(*cameras))
        await _take(browser, running, "wall", "dark", len(cameras), margin=0)
        await show_cards(api, [card(*cameras[:4], title="Outside")])
        await _take(browser, running, "wall", "light", 4)
        await show_cards(api, [card(cameras[0], grid_options={"columns": 24})])
        for scheme in _SCHEMES:
            await _take(browser, running, "card", scheme, 1, details=True)
        await _take_states(browser, running, api, cameras[0])


async def _take(
    browser: Browser,
    running: HomeAssistant,
    name: str,
    scheme: Scheme,
    count: int,
    *,
    details: bool = False,
    margin: float = 16,
) -> None:
    async with Frontend.open(browser, running, scheme=scheme) as frontend:
        for place in range(count):
            await CameraView(frontend.page, place).wait_played(1)
        if details:
            view = CameraView(frontend.page)
            await view.root.hover()
            await view.button("Details").click()
            await asyncio.sleep(_FIGURES)
        await _save(frontend, name, scheme, margin)


async def _take_states(
    browser: Browser, running: HomeAssistant, api: Api, off: str
) -> None:
    """Show one that is off, one that is gone, one that stumbles, one that never was."""
    feeds = [
        Feed(size=_SIZE, picture=Picture.SCENE, title=title)
        for title in ("Barn", "Pond")
    ]
    async with AsyncExitStack() as stack:
        gone, stumbling = [
            await stack.enter_async_context(TestCamera(feed)) for feed in feeds
        ]
        added = [
            await api.add_camera(CameraSettings(name=camera.feed.title, url=camera.url))
            for camera in (gone, stumbling)
        ]
        ids = [off, *(each.entity_id for each in added), "camera.driveway"]
        await show_cards(api, [card(*ids)])
        await _call(api, "stop_stream", off)
        await gone.stop()
        pages = {
            scheme: await stack.enter_async_context(
                Frontend.open(browser, running, scheme=scheme)
            )
            for scheme in _SCHEMES
        }
        for frontend in pages.values():
            await CameraView(frontend.page, 1).wait_kind("offline")
            await CameraView(frontend.page, 2).wait_played(1)
        await stumbling.stop()
        for scheme, frontend in pages.items():
            await CameraView(frontend.page, 2).wait_not_kind("playing")
            await _save(frontend, "states", scheme)


async def _call(api: Api, action: str, entity_id: str) -> None:
    await api.command(
        "call_service",
        domain="hls_camera",
        service=action,
        target={"entity_id": entity_id},
    )


async def _save(
    frontend: Frontend, name: str, scheme: Scheme, margin: float = 16
) -> None:
    """Save the picture of the card, with a margin around it."""
    box = await frontend.page.locator("hls-camera-card").first.bounding_box()
    assert box
    clip = FloatRect(
        x=box["x"] - margin,
        y=box["y"] - margin,
        width=box["width"] + 2 * margin,
        height=box["height"] + 2 * margin,
    )
    await frontend.page.screenshot(path=_IMAGES / f"{name}-{scheme}.png", clip=clip)


if __name__ == "__main__":
    main()
