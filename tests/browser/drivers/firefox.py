"""Firefox, by WebDriver BiDi."""

import base64
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, Final

from tests import tools

from .page import SIZE, ScriptError, WebPage, described
from .program import printed, program, temporary_folder
from .rpc import RpcConnection, RpcError

# Pictures without a click, and no pages but ours. Firefox itself switches off what a driven
# one does not need, such as updates.
_PREFERENCES: Final = """\
user_pref("browser.aboutwelcome.enabled", false);
user_pref("browser.startup.page", 0);
user_pref("dom.ipc.processPrelaunch.enabled", false);
user_pref("media.autoplay.blocking_policy", 0);
user_pref("media.autoplay.default", 0);
"""


class _Page(WebPage):
    def __init__(self, version: str, connection: RpcConnection, context: str) -> None:
        super().__init__(version)
        self._connection = connection
        self._context = context
        self._errors: list[str] = []
        connection.listen("log.entryAdded", self._note)

    async def go_to(self, address: str) -> None:
        try:
            await self._call("browsingContext.navigate", url=address, wait="complete")
        except RpcError as err:
            raise ScriptError(f"{address}: {err}") from err

    async def hide(self) -> None:
        # Another tab of the same window, in front.
        await self._connection.call("browsingContext.create", {"type": "tab"})
        await self.wait_for("() => document.hidden")

    async def show(self) -> None:
        await self._call("browsingContext.activate")
        await self.wait_for("() => !document.hidden")

    async def screenshot(self) -> bytes:
        answer = await self._call("browsingContext.captureScreenshot")
        return base64.b64decode(answer["data"])

    async def errors(self) -> list[str]:
        return self._errors.copy()

    async def _run(self, expression: str) -> str:
        target = {"context": self._context}
        parameters = {"expression": expression, "target": target, "awaitPromise": True}
        try:
            answer = await self._connection.call("script.evaluate", parameters)
        except RpcError as err:
            raise ScriptError(str(err)) from err
        if answer["type"] == "exception":
            raise ScriptError(answer["exceptionDetails"]["text"])
        text: str = answer["result"]["value"]
        return text

    async def _call(self, method: str, **parameters: Any) -> dict[str, Any]:
        parameters["context"] = self._context
        return await self._connection.call(method, parameters)

    def _note(self, entry: Mapping[str, Any]) -> None:
        if entry["level"] == "error":
            self._errors.append(described(entry, "text"))


@asynccontextmanager
async def firefox_page() -> AsyncIterator[WebPage]:
    """Open a page in a Firefox without a window."""
    async with temporary_folder() as folder:
        profile = folder / "profile"
        profile.mkdir()
        (profile / "user.js").write_text(_PREFERENCES, encoding="utf-8")
        width, height = map(str, SIZE)
        command = (
            *(tools.firefox(), "--headless", "--no-remote", "--profile", profile),
            *("--remote-debugging-port", "0", "--width", width, "--height", height),
        )
        async with program(command, folder) as running:
            address = await printed(running, r"WebDriver BiDi listening on (ws://\S+)")
            async with RpcConnection.open(f"{address}/session") as connection:
                yield await _open(connection)


async def _open(connection: RpcConnection) -> WebPage:
    session = await connection.call("session.new", {"capabilities": {}})
    await connection.call("session.subscribe", {"events": ["log.entryAdded"]})
    tree = await connection.call("browsingContext.getTree", {"maxDepth": 0})
    [tab] = tree["contexts"]
    version = session["capabilities"]["browserVersion"]
    return _Page(version, connection, tab["context"])
