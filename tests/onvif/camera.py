"""A virtual ONVIF camera over HTTP."""

import base64
import hashlib
import ssl
from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Self
from urllib.parse import urlsplit
from xml.etree import ElementTree as ET

from aiohttp import web

from tests import web_listening
from tests.camera.auth import Authenticator, AuthScheme, Credentials, Verdict

from . import messages
from .events import EventRequest, EventService
from .messages import Channel, Quality

_PATHS = {
    "tds": "/onvif/device_service",
    "trt": "/onvif/media",
    "tr2": "/onvif/media2",
    "tev": "/onvif/events",
}
_MAX_AGE = timedelta(seconds=30)
PASSWORD = "secret"
_PAGE = "<!doctype html><title>Camera</title>"
_OPEN = {"GetSystemDateAndTime", "GetServices", "GetCapabilities"}
"""What the standard lets anyone ask."""


class LoginKind(StrEnum):
    """How a camera wants its users to sign in."""

    NONE = "none"
    SECURITY = "ws-usernametoken"
    DIGEST = "http-digest"
    EITHER = "either"
    BOTH = "both"
    """Two checks: one in front of the other."""


class OnvifCamera:
    """A camera that answers ONVIF on its own port of this machine."""

    def __init__(
        self,
        channels: Iterable[Channel],
        *,
        login: LoginKind = LoginKind.SECURITY,
        username: str = "admin",
        password: str = PASSWORD,
        services: Iterable[str] = ("trt", "tr2"),
        clock_offset: timedelta = timedelta(),
        reported_host: str | None = None,
        locks_after: int | None = None,
        has_services: bool = True,
        mac: str = "AC:CC:8E:12:34:56",
        manufacturer: str = "ACME",
        model: str = "Dome 4",
        host: str = "127.0.0.1",
        port: int = 0,
        events: EventService | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.channels = tuple(channels)
        self.login = login
        self.clock_offset = clock_offset
        self.calls: Counter[str] = Counter()
        self.logins = 0
        """Requests with a login."""
        self.rejections = 0
        self.answer: Callable[[str, str], str | None] = lambda operation, text: None
        """Answers in place of the camera, if it returns something."""
        self.mac = mac
        self._names = manufacturer, model
        self._username, self._password = username, password
        self._services = (*services, *(("tev",) if events else ()))
        self._events = events
        self._tls = tls
        self._reported_host = reported_host
        self._locks_after = locks_after
        self._has_services = has_services
        self._http = self._authenticator()
        self._host = host
        self._port = port
        self._running = AsyncExitStack()

    @property
    def port(self) -> int:
        """The port of the camera."""
        return self._port

    @property
    def _scheme(self) -> str:
        return "https" if self._tls else "http"

    async def __aenter__(self) -> Self:
        self._port = await self._listen(self._port)
        if self._events is not None:
            has_own_port = self._events.has_own_port
            own = await self._listen(0) if has_own_port else self._port
            self._events.use_ports(self._scheme, self._port, own)
        return self

    async def _listen(self, port: int) -> int:
        return await self._running.enter_async_context(
            web_listening.running(
                self._serve, host=self._host, port=port, tls=self._tls
            )
        )

    async def __aexit__(self, *_: object) -> None:
        await self._running.aclose()

    def change_password(self, password: str) -> None:
        """Accept another password from now on."""
        self._password = password
        self._http = self._authenticator()

    def _authenticator(self) -> Authenticator:
        user = Credentials(self._username, self._password)
        return Authenticator(user, AuthScheme.DIGEST, realm="ONVIF")

    async def _serve(self, request: web.Request) -> web.Response:
        if request.method != "POST":
            if request.path in _PATHS.values():
                return web.Response(status=405)
            return web.Response(text=_PAGE, content_type="text/html")
        text = await request.text()
        root, body = _request(text)
        if root is None or body is None:
            return _xml(messages.fault("s:Sender", "The request has no body"), 400)
        return await self._answer_call(request, text, root, body)

    async def _answer_call(
        self, request: web.Request, text: str, root: ET.Element, body: ET.Element
    ) -> web.Response:
        operation = body[0].tag.partition("}")[2]
        service = next(
            name
            for name, uri in messages.NAMESPACES.items()
            if body[0].tag.startswith(f"{{{uri}}}")
        )
        is_event = service in {"tev", "wsnt"} and self._events is not None
        if not is_event and request.path != _PATHS.get(service):
            return web.Response(status=404, text="<html>no such page</html>")
        self.calls[operation] += 1
        if instead := self.answer(operation, text):
            return _xml(instead)
        if operation not in _OPEN and (refusal := self._check(request, root)):
            return refusal
        if is_event:
            assert self._events is not None
            asked = EventRequest(request.path_qs, request.url.port, operation, root)
            return _xml(*await self._events.answer(asked))
        return _xml(messages.envelope(self._answer(service, operation, body[0])))

    # Logins

    def _check(self, request: web.Request, root: ET.Element) -> web.Response | None:
        """Return the refusal of a request, None if it may be answered."""
        token = root.find(".//{*}UsernameToken")
        header = request.headers.get("Authorization")
        has_login = token is not None or header is not None
        self.logins += has_login
        if self._locks_after is not None and self.rejections >= self._locks_after:
            return _xml(messages.fault("ter:Locked", "The account is locked"), 400)
        security = token is not None and self._is_signed(token)
        digest = self._http.check("POST", header) is Verdict.GRANTED
        granted = {
            LoginKind.NONE: True,
            LoginKind.SECURITY: security,
            LoginKind.DIGEST: digest,
            LoginKind.EITHER: security or digest,
            LoginKind.BOTH: security and digest,
        }[self.login]
        if granted:
            return None
        self.rejections += has_login
        if self.login is LoginKind.SECURITY:
            refusal = messages.fault("ter:NotAuthorized", "Sender not Authorized")
            return _xml(refusal, 400)
        challenge = {"WWW-Authenticate": self._http.challenge()}
        return web.Response(status=401, headers=challenge, text="Unauthorized")

    def _is_signed(self, token: ET.Element) -> bool:
        """Whether a UsernameToken has the right digest, and is new by our clock."""
        created = token.findtext("{*}Created", "")
        nonce = base64.b64decode(token.findtext("{*}Nonce", ""))
        age = self._now() - datetime.fromisoformat(created)
        digest = hashlib.sha1(
            nonce + created.encode() + self._password.encode(), usedforsecurity=False
        ).digest()
        return (
            abs(age) < _MAX_AGE
            and token.findtext("{*}Username") == self._username
            and token.findtext("{*}Password") == base64.b64encode(digest).decode()
        )

    # Answers

    def _now(self) -> datetime:
        return datetime.now(UTC) + self.clock_offset

    def _answer(self, service: str, operation: str, call: ET.Element) -> str:
        answers: dict[str, Callable[[], str]] = {
            "GetSystemDateAndTime": lambda: messages.time_answer(self._now()),
            "GetCapabilities": lambda: messages.capabilities_answer(
                self._address("trt"), self._address("tev") if self._events else None
            ),
            "GetDeviceInformation": lambda: messages.information_answer(*self._names),
            "GetNetworkInterfaces": lambda: messages.interfaces_answer(self.mac),
            "GetProfiles": lambda: messages.profiles_answer(service, self.channels),
            "GetStreamUri": lambda: messages.uri_answer(service, self._url(call)),
        }
        if self._has_services:
            addresses = {name: self._address(name) for name in self._services}
            answers["GetServices"] = lambda: messages.services_answer(addresses)
        if operation not in answers:
            return _body(messages.fault("ter:ActionNotSupported", "not supported"))
        return answers[operation]()

    def _address(self, service: str) -> str:
        host = self._reported_host or f"{self._host}:{self._port}"
        return f"{self._scheme}://{host}{_PATHS[service]}"

    def _url(self, call: ET.Element) -> str:
        wanted = call.findtext("{*}ProfileToken")
        tokens = (pair for channel in self.channels for pair in channel.tokens())
        url = next(quality.url for token, quality in tokens if token == wanted)
        if self._reported_host is None:
            return url
        parts = urlsplit(url)
        return parts._replace(netloc=f"{self._reported_host}:{parts.port}").geturl()


def one_channel(*qualities: Quality) -> list[Channel]:
    """Return the channels of a camera with one picture."""
    return [Channel(qualities=qualities)]


def _request(text: str) -> tuple[ET.Element | None, ET.Element | None]:
    """Return a request and its body; None for what it does not have."""
    try:
        root = ET.fromstring(text)  # noqa: S314 - a client of this machine wrote it
    except ET.ParseError:
        return None, None
    body = root.find(f"{{{messages.NAMESPACES['s']}}}Body")
    return root, body if body is not None and len(body) else None


def _xml(text: str, status: int = 200) -> web.Response:
    return web.Response(status=status, text=text, content_type="application/soap+xml")


def _body(envelope: str) -> str:
    return envelope.partition("<s:Body>")[2].partition("</s:Body>")[0]
