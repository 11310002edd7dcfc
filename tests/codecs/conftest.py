"""A real browser, as the tests of the player have it."""

from tests.browser.conftest import chromium, chromium_address

__all__ = ["chromium", "chromium_address"]
