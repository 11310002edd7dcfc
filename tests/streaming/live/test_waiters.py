"""Tasks wait for media, and end with the stream."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import override

import pytest

from custom_components.hls_camera.streaming.errors import StreamStoppedError
from custom_components.hls_camera.streaming.live.segments import Keyframe
from custom_components.hls_camera.streaming.live.window import Window

from ..windows import add_part, add_parts, add_segments, begin, make_window

WAITS: list[Callable[[Window], Coroutine[object, object, object]]] = [
    Window.wait_ready,
    Window.wait_keyframe,
    lambda window: window.wait_for(1),
    lambda window: window.wait_for(1, 3),
]
each_wait = pytest.mark.parametrize(
    "wait", WAITS, ids=["ready", "keyframe", "segment", "part"]
)


class CountingWindow(Window):
    """Counts the checks whether something has come."""

    checks = 0

    @override
    def has(self, msn: int, part: int | None = None) -> bool:
        self.checks += 1
        return super().has(msn, part)

    @override
    def latest_keyframe(self, msn: int = 0, index: int = 0) -> Keyframe | None:
        self.checks += 1
        return super().latest_keyframe(msn, index)

    @property
    @override
    def is_listable(self) -> bool:
        self.checks += 1
        return super().is_listable


class TestWaiting:
    async def test_for_a_part(self) -> None:
        window = begin(make_window())
        waiting = asyncio.create_task(window.wait_for(1, 1))
        add_parts(window, 1)
        await asyncio.sleep(0)
        assert not waiting.done()
        add_parts(window, 1)
        await waiting

    async def test_for_a_segment(self) -> None:
        window = begin(make_window())
        waiting = asyncio.create_task(window.wait_for(1))
        add_parts(window, 5)
        await asyncio.sleep(0)
        assert not waiting.done()
        window.close_segment()
        await waiting

    async def test_a_part_beyond_the_end_is_the_first_one_of_the_next(self) -> None:
        """RFC 8216bis, 6.2.5.2."""
        window = begin(make_window())
        waiting = asyncio.create_task(window.wait_for(1, 9))
        add_segments(window, 1)
        await asyncio.sleep(0)
        assert not waiting.done()
        add_parts(window, 1)
        await waiting

    async def test_media_that_came_and_went_are_not_waited_for(self) -> None:
        window = begin(make_window(max_duration=2))
        add_segments(window, 30)
        assert window.segment(1) is None
        await window.wait_for(1)
        await window.wait_for(1, 4)

    @each_wait
    async def test_a_stop_ends_it(
        self, wait: Callable[[Window], Coroutine[object, object, object]]
    ) -> None:
        window = begin(make_window())
        waiting = asyncio.create_task(wait(window))
        await asyncio.sleep(0)
        window.clear()
        with pytest.raises(StreamStoppedError):
            await waiting

    @each_wait
    async def test_a_stop_ends_it_also_right_after_something_came(
        self, wait: Callable[[Window], Coroutine[object, object, object]]
    ) -> None:
        """The end of a run closes the segment, and then the stop clears the window."""
        window = begin(make_window())
        waiting = asyncio.create_task(wait(window))
        await asyncio.sleep(0)
        window.open_segment(0)
        add_part(window, b"", 0.2, independent=False)
        window.clear()
        with pytest.raises(StreamStoppedError):
            await waiting

    @each_wait
    async def test_a_cancelled_one_leaves_nothing(
        self, wait: Callable[[Window], Coroutine[object, object, object]]
    ) -> None:
        window = CountingWindow(max_duration=12, max_bytes=1000)
        begin(window)
        waiting = asyncio.create_task(wait(window))
        await asyncio.sleep(0)
        other = asyncio.create_task(wait(window))
        await asyncio.sleep(0)
        window.checks = 0
        window.open_segment(0)
        add_part(window, b"", 0.2, independent=False)
        assert window.checks == 1, "one for both"
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        add_segments(window, 2)
        await other
        window.checks = 0
        add_segments(window, 1)
        assert window.checks == 0, "nothing waits"

    async def test_equal_conditions_are_checked_once_for_each_change(self) -> None:
        """A thousand who wait for a part far ahead cost no more than one."""
        window = CountingWindow(max_duration=12, max_bytes=1000)
        begin(window)
        waiting = [asyncio.create_task(window.wait_for(2, 0)) for _ in range(100)]
        await asyncio.sleep(0)
        window.checks = 0
        add_parts(window, 3)
        await asyncio.sleep(0)
        assert window.checks == 3
        window.close_segment()
        add_parts(window, 1)
        await asyncio.gather(*waiting)

    async def test_many_wake_up_together(self) -> None:
        window = begin(make_window())
        waiting = [asyncio.create_task(window.wait_for(1, 0)) for _ in range(100)]
        await asyncio.sleep(0)
        add_parts(window, 1)
        await asyncio.gather(*waiting)
