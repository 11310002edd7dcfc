"""Tests of the plots."""

from xml.etree import ElementTree as ET

from benchmarks.plots import growth

SVG = "{http://www.w3.org/2000/svg}"


def test_each_point_is_drawn_and_a_line_through_those_of_a_series() -> None:
    text = growth(
        "Load <by> cameras", "cameras", "%", {"a": [(1, 2), (4, 8)], "b": [(1, 3)]}
    )
    plot = ET.fromstring(text)  # noqa: S314 - it is our own
    assert len(plot.findall(f".//{SVG}circle")) == 3
    coloured = [line.get("stroke") for line in plot.findall(f".//{SVG}line")]
    assert coloured.count("#2a6f97") == 1
    texts = [each.text for each in plot.findall(f".//{SVG}text")]
    assert {"Load <by> cameras", "a", "b", "1", "4"} <= set(texts)


def test_nothing_is_drawn_of_nothing() -> None:
    assert "<circle" not in growth("", "", "", {})
