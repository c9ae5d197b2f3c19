from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from layers.intake.columns import Columns
from layers.intake.replacing import replace_values
from layers.intake.source import Raw
from layers.intake.source import Request

REQUEST = Request(Path("台账.xlsx"), "carriers")
COLUMNS = Columns({"park_id": "所属园区", "floors": "层数"}, {}, ())


def raw_of(parks: list[Any], floors: list[Any] | None = None) -> Raw:
    frame = pd.DataFrame(
        {
            "所属园区": pd.Series(parks, dtype=object),
            "层数": pd.Series(floors or [None] * len(parks), dtype=object),
        }
    )
    return Raw(frame, pd.Series(range(1, len(parks) + 1)), ())


def replaced(
    raw: Raw, values: dict[str, dict[str, str]], columns: Columns = COLUMNS
) -> tuple[list[Any], list[Any], list[str]]:
    out, issues = replace_values(raw, columns, values, REQUEST)
    assert out.rows.equals(raw.rows)
    return out.frame["所属园区"].tolist(), out.frame["层数"].tolist(), [i.code for i in issues]


def test_a_text_becomes_what_it_stands_for_in_its_own_column_only() -> None:
    raw = raw_of(["复旦园", "同济", "复旦园"], ["复旦园", 3, None])
    parks, floors, codes = replaced(raw, {"park_id": {"复旦园": "S01"}})
    assert parks == ["S01", "同济", "S01"]
    assert floors == ["复旦园", 3, None]
    assert codes == ["values_replaced"]


def test_the_log_says_once_how_many_cells_and_what_became_of_them() -> None:
    raw = raw_of(["复旦园", "旧园", "复旦园"])
    _out, (issue,) = replace_values(
        raw, COLUMNS, {"park_id": {"复旦园": "S01", "旧园": "", "没有的园": "S02"}}, REQUEST
    )
    assert (issue.severity, issue.field, issue.row) == ("info", "park_id", 0)
    for text in (issue.message.zh, issue.message.en):
        assert "3" in text
        assert "复旦园 → S01" in text
        assert "旧园 → —" in text
        assert "没有的园" not in text


def test_an_empty_meaning_makes_a_cell_unknown_and_not_zero() -> None:
    parks, floors, _codes = replaced(raw_of(["待定"], ["若干"]), {"floors": {"若干": ""}})
    assert (parks, floors) == (["待定"], [""])


def test_a_number_is_found_by_its_text_and_blanks_around_do_not_matter() -> None:
    raw = raw_of([" 复旦园 ", "x"], [3, 3.0])
    parks, floors, codes = replaced(raw, {"park_id": {"复旦园": "S01"}, "floors": {"3": "4"}})
    assert (parks, floors) == (["S01", "x"], ["4", "4"])
    assert codes == ["values_replaced", "values_replaced"]


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"park_id": {}},
        {"park_id": {"别的": "S01"}},
        {"operator": {"复旦园": "S01"}},
    ],
)
def test_nothing_is_said_where_nothing_is_replaced(values: dict[str, dict[str, str]]) -> None:
    assert replaced(raw_of(["复旦园"]), values) == (["复旦园"], [None], [])


def test_the_file_as_read_is_left_alone() -> None:
    raw = raw_of(["复旦园"])
    replaced(raw, {"park_id": {"复旦园": "S01"}})
    assert raw.frame["所属园区"].tolist() == ["复旦园"]
