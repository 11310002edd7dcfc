"""W3C WebDriver: one session, over HTTP."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from typing import Any, Final, Self

import aiohttp

from tests.demo.leash import Leashed

_WHILE_NOT_LISTENING: Final = 0.05
"""Seconds from one try to connect to the next."""


class WebDriverError(Exception):
    """A command was refused."""


class Session:
    """A browser that a driver has started."""

    def __init__(self, http: aiohttp.ClientSession) -> None:
        self._http = http
        self._path = ""
        self.capabilities: Mapping[str, Any] = {}
        """The capabilities that the driver has granted."""

    @classmethod
    @asynccontextmanager
    async def open(
        cls, driver: Leashed, address: str, capabilities: Mapping[str, Any]
    ) -> AsyncIterator[Self]:
        """Wait for a driver that was just started, and have it start a browser."""
        async with aiohttp.ClientSession(address) as http:
            session = cls(http)
            await session._wait_listening(driver)
            wanted = {"capabilities": {"alwaysMatch": capabilities}}
            created = await session.post("/session", wanted)
            session.capabilities = created["capabilities"]
            session._path = f"/session/{created['sessionId']}"
            try:
                yield session
            finally:
                with suppress(aiohttp.ClientError):
                    await session._command("DELETE", "")

    async def get(self, path: str) -> Any:
        """Ask for something."""
        return await self._command("GET", path)

    async def post(self, path: str, parameters: Mapping[str, Any]) -> Any:
        """Have something done."""
        return await self._command("POST", path, parameters)

    async def _wait_listening(self, driver: Leashed) -> None:
        while True:
            driver.check()
            with suppress(aiohttp.ClientConnectionError):
                await self.get("/status")
                return
            await asyncio.sleep(
                _WHILE_NOT_LISTENING
            )  # it does not report that it listens

    async def _command(
        self, method: str, path: str, parameters: Mapping[str, Any] | None = None
    ) -> Any:
        path = self._path + path
        async with self._http.request(method, path, json=parameters) as response:
            value = (await response.json())["value"]
            if not response.ok:
                raise WebDriverError(f"{value['error']}: {value['message']}")
            return value
