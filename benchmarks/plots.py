"""Plots as SVG: points with a straight line through them."""

from collections.abc import Mapping, Sequence
from html import escape
from typing import Final

from .figures import straight_line

type Points = Sequence[tuple[float, float]]

_WIDTH: Final = 720
_HEIGHT: Final = 320
_LEFT: Final = 60
_TOP: Final = 40
_RIGHT: Final = 20
_BOTTOM: Final = 50
_COLOURS: Final = ("#2a6f97", "#d00000", "#40916c", "#9d4edd")


def growth(title: str, x_label: str, y_label: str, series: Mapping[str, Points]) -> str:
    """Return a plot of several series, each with its line of best fit."""
    xs = [x for points in series.values() for x, _ in points]
    ys = [y for points in series.values() for _, y in points]
    right, top = max(xs, default=1.0), 1.1 * max(ys, default=1.0)

    def place(x: float, y: float) -> tuple[float, float]:
        width, height = _WIDTH - _LEFT - _RIGHT, _HEIGHT - _TOP - _BOTTOM
        return _LEFT + width * x / right, _TOP + height * (1 - y / top)

    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}">',
        '<g font-family="sans-serif" font-size="12" fill="#333">',
        f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="#fff"/>',
        f'<text x="12" y="22" font-size="14">{escape(title)}</text>',
        _text(*place(right, 0), escape(x_label), dy=40, anchor="end"),
        _text(*place(0, top), escape(y_label), dx=6, dy=4, anchor="start"),
        _rule(place(0, 0), place(right, 0), "#999"),
        _rule(place(0, 0), place(0, top), "#999"),
    ]
    lines += [
        _text(*place(x, 0), f"{x:g}", dy=18, anchor="middle") for x in sorted({*xs})
    ]
    for step in range(1, 5):
        y = top * step / 5
        lines += [
            _rule(place(0, y), place(right, y), "#eee"),
            _text(*place(0, y), f"{y:.3g}", dx=-6, dy=4, anchor="end"),
        ]
    for index, (name, points) in enumerate(series.items()):
        colour = _COLOURS[index % len(_COLOURS)]
        lines.append(
            f'<text x="{_LEFT + 120 + 160 * index}" y="{_TOP + 4}" fill="{colour}">'
            f"{escape(name)}</text>"
        )
        if len(points) > 1:
            line = straight_line(points)
            left = points[0][0]
            lines.append(
                _rule(place(left, line.at(left)), place(right, line.at(right)), colour)
            )
        for point in points:
            x, y = place(*point)
            lines.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" fill="{colour}"/>')
    return "\n".join((*lines, "</g></svg>")) + "\n"


def _text(
    x: float, y: float, text: str, *, dx: int = 0, dy: int = 0, anchor: str
) -> str:
    return (
        f'<text x="{x + dx:.1f}" y="{y + dy:.1f}" text-anchor="{anchor}">{text}</text>'
    )


def _rule(start: tuple[float, float], end: tuple[float, float], colour: str) -> str:
    (x1, y1), (x2, y2) = start, end
    return (
        f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"'
        f' stroke="{colour}"/>'
    )
