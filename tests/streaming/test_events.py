"""What is told of a stream's fate."""

import pytest

from custom_components.hls_camera.streaming.events import (
    Chronicle,
    EventType,
    StreamEvent,
)
from custom_components.hls_camera.streaming.reasons import EndReason


@pytest.fixture
def told() -> list[StreamEvent]:
    return []


@pytest.fixture
def chronicle(told: list[StreamEvent]) -> Chronicle:
    chronicle = Chronicle()
    chronicle.add_listener(told.append)
    return chronicle


def test_the_first_picture_is_a_start(
    chronicle: Chronicle, told: list[StreamEvent]
) -> None:
    chronicle.picture_came(0.7)
    assert told == [StreamEvent(type=EventType.STARTED, time_to_first_frame=0.7)]


def test_an_outage_is_told_once_however_many_tries_it_takes(
    chronicle: Chronicle, told: list[StreamEvent]
) -> None:
    chronicle.run_failed(EndReason.STALLED, 12.0)
    since = chronicle.failing_since
    assert since is not None
    chronicle.run_failed(EndReason.REFUSED, 0.0)
    chronicle.run_failed(EndReason.REFUSED, 0.0)
    assert chronicle.failing_since is since
    assert told == [
        StreamEvent(type=EventType.FAILED, reason=EndReason.STALLED, uptime=12.0)
    ]


def test_the_first_picture_after_an_outage_is_a_recovery(
    chronicle: Chronicle, told: list[StreamEvent]
) -> None:
    chronicle.run_failed(EndReason.STALLED, 12.0)
    chronicle.picture_came(0.5)
    assert chronicle.failing_since is None
    assert told[-1].type is EventType.RECOVERED
    assert told[-1].time_to_first_frame == 0.5
    assert told[-1].outage is not None
    assert told[-1].outage >= 0


def test_a_wished_end_is_no_outage_and_ends_one(
    chronicle: Chronicle, told: list[StreamEvent]
) -> None:
    chronicle.run_failed(EndReason.STALLED, 12.0)
    chronicle.ended(EndReason.STOPPED, None)
    assert chronicle.failing_since is None
    assert told[-1] == StreamEvent(type=EventType.ENDED, reason=EndReason.STOPPED)


def test_who_left_is_told_nothing(told: list[StreamEvent]) -> None:
    chronicle = Chronicle()
    leave = chronicle.add_listener(told.append)
    leave()
    leave()
    chronicle.picture_came(None)
    assert not told
