"""A web server as a destination: PUT and DELETE (RFC 9110), as WebDAV servers take them."""

from collections.abc import Collection, Mapping
from http import HTTPStatus
from typing import Final, override

import aiohttp
from yarl import URL

from ..http_body import read_body
from ..streaming.redact import Redactor
from .destination import Destination, File
from .errors import PublishError, PublishProblem

_TIMEOUT: Final = aiohttp.ClientTimeout(total=30.0, connect=10.0)
_MAX_ANSWER_BYTES: Final = 1024 * 1024
_MAX_DETAIL: Final = 200
"""Characters of a server's explanation."""
_SUCCESS: Final = range(200, 300)
_FOLDER_MISSING: Final = frozenset(
    {HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT, HTTPStatus.INTERNAL_SERVER_ERROR}
)
"""Statuses of a PUT into a folder that does not exist: 409 (RFC 4918, 9.7.1), nginx's is 500."""
_PROBLEMS: Final[Mapping[int, PublishProblem]] = {
    HTTPStatus.UNAUTHORIZED: PublishProblem.LOGIN_REJECTED,
    HTTPStatus.FORBIDDEN: PublishProblem.FORBIDDEN,
    HTTPStatus.METHOD_NOT_ALLOWED: PublishProblem.FORBIDDEN,
    HTTPStatus.NOT_FOUND: PublishProblem.NOT_FOUND,
    HTTPStatus.CONFLICT: PublishProblem.NOT_FOUND,
    HTTPStatus.INSUFFICIENT_STORAGE: PublishProblem.FULL,
}


class WebServer(Destination):
    """Writes files below an address. It follows no redirect: the login is for one host."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        address: URL,
        *,
        username: str = "",
        password: str = "",
    ) -> None:
        """Write below `address`, with Basic authentication (RFC 7617) if there is a username."""
        self._session = session
        self._folder = address if address.path.endswith("/") else address / ""
        login = aiohttp.encode_basic_auth(username, password) if username else None
        self._login = {"Authorization": login} if login else {}
        self._redact = Redactor([password])

    @override
    async def put(self, file: File) -> None:
        headers = {
            "Content-Type": file.content_type,
            "Cache-Control": file.cache_control,
        }
        status, body = await self._request("PUT", file.name, file.data, headers)
        if status in _FOLDER_MISSING and await self._make_folder():
            status, body = await self._request("PUT", file.name, file.data, headers)
        self._check(status, body)

    @override
    async def get(self, name: str) -> bytes | None:
        status, body = await self._request("GET", name)
        if status in (HTTPStatus.NOT_FOUND, HTTPStatus.GONE):
            return None
        self._check(status, body)
        return body

    @override
    async def remove(self, name: str) -> None:
        status, body = await self._request("DELETE", name)
        if status not in (HTTPStatus.NOT_FOUND, HTTPStatus.GONE):
            self._check(status, body)

    @override
    async def names(self) -> Collection[str]:
        return ()  # HTTP alone has no list.

    @override
    async def close(self) -> None:
        pass  # The session belongs to the caller.

    async def _make_folder(self) -> bool:
        """Make the folder by MKCOL (RFC 4918, 9.3); return whether it is new."""
        status, _ = await self._request("MKCOL", "")
        return status == HTTPStatus.CREATED

    def _check(self, status: int, body: bytes) -> None:
        """Raise PublishError unless the status is a success."""
        if _SUCCESS.start <= status < _SUCCESS.stop:
            return
        text = "" if body.lstrip().startswith(b"<") else body.decode(errors="replace")
        detail = f"{status} {self._redact(text.strip())[:_MAX_DETAIL]}".strip()
        raise PublishError(_PROBLEMS.get(status, PublishProblem.REFUSED), detail)

    async def _request(
        self,
        method: str,
        name: str,
        data: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> tuple[int, bytes]:
        """Return status and body of the response."""
        try:
            async with self._session.request(
                method,
                self._folder / name if name else self._folder,
                data=data,
                headers={**self._login, **(headers or {})},
                allow_redirects=False,
                timeout=_TIMEOUT,
            ) as response:
                body = await read_body(response, _MAX_ANSWER_BYTES)
                return response.status, body
        except TimeoutError as err:
            raise PublishError(PublishProblem.TIMED_OUT) from err
        except aiohttp.ClientConnectorCertificateError as err:
            raise PublishError(PublishProblem.TLS_FAILED) from err
        except aiohttp.ClientSSLError as err:
            raise PublishError(PublishProblem.TLS_MISSING) from err
        except (aiohttp.ClientError, OSError) as err:
            raise PublishError(PublishProblem.UNREACHABLE) from err
