from __future__ import annotations

from typing import TYPE_CHECKING
from typing import Any

import pandas as pd
import pytest

from layers.catalogue import load_catalogue
from layers.contract import conform
from layers.intake.columns import find_columns
from layers.intake.source import Raw
from layers.intake.source import Request
from layers.intake.wide import is_wide
from layers.intake.wide import split_wide

if TYPE_CHECKING:
    from pathlib import Path

CATALOGUE = load_catalogue()
CARRIERS, UNITS = CATALOGUE.layer("carriers"), CATALOGUE.layer("units")


@pytest.fixture
def request_(tmp_path: Path) -> Request:
    return Request(tmp_path / "台账.xlsx", "carriers")


def raw_of(headings: str, rows: Any, **more: Any) -> Raw:
    frame = pd.DataFrame(rows, columns=headings.split(), dtype=object)
    return Raw(frame, pd.Series(range(1, len(rows) + 1), dtype="int64"), (), **more)


def parted(raw: Raw, request: Request) -> tuple[Raw, Raw]:
    both = split_wide(raw, CARRIERS, UNITS, request)
    assert both is not None
    return both


def codes(raw: Raw) -> list[str]:
    return [issue.code for issue in raw.issues]


HEADINGS = "载体编码 楼栋名称 地址 总建筑面积 经度 纬度 单元编码 楼层 面积 状态 入驻企业 备注"
ROWS: list[list[Any]] = [
    ["C1", "甲楼", "国定路1号", 1000, 121.5, 31.3, "U1", "3层", 50, "已租", "某甲公司", "一"],
    [None, None, None, None, None, None, "U2", "4层", 60, "空置", None, None],
    [None, None, None, None, None, None, "U3", "5层", 70, "已租", "某乙公司", "三"],
    ["C2", "乙楼", "国定路2号", 500, 121.6, 31.3, "U4", "1层", 80, "空置", None, None],
]


def test_carriers_and_units_are_parted(request_: Request) -> None:
    carriers, units = parted(raw_of(HEADINGS, ROWS), request_)
    assert list(carriers.frame.columns) == [
        "载体编码",
        "楼栋名称",
        "地址",
        "总建筑面积",
        "经度",
        "纬度",
    ]
    assert carriers.frame["载体编码"].tolist() == ["C1", "C2"]
    assert carriers.frame["总建筑面积"].tolist() == [1000, 500]
    assert carriers.rows.tolist() == [1, 4]
    assert units.frame["载体编码"].tolist() == ["C1", "C1", "C1", "C2"]
    assert units.frame["单元编码"].tolist() == ["U1", "U2", "U3", "U4"]
    assert units.frame["面积"].tolist() == [50, 60, 70, 80]
    assert units.frame["备注"].tolist() == ["一", None, "三", None]
    assert units.rows.tolist() == [1, 2, 3, 4]
    assert codes(carriers) == ["wide_table_split"]
    assert codes(units) == ["carrier_key_filled"]
    assert "2 行" in units.issues[0].message.zh
    assert {i.layer for i in carriers.issues} == {"carriers"}
    assert {i.layer for i in units.issues} == {"units"}


def test_both_pass_the_check_of_their_layer(request_: Request) -> None:
    carriers, units = parted(raw_of(HEADINGS, ROWS), request_)
    accepted: dict[str, pd.DataFrame] = {}
    for raw, spec in ((carriers, CARRIERS), (units, UNITS)):
        fields = find_columns([str(h) for h in raw.frame.columns], spec).fields
        named = raw.frame[list(fields.values())].set_axis(list(fields), axis=1)
        checked = conform(named, spec, row_numbers=raw.rows, tables=accepted)
        assert checked.rejected.empty
        accepted[spec.key] = checked.accepted
    assert accepted["units"]["floor_area_m2"].sum() == 260
    assert accepted["carriers"]["gross_area_m2"].sum() == 1500


def test_values_that_contradict_each_other_are_named(request_: Request) -> None:
    rows = [row[:] for row in ROWS]
    rows[2][0], rows[2][3] = "C1", 900
    carriers, _ = parted(raw_of(HEADINGS, rows), request_)
    assert carriers.frame["总建筑面积"].tolist() == [1000, 500]
    (issue,) = (i for i in carriers.issues if i.code == "carrier_conflict")
    assert (issue.row, issue.field, issue.value, issue.severity) == (
        3,
        "总建筑面积",
        "900",
        "warning",
    )
    assert "第 1 行“1000”" in issue.message.zh


def test_a_carrier_may_come_back_and_may_have_a_row_of_its_own(request_: Request) -> None:
    rows = [
        ["C1", "甲", "路1", 1000, None, None, None, None, None, None, None, None],
        [None, None, None, None, None, None, "U1", "1", 10, "空置", None, None],
        ["C2", "乙", "路2", 500, None, None, "U2", "1", 20, "空置", None, None],
        ["C1", None, None, None, None, None, "U3", "2", 30, "空置", None, None],
        ["C1", None, None, 1000, None, None, None, None, None, None, None, None],
    ]
    carriers, units = parted(raw_of(HEADINGS, rows), request_)
    assert carriers.frame["楼栋名称"].tolist() == ["甲", "乙"]
    assert units.rows.tolist() == [2, 3, 4]
    assert units.frame["载体编码"].tolist() == ["C1", "C2", "C1"]
    assert "wide_rows_merged" in codes(carriers)


