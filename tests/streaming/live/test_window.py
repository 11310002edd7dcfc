"""The live window: numbers that only go up, media that stay within bounds."""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import replace

import pytest
from hypothesis import given, strategies as st

from custom_components.hls_camera.streaming.errors import (
    StreamStoppedError,
    WindowOverflowError,
)
from custom_components.hls_camera.streaming.live.window import FIRST_MSN, Window

from ..media_files import INIT
from ..windows import (
    OPERATIONS,
    START,
    Clear,
    Operation,
    add_keyless,
    add_parts,
    add_segments,
    begin,
    drive,
    make_window,
)


class TestAnySession:
    @given(
        operations=OPERATIONS,
        max_bytes=st.integers(4000, 60_000),
        max_duration=st.floats(0, 20),
    )
    def test_numbers_never_go_back_and_bytes_stay_within_the_cap(
        self, operations: list[Operation], max_bytes: int, max_duration: float
    ) -> None:
        window = make_window(max_bytes=max_bytes, max_duration=max_duration)
        next_part = (0, 0)
        last = discontinuities = target_duration = revision = 0
        part_target = 0.0
        for operation in drive(window, operations):
            held = list(window._segments)
            assert window.size == sum(segment.size for segment in held)
            assert window.size <= max_bytes
            msns = [segment.msn for segment in held]
            assert msns == list(range(msns[0], msns[0] + len(msns))) if msns else True
            assert all(segment.is_complete for segment in held[:-1])

            assert window.next_part >= next_part
            assert window.last_msn >= last - 1  # a segment without parts is taken back
            assert window.discontinuity_sequence >= discontinuities
            assert window.revision >= revision
            next_part, last = window.next_part, window.last_msn
            discontinuities = window.discontinuity_sequence
            revision = window.revision
            if isinstance(operation, Clear):
                part_target = 0.0
                target_duration = 0
                assert not held
            assert window.part_target >= part_target
            part_target = window.part_target
            assert window.target_duration >= target_duration
            target_duration = window.target_duration

            for segment in held:
                # 4.4.3.1: EXTINF, rounded, is at most the target duration
                assert int(segment.duration + 0.5) <= window.target_duration
                assert segment.duration == pytest.approx(
                    sum(part.duration for part in segment.parts)
                )
                indexes = [part.index for part in segment.parts]
                assert indexes == list(range(len(indexes)))
                assert window.init_section(segment.init_id) is not None
                assert window.has(segment.msn, 0) is bool(segment.parts)
                assert window.has(segment.msn) is segment.is_complete
            # Init sections that nothing needs are not held.
            needed = {segment.init_id for segment in held} | {window._init_id}
            assert set(window._inits) <= needed

    @given(operations=OPERATIONS)
    def test_the_discontinuity_sequence_counts_what_left_the_playlist(
        self, operations: list[Operation]
    ) -> None:
        """RFC 8216bis, 4.4.3.3 and 6.2.2: every segment keeps its number for good."""
        window = make_window(max_bytes=20_000, max_duration=2)
        sequences: dict[int, int] = {}
        for _ in drive(window, operations):
            sequence = window.discontinuity_sequence
            for segment in window.listed:
                sequence += segment.discontinuities
                if segment.parts:
                    assert sequences.setdefault(segment.msn, sequence) == sequence

    @given(operations=OPERATIONS, max_duration=st.floats(0, 20))
    def test_the_playlist_is_as_long_as_it_has_to_be_and_media_outlive_it(
        self, operations: list[Operation], max_duration: float
    ) -> None:
        """RFC 8216bis, 6.2.2: three target durations at least."""
        window = make_window(max_bytes=10**9, max_duration=max_duration)
        cleared = FIRST_MSN
        for operation in drive(window, operations):
            if isinstance(operation, Clear):
                cleared = window.next_part[0]
            listed = window.listed
            if not listed:
                continue
            duration = sum(segment.duration for segment in listed)
            target = window.target_duration
            if listed[0].msn > cleared:
                assert duration >= max(3 * target, max_duration)
                # 6.2.2: to be had for as long as a playlist that listed them
                held = sum(segment.duration for segment in window._segments)
                assert held >= duration + 3 * target or window.segment(cleared)
            assert duration <= max(max_duration, 4 * target) + 2 * target + 16


