"""The table of docs/browsers.md: new figures replace only their own cells."""

import math
from pathlib import Path

import pytest
from hypothesis import given, strategies as st

from .table_page import Cells, Column, Row, read_table, write_table

_PAGE = "# Browsers\n\n<!-- written by scripts/browsers -->\n\nold\n\n<!-- up to here -->\n\nMore.\n"


@pytest.fixture
def page(tmp_path: Path) -> Path:
    page = tmp_path / "browsers.md"
    page.write_text(_PAGE)
    return page


def keep(page: Path, browser: str, row: Row, cells: Cells) -> None:
    table = read_table(page)
    table.keep(browser, row, cells, version="1.2", date="2026-11-28")
    write_table(page, table)


def test_text_around_the_table_is_kept(page: Path) -> None:
    keep(page, "Firefox", Row.OWN, {Column.COLD: 0.4})
    text = page.read_text()
    assert text.startswith("# Browsers\n")
    assert text.endswith("\n\nMore.\n")
    assert "old" not in text


def test_other_cells_are_kept(page: Path) -> None:
    keep(page, "Firefox", Row.OWN, {Column.COLD: 0.4, Column.WARM: 0.3})
    keep(page, "Chromium", Row.STOCK, {Column.COLD: 1.1})
    keep(page, "Firefox", Row.OWN, {Column.COLD: math.inf})
    assert read_table(page).cells == {
        ("Chromium", Row.STOCK): {Column.COLD: 1.1},
        ("Firefox", Row.OWN): {Column.COLD: math.inf, Column.WARM: 0.3},
    }


def test_figures_beyond_their_target_are_bold(page: Path) -> None:
    cells = {
        Column.FIRST: 1.9,
        Column.COLD: 0.6,
        Column.WARM: 0.5,
        Column.CUT: math.inf,
    }
    keep(page, "Chromium", Row.OWN, cells)
    row = "| Chromium 1.2 | our card | 1.90 | **0.60** | 0.50 | - | - | - | **never** | 0.5 |"
    assert row in page.read_text()


@given(seconds=st.floats(0, 100))
def test_reading_and_writing_a_table_keeps_it(
    tmp_path_factory: pytest.TempPathFactory, seconds: float
) -> None:
    page = tmp_path_factory.mktemp("docs") / "browsers.md"
    page.write_text(_PAGE)
    keep(page, "WebKitGTK", Row.STOCK, {Column.HIDDEN: seconds})
    text = page.read_text()
    write_table(page, read_table(page))
    assert page.read_text() == text
