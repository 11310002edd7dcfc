"""Tests of the statistics of figures."""

import pytest

from benchmarks.figures import percentile, spread, straight_line, table


@pytest.mark.parametrize(
    ("percent", "expected"), [(0, 1.0), (50, 2.5), (99, 3.97), (100, 4.0)]
)
def test_a_percentile_lies_between_values(percent: float, expected: float) -> None:
    assert percentile([4.0, 1.0, 3.0, 2.0], percent) == pytest.approx(expected)


def test_of_one_value_every_percentile_is_that() -> None:
    assert percentile([7.0], 99) == 7.0


@pytest.mark.parametrize(
    ("values", "text"),
    [([], "-"), ([1.234], "1.23"), ([3.0, 1.0, 2.0], "2.00 (1.00-3.00)")],
)
def test_a_spread_is_the_median_and_both_ends(values: list[float], text: str) -> None:
    assert spread(values) == text


def test_a_straight_line_tells_how_far_off_the_worst_point_is() -> None:
    straight = straight_line([(1, 12.0), (2, 14.0), (5, 20.0)])
    assert straight == pytest.approx((2.0, 10.0, 0.0))
    assert straight_line([(0, 0.0), (1, 6.0), (2, 0.0)]).worst == pytest.approx(2 / 3)


def test_a_table_is_markdown() -> None:
    assert list(table(["", "p50"], [["ours", "1"]])) == [
        "|  | p50 |",
        "| --- | --- |",
        "| ours | 1 |",
        "",
    ]
