"""Real browsers, each driven by its own protocol, behind one interface: a page.

`page` is the interface; `chromium`, `firefox` and `webkit` implement it. `rpc` is the
common part of Chrome DevTools Protocol and WebDriver BiDi, `webdriver` is W3C WebDriver,
`display` a screen that nobody sees, `program` a program for the time of a `with` block.
"""

from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from typing import Final

from .chromium import chromium_page
from .firefox import firefox_page
from .page import PageTimeoutError, ScriptError, WebPage
from .webkit import webkit_page

__all__ = ["BROWSERS", "PageTimeoutError", "ScriptError", "WebPage"]

BROWSERS: Final[Mapping[str, Callable[[], AbstractAsyncContextManager[WebPage]]]] = {
    "Chromium": chromium_page,
    "Firefox": firefox_page,
    "WebKitGTK": webkit_page,
}
"""Opens an empty page in a new browser with an empty profile; both end with the block."""
