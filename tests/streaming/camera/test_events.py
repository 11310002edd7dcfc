"""Conditions of streams, and the events of cameras."""

from typing import Any

from custom_components.hls_camera.streaming.camera.events import (
    CameraEvents,
    Change,
    Condition,
    EventType,
    OutageTracker,
    StreamEvent,
)
from custom_components.hls_camera.streaming.reasons import EndReason

NOW = 100.0


def tracker() -> OutageTracker:
    """Return one whose clock stands still."""
    return OutageTracker(lambda: NOW)


def test_a_stream_is_live_from_its_first_picture_on() -> None:
    change = tracker().picture_came(0.7)
    assert change == Change(condition=Condition.LIVE, at=NOW, time_to_first_frame=0.7)


def test_an_outage_is_one_however_many_tries_it_takes() -> None:
    outages = tracker()
    change = outages.run_failed(EndReason.STALLED)
    assert change == Change(
        condition=Condition.FAILING, at=NOW, reason=EndReason.STALLED
    )
    since = outages.failing_since
    assert since is not None
    assert outages.run_failed(EndReason.REFUSED) is None
    assert outages.failing_since is since


def test_the_first_picture_after_an_outage_ends_it() -> None:
    outages = tracker()
    outages.run_failed(EndReason.STALLED)
    change = outages.picture_came(0.5)
    assert outages.failing_since is None
    assert change == Change(condition=Condition.LIVE, at=NOW, time_to_first_frame=0.5)


def test_a_wished_end_is_no_outage_and_ends_one() -> None:
    outages = tracker()
    outages.run_failed(EndReason.STALLED)
    change = outages.ended(EndReason.STOPPED)
    assert outages.failing_since is None
    assert change == Change(
        condition=Condition.AT_REST, at=NOW, reason=EndReason.STOPPED
    )


class TestComingAndGoing:
    """A camera whose pictures do not last is in one outage."""

    def tracker(self) -> OutageTracker:
        """Return that of a camera whose first recovery did not last."""
        self.now = 100.0
        outages = OutageTracker(lambda: self.now)
        for condition, change in (
            (Condition.FAILING, outages.run_failed(EndReason.STALLED)),
            (Condition.LIVE, outages.picture_came(0.5)),
            (Condition.FAILING, outages.run_failed(EndReason.REFUSED)),
        ):
            assert change is not None
            assert change.condition is condition
        return outages

    def test_its_next_recovery_counts_once_it_has_lasted(self) -> None:
        outages = self.tracker()
        since = outages.failing_since
        for _ in range(3):
            assert outages.picture_came(0.5) is None
            assert outages.failing_since is None
            assert outages.run_failed(EndReason.REFUSED) is None
            assert outages.failing_since is since
        assert outages.picture_came(0.7) is None
        came = self.now
        self.now += 60
        change = outages.proven()
        assert change == Change(
            condition=Condition.LIVE, at=came, time_to_first_frame=0.7
        )

    def test_after_that_each_change_counts_at_once_again(self) -> None:
        outages = self.tracker()
        outages.picture_came(0.5)
        assert outages.proven() is not None
        assert outages.proven() is None
        assert outages.run_failed(EndReason.STALLED) is not None
        assert outages.picture_came(0.5) is not None

    def test_a_wished_end_forgets_it(self) -> None:
        outages = self.tracker()
        outages.picture_came(0.5)
        assert outages.ended(EndReason.STOPPED).condition is Condition.AT_REST
        assert outages.proven() is None
        assert outages.picture_came(0.5) is not None

    def test_a_recovery_that_counts_late_counts_from_its_picture(self) -> None:
        camera = Camera()
        camera.main(Condition.FAILING, reason=EndReason.REFUSED)
        camera.now += 90
        camera.main(Condition.LIVE, at=camera.now - 60)
        camera.now += 10
        camera.main(Condition.FAILING, reason=EndReason.REFUSED)
        assert camera.told[1].outage == 30
        assert camera.told[2].uptime == 70


