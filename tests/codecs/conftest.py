"""A real browser, as the tests of the player have it."""

from tests.browser.conftest import chromium

__all__ = ["chromium"]