class TestNumbers:
    def test_the_first_media_sequence_number_is_one(self) -> None:
        """With zero, hls.js stalls for a second at the start."""
        window = begin(make_window())
        assert window.next_part == (1, 0)
        add_parts(window, 1)
        assert window.listed[0].msn == FIRST_MSN == 1

    def test_they_go_on_over_runs_with_a_discontinuity(self) -> None:
        window = begin(make_window())
        add_segments(window, 2)
        add_parts(window, 1)
        window.begin_run(INIT)
        add_segments(window, 1)
        listed = window.listed
        assert [segment.msn for segment in listed] == [1, 2, 3, 4]
        flags = [segment.discontinuities for segment in listed]
        assert flags == [0, 0, 0, 1]
        assert all(segment.is_complete for segment in listed)

    def test_the_first_run_is_no_discontinuity(self) -> None:
        window = begin(make_window())
        window.begin_run(INIT)
        add_parts(window, 1)
        assert not window.listed[0].discontinuities

    def test_a_segment_that_got_nothing_is_taken_back(self) -> None:
        window = begin(make_window())
        add_segments(window, 1)
        window.open_segment(0)
        window.begin_run(INIT)
        add_parts(window, 1)
        assert [segment.msn for segment in window.listed] == [1, 2]
        assert window.listed[1].discontinuities == 1

    def test_they_go_on_over_a_stop(self) -> None:
        window = begin(make_window())
        add_segments(window, 3)
        window.clear()
        assert window.size == 0
        assert not window.is_ready
        assert window.listed == []
        begin(window)
        add_segments(window, 1)
        assert window.listed[0].msn == 4
        assert not window.listed[0].discontinuities

    def test_every_session_has_a_prefix_of_its_own(self) -> None:
        assert make_window().prefix != make_window().prefix


class TestInitSections:
    def test_the_same_one_keeps_its_number(self) -> None:
        window = begin(make_window())
        add_segments(window, 1)
        window.begin_run(replace(INIT))
        add_segments(window, 1)
        assert {segment.init_id for segment in window.listed} == {1}

    def test_another_one_gets_the_next_number_and_the_old_one_stays_while_needed(
        self,
    ) -> None:
        window = begin(make_window(max_duration=2))
        add_segments(window, 1)
        other = replace(INIT, data=b"other")
        window.begin_run(other)
        assert window.latest_init == other
        add_segments(window, 1)
        assert [window.init_section(init_id) for init_id in (1, 2)] == [INIT, other]
        add_segments(window, 30)
        assert window.init_section(1) is None
        assert window.init_section(2) == other

    def test_before_the_first_run_there_is_none(self) -> None:
        assert make_window().latest_init is None
        assert make_window().latest_keyframe() is None
        assert make_window().segment(1) is None


class TestBounds:
    def test_a_segment_larger_than_the_window_ends_the_run(self) -> None:
        window = begin(make_window(max_bytes=1000))
        add_parts(window, 2, size=400)
        with pytest.raises(WindowOverflowError, match="a segment of 1200 bytes"):
            add_parts(window, 1, size=400)
        assert window.size == 800

    def test_how_much_is_held_is_told_where_size_limits_it(self) -> None:
        window = begin(make_window(max_bytes=1000))
        add_segments(window, 4, parts=1, size=248)
        assert window.held is None
        add_segments(window, 1, parts=1, size=248)
        assert window.held == pytest.approx(0.8)
        window.clear()
        assert window.held is None

    def test_segments_that_end_in_time_leave_whole_ones_beside_them(self) -> None:
        """A playlist without a whole segment makes players fail."""
        window = begin(make_window(max_bytes=1000))
        assert window.max_segment_bytes == 250
        for _ in range(20):
            add_segments(window, 1, parts=1, size=248)
            assert window.is_ready
        assert len(window.listed) == 4

    def test_one_huge_segment_alone_may_fill_the_window(self) -> None:
        window = begin(make_window(max_bytes=1000))
        add_segments(window, 3, parts=1, size=240)
        add_parts(window, 1, size=1000)
        assert [segment.msn for segment in window.listed] == [4]
        assert window.size == 1000

    def test_the_target_duration_grows_with_the_segment(self) -> None:
        window = begin(make_window())
        add_parts(window, 7)
        assert window.target_duration == 1
        add_parts(window, 1)
        assert window.target_duration == 2

    def test_the_target_duration_is_what_is_expected_and_never_shrinks(self) -> None:
        window = make_window(target_duration=4)
        window.expect_target_duration(2)
        assert window.target_duration == 4
        window.expect_target_duration(6)
        assert window.target_duration == 6

    def test_one_long_segment_is_forgotten_with_the_media(self) -> None:
        """What is usual is not."""
        window = begin(make_window(target_duration=1, max_duration=4))
        add_parts(window, 150)
        window.close_segment()
        add_segments(window, 200, parts=10)
        assert window.target_duration == 30
        window.clear()
        assert window.target_duration == 2

    def test_media_can_be_had_for_a_while_after_they_left_the_playlist(self) -> None:
        window = begin(make_window(max_duration=4))
        add_segments(window, 30)
        listed = window.listed
        assert len(listed) == 4
        # for the length of a playlist that listed it, to the end of its segment
        assert window.segment(listed[0].msn - 3) is not None
        assert window.segment(listed[0].msn - 4) is None


