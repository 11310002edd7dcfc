"""Asks one RTSP server for the descriptions of its streams."""

import asyncio
from contextlib import suppress
from typing import Final

from ..streaming.sources.connect import ConnectError, Streams, connect
from ..streaming.sources.destinations import Origin
from ..streaming.sources.login import Login, parse_challenges
from ..streaming.sources.rtsp_message import BadMessageError, RtspMessage, read_message
from .credentials import Credentials

_ANSWER_TIMEOUT_S: Final = 3.0
_MAX_OTHER_MESSAGES: Final = 8
"""Packets and requests of the server that may come before its answer."""


class RtspClient:
    """A connection to a server, opened again whenever the server closes it."""

    def __init__(self, origin: Origin, credentials: Credentials) -> None:
        """Prepare for a server; nothing connects yet."""
        self._origin = origin
        self._credentials = credentials
        self._connection: Streams | None = None
        self._number = 0

    def url(self, path: str) -> str:
        """Return the address of a stream."""
        return f"{self._origin.scheme}://{self._origin.host_header}{path}"

    async def describe(self, path: str) -> RtspMessage | None:
        """Ask for a stream without a login; return None if there is no answer."""
        return await self._ask(path, None)

    async def describe_signed(self, path: str, refused: RtspMessage) -> int:
        """Ask for a stream with the login that an answer requires; return the status.

        0 if there is no answer, 401 if the login cannot be answered.
        """
        login = Login(self._credentials.username, self._credentials.password)
        is_second = False
        while login.take(
            parse_challenges(refused.values("www-authenticate")), is_second=is_second
        ):
            authorization = login.authorization("DESCRIBE", self.url(path))
            answer = await self._ask(path, authorization)
            if answer is None or answer.status != 401:
                return answer.status if answer else 0
            # Only a nonce that is too old is worth another request.
            refused, is_second = answer, True
        return 401

    async def close(self) -> None:
        """Close the connection."""
        if self._connection is not None:
            self._connection[1].close()
            self._connection = None

    async def _ask(self, path: str, authorization: str | None) -> RtspMessage | None:
        """Return an answer; a server may have closed a connection that worked before."""
        was_open = self._connection is not None
        answer = await self._ask_once(path, authorization)
        if answer is None and was_open:
            return await self._ask_once(path, authorization)
        return answer

    async def _ask_once(
        self, path: str, authorization: str | None
    ) -> RtspMessage | None:
        self._number += 1
        headers = [f"CSeq: {self._number}", "Accept: application/sdp"]
        if authorization:
            headers.append(f"Authorization: {authorization}")
        request = RtspMessage(f"DESCRIBE {self.url(path)} RTSP/1.0", headers)
        with suppress(
            OSError, BadMessageError, asyncio.IncompleteReadError, ConnectError
        ):
            async with asyncio.timeout(_ANSWER_TIMEOUT_S):
                if self._connection is None:
                    self._connection = await connect(self._origin)
                reader, writer = self._connection
                writer.write(request.to_bytes())
                for _ in range(_MAX_OTHER_MESSAGES):
                    message = await read_message(reader)
                    if isinstance(message, RtspMessage) and message.is_answer:
                        return message
        await self.close()
        return None
