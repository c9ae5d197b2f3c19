"""Rows of a pack's workbook are high enough, on the screen and on paper."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from typing import Any

import openpyxl
import pytest
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from layers.packs import write_pack
from layers.packs.fitting import LINE_PT
from layers.packs.fitting import MOST_PT
from layers.packs.fitting import lines_of
from layers.packs.fitting import row_height
from layers.packs.fitting import text_width
from layers.underuse import underuse_of
from tests.layers.packs_hand import CATALOGUE
from tests.layers.packs_hand import VERSIONS
from tests.layers.packs_hand import carrier
from tests.layers.packs_hand import tables_of

if TYPE_CHECKING:
    from pathlib import Path

    from openpyxl.worksheet.worksheet import Worksheet

LANGS = ("zh", "en")
A3_ACROSS_PT = 420 / 25.4 * 72
TEN_MM_PT = 10 / 25.4 * 72
LONG_NAME = "名称很长的示例载体楼宇" * 8


def _pages(folder: Path, lang: str) -> list[Worksheet]:
    floors = [
        {"unit_id": f"V{n}", "carrier_id": "C1", "floor": f"{n}F", "state": "vacant"}
        for n in range(1, 31)
    ]
    tables = tables_of(carrier(1, name=LONG_NAME), carrier(2), units=floors)
    report = write_pack(
        folder,
        tables,
        CATALOGUE,
        underuse_of(tables, CATALOGUE),
        ["C1", "C2"],
        audience="internal",
        lang=lang,
        number="P20261126-080509",
        versions=VERSIONS,
    )
    return list(openpyxl.load_workbook(report.xlsx).worksheets)


def _width(page: Worksheet, cell: Any) -> float:
    for letter, column in page.column_dimensions.items():
        low, high = column.min, column.max
        if letter == cell.column_letter or (low and low <= cell.column <= high):
            return float(column.width)
    return 8.43


def _at_least(text: str, width: float) -> int:
    """Return the fewest lines a text can take: a Chinese character is as wide as two."""
    return sum(
        -(-sum(2 if ord(c) > 0x2E7F else 1 for c in line) // max(int(width), 1)) or 1
        for line in text.split("\n")
    )


@pytest.mark.parametrize("lang", LANGS)
def test_no_text_is_higher_than_its_row(tmp_path: Path, lang: str) -> None:
    cut = []
    several = 0
    for page in _pages(tmp_path, lang):
        for row in page.iter_rows():
            for cell in row:
                if not isinstance(cell.value, str):
                    continue
                lines = _at_least(cell.value, _width(page, cell))
                several += lines > 1
                height = page.row_dimensions[cell.row].height or 15.0
                # 14.5 pt is the least that a line of 11 pt takes.
                if lines * 14.5 > height:
                    cut.append((page.title, cell.coordinate, lines, height))
                if page.title not in ("说明", "Read me") or cell.column == 2:
                    assert cell.alignment.wrap_text, cell.coordinate
    assert cut == []
    assert several > 10


@pytest.mark.parametrize("lang", LANGS)
def test_pages_are_set_for_print(tmp_path: Path, lang: str) -> None:
    reply, listed, readme = _pages(tmp_path, lang)
    for page in (reply, listed, readme):
        assert page.page_setup.orientation == "landscape"
        fitted = page.sheet_properties.pageSetUpPr
        assert fitted is not None
        assert fitted.fitToPage
        assert page.page_setup.fitToHeight == 0
    assert reply.page_setup.fitToWidth in (None, 1)
    assert reply.print_title_rows == listed.print_title_rows == "$1:$1"


@pytest.mark.parametrize("lang", LANGS)
def test_a_printed_reply_leaves_ten_millimetres_to_write_in(tmp_path: Path, lang: str) -> None:
    reply = _pages(tmp_path, lang)[0]
    # 7 pixels a digit and 5 of edges at 96 dpi.
    wide = sum((_width(reply, cell) * 7 + 5) * 0.75 for cell in reply[1])
    scale = min(1.0, (A3_ACROSS_PT - 2 * 0.4 * 72) / wide)
    assert scale > 0.75
    for row in (2, 3):
        assert reply.row_dimensions[row].height * scale >= TEN_MM_PT


def test_numbers_have_the_decimals_of_the_cards(tmp_path: Path) -> None:
    listed = _pages(tmp_path, "zh")[1]
    shown = {str(head.value): cell.number_format for head, cell in zip(listed[1], listed[3])}  # noqa: B905
    for title, pattern in shown.items():
        if re.search("（m²）|（m）", title):
            assert pattern == "#,##0", title
    assert shown["空置面积（m²）"] == "#,##0"
    assert shown["空置率（%）"] == shown["证据完整度（%）"] == "#,##0.0"
    assert [p for t, p in shown.items() if t.startswith("实收均价")] == ["#,##0.00"]
    assert shown["数据时点"] == "yyyy-mm-dd"


@pytest.mark.parametrize(
    ("text", "width", "lines"),
    [
        ("", 10, 1),
        ("12345", 10, 1),
        ("空置楼层", 10, 1),
        ("空置楼层室号", 10, 2),
        ("one two three", 8, 2),
        ("a\nb\n", 20, 3),
        ("abcdefghijklmnopqrst", 11, 2),
        ("abcdefghijklmnopqrstu", 11, 3),
    ],
)
def test_lines_are_counted_as_they_break(text: str, width: float, lines: int) -> None:
    assert lines_of(text, width) == lines


@given(st.text(alphabet="ab C，空置\n;", max_size=60), st.floats(4, 40))
@settings(derandomize=True, deadline=None)
def test_lines_hold_the_text_and_a_wider_column_needs_no_more(text: str, width: float) -> None:
    lines = lines_of(text, width)
    assert lines >= text.count("\n") + 1
    assert lines * width >= text_width(text.replace("\n", "").replace(" ", "")) - 1e-6
    assert lines_of(text, 1_000) == text.count("\n") + 1


def test_a_row_is_as_high_as_its_highest_cell_and_no_higher_than_possible() -> None:
    assert row_height([("a", 10), ("b\nc\nd", 10)]) >= 3 * LINE_PT
    assert row_height([]) >= LINE_PT
    assert row_height([("a", 10)], least=50) == 50
    assert row_height([("空" * 5_000, 10)]) == MOST_PT
