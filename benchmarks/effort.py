"""How thoroughly is measured."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class Effort:
    """Runs and lengths of all measures; times in seconds."""

    runs: int
    """Of each case, ours and theirs by turns."""
    play: float
    """That a player plays for its delay."""
    watch: float
    """For which costs are taken."""
    cameras: tuple[int, ...]
    viewers: tuple[int, ...]
    endurance: float
    """For which sixteen cameras are watched without a break."""


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
