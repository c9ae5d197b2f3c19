"""Cells as people fill them, each against the value that a person reads there."""

from __future__ import annotations

import datetime as dt
import itertools
import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING
from typing import Any

import numpy as np
import pandas as pd
import pytest

from layers.catalogue import FieldSpec
from layers.catalogue import load_catalogue
from layers.errors import IntakeUsageError
from layers.errors import Text
from layers.intake.cells import clean_cells
from layers.intake.columns import Columns
from layers.intake.source import Raw
from layers.intake.source import Request
from layers.values import parse
from layers.wording import FINDINGS

if TYPE_CHECKING:
    from layers.catalogue import LayerSpec
    from layers.issues import Issue

CATALOGUE = load_catalogue()
CARRIERS, UNITS = CATALOGUE.layer("carriers"), CATALOGUE.layer("units")
SHARE = FieldSpec("rate", "number", Text("空置率", "vacancy"), minimum=0, maximum=1)
PERCENT = replace(SHARE, unit="%", maximum=100)


def _clean(
    name: str,
    cells: list[Any],
    heading: str | None = None,
    spec: LayerSpec = CARRIERS,
    **options: Any,
) -> tuple[list[Any], dict[str, Issue]]:
    heading = heading or name
    frame = pd.DataFrame({heading: pd.Series(cells, dtype=object)}, index=range(len(cells)))
    raw = Raw(frame, pd.Series(range(1, len(cells) + 1)), ())
    columns = Columns({name: heading}, {}, ())
    cleaned, issues = clean_cells(
        raw, columns, spec, Request(Path("台账.csv"), spec.key), **options
    )
    assert len(cleaned) == len(cells)
    by_code = {issue.code: issue for issue in issues}
    # One finding a column and kind.
    assert len(by_code) == len(issues)
    return cleaned[name].tolist(), by_code


def _values(name: str, cells: list[Any], heading: str | None = None, **options: Any) -> list[Any]:
    """Return what the strict parser makes of the cleaned cells; None for unknown or unreadable."""
    spec = options.get("spec", CARRIERS)
    cleaned, _ = _clean(name, cells, heading, **options)
    column = parse(pd.Series(cleaned, dtype=object), spec.field(name)).column
    return [None if pd.isna(value) else value for value in column]


# --- numbers ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("１２００", 1200),
        ("1,200.5", 1200.5),
        ("1，200㎡", 1200),
        ("1 200", 1200),
        ("1'234'567.5", 1234567.5),
        ("约1200㎡", 1200),
        ("约 1200", 1200),
        ("1200左右", 1200),
        ("1000余", 1000),
        ("1.2万", 12000),
        ("1.2万余平方米", 12000),
        ("0.35万㎡", 3500),
        ("3亩", 2000),
        ("0.5公顷", 5000),
        ("1.2e3", 1200),
        ("-5㎡", -5),
        (12.5, 12.5),
        (np.int64(7), 7),
    ],
)
def test_numbers_as_people_write_them(cell: Any, value: float) -> None:
    assert _values("gross_area_m2", [cell]) == [value]


@pytest.mark.parametrize(
    "cell",
    [
        *(">1000", "<1000", "1000以上", "1000以下", "1000-1200", "1000~1200", "1000/1200", "1000+"),
        *("1.200,5", "1,20", "1,2000", "12,34,567", "1200元", "1200斤", "35%", "㎡", "约", "abc"),
        *("十二", "1.2.3", "1e", "0x10", "#REF!", "9" * 500 + "㎡"),
    ],
)
def test_what_is_no_single_number_stays_and_is_rejected_by_the_parser(cell: str) -> None:
    cleaned, issues = _clean("gross_area_m2", [cell])
    assert cleaned == [cell]
    assert not issues
    assert bool(parse(pd.Series(cleaned, dtype=object), CARRIERS.field("gross_area_m2")).bad[0])


def test_approximate_numbers_are_said_once_with_count_and_examples() -> None:
    _, issues = _clean("gross_area_m2", ["约1200", "约1200", "近3万", "5"])
    issue = issues["approximate"]
    assert issue.severity == "warning"
    assert (issue.row, issue.field) == (0, "gross_area_m2")
    assert "3 格" in issue.message.zh
    assert "约1200 → 1200" in issue.message.en


def test_plain_cells_are_left_alone_without_a_finding() -> None:
    cells = [1, 1.5, "2", "1,200", None, float("nan"), pd.NA, "", True, {"a": 1}, [1], pd.NaT]
    cleaned, issues = _clean("gross_area_m2", cells)
    assert all(a is b for a, b in zip(cleaned, cells, strict=True))
    assert not issues


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("12家", 12),
        ("12 户", 12),
        ("12.0", 12),
        (12.0, 12),
        ("约30家", 30),
        ("十二家", 12),
        ("1.2万家", 12000),
        ("12人", None),
        ("12.5家", None),
    ],
)
def test_counted_firms(cell: Any, value: int | None) -> None:
    assert _values("tenants", [cell]) == [value]


