"""Segments wait for a destination within limits."""

import asyncio

from custom_components.hls_camera.publishing.published_segment import PublishedSegment
from custom_components.hls_camera.publishing.segment_queue import SegmentQueue
from tests.streaming.media_files import VIDEO_INIT


def segment(number: int, size: int = 10) -> PublishedSegment:
    """Return a segment."""
    return PublishedSegment(
        data=bytes(size),
        duration=2.0,
        start=1_000_000.0 + 2 * number,
        init=VIDEO_INIT,
        is_discontinuous=False,
    )


async def test_segments_come_in_order_and_stay_until_they_are_published() -> None:
    queue = SegmentQueue()
    for number in range(3):
        queue.put(segment(number))
    assert await queue.first() == await queue.first() == segment(0)
    queue.pop()
    assert await queue.first() == segment(1)


async def test_somebody_who_waits_gets_the_next_segment() -> None:
    queue = SegmentQueue()
    async with asyncio.TaskGroup() as group:
        waiting = group.create_task(queue.first())
        await asyncio.sleep(0)
        assert not waiting.done()
        queue.put(segment(1))
    assert waiting.result() == segment(1)


async def test_the_oldest_are_dropped_whole_and_counted() -> None:
    queue = SegmentQueue()
    for number in range(25):
        queue.put(segment(number))
    assert queue.dropped == 5
    first = await queue.first()
    assert first.start == segment(5).start
    assert first.is_discontinuous
    queue.pop()
    assert not (await queue.first()).is_discontinuous


async def test_bytes_are_limited_too() -> None:
    queue = SegmentQueue()
    for number in range(10):
        queue.put(segment(number, 8 * 1024 * 1024))
    assert queue.dropped == 6


async def test_a_single_segment_of_any_size_is_kept() -> None:
    queue = SegmentQueue()
    queue.put(segment(0, 40 * 1024 * 1024))
    assert queue.dropped == 0
    assert (await queue.first()).start == segment(0).start


async def test_a_segment_is_not_dropped_while_it_is_published() -> None:
    queue = SegmentQueue()
    queue.put(segment(0))
    await queue.first()
    for number in range(1, 21):
        queue.put(segment(number))
    queue.pop()
    assert (await queue.first()).start == segment(1).start
    assert queue.dropped == 0


async def test_a_segment_that_could_not_be_published_waits_like_the_others() -> None:
    queue = SegmentQueue()
    queue.put(segment(0))
    await queue.first()
    for number in range(1, 21):
        queue.put(segment(number))
    queue.release()
    queue.release()
    assert queue.dropped == 1
    first = await queue.first()
    assert (first.start, first.is_discontinuous) == (segment(1).start, True)
