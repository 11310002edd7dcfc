"""The live window: numbers that only go up, media that stay within bounds."""

import asyncio
from dataclasses import replace

import pytest
from hypothesis import given, strategies as st

from custom_components.hls_camera.streaming.live.window import Window

from ..media_files import INIT
from ..windows import (
    OPERATIONS,
    START,
    Clear,
    Operation,
    add_keyless,
    add_part,
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
            held = list(window.segments)
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
            init_ids = [
                init_id
                for init_id in range(len(operations) + 1)
                if window.init_section(init_id) is not None
            ]
            needed = {segment.init_id for segment in held} | set(init_ids[-1:])
            assert set(init_ids) <= needed


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
            add_part(window, bytes(240), 0.2, independent=False)
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


def test_every_session_has_a_prefix_of_its_own() -> None:
    assert make_window().prefix != make_window().prefix


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
        add_part(window, b"no keyframe", 0.2, independent=False)
        await asyncio.sleep(0)
        assert not waiting.done()
        add_part(window, b"keyframe", 0.2, independent=True)
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


def test_the_clock_of_the_media_goes_on_while_none_come() -> None:
    seconds = 5.0
    window = Window(max_duration=12, max_bytes=10_000, clock=lambda: seconds)
    assert window.now is None
    begin(window)
    window.open_segment(START)
    add_part(window, b"data", 0.2, independent=True)
    seconds = 8.0
    assert window.silence == 3
    assert window.now == pytest.approx(START + 3.2)
