"""A real browser."""

from collections.abc import AsyncIterator, Iterator

import pytest
from playwright.async_api import Browser, async_playwright

from .chromium import shared_chromium


@pytest.fixture(scope="session")
def chromium_address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """One Chromium for all tests: each would wait a second for its own."""
    with shared_chromium(tmp_path_factory.mktemp("chromium")) as address:
        yield address


@pytest.fixture
async def chromium(chromium_address: str) -> AsyncIterator[Browser]:
    """A headless Chromium, with pages of its own for one test."""
    async with (
        async_playwright() as playwright,
        await playwright.chromium.connect(chromium_address) as browser,
    ):
        yield browser
