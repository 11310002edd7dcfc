"""Demand for a stream: its leases, and the time of the last request."""

import pytest

from custom_components.hls_camera.streaming.live.demand import RECENT_REQUEST_S, Demand

from ..clocks import Clock


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def demand(clock: Clock) -> Demand:
    return Demand(clock)


def test_a_request_is_recent_for_a_while(demand: Demand, clock: Clock) -> None:
    seen = []
    for step in (RECENT_REQUEST_S, 1):
        clock.now += step
        seen.append(demand.is_recent)
    assert seen == [True, False]
    demand.note()
    assert demand.last_request == clock.now


def test_a_lease_is_a_request_until_it_ends(demand: Demand, clock: Clock) -> None:
    with demand.lease():
        clock.now += 1000
        assert demand.last_request == clock.now
    ended = clock.now
    clock.now += RECENT_REQUEST_S
    assert demand.is_recent
    assert demand.last_request == ended


def test_a_stream_is_wanted_until_its_last_lease_ends(
    demand: Demand, clock: Clock
) -> None:
    with demand.lease():
        with demand.lease():
            pass
        clock.now += 1000
        assert demand.is_recent
    clock.now += RECENT_REQUEST_S + 1
    assert not demand.is_recent
