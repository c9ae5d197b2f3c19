from __future__ import annotations

from typing import TYPE_CHECKING
from typing import Any

import numpy as np
import pandas as pd
import pytest

from layers.catalogue import load_catalogue
from layers.intake.columns import find_columns
from layers.intake.lines import drop_lines
from layers.intake.readers.workbooks import read_workbook
from layers.intake.source import Raw
from layers.intake.source import Request

if TYPE_CHECKING:
    from pathlib import Path

CARRIERS = load_catalogue().layer("carriers")
HEADINGS = ["序号", "载体编码", "楼栋名称", "总建筑面积(㎡)", "备注"]
RECORD = ["1", "C1", "甲楼", 100.0, None]


@pytest.fixture
def request_(tmp_path: Path) -> Request:
    return Request(tmp_path / "台账.xlsx", "carriers")


def raw_of(rows: Any, headings: list[str] = HEADINGS) -> Raw:
    frame = pd.DataFrame(rows, columns=headings, dtype=object)
    return Raw(frame, pd.Series(range(11, 11 + len(rows)), dtype="int64"), ())


def dropped(raw: Raw, request: Request) -> tuple[Raw, list[tuple[str, int]]]:
    headings = [str(h) for h in raw.frame.columns]
    kept = drop_lines(raw, find_columns(headings, CARRIERS), CARRIERS, request)
    return kept, [(issue.code, issue.row) for issue in kept.issues]


TOTAL, REMARK = "total_row_dropped", "remark_row_dropped"
HEADING, SECTION = "heading_row_dropped", "section_row_dropped"


@pytest.mark.parametrize(
    ("row", "code"),
    [
        # Sums: the word in the id, the name, or the first cells without an id.
        ([None, "合计", None, 300, None], TOTAL),
        ([None, "合 计", None, 300, None], TOTAL),
        ([None, "合　计：", None, 300, None], TOTAL),
        (["总计", None, None, 300, None], TOTAL),
        ([None, None, "小计", 300, None], TOTAL),
        ([None, None, "复旦园小计", 300, None], TOTAL),
        ([None, "复旦园小计", "复旦园小计", 300, None], TOTAL),
        (["合计", "合计", "合计", 300, None], TOTAL),
        (["本页合计", None, None, 300, None], TOTAL),
        ([None, "累计", None, 300, None], TOTAL),
        ([None, None, "平均值", 100, None], TOTAL),
        ([None, None, "Total", 300, None], TOTAL),
        ([None, None, "Sub-total", 300, None], TOTAL),
        ([None, "合计（6栋）", None, 300, None], TOTAL),
        (["合计6栋", None, None, 300, None], TOTAL),
        ([9, "C9", "合计", 300, None], TOTAL),
        # Remarks and signatures.
        (["备注：面积以产证为准", None, None, None, None], REMARK),
        ([None, "注：1.面积以产证为准；2.空置为估计", None, None, None], REMARK),
        ([None, None, "说明:见附件", None, None], REMARK),
        (["填表人：张三", None, "审核：李四", None, "填报日期：2026-03-31"], REMARK),
        (["填表人：", "张三", "审核人：", "李四", None], REMARK),
        (["制表：张三", None, None, None, None], REMARK),
        (["单位负责人：", None, None, None, None], REMARK),
        (["打印时间：2026-3-31 10:00", None, None, None, None], REMARK),
        (["※含地下室", None, None, None, None], REMARK),
        ([None, "本表数据截至2026年3月31日。", None, None, None], REMARK),
        # Headings at the top of the next page.
        (HEADINGS, HEADING),
        (["序号", "载体编码", "楼栋名称", "总建筑面积(㎡)", None], HEADING),
        ([None, "载体编码", "楼栋\n名称", "总建筑面积", None], HEADING),
        # Titles of groups.
        (["一、复旦科技园", None, None, None, None], SECTION),
        ([None, "（二）同济园", None, None, None], SECTION),
    ],
)
def test_lines_that_are_no_records_are_left_out_and_said(
    request_: Request, row: list[Any], code: str
) -> None:
    kept, found = dropped(raw_of([RECORD, row, ["2", "C2", "乙", 5, None]]), request_)
    assert kept.frame["载体编码"].tolist() == ["C1", "C2"]
    assert kept.rows.tolist() == [11, 13]
    assert kept.frame.index.tolist() == [0, 1]
    assert found == [(code, 12)]
    assert kept.issues[0].value
    assert kept.issues[0].severity == ("warning" if code == TOTAL else "info")


