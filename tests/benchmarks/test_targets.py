"""Tests of the targets."""

from pathlib import Path

import pytest

from benchmarks.bench import OURS, THEIRS
from benchmarks.results import Case, Results
from benchmarks.targets import judge


@pytest.fixture
def results(tmp_path: Path) -> Results:
    return Results(tmp_path / "figures.json")


def test_a_missing_figure_is_not_judged(results: Results) -> None:
    assert list(judge(results)) == []


def test_a_ratio_is_that_of_the_medians(results: Results) -> None:
    results.put(Case("first picture", "1 s", OURS), {"cold": [1.0, 2.0, 9.0]})
    results.put(Case("first picture", "1 s", THEIRS), {"cold": [5.0, 8.0, 8.0]})
    (cold,) = judge(results)
    assert (cold.value, cold.is_met) == (0.25, True)
    assert (cold.limit, cold.found) == ("0.35 of theirs", "0.25 of theirs")


@pytest.mark.parametrize(("warm", "is_met"), [(0.3, True), (0.31, False)])
def test_a_limit_is_ours_alone(results: Results, warm: float, is_met: bool) -> None:
    results.put(Case("first picture", "1 s", OURS), {"warm": [warm]})
    (target,) = judge(results)
    assert target.is_met is is_met


def test_lag_counts_beyond_what_there_is_without_streams(results: Results) -> None:
    for side, p99 in ((OURS, 4.0), (THEIRS, 8.0)):
        case = Case("cameras", "16 cameras", side)
        results.put(case, {"lag p99": [p99], "idle lag p99": [2.0]})
    (caused,) = judge(results)
    assert caused.value == pytest.approx(1 / 3)
    assert caused.is_met


def test_lag_below_the_timers_own_is_no_measure(results: Results) -> None:
    """With a hundredth of a millisecond on their side, any ratio would be possible."""
    for side, p99 in ((OURS, 2.1), (THEIRS, 2.01)):
        case = Case("cameras", "8 cameras", side)
        results.put(case, {"lag p99": [p99], "idle lag p99": [2.0]})
    (caused,) = judge(results)
    assert caused.value == pytest.approx(0.1)
