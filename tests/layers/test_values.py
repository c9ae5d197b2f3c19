from __future__ import annotations

import datetime as dt
import math
from typing import TYPE_CHECKING
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from layers.catalogue import Choice
from layers.catalogue import FieldSpec
from layers.errors import Text
from layers.values import clean_text
from layers.values import formula_plain
from layers.values import formula_safe
from layers.values import parse

if TYPE_CHECKING:
    from layers.catalogue import FieldType

BAD = object()


def read(kind: FieldType, cell: Any, choices: tuple[Choice, ...] = ()) -> Any:
    """Return the value of one cell, ``None`` if unknown, or ``BAD``."""
    field = FieldSpec("f", kind, Text("字段", "field"), choices=choices)
    parsed = parse(pd.Series([cell], dtype=object), field)
    if parsed.bad.iloc[0]:
        return parsed.code.iloc[0]
    value = parsed.column.iloc[0]
    return None if pd.isna(value) else value


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("12.5", 12.5),
        (" 1,234,567.5 ", 1234567.5),
        ("１２３．５", 123.5),
        ("1，234", 1234.0),
        ("\u3000-3\u3000", -3.0),
        ("−3", -3.0),
        (".5", 0.5),
        ("1e3", 1000.0),
        (7, 7.0),
        ("", None),
        ("   ", None),
        (None, None),
        (math.nan, None),
        ("12a", "not_a_number"),
        ("1,5", "not_a_number"),
        ("12,34", "not_a_number"),
        ("1 234", "not_a_number"),
        ("nan", "not_a_number"),
        ("inf", "not_a_number"),
        ("1e999", "not_a_number"),
        (math.inf, "not_a_number"),
        (True, "not_a_number"),
        ("-", "not_a_number"),
        ("O.5", "not_a_number"),
    ],
)
def test_numbers(cell: Any, expected: Any) -> None:
    assert read("number", cell) == expected


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("3", 3),
        (3.0, 3),
        ("3.0", 3),
        ("1,000", 1000),
        (None, None),
        ("3.5", "not_an_integer"),
        ("x3", "not_a_number"),
        (2**60, "not_an_integer"),
    ],
)
def test_whole_numbers(cell: Any, expected: Any) -> None:
    assert read("integer", cell) == expected


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("2026-01-05", dt.datetime(2026, 1, 5)),  # noqa: DTZ001 -- dates have no zone
        ("2026/1/5", dt.datetime(2026, 1, 5)),  # noqa: DTZ001 -- the same
        ("2026-01-05T00:00:00", dt.datetime(2026, 1, 5)),  # noqa: DTZ001 -- the same
        (dt.date(2026, 1, 5), dt.datetime(2026, 1, 5)),  # noqa: DTZ001 -- the same
        ("２０２６-01-05", dt.datetime(2026, 1, 5)),  # noqa: DTZ001 -- the same
        ("2026-02-30", "not_a_date"),
        ("2026-1-5", "not_a_date"),
        ("05/01/2026", "not_a_date"),
        (45292, "not_a_date"),
        ("45292", "not_a_date"),
        ("2026.1.5", "not_a_date"),
        (None, None),
        (pd.NaT, None),
    ],
)
def test_dates_are_never_guessed(cell: Any, expected: Any) -> None:
    assert read("date", cell) == expected


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("2026-03", "2026-03"),
        ("2026-03-31", "2026-03"),
        ("2026/3/31", "2026-03"),
        (pd.Timestamp(2026, 3, 31), "2026-03"),
        ("2026-13", "not_a_month"),
        ("2026", "not_a_month"),
        (2026, "not_a_month"),
        (None, None),
    ],
)
def test_months(cell: Any, expected: Any) -> None:
    assert read("month", cell) == expected


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("是", True),
        ("否", False),
        ("TRUE", True),
        (1.0, True),
        (0, False),
        (False, False),
        (None, None),
        ("也许", "not_a_boolean"),
        ("2", "not_a_boolean"),
    ],
)
def test_yes_and_no(cell: Any, expected: Any) -> None:
    assert read("boolean", cell) == expected


def test_a_choice_may_be_given_by_its_title() -> None:
    choices = (Choice("university", Text("大学科技园", "University park")),)
    assert read("text", "university", choices) == "university"
    assert read("text", "大学科技园", choices) == "university"
    assert read("text", "UNIVERSITY PARK", choices) == "university"
    assert read("text", "其他", choices) == "not_a_choice"


def test_text_keeps_codes_and_drops_what_no_format_carries() -> None:
    assert read("text", "007") == "007"
    assert read("text", 7.0) == "7"
    assert read("text", " 杨浦 ") == "杨浦"
    assert read("text", "a\r\nb\x00\x1bc") == "a\nbc"
    assert read("text", "\ud800") is None


@pytest.mark.parametrize("kind", ["text", "month", "integer", "number", "boolean", "date"])
def test_a_column_without_values_keeps_its_type(kind: FieldType) -> None:
    field = FieldSpec("f", kind, Text("字段", "field"))
    filled = {"text": "a", "month": "2026-01", "boolean": "是", "date": "2026-01-01"}
    known = parse(pd.Series([filled.get(kind, "1")], dtype=object), field)
    for empty in ([None, None], ["", " "], []):
        parsed = parse(pd.Series(empty, dtype=object), field)
        assert parsed.column.dtype == known.column.dtype
        assert not parsed.bad.any()


@given(st.text())
def test_formula_guard_changes_nothing_for_good(text: str) -> None:
    assert formula_plain(formula_safe(text)) == text


@pytest.mark.parametrize("start", "=+-@\t\r\n＝＋－＠")
def test_no_guarded_text_begins_like_a_formula(start: str) -> None:
    assert formula_safe(f"{start}cmd") == f"'{start}cmd"
    assert formula_safe(f"'{start}cmd").startswith("''")


@given(st.text())
def test_cleaned_text_is_stable_and_encodable(text: str) -> None:
    cleaned = clean_text(text)
    assert clean_text(cleaned) == cleaned
    cleaned.encode("utf-8")
    assert "\r" not in cleaned


@pytest.mark.parametrize(
    "cells",
    [
        [1, 2.5, None, -3],
        [10**400, 1, None, 2.5],
        [2**64, -1, 0.1 + 0.2, float("nan")],
        [float("inf"), 1, None],
        [True, 1, None],
        [None, None],
        [],
    ],
)
def test_a_column_of_numbers_is_read_as_its_cells_are(cells: list[Any]) -> None:
    field = FieldSpec("f", "number", Text("数", "number"))
    whole = parse(pd.Series(cells, dtype=object), field)
    single = [parse(pd.Series([cell, "x"], dtype=object), field) for cell in cells]
    assert whole.bad.tolist() == [bool(one.bad.iloc[0]) for one in single]
    values = [one.column.iloc[0] for one in single]
    assert whole.column.tolist() == pytest.approx(values, rel=1e-15, nan_ok=True)


@pytest.mark.parametrize("text", ["a\x00b", "a\r\nb", "a\ud800b", "a\uffffb", "a\u3000b", "楼 3"])
def test_only_what_cannot_be_written_is_taken_out_of_texts(text: str) -> None:
    kept = "".join(
        c for c in text.replace("\r\n", "\n") if c == "\n" or c.isprintable() or c == "\u3000"
    )
    assert clean_text(text) == kept
