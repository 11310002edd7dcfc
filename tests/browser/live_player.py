"""The card's player in a page of its own, and its reports."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from playwright.async_api import Browser, Error, Page

from .page import FRONTEND, WATCH, page_server
from .player import Frame, PlayerError, delays, longest_gap, stalls

_PAGE: Final = Path(__file__).with_name("live_player.html")
_WAIT_SECONDS: Final = 20.0
STILLS_ONLY: Final = """
    delete window.VideoDecoder;
    delete window.MediaSource;
    delete window.ManagedMediaSource;
    HTMLMediaElement.prototype.canPlayType = () => "";
"""
"""A script that leaves a page no way to play but still images."""
MSE_ONLY: Final = "delete window.VideoDecoder;"
"""A script that leaves a page Media Source Extensions only, as over plain HTTP."""
_TROUBLE: Final = frozenset({"reconnecting", "failed"})


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveReport:
    """The report of a player; times are milliseconds since it was started."""

    first_frame: float | None
    """When the first frame was shown."""
    frames: Sequence[Frame]
    waits: Sequence[float]
    """When it ran out of media, after the first frame."""
    seeks: Sequence[float]
    """When it jumped, after the first frame."""
    dropped: int
    """Video frames decoded but not shown."""
    audio_bytes: int
    """Decoded."""
    longest_stall: float
    """Seconds that the position stood still, after the first frame."""
    states: Sequence[Mapping[str, Any]]
    """The player's state events, with their times."""
    statistics: Mapping[str, Any]
    """Its present statistics."""

    @property
    def errors(self) -> Sequence[Mapping[str, Any]]:
        """When it lost its connection, or gave up."""
        return [each for each in self.states if each["state"] in _TROUBLE]

    def delays(self, after: float = 0.0) -> list[float]:
        """Return the delays of frames shown `after` milliseconds from the start, in seconds."""
        return delays(self.frames, after)

    def longest_gap(self, after: float = 0.0) -> float:
        """Return the longest time between two frames shown, in seconds."""
        return longest_gap(self.frames, after)

    def stalls(self, after: float = 0.0) -> list[float]:
        """Return the notable stalls `after` milliseconds from the start, in seconds."""
        return stalls(self.frames, self.seeks, after)


class LivePlayer:
    """A page that plays a camera's live feed."""

    def __init__(self, page: Page) -> None:
        self.page = page

    async def watch(self, entrance: str, *, capture_time: bool = False) -> None:
        """Begin to play the stream at `CoreServer.address`."""
        await self.go_to(entrance)
        await self.page.evaluate("(capture) => watch(capture)", capture_time)

    async def go_to(self, entrance: str) -> None:
        """Let it connect there from now on."""
        await self.page.evaluate("(address) => { window.address = address; }", entrance)

    async def report(self) -> LiveReport:
        """Return the report so far."""
        data: dict[str, Any] = await self.page.evaluate("report()")
        data["frames"] = [Frame(*frame) for frame in data["frames"]]
        names = LiveReport.__slots__
        return LiveReport(**{name: data[name] for name in names})

    async def play(self, seconds: float) -> LiveReport:
        """Play for so long, from the first frame on, and return the report."""
        await self.wait_for("seen.first_frame !== null")
        await asyncio.sleep(seconds)
        return await self.report()

    async def wait_state(self, state: str) -> None:
        """Wait until the player is in a state."""
        await self.wait_for(f"player.detail.state === '{state}'")

    async def wait_mode(self, mode: str) -> None:
        """Wait until the player shows a picture in some way."""
        await self.wait_for(
            f"player.detail.mode === '{mode}' && player.detail.state === 'playing'"
        )

    async def wait_played(self, seconds: float) -> None:
        """Wait until so much more has been played, wherever on the timeline."""
        await self.page.evaluate("played = 0")
        await self.wait_for(f"played > {seconds}")

    async def wait_width(self, width: int) -> None:
        """Wait until the picture is so wide, in pixels."""
        await self.wait_for(f"shownPicture().videoWidth === {width}")

    async def wait_for(self, condition: str, timeout: float = _WAIT_SECONDS) -> None:
        """Wait until a condition of JavaScript holds."""
        try:
            await self.page.wait_for_function(condition, timeout=timeout * 1000)
        except Error as err:
            states = await self.page.evaluate("[states, player.statistics()]")
            raise PlayerError(f"not within {timeout} s: {condition}; {states}") from err


@asynccontextmanager
async def live_player(
    browser: Browser, script: str = "", *, is_phone: bool = False
) -> AsyncIterator[LivePlayer]:
    """Open a page that plays nothing yet; a script may remove features of the browser."""
    page = await browser.new_page(is_mobile=is_phone, has_touch=is_phone)
    try:
        if script:
            await page.add_init_script(script)
        async with page_server(_PAGE, *WATCH, FRONTEND) as address:
            await page.goto(address)
            await page.wait_for_function("window.watch !== undefined")
            yield LivePlayer(page)
    finally:
        await page.close()
