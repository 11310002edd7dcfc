"""Chromium without a window."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from playwright.async_api import Browser, async_playwright

from tests import tools

# Nothing but what a page asks for, and pictures without a click.
_FLAGS: Final = (
    "--autoplay-policy=no-user-gesture-required",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-quic",
    "--disable-sync",
    "--no-first-run",
)


@asynccontextmanager
async def headless_chromium() -> AsyncIterator[Browser]:
    """Run a Chromium for as long as a `with` block lasts."""
    # Root cannot make a sandbox, and root is what tests run as in a container.
    flags = [*_FLAGS, "--no-sandbox"] if os.geteuid() == 0 else list(_FLAGS)
    async with (
        async_playwright() as playwright,
        await playwright.chromium.launch(
            executable_path=tools.chromium(), args=flags
        ) as browser,
    ):
        yield browser
