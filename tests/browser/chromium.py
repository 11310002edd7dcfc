"""Chromium without a window."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from playwright.async_api import Browser, async_playwright

from tests import tools

# Nothing but what a page asks for, and pictures without a click.
_USUAL_FLAGS: Final = (
    "--autoplay-policy=no-user-gesture-required",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-quic",
    "--disable-sync",
    "--no-first-run",
)


def flags() -> list[str]:
    """Return how a Chromium for tests is started."""
    # Root cannot make a sandbox, and root is what tests run as in a container.
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
