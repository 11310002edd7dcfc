"""The number and duration of runs."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class Effort:
    """Runs and durations of all measures; times in seconds."""

    runs: int
    """Runs of each case, ours and theirs in turns."""
    play: float
    """Duration of playing to measure the delay."""
    watch: float
    """Duration of measuring costs."""
    cameras: tuple[int, ...]
    viewers: tuple[int, ...]
    endurance: float
    """Duration of watching sixteen cameras without interruption."""


FULL: Final = Effort(
    runs=3,
    play=15.0,
    watch=15.0,
    cameras=(1, 4, 8, 16, 32),
    viewers=(1, 10, 50, 100, 200),
    endurance=600.0,
)
QUICK: Final = Effort(
    runs=1,
    play=8.0,
    watch=8.0,
    cameras=(1, 4),
    viewers=(1, 20),
    endurance=30.0,
)