class TestReadiness:
    """A player begins at a keyframe, and not far behind live."""

    def test_nobody_begins_before_there_is_a_keyframe(self) -> None:
        window = begin(make_window())
        add_keyless(window, 10)
        assert window.is_listable
        assert not window.is_ready
        add_segments(window, 1)
        assert window.is_ready

    def test_a_keyframe_in_the_segment_that_grows_will_do(self) -> None:
        window = begin(make_window())
        add_keyless(window, 10)
        add_parts(window, 1)
        assert window.is_ready

    def test_the_past_is_not_served_as_if_it_were_live(self) -> None:
        window = begin(make_window(max_backlog=3.1))
        add_segments(window, 1, parts=5)
        add_keyless(window, 10)
        assert window.is_ready
        add_keyless(window, 1)
        assert window.is_listable
        assert not window.is_ready

    def test_a_keyframe_that_has_left_the_playlist_is_none(self) -> None:
        window = begin(make_window(max_bytes=1000))
        add_segments(window, 1, parts=1, size=240)
        for _ in range(4):
            window.open_segment(START)
            window.add_part(bytes(240), 0.2, independent=False)
            window.close_segment()
        assert window.latest_keyframe() is None
        assert not window.is_ready

    async def test_a_keyframe_that_is_not_near_is_asked_for(self) -> None:
        window = begin(make_window(max_backlog=3.1))
        asked: list[bool] = []
        window.on_keyframe_wanted = lambda: asked.append(True)
        add_segments(window, 1)
        await window.wait_ready()
        await window.wait_keyframe()
        assert not asked
        add_keyless(window, 20)
        waiting = asyncio.create_task(window.wait_ready())
        await asyncio.sleep(0)
        assert asked
        add_parts(window, 1)
        await waiting

    async def test_nothing_is_asked_of_a_stream_that_has_not_begun(self) -> None:
        window = begin(make_window())
        asked: list[bool] = []
        window.on_keyframe_wanted = lambda: asked.append(True)
        waiting = asyncio.create_task(window.wait_ready())
        await asyncio.sleep(0)
        assert not asked
        add_segments(window, 1)
        await waiting


class TestRuns:
    async def test_the_media_of_the_present_run_begin_where_the_last_one_ended(
        self,
    ) -> None:
        window = begin(make_window())
        assert window.run_start == (1, 0)
        add_segments(window, 1)
        add_parts(window, 1)
        assert window.run_start == (1, 0)
        window.end_run()
        assert window.run_start == (3, 0)
        waiting = asyncio.create_task(window.wait_keyframe(*window.run_start))
        await asyncio.sleep(0)
        assert not waiting.done()
        window.begin_run(INIT)
        add_parts(window, 1)
        assert (await waiting).position == window.run_start == (3, 0)


