"""FFmpeg's output is read at once while somebody waits, and gathers otherwise."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import override

import pytest

from custom_components.hls_camera.streaming.ffmpeg import batched_pipe as module
from custom_components.hls_camera.streaming.ffmpeg.batched_pipe import BatchedPipe

ONE_READ = 256 * 1024
"""Bytes that asyncio reads at a time."""


LONG = 60.0
"""Seconds that no test takes."""


class Reader(asyncio.Protocol):
    """Takes what comes through a pipe, as FFmpeg's process does."""

    def __init__(self) -> None:
        self.patience = LONG
        self.reads: list[int] = []
        self.has_read = asyncio.Event()
        self.transport: asyncio.ReadTransport | None = None
        self.pipe: BatchedPipe | None = None

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.ReadTransport)
        self.transport = transport
        self.pipe = BatchedPipe(transport, lambda: self.patience)

    @override
    def data_received(self, data: bytes) -> None:
        assert self.pipe is not None
        self.reads.append(len(data))
        self.has_read.set()
        self.pipe.took(len(data))

    async def wait_read(self, count: int) -> None:
        """Wait until so many reads have happened."""
        async with asyncio.timeout(10):
            while len(self.reads) < count:
                self.has_read.clear()
                await self.has_read.wait()


@asynccontextmanager
async def reading() -> AsyncIterator[tuple[Reader, int]]:
    """Return a reader, and the end of its pipe to write to."""
    reader = Reader()
    read_end, write_end = os.pipe()
    loop = asyncio.get_running_loop()
    transport, _ = await loop.connect_read_pipe(
        lambda: reader, os.fdopen(read_end, "rb", buffering=0)
    )
    try:
        yield reader, write_end
    finally:
        assert reader.pipe is not None
        reader.pipe.read_to_the_end()
        transport.close()
        os.close(write_end)


async def turns() -> None:
    """Let the loop do all that it could do at once."""
    for _ in range(10):
        await asyncio.sleep(0)


async def test_output_gathers_while_nobody_waits() -> None:
    async with reading() as (reader, end):
        os.write(end, b"1")
        await reader.wait_read(1)
        for _ in range(5):
            os.write(end, b"23")
            await turns()
        assert reader.reads == [1]
        assert reader.pipe is not None
        reader.pipe.read_now()
        await reader.wait_read(2)
    assert reader.reads == [1, 10]


async def test_a_batch_can_be_taken_without_a_turn_of_the_loop() -> None:
    """As sound is, along with the picture; the next one is not due then."""
    async with reading() as (reader, end):
        assert reader.pipe is not None
        os.write(end, b"1")
        assert reader.pipe.take_now() == b""  # Not waiting: the loop reads it.
        await reader.wait_read(1)
        assert reader.pipe.take_now() == b""
        os.write(end, b"23")
        assert reader.pipe.take_now() == b"23"
        os.write(end, b"4")
        await turns()
        assert reader.pipe.take_now() == b"4"
    assert reader.reads == [1]


async def test_it_is_taken_after_a_while() -> None:
    async with reading() as (reader, end):
        reader.patience = 0.05
        os.write(end, b"1")
        await reader.wait_read(1)
        os.write(end, b"23")
        await reader.wait_read(2)
        os.write(end, b"456")
        await reader.wait_read(3)
    assert reader.reads == [1, 2, 3]


async def test_output_comes_at_once_while_somebody_waits() -> None:
    async with reading() as (reader, end):
        reader.patience = 0.0
        for count in range(1, 6):
            os.write(end, b"12")
            await reader.wait_read(count)
    assert reader.reads == [2] * 5


async def test_a_writer_never_waits_for_us(monkeypatch: pytest.MonkeyPatch) -> None:
    """One that would fill its pipe meanwhile is read at once from then on."""
    monkeypatch.setattr(module, "_CAPACITY_BYTES", 16)
    async with reading() as (reader, end):
        os.write(end, b"123456789")
        await reader.wait_read(1)
        os.write(end, b"1")
        await reader.wait_read(2)
        os.write(end, b"1")
        await reader.wait_read(3)


async def test_a_large_keyframe_is_taken_whole() -> None:
    """One read does not hold it, and to wait after each would throttle its writer."""
    size = ONE_READ + 1000
    async with reading() as (reader, end):
        await asyncio.to_thread(os.write, end, bytes(size))
        async with asyncio.timeout(10):
            while sum(reader.reads) < size:
                reader.has_read.clear()
                await reader.has_read.wait()
        os.write(end, b"1")
        await turns()
    assert sum(reader.reads) == size


async def test_a_pipe_that_cannot_grow_is_read_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "_CAPACITY_BYTES", 1 << 40)
    async with reading() as (reader, end):
        for count in (1, 2, 3):
            os.write(end, b"1")
            await reader.wait_read(count)


async def test_the_rest_of_a_writer_that_ends_comes_at_once() -> None:
    async with reading() as (reader, end):
        os.write(end, b"1")
        await reader.wait_read(1)
        os.write(end, b"2")
        assert reader.pipe is not None
        reader.pipe.read_to_the_end()
        await reader.wait_read(2)
        os.write(end, b"3")
        await reader.wait_read(3)


async def test_a_pipe_that_is_closed_already_needs_nothing() -> None:
    """Its program may have been given up while it was being started."""
    async with reading() as (reader, _):
        assert reader.transport is not None
        reader.transport.close()
        await turns()
        pipe = BatchedPipe(reader.transport, lambda: LONG)
        pipe.took(1)
        pipe.read_to_the_end()
        assert reader.transport.is_closing()
