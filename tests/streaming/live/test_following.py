"""Consumers follow a window from a keyframe on."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing

import pytest

from custom_components.hls_camera.streaming.errors import StreamStoppedError
from custom_components.hls_camera.streaming.live.following import follow
from custom_components.hls_camera.streaming.live.segments import PartialSegment
from custom_components.hls_camera.streaming.live.window import Window
from custom_components.hls_camera.streaming.media.fmp4 import InitSection

from ..media_files import INIT
from ..windows import add_keyless, add_parts, add_segments, begin, make_window


def all_data(window: Window) -> list[bytes]:
    """Return the bytes of all parts that a window holds."""
    return [part.data for segment in window.segments for part in segment.parts]


async def drain(
    parts: AsyncGenerator[tuple[InitSection, PartialSegment]], seen: list[bytes]
) -> None:
    """Append the bytes of all parts that still come."""
    async for _, part in parts:
        seen.append(part.data)


async def test_parts_come_from_the_keyframe_on_over_segments_and_runs() -> None:
    window = begin(make_window())
    add_segments(window, 1)
    add_keyless(window, 2)
    window.begin_run(INIT)
    add_parts(window, 1)
    expected = all_data(window)
    *_, first = window.keyframes()
    async with aclosing(follow(window, first)) as parts:
        assert [(await anext(parts))[1].data for _ in expected] == expected
        following = asyncio.ensure_future(anext(parts))
        await asyncio.sleep(0)
        assert not following.done()
        add_parts(window, 1)
        assert await following == (INIT, window.segments[-1].parts[-1])


async def test_a_slow_consumer_continues_at_the_newest_keyframe() -> None:
    window = begin(make_window(max_bytes=1000))
    add_segments(window, 1, parts=2, size=96)
    first = next(window.keyframes())
    skipped: list[int] = []
    async with aclosing(follow(window, first, skipped=skipped.append)) as parts:
        await anext(parts)
        add_segments(window, 10, parts=2, size=96)
        newest = window.latest_keyframe()
        assert newest is not None
        assert await anext(parts) == (newest.init, newest.part)
    assert skipped == [newest.position[0] - first.position[0]]


@pytest.mark.parametrize("taken", [0, 1, 3])
async def test_a_stop_ends_it_after_all_parts_from_before(taken: int) -> None:
    """Even if another run has begun when the consumer comes back."""
    window = begin(make_window())
    add_segments(window, 1, parts=3)
    expected = all_data(window)
    parts = follow(window, next(window.keyframes()))
    seen = [(await anext(parts))[1].data for _ in range(taken)]
    window.clear()
    begin(window)
    add_segments(window, 1)
    with pytest.raises(StreamStoppedError):
        await drain(parts, seen)
    assert seen == expected


async def test_a_stop_ends_a_consumer_that_waits() -> None:
    window = begin(make_window())
    add_segments(window, 1, parts=1)
    parts = follow(window, next(window.keyframes()))
    await anext(parts)
    waiting = asyncio.ensure_future(anext(parts))
    await asyncio.sleep(0)
    window.clear()
    with pytest.raises(StreamStoppedError):
        await waiting