class TestKeyframes:
    def test_the_latest_is_the_newest_part_that_begins_with_one(self) -> None:
        window = begin(make_window())
        add_segments(window, 2)
        add_parts(window, 3)
        keyframe = window.latest_keyframe()
        assert keyframe is not None
        assert keyframe.init == INIT
        segment = window.segment(3)
        assert segment is not None
        assert keyframe.part is segment.parts[0]
        assert keyframe.position == (3, 0)

    async def test_it_can_be_waited_for(self) -> None:
        window = begin(make_window())
        waiting = asyncio.create_task(window.wait_keyframe())
        window.open_segment(0)
        window.add_part(b"no keyframe", 0.2, independent=False)
        await asyncio.sleep(0)
        assert not waiting.done()
        window.add_part(b"keyframe", 0.2, independent=True)
        assert (await waiting).part.data == b"keyframe"

    async def test_so_can_the_next_one(self) -> None:
        window = begin(make_window())
        add_parts(window, 3)
        waiting = asyncio.create_task(window.wait_keyframe(*window.next_part))
        add_parts(window, 2)
        window.close_segment()
        await asyncio.sleep(0)
        assert not waiting.done()
        add_parts(window, 1)
        assert (await waiting).position == (2, 0)

    def test_each_ends_where_the_next_one_begins_or_the_run_ended(self) -> None:
        window = begin(make_window())
        add_segments(window, 2)
        window.begin_run(INIT)
        window.open_segment(START + 60)
        for independent in (True, False, True, False):
            window.add_part(b"data", 0.2, independent=independent)
        spans = [(keyframe.start, keyframe.end) for keyframe in window.keyframes()]
        assert [pytest.approx(time, abs=1e-3) for span in spans for time in span] == [
            *(START + 60.4, START + 60.8),
            *(START + 60, START + 60.4),
            *(START + 2, START + 3),
            *(START + 1, START + 2),
        ]

    def test_a_wall_clock_that_was_set_back_leaves_them_in_order(self) -> None:
        window = begin(make_window())
        window.open_segment(START)
        window.add_part(b"data", 1.0, independent=True)
        window.begin_run(INIT)
        window.open_segment(START - 3600)
        for _ in range(2):
            window.add_part(b"data", 0.2, independent=True)
        spans = [(keyframe.start, keyframe.end) for keyframe in window.keyframes()]
        assert [pytest.approx(time, abs=1e-3) for span in spans for time in span] == [
            *(START - 3599.8, START - 3599.6),
            *(START - 3600, START - 3599.8),
            *(START - 3601, START - 3600),
        ]


def test_the_clock_of_the_media_goes_on_while_none_come() -> None:
    seconds = 5.0
    window = Window(max_duration=12, max_bytes=10_000, clock=lambda: seconds)
    assert window.now is None
    begin(window)
    window.open_segment(START)
    window.add_part(b"data", 0.2, independent=True)
    seconds = 8.0
    assert window.silence == 3
    assert window.now == pytest.approx(START + 3.2)


def test_what_recordings_look_back_to_is_held_but_not_listed() -> None:
    window = begin(Window(max_duration=6, max_bytes=1_000_000, lookback=30))
    add_segments(window, 60)
    assert window.segment(31) is not None
    assert window.segment(30) is None
    assert window.listed[0].msn == 55


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
    """Counts how often it was looked whether something has come."""

    looks = 0

    def has(self, msn: int, part: int | None = None) -> bool:
        self.looks += 1
        return super().has(msn, part)


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

    async def test_what_came_and_went_is_not_waited_for(self) -> None:
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
        window.add_part(b"", 0.2, independent=False)
        window.clear()
        with pytest.raises(StreamStoppedError):
            await waiting

    @each_wait
    async def test_a_cancelled_one_leaves_nothing(
        self, wait: Callable[[Window], Coroutine[object, object, object]]
    ) -> None:
        window = begin(make_window())
        waiting = asyncio.create_task(wait(window))
        await asyncio.sleep(0)
        [awaited] = window._awaited.values()
        assert len(awaited._waiters) == 1
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        assert not awaited._waiters
        add_segments(window, 2)
        assert not window._awaited

    async def test_who_waits_for_the_same_is_thought_of_once_a_change(self) -> None:
        """A thousand who wait for a part far ahead cost no more than one."""
        window = CountingWindow(max_duration=12, max_bytes=1000)
        begin(window)
        waiting = [asyncio.create_task(window.wait_for(2, 0)) for _ in range(100)]
        await asyncio.sleep(0)
        window.looks = 0
        add_parts(window, 3)
        await asyncio.sleep(0)
        assert window.looks == 3
        window.close_segment()
        add_parts(window, 1)
        await asyncio.gather(*waiting)

    async def test_many_wake_up_together(self) -> None:
        window = begin(make_window())
        waiting = [asyncio.create_task(window.wait_for(1, 0)) for _ in range(100)]
        await asyncio.sleep(0)
        add_parts(window, 1)
        await asyncio.gather(*waiting)
