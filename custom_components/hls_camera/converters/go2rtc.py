"""The HTTP API of go2rtc, as far as conversions need it.

go2rtc answers 200 to almost anything: that a stream was added does not mean that it works.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Final

import aiohttp
from yarl import URL

from ..http_body import read_body
from ..streaming.errors import InvalidSourceError
from ..streaming.sources.source import Source
from .errors import ConverterError, ConverterProblem

_TIMEOUT: Final = aiohttp.ClientTimeout(total=1.5)
"""Of a request that go2rtc answers at once: a viewer may be waiting for the next host."""
_SELF_TEST_TIMEOUT: Final = aiohttp.ClientTimeout(total=20.0)
_MAX_ANSWER_BYTES: Final = 4 * 1024 * 1024
_WORKS: Final = "OK"
_H264: Final = "video=h264#"


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """The address of a host's API, and the login there."""

    url: URL
    username: str = ""
    password: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class HostInfo:
    """What go2rtc reports about itself."""

    version: str
    rtsp_port: int


class Go2rtc:
    """The API of one host. It follows no redirect: the login is for one host."""

    def __init__(self, session: aiohttp.ClientSession, address: Address) -> None:
        """Use a session of the caller."""
        self._session = session
        self._address = address
        login = (
            aiohttp.encode_basic_auth(address.username, address.password)
            if address.username
            else None
        )
        self._headers = {"Authorization": login} if login else {}

    @property
    def host(self) -> str:
        """The name or IP address of the host."""
        return self._address.url.host or ""

    async def info(self) -> HostInfo:
        """Return the version and the port of the RTSP server.

        Raises:
            ConverterError: the host does not answer, or is no go2rtc.

        """
        report = await self._json("")
        rtsp = report.get("rtsp")
        listen = rtsp.get("listen") if isinstance(rtsp, Mapping) else None
        version = report.get("version")
        if not isinstance(version, str):
            raise ConverterError(ConverterProblem.NOT_GO2RTC)
        port = str(listen or "").rpartition(":")[2]
        if not port.isdecimal() or not 0 < int(port) < 1 << 16:
            raise ConverterError(ConverterProblem.NO_RTSP)
        return HostInfo(version=version, rtsp_port=int(port))

    async def names(self) -> frozenset[str]:
        """Return the names of all streams, ours and others'.

        Raises:
            ConverterError: the host does not answer.

        """
        return frozenset(await self._json("streams"))

    async def add(self, name: str, source: str) -> None:
        """Add a stream in memory; go2rtc connects to the source when somebody reads it.

        Raises:
            ConverterError: the host does not answer, or refuses.

        """
        query = {"name": name, "src": source}
        status, _ = await self._request("PATCH", "streams", query)
        if status != HTTPStatus.OK:
            # Its words repeat the source, with the camera's credentials.
            raise ConverterError(ConverterProblem.REFUSED, str(status))

    async def remove(self, name: str) -> None:
        """Remove a stream.

        Raises:
            ConverterError: the host does not answer, or keeps it.

        """
        # Versions differ in the key.
        query = {"src": name, "name": name}
        status, _ = await self._request("DELETE", "streams", query)
        # It answers 400 where it cannot write its configuration, although it obeyed.
        if status != HTTPStatus.OK and name in await self.names():
            raise ConverterError(ConverterProblem.REFUSED, str(status))

    async def working_hardware(self) -> tuple[str, ...]:
        """Return the names of the hardware encoders of H.264 that passed the self-test.

        Raises:
            ConverterError: the host does not answer.

        """
        status, body = await self._request(
            "GET", "ffmpeg/hardware", timeout=_SELF_TEST_TIMEOUT
        )
        if status == HTTPStatus.NOT_FOUND:
            return ()
        sources = self._decoded(status, body).get("sources")
        tests = [
            (each.get("name"), str(each.get("url", "")))
            for each in (sources if isinstance(sources, list) else ())
            if isinstance(each, Mapping)
        ]
        return tuple(
            url.rpartition("hardware=")[2]
            for result, url in tests
            if result == _WORKS and _H264 in url
        )

    def source(self, name: str, rtsp_port: int) -> Source:
        """Return the address of a stream on the RTSP server.

        Raises:
            ConverterError: the host's name cannot be that of an RTSP server.

        """
        host = f"[{self.host}]" if ":" in self.host else self.host
        try:
            return Source.parse(
                f"rtsp://{host}:{rtsp_port}/{name}",
                self._address.username or None,
                self._address.password or None,
            )
        except InvalidSourceError as err:
            raise ConverterError(ConverterProblem.NO_RTSP) from err

    async def _json(self, path: str) -> Mapping[str, Any]:
        return self._decoded(*await self._request("GET", path))

    def _decoded(self, status: int, body: bytes) -> Mapping[str, Any]:
        try:
            answer = json.loads(body)
        except ValueError, RecursionError:
            answer = None
        if status != HTTPStatus.OK or not isinstance(answer, Mapping):
            raise ConverterError(ConverterProblem.NOT_GO2RTC, str(status))
        return answer

    async def _request(
        self,
        method: str,
        path: str,
        query: Mapping[str, str] | None = None,
        *,
        timeout: aiohttp.ClientTimeout = _TIMEOUT,
    ) -> tuple[int, bytes]:
        """Return status and body of the answer."""
        base = self._address.url / "api"
        url = (base / path if path else base).with_query(query)
        try:
            async with self._session.request(
                method,
                url,
                headers=self._headers,
                allow_redirects=False,
                timeout=timeout,
            ) as response:
                body = await read_body(response, _MAX_ANSWER_BYTES)
        except TimeoutError as err:
            raise ConverterError(ConverterProblem.TIMED_OUT) from err
        except (
            aiohttp.ClientConnectorSSLError,
            aiohttp.ClientConnectorCertificateError,
        ) as err:
            raise ConverterError(ConverterProblem.TLS_FAILED) from err
        except (aiohttp.ClientError, OSError, ValueError) as err:
            raise ConverterError(ConverterProblem.CANNOT_CONNECT) from err
        if response.status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
            raise ConverterError(ConverterProblem.LOGIN_REJECTED)
        return response.status, body
