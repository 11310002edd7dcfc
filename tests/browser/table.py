"""Measure the delay in each browser, and write the table of docs/browsers.md: `--help`.

A camera writes the time of capture into its picture, which is read from each browser's screen
ten seconds after opening, or after the end of an interruption. The long interruptions of all
browsers overlap, but the measurements do not.
"""

import argparse
import asyncio
import datetime as dt
import math
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Coroutine, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self

from aiohttp import ClientError

from tests.demo.api import AddedCamera, Api, CameraSettings
from tests.demo.camera_program import camera_program
from tests.demo.dashboard import show_views, stock_card
from tests.demo.home_assistant import HomeAssistant, free_port, home_assistant

from .camera_page import NOTHING, CameraPage, Player
from .card import card
from .drivers import BROWSERS, PageTimeoutError, ScriptError
from .link import Link
from .table_page import Cells, Column, Row, read_table, write_table

_REPORT: Final = Path(__file__).resolve().parents[2] / "docs" / "browsers.md"
_CAMERA: Final = (
    *("--picture", "capture_time", "--size", "640x360", "--fps", "25"),
    *("--keyframe-interval", "2", "--join", "new_idr"),
)
_AFTERWARDS: Final = 10.0
"""Seconds until a player should be at live again."""
_BEFORE: Final = 5.0
"""Seconds of playing before an interruption."""
_STAGGER: Final = 15.0
"""Seconds between two browsers: longer than the measurement of one."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A way to show a camera in a dashboard."""

    row: Row
    view: str
    player: Player
    pictures: int = 1


KINDS: Final = (
    Kind(Row.STOCK, "stock", Player.STOCK),
    # Over plain HTTP, Home Assistant turns off low latency for three or more players.
    Kind(Row.PLAIN, "plain", Player.STOCK, 3),
    Kind(Row.OWN, "own", Player.OWN),
)


class Bench:
    """Home Assistant with a camera and a view for each kind."""

    def __init__(self, running: HomeAssistant, camera: AddedCamera) -> None:
        self._running = running
        self._camera = camera

    @classmethod
    @asynccontextmanager
    async def start(cls) -> AsyncIterator[Self]:
        """Run it for the duration of a `with` block."""
        async with AsyncExitStack() as stack:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            running = await asyncio.to_thread(
                stack.enter_context,
                home_assistant(folder / "config", port=free_port()),
            )
            program = camera_program(folder / "camera.log", *_CAMERA)
            [url] = await asyncio.to_thread(stack.enter_context, program)
            settings = CameraSettings(name="Camera", url=url)
            [camera] = await asyncio.to_thread(running.set_up, [settings])
            stock = stock_card(camera.entity_id)
            cards = {Player.STOCK: stock, Player.OWN: card(camera.entity_id)}
            views = {kind.view: [cards[kind.player]] * kind.pictures for kind in KINDS}
            async with Api.log_in(running.address, running.user) as api:
                await show_views(api, {NOTHING: [], **views})
            yield cls(running, camera)

    async def make_cold(self) -> None:
        """Disconnect from the camera until somebody watches."""
        # Home Assistant closes a connection that is idle during a whole measurement.
        running = self._running
        async with Api.log_in(running.address, running.user) as api:
            await api.command(
                "call_service",
                domain="homeassistant",
                service="reload_config_entry",
                service_data={"entry_id": self._camera.entry_id},
            )

    @asynccontextmanager
    async def watch(self, browser: str, kind: Kind) -> AsyncIterator[Watch]:
        """Open a browser without a camera."""
        running = self._running
        async with (
            Link.to(running.address) as link,
            CameraPage.open(browser, link.address, running.user) as page,
        ):
            yield Watch(page, link, kind)


