"""An endless file as an HTTP response."""

from http import HTTPStatus
from typing import Final

from aiohttp import web

from ..streaming.errors import HlsCameraError, StreamLimitError, StreamStoppedError
from ..streaming.outputs.file_delivery import MAX_UNSENT, keep_little_unsent
from ..streaming.outputs.hls_delivery import Delivery
from .http_response import PROTECTIVE_HEADERS, respond

_RETRY_SECONDS: Final = "5"
_REASONS: Final[dict[type[HlsCameraError], str]] = {
    StreamStoppedError: "The camera is turned off.",
    StreamLimitError: "The stream limit has been reached.",
}
"""Whoever has the address may know; other errors contain details of the camera."""


def unavailable(error: HlsCameraError | None = None) -> Delivery:
    """Return the response while a camera shows no picture."""
    known = _REASONS.get(type(error)) if error else None
    reason = known or "The camera shows no picture now."
    headers = {
        "Content-Type": "text/plain; charset=utf-8",
        "Cache-Control": "no-store",
        "Retry-After": _RETRY_SECONDS,
    }
    return Delivery(HTTPStatus.SERVICE_UNAVAILABLE, headers, (f"{reason}\n".encode(),))


class FileResponse:
    """The response to a request for an endless file; a `FileConnection`."""

    def __init__(self, request: web.Request, content_type: str) -> None:
        """Answer a request with a file of that type."""
        self._request = request
        self._file = web.StreamResponse(
            headers={
                "Content-Type": content_type,
                "Cache-Control": "no-store",
                # It begins at the present for everyone.
                "Accept-Ranges": "none",
                **PROTECTIVE_HEADERS,
            }
        )
        self.answer = self._file
        """What the view returns."""

    async def refuse(self, error: HlsCameraError) -> None:
        """Answer that there is no picture now."""
        self.answer = await respond(self._request, unavailable(error))

    async def begin(self) -> None:
        """Send the headers."""
        await self._file.prepare(self._request)
        if self._request.transport is not None:
            self._request.transport.set_write_buffer_limits(high=MAX_UNSENT)
            keep_little_unsent(self._request.transport, MAX_UNSENT)

    async def write(self, data: bytes) -> None:
        """Send a piece of the file."""
        await self._file.write(data)

    async def end(self) -> None:
        """Send the end of the response."""
        await self._file.write_eof()

    def abort(self) -> None:
        """Reset the connection."""
        if self._request.transport is not None:
            self._request.transport.abort()
