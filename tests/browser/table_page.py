"""Reads and writes the table of docs/browsers.md; cells without a new figure are kept."""

import math
import re
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Final

_BEGIN: Final = "<!-- written by scripts/browsers -->\n"
_END: Final = "<!-- up to here -->\n"
_NEVER: Final = "never"
_UNKNOWN: Final = "-"
_FIRST_PICTURE_TARGET: Final = 2.0


class Row(StrEnum):
    """The card that shows the camera."""

    STOCK = "Home Assistant's card"
    PLAIN = "three of Home Assistant's cards"
    OWN = "our card"

    @property
    def target(self) -> float:
        """Maximum delay in seconds."""
        return {Row.STOCK: 1.2, Row.PLAIN: 3.5, Row.OWN: 0.5}[self]


class Column(StrEnum):
    """The measurements in seconds: delays, except the first one."""

    FIRST = "First picture"
    COLD = "Opened, camera not connected"
    WARM = "Opened, camera connected"
    PAUSED_BRIEFLY = "Paused 6 s"
    PAUSED = "Paused 60 s"
    HIDDEN = "Tab hidden 60 s"
    CUT = "Network cut 10 s"


type Cells = dict[Column, float]
type Key = tuple[str, Row]
"""A browser and a card."""


@dataclass(slots=True)
class Table:
    """All figures."""

    cells: dict[Key, Cells] = field(default_factory=dict)
    versions: dict[str, str] = field(default_factory=dict)
    """Versions of the browsers."""
    dates: dict[Key, str] = field(default_factory=dict)
    """Dates of the last measurement of each row."""

    def keep(
        self, browser: str, row: Row, cells: Cells, *, version: str, date: str
    ) -> None:
        """Add figures to the known ones."""
        self.cells.setdefault((browser, row), {}).update(cells)
        self.versions[browser] = version
        self.dates[browser, row] = date


def read_table(page: Path) -> Table:
    """Read the table of a page, which may not exist yet."""
    table = Table()
    for line in _split(page)[1].splitlines():
        match re.findall(r"[^|]+", line):
            case [name, row, *texts, _, date] if row.strip() in set(Row):
                browser, _, version = name.strip().rpartition(" ")
                cells = {
                    column: _number(text)
                    for column, text in zip(Column, texts, strict=False)
                    if text.strip() != _UNKNOWN
                }
                table.keep(
                    *(browser, Row(row.strip()), cells),
                    version=version,
                    date=date.strip(),
                )
    return table


def write_table(page: Path, table: Table) -> None:
    """Write the table into a page, and keep the rest of the page."""
    head = ["Browser", "Shown by", *Column, "At most", "Measured"]
    lines = [_line(head), f"|{' --- |' * len(head)}"]
    for (browser, row), cells in sorted(table.cells.items(), key=_order):
        texts = (_text(row, column, cells.get(column)) for column in Column)
        version = f"{browser} {table.versions[browser]}"
        date = table.dates[browser, row]
        lines.append(_line([version, row, *texts, f"{row.target:g}", date]))
    before, _, after = _split(page)
    text = "\n".join(lines)
    page.write_text(f"{before}{_BEGIN}\n{text}\n\n{_END}{after}", encoding="utf-8")


def _split(page: Path) -> tuple[str, str, str]:
    """Return the texts before, between and after the marks."""
    before, _, rest = page.read_text(encoding="utf-8").partition(_BEGIN)
    table, _, after = rest.partition(_END)
    return before, table, after


def _order(item: tuple[Key, Cells]) -> tuple[str, int]:
    browser, row = item[0]
    return browser, list(Row).index(row)


def _line(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _text(row: Row, column: Column, seconds: float | None) -> str:
    if seconds is None:
        return _UNKNOWN
    target = _FIRST_PICTURE_TARGET if column is Column.FIRST else row.target
    text = _NEVER if math.isinf(seconds) else f"{seconds:.2f}"
    # Compare the written figure, so that reading it gives the same result.
    return f"**{text}**" if _number(text) > target else text


def _number(text: str) -> float:
    text = text.strip(" *")
    return math.inf if text == _NEVER else float(text)
