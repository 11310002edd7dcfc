"""Segments in memory stay within their limits, and leave the playlist before memory."""

import pytest
from hypothesis import given, strategies as st

from custom_components.hls_camera.streaming.errors import WindowOverflowError
from custom_components.hls_camera.streaming.live.numbering import FIRST_MSN
from custom_components.hls_camera.streaming.live.window import Window

from ..windows import (
    OPERATIONS,
    Clear,
    Operation,
    add_parts,
    add_segments,
    begin,
    drive,
    make_window,
)


class TestAnyMedia:
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
                held = sum(segment.duration for segment in window.segments)
                assert held >= duration + 3 * target or window.segment(cleared)
            assert duration <= max(max_duration, 4 * target) + 2 * target + 16


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

    def test_media_can_be_had_for_a_while_after_they_left_the_playlist(self) -> None:
        window = begin(make_window(max_duration=4))
        add_segments(window, 30)
        listed = window.listed
        assert len(listed) == 4
        # for the length of a playlist that listed it, to the end of its segment
        assert window.segment(listed[0].msn - 3) is not None
        assert window.segment(listed[0].msn - 4) is None

    def test_media_for_recordings_are_held_but_not_listed(self) -> None:
        window = begin(Window(max_duration=6, max_bytes=1_000_000, lookback=30))
        add_segments(window, 60)
        assert window.segment(31) is not None
        assert window.segment(30) is None
        assert window.listed[0].msn == 55

    def test_a_stop_leaves_the_segments_to_those_who_still_read_them(self) -> None:
        window = begin(make_window())
        add_segments(window, 2)
        segments = window.segments
        window.clear()
        assert [segment.msn for segment in segments] == [1, 2]
        assert not window.segments