def test_units_without_ids_are_named_after_carrier_and_room(request_: Request) -> None:
    headings = "载体编码 楼栋名称 地址 总建筑面积 室号 租赁面积 租户"
    rows = [
        ["C1", "甲", "路1", 1000, "301", 50, "A"],
        ["C1", "甲", "路1", 1000, "301", 60, "B"],
        ["C1", "甲", "路1", 1000, None, 70, "C"],
        ["C2", "乙", "路2", 500, "301", 80, "D"],
    ]
    carriers, units = parted(raw_of(headings, rows), request_)
    assert len(carriers.frame) == 2
    assert units.frame["单元编码"].tolist() == ["C1-301", "C1-301-2", "C1-3", "C2-301"]
    (issue,) = units.issues
    assert (issue.code, issue.value, issue.severity) == ("unit_ids_made", "C1-301", "warning")


def test_carriers_known_by_name_only(request_: Request) -> None:
    headings = "楼栋名称 地址 总建筑面积 单元编码 楼层 面积"
    rows = [
        ["甲", "路1", 1000, "U1", "1", 10],
        [None, None, None, "U2", "2", 20],
        ["乙", "路2", 500, "U3", "1", 30],
    ]
    carriers, units = parted(raw_of(headings, rows), request_)
    assert carriers.frame["楼栋名称"].tolist() == ["甲", "乙"]
    assert units.frame["载体编码"].tolist() == ["甲", "甲", "乙"]
    assert "楼栋名称" not in units.frame
    assert codes(units) == ["carrier_key_filled", "carrier_key_is_name"]


def test_a_code_of_either_is_the_units_if_every_row_has_its_own(request_: Request) -> None:
    headings = "编码 楼栋名称 地址 总建筑面积 楼层 租赁面积 租户"
    rows: list[list[Any]] = [
        ["a1", "甲", "路1", 9, "1", 5, "A"],
        ["a2", "甲", None, None, "2", 4, "B"],
    ]
    carriers, units = parted(raw_of(headings, rows), request_)
    assert units.frame["编码"].tolist() == ["a1", "a2"]
    assert "编码" not in carriers.frame
    rows[1][0] = "a1"
    carriers, units = parted(raw_of(headings, rows), request_)
    assert carriers.frame["编码"].tolist() == ["a1"]
    assert units.frame["载体编码"].tolist() == ["a1", "a1"]
    assert units.frame["单元编码"].tolist() == ["a1-1", "a1-2"]
    assert "编码" not in units.frame


def test_what_differs_within_a_carrier_is_the_units(request_: Request) -> None:
    headings = "载体编码 楼栋名称 地址 总建筑面积 单元编码 楼层 租金 数据时点"
    rows = [
        ["C1", "甲", "路1", 9, "U1", "1", 5.0, "2026-03-31"],
        ["C1", "甲", "路1", 9, "U2", "2", 4.5, "2026-03-31"],
    ]
    carriers, units = parted(raw_of(headings, rows), request_)
    assert units.frame["租金"].tolist() == [5.0, 4.5]
    assert "租金" not in carriers.frame
    assert carriers.frame["数据时点"].tolist() == ["2026-03-31"]
    assert units.frame["数据时点"].tolist() == ["2026-03-31"] * 2


def test_rows_above_the_first_carrier_stay_units_without_one(request_: Request) -> None:
    rows = [[None] * 6 + ["U0", "1", 5, "空置", None, None], *ROWS]
    carriers, units = parted(raw_of(HEADINGS, rows), request_)
    assert units.frame["载体编码"].tolist()[:2] == [None, "C1"]
    assert carriers.rows.tolist() == [2, 5]


@pytest.mark.parametrize(
    ("headings", "rows"),
    [
        # A list of carriers, even with one column of units and a gap in the ids.
        ("载体编码 楼栋名称 地址 总建筑面积 状态", [["C1", "甲", "路", 1, "x"], [None] * 5]),
        ("载体编码 楼栋名称 地址 总建筑面积", [["C1", "甲", "路", 1], ["C1", "甲", "路", 1]]),
        # A list of units that names its carriers for the reader.
        ("单元编码 载体编码 楼栋名称 楼层 面积", [["U1", "C1", "甲", "1", 5]] * 2),
        ("单元编码 载体编码 楼栋名称 地址 楼层", [["U1", "C1", "甲", "路", "1"]] * 2),
        # Every row another carrier, and no unit has an id.
        (
            "载体编码 楼栋名称 地址 总建筑面积 楼层 租户",
            [["C1", "甲", "路", 1, "1", "A"], ["C2", "乙", "路", 1, "2", "B"]],
        ),
        ("甲 乙", [[1, 2]]),
    ],
)
def test_other_tables_are_left_alone(request_: Request, headings: str, rows: Any) -> None:
    raw = raw_of(headings, rows)
    assert not is_wide(raw, CARRIERS, UNITS)
    assert split_wide(raw, CARRIERS, UNITS, request_) is None


