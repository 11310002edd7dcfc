"""A page in a browser, whichever it is."""

import asyncio
import json
from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, Final

SIZE: Final = (1280, 900)
"""Of the browser's window."""
_WAIT_SECONDS: Final = 30.0
_ANSWER_SECONDS: Final = 30.0
"""Time in which a browser must run a script that waits for nothing."""

# `find` sees into open shadow roots, of which Home Assistant's frontend is made.
_CALL: Final = """
(async () => {
  const find = (selector, root = document) =>
    [...root.querySelectorAll("*")].flatMap((element) => [
      ...(element.matches(selector) ? [element] : []),
      ...(element.shadowRoot ? find(selector, element.shadowRoot) : []),
    ]);
  return JSON.stringify((await (%(function)s)(...%(arguments)s)) ?? null);
})()
"""
_WAIT: Final = """
async (seconds, ...rest) => {
  const end = performance.now() + 1000 * seconds;
  for (;;) {
    const value = await (%(condition)s)(...rest);
    if (value || performance.now() > end) return value;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
"""


class ScriptError(Exception):
    """A script in a page has thrown an exception, or cannot be run there."""


class PageTimeoutError(Exception):
    """A page did not meet a condition in time."""


class WebPage(ABC):
    """A page, alone in a browser of its own."""

    def __init__(self, version: str) -> None:
        self.version = version
        """The browser's, such as 140.12.0."""

    @abstractmethod
    async def go_to(self, address: str) -> None:
        """Open an address and wait until the page is loaded."""

    @abstractmethod
    async def hide(self) -> None:
        """Make the page invisible, as if a person had chosen another tab."""

    @abstractmethod
    async def show(self) -> None:
        """Make the page visible again."""

    @abstractmethod
    async def screenshot(self) -> bytes:
        """Return a PNG of the visible part."""

    @abstractmethod
    async def errors(self) -> list[str]:
        """Return the errors on the page's console and its uncaught exceptions so far."""

    @abstractmethod
    async def _run(self, expression: str) -> str:
        """Return the string that an expression's promise resolves to.

        Raises ScriptError where it does not.
        """

    async def evaluate(
        self, function: str, *arguments: Any, seconds: float = _ANSWER_SECONDS
    ) -> Any:
        """Call a JavaScript function in the page and return its result.

        The function may be `async`. `find(selector, root = document)` is in its scope: it
        returns the matching elements, those in shadow roots included. Arguments and result
        are JSON.
        """
        call = _CALL % {"function": function, "arguments": json.dumps(arguments)}
        try:
            async with asyncio.timeout(seconds):
                return json.loads(await self._run(call))
        except TimeoutError as err:
            raise PageTimeoutError(f"no answer within {seconds} s: {function}") from err

    async def wait_for(
        self, condition: str, *arguments: Any, seconds: float = _WAIT_SECONDS
    ) -> Any:
        """Call a function in the page until its result is truthy, and return that."""
        value = await self.evaluate(
            _WAIT % {"condition": condition},
            seconds,
            *arguments,
            seconds=seconds + _ANSWER_SECONDS,
        )
        if not value:
            raise PageTimeoutError(f"not within {seconds} s: {condition} {arguments}")
        return value


def described(error: Mapping[str, Any], *keys: str) -> str:
    """Return the texts of an error, in the order of the keys."""
    return " ".join(str(error[key]) for key in keys if error.get(key))
