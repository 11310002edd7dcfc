"""The processor time of cards in a browser, of Home Assistant and of FFmpeg.

    .venv/bin/python -m benchmarks.cards [--counts 1,12] [--seconds 20] [--runs 2]

Home Assistant's frontend shows so many cameras (640x360, 25 frames per second) in Chromium:
in our card with WebCodecs, in our card with Media Source Extensions, and in Home Assistant's own
cards. No card shows a camera of another one. Chromium decodes and draws without a graphics
processor here, so the figures compare the ways, and are above those of a usual computer.
"""

import argparse
import asyncio
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Final, NamedTuple

import psutil
from playwright.async_api import Browser, Page

from tests.browser.card import card
from tests.browser.chromium import headless_chromium
from tests.browser.home_assistant import Frontend
from tests.browser.live_player import MSE_ONLY
from tests.browser.pictures import forget, observe, shown
from tests.codecs.cost import spent
from tests.demo.api import CameraSettings
from tests.demo.camera_program import camera_program
from tests.demo.dashboard import Card, show_cards, show_panel, stock_card
from tests.demo.home_assistant import HomeAssistant, free_port, home_assistant

from .usage import Usage

_SOURCE: Final = ("--clip", "--size", "640x360", "--fps", "25")
_OURS: Final[Mapping[str, str]] = {
    "our card, WebCodecs": "",
    "our card, MSE": MSE_ONLY,
}
"""The ways of our card, and the scripts that leave only one to a page."""
_STOCK: Final = "Home Assistant's cards"
_SETTLE_S: Final = 8.0
_BROWSER: Final = "chrom"
"""The beginning of the names of Chromium's processes."""


class Cost(NamedTuple):
    """Used cores, and what was shown for them."""

    browser: float
    own: float
    """Of Home Assistant."""
    ffmpeg: float
    frames: float
    """Shown per second and picture."""
    longest_pause: float
    """Seconds between two frames of a picture."""


async def _measure(counts: Sequence[int], seconds: float, runs: int) -> None:
    most = max(counts)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="cards-")))
        running = await asyncio.to_thread(
            stack.enter_context, home_assistant(folder / "config", port=free_port())
        )
        addresses = await asyncio.to_thread(
            stack.enter_context,
            camera_program(folder / "cameras.log", *_SOURCE, count=most),
        )
        settings = [
            CameraSettings(name=f"Camera {number}", url=url)
            for number, url in enumerate(addresses, 1)
        ]
        added = await asyncio.to_thread(running.set_up, settings)
        cameras = [each.entity_id for each in added]
        print("| | browser | Home Assistant | FFmpeg | frames/s | longest pause |")
        print("| --- | --- | --- | --- | --- | --- |")
        async with headless_chromium() as browser:
            for count in counts:
                for name, script in {**_OURS, _STOCK: ""}.items():
                    cards = _cards(name, cameras[:count])
                    costs = [
                        await _cost(browser, running, cards, script, seconds)
                        for _ in range(runs)
                    ]
                    print(f"| {name}, {count} cameras | {_cells(costs)} |", flush=True)


def _cards(name: str, cameras: Sequence[str]) -> Sequence[Card]:
    if name == _STOCK:
        return [stock_card(camera) for camera in cameras]
    return [card(*cameras)]


async def _cost(
    browser: Browser,
    running: HomeAssistant,
    cards: Sequence[Card],
    script: str,
    seconds: float,
) -> Cost:
    async with running.api() as api:
        if len(cards) == 1:
            await show_panel(api, cards[0])
        else:
            await show_cards(api, cards)
    async with Frontend.open(browser, running) as frontend:
        page = frontend.page
        if script:
            await page.add_init_script(script)
        await observe(page)
        await page.reload()
        await asyncio.sleep(_SETTLE_S)
        return await _watch(page, running, seconds)


async def _watch(page: Page, running: HomeAssistant, seconds: float) -> Cost:
    await forget(page)
    browser = _browser_time()
    before = await asyncio.to_thread(Usage.of, running.process)
    await asyncio.sleep(seconds)
    load = (await asyncio.to_thread(Usage.of, running.process)).load_since(before)
    pictures = await shown(page)
    return Cost(
        (_browser_time() - browser) / seconds,
        *load,
        sum(each.frames for each in pictures) / len(pictures) / seconds,
        max(each.longest_pause for each in pictures),
    )


def _browser_time() -> float:
    children = psutil.Process().children(recursive=True)
    return spent([each for each in children if each.name().startswith(_BROWSER)])


def _cells(costs: Sequence[Cost]) -> str:
    """Return the lowest and the highest of each figure."""
    texts = []
    for name in Cost._fields:
        values = [getattr(cost, name) for cost in costs]
        form = "{:.1f}" if name == "frames" else "{:.2f}"
        low, high = form.format(min(values)), form.format(max(values))
        texts.append(low if low == high else f"{low} to {high}")
    return " | ".join(texts)


def _numbers(text: str) -> Sequence[int]:
    return tuple(map(int, text.split(",")))


def main() -> None:
    """Measure, and print a table of used cores."""
    parser = argparse.ArgumentParser(prog="benchmarks.cards", description=__doc__)
    parser.add_argument("--counts", type=_numbers, default=(1, 12))
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--runs", type=int, default=2)
    options = parser.parse_args()
    asyncio.run(_measure(options.counts, options.seconds, options.runs))


if __name__ == "__main__":
    main()