def test_chinese_numerals_from_nought_to_ninety_nine() -> None:
    ones = "零一二三四五六七八九"
    words = [*ones, *("十" + ones[i] if i else "十" for i in range(10))]
    words += [ones[t] + "十" + (ones[i] if i else "") for t in range(2, 10) for i in range(10)]
    assert _values("floors", [f"{word}层" for word in words]) == list(range(100))
    assert _values("floors", ["两层", "十十", "一二", "一百", "百", "十"]) == [
        *(2, None, None, None, None, 10)
    ]


# --- units -----------------------------------------------------------------


def test_a_column_in_yuan_becomes_ten_thousands() -> None:
    cells = ["12345.6", 10_000, "1,234.5", "1.2万", "3000元", "1.2万元", "0.5亿元", "12345.6", None]
    want = [1.23456, 1, 0.12345, 1.2, 0.3, 1.2, 5000, 1.23456, None]
    assert _values("tax_wan", cells, "税收(元)") == want
    _, issues = _clean("tax_wan", cells, "税收(元)")
    assert "5 格" in issues["unit_converted"].message.zh
    assert "0.0001" in issues["unit_converted"].message.en
    assert "3 格" in issues["unit_in_cell"].message.zh


def test_ten_thousand_within_a_column_of_ten_thousands_is_not_guessed() -> None:
    cleaned, _ = _clean("tax_wan", ["1.2万", "1.2亿"], "税收")
    assert cleaned == ["1.2万", "1.2亿"]


def test_mu_and_monthly_rent() -> None:
    assert _values("land_area_m2", [3, "0.3", "x"], "土地面积/亩") == [2000, 200, None]
    assert _values("rent_yuan_m2_day", [365], "租金(元/㎡/月)") == [12]


@pytest.mark.parametrize(
    ("heading", "code", "unit"),
    [("税收(美元)", "unit_other", "美元"), ("税收(铢币)", "unit_unknown", "铢币")],
)
def test_units_that_cannot_be_applied_are_named(heading: str, code: str, unit: str) -> None:
    cleaned, issues = _clean("tax_wan", [5, "6"], heading)
    assert cleaned == [5, "6"]
    assert issues[code].severity == "warning"
    assert issues[code].value == unit


def test_the_users_word_for_a_unit_goes_before_the_heading() -> None:
    assert _values("tax_wan", ["30000"], "税收(亿元)", units={"tax_wan": "元"}) == [3]
    assert _values("tax_wan", ["3"], "税收(亿元)", units={"tax_wan": ""}) == [3]
    for units in ({"tax_wan": "亩"}, {"nothing": "元"}, {"floors": "层高"}):
        with pytest.raises(IntakeUsageError, match="单位"):
            _clean("tax_wan", [1], units=units)


@pytest.mark.parametrize(
    ("field", "cells", "want", "code"),
    [
        (SHARE, ["35%", 0.2, "0.3"], [0.35, 0.2, 0.3], "percent_read"),
        (SHARE, [35, "20", 0], [0.35, 0.2, 0], "percent_read"),
        (SHARE, ["35%", 40], [0.35, 0.4], "percent_read"),
        (SHARE, [0.35, 1], [0.35, 1], None),
        (SHARE, [0.5, 35], [0.005, 0.35], "percent_mixed"),
        (PERCENT, [0.35, "0.2", 1], [35, 20, 100], "percent_read"),
        (PERCENT, ["35%", 40], [35, 40], "percent_read"),
        (PERCENT, [35, 40], [35, 40], None),
        (PERCENT, [0.5, 35], [0.5, 35], "percent_mixed"),
    ],
)
def test_shares_are_decided_by_column(
    field: FieldSpec, cells: list[Any], want: list[float], code: str | None
) -> None:
    spec = replace(CARRIERS, fields=(field,))
    cleaned, issues = _clean("rate", cells, spec=spec)
    assert [float(cell) for cell in cleaned] == want
    assert (code in issues) if code else not issues


# --- nothing known ---------------------------------------------------------


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        *((c, "placeholder_emptied") for c in ("-", "—", "--", "/", "\\", "无", "暂 无", "不详")),
        *((c, "placeholder_emptied") for c in ("N/A", "ＮＡ", "null", "None", "待定", "#N/A", "…")),
        *((c, "value_withheld") for c in ("保密", "不提供")),
        ("不适用", "not_applicable"),
    ],
)
@pytest.mark.parametrize("name", ["gross_area_m2", "floors", "data_date", "tenure", "park_id"])
def test_unknown_is_empty_and_never_nought(name: str, cell: str, code: str) -> None:
    cleaned, issues = _clean(name, [cell, cell])
    assert cleaned == [None, None]
    assert [*issues] == [code]
    assert "2 格" in issues[code].message.zh


