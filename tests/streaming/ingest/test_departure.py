"""A camera that is busy may be busy with the connection that we have just left."""

from custom_components.hls_camera.streaming.ingest.departure import Departure
from custom_components.hls_camera.streaming.reasons import EndReason

from ..clocks import Clock


def test_a_busy_camera_may_be_busy_with_us_for_a_while() -> None:
    clock = Clock()
    departure = Departure(clock)
    clock.now += 9.9
    assert departure.explains(EndReason.BUSY)
    clock.now += 0.2
    assert not departure.explains(EndReason.BUSY)
    departure.note(None)
    assert departure.explains(EndReason.BUSY)


def test_a_camera_that_stays_busy_is_busy_with_somebody_else() -> None:
    clock = Clock()
    departure = Departure(clock)
    for _ in range(11):
        clock.now += 1.0
        departure.note(EndReason.BUSY)
    assert not departure.explains(EndReason.BUSY)


def test_no_other_end_is_explained() -> None:
    departure = Departure(Clock())
    others = set(EndReason) - {EndReason.BUSY}
    assert not any(map(departure.explains, others))
