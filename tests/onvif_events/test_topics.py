"""The table of topics: what makers call their events."""

import pytest

from custom_components.hls_camera.onvif_events.topics import (
    TOPICS,
    EventKind,
    is_known,
    kinds_of,
    normalized,
    readings,
)

TP_LINK = "RuleEngine/TPSmartEventDetector/TPSmartEvent"


@pytest.mark.parametrize(
    "written",
    [
        "tns1:RuleEngine/CellMotionDetector/Motion",
        "tns1:RuleEngine/CellMotionDetector/Motion//.",
        "tns1:RuleEngine/tnsacme:CellMotionDetector/Motion/",
        " t:RuleEngine/CellMotionDetector/Motion ",
    ],
)
def test_devices_write_a_topic_differently(written: str) -> None:
    assert normalized(written) == "RuleEngine/CellMotionDetector/Motion"


def test_the_table_has_each_topic_in_the_form_that_is_searched() -> None:
    assert all(normalized(topic.path) == topic.path for topic in TOPICS)
    assert len({(topic.path, topic.item) for topic in TOPICS}) == len(TOPICS)
    assert {topic.kind for topic in TOPICS} == set(EventKind)


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("VideoSource/MotionAlarm", EventKind.MOTION),
        ("RuleEngine/MyRuleDetector/PeopleDetect", EventKind.PERSON),
        ("RuleEngine/MyRuleDetector/FaceDetect", EventKind.PERSON),
        ("RuleEngine/MyRuleDetector/VehicleDetect", EventKind.VEHICLE),
        ("RuleEngine/MyRuleDetector/Visitor", EventKind.VISITOR),
        ("AudioAnalytics/Audio/DetectedSound", EventKind.SOUND),
    ],
)
@pytest.mark.parametrize(
    ("value", "is_on"), [("true", True), ("1", True), ("False", False), ("0", False)]
)
def test_a_message_with_one_meaning(
    path: str, kind: EventKind, value: str, is_on: bool
) -> None:
    items = {"ObjectId": "17 cats", "State": value}
    assert readings(path, items) == [(kind, "State", is_on)]
    assert kinds_of(path, ["State"]) == {kind}


def test_a_message_with_several_meanings() -> None:
    """TP-Link names them by their items."""
    items = {"IsPeople": "true", "IsPet": "false", "IsAlien": "true"}
    assert set(readings(TP_LINK, items)) == {
        (EventKind.PERSON, "IsPeople", True),
        (EventKind.ANIMAL, "IsPet", False),
    }
    assert kinds_of(TP_LINK, ["IsPeople"]) == {EventKind.PERSON}
    # A device that does not describe them may send all.
    assert EventKind.VEHICLE in kinds_of(TP_LINK, [])


@pytest.mark.parametrize("items", [{}, {"IsMotion": "maybe"}, {"": ""}])
def test_a_message_without_a_value_says_nothing(items: dict[str, str]) -> None:
    assert readings("RuleEngine/CellMotionDetector/Motion", items) == []


def test_other_topics_say_nothing() -> None:
    assert not is_known("Monitoring/ProcessorUsage")
    assert readings("Monitoring/ProcessorUsage", {"Value": "1"}) == []
    assert kinds_of("Monitoring/ProcessorUsage", ["Value"]) == set()