def test_free_text_keeps_its_words() -> None:
    cells = ["无", "保密", "不详", "-", "N/A", "——", "null"]
    assert _clean("needs", cells, spec=UNITS)[0] == ["无", "保密", "不详", None, None, None, "null"]


def test_no_means_no_where_yes_or_no_is_asked() -> None:
    assert _values("protected", ["无", "有", "/", "待定"]) == [False, True, None, None]


def test_strokes_in_the_text_of_our_own_export_are_text() -> None:
    frame = pd.DataFrame({"name": ["-"], "gross_area_m2": ["-"], "data_mark": [None]}, dtype=object)
    raw = Raw(frame, pd.Series([1]), ())
    columns = Columns({"name": "name", "gross_area_m2": "gross_area_m2"}, {}, ())
    cleaned, _ = clean_cells(raw, columns, CARRIERS, Request(Path("a.csv"), "carriers"))
    assert cleaned.iloc[0].tolist() == ["-", None]


# --- dates -----------------------------------------------------------------


@pytest.mark.parametrize(
    "cell",
    [
        *(
            "2026年3月31日",
            "2026.3.31",
            "2026/3/31",
            "20260331",
            "2026-3-31",
            "２０２６年３月３１日",
        ),
        *("2026/3/31 0:00", "2026-03-31 00:00:00", "2026 年 3 月 31 日", 20260331, 20260331.0),
        dt.datetime(2026, 3, 31, tzinfo=None),  # noqa: DTZ001 -- as workbooks have them
        dt.date(2026, 3, 31),
        pd.Timestamp(2026, 3, 31),
    ],
)
def test_dates_in_every_spelling(cell: Any) -> None:
    assert _values("data_date", [cell]) == [pd.Timestamp(2026, 3, 31)]


@pytest.mark.parametrize(
    "cell", ["2026年3月", "26.3.31", "2026-02-30", "2026.13.1", "年底", 2026, "3月31日", "20261331"]
)
def test_what_is_no_date_stays(cell: Any) -> None:
    assert _clean("data_date", [cell])[0] == [cell]
    assert _values("data_date", [cell]) == [None]


def test_serial_numbers_are_dates_only_among_dates_or_alone() -> None:
    # A spreadsheet shows 45382 as 2024-03-31 and 25569 as 1970-01-01.
    day, epoch = pd.Timestamp(2024, 3, 31), pd.Timestamp(1970, 1, 1)
    assert _values("data_date", [45382, 25569]) == [day, epoch]
    assert _values("data_date", ["45382", 45382.75, "2026-01-01"])[:2] == [day, day]
    assert _values("data_date", [45382, "年底"]) == [None, None]
    assert _values("data_date", [45382, "-"]) == [day, None]
    assert _values("data_date", [19999, 60001, 45382]) == [None, None, None]
    _, issues = _clean("data_date", [45382])
    assert "45382 → 2024-03-31" in issues["serial_date"].message.zh


@pytest.mark.parametrize(
    ("cell", "month"),
    [
        ("2024.3", "2024-03"),
        ("2024.03", "2024-03"),
        ("2024.10", "2024-10"),
        ("2024.1", "2024-01"),
        (2024.3, "2024-03"),
        (2024.03, "2024-03"),
        (2024.11, "2024-11"),
        (2024.12, "2024-12"),
        (2024.1, None),
        ("2024年3月", "2024-03"),
        ("2024年3月份", "2024-03"),
        ("2024/3", "2024-03"),
        ("2024-3", "2024-03"),
        ("202403", "2024-03"),
        (202403, "2024-03"),
        ("2024.3.15", "2024-03"),
        (dt.date(2024, 3, 15), "2024-03"),
        (45382, "2024-03"),
        ("2024.13", None),
        ("2024.0", None),
        ("24.3", None),
        (2024, None),
    ],
)
def test_months_in_every_spelling(cell: Any, month: str | None) -> None:
    assert _values("vacant_since", [cell]) == [month]


def test_january_that_may_be_october_is_said() -> None:
    assert "month_ambiguous" in _clean("vacant_since", [2024.1, 2024.2])[1]
    assert "month_one_digit" in _clean("vacant_since", ["2024.1", "2024.2"])[1]
    # Where October has its zero, January is January.
    assert [*_clean("vacant_since", ["2024.1", "2024.10"])[1]] == ["month_read"]


