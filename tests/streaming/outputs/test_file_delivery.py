"""Delivery of an endless file: to a reader who takes it, takes nothing, or gets none."""

import asyncio
from collections.abc import AsyncGenerator

import pytest

from custom_components.hls_camera.streaming.errors import (
    HlsCameraError,
    StreamNotReadyError,
    StreamStoppedError,
    TooSlowError,
)
from custom_components.hls_camera.streaming.outputs import file_delivery
from custom_components.hls_camera.streaming.outputs.file_delivery import deliver_file


class Connection:
    """A connection that notes what comes."""

    def __init__(self, *, takes: bool = True) -> None:
        self.came: list[bytes | str] = []
        self._takes = takes

    async def refuse(self, error: HlsCameraError) -> None:
        self.came.append(type(error).__name__)

    async def begin(self) -> None:
        self.came.append("begin")

    async def write(self, data: bytes) -> None:
        if not self._takes:
            await asyncio.Event().wait()
        self.came.append(data)

    async def end(self) -> None:
        self.came.append("end")

    def abort(self) -> None:
        self.came.append("abort")


class File:
    """A file of some pieces, which may fail after them."""

    def __init__(self, *pieces: bytes, error: Exception | None = None) -> None:
        self.is_closed = False
        self._pieces = pieces
        self._error = error

    async def open(self) -> AsyncGenerator[bytes]:
        try:
            for piece in self._pieces:
                yield piece
            if self._error:
                raise self._error
        finally:
            self.is_closed = True


async def delivered(file: File, connection: Connection) -> list[bytes | str]:
    await deliver_file(file.open, connection)
    assert file.is_closed
    return connection.came


async def test_a_file_is_sent_whole() -> None:
    came = await delivered(File(b"one", b"two"), Connection())
    assert came == ["begin", b"one", b"two", "end"]


@pytest.mark.parametrize("error", [StreamStoppedError(), StreamNotReadyError()])
async def test_without_a_picture_the_reader_is_refused(error: HlsCameraError) -> None:
    came = await delivered(File(error=error), Connection())
    assert came == [type(error).__name__]


async def test_a_file_without_a_picture_is_refused() -> None:
    assert await delivered(File(), Connection()) == ["StreamNotReadyError"]


async def test_a_stream_that_cannot_be_opened_is_refused() -> None:
    def stopped() -> AsyncGenerator[bytes]:
        raise StreamStoppedError

    connection = Connection()
    await deliver_file(stopped, connection)
    assert connection.came == ["StreamStoppedError"]


async def test_a_file_that_fails_is_cut_off() -> None:
    """Its end would look like the end of the stream."""
    came = await delivered(File(b"one", error=TooSlowError()), Connection())
    assert came == ["begin", b"one", "abort"]


async def test_a_reader_that_takes_nothing_is_disconnected(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(file_delivery, "MAX_UNREAD_S", 0.01)
    came = await delivered(File(b"one", b"two"), Connection(takes=False))
    assert came == ["begin", "abort"]
