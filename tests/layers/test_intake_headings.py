from __future__ import annotations

from typing import TYPE_CHECKING
from typing import Any

import openpyxl
import pytest

from layers.catalogue import load_catalogue
from layers.errors import IntakeError
from layers.intake.columns import find_columns
from layers.intake.readers.headings import blank
from layers.intake.readers.headings import find_headings
from layers.intake.readers.headings import is_unit
from layers.intake.readers.tables import read_csv
from layers.intake.readers.workbooks import read_workbook
from layers.intake.source import Request

if TYPE_CHECKING:
    from pathlib import Path

    from layers.intake.source import Raw

CARRIERS = load_catalogue().layer("carriers")


def names(records: Any, merged: Any = ()) -> tuple[str, ...]:
    found = find_headings(records, merged)
    assert found is not None
    return found.names


def span(records: Any, merged: Any = ()) -> tuple[int, int, int]:
    found = find_headings(records, merged)
    assert found is not None
    return found.first, found.last, found.end


def codes(raw: Raw) -> list[str]:
    return [issue.code for issue in raw.issues]


# --- which row holds the headings ------------------------------------------

PLAIN = ["载体编码", "楼栋名称", "总建筑面积", "空置面积"]
TITLE = ["2026年杨浦区载体台账", None, None, None]


@pytest.mark.parametrize(
    ("above", "expected"),
    [
        ([], 0),
        ([TITLE], 1),
        ([[None] * 4, TITLE, [None] * 4], 3),
        ([TITLE, ["填报单位：杨浦区科委", None, None, "单位：㎡、万元"]], 2),
        ([["2026年杨浦区载体台账", None, None, "2026年3月"]], 1),
    ],
)
def test_the_headings_are_found_below_titles(above: list[list[Any]], expected: int) -> None:
    records = [*above, PLAIN, ["C1", "甲", 100, 5], ["C2", "乙", 80, 0]]
    assert span(records) == (expected, expected, expected)
    assert names(records) == tuple(PLAIN)


@pytest.mark.parametrize(
    "records",
    [
        # The first row is taken as before, known to the catalogue or not.
        [["甲", "乙"], ["1", "2"]],
        [["号", "楼", "东", "北"], ["C1", "园区", 1, 2]],
        [["载体编码", "说法"], ["名称", "类别"], ["来源", "状态"]],
        [["编号"], ["C1"]],
        [["编号", "名称"], ["M", None], ["K", "甲"]],
        [["a", "b", "c"], ["1", "2", "3"]],
        [["载体编码", "总建筑面积", "可租面积"], ["1", "2", "3"]],
        [["载体编码", "楼栋名称", None], ["C1", None, "x"]],
    ],
)
def test_plain_tables_keep_their_first_row(records: list[list[Any]]) -> None:
    assert span(records) == (0, 0, 0)


def test_a_lone_title_over_unknown_headings() -> None:
    records = [["某表", None, None], ["号", "楼", "东"], ["C1", "甲", 1]]
    assert span(records) == (1, 1, 1)


def test_a_sheet_without_anything_has_no_headings() -> None:
    assert find_headings([]) is None
    assert find_headings([[None, " "], []]) is None
    assert blank(" \n")
    assert not blank(0)


# --- headings in two and three rows ----------------------------------------

TWO = [
    ["载体编码", "楼栋名称", "面积(㎡)", None, None, "租金(元/㎡·天)", None, "备注"],
    [None, None, "总建筑面积", "可租", "自用", "在租均价", "挂牌", None],
    ["C1", "甲", 100, 80, 20, 3.5, 4, None],
]
TWO_MERGED = [
    (0, 0, 1, 0),
    (0, 1, 1, 1),
    (0, 2, 0, 4),
    (0, 5, 0, 6),
    (0, 7, 1, 7),
]
TWO_NAMES = (
    "载体编码",
    "楼栋名称",
    "总建筑面积(㎡)",
    "可租面积(㎡)",
    "自用(㎡)",
    "在租均价(元/㎡·天)",
    "租金(元/㎡·天)/挂牌",
    "备注",
)