def test_a_lease_without_end_is_empty_and_said() -> None:
    cleaned, issues = _clean("lease_end", ["长期", "无固定期限", "2026-01-01"], spec=UNITS)
    assert cleaned == [None, None, "2026-01-01"]
    assert [*issues] == ["open_ended"]
    assert _clean("data_date", ["长期"])[0] == ["长期"]


# --- words -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "cell", "value"),
    [
        ("protected", "√", True),
        ("protected", "✓", True),
        ("protected", "已", True),
        ("protected", "未", False),
        ("protected", "✗", False),
        ("protected", "X", False),
        ("protected", "保护建筑", True),
        ("protected", "非保护建筑", False),
        ("protected", "不可腾挪", True),
        ("verified", "已核实", True),
        ("verified", "未核实", False),
        ("verified", "部分", None),
    ],
)
def test_yes_and_no(name: str, cell: str, value: bool | None) -> None:
    assert _values(name, [cell]) == [value]


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("出租", "leased"),
        (" 已出租 ", "leased"),
        ("在租", "leased"),
        ("空置", "vacant"),
        ("闲置（待装修）", "vacant"),
        ("1.自用", "own_use"),
        ("2、空 置", "vacant"),
        ("ＶＡＣＡＮＴ", "vacant"),
        ("已租", "leased"),
        ("租", None),
        ("拆除", None),
    ],
)
def test_spellings_of_allowed_values(cell: str, value: str | None) -> None:
    assert _values("state", [cell], spec=UNITS) == [value]


@pytest.mark.parametrize(
    ("layer", "field", "cell", "value"),
    [
        ("facilities", "kind", "食堂餐饮", "canteen"),
        ("facilities", "kind", "食堂", "canteen"),
        ("facilities", "kind", "会议", "meeting"),
        ("facilities", "kind", "托育", "care"),
        ("facilities", "kind", "公园", "green"),
        ("facilities", "kind", "租赁住房", "housing"),
        ("facilities", "kind", "快递柜", None),
        ("housing", "kind", "租赁住房", "rental"),
        # Public rental housing is no affordable rental housing.
        ("housing", "kind", "公租房", None),
        ("low_altitude", "kind", "场景", "scene"),
        ("target_values", "basis", "近四个季度", "rolling"),
        ("target_values", "basis", "四个季度", None),
    ],
)
def test_spellings_of_the_plan_and_what_is_around_parks(
    layer: str, field: str, cell: str, value: str | None
) -> None:
    assert _values(field, [cell], spec=CATALOGUE.layer(layer)) == [value]


def test_spellings_are_listed_in_one_finding() -> None:
    _, issues = _clean("state", ["出租", "出租", "闲置", "空置"], spec=UNITS)
    assert "3 格" in issues["choice_read"].message.zh
    assert "出租 → leased, 闲置 → vacant" in issues["choice_read"].message.zh


def test_every_allowed_value_and_title_reads_as_itself() -> None:
    for spec in CATALOGUE.layers:
        for field in spec.fields:
            labels = [x for c in field.choices for x in (c.value, c.title.zh, c.title.en)]
            if labels:
                strict = parse(pd.Series(labels), field).column.tolist()
                assert _values(field.name, labels, spec=spec) == strict


# --- the whole -------------------------------------------------------------


def test_the_order_of_rows_changes_neither_cells_nor_findings() -> None:
    cells = ["约5", "-", "6㎡", "约7", "x"]
    _, want = _clean("gross_area_m2", cells)
    for order in itertools.permutations(cells):
        cleaned, issues = _clean("gross_area_m2", [*order])
        assert sorted(map(str, cleaned)) == ["5.0", "6.0", "7.0", "None", "x"]
        assert {code: issues[code] for code in sorted(issues)} == {
            code: want[code] for code in sorted(want)
        }


def test_no_rows_and_several_columns() -> None:
    frame = pd.DataFrame({"a": [], "b": []}, dtype=object)
    columns = Columns({"name": "b", "gross_area_m2": "a"}, {}, ())
    cleaned, issues = clean_cells(
        Raw(frame, pd.Series([], dtype="int64"), ()), columns, CARRIERS, Request(Path("a"), "c")
    )
    assert [*cleaned.columns] == ["name", "gross_area_m2"]
    assert not issues


def test_every_template_has_the_same_places_in_both_languages() -> None:
    from string import Formatter

    from layers.wording import cells as wording

    for code in wording.FINDINGS:
        for text in (FINDINGS[code].message, FINDINGS[code].remedy):
            zh, en = (
                {re.sub("_(zh|en)$", "", n) for _, n, *_ in Formatter().parse(t) if n}
                for t in (text.zh, text.en)
            )
            assert zh == en, code
