"""The base of the gateways: where they connect, and the reasons for which they do not."""

import asyncio
import socket
from typing import override

import pytest

from custom_components.hls_camera.streaming.reasons import EndReason
from custom_components.hls_camera.streaming.sources.destinations import Origin
from custom_components.hls_camera.streaming.sources.gateway import Gateway, GatewayError
from custom_components.hls_camera.streaming.sources.local_endpoint import Trouble
from custom_components.hls_camera.streaming.sources.login import parse_challenges
from custom_components.hls_camera.streaming.sources.source import Source


class Errand(Gateway):
    """Connects to the host and port that a request names, and returns what comes."""

    @override
    async def _serve(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        request = (await reader.readline()).decode().strip()
        match request.split(" "):
            case ["redirect", count]:
                for _ in range(int(count)):
                    self._count_redirect()
            case ["login", header]:
                challenges = parse_challenges([header])
                allowed = self._can_answer(self._origin, challenges, is_second=False)
                writer.write(str(allowed).encode())
            case [host, port]:
                camera, to_camera = await self._connect(Origin("http", host, int(port)))
                writer.write(await camera.read())
                to_camera.close()
            case _:
                raise ValueError("no request")


async def run(
    request: str,
    url: str = "http://127.0.0.1:4711/live",
    allowed_hosts: frozenset[str] = frozenset(),
    username: str | None = None,
) -> tuple[bytes, Trouble | None]:
    """Return the answer to a request, and the gateway's trouble."""
    source = Source.parse(url, username, username)
    gateway = await Errand.open(source, allowed_hosts)
    try:
        host, _, port = gateway.url.split("/")[2].partition(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        writer.write(f"{request}\n".encode())
        answer = await reader.read()
        writer.close()
        return answer, gateway.trouble
    finally:
        await gateway.close()


@pytest.fixture
def unused_port() -> int:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        return int(unused.getsockname()[1])


async def greet(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"hello")
    writer.close()


async def test_it_connects_to_the_camera() -> None:
    async with await asyncio.start_server(greet, "127.0.0.1", 0) as camera:
        port = camera.sockets[0].getsockname()[1]
        answer, trouble = await run(
            f"127.0.0.1 {port}", f"http://127.0.0.1:{port}/live"
        )
    assert (answer, trouble) == (b"hello", None)


async def test_it_connects_to_hosts_that_the_owner_allows() -> None:
    async with await asyncio.start_server(greet, "127.0.0.1", 0) as other:
        port = other.sockets[0].getsockname()[1]
        refused, trouble = await run(f"127.0.0.1 {port}")
        assert refused == b""
        assert trouble == Trouble(EndReason.REDIRECTED, f"127.0.0.1:{port}")
        allowed = frozenset({f"127.0.0.1:{port}"})
        answer, trouble = await run(f"127.0.0.1 {port}", allowed_hosts=allowed)
        assert (answer, trouble) == (b"hello", None)


async def test_a_camera_that_refuses_is_the_trouble(unused_port: int) -> None:
    url = f"http://127.0.0.1:{unused_port}/live"
    answer, trouble = await run(f"127.0.0.1 {unused_port}", url)
    detail = f"127.0.0.1:{unused_port}: Connection refused"
    assert (answer, trouble) == (b"", Trouble(EndReason.REFUSED, detail))


async def test_redirects_end() -> None:
    assert await run("redirect 5") == (b"", None)
    too_many = Trouble(EndReason.UNREADABLE, "Too many redirects")
    assert await run("redirect 6") == (b"", too_many)


async def test_an_unknown_login_is_named() -> None:
    assert await run("login Basic", username="me") == (b"True", None)
    answer, trouble = await run("login Negotiate", username="me")
    assert answer == b"False"
    assert trouble == Trouble(EndReason.LOGIN_UNSUPPORTED, "Negotiate")


async def test_a_request_that_is_none_is_no_trouble() -> None:
    assert await run("nonsense") == (b"", None)


async def test_a_failure_is_noted_and_raised() -> None:
    gateway = await Errand.open(Source.parse("http://127.0.0.1/live"))
    try:
        error = gateway.failure(EndReason.WEB_PAGE, "text/html")
        assert isinstance(error, GatewayError)
        assert gateway.trouble == Trouble(EndReason.WEB_PAGE, "text/html")
    finally:
        await gateway.close()
