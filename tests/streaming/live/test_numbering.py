"""Media sequence numbers and discontinuities continue over restarts and pauses."""

from custom_components.hls_camera.streaming.live.numbering import FIRST_MSN, Numbering
from custom_components.hls_camera.streaming.live.timeline import Timeline
from custom_components.hls_camera.streaming.live.window import Window

from ..media_files import INIT
from ..windows import add_parts, add_segments, begin, make_window


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


class TestPauses:
    def test_a_pause_counts_the_segments_that_there_would_have_been(self) -> None:
        """hls.js infers from the number where a playlist is that it has not seen."""
        window = begin(Window(max_duration=12, max_bytes=1_000_000, target_duration=2))
        add_segments(window, 2)
        end = window.listed[-1].start + 1.0
        window.clear()
        begin(window)
        window.open_segment(end + 9)
        assert window.last_msn == 2 + 5 + 1

    def test_a_pause_counts_once_if_its_first_segment_is_taken_back(self) -> None:
        numbering = Numbering(Timeline())
        numbering.pause(100.0)
        numbering.skip_pause(110.0, target_duration=2)
        msn = numbering.take_msn()
        assert msn == FIRST_MSN + 5
        numbering.take_back(msn, 0)
        numbering.skip_pause(114.0, target_duration=2)
        assert numbering.take_msn() == msn + 2

    def test_a_clock_that_was_set_back_during_the_pause_skips_no_number(self) -> None:
        numbering = Numbering(Timeline())
        numbering.pause(100.0)
        numbering.skip_pause(90.0, target_duration=2)
        assert numbering.take_msn() == FIRST_MSN


class TestDiscontinuities:
    def sharing(self) -> tuple[Window, Window]:
        """Two windows of one camera."""
        timeline = Timeline()
        window, other = (
            Window(max_duration=12, max_bytes=1_000_000, timeline=timeline)
            for _ in range(2)
        )
        return begin(window), begin(other)

    def numbers(self, window: Window) -> list[int]:
        """Return the number of each listed segment."""
        numbers = []
        number = window.discontinuity_sequence
        for segment in window.listed:
            number += segment.discontinuities
            numbers.append(number)
        return numbers

    def test_a_restart_is_one_in_the_other_variant_too(self) -> None:
        window, other = self.sharing()
        add_segments(window, 1)
        add_segments(other, 1)
        window.begin_run(INIT)
        add_segments(window, 1)
        add_segments(other, 1)
        assert self.numbers(window) == self.numbers(other) == [0, 1]

    def test_two_restarts_meanwhile_are_two(self) -> None:
        window, other = self.sharing()
        add_segments(other, 1)
        add_segments(window, 1)
        for _ in range(2):
            window.begin_run(INIT)
            add_segments(window, 1)
        add_segments(other, 1)
        assert self.numbers(window) == [0, 1, 2]
        assert self.numbers(other) == [0, 2]

    def test_a_variant_that_begins_takes_the_number_of_now(self) -> None:
        window, other = self.sharing()
        add_segments(window, 1)
        window.begin_run(INIT)
        add_segments(window, 1)
        add_segments(other, 1)
        assert self.numbers(other) == [1]

    def test_a_pause_is_none(self) -> None:
        window, other = self.sharing()
        add_segments(window, 2)
        add_segments(other, 1)
        window.clear()
        begin(window)
        add_segments(window, 1)
        add_segments(other, 1)
        assert self.numbers(window) == [0]
        assert self.numbers(other) == [0, 0]

    def test_none_is_lost_with_a_segment_that_got_nothing(self) -> None:
        window, other = self.sharing()
        add_segments(window, 1)
        add_segments(other, 1)
        window.begin_run(INIT)
        window.open_segment(0)
        window.begin_run(INIT)
        add_segments(window, 1)
        add_segments(other, 1)
        assert self.numbers(window) == self.numbers(other) == [0, 2]
