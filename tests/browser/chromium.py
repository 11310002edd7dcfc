"""Chromium without a window."""

import json
import os
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Final

from playwright.async_api import Browser, Page, async_playwright

from tests import tools
from tests.demo.leash import leashed, wait_for_line

_START_SECONDS: Final = 30.0

# No requests but those of the page, and pictures without a click.
_USUAL_FLAGS: Final = (
    "--autoplay-policy=no-user-gesture-required",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-quic",
    "--disable-sync",
    "--no-first-run",
)


def flags() -> list[str]:
    """Return the flags of a Chromium for tests."""
    # Root cannot make a sandbox, and tests in a container run as root.
    return [*_USUAL_FLAGS, "--no-sandbox"] if os.geteuid() == 0 else list(_USUAL_FLAGS)


@asynccontextmanager
async def headless_chromium() -> AsyncIterator[Browser]:
    """Run a Chromium for as long as a `with` block lasts."""
    async with (
        async_playwright() as playwright,
        await playwright.chromium.launch(
            executable_path=tools.chromium(), args=flags()
        ) as browser,
    ):
        yield browser


@contextmanager
def shared_chromium(folder: Path) -> Iterator[str]:
    """Run a Chromium for many; yield the address that Playwright connects to."""
    options = folder / "options.json"
    options.write_text(
        json.dumps({"executablePath": str(tools.chromium()), "args": flags()}),
        encoding="utf-8",
    )
    command = [sys.executable, "-m", "playwright", "launch-server"]
    command += ["--browser", "chromium", "--config", str(options)]
    with leashed(command, folder / "chromium.log") as program:
        yield wait_for_line(program, "ws://", _START_SECONDS)


async def set_hidden(page: Page, is_hidden: bool) -> None:
    """Show another tab, or this one again: Chromium without a window never hides one."""
    await page.evaluate(
        """(isHidden) => {
          const state = isHidden ? "hidden" : "visible";
          Object.defineProperty(document, "hidden", { value: isHidden, configurable: true });
          Object.defineProperty(document, "visibilityState", { value: state, configurable: true });
          document.dispatchEvent(new Event("visibilitychange"));
        }""",
        is_hidden,
    )
