"""What is told of a stream's fate."""

from typing import Any

from custom_components.hls_camera.streaming.camera.events import (
    CameraStory,
    EventType,
    OutageTracker,
    StreamEvent,
)
from custom_components.hls_camera.streaming.reasons import EndReason


def test_the_first_picture_is_a_start() -> None:
    event = OutageTracker().picture_came(0.7)
    assert event == StreamEvent(type=EventType.STARTED, time_to_first_frame=0.7)


def test_an_outage_is_told_once_however_many_tries_it_takes() -> None:
    chronicle = OutageTracker()
    event = chronicle.run_failed(EndReason.STALLED, 12.0)
    assert event == StreamEvent(
        type=EventType.FAILED, reason=EndReason.STALLED, uptime=12.0
    )
    since = chronicle.failing_since
    assert since is not None
    assert chronicle.run_failed(EndReason.REFUSED, 0.0) is None
    assert chronicle.failing_since is since


def test_the_first_picture_after_an_outage_is_a_recovery() -> None:
    chronicle = OutageTracker()
    chronicle.run_failed(EndReason.STALLED, 12.0)
    event = chronicle.picture_came(0.5)
    assert chronicle.failing_since is None
    assert event is not None
    assert event.type is EventType.RECOVERED
    assert event.time_to_first_frame == 0.5
    assert event.outage is not None
    assert event.outage >= 0


def test_a_wished_end_is_no_outage_and_ends_one() -> None:
    chronicle = OutageTracker()
    chronicle.run_failed(EndReason.STALLED, 12.0)
    event = chronicle.ended(EndReason.STOPPED, None)
    assert chronicle.failing_since is None
    assert event == StreamEvent(type=EventType.ENDED, reason=EndReason.STOPPED)


class TestComingAndGoing:
    """A camera whose pictures do not last is in one outage."""

    def chronicle(self) -> OutageTracker:
        """Return that of a camera whose first recovery did not last."""
        self.now = 100.0
        chronicle = OutageTracker(lambda: self.now)
        for type_, event in (
            (EventType.FAILED, chronicle.run_failed(EndReason.STALLED, 12.0)),
            (EventType.RECOVERED, chronicle.picture_came(0.5)),
            (EventType.FAILED, chronicle.run_failed(EndReason.REFUSED, 2.0)),
        ):
            assert event is not None
            assert event.type is type_
        return chronicle

    def test_its_next_recovery_is_told_once_it_has_lasted(self) -> None:
        chronicle = self.chronicle()
        since = chronicle.failing_since
        for _ in range(3):
            assert chronicle.picture_came(0.5) is None
            assert chronicle.failing_since is None
            assert chronicle.run_failed(EndReason.REFUSED, 2.0) is None
            assert chronicle.failing_since is since
        assert chronicle.picture_came(0.7) is None
        self.now += 60
        event = chronicle.proven()
        assert event is not None
        assert event.type is EventType.RECOVERED
        assert (event.time_to_first_frame, event.age) == (0.7, 60)

    def test_after_that_all_is_told_at_once_again(self) -> None:
        chronicle = self.chronicle()
        chronicle.picture_came(0.5)
        assert chronicle.proven() is not None
        assert chronicle.proven() is None
        assert chronicle.run_failed(EndReason.STALLED, 70.0) is not None
        assert chronicle.picture_came(0.5) is not None

    def test_a_wished_end_is_told_and_forgets_it(self) -> None:
        chronicle = self.chronicle()
        chronicle.picture_came(0.5)
        assert chronicle.ended(EndReason.STOPPED, 2.0).type is EventType.ENDED
        assert chronicle.proven() is None
        event = chronicle.picture_came(0.5)
        assert event is not None
        assert event.type is EventType.STARTED

    def test_a_recovery_that_is_told_late_counts_from_its_picture(self) -> None:
        camera = Camera()
        camera.main(EventType.FAILED, reason=EndReason.REFUSED)
        camera.now += 90
        camera.main(EventType.RECOVERED, age=60.0)
        camera.now += 10
        camera.main(EventType.FAILED, reason=EndReason.REFUSED)
        assert camera.told[1].outage == 30
        assert camera.told[2].uptime == 70


