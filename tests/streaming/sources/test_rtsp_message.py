"""RTSP on a connection."""

import asyncio
from contextlib import suppress

import pytest
from hypothesis import given, strategies as st

from custom_components.hls_camera.streaming.sources.rtsp_message import (
    BadMessageError,
    RtspMessage,
    read_message,
)

ANSWER = b"RTSP/1.0 200 OK\r\nCSeq: 2\r\nContent-length: 3\r\n\r\nv=0"


async def read_all(data: bytes) -> list[RtspMessage | bytes]:
    """Return the messages before the end of the data."""
    reader = asyncio.StreamReader()
    reader.feed_data(data)
    reader.feed_eof()
    found: list[RtspMessage | bytes] = []
    with suppress(asyncio.IncompleteReadError):
        while True:
            found.append(await read_message(reader))
    return found


async def test_answers_requests_and_packets_among_each_other() -> None:
    packet = b"$\x01\x00\x02ab"
    request = b"OPTIONS rtsp://host/a RTSP/1.0\nCSeq : 7\n\n"
    answer, first, asked, second = await read_all(ANSWER + packet + request + packet)
    assert first == second == packet
    assert isinstance(answer, RtspMessage)
    assert (answer.is_answer, answer.status, answer.body) == (True, 200, b"v=0")
    assert answer.to_bytes() == ANSWER
    assert isinstance(asked, RtspMessage)
    assert not asked.is_answer
    assert asked.value("cseq") == "7"


async def test_headers() -> None:
    (message,) = await read_all(b"RTSP/1.0 401 No\r\nA: 1\r\nB: 2\r\na:3\r\n\r\n")
    assert isinstance(message, RtspMessage)
    assert message.values("a") == ["1", "3"]
    assert message.value("c") == ""
    message.replace("A", "4")
    assert message.headers == ["B: 2", "A: 4"]


@pytest.mark.parametrize(
    "sent",
    [
        b"HTTP/1.1 200 OK\r\n\r\n",
        b"RTSP/1.0 OK\r\n\r\n",
        b"\r\n\r\n\r\n",
        b"OPTIONS RTSP/1.0\r\n\r\n",
        b"RTSP/1.0 200 OK\r\nContent-Length: 999999999\r\n\r\n",
        b"RTSP/1.0 200 OK\r\nContent-Length: %b\r\n\r\n" % (b"9" * 5000),
        b"RTSP/1.0 %b OK\r\n\r\n" % (b"9" * 5000),
        b"RTSP/1.0 200 OK\r\n" + 2_000 * b"X: 0123456789\r\n" + b"\r\n",
        300_000 * b"x",
    ],
    ids=lambda sent: str(sent[:20]),
)
async def test_something_else(sent: bytes) -> None:
    with pytest.raises(BadMessageError):
        await read_all(sent)


@given(st.binary(max_size=200), st.booleans())
async def test_any_bytes_may_come(data: bytes, has_head: bool) -> None:
    with suppress(BadMessageError):
        for message in await read_all((ANSWER[:-3] if has_head else b"") + data):
            assert len(message if isinstance(message, bytes) else message.body) < 300