@pytest.mark.parametrize("merged", [(), TWO_MERGED])
def test_two_rows_are_joined_as_the_catalogue_spells_them(merged: Any) -> None:
    assert span(TWO, merged) == (0, 1, 1)
    assert names(TWO, merged) == TWO_NAMES
    fields = find_columns(TWO_NAMES, CARRIERS).fields
    assert fields["rentable_area_m2"] == "可租面积(㎡)"
    assert fields["gross_area_m2"] == "总建筑面积(㎡)"
    assert fields["own_use_area_m2"] == "自用(㎡)"


def test_groups_over_every_column_tell_equal_names_apart() -> None:
    records = [
        ["园区", None, "楼栋", None, "入驻", None],
        ["编码", "名称", "编码", "名称", "企业", "其他"],
        ["P1", "大学园", "C1", "甲", 5, 6],
    ]
    assert names(records)[:4] == ("园区编码", "园区名称", "楼栋/编码", "楼栋名称")
    assert names(records)[4] == "入驻企业"
    assert span(records) == (0, 1, 1)


def test_three_rows_with_tall_cells_and_a_title() -> None:
    records = [
        ["载体台账", *[None] * 5],
        ["载体编码", "楼栋名称", "基本情况", None, None, None],
        [None, None, "面积（㎡）", None, "经营(万元)", None],
        [None, None, "地上", "可租", "营业收入", "税收总额"],
        ["C1", "甲", 90, 80, 500, 20],
    ]
    merged = [
        (0, 0, 0, 5),
        (1, 0, 3, 0),
        (1, 1, 3, 1),
        (1, 2, 1, 5),
        (2, 2, 2, 3),
        (2, 4, 2, 5),
    ]
    assert span(records, merged) == (1, 3, 3)
    assert names(records, merged) == (
        "载体编码",
        "楼栋名称",
        "地上面积(㎡)",
        "可租面积(㎡)",
        "营业收入(万元)",
        "税收总额(万元)",
    )


@pytest.mark.parametrize(
    "below",
    [
        ["1", "2", "3", "4"],
        [1.0, 2.0, 3.0, 4.0],
        ["(1)", "（2）", "(3)", "(4)"],
        ["甲", "乙", "1", "2"],
        ["栏次", "1", "2", "3"],
    ],
)
def test_a_row_that_numbers_the_columns_is_no_record(below: list[Any]) -> None:
    records = [PLAIN, below, ["C1", "甲", 100, 5]]
    assert span(records) == (0, 0, 1)


def test_a_row_of_units_goes_into_the_headings() -> None:
    records = [
        ["载体编码", "楼栋名称", "总建筑面积", "税收总额", "企业数(家)"],
        [None, None, "（亩）", "万元", "家"],
        ["C1", "甲", 1, 2, 3],
    ]
    assert names(records) == (
        "载体编码",
        "楼栋名称",
        "总建筑面积(亩)",
        "税收总额(万元)",
        "企业数(家)",
    )
    assert span(records) == (0, 0, 1)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("㎡", True),
        ("m²", True),
        ("(元/㎡·天)", True),
        ("元/（m²·天）", True),
        ("万元", True),
        ("家", True),
        ("万元/亩", True),
        ("甲", False),
        ("", False),
        ("名称", False),
        ("5", False),
    ],
)
def test_what_is_a_unit(text: str, expected: bool) -> None:
    assert is_unit(text) is expected


# --- through the readers ---------------------------------------------------


def test_a_csv_with_title_and_two_rows_is_numbered_from_its_records(tmp_path: Path) -> None:
    path = tmp_path / "台账.csv"
    path.write_text(
        "2026年杨浦区载体台账,,,\n"
        "填报单位：杨浦区科委,,,单位：万元\n"
        "载体编码,楼栋名称,面积(㎡),\n"
        ",,总建筑面积,空置\n"
        "C1,甲,100,5\n"
        "\n"
        "C2,乙,80,0\n",
        encoding="gb18030",
    )
    raw = read_csv(Request(path))
    assert list(raw.frame.columns) == ["载体编码", "楼栋名称", "总建筑面积(㎡)", "空置面积(㎡)"]
    assert raw.rows.tolist() == [1, 3]
    assert raw.frame["空置面积(㎡)"].tolist() == ["5", "0"]
    assert raw.facts["headings"].zh.startswith("第 3–4 行")
    assert "台账" in raw.facts["headings"].zh
    assert codes(raw) == ["encoding_assumed", "unit_in_title"]
    assert raw.issues[1].value == "万元"


