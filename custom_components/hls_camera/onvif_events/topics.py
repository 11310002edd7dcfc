"""The topics of events, by their kind.

Sources: the standard (ONVIF Imaging, Analytics and Device IO service specifications), and
the events of cameras that https://github.com/openvideolibs/onvif-parsers collects.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class EventKind(StrEnum):
    """The kind of an event; the value is the key of its entity."""

    MOTION = "motion"
    PERSON = "person"
    VEHICLE = "vehicle"
    ANIMAL = "animal"
    PACKAGE = "package"
    VISITOR = "visitor"
    """Somebody rings: the button of a doorbell."""
    INTRUSION = "intrusion"
    """Something is in a zone that somebody has drawn in the camera's settings."""
    LINE_CROSSING = "line_crossing"
    SOUND = "sound"
    TAMPER = "tamper"


@dataclass(frozen=True, slots=True)
class Topic:
    """One topic, or one item of it."""

    path: str
    """Without the prefixes of namespaces, which each device chooses itself."""
    kind: EventKind
    item: str = ""
    """The item of the message that has the state; empty for the only one."""


_TP_LINK: Final = (
    "RuleEngine/CellMotionDetector/Intrusion",
    "RuleEngine/CellMotionDetector/LineCross",
    "RuleEngine/CellMotionDetector/People",
    "RuleEngine/CellMotionDetector/Tamper",
    "RuleEngine/CellMotionDetector/TpSmartEvent",
    "RuleEngine/LineCrossDetector/LineCross",
    "RuleEngine/PeopleDetector/People",
    "RuleEngine/TPSmartEventDetector/TPSmartEvent",
)
"""Topics of TP-Link, each with any of the items below."""
_TP_LINK_ITEMS: Final = {
    "IsPeople": EventKind.PERSON,
    "IsVehicle": EventKind.VEHICLE,
    "IsPet": EventKind.ANIMAL,
    "IsPackageDeliver": EventKind.PACKAGE,
    "IsPackagePickup": EventKind.PACKAGE,
    "IsIntrusion": EventKind.INTRUSION,
    "IsLineCross": EventKind.LINE_CROSSING,
    "IsTamper": EventKind.TAMPER,
}

TOPICS: Final[tuple[Topic, ...]] = (
    # The standard
    Topic("RuleEngine/CellMotionDetector/Motion", EventKind.MOTION),
    Topic("RuleEngine/MotionRegionDetector/Motion", EventKind.MOTION),
    Topic("VideoSource/MotionAlarm", EventKind.MOTION),
    Topic("RuleEngine/FieldDetector/ObjectsInside", EventKind.INTRUSION),
    Topic("RuleEngine/TamperDetector/Tamper", EventKind.TAMPER),
    Topic("VideoSource/GlobalSceneChange/AnalyticsService", EventKind.TAMPER),
    Topic("VideoSource/GlobalSceneChange/ImagingService", EventKind.TAMPER),
    Topic("VideoSource/GlobalSceneChange/RecordingService", EventKind.TAMPER),
    Topic("AudioAnalytics/Audio/DetectedSound", EventKind.SOUND),
    # Reolink
    Topic("RuleEngine/MyRuleDetector/PeopleDetect", EventKind.PERSON),
    Topic("RuleEngine/MyRuleDetector/FaceDetect", EventKind.PERSON),
    Topic("RuleEngine/MyRuleDetector/VehicleDetect", EventKind.VEHICLE),
    Topic("RuleEngine/MyRuleDetector/DogCatDetect", EventKind.ANIMAL),
    Topic("RuleEngine/MyRuleDetector/Package", EventKind.PACKAGE),
    Topic("RuleEngine/MyRuleDetector/Visitor", EventKind.VISITOR),
    # Dahua
    Topic("UserAlarm/IVA/HumanShapeDetect", EventKind.PERSON),
    # Ajax
    Topic("RuleEngine/MotionDetector/Detection", EventKind.MOTION),
    # TP-Link
    *(
        Topic(path, kind, item)
        for path in _TP_LINK
        for item, kind in _TP_LINK_ITEMS.items()
    ),
)

_BY_PATH: Final[Mapping[str, tuple[Topic, ...]]] = {
    path: tuple(topic for topic in TOPICS if topic.path == path)
    for path in dict.fromkeys(topic.path for topic in TOPICS)
}
_VALUES: Final = {"true": True, "1": True, "false": False, "0": False}


def normalized(path: str) -> str:
    """Return a topic's path as the table has it.

    Devices write `tns1:RuleEngine/CellMotionDetector/Motion//.` for the same.
    """
    segments = (each.rpartition(":")[2].strip() for each in path.split("/"))
    return "/".join(each for each in segments if each.strip("."))


def is_known(path: str) -> bool:
    """Return whether the table has a topic."""
    return path in _BY_PATH


def readings(path: str, items: Mapping[str, str]) -> list[tuple[EventKind, str, bool]]:
    """Return the reports of a message: kinds, each with the name of its item and its value."""
    values = {
        name: _VALUES[value.strip().lower()]
        for name, value in items.items()
        if value.strip().lower() in _VALUES
    }
    found = []
    for topic in _BY_PATH.get(path, ()):
        name = topic.item or next(iter(values), "")
        if name in values:
            found.append((topic.kind, name, values[name]))
    return found


def kinds_of(path: str, items: Iterable[str]) -> set[EventKind]:
    """Return the kinds that a topic can report, with the items that the device names.

    A device that names none may send all.
    """
    names = set(items)
    return {
        topic.kind
        for topic in _BY_PATH.get(path, ())
        if not topic.item or not names or topic.item in names
    }
