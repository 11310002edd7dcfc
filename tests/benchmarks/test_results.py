"""Tests of the file of figures."""

from pathlib import Path

import pytest

from benchmarks.bench import OURS, THEIRS
from benchmarks.results import Case, Results

CASE = Case("cameras", "16 cameras", OURS)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "figures.json"


def test_figures_are_there_the_next_time(path: Path) -> None:
    Results(path).put(CASE, {"cpu": [1.0, 3.0, 2.0]})
    again = Results(path)
    assert again.get(CASE, "cpu") == [1.0, 3.0, 2.0]
    assert again.median(CASE, "cpu") == 2.0


def test_a_missing_figure_is_nothing(path: Path) -> None:
    results = Results(path)
    assert results.get(CASE, "cpu") == ()
    assert results.median(CASE, "cpu") is None
    assert results.places("cameras") == []


def test_another_measurement_replaces_one_case_only(path: Path) -> None:
    results = Results(path)
    other = Case("cameras", "4 cameras", OURS)
    results.put(other, {"cpu": [5.0]})
    results.put(CASE, {"cpu": [1.0]})
    results.put(CASE, {"memory": [9.0]})
    assert results.get(CASE, "cpu") == ()
    assert results.get(other, "cpu") == [5.0]


def test_places_are_in_the_order_of_their_numbers(path: Path) -> None:
    results = Results(path)
    for count in (16, 1, 4):
        results.put(Case("cameras", f"{count} cameras", OURS), {})
    assert results.places("cameras") == ["1 cameras", "4 cameras", "16 cameras"]
    for mode in ("plain", "low latency"):
        results.put(Case("delay", mode, OURS), {})
    assert results.places("delay") == ["low latency", "plain"]


def test_our_side_and_home_assistant_come_first(path: Path) -> None:
    results = Results(path)
    for side in ("Another", THEIRS, OURS):
        results.put(Case("cameras", "1 cameras", side), {})
    assert results.sides("cameras") == [OURS, THEIRS, "Another"]
