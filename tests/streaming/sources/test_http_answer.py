"""Answers of web servers."""

import asyncio
from contextlib import suppress
from typing import Any
from unittest.mock import Mock

import pytest
from hypothesis import given, strategies as st

from custom_components.hls_camera.streaming.sources.http_answer import (
    BadAnswerError,
    HttpAnswer,
)

HEAD = b"HTTP/1.1 200 OK\r\n"


async def read(data: bytes) -> HttpAnswer:
    reader = asyncio.StreamReader()
    reader.feed_data(data)
    reader.feed_eof()
    writer: Any = Mock(asyncio.StreamWriter)
    return await HttpAnswer.read((reader, writer))


async def body_of(answer: HttpAnswer) -> bytes:
    return b"".join([data async for data in answer.body()])


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        (HEAD + b"Content-Length: 2\r\n\r\nabcd", b"ab"),
        (HEAD + b"\r\nabcd", b"abcd"),
        (HEAD + b"Content-Length: %b\r\n\r\nabcd" % (b"9" * 5000), b"abcd"),
        (b"ICY 200 OK\n\nabcd", b"abcd"),
        (
            HEAD + b"Content-Type: Multipart/x-mixed-replace\r\n"
            b"content-length: 2\r\n\r\nabcd",
            b"abcd",
        ),
        (
            HEAD + b"Transfer-Encoding: Chunked\r\n\r\n"
            b"3;x=y\r\nabc\r\n1\r\nd\r\n0\r\n\r\n",
            b"abcd",
        ),
        (HEAD + b"Content-Length: -1\r\n\r\nabcd", b"abcd"),
    ],
)
async def test_a_body_in_all_its_forms(sent: bytes, expected: bytes) -> None:
    answer = await read(sent)
    assert answer.status == 200
    assert await body_of(answer) == expected


async def test_headers() -> None:
    answer = await read(b"HTTP/1.0 401\r\nA: 1\r\na : 2\r\nnonsense\r\n\r\n")
    assert (answer.status, answer.phrase) == (401, "")
    assert answer.values("a") == ["1", "2"]
    assert answer.value("b") == ""


@pytest.mark.parametrize("size", [b"x", b"-1", b"", 2000 * b"0"])
async def test_a_broken_chunk(size: bytes) -> None:
    answer = await read(HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + size + b"\r\n")
    with pytest.raises(BadAnswerError):
        await body_of(answer)


@given(st.binary(max_size=200), st.booleans())
async def test_any_bytes_may_come(data: bytes, has_head: bool) -> None:
    sent = (HEAD if has_head else b"") + data
    with suppress(BadAnswerError, asyncio.IncompleteReadError):
        answer = await read(sent)
        assert len(await body_of(answer)) <= len(data)
