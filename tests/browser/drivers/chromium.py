"""Chromium, by the Chrome DevTools Protocol."""

import asyncio
import base64
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

from tests import tools
from tests.browser.chromium import flags

from .page import SIZE, ScriptError, WebPage, described
from .program import printed, program, temporary_folder
from .rpc import RpcConnection, RpcError

_EMPTY: Final = "about:blank"


class _Page(WebPage):
    def __init__(
        self, version: str, connection: RpcConnection, target: str, session: str
    ) -> None:
        super().__init__(version)
        self._connection = connection
        self._target = target
        self._session = session
        self._loaded = asyncio.Event()
        self._errors: list[str] = []
        connection.listen("Page.loadEventFired", lambda _: self._loaded.set())
        connection.listen("Runtime.consoleAPICalled", self._note_console)
        connection.listen("Runtime.exceptionThrown", self._note_exception)
        connection.listen("Log.entryAdded", self._note_entry)

    async def go_to(self, address: str) -> None:
        self._loaded.clear()
        answer = await self._call("Page.navigate", url=address)
        if error := answer.get("errorText"):
            raise ScriptError(f"{address}: {error}")
        await self._loaded.wait()

    async def hide(self) -> None:
        # Another tab of the same window, in front.
        await self._connection.call("Target.createTarget", {"url": _EMPTY})
        await self.wait_for("() => document.hidden")

    async def show(self) -> None:
        target = {"targetId": self._target}
        await self._connection.call("Target.activateTarget", target)
        await self.wait_for("() => !document.hidden")

    async def screenshot(self) -> bytes:
        return base64.b64decode((await self._call("Page.captureScreenshot"))["data"])

    async def errors(self) -> list[str]:
        return self._errors.copy()

    async def enable(self) -> None:
        """Have the page report its events."""
        for domain in ("Page", "Runtime", "Log"):
            await self._call(f"{domain}.enable")

    async def _run(self, expression: str) -> str:
        try:
            answer = await self._call(
                "Runtime.evaluate", expression=expression, awaitPromise=True
            )
        except RpcError as err:
            raise ScriptError(str(err)) from err
        if exception := answer.get("exceptionDetails"):
            raise ScriptError(_exception_text(exception))
        text: str = answer["result"]["value"]
        return text

    async def _call(self, method: str, **parameters: Any) -> dict[str, Any]:
        return await self._connection.call(method, parameters, sessionId=self._session)

    def _note_console(self, event: Mapping[str, Any]) -> None:
        if event["type"] in {"error", "assert"}:
            texts = (described(each, "value", "description") for each in event["args"])
            self._errors.append(" ".join(texts))

    def _note_exception(self, event: Mapping[str, Any]) -> None:
        self._errors.append(_exception_text(event["exceptionDetails"]))

    def _note_entry(self, event: Mapping[str, Any]) -> None:
        entry = event["entry"]
        if entry["level"] == "error":
            self._errors.append(described(entry, "text", "url"))


def _exception_text(details: Mapping[str, Any]) -> str:
    return described(details, "text") + described(
        details.get("exception", {}), "description", "value"
    )


@asynccontextmanager
async def chromium_page() -> AsyncIterator[WebPage]:
    """Open a page in a Chromium without a window."""
    async with temporary_folder() as folder:
        command: list[str | Path] = [
            tools.chromium(),
            "--headless",
            "--remote-debugging-port=0",
        ]
        command += [*flags(), f"--user-data-dir={folder / 'profile'}"]
        command += ["--window-size={},{}".format(*SIZE), _EMPTY]
        async with program(command, folder) as running:
            address = await printed(running, r"DevTools listening on (ws://\S+)")
            async with RpcConnection.open(address) as connection:
                yield await _open(connection)


async def _open(connection: RpcConnection) -> WebPage:
    version = (await connection.call("Browser.getVersion", {}))["product"]
    created = await connection.call("Target.createTarget", {"url": _EMPTY})
    target: str = created["targetId"]
    attach = {"targetId": target, "flatten": True}
    attached = await connection.call("Target.attachToTarget", attach)
    page = _Page(version.partition("/")[2], connection, target, attached["sessionId"])
    await page.enable()
    return page
