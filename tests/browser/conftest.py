"""A real browser."""

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser

from .chromium import headless_chromium


@pytest.fixture
async def chromium() -> AsyncIterator[Browser]:
    """A headless Chromium, for one test."""
    async with headless_chromium() as browser:
        yield browser
