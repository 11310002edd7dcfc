"""Compares the result of a fault with the expected one."""

from collections.abc import Iterator

from custom_components.hls_camera.streaming.camera.events import EventType
from custom_components.hls_camera.streaming.reasons import EndReason

from .scene import FaultCase, Limits, Outcome, Sees


def complaints(case: FaultCase, outcome: Outcome, limits: Limits) -> list[str]:
    """Return the problems in words, empty if there are none."""
    return [*_of_viewer(case, outcome, limits), *_of_telling(case, outcome)]


def _of_viewer(case: FaultCase, outcome: Outcome, limits: Limits) -> Iterator[str]:
    allowed = case.within(limits)
    if outcome.live_again > allowed:
        yield f"live again after {outcome.live_again:.2f} s, not {allowed:.2f} s"
    if case.sees is Sees.NOTHING and outcome.longest_gap > case.longest_gap:
        yield f"a gap of {outcome.longest_gap:.2f} s"
    expected = case.runs if case.sees is Sees.DISCONTINUITY else 0
    if case.sees is Sees.EITHER:
        expected = outcome.restarts
    if outcome.discontinuities != expected:
        yield f"{outcome.discontinuities} discontinuities, not {expected}"
    if case.new_map is not None and (outcome.maps > 1) is not case.new_map:
        yield f"{outcome.maps} init sections"


def _of_telling(case: FaultCase, outcome: Outcome) -> Iterator[str]:
    if not _is_told(case, outcome.reasons):
        yield f"tries ended with {', '.join(outcome.reasons) or 'nothing'}"
    if outcome.restarts != len(outcome.reasons):
        yield f"{outcome.restarts} restarts counted"
    # An outage is reported once, however many tries it takes.
    outages = 1 if outcome.reasons else 0
    events = [EventType.STARTED, *[EventType.FAILED, EventType.RECOVERED] * outages]
    if outcome.events != events:
        yield f"events: {', '.join(outcome.events)}"
    if outcome.event_reasons != outcome.reasons[:outages]:
        yield f"the event's reason: {outcome.event_reasons}"


def _is_told(case: FaultCase, reasons: list[EndReason]) -> bool:
    if case.sees is Sees.EITHER and not reasons:
        return True
    return 0 <= len(case.tells) - len(reasons) <= case.spared_tries and all(
        reason in expected if isinstance(expected, frozenset) else reason is expected
        for reason, expected in zip(reasons, case.tells, strict=False)
    )
