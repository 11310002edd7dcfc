"""States from messages: each change is shown, and nothing is claimed that nobody knows."""

from custom_components.hls_camera.onvif_events.detections import Detections, Listener
from custom_components.hls_camera.onvif_events.messages import Notification
from custom_components.hls_camera.onvif_events.topics import EventKind

MOTION = "RuleEngine/CellMotionDetector/Motion"
ALARM = "VideoSource/MotionAlarm"
PERSON = "RuleEngine/MyRuleDetector/PeopleDetect"


def message(
    is_on: bool, topic: str = MOTION, *, is_deleted: bool = False, **source: str
) -> Notification:
    data = {"State": str(is_on).lower()}
    return Notification(topic=topic, is_deleted=is_deleted, source=source, data=data)


def listen(
    detections: Detections,
    kind: EventKind = EventKind.MOTION,
    channel: str | None = None,
) -> list[bool | None]:
    """Return a list to which each shown state is added."""
    shown: list[bool | None] = []
    detections.add(Listener(kind, channel, shown.append))
    return shown


def test_each_change_is_shown_once() -> None:
    detections = Detections()
    shown = listen(detections)
    for is_on in (True, True, False, False, True):
        detections.take([message(is_on)])
    assert shown == [None, True, False, True]


def test_a_later_listener_sees_the_present_state() -> None:
    detections = Detections()
    detections.take([message(True)])
    assert listen(detections) == [True]
    assert listen(detections, EventKind.PERSON) == [None]


def test_motion_lasts_until_the_last_detector_reports_its_end() -> None:
    detections = Detections()
    shown = listen(detections)
    detections.take([message(True, Rule="1"), message(True, Rule="2")])
    detections.take([message(True, ALARM)])
    detections.take([message(False, Rule="1")])
    detections.take([message(False, Rule="2")])
    assert shown == [None, True]
    detections.take([message(False, ALARM)])
    assert shown == [None, True, False]


def test_a_detector_that_is_removed_reports_nothing_any_more() -> None:
    detections = Detections()
    shown = listen(detections)
    detections.take([message(True, Rule="1"), message(False, Rule="2")])
    detections.take([message(True, Rule="1", is_deleted=True)])
    assert shown == [None, True, False]
    detections.take([message(True, Rule="2", is_deleted=True)])
    assert shown[-1] is None


def test_a_short_event_within_one_answer_is_shown() -> None:
    """Such as the button of a doorbell."""
    detections = Detections()
    shown = listen(detections)
    detections.take([message(False)])
    detections.take([message(True), message(False)])
    assert shown == [None, False, True, False]


def test_a_flood_of_changes_is_shown_as_one() -> None:
    detections = Detections()
    shown = listen(detections)
    detections.take([message(bool(number % 2)) for number in range(1000)])
    assert shown == [None, False, True]


def test_a_device_that_is_away_has_no_states() -> None:
    detections = Detections()
    shown = listen(detections)
    detections.take([message(True)])
    detections.clear()
    assert shown == [None, True, None]
    assert listen(detections) == [None]


def test_channels_of_a_recorder_have_their_own_events() -> None:
    """Named by the video source, or by its configuration."""
    detections = Detections()
    detections.channels = {"configuration 1": "S1", "configuration 2": "S2"}
    first, second = (listen(detections, channel=each) for each in ("S1", "S2"))
    detections.take([message(True, VideoSourceConfigurationToken="configuration 1")])
    detections.take([message(True, Source="S2")])
    detections.take([message(False, VideoSourceToken="S1")])
    # S1 still has the motion that its configuration has reported.
    assert (first, second) == ([None, True], [None, True])
    detections.take([message(False, VideoSourceConfigurationToken="configuration 1")])
    assert first == [None, True, False]
    # Nobody knows whose event this is.
    detections.take([message(True), message(True, Source="S9")])
    assert (first[-1], second[-1]) == (False, True)


def test_the_number_of_states_has_a_limit() -> None:
    detections = Detections()
    shown = listen(detections)
    detections.take([message(False, Rule=str(number)) for number in range(1000)])
    detections.take([message(True, Rule="another")])
    assert shown == [None, False]
    detections.take([message(True, Rule="5")])
    assert shown == [None, False, True]


def test_other_topics_are_listed_up_to_a_limit() -> None:
    detections = Detections()
    shown = listen(detections)
    detections.take([message(True, f"Monitoring/{number}") for number in range(100)])
    assert shown == [None]
    assert len(detections.ignored) == 20