@dataclass(frozen=True, slots=True)
class Watch:
    """A browser that shows one kind, or nothing."""

    page: CameraPage
    link: Link
    kind: Kind

    async def opened(self, first: Column | None, then: Column) -> Cells:
        """Measure the first picture, if requested, and then the delay."""
        await self.page.show(NOTHING)
        await self.page.show(self.kind.view)
        began = time.monotonic()
        cells: Cells = {}
        if first:
            cells[first] = await self._first_picture()
        await asyncio.sleep(began + _AFTERWARDS - time.monotonic())
        cells[then] = await self.behind()
        return cells

    async def play_afresh(self) -> None:
        """Open it again, so that one interruption does not affect the next."""
        await self.page.show(NOTHING)
        await self.page.show(self.kind.view)
        await asyncio.sleep(_BEFORE)

    async def paused(self, column: Column, seconds: float) -> Cells:
        """Measure after a pause of the player."""
        await self.page.pause(self.kind.player)
        await asyncio.sleep(seconds)
        await self.page.resume(self.kind.player)
        return await self._afterwards(column)

    async def hidden(self, column: Column, seconds: float) -> Cells:
        """Measure after another tab was shown."""
        await self.page.page.hide()
        await asyncio.sleep(seconds)
        await self.page.page.show()
        return await self._afterwards(column)

    async def cut_off(self, column: Column, seconds: float) -> Cells:
        """Measure after a network failure."""
        self.link.cut()
        await asyncio.sleep(seconds)
        self.link.mend()
        return await self._afterwards(column)

    async def behind(self) -> float:
        """Return the longest delay of all pictures."""
        return await self.page.behind(self.kind.player)

    async def _first_picture(self) -> float:
        try:
            return await self.page.wait_first_picture(
                self.kind.player, self.kind.pictures
            )
        except PageTimeoutError:
            return math.inf

    async def _afterwards(self, column: Column) -> Cells:
        await asyncio.sleep(_AFTERWARDS)
        return {column: await self.behind()}


@dataclass(frozen=True, slots=True)
class Measured:
    """The figures of a browser."""

    version: str
    cells: Cells


async def _brief(bench: Bench, browser: str, kind: Kind) -> Measured:
    """Take the measurements that need seconds."""
    await bench.make_cold()
    async with bench.watch(browser, kind) as watch:
        cells = await watch.opened(Column.FIRST, Column.COLD)
        cells |= await watch.opened(None, Column.WARM)
        # It has played without interruption since it was opened.
        cells |= await watch.paused(Column.PAUSED_BRIEFLY, 6)
        await watch.play_afresh()
        cells |= await watch.cut_off(Column.CUT, 10)
        return Measured(watch.page.page.version, cells)


async def _long(bench: Bench, browser: str, kind: Kind, delay: float) -> Measured:
    """Take the measurements that need minutes."""
    await asyncio.sleep(delay)
    async with bench.watch(browser, kind) as watch:
        await watch.play_afresh()
        cells = await watch.paused(Column.PAUSED, 60)
        await watch.play_afresh()
        cells |= await watch.hidden(Column.HIDDEN, 60)
        return Measured(watch.page.page.version, cells)


async def _measure(
    report: Path, browsers: Sequence[str], kinds: Sequence[Kind]
) -> None:
    """Measure, and write the figures after each step, because all steps take long."""
    missing: list[str] = []

    async def keep(
        browser: str, kind: Kind, step: Coroutine[Any, Any, Measured]
    ) -> None:
        try:
            measured = await step
        except (PageTimeoutError, ScriptError, ClientError, OSError) as err:
            missing.append(f"{browser}, {kind.row}: {err}")
        else:
            _keep(report, browser, kind, measured)

    async with Bench.start() as bench:
        for kind in kinds:
            for browser in browsers:
                await keep(browser, kind, _brief(bench, browser, kind))
            async with asyncio.TaskGroup() as tasks:
                for place, browser in enumerate(browsers):
                    long = _long(bench, browser, kind, _STAGGER * place)
                    tasks.create_task(keep(browser, kind, long))
    if missing:
        sys.exit("\n".join(("Not measured:", *missing)))


def _keep(report: Path, browser: str, kind: Kind, measured: Measured) -> None:
    today = f"{dt.datetime.now().astimezone():%Y-%m-%d}"
    table = read_table(report)
    table.keep(
        *(browser, kind.row, measured.cells), version=measured.version, date=today
    )
    write_table(report, table)
    figures = ", ".join(
        f"{column}: {seconds:.2f}" for column, seconds in measured.cells.items()
    )
    sys.stdout.write(f"{browser}, {kind.row}: {figures}\n")
    sys.stdout.flush()


def main() -> None:
    """Measure the browsers and players that the command line names."""
    parser = argparse.ArgumentParser(prog="scripts/browsers", description=__doc__)
    add = parser.add_argument
    names = {name.lower(): name for name in BROWSERS}
    views = {kind.view: kind for kind in KINDS}
    add(
        "--only",
        choices=names,
        help="measure only this browser, and keep the figures of the others",
    )
    add(
        "--player",
        choices=views,
        help="measure only this player, and keep the figures of the others",
    )
    add("--report", type=Path, default=_REPORT, metavar="FILE")
    options = parser.parse_args()
    browsers = [names[options.only]] if options.only else list(BROWSERS)
    kinds = [views[options.player]] if options.player else KINDS
    asyncio.run(_measure(options.report, browsers, kinds))


if __name__ == "__main__":
    main()