class Camera:
    """A camera's story, by a clock that a test moves, and what was told of it."""

    def __init__(self) -> None:
        self.now = 100.0
        self.told: list[StreamEvent] = []
        self._story = CameraStory(lambda: self.now)

    def main(self, event_type: EventType, **details: Any) -> None:
        self._note(self._story.main_told(StreamEvent(type=event_type, **details)))

    def small(self, event_type: EventType, **details: Any) -> None:
        self._note(self._story.small_told(StreamEvent(type=event_type, **details)))

    def _note(self, event: StreamEvent | None) -> None:
        if event is not None:
            self.told.append(event)


def test_a_camera_with_one_stream_has_its_story() -> None:
    camera = Camera()
    camera.main(EventType.STARTED, time_to_first_frame=0.7)
    camera.now += 60
    camera.main(EventType.FAILED, reason=EndReason.STALLED)
    camera.now += 5
    camera.main(EventType.RECOVERED, time_to_first_frame=0.4)
    camera.now += 10
    camera.main(EventType.ENDED, reason=EndReason.IDLE)
    assert camera.told == [
        StreamEvent(type=EventType.STARTED, time_to_first_frame=0.7),
        StreamEvent(type=EventType.FAILED, reason=EndReason.STALLED, uptime=60),
        StreamEvent(type=EventType.RECOVERED, time_to_first_frame=0.4, outage=5),
        StreamEvent(type=EventType.ENDED, reason=EndReason.IDLE, uptime=10),
    ]


def test_a_viewer_that_changes_to_the_small_stream_is_no_news() -> None:
    camera = Camera()
    camera.main(EventType.STARTED)
    camera.now += 30
    camera.small(EventType.STARTED)
    camera.main(EventType.ENDED, reason=EndReason.IDLE)
    assert [event.type for event in camera.told] == [EventType.STARTED]
    camera.now += 30
    camera.small(EventType.ENDED, reason=EndReason.IDLE)
    assert camera.told[1:] == [
        StreamEvent(type=EventType.ENDED, reason=EndReason.IDLE, uptime=60)
    ]


def test_a_small_stream_that_fails_beside_the_main_one_is_no_news() -> None:
    camera = Camera()
    camera.main(EventType.STARTED)
    camera.small(EventType.FAILED, reason=EndReason.REFUSED)
    camera.small(EventType.RECOVERED)
    assert [event.type for event in camera.told] == [EventType.STARTED]


def test_a_small_stream_that_was_watched_alone_ends_for_its_reason() -> None:
    camera = Camera()
    camera.small(EventType.STARTED)
    camera.small(EventType.FAILED, reason=EndReason.REFUSED)
    camera.small(EventType.RECOVERED)
    assert [(event.type, event.reason) for event in camera.told] == [
        (EventType.STARTED, None),
        (EventType.ENDED, EndReason.REFUSED),
        (EventType.STARTED, None),
    ]


def test_a_camera_fails_where_its_main_stream_does() -> None:
    camera = Camera()
    camera.small(EventType.STARTED)
    camera.main(EventType.FAILED, reason=EndReason.STALLED)
    camera.small(EventType.ENDED, reason=EndReason.IDLE)
    camera.now += 7
    camera.main(EventType.RECOVERED)
    assert [event.type for event in camera.told] == [
        EventType.STARTED,
        EventType.FAILED,
        EventType.RECOVERED,
    ]
    assert camera.told[-1].outage == 7


def test_an_outage_that_nobody_waits_for_ends() -> None:
    camera = Camera()
    camera.main(EventType.FAILED, reason=EndReason.REFUSED)
    camera.main(EventType.ENDED, reason=EndReason.IDLE)
    assert camera.told == [
        StreamEvent(type=EventType.FAILED, reason=EndReason.REFUSED, uptime=0.0),
        StreamEvent(type=EventType.ENDED, reason=EndReason.IDLE),
    ]


def test_what_ends_before_its_first_picture_has_not_been_live() -> None:
    camera = Camera()
    camera.main(EventType.ENDED, reason=EndReason.STOPPED)
    assert camera.told == []