def test_a_file_with_shapes_is_no_wide_table() -> None:
    assert not is_wide(raw_of(HEADINGS, ROWS, shapes=True), CARRIERS, UNITS)


def test_earlier_findings_go_to_the_layer_they_are_about(request_: Request) -> None:
    raw = raw_of(HEADINGS, ROWS)
    earlier = (
        request_.issue("encoding_assumed", encoding="GB18030"),
        request_.issue("formula_without_result", 2, "面积", cell="I3"),
        request_.issue("formula_without_result", 1, "地址", cell="C2"),
        request_.issue("too_few_cells", 3, cells=1, columns=2),
    )
    carriers, units = parted(Raw(raw.frame, raw.rows, earlier), request_)
    assert codes(carriers)[:2] == ["encoding_assumed", "formula_without_result"]
    assert carriers.issues[1].field == "地址"
    assert [(i.code, i.row, i.field) for i in units.issues][:2] == [
        ("formula_without_result", 2, "面积"),
        ("too_few_cells", 3, ""),
    ]


# --- a heading that both layers know ----------------------------------------

AMBIGUOUS = "载体编码 楼栋名称 地址 总建筑面积 单元编码 楼层 面积 入驻企业"


def _each_with_one(*cells: Any) -> list[list[Any]]:
    """Return a building with one unit a cell, so that nothing varies within one."""
    return [
        [f"C{i}", f"{i}号楼", f"路{i}号", 900, f"U{i}", "1", 50, cell]
        for i, cell in enumerate(cells)
    ]


@pytest.mark.parametrize(
    ("cells", "whose"),
    [
        (("某甲公司", "某乙公司", None), "units"),
        (("某甲公司", None, None), "units"),
        (("3", "12家", 5), "carriers"),
        # One slip makes no column of names, and a number no column of counts.
        (("3", "12", "约十几家企业"), "carriers"),
        (("某甲公司", "某乙公司", 360), "units"),
    ],
)
def test_a_heading_that_both_know_goes_by_what_stands_in_the_cells(
    request_: Request, cells: tuple[Any, ...], whose: str
) -> None:
    carriers, units = parted(raw_of(AMBIGUOUS, _each_with_one(*cells)), request_)
    there = {"carriers": "入驻企业" in carriers.frame, "units": "入驻企业" in units.frame}
    assert there == {"carriers": whose == "carriers", "units": whose == "units"}
    half = carriers if whose == "carriers" else units
    assert half.frame["入驻企业"].tolist() == list(cells)


def test_numbers_that_vary_within_a_building_are_no_count_of_it(request_: Request) -> None:
    rows = [
        ["C1", "甲楼", "路1号", 900, "U1", "1", 50, "360"],
        ["C1", "甲楼", "路1号", 900, "U2", "2", 50, "58"],
    ]
    carriers, units = parted(raw_of(AMBIGUOUS, rows), request_)
    assert "入驻企业" not in carriers.frame
    assert units.frame["入驻企业"].tolist() == ["360", "58"]


@pytest.mark.parametrize("turned", [False, True])
def test_a_count_beside_the_names_stays_the_buildings(request_: Request, turned: bool) -> None:
    names = ["入驻企业", "入驻企业数"]
    rows = [[*row[:-1], *(["某公司", 7][:: -1 if turned else 1])] for row in _each_with_one(1, 2)]
    head = [*AMBIGUOUS.split()[:-1], *(names[:: -1 if turned else 1])]
    carriers, units = parted(raw_of(" ".join(head), rows), request_)
    assert carriers.frame["入驻企业数"].tolist() == [7, 7]
    assert "入驻企业" not in carriers.frame
    assert units.frame["入驻企业"].tolist() == ["某公司"] * 2
    assert "入驻企业数" not in units.frame


def test_names_of_tenants_alone_can_tell_that_rows_are_units(request_: Request) -> None:
    headings = "载体编码 楼栋名称 地址 总建筑面积 租赁面积 入驻企业"
    rows = [["C1", "甲楼", "路1号", 900, 50, "某甲公司"], ["C1", None, None, None, 60, "某乙公司"]]
    _, units = parted(raw_of(headings, rows), request_)
    assert units.frame["入驻企业"].tolist() == ["某甲公司", "某乙公司"]


def test_a_formula_without_result_makes_a_row_a_unit_and_is_told(request_: Request) -> None:
    rows = [row[:] for row in ROWS]
    rows[1] = [None] * len(rows[1])
    raw = raw_of(HEADINGS, rows)
    pending = request_.issue("formula_without_result", 2, "面积", cell="I3")
    _, units = parted(Raw(raw.frame, raw.rows, (pending,)), request_)
    assert units.rows.tolist() == [1, 2, 3, 4]
    assert (units.issues[0].code, units.issues[0].row) == ("formula_without_result", 2)
