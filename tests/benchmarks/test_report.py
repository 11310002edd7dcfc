"""Tests of the page that the benchmarks write."""

from pathlib import Path

from benchmarks import report
from benchmarks.bench import OURS, THEIRS
from benchmarks.results import Case, Results


def test_the_page_tells_what_was_measured_and_no_more(tmp_path: Path) -> None:
    (tmp_path / "images").mkdir()
    page, results = tmp_path / "benchmarks.md", Results(tmp_path / "benchmarks.json")
    results.describe({"machine": "a small one"})
    for side, cost in ((OURS, 2.0), (THEIRS, 1.0)):
        for count in (1, 4, 16):
            case = Case("cameras", f"{count} cameras", side)
            results.put(case, {"cpu": [cost], "memory": [20.0]})
    report.write(results, page)
    text = page.read_text()
    assert "| machine | a small one |" in text
    assert "| CPU time per camera, 16 cameras | 1 of theirs | 2.00 of theirs" in text
    assert "| 4 cameras | HLS Camera | 2.00 | - | - | 20.0 |" in text
    assert f"{OURS}: each additional one takes 2.00 % of a core" in text
    assert "## Delay" not in text
    assert (tmp_path / "images" / "benchmark-cameras.svg").exists()
    assert not (tmp_path / "images" / "benchmark-viewers.svg").exists()
