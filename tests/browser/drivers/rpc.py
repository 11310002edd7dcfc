"""Calls over a WebSocket, as the Chrome DevTools Protocol and WebDriver BiDi have them.

Each call has an id, which its answer repeats; events come between the answers.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from itertools import count
from typing import Any, Self

import aiohttp


class RpcError(Exception):
    """A call was refused, or its connection was lost."""


class RpcConnection:
    """A connection to a browser."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket
        self._ids = count(1)
        self._answers: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._listeners: dict[str, Callable[[Mapping[str, Any]], None]] = {}

    @classmethod
    @asynccontextmanager
    async def open(cls, address: str) -> AsyncIterator[Self]:
        """Connect for as long as a `with` block lasts."""
        async with (
            aiohttp.ClientSession() as session,
            # A screenshot is one message.
            session.ws_connect(address, max_msg_size=0) as socket,
        ):
            connection = cls(socket)
            receiving = asyncio.create_task(connection._receive())
            try:
                yield connection
            finally:
                receiving.cancel()
                await asyncio.gather(receiving, return_exceptions=True)

    def listen(self, event: str, listener: Callable[[Mapping[str, Any]], None]) -> None:
        """Have a listener called with the parameters of each event of a name."""
        self._listeners[event] = listener

    async def call(
        self, method: str, parameters: Mapping[str, Any], **envelope: str
    ) -> dict[str, Any]:
        """Call a method and return its result; the envelope is beside the parameters."""
        number = next(self._ids)
        answer = asyncio.get_running_loop().create_future()
        self._answers[number] = answer
        message = {"id": number, "method": method, "params": parameters, **envelope}
        try:
            await self._socket.send_json(message)
            result: dict[str, Any] = await answer
        except aiohttp.ClientConnectionError as err:
            raise RpcError(f"{method}: the connection is lost") from err
        finally:
            del self._answers[number]
        return result

    async def _receive(self) -> None:
        async for message in self._socket:
            self._take(json.loads(message.data))
        for answer in self._answers.values():
            if not answer.done():
                answer.set_exception(RpcError("the connection is lost"))

    def _take(self, message: Mapping[str, Any]) -> None:
        if listener := self._listeners.get(message.get("method", "")):
            listener(message["params"])
        answer = self._answers.get(message.get("id", 0))
        if answer is None or answer.done():
            return
        if "error" in message:
            answer.set_exception(RpcError(json.dumps(message)))
        else:
            answer.set_result(message["result"])