@pytest.mark.parametrize(
    ("text", "unit"),
    [
        ("单位：万元、平方米", "万元、平方米"),
        ("（单位:㎡）", "㎡"),
        ("填报单位：杨浦区科委", ""),
        ("单位：杨浦区科委", ""),
    ],
)
def test_only_units_are_units_of_the_title(text: str, unit: str) -> None:
    found = find_headings([["载体台账", None, None, text], PLAIN, ["C1", "甲", 1, 2]])
    assert found is not None
    assert found.unit == unit


@pytest.mark.parametrize("mark", [",", "\t", ";", "|", "，", "；"])
def test_every_mark_separates_cells_and_a_title_does_not_decide(tmp_path: Path, mark: str) -> None:
    other = ";" if mark != ";" else ","
    path = tmp_path / "a.csv"
    lines = ["载体编码,楼栋名称,空置面积".replace(",", mark), "C1,甲,5".replace(",", mark)]
    path.write_text(f"甲{other}乙{other}丙{other}丁\n" + "\n".join(lines), encoding="utf-8")
    raw = read_csv(Request(path))
    assert list(raw.frame.columns)[:3] == ["载体编码", "楼栋名称", "空置面积"]


@pytest.mark.parametrize("first", ["sep=;\r\n", '"sep=;"\n', "SEP=;\n"])
def test_excels_declared_separator(tmp_path: Path, first: str) -> None:
    path = tmp_path / "a.csv"
    path.write_text(first + "载体编码;楼栋名称\nC1;甲,乙,丙,丁\n", encoding="utf-8", newline="")
    raw = read_csv(Request(path))
    assert raw.frame["楼栋名称"].tolist() == ["甲,乙,丙,丁"]
    assert raw.rows.tolist() == [1]


def test_an_open_quote_below_a_declared_separator_names_the_line(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text('sep=,\n载体编码,楼栋名称\nC1,"甲\n', encoding="utf-8")
    with pytest.raises(IntakeError, match="第 3 行"):
        read_csv(Request(path))


def test_a_workbook_with_merged_headings_and_merged_parks(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    page = book.worksheets[0]
    page.append(["杨浦区载体台账"])
    for row in (
        ["园区名称", "载体编码", "面积(㎡)", None, "层数"],
        [None, None, "总建筑\n面积", "空置", None],
        ["大学园", "C1", 100, 5, 7],
        [None, "C2", None, 6, None],
        [None, None, None, None, None],
        ["备注：面积以产证为准", None, None, None, None],
    ):
        page.append(row)
    for cells in ("A1:E1", "A2:A3", "B2:B3", "C2:D2", "E2:E3", "A4:A6", "C4:C5", "E4:E5", "A7:E7"):
        page.merge_cells(cells)
    path = tmp_path / "台账.xlsx"
    book.save(path)
    raw = read_workbook(Request(path))
    assert list(raw.frame.columns)[:2] == ["园区名称", "载体编码"]
    assert raw.rows.tolist() == [1, 2, 4]
    assert raw.frame["园区名称"].tolist() == ["大学园", "大学园", "备注：面积以产证为准"]
    # An amount over two rows is one amount; a number of storeys is not.
    areas, storeys = raw.frame.iloc[:, 2], raw.frame["层数"]
    assert areas.tolist() == [100, None, None]
    assert storeys.tolist()[:2] == [7, 7]
    assert find_columns(list(raw.frame.columns), CARRIERS).fields["gross_area_m2"] == areas.name
    by_code = {issue.code: issue for issue in raw.issues}
    assert by_code["merged_filled"].message.zh.count("2 格") == 1
    assert "C4:C5" in by_code["merged_amount"].message.zh
    assert raw.facts["merged"].zh == "4 处"
