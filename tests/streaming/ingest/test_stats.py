"""Figures of a stream that runs."""

import tracemalloc

import pytest

from custom_components.hls_camera.streaming.ingest.stats import Meter

from ..clocks import Clock


@pytest.fixture
def clock() -> Clock:
    return Clock(0.0)


@pytest.fixture
def meter(clock: Clock) -> Meter:
    return Meter(clock)


def run(meter: Meter, clock: Clock, seconds: float, size: int = 5000) -> None:
    """Count 25 fragments a second, a frame in each."""
    for _ in range(round(25 * seconds)):
        meter.count(size, 1, 0.04)
        clock.now += 0.04


def test_rates_are_those_of_the_last_ten_seconds(meter: Meter, clock: Clock) -> None:
    run(meter, clock, 30, size=1000)
    run(meter, clock, 12)
    assert meter.rates() == pytest.approx((1_000_000, 25, 1.0), rel=0.02)


def test_a_first_moment_is_not_taken_for_more_than_it_is(
    meter: Meter, clock: Clock
) -> None:
    meter.count(1000, 1, 0.5)
    clock.now += 0.001
    assert meter.rates() == (8000, 1, 0.5)


def test_a_burst_at_the_start_is_no_rate(meter: Meter, clock: Clock) -> None:
    meter.count(500_000, 100, 4.0)
    run(meter, clock, 2.2)
    assert meter.rates() == pytest.approx((1_000_000, 25, 1.0), rel=0.05)


def test_nothing_came_lately_is_zero(meter: Meter, clock: Clock) -> None:
    assert meter.rates() == (0, 0, 0)
    run(meter, clock, 5)
    clock.now += 11
    assert meter.rates() == (0, 0, 0)


def test_a_pause_forgets_the_rates_and_keeps_the_totals(
    meter: Meter, clock: Clock
) -> None:
    run(meter, clock, 2)
    meter.pause()
    assert meter.rates() == (0, 0, 0)
    assert (meter.bytes, meter.frames) == (250_000, 50)


def test_hours_leave_no_more_than_a_few_seconds_of_history(
    meter: Meter, clock: Clock
) -> None:
    run(meter, clock, 100)
    tracemalloc.start()
    try:
        run(meter, clock, 1000)
        kept, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert kept < 10_000
