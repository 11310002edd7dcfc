"""An RTSP server that behaves like a maker's: known paths, a login, a realm."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from tests.camera.auth import Authenticator, AuthScheme, Credentials, Verdict
from tests.camera.rtsp import Request, Response, read_request
from tests.listening import stop_listening


@dataclass(slots=True, kw_only=True)
class MakerServer:
    """The server, and what clients asked it."""

    paths: Iterable[str]
    realm: str = "camera"
    password: str | None = "secret"
    hides_paths: bool = False
    """Whether 401 comes for any path, and a login with a wrong path is rejected as well."""
    keeps_connections: bool = True
    server: str = ""
    port: int = 0
    tls: ssl.SSLContext | None = None
    logins: int = 0
    """Requests with a login."""
    rejections: int = 0
    asked: list[str] = field(default_factory=list)

    @asynccontextmanager
    async def serve(self) -> AsyncIterator[MakerServer]:
        """Serve on a port of 127.0.0.1."""
        authenticator = Authenticator(
            Credentials("admin", self.password or ""),
            AuthScheme.DIGEST,
            realm=self.realm,
        )
        tasks: set[asyncio.Task[None] | None] = set()

        async def talk(
            reader: asyncio.StreamReader, writer: asyncio.StreamWriter
        ) -> None:
            tasks.add(asyncio.current_task())
            try:
                while request := await read_request(reader):
                    answer = self._answer(request, authenticator)
                    writer.write(answer.to_bytes(request.cseq))
                    if not self.keeps_connections:
                        break
            finally:
                writer.close()

        listening = await asyncio.start_server(
            talk, "127.0.0.1", self.port, ssl=self.tls
        )
        self.port = listening.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            await stop_listening(listening)
            listening.close_clients()
            for task in filter(None, tasks):
                task.cancel()
            await asyncio.gather(*filter(None, tasks), return_exceptions=True)
            await listening.wait_closed()

    def _answer(self, request: Request, authenticator: Authenticator) -> Response:
        path = "/" + request.url.partition("://")[2].partition("/")[2]
        self.asked.append(path)
        exists = path in self.paths
        if not exists and not self.hides_paths:
            return Response(404)
        authorization = request.headers.get("authorization")
        if self.password is not None:
            self.logins += authorization is not None
            verdict = authenticator.check(request.method, authorization)
            if verdict is not Verdict.GRANTED or not exists:
                self.rejections += authorization is not None
                headers = {"WWW-Authenticate": authenticator.challenge()}
                if self.server:
                    headers["Server"] = self.server
                return Response(401, headers)
        return Response(200, {"Content-Type": "application/sdp"}, b"v=0\r\n")
