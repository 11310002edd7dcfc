"""Bodies of HTTP responses, from a real server."""

import aiohttp
import pytest
from aiohttp import web

from custom_components.hls_camera.http_body import read_body

from .web_listening import running

PIECES = (b"one ", b"two ", b"three")


async def in_pieces(request: web.Request) -> web.StreamResponse:
    """Send a body in pieces; `/cut` promises more than comes."""
    response = web.StreamResponse()
    if request.path == "/cut":
        response.content_length = 100
    await response.prepare(request)
    for piece in PIECES:
        await response.write(piece)
    if request.path == "/cut":
        assert request.transport is not None
        request.transport.close()
    return response


async def body_at(path: str, limit: int) -> bytes:
    async with (
        running(in_pieces) as port,
        aiohttp.ClientSession() as session,
        session.get(f"http://127.0.0.1:{port}{path}") as response,
    ):
        return await read_body(response, limit)


@pytest.mark.parametrize(
    ("limit", "expected"),
    [(100, b"one two three"), (13, b"one two three"), (5, b"one t")],
)
async def test_a_body_in_pieces_is_read_up_to_the_limit(
    limit: int, expected: bytes
) -> None:
    assert await body_at("/", limit) == expected


async def test_a_body_that_is_cut_off_is_no_body() -> None:
    with pytest.raises(aiohttp.ClientPayloadError):
        await body_at("/cut", 1000)
