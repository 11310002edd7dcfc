"""Runs of a measure in turns, so that the load of the machine affects both sides."""

import sys
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping

from .bench import Side
from .results import Case, Results


async def by_turns(
    sides: list[Side],
    runs: int,
    take: Callable[[Side, int], Awaitable[Mapping[str, float]]],
    results: Results,
    place: tuple[str, str],
) -> None:
    """Take figures of each side in each run, and store them.

    `place` is the name of the measure and its place, such as 16 cameras.
    """
    figures = {side.name: defaultdict[str, list[float]](list) for side in sides}
    for run in range(runs):
        for side in sides[:: -1 if run % 2 else 1]:
            for name, value in (await take(side, run)).items():
                figures[side.name][name].append(value)
    for side in sides:
        case = Case(*place, side.name)
        results.put(case, figures[side.name])
        print(case.key, dict(figures[side.name]), file=sys.stderr)
