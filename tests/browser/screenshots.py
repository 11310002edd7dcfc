"""The README's screenshots of the running product, for `scripts/screenshots`."""

import asyncio
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Final

from playwright.async_api import Browser, FloatRect

from tests.demo.api import AddedCamera, CameraSettings
from tests.demo.cameras import demo_cameras, names
from tests.demo.home_assistant import HomeAssistant, free_port, home_assistant
from tests.onvif import OnvifCamera, Quality, one_channel

from .chromium import headless_chromium
from .home_assistant import INTEGRATIONS, AddCameraDialog, Frontend

_IMAGES: Final = Path(__file__).parents[2] / "docs" / "images"
_MARGIN: Final = 24
_SEARCH_S: Final = 90.0
"""For a search with all its stages, on a busy machine."""


def main() -> None:
    """Start a Home Assistant and take its picture."""
    _IMAGES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        running = stack.enter_context(
            home_assistant(Path(folder) / "config", port=free_port())
        )
        *some, another = stack.enter_context(
            demo_cameras(names(3), Path(folder) / "cameras.log")
        )
        asyncio.run(_take_all(running, running.set_up(some), another))


async def _take_all(
    running: HomeAssistant, shown: Sequence[AddedCamera], another: CameraSettings
) -> None:
    async with headless_chromium() as browser:
        await _take_dashboard(browser, running, shown)
        await _take_dialog(browser, running, another)


async def _take_dashboard(
    browser: Browser, running: HomeAssistant, shown: Sequence[AddedCamera]
) -> None:
    async with Frontend.open(browser, running) as frontend:
        for place, camera in enumerate(shown):
            await frontend.picture(camera.entity_id, place).wait_first_frame()
        await asyncio.sleep(70)  # for meaningful figures
        await frontend.page.screenshot(path=_IMAGES / "dashboard.png")


async def _take_dialog(
    browser: Browser, running: HomeAssistant, camera: CameraSettings
) -> None:
    async with Frontend.open(browser, running, INTEGRATIONS, scale=2) as frontend:
        dialog = await frontend.choose_integration()
        await dialog.expect_text("Find the camera")
        await _take_box(frontend, dialog, "menu.png")
        await dialog.choose("Find the camera")
        # An address as cameras have them, not that of the demo.
        await dialog.fill_fields(
            host="192.168.1.20", username="viewer", password="secret"
        )
        await _take_box(frontend, dialog, "add-camera.png")
        onvif = OnvifCamera(
            one_channel(Quality(url=camera.url)),
            username=camera.username,
            password=camera.password,
        )
        async with onvif:
            await dialog.fill_fields(
                host=f"127.0.0.1:{onvif.port}",
                username=camera.username,
                password=camera.password,
            )
            await dialog.press("Next")
            await dialog.expect_text("was found", _SEARCH_S)
        await _take_box(frontend, dialog, "found.png")


async def _take_box(frontend: Frontend, dialog: AddCameraDialog, name: str) -> None:
    await frontend.page.mouse.move(0, 0)
    await asyncio.sleep(1)  # for animations to end
    box = await dialog.box.locator("dialog").bounding_box()
    assert box
    around = FloatRect(
        x=box["x"] - _MARGIN,
        y=box["y"] - _MARGIN,
        width=box["width"] + 2 * _MARGIN,
        height=box["height"] + 2 * _MARGIN,
    )
    await frontend.page.screenshot(path=_IMAGES / name, clip=around)


if __name__ == "__main__":
    main()
