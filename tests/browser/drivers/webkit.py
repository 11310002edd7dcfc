"""WebKitGTK, by its own WebDriver, on a screen that nobody sees."""

import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from tests import tools
from tests.demo.home_assistant import LOOPBACK, free_port

from .display import display
from .page import SIZE, ScriptError, WebPage
from .program import program, temporary_folder
from .webdriver import Session, WebDriverError

_SCRIPT_SECONDS: Final = 600.0
_RUN: Final = """
const done = arguments[arguments.length - 1];
(%s).then((text) => done({ text }), (error) => done({ error: String(error) }));
"""
# WebDriver has no console, and runs no script before those of the page: errors while a page
# is loaded are not seen.
_NOTE_ERRORS: Final = """() => {
  const errors = (window.notedErrors = []);
  const { error } = console;
  console.error = (...all) => {
    errors.push(all.map(String).join(" "));
    error.apply(console, all);
  };
  addEventListener("error", (event) => errors.push(event.message));
  addEventListener("unhandledrejection", (event) => errors.push(String(event.reason)));
}"""


class _Page(WebPage):
    def __init__(self, session: Session) -> None:
        super().__init__(session.capabilities["browserVersion"])
        self._session = session
        self._errors: list[str] = []

    async def go_to(self, address: str) -> None:
        self._errors = await self.errors()
        try:
            await self._session.post("/url", {"url": address})
        except WebDriverError as err:
            raise ScriptError(f"{address}: {err}") from err
        await self.evaluate(_NOTE_ERRORS)

    async def hide(self) -> None:
        # Scripts run in the tab that is in front only, but also in a minimised window.
        await self._session.post("/window/minimize", {})
        await self.wait_for("() => document.hidden")

    async def show(self) -> None:
        width, height = SIZE
        await self._session.post("/window/rect", {"width": width, "height": height})
        await self.wait_for("() => !document.hidden")

    async def screenshot(self) -> bytes:
        return base64.b64decode(await self._session.get("/screenshot"))

    async def errors(self) -> list[str]:
        noted: list[str] = await self.evaluate("() => window.notedErrors ?? []")
        return self._errors + noted

    async def _run(self, expression: str) -> str:
        parameters = {"script": _RUN % expression, "args": []}
        try:
            answer = await self._session.post("/execute/async", parameters)
        except WebDriverError as err:
            raise ScriptError(str(err)) from err
        if "error" in answer:
            raise ScriptError(answer["error"])
        text: str = answer["text"]
        return text


@asynccontextmanager
async def webkit_page() -> AsyncIterator[WebPage]:
    """Open a page in WebKitGTK's MiniBrowser."""
    async with temporary_folder() as folder, display(folder) as screen:
        port = free_port()
        command = (tools.webkit_driver(), f"--host={LOOPBACK}", f"--port={port}")
        environment = {
            "DISPLAY": screen,
            # A sandbox needs user namespaces, which containers lack.
            "WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS": "1",
        }
        browser = {
            "binary": str(tools.webkit_browser()),
            "args": ["--automation", "--autoplay-policy=allow"],
        }
        async with (
            program(command, folder, environment) as driver,
            Session.open(
                driver,
                f"http://{LOOPBACK}:{port}",
                {"webkitgtk:browserOptions": browser},
            ) as session,
        ):
            await session.post("/timeouts", {"script": int(1000 * _SCRIPT_SECONDS)})
            page = _Page(session)
            await page.show()
            yield page
