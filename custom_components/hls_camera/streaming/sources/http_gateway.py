"""The gateway to web cameras: an HTTP proxy for all of FFmpeg's requests.

So it sees each address in a redirect or a playlist. FFmpeg speaks plain HTTP to it, also
where the camera speaks HTTPS, and gets the correct media type.
"""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Final, NamedTuple, Self, override
from urllib.parse import urljoin, urlsplit

from ..reasons import EndReason
from . import media_type
from .destinations import Origin
from .gateway import LOGIN_ATTEMPTS, Gateway, GatewayError, run_until_one_ends
from .http_answer import BadAnswerError, HttpAnswer
from .jpegs import JpegReader
from .local_endpoint import Trouble
from .login import parse_challenges

_MAX_PLAYLIST_BYTES: Final = 2 * 1024 * 1024
_WEB: Final = frozenset({"http", "https"})
_REQUEST_HEADERS_LEFT_OUT: Final = frozenset(
    {"authorization", "connection", "host", "proxy-authorization", "proxy-connection"}
)
_ANSWER_HEADERS_LEFT_OUT: Final = frozenset(
    {"connection", "content-length", "content-type", "keep-alive", "location"}
    | {"transfer-encoding", "www-authenticate"}
)
_HTTPS: Final = re.compile(
    r"https://(?:[^/\s\"?#]*@)?(?P<host>\[[^]]*\]|[^/\s\"?#:]+)(?::(?P<port>\d{1,5}))?"
)
_NO_STREAM: Final = {"text": EndReason.WEB_PAGE, "image": EndReason.STILL_IMAGE}
"""End reasons for types that are no stream, by the first half of the type."""


class _Request(NamedTuple):
    """A request of FFmpeg."""

    method: str
    target: str
    headers: list[str]

    @classmethod
    async def read(cls, reader: asyncio.StreamReader) -> Self:
        head = await reader.readuntil(b"\r\n\r\n")
        start, *lines = head.decode("utf-8", "surrogateescape").split("\r\n")
        method, target, _ = start.split(" ")
        return cls(method, target, [line for line in lines if line])

    def passed_on(self) -> list[str]:
        """Return the headers that the camera gets unchanged."""
        return [
            line
            for line in self.headers
            if line.partition(":")[0].strip().lower() not in _REQUEST_HEADERS_LEFT_OUT
        ]


