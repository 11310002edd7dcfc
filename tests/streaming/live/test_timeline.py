"""Variants share media time and discontinuity sequence numbers."""

import pytest

from custom_components.hls_camera.streaming.live.packaging import Packaging
from custom_components.hls_camera.streaming.live.segmenter import Segmenter
from custom_components.hls_camera.streaming.live.timeline import Timeline
from custom_components.hls_camera.streaming.live.window import Window
from custom_components.hls_camera.streaming.media.boxes import BoxReader
from custom_components.hls_camera.streaming.media.fmp4 import read_fragment

from ..media_files import INIT, VIDEO, VIDEO_INIT, RecordingSink, frames
from ..windows import add_segments, begin

FRAME = VIDEO.timescale // 25
NOW = 1_790_000_000.0


def decode_time(timeline: Timeline, now: float) -> float:
    """Return where a run's first frame is placed that comes at a wall clock time."""
    sink = RecordingSink()
    segmenter = Segmenter(
        VIDEO_INIT, sink, Packaging(), timeline=timeline, clock=lambda: now
    )
    segmenter.push(frames([FRAME] * 10))
    segmenter.flush()
    data = sink.segments[0].parts[0].data
    moof, mdat = BoxReader().feed(data)
    return read_fragment(moof, mdat, VIDEO_INIT)[0].dts / VIDEO.timescale


class TestMediaTime:
    def test_the_first_run_keeps_its_own(self) -> None:
        assert decode_time(Timeline(), NOW) == frames([FRAME])[0].dts / VIDEO.timescale

    @pytest.mark.parametrize("later", [0.3, 7.48, 3 * 86_400.0])
    def test_a_later_run_is_as_much_later_in_it(self, later: float) -> None:
        timeline = Timeline()
        first = decode_time(timeline, NOW)
        second = decode_time(timeline, NOW + later)
        assert second - first == pytest.approx(later, abs=1e-4)

    def test_it_does_not_go_back_with_the_wall_clock(self) -> None:
        timeline = Timeline()
        decode_time(timeline, NOW)
        newest = decode_time(timeline, NOW + 10)
        assert decode_time(timeline, NOW - 3600) == pytest.approx(newest, abs=1e-4)

    def test_a_run_is_placed_beside_one_whose_clock_is_followed(self) -> None:
        timeline = Timeline()
        shift = timeline.shift(epoch=NOW, start=0)
        timeline.follow(epoch=NOW, start=0, shift=shift)
        # A day later, the camera's clock is 4 s late.
        timeline.follow(epoch=NOW + 4, start=86_396, shift=shift)
        assert timeline.shift(epoch=NOW + 86_400, start=0) == 86_396


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

    def test_a_pause_counts_the_segments_that_there_would_have_been(self) -> None:
        """hls.js infers from the number where a playlist is that it has not seen."""
        window = begin(Window(max_duration=12, max_bytes=1_000_000, target_duration=2))
        add_segments(window, 2)
        end = window.listed[-1].start + 1.0
        window.clear()
        begin(window)
        window.open_segment(end + 9)
        assert window.last_msn == 2 + 5 + 1

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
