"""Calls of ONVIF to one device: login, limits of time and size."""

import asyncio
import copy
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Final, Self
from xml.etree.ElementTree import Element

import aiohttp
from aiohttp import ClientSession
from yarl import URL

from ..streaming.sources.connect import tls_context
from ..streaming.sources.login import Login, parse_challenges
from .credentials import Credentials
from .errors import FindingError, FindingProblem
from .onvif_messages import DEVICE_PATH, GET_TIME, read_time
from .soap import (
    CONTENT_TYPE,
    SoapFaultError,
    envelope,
    read_answer,
    reports_lock,
    username_token,
)
from .xml import MAX_BYTES, ForbiddenXmlError, XmlError

CALL_TIMEOUT_S: Final = 5.0
_MAX_USUAL_OFFSET: Final = timedelta(minutes=1)
"""Cameras accept a signature for at least this long."""
_REFUSED: Final = frozenset({401, 403})
_REDIRECTIONS: Final = frozenset({301, 302, 303, 307, 308})


def onvif_session(*, keeps_connections: bool = True) -> ClientSession:
    """Return a session for clients.

    Nothing unpacks answers, as they could grow beyond all limits. Any certificate is
    accepted: cameras sign their own.
    """
    return ClientSession(
        auto_decompress=False,
        cookie_jar=aiohttp.DummyCookieJar(),
        connector=aiohttp.TCPConnector(
            ssl=tls_context(), force_close=not keeps_connections
        ),
    )