class HttpGateway(Gateway):
    """FFmpeg's proxy."""

    @property
    def proxy(self) -> str:
        """The address of the proxy."""
        return self.url.removesuffix(urlsplit(self.url).path)

    _with_tls: frozenset[tuple[str, int]] = frozenset()
    """Hosts and ports that need TLS."""

    @override
    async def _serve(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        request = await _Request.read(reader)
        # FFmpeg sends nothing more until it hangs up.
        await run_until_one_ends(self._answer(request, writer), reader.read())

    async def _answer(self, request: _Request, writer: asyncio.StreamWriter) -> None:
        if request.method != "GET":
            return
        try:
            if request.target in {self.url, urlsplit(self.url).path}:
                location = self._without_tls(self._source.url)
                writer.write(_head(302, "Found", [("Location", location)]))
                return
            answer = await self._ask(request)
            try:
                await self._hand_on(answer, request.target, writer)
            finally:
                answer.close()
        except (BadAnswerError, GatewayError, asyncio.IncompleteReadError) as err:
            if isinstance(err, BadAnswerError):
                detail = "The answer is not HTTP"
                self.trouble = Trouble(EndReason.UNREADABLE, detail)
            # Too late, where media were sent: FFmpeg gets the end of the connection.
            writer.write(_head(502, "Bad Gateway", []))

    def _origin_of(self, target: str) -> Origin:
        """Return the origin of a request's target.

        Raises:
            ValueError: it is no request to a proxy.

        """
        origin = Origin.of(target)
        if origin is None or origin.scheme != "http":
            raise ValueError("no request to a proxy")
        if origin[1:] in self._with_tls:
            return origin._replace(scheme="https")
        return origin

    def _without_tls(self, url: str) -> str:
        """Return an address in the form for FFmpeg, which leaves TLS to the gateway.

        Raises:
            GatewayError: the source may not lead there.

        """
        parts = urlsplit(url)
        origin = Origin.of(parts)
        if origin is None or origin.scheme not in _WEB:
            place = origin.authority if origin else "..."
            raise self.failure(EndReason.REDIRECTED, f"{parts.scheme}://{place}")
        self._hold_to_allowed(origin)
        self._note_tls(origin)
        plain = parts._replace(
            scheme="http", netloc=origin.authority, path=parts.path or "/", fragment=""
        )
        return plain.geturl()

    def _note_tls(self, origin: Origin) -> None:
        place = frozenset({(origin.host, origin.port)})
        if origin.has_tls:
            self._with_tls |= place
        else:
            self._with_tls -= place

    async def _ask(self, request: _Request) -> HttpAnswer:
        """Return the camera's answer to a request, after its login."""
        origin = self._origin_of(request.target)
        attempt = 1
        answer = await self._exchange(origin, request)
        while (
            answer.status == 401
            and attempt < LOGIN_ATTEMPTS
            and self._can_answer(
                origin,
                parse_challenges(answer.values("www-authenticate")),
                is_second=attempt > 1,
            )
        ):
            answer.close()
            attempt += 1
            answer = await self._exchange(origin, request)
        return answer

    async def _exchange(self, origin: Origin, request: _Request) -> HttpAnswer:
        parts = urlsplit(request.target)
        uri = f"{parts.path or '/'}{f'?{parts.query}' if parts.query else ''}"
        lines = [f"GET {uri} HTTP/1.1", f"Host: {origin.host_header}"]
        lines += [*request.passed_on(), "Connection: close"]
        if self._destinations.may_know_login(origin) and (
            login := self._login.authorization("GET", uri)
        ):
            lines.append(f"Authorization: {login}")
        streams = await self._connect(origin)
        try:
            head = "\r\n".join([*lines, "", ""])
            streams[1].write(head.encode("utf-8", "surrogateescape"))
            return await HttpAnswer.read(streams)
        except (OSError, asyncio.IncompleteReadError) as err:
            streams[1].close()
            detail = "The camera closed the connection"
            raise self.failure(EndReason.DISCONNECTED, detail) from err
        except BaseException:
            streams[1].close()
            raise

    async def _hand_on(
        self, answer: HttpAnswer, target: str, writer: asyncio.StreamWriter
    ) -> None:
        """Pass an answer on to FFmpeg."""
        headers = [
            (name, value)
            for name, value in answer.headers
            if name.lower() not in _ANSWER_HEADERS_LEFT_OUT
        ]
        if location := answer.value("location"):
            self._count_redirect()
            scheme = self._origin_of(target).scheme
            base = urlsplit(target)._replace(scheme=scheme).geturl()
            headers.append(("Location", self._without_tls(_joined(base, location))))
        if not 200 <= answer.status < 300:
            writer.write(_head(answer.status, answer.phrase, headers))
            return
        async with aclosing(answer.body()) as body:
            await self._send(answer, headers, body, writer)

    async def _send(
        self,
        answer: HttpAnswer,
        headers: list[tuple[str, str]],
        body: AsyncIterator[bytes],
        writer: asyncio.StreamWriter,
    ) -> None:
        """Send media with their correct type."""
        kind = declared = answer.value("content-type")
        first = b""
        if _is_from_the_beginning(answer):
            first = await _first_bytes(body, declared.lower())
            kind = media_type.media_type(first, declared)
            if kind == media_type.HTML or kind.startswith("image/"):
                reason = _NO_STREAM[kind.partition("/")[0]]
                raise self.failure(reason, kind)
        self.trouble = None
        self._redirects = 0
        headers.append(("Content-Type", kind))
        if kind == media_type.HLS:
            text = (await _whole(first, body)).decode("utf-8", "replace")
            data = _HTTPS.sub(self._listed_without_tls, text).encode()
            headers.append(("Content-Length", str(len(data))))
            writer.write(_head(answer.status, answer.phrase, headers) + data)
            return
        if kind == media_type.MPJPEG:
            writer.write(_head(answer.status, answer.phrase, headers))
            await self._send_pictures(first, body, writer)
            return
        if not kind.startswith("multipart/"):
            headers += [("Content-Length", n) for n in answer.values("content-length")]
        writer.write(_head(answer.status, answer.phrase, headers) + first)
        async for data in body:
            writer.write(data)
            await writer.drain()

    async def _send_pictures(
        self, first: bytes, body: AsyncIterator[bytes], writer: asyncio.StreamWriter
    ) -> None:
        """Send the JPEGs of a multipart answer, without the text between them."""
        jpegs = JpegReader()
        count = 0
        data = first
        while data:
            for picture in jpegs.feed(data):
                writer.write(_part(picture))
                count += 1
            await writer.drain()
            data = await anext(body, b"")
        if count == 1:
            self.trouble = Trouble(EndReason.STILL_IMAGE, "image/jpeg")

    def _listed_without_tls(self, address: re.Match[str]) -> str:
        """Return an address of a playlist in the form for FFmpeg."""
        origin = Origin.of(f"https://{address['host']}:{address['port'] or 443}")
        if origin is None:
            return address[0]
        if self._destinations.allow(origin):
            self._note_tls(origin)
        return f"http://{origin.authority}"


def _joined(base: str, location: str) -> str:
    try:
        return urljoin(base, location)
    except ValueError as err:
        raise BadAnswerError from err


def _is_from_the_beginning(answer: HttpAnswer) -> bool:
    """Whether the first bytes of a file are in an answer: FFmpeg may ask for a part."""
    part = answer.value("content-range").lower().removeprefix("bytes").strip()
    return answer.status != 206 or part.startswith("0-")


async def _first_bytes(body: AsyncIterator[bytes], declared: str) -> bytes:
    """Return enough bytes to recognize the media type."""
    first = b""
    async for data in body:
        first += data
        if media_type.is_conclusive(first, declared):
            break
    return first


async def _whole(first: bytes, body: AsyncIterator[bytes]) -> bytes:
    data = first
    async for more in body:
        data += more
        if len(data) > _MAX_PLAYLIST_BYTES:
            raise BadAnswerError
    return data


def _part(picture: bytes) -> bytes:
    head = f"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: {len(picture)}\r\n"
    return head.encode() + b"\r\n" + picture + b"\r\n"


def _head(status: int, phrase: str, headers: list[tuple[str, str]]) -> bytes:
    lines = [f"HTTP/1.1 {status} {phrase}"]
    lines += [f"{name}: {value}" for name, value in headers]
    return "\r\n".join([*lines, "Connection: close", "", ""]).encode(
        "utf-8", "surrogateescape"
    )
