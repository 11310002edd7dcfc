"""Keyframes are found from the newest one back, with the time that each covers."""

import pytest

from custom_components.hls_camera.streaming.live.keyframe_search import (
    parts_since_keyframe,
)

from ..media_files import INIT
from ..windows import (
    START,
    add_keyless,
    add_part,
    add_parts,
    add_segments,
    begin,
    make_window,
)


class TestSpans:
    def test_each_ends_where_the_next_one_begins_or_the_run_ended(self) -> None:
        window = begin(make_window())
        add_segments(window, 2)
        window.begin_run(INIT)
        window.open_segment(START + 60)
        for independent in (True, False, True, False):
            add_part(window, b"data", 0.2, independent=independent)
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
        add_part(window, b"data", 1.0, independent=True)
        window.begin_run(INIT)
        window.open_segment(START - 3600)
        for _ in range(2):
            add_part(window, b"data", 0.2, independent=True)
        spans = [(keyframe.start, keyframe.end) for keyframe in window.keyframes()]
        assert [pytest.approx(time, abs=1e-3) for span in spans for time in span] == [
            *(START - 3599.8, START - 3599.6),
            *(START - 3600, START - 3599.8),
            *(START - 3601, START - 3600),
        ]


class TestPartsSinceKeyframe:
    def test_they_reach_over_segments_without_a_keyframe(self) -> None:
        window = begin(make_window())
        add_segments(window, 1)
        add_keyless(window, 2)
        init, parts = parts_since_keyframe(window.segments)
        assert init is INIT
        assert parts == [part for each in window.segments for part in each.parts]

    def test_they_begin_at_the_newest_keyframe(self) -> None:
        window = begin(make_window())
        add_segments(window, 2)
        add_parts(window, 3)
        _, parts = parts_since_keyframe(window.segments)
        assert parts == window.segments[-1].parts

    def test_the_run_before_does_not_count(self) -> None:
        window = begin(make_window())
        add_segments(window, 1)
        window.begin_run(INIT)
        add_keyless(window, 2)
        assert parts_since_keyframe(window.segments) == (None, [])

    def test_an_empty_window_has_none(self) -> None:
        assert parts_since_keyframe(make_window().segments) == (None, [])
