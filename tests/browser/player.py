"""hls.js in a page of its own, and its reports."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import Any, Final, NamedTuple

from playwright.async_api import Browser, CDPSession, Error, Page

from tests import tools

from .page import FRONTEND, WATCH, page_server

DEFAULT: Final[Mapping[str, object]] = {}
"""hls.js as it comes: low latency."""
PLAIN: Final[Mapping[str, object]] = {"lowLatencyMode": False}
"""hls.js as a player without low latency."""

NOTABLE_STALL: Final = 0.1
"""Seconds: shorter stalls are not visible."""
_PAGE: Final = Path(__file__).with_name("player.html")
_WAIT_SECONDS: Final = 30.0
_BEGIN_SEGMENT_AT_EACH_PART: Final = """() => {
  hls.on("hlsFragLoaded", (_, { frag }) => queueMicrotask(() =>
    hls.trigger("hlsFragChanged", { frag, previousFrag: null })));
}"""


class PlayerError(Exception):
    """The player did not meet a condition in time."""


class Frame(NamedTuple):
    """A frame that was shown."""

    at: float
    """Milliseconds since the player was given the address."""
    media_time: float
    """Seconds, on the timeline of the media element."""
    delay: float | None
    """Milliseconds from its capture; None without a readable time of capture."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """The report of a player; times are milliseconds since it was given the address."""

    version: str
    """Of hls.js."""
    at: float
    """When this report was made."""
    first_frame: float | None
    """When the first frame was shown."""
    frames: Sequence[Frame]
    errors: Sequence[Mapping[str, Any]]
    """Every error event of hls.js, fatal or not."""
    waits: Sequence[float]
    """When it ran out of media, after the first frame."""
    seeks: Sequence[float]
    """When it jumped, after the first frame."""
    discontinuities: int
    """The number that it has played across."""
    longest_stall: float
    """Seconds that the position stood still, after the first frame."""
    position: float
    """Seconds, on the timeline of the media element."""
    width: int
    height: int
    decoded: int
    """Video frames."""
    dropped: int
    """Video frames decoded but not shown."""
    audio_bytes: int
    """Decoded."""
    playback_rate: float
    latency: float
    """Seconds, as hls.js estimates it."""
    target_latency: float
    """Seconds."""
    media_sequence: int
    """The newest media sequence number it knows."""

    @property
    def played(self) -> float:
        """Seconds of media shown."""
        return self.frames[-1].media_time - self.frames[0].media_time

    def delays(self, after: float = 0.0) -> list[float]:
        """Return the delays of frames shown `after` milliseconds from the start, in seconds."""
        return delays(self.frames, after)

    def longest_gap(self, after: float = 0.0) -> float:
        """Return the longest time between two frames shown, in seconds."""
        return longest_gap(self.frames, after)

    def stalls(self, after: float = 0.0) -> list[float]:
        """Return the notable stalls `after` milliseconds from the start, in seconds."""
        return stalls(self.frames, self.seeks, after)


def delays(frames: Sequence[Frame], after: float = 0.0) -> list[float]:
    """Return the delays of frames shown `after` milliseconds from the start, in seconds."""
    return [
        frame.delay / 1000
        for frame in frames
        if frame.delay is not None and frame.at >= after
    ]


def stalls(
    frames: Sequence[Frame], seeks: Sequence[float] = (), after: float = 0.0
) -> list[float]:
    """Return the seconds above `NOTABLE_STALL` for which a picture stood longer than its due.

    Where the page has only missed frames, the position went on meanwhile. A jump that ends a
    stall looks the same, so gaps with one count in full.
    """
    pairs = [pair for pair in pairwise(frames) if pair[0].at >= after]
    if not pairs:
        return []
    usual = median(later.media_time - former.media_time for former, later in pairs)
    found = []
    for former, later in pairs:
        gap = (later.at - former.at) / 1000
        has_jumped = any(former.at <= seek <= later.at for seek in seeks)
        due = usual if has_jumped else max(later.media_time - former.media_time, usual)
        if gap - due > NOTABLE_STALL:
            found.append(gap - due)
    return found


def longest_gap(frames: Sequence[Frame], after: float = 0.0) -> float:
    """Return the longest time between two frames shown, in seconds."""
    times = [frame.at for frame in frames if frame.at >= after]
    gaps = [later - earlier for earlier, later in pairwise(times)]
    return max(gaps, default=0.0) / 1000


class Player:
    """A page that plays one stream."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self._network: CDPSession | None = None

    async def watch(
        self,
        address: str,
        config: Mapping[str, object] = DEFAULT,
        *,
        capture_time: bool = False,
        is_kept_live: bool = False,
    ) -> None:
        """Begin to play; `capture_time` reads the time of capture out of every frame.

        With `is_kept_live`, our module keeps the player at live, as in Home Assistant.
        """
        await self._page.evaluate(
            "([url, config, capture, live]) => watch(url, config, capture, live)",
            [address, dict(config), capture_time, is_kept_live],
        )

    async def report(self) -> Report:
        """Return the report so far."""
        data: dict[str, Any] = await self._page.evaluate("report()")
        data["frames"] = [Frame(*frame) for frame in data["frames"]]
        return Report(**data)

    async def wait_first_frame(self, timeout: float = _WAIT_SECONDS) -> None:
        """Wait until a picture is visible."""
        await self._wait_for("seen.first_frame !== null", timeout)

    async def _wait_for(self, condition: str, timeout: float) -> None:
        try:
            await self._page.wait_for_function(condition, timeout=timeout * 1000)
        except Error as err:
            report = await self.report()
            raise PlayerError(f"not within {timeout} s: {condition}; {report}") from err

    async def wait_discontinuity(self, timeout: float = _WAIT_SECONDS) -> None:
        """Wait until it has played across a discontinuity."""
        await self._wait_for("seen.discontinuities > 0", timeout)

    async def wait_width(self, width: int, timeout: float = _WAIT_SECONDS) -> None:
        """Wait until the picture has a width in pixels: a variant's."""
        await self._wait_for(f"video.videoWidth === {width}", timeout)

    async def forget_stalls(self) -> None:
        """Count them from zero: a stream that has just begun is short of media."""
        await self._page.evaluate("seen.longest_stall = 0")

    async def throttle(self, bits_per_second: int | None) -> None:
        """Let the page's downloads be so slow from now on, or as fast as they can be."""
        if self._network is None:
            # One session: the settings of another one would stay.
            self._network = await self._page.context.new_cdp_session(self._page)
            await self._network.send("Network.enable")
        await self._network.send(
            "Network.emulateNetworkConditions",
            {
                "offline": False,
                "latency": 20,
                "downloadThroughput": bits_per_second / 8 if bits_per_second else -1,
                "uploadThroughput": -1,
            },
        )

    async def begin_segment_at_each_part(self) -> None:
        """Let hls.js take a segment for one that begins to play whenever a part has come.

        Then it removes played media, and parses the part at the same time.
        """
        await self._page.evaluate(_BEGIN_SEGMENT_AT_EACH_PART)

    async def played_media(self) -> float:
        """Return the seconds of media before the position that are still buffered."""
        seconds: float = await self._page.evaluate(
            "video.currentTime - video.buffered.start(0)"
        )
        return seconds

    async def play(self, seconds: float) -> Report:
        """Play for so long, from the first frame on, and return the report."""
        await self.wait_first_frame()
        await asyncio.sleep(seconds)
        return await self.report()


@asynccontextmanager
async def open_player(browser: Browser) -> AsyncIterator[Player]:
    """Open a page that plays nothing yet."""
    page = await browser.new_page()
    try:
        async with page_server(_PAGE, *WATCH, tools.hls_js(), FRONTEND) as page_address:
            await page.goto(page_address)
            yield Player(page)
    finally:
        await page.close()


@asynccontextmanager
async def playing(
    browser: Browser,
    address: str,
    config: Mapping[str, object] = DEFAULT,
    *,
    capture_time: bool = False,
    is_kept_live: bool = False,
) -> AsyncIterator[Player]:
    """Play a stream; the options are those of `Player.watch()`."""
    async with open_player(browser) as player:
        await player.watch(
            address, config, capture_time=capture_time, is_kept_live=is_kept_live
        )
        yield player
