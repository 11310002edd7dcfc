"""The health of a stream, by figures that last for a while."""

import pytest

from custom_components.hls_camera.health import Debounced, Health
from custom_components.hls_camera.streaming.ingest.stats import Statistics


@pytest.mark.parametrize(
    ("readings", "expected"),
    [
        ([], False),
        ([True], False),
        ([True, True], False),
        ([True, True, True], True),
        ([True, True, False, True, True], False),
        ([True, True, True, False, False], True),
        ([True, True, True, False, False, True, False, False], True),
        ([True, True, True, False, False, False], False),
    ],
)
def test_a_change_takes_several_readings(readings: list[bool], expected: bool) -> None:
    debounced = Debounced(3)
    for reading in readings:
        debounced.take(reading)
    assert debounced.is_so is expected


def test_certainty_takes_none() -> None:
    debounced = Debounced(3)
    debounced.settle(True)
    assert debounced.is_so


@pytest.mark.parametrize(
    ("figures", "debounceds"),
    [
        (Statistics(), set()),
        (Statistics(speed=1.0, keyframe_interval=1.0, held=3.0), set()),
        (Statistics(speed=0.9, keyframe_interval=4.0, held=4.0), set()),
        (Statistics(speed=0.89), {"slow"}),
        (Statistics(keyframe_interval=4.1), {"rare_keyframes"}),
        (Statistics(keyframe_interval=1.0, held=2.9), {"short_of_memory"}),
        (Statistics(keyframe_interval=4.0, held=3.9), {"short_of_memory"}),
    ],
)
def test_health(figures: Statistics, debounceds: set[str]) -> None:
    health = Health()
    for _ in range(10):
        health.take(figures)
    judged = ("slow", "rare_keyframes", "short_of_memory")
    assert {name for name in judged if getattr(health, name).is_so} == debounceds
