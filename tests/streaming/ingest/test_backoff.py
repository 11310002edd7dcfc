"""How long to wait before the next try."""

from itertools import pairwise

import pytest

from custom_components.hls_camera.streaming.ingest.backoff import Backoff


def test_the_first_try_is_at_once() -> None:
    assert Backoff().delay() == 0


def test_waits_double_from_one_second_to_thirty_with_a_fifth_of_jitter() -> None:
    backoff = Backoff()
    backoff.delay()
    for nominal in (1, 2, 4, 8, 16, 30, 30, 30):
        assert backoff.delay() == pytest.approx(nominal, rel=0.2)


def test_cameras_that_failed_together_do_not_come_back_together() -> None:
    def third_delay() -> float:
        backoff = Backoff()
        return [backoff.delay() for _ in range(3)][-1]

    delays = sorted(third_delay() for _ in range(16))
    assert all(later > earlier for earlier, later in pairwise(delays))


def test_after_a_success_the_next_try_is_at_once_again() -> None:
    backoff = Backoff()
    for _ in range(5):
        backoff.delay()
    backoff.reset()
    assert backoff.delay() == 0
    assert backoff.delay() <= 1.2


def test_signs_of_life_shorten_the_wait_less_each_time_until_a_success() -> None:
    backoff = Backoff()
    least = []
    for _ in range(8):
        for _ in range(6):
            backoff.delay()
        least.append(backoff.least)
        backoff.ease()
        assert backoff.delay() == pytest.approx(least[-1], rel=0.2)
    assert least == [0, 1, 2, 4, 8, 16, 30, 30]
    backoff.reset()
    assert backoff.least == 0


def test_a_sign_of_life_makes_no_wait_longer() -> None:
    backoff = Backoff()
    for _ in range(5):
        backoff.ease()
    assert backoff.delay() == 0