class OnvifClient:
    """Sends calls to one device, and signs in to those that require it.

    A request first goes without a login, so that the device names the kinds that it
    accepts. The next one has all of them at once: that is one try, whichever counts.
    """

    def __init__(
        self, session: ClientSession, origin: URL, credentials: Credentials
    ) -> None:
        """Prepare for the device at an origin, such as `http://192.0.2.10:8000`."""
        self._session = session
        self._origin = origin
        self._credentials = credentials
        self._http_login = Login(credentials.username, credentials.password)
        self._must_sign = False
        self._was_accepted = False
        self._clock_offset = timedelta()
        self._max_bytes = MAX_BYTES

    async def read_clock(self) -> None:
        """Ask for the device's time, by which it checks signatures.

        Raises:
            FindingError: it does not answer as an ONVIF device.

        """
        try:
            body = await self._exchange(DEVICE_PATH, GET_TIME, signed=False)
        except _RefusedError, SoapFaultError:
            return  # It speaks ONVIF, but keeps its time to itself.
        if time := read_time(body):
            self._clock_offset = time - datetime.now(UTC)

    @property
    def origin(self) -> URL:
        """The scheme, host and port of the device."""
        return self._origin

    def at_port(self, port: int, *, max_bytes: int = MAX_BYTES) -> Self:
        """Return a client for another port of the same host, with the same login."""
        client = self._at(self._origin.with_port(port))
        client._max_bytes = max_bytes  # noqa: SLF001 - its own copy
        return client

    def with_tls(self, port: int) -> Self:
        """Return a client for HTTPS at a port of the same host, with the same login."""
        return self._at(self._origin.with_scheme("https").with_port(port))

    def _at(self, origin: URL) -> Self:
        client = copy.copy(self)
        client._origin = origin  # noqa: SLF001 - its own copy
        return client

    async def call(
        self, path: str, request: str, *, header: str = "", wait_s: float = 0.0
    ) -> Element:
        """Return the body of an answer.

        `header` is added to that of the login. `wait_s` is the time for which the request
        asks the device to wait before it answers.

        Raises:
            FindingError: the device rejects the login, or does not answer as it should.
            SoapFaultError: the device refuses this call for another reason.

        """
        exchange = partial(self._exchange, path, request, header=header, wait_s=wait_s)
        try:
            return await exchange(signed=self._must_sign)
        except _RefusedError as err:
            if self._was_accepted and not err.is_challenge:
                raise NotAllowedError(tries=1) from err
        # The first call that requires a login, or the nonce of the last one is too old.
        self._credentials.check()
        self._must_sign = True
        try:
            body = await exchange(signed=True)
        except _RefusedError as err:
            if self._was_accepted:
                raise NotAllowedError(tries=2) from err
            self._credentials.note_rejection()
            is_clock_wrong = abs(self._clock_offset) > _MAX_USUAL_OFFSET
            rejected, clock = FindingProblem.LOGIN_REJECTED, FindingProblem.CLOCK_WRONG
            raise FindingError(clock if is_clock_wrong else rejected) from err
        self._was_accepted = True
        return body

    async def _exchange(
        self,
        path: str,
        request: str,
        *,
        signed: bool,
        header: str = "",
        wait_s: float = 0.0,
    ) -> Element:
        """Send a request once.

        Raises:
            _RefusedError: the device requires a login, or rejects this one.
            FindingError: the account is locked, or the answer is none of ONVIF.
            SoapFaultError: the device refuses the request for another reason.

        """
        if signed:
            now = datetime.now(UTC) + self._clock_offset
            user = self._credentials
            header += username_token(user.username, user.password, now)
        message = envelope(request, header)
        answer = await self._post(path, message, signed=signed, wait_s=wait_s)
        try:
            return read_answer(answer.content)
        except SoapFaultError as err:
            if err.is_about_lock:
                raise FindingError(FindingProblem.LOCKED) from err
            if err.is_about_login or answer.status in _REFUSED:
                raise _RefusedError(is_challenge=answer.is_challenge) from err
            raise
        except ForbiddenXmlError as err:
            raise FindingError(FindingProblem.BAD_ANSWER, str(err)) from err
        except XmlError as err:
            if answer.status in _REFUSED:
                text = answer.content.decode(errors="replace")
                if reports_lock(text):
                    raise FindingError(FindingProblem.LOCKED) from err
                raise _RefusedError(is_challenge=answer.is_challenge) from err
            raise FindingError(FindingProblem.ONVIF_OFF) from err

    async def _post(
        self, path: str, message: bytes, *, signed: bool, wait_s: float
    ) -> _Answer:
        """Send a message and read the answer, within the limits.

        Raises:
            FindingError: there is no answer within the limits.

        """
        path, _, query = path.partition("?")
        # Built from its parts: a path may look like the address of another host.
        url = URL.build(
            scheme=self._origin.scheme,
            authority=self._origin.raw_authority,
            path=path,
            query_string=query,
            encoded=True,
        )
        headers = {"Content-Type": CONTENT_TYPE}
        if signed:
            authorization = self._http_login.authorization("POST", url.raw_path_qs)
            headers |= {"Authorization": authorization} if authorization else {}
        content = bytearray()
        try:
            async with (
                asyncio.timeout(CALL_TIMEOUT_S + wait_s),
                self._session.post(
                    url, data=message, headers=headers, allow_redirects=False
                ) as response,
            ):
                async for chunk in response.content.iter_any():
                    content += chunk
                    if len(content) > self._max_bytes:
                        detail = "the answer is too large"
                        raise FindingError(FindingProblem.BAD_ANSWER, detail)
        except TimeoutError as err:
            if not content:
                raise FindingError(FindingProblem.ONVIF_OFF) from err
            detail = "the answer takes too long"
            raise FindingError(FindingProblem.BAD_ANSWER, detail) from err
        except (aiohttp.ClientError, OSError, ValueError) as err:
            # Another protocol, or the connection ended.
            raise FindingError(FindingProblem.ONVIF_OFF) from err
        if response.status in _REDIRECTIONS:
            location = response.headers.get("Location", "")
            if port := _https_port(location, url):
                raise HttpsOnlyError(port)
        is_challenge = False
        if response.status in _REFUSED:
            offered = response.headers.getall("WWW-Authenticate", [])
            is_challenge = self._http_login.take(parse_challenges(offered))
        return _Answer(response.status, bytes(content), is_challenge)


def _https_port(location: str, asked: URL) -> int | None:
    """Return the port of HTTPS to which an answer leads, None if it leads elsewhere.

    Another host gets no request: it could collect logins.
    """
    try:
        target = asked.join(URL(location))
    except ValueError:
        return None
    is_same_host = (target.scheme, target.host) == ("https", asked.host)
    return target.port if is_same_host and asked.scheme == "http" else None


class HttpsOnlyError(FindingError):
    """The device answers by HTTPS only, at a port of the same host."""

    def __init__(self, port: int) -> None:
        """Keep the port."""
        super().__init__(FindingProblem.ONVIF_OFF, "the device requires HTTPS")
        self.port = port


class NotAllowedError(SoapFaultError):
    """The device refuses a request with a login that it has accepted before."""

    def __init__(self, tries: int) -> None:
        """Keep the number of requests that were sent with the login."""
        super().__init__("The user may not do this")
        self.tries = tries


class _RefusedError(Exception):
    """The device requires a login, or rejects this one."""

    def __init__(self, *, is_challenge: bool) -> None:
        self.is_challenge = is_challenge
        """Whether it asks for an answer to its challenge."""


@dataclass(frozen=True, slots=True)
class _Answer:
    """The status and content of an HTTP response."""

    status: int
    content: bytes
    is_challenge: bool
