"""Tables whose cells are written as people write them."""

from __future__ import annotations

import datetime as dt
from typing import Any

from layers.intake import Choices
from tests.corpus.case import HEAD
from tests.corpus.case import NAMES
from tests.corpus.case import PLAIN
from tests.corpus.case import Case
from tests.corpus.case import Gate
from tests.corpus.case import Park
from tests.corpus.case import column
from tests.corpus.case import row
from tests.corpus.case import spot
from tests.corpus.makers import csv
from tests.corpus.makers import data
from tests.corpus.makers import lines
from tests.corpus.makers import xlsx

_ZERO = dt.date(1899, 12, 30)


def _read(field: str, *values: Any) -> dict[str, dict[str, Any]]:
    return {f"X{number:02d}": {field: value} for number, value in enumerate(values, start=1)}


def _quoted(*values: str) -> list[str]:
    return [f'"{value}"' for value in values]


def _day(year: int, month: int, day: int) -> int:
    """Return what a spreadsheet counts for a day."""
    return (dt.date(year, month, day) - _ZERO).days


CASES = (
    Park(
        name="numbers in full width, with thousands and about",
        make=csv(
            [*PLAIN, "总建筑面积"],
            *column(
                *("１２３４．５", '"12,345.6"', "约3000", "1 200", "1.2万㎡", "3500平方米左右"),
                "2e3",
            ),
        ),
        accepted=7,
        has=("approximate", "number_spelled", "unit_in_cell"),
        lacks=("not_a_number",),
        cells=_read("floor_area_m2", 1234.5, 12345.6, 3000.0, 1200.0, 12000.0, 3500.0, 2000.0),
    ),
    Park(
        name="strokes and words for nothing",
        make=csv([*PLAIN, "用地面积"], *column("-", "/", "无", "—", "N/A", "暂无", 0)),
        accepted=7,
        has=("placeholder_emptied",),
        lacks=("not_a_number",),
        cells=_read("site_area_m2", None, None, None, None, None, None, 0.0),
    ),
    Park(
        name="words that are no number",
        make=csv([*PLAIN, "总建筑面积"], *column("一千多", "1000-1200", "1000以上", 900)),
        accepted=1,
        rejected=3,
        has=("not_a_number",),
        cells={"X04": {"floor_area_m2": 900.0}},
    ),
    Case(
        name="withheld and not applicable",
        make=csv([*HEAD, "税收总额(万元)"], *column("保密", "不适用", "12.5")),
        accepted=3,
        has=("value_withheld", "not_applicable"),
        cells=_read("tax_wan", None, None, 12.5),
    ),
    Case(
        name="Chinese numerals and counters",
        make=csv([*HEAD, "层数"], *column("十二层", "二十", "6层", "8")),
        accepted=4,
        has=("chinese_numeral", "unit_in_cell"),
        cells=_read("floors", 12, 20, 6, 8),
    ),
    Case(
        name="out of range",
        make=csv([*HEAD, "层数"], *column(250, -1, 200)),
        accepted=1,
        rejected=2,
        has=("out_of_range",),
        cells={"X03": {"floors": 200}},
    ),
    Case(
        name="half a storey",
        make=csv([*HEAD, "层数"], *column(5.5, 5.0)),
        accepted=1,
        rejected=1,
        has=("not_an_integer",),
    ),
    Case(
        name="yuan where ten thousand are kept",
        make=csv([*HEAD, "税收总额(元)"], *column(4271000, 0)),
        accepted=2,
        has=("unit_converted",),
        cells=_read("tax_wan", 427.1, 0.0),
    ),
    Park(
        name="mu and hectares",
        make=csv([*PLAIN, "土地面积(亩)", "总建筑面积（公顷）"], row(1, 3, 1.5)),
        accepted=1,
        has=("unit_converted",),
        cells={"X01": {"site_area_m2": 2000.0, "floor_area_m2": 15000.0}},
    ),
    Case(
        name="rent by the month",
        make=csv([*HEAD, "租金(元/㎡/月)"], *column(109.5)),
        accepted=1,
        has=("unit_converted",),
        cells={"X01": {"rent_yuan_m2_day": 3.6}},
    ),
    Case(
        name="the planner says the unit",
        make=csv([*HEAD, "税收"], *column(4271000)),
        choices=Choices(units={"tax_wan": "元"}),
        accepted=1,
        has=("unit_converted",),
        cells={"X01": {"tax_wan": 427.1}},
    ),
    Case(
        name="a unit that cannot be",
        make=csv([*HEAD, "税收"], *column(4271000)),
        choices=Choices(units={"tax_wan": "亩"}),
        refused="不能换算成 万元",
    ),
    Case(
        name="a unit that nobody knows",
        make=csv([*HEAD, "土地面积(平方尺)"], *column(900)),
        accepted=1,
        has=("unit_unknown",),
        cells={"X01": {"land_area_m2": 900.0}},
    ),
    Case(
        name="a unit in the title",
        make=csv(["载体台账（单位：万元）", "", "", "", ""], [*HEAD, "税收总额"], *column(12)),
        accepted=1,
        has=("unit_in_title",),
        cells={"X01": {"tax_wan": 12.0}},
    ),
    Park(
        name="serial numbers of a spreadsheet",
        make=xlsx([*PLAIN, "数据时点"], *column(_day(2026, 3, 31), _day(2024, 2, 29))),
        accepted=2,
        has=("serial_date",),
        cells=_read("data_date", dt.date(2026, 3, 31), dt.date(2024, 2, 29)),
    ),
    Park(
        name="dates in every spelling",
        make=csv(
            [*PLAIN, "数据时点"],
            *column("2026年3月31日", "2026.3.31", "20260331", "2026/3/31", "2026-3-31 0:00"),
        ),
        accepted=5,
        has=("date_read",),
        cells=_read("data_date", *[dt.date(2026, 3, 31)] * 5),
    ),
    Park(
        name="dates that are none",
        make=csv([*PLAIN, "数据时点"], *column("26.3.31", "2026-02-30", "三月底", "2026-03-31")),
        accepted=1,
        rejected=3,
        has=("not_a_date",),
    ),
    Case(
        name="months in every spelling",
        make=csv(
            [*HEAD, "空置起始"], *column("2024.3", "2024年3月", "2024/03", "202403", "2024.10")
        ),
        accepted=5,
        has=("month_read",),
        lacks=("month_one_digit",),
        cells=_read("vacant_since", "2024-03", "2024-03", "2024-03", "2024-03", "2024-10"),
    ),
    Case(
        name="January or October",
        make=csv([*HEAD, "空置起始"], *column("2024.1", "2024.3")),
        accepted=2,
        has=("month_one_digit",),
        cells=_read("vacant_since", "2024-01", "2024-03"),
    ),
    Case(
        name="a number that is January or October",
        make=xlsx([*HEAD, "空置起始"], *column(2024.1, 2024.3)),
        accepted=1,
        rejected=1,
        has=("month_ambiguous", "not_a_month"),
        cells={"X02": {"vacant_since": "2024-03"}},
    ),
    Park(
        name="contracts without end",
        make=csv([*PLAIN, "运营合同到期"], *column("长期", "2030年12月31日")),
        accepted=2,
        has=("open_ended",),
        cells=_read("operator_contract_end", None, dt.date(2030, 12, 31)),
    ),
    Case(
        name="allowed values in other words",
        make=csv(
            [*HEAD, "载体类别", "产权性质"],
            row(1, "写字楼", "国企"),
            row(2, "国家大学科技园", "高校产权"),
            row(3, "众创空间", "民企"),
            row(4, "business", "外资"),
        ),
        accepted=4,
        has=("choice_read",),
        cells={
            "X01": {"carrier_class": "business", "tenure": "state"},
            "X02": {"carrier_class": "university", "tenure": "university"},
            "X03": {"carrier_class": "incubator", "tenure": "private"},
            "X04": {"carrier_class": "business", "tenure": "foreign"},
        },
    ),
    Case(
        name="values that are not allowed",
        make=csv([*HEAD, "载体类别"], *column("仓库", "其他")),
        accepted=1,
        rejected=1,
        has=("not_a_choice",),
        cells={"X02": {"carrier_class": "other"}},
    ),
    Case(
        name="yes and no",
        make=csv([*HEAD, "是否保护建筑"], *column("是", "√", "✓", "未", "×", "否", "保护建筑")),
        accepted=7,
        has=("boolean_read",),
        cells=_read("protected", True, True, True, False, False, False, True),  # noqa: FBT003
    ),
    Case(
        name="neither yes nor no",
        make=csv([*HEAD, "是否保护建筑"], *column("部分", "是")),
        accepted=1,
        rejected=1,
        has=("not_a_boolean",),
    ),
    Gate(
        name="degrees, minutes and seconds",
        make=csv(
            PLAIN,
            ["X01", NAMES[0], "121°30′20″", "31°17′56.5″"],
            ["X02", NAMES[1], "东经121度31分12秒", "北纬31度17分24秒"],
            ["X03", NAMES[2], *spot(3)],
        ),
        accepted=3,
        has=("degrees_read",),
        places={
            "X01": (121 + 30 / 60 + 20 / 3600, 31 + 17 / 60 + 56.5 / 3600),
            "X02": (121.52, 31.29),
        },
    ),
    Gate(
        name="minutes above sixty",
        make=csv(PLAIN, ["X01", NAMES[0], "121°75′20″", "31°17′56″"], row(2)),
        accepted=1,
        rejected=1,
        has=("not_degrees",),
    ),
    Gate(
        name="both coordinates in one cell",
        make=csv(
            ["编码", "名称", "经纬度"],
            ["X01", NAMES[0], '"121.5211,31.2900"'],
            ["X02", NAMES[1], "121.5222 31.2900"],
            ["X03", NAMES[2], "北纬31.2900 东经121.5233"],
            ["X04", NAMES[3], "暂无"],
        ),
        accepted=4,
        has=("degrees_read", "latitude_first", "coordinate_unknown"),
        places={"X01": spot(1), "X02": spot(2), "X03": spot(3)},
    ),
    Gate(
        name="half of a coordinate",
        make=csv(PLAIN, ["X01", NAMES[0], 121.5211, ""], ["X02", NAMES[1], "", ""], row(3)),
        accepted=2,
        rejected=1,
        has=("half_coordinate",),
    ),
    Gate(
        name="one id twice",
        make=csv(PLAIN, row(1), row(2), ["X01", NAMES[2], *spot(3)]),
        accepted=2,
        rejected=1,
        has=("duplicate",),
        cells={"X01": {"name": NAMES[0]}},
    ),
    Case(
        name="parks that are not there",
        make=csv([*HEAD, "园区编码"], *column("ZZ99", "复旦软件园智惠新天地", "D04")),
        accepted=1,
        rejected=2,
        has=("unknown_reference", "reference_suggested"),
    ),
    Case(
        name="units of a building that is not there",
        layer="units",
        make=csv(
            ["单元编码", "载体编码", "面积(㎡)", "状态"],
            ["U1", "ZZ9", 30, "在租"],
            ["U2", "B01", 40, "空置"],
        ),
        accepted=1,
        rejected=1,
        has=("unknown_reference",),
        cells={"U2": {"state": "vacant", "floor_area_m2": 40.0}},
    ),
    Gate(
        name="a row that is too long and one that is too short",
        make=data(
            "台账.csv",
            lines([*PLAIN, "地址"], row(1, "国定路1号,2号楼"), row(2), row(3, "国定路")).encode(),
        ),
        accepted=2,
        rejected=1,
        has=("too_many_cells", "too_few_cells"),
    ),
    Case(
        name="a quote that is never closed",
        make=csv(HEAD, ["X01", '"云杉', *spot(1)], row(2)),
        refused="引号不成对",
    ),
    Gate(
        name="line ends and marks within quotes",
        make=csv([*PLAIN, "地址"], *column(*_quoted("国定路1号\n2号楼", "国定路3号,4号"))),
        accepted=2,
        cells=_read("address", "国定路1号\n2号楼", "国定路3号,4号"),
    ),
    Park(
        name="formulas without result",
        make=xlsx([*PLAIN, "总建筑面积"], row(1, "=600+300"), row(2, 900)),
        accepted=1,
        rejected=1,
        has=("formula_without_result",),
    ),
    Park(
        name="errors of a spreadsheet",
        make=xlsx([*PLAIN, "总建筑面积"], *column("#DIV/0!", 900)),
        accepted=2,
        has=("cell_error",),
        cells=_read("floor_area_m2", None, 900.0),
    ),
)
