"""Tables whose headings are hard to find, and lines that are no records."""

from __future__ import annotations

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
from tests.corpus.makers import xlsx

_AREAS = [*PLAIN, "用地面积", "建筑面积"]
_ROWS = [row(1, 1000, 200), row(2, 500, 0)]
_READ = {
    "X01": {"site_area_m2": 1000.0, "floor_area_m2": 200.0},
    "X02": {"site_area_m2": 500.0, "floor_area_m2": 0.0},
}
_LOST = ("columns_dropped", "missing_column", "total_row")

CASES = (
    Park(
        name="title rows",
        make=xlsx(
            ["杨浦区载体台账（2026年第三季度）"],
            ["填报单位：杨浦区科委", None, None, "填报日期：2026-09-30"],
            _AREAS,
            *_ROWS,
            merged=["A1:F1"],
        ),
        accepted=2,
        lacks=_LOST,
        cells=_READ,
        places={"X01": spot(1), "X02": spot(2)},
    ),
    Park(
        name="two rows of headings with merged cells",
        make=xlsx(
            ["编码", "名称", "坐标", None, "面积(㎡)", None],
            [None, None, "经度", "纬度", "用地", "建筑"],
            *_ROWS,
            merged=["A1:A2", "B1:B2", "C1:D1", "E1:F1"],
        ),
        accepted=2,
        lacks=_LOST,
        cells=_READ,
        places={"X02": spot(2)},
    ),
    Park(
        name="two rows of headings in a CSV",
        make=csv(
            ["编码", "名称", "坐标", "", "面积(㎡)", ""],
            ["", "", "经度", "纬度", "用地", "建筑"],
            *_ROWS,
        ),
        accepted=2,
        lacks=_LOST,
        cells=_READ,
    ),
    Case(
        name="merged cells among the records",
        make=xlsx(
            [*HEAD, "所属园区", "可租面积"],
            row(1, "新联地带", 900),
            row(2, None, None),
            row(3, "新联地带", 100),
            merged=["E2:E3", "F2:F3"],
        ),
        accepted=3,
        has=("merged_filled", "merged_amount", "reference_by_name"),
        cells={
            "X01": {"park_id": "F55", "rentable_area_m2": 900.0},
            "X02": {"park_id": "F55", "rentable_area_m2": None},
            "X03": {"rentable_area_m2": 100.0},
        },
    ),
    Case(
        name="row of units below the headings",
        make=csv([*HEAD, "土地面积", "税收总额"], ["", "", "", "", "亩", "元"], row(1, 3, 4271000)),
        accepted=1,
        has=("unit_converted", "numbering_row_skipped"),
        cells={"X01": {"land_area_m2": 2000.0, "tax_wan": 427.1}},
    ),
    Park(
        name="row of column numbers",
        make=csv(_AREAS, ["甲", "乙", 1, 2, 3, 4], *_ROWS),
        accepted=2,
        has=("numbering_row_skipped",),
        lacks=_LOST,
        cells=_READ,
    ),
    Park(
        name="subtotal, total and remark",
        make=csv(
            _AREAS,
            _ROWS[0],
            ["", "小计", "", "", 1000, 200],
            _ROWS[1],
            ["合计", "", "", "", 1500, 200],
            ["备注：数据截至九月底。", "", "", "", "", ""],
        ),
        accepted=2,
        dropped=3,
        has=("total_row_dropped", "remark_row_dropped"),
        lacks=("total_row", "required"),
        cells=_READ,
    ),
    Park(
        name="total over merged cells",
        make=xlsx(_AREAS, *_ROWS, ["合 计", None, None, None, 1500, 200], merged=["A4:D4"]),
        accepted=2,
        dropped=1,
        has=("total_row_dropped",),
    ),
    Park(
        name="signatures below the table",
        make=csv(
            _AREAS,
            *_ROWS,
            ["填表人：张三", "审核：李四", "联系电话：021-6500", "", "", ""],
            ["单位负责人：", "", "", "", "", ""],
        ),
        accepted=2,
        dropped=2,
        has=("remark_row_dropped",),
        lacks=("required", "not_degrees", "not_a_number"),
    ),
    Park(
        name="headings repeated on every page",
        make=csv(_AREAS, _ROWS[0], _AREAS, _ROWS[1]),
        accepted=2,
        dropped=1,
        has=("heading_row_dropped",),
        cells=_READ,
    ),
    Park(
        name="titles of groups among the records",
        make=csv(
            _AREAS,
            ["一、大学科技园", *[""] * 5],
            _ROWS[0],
            ["二、特色园区", *[""] * 5],
            _ROWS[1],
        ),
        accepted=2,
        dropped=2,
        has=("section_row_dropped",),
        cells=_READ,
    ),
    Gate(
        name="prepared rows with a running number only",
        make=csv(
            ["序号", *PLAIN],
            [1, *row(1)],
            [2, *row(2)],
            [3, "", "", "", ""],
            [4, "-", "-", "-", "-"],
        ),
        accepted=2,
        dropped=2,
        has=("empty_rows_dropped", "columns_dropped"),
    ),
    Gate(
        name="blank rows and columns around the table",
        make=xlsx([], [], [None, *PLAIN], [], [None, *row(1)], [], [None, *row(2)]),
        accepted=2,
        lacks=("empty_rows_dropped",),
    ),
    Park(
        name="blanks and stars in headings",
        make=csv(["编 码*", " 名称 ", "经　度", "纬度（°）"], row(1), row(2)),
        accepted=2,
        lacks=("columns_dropped",),
        places={"X01": spot(1)},
    ),
    Case(
        name="one sheet of several",
        make=xlsx(
            HEAD,
            row(1),
            row(2),
            sheet="载体",
            more={
                "填报说明": [["请逐栋填写"], ["面积单位为平方米"]],
                "房源": [["单元编码", "载体编码", "面积"], ["U1", "X01", 30]],
            },
        ),
        accepted=2,
        has=("sheet_chosen",),
    ),
    Gate(
        name="the sheet that is asked for",
        make=xlsx(
            PLAIN, *column(), row(3), sheet="三季度", more={"二季度": [PLAIN, row(1), row(2)]}
        ),
        choices=Choices(part="二季度"),
        accepted=2,
        lacks=("sheet_chosen",),
        places={"X01": spot(1), "X02": spot(2)},
    ),
    Park(
        name="a sheet that is not there",
        make=xlsx(PLAIN, row(1)),
        choices=Choices(part="四季度"),
        refused="没有名为“四季度”的数据表",
    ),
    Park(name="headings and no rows", make=csv(PLAIN), has=("no_rows",)),
    Case(
        name="headings of something else",
        make=csv(["姓名", "工号"], ["张三", 7]),
        refused="表头中没有图层“载体”的任何字段",
    ),
    Case(
        name="headings that only the planner understands",
        make=csv(["楼号", "叫法", "经度", "纬度"], row(1), row(2)),
        choices=Choices(mapping={"楼号": "carrier_id", "叫法": "name"}),
        accepted=2,
        cells={"X02": {"name": NAMES[1]}},
    ),
    Case(
        name="a column left out by the planner",
        make=csv([*HEAD, "税收"], *column("三百多万")),
        choices=Choices(mapping={"税收": ""}),
        accepted=1,
        has=("columns_dropped",),
        lacks=("not_a_number",),
        cells={"X01": {"tax_wan": None}},
    ),
    Case(
        name="a mapping to a field that is not there",
        make=csv(HEAD, row(1)),
        choices=Choices(mapping={"楼栋名称": "building"}),
        refused="对应关系中的字段“building”不存在",
    ),
    Case(
        name="two columns of one field",
        make=csv([*HEAD, "总建筑面积", "建筑面积"], row(1, 800, 700)),
        accepted=1,
        has=("column_not_used",),
        cells={"X01": {"gross_area_m2": 800.0}},
    ),
    Case(
        name="no column of ids",
        make=csv(
            HEAD[1:],
            ["国正中心", 121.501414, 31.311026],
            [NAMES[3], *spot(4)],
        ),
        accepted=2,
        has=("id_matched", "id_generated"),
        cells={"F04": {"name": "国正中心"}, NAMES[3]: {"sample": None}},
    ),
    Park(
        name="some ids are missing",
        make=csv(PLAIN, row(1), ["", *row(2)[1:]]),
        accepted=1,
        rejected=1,
        has=("required",),
        lacks=("id_generated",),
    ),
)
