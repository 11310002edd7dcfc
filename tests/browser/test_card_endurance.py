"""Our card for minutes: many cameras at once, with faults of each."""

import asyncio
import logging
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import quantiles
from typing import Final

import pytest
from playwright.async_api import Browser

from tests.demo.api import CameraSettings
from tests.demo.camera_program import camera_program
from tests.demo.dashboard import show_cards, show_panel
from tests.demo.home_assistant import free_port, home_assistant

from .card import CameraView, card
from .chromium import set_hidden
from .home_assistant import Frontend
from .link import Link
from .pictures import forget, observe, shown

_LOGGER = logging.getLogger(__name__)

CAMERAS: Final = 12
WALL_SECONDS: Final = 300
STALL: Final = 1.0
"""Seconds between two frames that a person would call a stall."""
RESPONSIVE: Final = 1.0
"""Seconds within which nineteen of twenty other requests are answered."""
BACK_SECONDS: Final = 60
"""Within which a picture has to be back."""

pytestmark = [pytest.mark.timeout(900), pytest.mark.slow]

# Something else that the dashboard asks of Home Assistant, in milliseconds.
_ASK: Final = """async () => {
  const { hass } = document.querySelector("home-assistant");
  const start = performance.now();
  await hass.callApi("GET", "config");
  return performance.now() - start;
}"""


@contextmanager
def pre_encoded(output: Path, port: int, count: int) -> Iterator[list[CameraSettings]]:
    """Serve cameras that repeat a clip: many encoders would distort the measurement."""
    clip = ("--clip", "--size", "320x180", "--fps", "15", "--keyframe-interval", "1")
    with camera_program(output, *clip, count=count, port=port) as addresses:
        yield [
            CameraSettings(name=f"Camera {number}", url=url)
            for number, url in enumerate(addresses, 1)
        ]


async def test_twelve_cameras_for_five_minutes(
    chromium: Browser, tmp_path: Path, socket_enabled: None
) -> None:
    """All advance without a stall, and the rest of the page goes on as well."""
    with ExitStack() as stack:
        running = stack.enter_context(
            home_assistant(tmp_path / "config", port=free_port())
        )
        cameras = stack.enter_context(
            pre_encoded(tmp_path / "cameras.log", free_port(), CAMERAS)
        )
        added = await asyncio.to_thread(running.set_up, cameras)
        async with running.api() as api:
            await show_panel(api, card(*(camera.entity_id for camera in added)))
        async with Frontend.open(chromium, running) as frontend:
            page = frontend.page
            await observe(page)
            await page.reload()
            for place in range(CAMERAS):
                await CameraView(page, place).wait_played(2)
            await forget(page)
            answers = []
            for _ in range(WALL_SECONDS):
                answers.append(await page.evaluate(_ASK) / 1000)
                await asyncio.sleep(1)
            pictures = await shown(page)
            problems = frontend.problems
    p50, p95 = (quantiles(answers, n=20)[at] for at in (9, 18))
    _LOGGER.info(
        "longest pause between two frames: %.2f s; frames: %d to %d; other requests: "
        "p50 %.0f ms, p95 %.0f ms, longest %.0f ms",
        max(picture.longest_pause for picture in pictures),
        min(picture.frames for picture in pictures),
        max(picture.frames for picture in pictures),
        *(1000 * each for each in (p50, p95, max(answers))),
    )
    assert len(pictures) == CAMERAS
    assert max(picture.longest_pause for picture in pictures) < STALL
    assert p95 < RESPONSIVE
    assert problems == []


async def test_ten_minutes_of_faults(
    chromium: Browser, tmp_path: Path, socket_enabled: None
) -> None:
    """The picture is back each time, and nobody has touched the page."""
    port = free_port()
    reports: dict[str, float] = {}
    with ExitStack() as stack:
        running = stack.enter_context(
            home_assistant(tmp_path / "config", port=free_port())
        )
        served = ExitStack()
        stack.callback(served.close)
        cameras = served.enter_context(pre_encoded(tmp_path / "cameras.log", port, 1))
        [added] = await asyncio.to_thread(running.set_up, cameras)
        async with running.api() as api:
            await show_cards(api, [card(added.entity_id)])
        async with (
            Link.to(running.address) as link,
            Frontend.open(chromium, running, address=link.address) as frontend,
        ):
            page, view = frontend.page, CameraView(frontend.page)
            await page.evaluate("window.untouched = true")
            await view.wait_played(2)

            await asyncio.to_thread(served.close)
            await view.wait_not_kind("playing")
            await asyncio.sleep(60)
            served.enter_context(pre_encoded(tmp_path / "cameras.log", port, 1))
            reports["camera rebooted"] = await back(view)
            await asyncio.sleep(30)

            await asyncio.to_thread(running.stop)
            await view.wait_not_kind("playing")
            running.start_again()
            reports["Home Assistant restarted"] = await back(view, 120)
            await asyncio.sleep(30)

            await set_hidden(page, True)
            await asyncio.sleep(90)
            await set_hidden(page, False)
            reports["tab slept"] = await back(view)
            await asyncio.sleep(30)

            link.cut()
            await view.wait_not_kind("playing")
            await asyncio.sleep(60)
            link.mend()
            reports["network came back"] = await back(view)
            await asyncio.sleep(120)
            await view.wait_played(5)
            assert await page.evaluate("window.untouched")
    for what, seconds in reports.items():
        _LOGGER.info("%s: picture after %.1f s", what, seconds)
    assert running.our_complaints() == []


async def back(view: CameraView, within: float = BACK_SECONDS) -> float:
    """Wait until the picture moves again; return the seconds that it took."""
    loop = asyncio.get_running_loop()
    start = loop.time()
    await view.wait_kind("playing", within)
    await view.wait_played(0.1)
    return loop.time() - start