@pytest.mark.parametrize(
    "row",
    [
        ["3", "C3", "合计科技", 100, None],
        ["3", "C3", "平均楼", 5, None],
        ["3", "C3", "小计大厦", 100, "合计"],
        ["3", "C3", "丙", 100, "注：面积以产证为准。"],
        ["3", "C3", "说明书印刷厂", 100, None],
        [None, None, "合计科技", 100, None],
        [None, None, "备注大厦", 100, None],
        ["3", None, "丙", 100, None],
        ["3", "一、甲", "丙", 100, None],
        [None, 7, "丙", 100, None],
        ["3", "C3", None, 0, None],
        ["3", "园区-1", "楼栋", 5, None],
        [None, None, None, 5, None],
        ["-", "-", "-", 0, "-"],
    ],
)
def test_records_are_kept_whatever_they_contain(request_: Request, row: list[Any]) -> None:
    raw = raw_of([RECORD, row])
    kept, found = dropped(raw, request_)
    assert found == []
    assert kept is raw


def test_rows_of_running_numbers_and_placeholders_are_counted_once(request_: Request) -> None:
    rows = [RECORD, [2, None, None, None, None], ["-", "—", "/", "无", "N/A"], ["4", *[" "] * 4]]
    kept, found = dropped(raw_of(rows), request_)
    assert kept.rows.tolist() == [11]
    assert found == [("empty_rows_dropped", 12)]
    assert "3 行" in kept.issues[0].message.zh


def test_a_row_without_any_cell_is_not_ours_to_drop(request_: Request) -> None:
    raw = raw_of([RECORD, [None, np.nan, pd.NA, pd.NaT, None]])
    assert dropped(raw, request_)[0] is raw


def test_findings_about_dropped_rows_go_with_them(request_: Request) -> None:
    raw = raw_of([RECORD, [None, "合计", None, None, None]])
    earlier = [
        request_.issue("formula_without_result", row, "总建筑面积(㎡)", cell="D9")
        for row in (11, 12)
    ]
    earlier.append(request_.issue("no_rows"))
    raw = Raw(raw.frame, raw.rows, tuple(earlier))
    _, found = dropped(raw, request_)
    assert found == [("formula_without_result", 11), ("no_rows", 0), (TOTAL, 12)]


def test_a_table_without_ids_is_told_by_its_names(request_: Request) -> None:
    headings = ["楼栋名称", "总建筑面积"]
    rows = [["甲", 1], ["小计", 1], ["合计科技", 2], ["杨浦小计", 3], ["备注：无", None]]
    kept, found = dropped(raw_of(rows, headings), request_)
    assert kept.frame["楼栋名称"].tolist() == ["甲", "合计科技"]
    assert found == [(TOTAL, 12), (TOTAL, 14), (REMARK, 15)]


def test_joined_headings_repeated_in_two_rows(request_: Request) -> None:
    headings = ["载体编码", "楼栋名称", "可租面积(㎡)", "租金(元)/挂牌"]
    rows: list[list[Any]] = [
        ["C1", "甲", 5, 4],
        ["载体编码", "楼栋名称", "面积(㎡)", "租金(元)"],
        [None, None, "可租", "挂牌"],
    ]
    kept, found = dropped(raw_of(rows, headings), request_)
    assert kept.rows.tolist() == [11]
    assert found == [(HEADING, 12), (HEADING, 13)]


def test_order_and_every_other_row_survive_whatever_stands_between(request_: Request) -> None:
    lines: list[list[Any]] = [
        ["小计", None, None, 1, None],
        HEADINGS,
        ["备注：x", None, None, None, None],
    ]
    rows: list[list[Any]] = []
    for number in range(300):
        rows.append([str(number), f"C{number}", f"楼{number}", number, None])
        rows.append(lines[number % 3])
    kept, found = dropped(raw_of(rows), request_)
    assert kept.frame["载体编码"].tolist() == [f"C{n}" for n in range(300)]
    assert kept.rows.tolist() == list(range(11, 611, 2))
    assert len(found) == 300
    assert len(kept.frame) + len(found) == len(rows)


def test_merged_labels_of_a_workbook(tmp_path: Path) -> None:
    import openpyxl

    book = openpyxl.Workbook()
    page = book.worksheets[0]
    for row in (HEADINGS, RECORD, ["合计", None, None, 100], ["备注：面积以产证为准"]):
        page.append(row)
    page.merge_cells("A3:B3")
    page.merge_cells("A4:E4")
    path = tmp_path / "a.xlsx"
    book.save(path)
    request = Request(path, "carriers")
    kept, found = dropped(read_workbook(request), request)
    assert kept.rows.tolist() == [1]
    assert [code for code, _ in found if code != "merged_filled"] == [TOTAL, REMARK]


def test_lines_are_counted_over_several_passes(request_: Request) -> None:
    rows = [RECORD, [None, "合计", None, None, None], [None, "备注：无", None, None, None]]
    once, _ = dropped(raw_of(rows), request_)
    assert once.dropped == 2
    twice, _ = dropped(once, request_)
    assert (twice.dropped, len(twice.frame)) == (2, 1)