class Camera:
    """A camera's events, by a clock that a test moves."""

    def __init__(self) -> None:
        self.now = NOW
        self.told: list[StreamEvent] = []
        self._events = CameraEvents(lambda: self.now)
        self._events.listeners.add(self.told.append)

    def main(self, condition: Condition, **details: Any) -> None:
        self._events.main_changed(self._change(condition, details))

    def sub(self, condition: Condition, **details: Any) -> None:
        self._events.sub_changed(self._change(condition, details))

    def _change(self, condition: Condition, details: dict[str, Any]) -> Change:
        return Change(condition=condition, **{"at": self.now, **details})


def test_a_camera_with_one_stream_has_its_story() -> None:
    camera = Camera()
    camera.main(Condition.LIVE, time_to_first_frame=0.7)
    camera.now += 60
    camera.main(Condition.FAILING, reason=EndReason.STALLED)
    camera.now += 5
    camera.main(Condition.LIVE, time_to_first_frame=0.4)
    camera.now += 10
    camera.main(Condition.AT_REST, reason=EndReason.IDLE)
    assert camera.told == [
        StreamEvent(type=EventType.STARTED, time_to_first_frame=0.7),
        StreamEvent(type=EventType.FAILED, reason=EndReason.STALLED, uptime=60),
        StreamEvent(type=EventType.RECOVERED, time_to_first_frame=0.4, outage=5),
        StreamEvent(type=EventType.ENDED, reason=EndReason.IDLE, uptime=10),
    ]


def test_a_viewer_that_changes_to_the_small_stream_is_no_news() -> None:
    camera = Camera()
    camera.main(Condition.LIVE)
    camera.now += 30
    camera.sub(Condition.LIVE)
    camera.main(Condition.AT_REST, reason=EndReason.IDLE)
    assert [event.type for event in camera.told] == [EventType.STARTED]
    camera.now += 30
    camera.sub(Condition.AT_REST, reason=EndReason.IDLE)
    assert camera.told[1:] == [
        StreamEvent(type=EventType.ENDED, reason=EndReason.IDLE, uptime=60)
    ]


def test_a_small_stream_that_fails_beside_the_main_one_is_no_news() -> None:
    camera = Camera()
    camera.main(Condition.LIVE)
    camera.sub(Condition.FAILING, reason=EndReason.REFUSED)
    camera.sub(Condition.LIVE)
    assert [event.type for event in camera.told] == [EventType.STARTED]


def test_a_small_stream_that_was_watched_alone_ends_for_its_reason() -> None:
    camera = Camera()
    camera.sub(Condition.LIVE)
    camera.sub(Condition.FAILING, reason=EndReason.REFUSED)
    camera.sub(Condition.LIVE)
    assert [(event.type, event.reason) for event in camera.told] == [
        (EventType.STARTED, None),
        (EventType.ENDED, EndReason.REFUSED),
        (EventType.STARTED, None),
    ]


def test_a_camera_fails_where_its_main_stream_does() -> None:
    camera = Camera()
    camera.sub(Condition.LIVE)
    camera.main(Condition.FAILING, reason=EndReason.STALLED)
    camera.sub(Condition.AT_REST, reason=EndReason.IDLE)
    camera.now += 7
    camera.main(Condition.LIVE)
    assert [event.type for event in camera.told] == [
        EventType.STARTED,
        EventType.FAILED,
        EventType.RECOVERED,
    ]
    assert camera.told[-1].outage == 7


def test_an_outage_that_nobody_waits_for_ends() -> None:
    camera = Camera()
    camera.main(Condition.FAILING, reason=EndReason.REFUSED)
    camera.main(Condition.AT_REST, reason=EndReason.IDLE)
    assert camera.told == [
        StreamEvent(type=EventType.FAILED, reason=EndReason.REFUSED, uptime=0.0),
        StreamEvent(type=EventType.ENDED, reason=EndReason.IDLE),
    ]


def test_a_run_without_a_picture_has_not_been_live() -> None:
    camera = Camera()
    camera.main(Condition.AT_REST, reason=EndReason.STOPPED)
    assert camera.told == []
