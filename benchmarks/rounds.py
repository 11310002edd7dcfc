"""Runs of a measure, each side by turns, so that what the machine does hits both."""

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
    """Have figures taken of each side in each run, and keep them.

    `place` is the name of the measure, and where it is taken: of 16 cameras, say.
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
