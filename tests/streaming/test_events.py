"""What is told of a stream's fate."""

from custom_components.hls_camera.streaming.events import (
    Chronicle,
    EventType,
    StreamEvent,
)
from custom_components.hls_camera.streaming.reasons import EndReason


def test_the_first_picture_is_a_start() -> None:
    event = Chronicle().picture_came(0.7)
    assert event == StreamEvent(type=EventType.STARTED, time_to_first_frame=0.7)


def test_an_outage_is_told_once_however_many_tries_it_takes() -> None:
    chronicle = Chronicle()
    event = chronicle.run_failed(EndReason.STALLED, 12.0)
    assert event == StreamEvent(
        type=EventType.FAILED, reason=EndReason.STALLED, uptime=12.0
    )
    since = chronicle.failing_since
    assert since is not None
    assert chronicle.run_failed(EndReason.REFUSED, 0.0) is None
    assert chronicle.failing_since is since


def test_the_first_picture_after_an_outage_is_a_recovery() -> None:
    chronicle = Chronicle()
    chronicle.run_failed(EndReason.STALLED, 12.0)
    event = chronicle.picture_came(0.5)
    assert chronicle.failing_since is None
    assert event.type is EventType.RECOVERED
    assert event.time_to_first_frame == 0.5
    assert event.outage is not None
    assert event.outage >= 0


def test_a_wished_end_is_no_outage_and_ends_one() -> None:
    chronicle = Chronicle()
    chronicle.run_failed(EndReason.STALLED, 12.0)
    event = chronicle.ended(EndReason.STOPPED, None)
    assert chronicle.failing_since is None
    assert event == StreamEvent(type=EventType.ENDED, reason=EndReason.STOPPED)


def test_who_listens_is_told_until_it_leaves() -> None:
    told: list[StreamEvent] = []
    chronicle = Chronicle()
    leave = chronicle.add_listener(told.append)
    event = chronicle.picture_came(None)
    chronicle.tell(event)
    leave()
    leave()
    chronicle.tell(event)
    assert told == [event]
