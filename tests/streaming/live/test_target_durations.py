"""The target durations of a playlist grow with its media, and only with them."""

from custom_components.hls_camera.streaming.live.target_durations import TargetDurations

from ..windows import add_parts, add_segments, begin, make_window


class TestTargetDuration:
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

    def test_a_stop_without_media_keeps_it(self) -> None:
        """Players that come back know it."""
        targets = TargetDurations(2)
        targets.fit(7.5)
        targets.reset(None)
        assert targets.target_duration == 8

    def test_halves_are_rounded_upwards(self) -> None:
        """RFC 8216bis, 4.4.3.1: EXTINF, rounded to the nearest integer."""
        targets = TargetDurations(1)
        targets.fit(2.49)
        assert targets.target_duration == 2
        targets.fit(2.5)
        assert targets.target_duration == 3


class TestPartTarget:
    def test_it_grows_until_a_stop(self) -> None:
        targets = TargetDurations(1)
        targets.raise_part_target(0.44)
        targets.raise_part_target(0.22)
        assert targets.part_target == 0.44
        targets.reset(None)
        assert targets.part_target == 0.0
