"""The gateway to RTSP cameras: it passes messages between FFmpeg and the camera.

Until the camera plays, it reads each request and answer; afterwards it passes bytes on
unread.
"""

import asyncio
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, override
from urllib.parse import urlsplit

from ..reasons import EndReason
from .connect import BUFFER_BYTES, Streams
from .destinations import Origin
from .gateway import LOGIN_ATTEMPTS, Gateway, GatewayError, run_until_one_ends
from .login import ffmpeg_can_answer, parse_challenges
from .rtsp_message import BadMessageError, RtspMessage, read_message
from .source import Source

_REFUSED: Final = b"RTSP/1.0 401 "
_SOURCE: Final = re.compile(r";\s*source=[^;,]*", re.IGNORECASE)


class RtspGateway(Gateway):
    """Serves FFmpeg in place of the camera."""

    def __init__(self, source: Source, allowed_hosts: Iterable[str]) -> None:
        """Use `open()` instead."""
        super().__init__(source, allowed_hosts)
        self.target = source.url
        """The camera's address, or the one that it redirected to."""

    @override
    async def _serve(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        first = await _read_request(reader)
        if first is None or first.start.split(" ")[1] != self.url:
            return
        origin = Origin.of(self.target)
        assert origin is not None, "only such a target is taken"
        try:
            camera = await self._connect(origin)
            try:
                conversation = _Conversation(self, origin, (reader, writer), camera)
                await conversation.go_on(first)
            finally:
                camera[1].close()
        except GatewayError:
            cseq = f"CSeq: {first.value('cseq')}"
            writer.write(RtspMessage("RTSP/1.0 502 Bad Gateway", [cseq]).to_bytes())

    def address_of(self, url: str) -> str:
        """Return the camera's address for the one in a request of FFmpeg."""
        if url.startswith(self.url):
            return self.target + url.removeprefix(self.url)
        return url

    def authorization(self, origin: Origin, method: str, url: str) -> str | None:
        """Return the Authorization header of a request, where the camera wants one."""
        if not self._destinations.may_know_login(origin):
            return None
        return self._login.authorization(method, url)

    def can_answer(
        self, origin: Origin, headers: list[str], *, is_second: bool
    ) -> bool:
        """Whether the camera may accept another request with credentials."""
        challenges = parse_challenges(headers)
        if not self._can_answer(origin, challenges, is_second=is_second):
            return False
        self.is_needed = self.is_needed or not ffmpeg_can_answer(headers)
        return True

    def follow(self, location: str) -> None:
        """Follow a redirect of the camera.

        Raises:
            GatewayError: it may not lead there.

        """
        try:
            parts = urlsplit(location)
        except ValueError as err:
            raise self.failure(EndReason.UNREADABLE, "No address to go to") from err
        origin = Origin.of(parts)
        if origin is None or origin.scheme != "rtsp":
            place = origin.authority if origin else "..."
            raise self.failure(EndReason.REDIRECTED, f"{parts.scheme}://{place}")
        self._hold_to_allowed(origin)
        self._count_redirect()
        host = parts.netloc.rpartition("@")[2]
        self.target = parts._replace(netloc=host, fragment="").geturl()
        # FFmpeg alone would follow any redirect, at any time.
        self.is_needed = True


@dataclass(slots=True)
class _Request:
    """A request of FFmpeg's that waits for its answer."""

    method: str
    message: RtspMessage
    attempts: int = 1


class _Conversation:
    """One connection of FFmpeg's to the camera."""

    def __init__(
        self, gateway: RtspGateway, origin: Origin, ffmpeg: Streams, camera: Streams
    ) -> None:
        self._gateway = gateway
        self._origin = origin
        self._from_ffmpeg, self._to_ffmpeg = ffmpeg
        self._from_camera, self._to_camera = camera
        self._waiting: dict[str, _Request] = {}
        """By the number of the request, until the camera plays."""
        self._is_playing = False

    async def go_on(self, first: RtspMessage) -> None:
        """Pass messages in both directions until one side closes the connection."""
        self._ask(first)
        await run_until_one_ends(self._pass_requests(), self._pass_answers())

    async def _pass_requests(self) -> None:
        while True:
            message = await read_message(self._from_ffmpeg)
            if isinstance(message, bytes):
                self._to_camera.write(message)
            elif message.is_answer:
                self._to_camera.write(message.to_bytes())
            else:
                self._ask(message)
            await self._to_camera.drain()

    def _ask(self, message: RtspMessage) -> None:
        """Pass a request on; its answer is read unless the camera plays already."""
        request = _Request(message.start.split(" ")[0], message)
        if not self._is_playing:
            self._waiting[message.value("cseq")] = request
        self._send(request)

    def _send(self, request: _Request) -> None:
        message = request.message
        method, asked, version = message.start.split(" ")
        url = self._gateway.address_of(asked)
        headers = message.without("authorization")
        if login := self._gateway.authorization(self._origin, method, url):
            headers.append(f"Authorization: {login}")
        sent = RtspMessage(f"{method} {url} {version}", headers, message.body)
        self._to_camera.write(sent.to_bytes())

    async def _pass_answers(self) -> None:
        try:
            while not self._is_playing:
                message = await read_message(self._from_camera)
                if isinstance(message, bytes):
                    self._to_ffmpeg.write(message)
                elif not message.is_answer:
                    self._to_ffmpeg.write(message.to_bytes())
                else:
                    request = self._waiting.pop(message.value("cseq"), None)
                    self._hand_on(message, request)
                await self._to_ffmpeg.drain()
        except BadMessageError as err:
            detail = "The answer is not RTSP"
            raise self._gateway.failure(EndReason.UNREADABLE, detail) from err
        except asyncio.IncompleteReadError as err:
            if not self._waiting:
                raise
            detail = "The camera closed the connection"
            raise self._gateway.failure(EndReason.DISCONNECTED, detail) from err
        while data := await self._from_camera.read(BUFFER_BYTES):
            self._note_challenge(data)
            self._to_ffmpeg.write(data)
            await self._to_ffmpeg.drain()

    def _note_challenge(self, data: bytes) -> None:
        """Note a new nonce, for the requests that keep the session."""
        start = data.find(_REFUSED)
        if start >= 0:
            head = data[start:].partition(b"\r\n\r\n")[0]
            lines = head.decode("utf-8", "surrogateescape").splitlines()
            challenges = RtspMessage(lines[0], lines[1:]).values("www-authenticate")
            self._gateway.can_answer(self._origin, challenges, is_second=False)

    def _hand_on(self, answer: RtspMessage, request: _Request | None) -> None:
        """Pass an answer on to FFmpeg, unless the request is repeated with credentials."""
        method = request.method if request else ""
        status = answer.status
        if status == 401:
            if request is not None and self._asks_again(answer, request):
                return
            # FFmpeg has no credentials, and would ask again without.
            answer.headers = answer.without("www-authenticate")
        elif 300 <= status < 400 and (location := answer.value("location")):
            self._gateway.follow(location)
            answer.replace("Location", self._gateway.url)
        elif (method, status) == ("DESCRIBE", 200) and not answer.value("content-base"):
            answer.replace("Content-Base", self._gateway.target)
        elif (method, status) == ("SETUP", 200):
            self._name_source(answer)
        self._is_playing = (method, status) == ("PLAY", 200)
        self._to_ffmpeg.write(answer.to_bytes())

    def _asks_again(self, answer: RtspMessage, request: _Request) -> bool:
        """Repeat a refused request with credentials, if that may help; return whether it was."""
        if request.attempts == LOGIN_ATTEMPTS or not self._gateway.can_answer(
            self._origin,
            answer.values("www-authenticate"),
            is_second=request.attempts > 1,
        ):
            return False
        request.attempts += 1
        self._waiting[request.message.value("cseq")] = request
        self._send(request)
        return True

    def _name_source(self, answer: RtspMessage) -> None:
        """Name the sender of datagrams: FFmpeg would accept only ours."""
        transport = answer.value("transport")
        if "interleaved" not in transport.lower() and "/tcp" not in transport.lower():
            host = self._to_camera.get_extra_info("peername")[0]
            transport = f"{_SOURCE.sub('', transport)};source={host}"
            answer.replace("Transport", transport)


async def _read_request(reader: asyncio.StreamReader) -> RtspMessage | None:
    try:
        message = await read_message(reader)
    except BadMessageError:
        return None
    return None if isinstance(message, bytes) or message.is_answer else message
