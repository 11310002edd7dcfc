"""Decode times of packets that have presentation times only."""

from itertools import pairwise

import pytest
from hypothesis import given, strategies as st

from custom_components.hls_camera.streaming.media.decode_times import (
    MAX_DELAY,
    DecodeTimes,
)


def decoded(times: list[int], delay: int) -> list[int]:
    """Return the decode times of pictures that are shown at these times."""
    clock = DecodeTimes(delay)
    return [time for pts in times for time in clock.following(pts)]


def test_without_reordering_both_times_are_the_same() -> None:
    assert decoded([5, 6, 8, 9], 0) == [5, 6, 8, 9]


@pytest.mark.parametrize(
    ("delay", "shown"),
    [
        (1, [1, 3, 2, 5, 4, 7, 6]),
        (2, [1, 4, 2, 3, 7, 5, 6]),
        (2, [1, 5, 3, 2, 4, 9, 7, 6, 8]),
    ],
    ids=["one B-frame", "two", "a pyramid"],
)
def test_pictures_are_decoded_as_far_apart_as_they_are_shown(
    delay: int, shown: list[int]
) -> None:
    times = decoded([100 * time for time in shown], delay)
    settled = times[delay:]
    assert settled == [100 * (index + 1) for index in range(len(settled))]
    assert all(dts <= 100 * pts for dts, pts in zip(times, shown, strict=True))


def test_nothing_is_settled_before_the_delay_is_over() -> None:
    clock = DecodeTimes(2)
    assert clock.following(1000) == []
    assert clock.following(1300) == []
    assert clock.following(1100) == [800, 900, 1000]
    assert clock.following(1200) == [1100]


def test_a_stream_may_wait_for_more_pictures_than_it_announced() -> None:
    """It is out of step for a moment, and then as one that told the truth."""
    shown = [0, 3, 1, 2, 6, 4, 5, 9, 7, 8, 12, 10, 11, 15, 13, 14]
    times = decoded([100 * time for time in shown], 0)
    assert all(after > before for before, after in pairwise(times))
    assert times[6:] == decoded([100 * time for time in shown], 2)[6:]


@given(
    times=st.lists(st.integers(0, 10_000), max_size=60),
    delay=st.integers(0, 3 * MAX_DELAY),
)
def test_decode_times_always_rise_and_lose_no_picture(
    times: list[int], delay: int
) -> None:
    clock = DecodeTimes(delay)
    settled = [clock.following(pts) for pts in times]
    decode_times = [time for each in settled for time in each]
    assert all(after > before for before, after in pairwise(decode_times))
    held = min(delay, MAX_DELAY)
    assert len(decode_times) == (len(times) if len(times) > held else 0)


@given(steps=st.lists(st.integers(1, 500), min_size=1, max_size=40))
def test_times_that_only_rise_are_kept(steps: list[int]) -> None:
    times = [sum(steps[:index]) for index in range(len(steps) + 1)]
    assert decoded(times, 0) == times
