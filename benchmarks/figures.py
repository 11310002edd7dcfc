"""Statistics of figures, and their text."""

import statistics
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple


def percentile(values: Sequence[float], percent: float) -> float:
    """Return a percentile of one or more values."""
    ordered = sorted(values)
    position = (len(ordered) - 1) * percent / 100
    below = int(position)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (position - below)


def spread(values: Sequence[float], digits: int = 2) -> str:
    """Return the median with the lowest and the highest value."""
    if not values:
        return "-"
    middle = f"{statistics.median(values):.{digits}f}"
    if len(values) == 1:
        return middle
    return f"{middle} ({min(values):.{digits}f}-{max(values):.{digits}f})"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """Yield the lines of a Markdown table and an empty line."""
    yield f"| {' | '.join(head)} |"
    yield f"|{' --- |' * len(head)}"
    for row in rows:
        yield f"| {' | '.join(row)} |"
    yield ""


class Line(NamedTuple):
    """The straight line with the best fit (least squares)."""

    slope: float
    intercept: float
    worst: float
    """The largest distance of a point, as a fraction of the highest value."""

    def at(self, x: float) -> float:
        """Return the line's value at x."""
        return self.intercept + self.slope * x


def straight_line(points: Sequence[tuple[float, float]]) -> Line:
    """Return the line through two or more points."""
    slope, intercept = statistics.linear_regression(*zip(*points, strict=True))
    line = Line(slope, intercept, 0.0)
    worst = max(abs(y - line.at(x)) for x, y in points)
    return line._replace(worst=worst / max(abs(y) for _, y in points))
