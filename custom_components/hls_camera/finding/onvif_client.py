"""Calls of ONVIF to one device: login, limits of time and size."""

import asyncio
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Final
from xml.etree.ElementTree import Element

import aiohttp
from yarl import URL

from ..streaming.sources.login import Login, parse_challenges
from .credentials import Credentials
from .errors import FindingError, FindingProblem
from .onvif_messages import DEVICE_PATH, GET_TIME, read_time
from .soap import (
    CONTENT_TYPE,
    SoapFaultError,
    envelope,
    read_answer,
    says_locked,
    username_token,
)
from .xml import MAX_BYTES, ForbiddenXmlError, XmlError

CALL_TIMEOUT_S: Final = 5.0
_MAX_USUAL_OFFSET: Final = timedelta(minutes=1)
"""Cameras accept a signature for at least this long."""
_REFUSED: Final = frozenset({401, 403})


class OnvifClient:
    """Sends calls to one device, and signs in to those that require it.

    A request first goes without a login, so that the device names the kinds that it
    accepts. The next one has all of them at once: that is one try, whichever counts.
    """

    def __init__(
        self, session: aiohttp.ClientSession, origin: URL, credentials: Credentials
    ) -> None:
        """Prepare for the device at an origin, such as `http://192.0.2.10:8000`."""
        self._session = session
        self._origin = origin
        self._credentials = credentials
        self._http_login = Login(credentials.username, credentials.password)
        self._must_sign = False
        self._was_accepted = False
        self._clock_offset = timedelta()

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

    async def call(self, path: str, request: str) -> Element:
        """Return the body of an answer.

        Raises:
            FindingError: the device rejects the login, or does not answer as it should.
            SoapFaultError: the device refuses this call for another reason.

        """
        with suppress(_RefusedError):
            return await self._exchange(path, request, signed=self._must_sign)
        # The first call that requires a login, or the nonce of the last one is too old.
        self._credentials.check()
        self._must_sign = True
        try:
            body = await self._exchange(path, request, signed=True)
        except _RefusedError as err:
            if self._was_accepted:
                raise SoapFaultError("The user may not do this") from err
            self._credentials.note_rejection()
            is_clock_wrong = abs(self._clock_offset) > _MAX_USUAL_OFFSET
            rejected, clock = FindingProblem.LOGIN_REJECTED, FindingProblem.CLOCK_WRONG
            raise FindingError(clock if is_clock_wrong else rejected) from err
        self._was_accepted = True
        return body

    async def _exchange(self, path: str, request: str, *, signed: bool) -> Element:
        """Send a request once.

        Raises:
            _RefusedError: the device requires a login, or rejects this one.
            FindingError: the account is locked, or the answer is none of ONVIF.
            SoapFaultError: the device refuses the request for another reason.

        """
        header = ""
        if signed:
            now = datetime.now(UTC) + self._clock_offset
            user = self._credentials
            header = username_token(user.username, user.password, now)
        answer = await self._post(path, envelope(request, header), signed=signed)
        try:
            return read_answer(answer.content)
        except SoapFaultError as err:
            if err.is_about_lock:
                raise FindingError(FindingProblem.LOCKED) from err
            if err.is_about_login or answer.status in _REFUSED:
                raise _RefusedError from err
            raise
        except ForbiddenXmlError as err:
            raise FindingError(FindingProblem.BAD_ANSWER, str(err)) from err
        except XmlError as err:
            if answer.status in _REFUSED:
                text = answer.content.decode(errors="replace")
                if says_locked(text):
                    raise FindingError(FindingProblem.LOCKED) from err
                raise _RefusedError from err
            raise FindingError(FindingProblem.ONVIF_OFF) from err

    async def _post(self, path: str, message: bytes, *, signed: bool) -> _Answer:
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
                asyncio.timeout(CALL_TIMEOUT_S),
                self._session.post(
                    url, data=message, headers=headers, allow_redirects=False
                ) as response,
            ):
                async for chunk in response.content.iter_any():
                    content += chunk
                    if len(content) > MAX_BYTES:
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
        if response.status in _REFUSED:
            offered = response.headers.getall("WWW-Authenticate", [])
            self._http_login.take(parse_challenges(offered))
        return _Answer(response.status, bytes(content))


class _RefusedError(Exception):
    """The device requires a login, or rejects this one."""


class _Answer:
    """The status and content of an HTTP response."""

    def __init__(self, status: int, content: bytes) -> None:
        self.status = status
        self.content = content
