"""Writes docs/benchmarks.md: tables of figures, targets and plots."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from . import plots
from .figures import spread, straight_line, table
from .results import Case, Results, number_of
from .sections import LIMITS, SECTIONS, Column, Growth, Section
from .targets import judge

_IMAGES: Final = "images"
INTRODUCTION: Final = """\
HLS Camera compared with Home Assistant's own generic camera and stream: with the same test
cameras, in the same `hass`, and with the hls.js settings of Home Assistant's frontend, in turns.
`scripts/benchmark` measures all figures and writes this page; `scripts/benchmark --quick` checks
in a few minutes that it works. Each figure is the median of its runs, with the lowest and the
highest in parentheses. Test cameras, viewers, browser and Home Assistant share one machine:
compare the two sides, and expect other figures on another machine.
"""


def write(results: Results, page: Path) -> None:
    """Write the page and its plots."""
    for section in SECTIONS:
        if section.growth and results.places(section.measure):
            plot = _plot(results, section.measure, section.growth)
            (page.parent / _IMAGES / section.growth.file).write_text(plot)
    page.write_text("\n".join(_lines(results)), encoding="utf-8")


def _lines(results: Results) -> Iterator[str]:
    yield from ("# Benchmarks", "", INTRODUCTION)
    yield from table(["", ""], list(results.about.items()))
    yield from ("## Targets", "")
    rows = [
        (target.name, target.limit, target.found, "yes" if target.is_met else "**no**")
        for target in judge(results)
    ]
    yield from table(["", "at most", "measured", "met"], rows)
    yield from ("## What limits", "", LIMITS)
    for section in SECTIONS:
        if results.places(section.measure):
            yield from _section(results, section)


def _section(results: Results, section: Section) -> Iterator[str]:
    yield from (f"## {section.title}", "", section.text)
    for columns in section.tables:
        yield from _table(results, section.measure, columns)
    if section.growth:
        yield f"![{section.growth.title}]({_IMAGES}/{section.growth.file})"
        yield ""
        yield from _straightness(results, section.measure, section.growth)
    yield f"Measured {results.conditions(section.measure)}."
    yield ""


def _table(
    results: Results, measure: str, columns: tuple[Column, ...]
) -> Iterator[str]:
    """Yield a table with a column for each figure, and a row for each place and side."""
    cases = [
        Case(measure, at, side)
        for at in results.places(measure)
        for side in results.sides(measure)
    ]
    rows = [
        [
            case.at,
            case.side,
            *(spread(results.get(case, each.name), each.digits) for each in columns),
        ]
        for case in cases
    ]
    yield from table(["", "", *(column.title for column in columns)], rows)


def _points(
    results: Results, measure: str, growth: Growth, side: str
) -> list[tuple[float, float]]:
    """Return the medians of the total cost, with the number of cameras or viewers."""
    found = []
    for at in results.places(measure):
        count = number_of(at)
        value = results.median(Case(measure, at, side), growth.name)
        if value is not None:
            found.append((count, value * count if growth.is_share else value))
    return found


def _straightness(results: Results, measure: str, growth: Growth) -> Iterator[str]:
    for side in results.sides(measure):
        points = _points(results, measure, growth, side)
        if len(points) > 2:
            line = straight_line(points)
            yield (
                f"{side}: each additional one takes {line.slope:.2f} % of a core;"
                f" the largest distance of a point from the straight line is"
                f" {100 * line.worst:.0f} % of the highest value."
            )
    yield ""


def _plot(results: Results, measure: str, growth: Growth) -> str:
    series = {
        side: _points(results, measure, growth, side) for side in results.sides(measure)
    }
    return plots.growth(growth.title, measure, "% of a core", series)
