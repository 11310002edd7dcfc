"""The real browser of the player's tests."""

from tests.browser.conftest import chromium, chromium_address

__all__ = ["chromium", "chromium_address"]
