"""The targets of the figures: mostly ratios to Home Assistant's figures of the same run."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from .bench import OURS, THEIRS
from .cameras import COST, ENDURANCE
from .picture import DELAY, FIRST_PICTURE, LOW_LATENCY, PLAIN
from .pipe_to_socket import PIPE_TO_SOCKET
from .results import Case, Results
from .viewers import VIEWERS

_TIMER: Final = 1.0
"""Milliseconds by which the event loop's timers are always late: a smaller lag cannot be
measured, and counts as this value on Home Assistant's side."""


@dataclass(frozen=True, slots=True)
class Target:
    """A figure and its maximum."""

    name: str
    value: float
    most: float
    unit: str

    @property
    def limit(self) -> str:
        """The maximum with its unit."""
        return f"{self.most:g} {self.unit}"

    @property
    def found(self) -> str:
        """The measured value with its unit."""
        return f"{self.value:.2f} {self.unit}"

    @property
    def is_met(self) -> bool:
        """Whether the figure does not exceed its maximum."""
        return self.value <= self.most


def judge(results: Results) -> Iterator[Target]:
    """Yield all targets with measured figures."""
    ratio = "of theirs"
    for at in results.places(FIRST_PICTURE):
        name = f"First picture, keyframes every {at}"
        yield from _compared(
            results, f"{name}, cold", (FIRST_PICTURE, at, "cold"), 0.35
        )
        yield from _absolute(
            results, f"{name}, warm", (FIRST_PICTURE, at, "warm"), 0.3, "s"
        )
    for at in results.places(DELAY):
        low_latency = DELAY, at, f"{LOW_LATENCY} p50"
        yield from _compared(results, "Delay, low latency", low_latency, 0.45)
        yield from _absolute(results, "Delay, low latency", low_latency, 1.0, "s")
        plain = DELAY, at, f"{PLAIN} p50"
        yield from _compared(results, "Delay, plain", plain, 0.6)
    for at in results.places(COST):
        yield from _compared(
            results, f"CPU time per camera, {at}", (COST, at, "cpu"), 1.0
        )
        yield from _absolute(
            results, f"Memory per camera, {at}", (COST, at, "memory"), 60, "MB"
        )
    for at in results.places(COST):
        ours, theirs = (_caused_lag(results, at, side) for side in (OURS, THEIRS))
        if ours is not None and theirs is not None:
            name = f"Additional event loop lag p99, {at}"
            yield Target(name, ours / max(theirs, _TIMER), 0.5, ratio)
    for at in results.places(ENDURANCE):
        for side_figure, most, unit in (("stalls", 0, "stalls"), ("lag p99", 20, "ms")):
            place = ENDURANCE, at, side_figure
            yield from _absolute(
                results, f"{at} without interruption", place, most, unit
            )
    for at in results.places(PIPE_TO_SOCKET):
        place = PIPE_TO_SOCKET, at, "total p99"
        yield from _absolute(
            results, f"From FFmpeg to the viewer p99, {at}", place, 3.0, "ms"
        )
    yield from _judge_viewers(results)


def _judge_viewers(results: Results) -> Iterator[Target]:
    """Yield the targets of answers to viewers."""
    for at in results.places(VIEWERS):
        if at == "100 viewers":
            yield from _absolute(
                results,
                f"Part response p99, {at}",
                (VIEWERS, at, "part p99"),
                150,
                "ms",
            )
            yield from _absolute(
                results, f"Errors, {at}", (VIEWERS, at, "errors"), 0, "errors"
            )


def _median(results: Results, place: tuple[str, str, str], side: str) -> float | None:
    measure, at, name = place
    return results.median(Case(measure, at, side), name)


def _compared(
    results: Results, name: str, place: tuple[str, str, str], most: float
) -> Iterator[Target]:
    ours, theirs = (_median(results, place, side) for side in (OURS, THEIRS))
    if ours is not None and theirs:
        yield Target(name, ours / theirs, most, "of theirs")


def _absolute(
    results: Results, name: str, place: tuple[str, str, str], most: float, unit: str
) -> Iterator[Target]:
    ours = _median(results, place, OURS)
    if ours is not None:
        yield Target(name, ours, most, unit)


def _caused_lag(results: Results, at: str, side: str) -> float | None:
    """Return the additional lag of the loop with streams, in milliseconds."""
    lag = _median(results, (COST, at, "lag p99"), side)
    before = _median(results, (COST, at, "idle lag p99"), side)
    return None if lag is None or before is None else max(lag - before, 0.0)
