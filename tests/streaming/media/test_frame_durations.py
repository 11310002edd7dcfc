"""The usual duration of a track's frames."""

from collections.abc import Sequence
from statistics import median_low

from hypothesis import given, strategies as st

from custom_components.hls_camera.streaming.media.frame_durations import FrameDurations

REMEMBERED = 9


@given(durations=st.lists(st.integers(1, 12), min_size=1, max_size=60))
def test_it_is_the_median_of_the_latest_nine(durations: Sequence[int]) -> None:
    noted = FrameDurations()
    for count, duration in enumerate(durations, start=1):
        noted.note(duration)
        latest = durations[max(0, count - REMEMBERED) : count]
        assert noted.usual == median_low(latest)


def test_there_is_none_before_the_first_frame() -> None:
    assert FrameDurations().usual is None


def test_a_few_uneven_frames_do_not_change_the_median_of_nine() -> None:
    noted = FrameDurations()
    for _ in range(REMEMBERED):
        assert not noted.are_enough
        noted.note(40)
    assert noted.are_enough


def test_the_longest_one_is_within_a_limit() -> None:
    noted = FrameDurations()
    for duration in (40, 42, 38, 400):
        noted.note(duration)
    assert noted.longest(80) == 42
    assert noted.longest(10) == 0
