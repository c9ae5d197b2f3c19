from __future__ import annotations

import string
from typing import TYPE_CHECKING
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from pyproj import Geod

from layers.contract import check_references
from layers.contract import conform
from layers.findings import finding
from layers.wording import FINDINGS

if TYPE_CHECKING:
    from layers.catalogue import Catalogue
    from layers.contract import Checked

HERE = shapely.Point(121.5, 31.3)
AREAS = {
    "rentable_area_m2": "1000",
    "own_use_area_m2": "100",
    "leased_area_m2": "500",
    "locked_area_m2": "100",
    "vacant_area_m2": "300",
}


def carriers(catalogue: Catalogue, rows: list[dict[str, Any]], **options: Any) -> Checked:
    checked = conform(pd.DataFrame(rows, dtype=object), catalogue.layer("carriers"), **options)
    assert len(checked.accepted) + len(checked.rejected) == len(rows)
    return checked


def codes(checked: Checked) -> list[str]:
    return [issue.code for issue in checked.issues]


def test_types_come_from_the_catalogue_even_without_values(small: Catalogue) -> None:
    accepted = carriers(small, [{"carrier_id": "C1"}]).accepted
    kinds = {name: str(accepted[name].dtype) for name in accepted.columns}
    assert kinds["name"] == "str"
    assert kinds["vacant_since"] == "str"
    assert kinds["tenants"] == "Int64"
    assert kinds["gross_area_m2"] == "float64"
    assert kinds["protected"] == "boolean"
    assert kinds["data_date"] == "datetime64[s]"
    assert kinds["geometry"] == "geometry"
    assert accepted.crs == "EPSG:4490"
    assert tuple(accepted.columns) == (*small.layer("carriers").field_names, "geometry")
    assert np.isnan(accepted["gross_area_m2"][0])


def test_a_letter_in_a_number_rejects_the_row_and_says_why(small: Catalogue) -> None:
    rows = [
        {"carrier_id": "C1", "gross_area_m2": "1,200"},
        {"carrier_id": "C2", "gross_area_m2": "12oo"},
        {"carrier_id": "C3", "gross_area_m2": ""},
    ]
    checked = carriers(small, rows, file="台账.csv")
    assert checked.accepted["carrier_id"].tolist() == ["C1", "C3"]
    assert checked.accepted["gross_area_m2"][0] == 1200
    (issue,) = checked.issues
    assert (issue.code, issue.row, issue.field) == ("not_a_number", 2, "gross_area_m2")
    assert issue.severity == "error"
    line = issue.line("zh")
    assert all(part in line for part in ("台账.csv", "第 2 行", "gross_area_m2", "12oo", "数字"))
    assert checked.rejected["gross_area_m2"].tolist() == ["12oo"]
    assert checked.rejected["_row"].tolist() == [2]
    assert "12oo" in checked.rejected["_reason_zh"][0]
    assert "not a number" in checked.rejected["_reason_en"][0]


@pytest.mark.parametrize(
    "label", ["合计", "总计", " 小 计 ", "总 计", "总\u3000计", "Total", "SUBTOTAL"]
)
def test_a_row_of_totals_is_no_record(small: Catalogue, label: str) -> None:
    rows = [
        {"carrier_id": "C1", "name": "甲", "tenants": 3},
        {"carrier_id": label, "tenants": 3},
        {"carrier_id": "C9", "name": label, "tenants": 3},
        {"carrier_id": " ", "park_id": label, "tenants": 3},
        {"carrier_id": "C2", "name": f"{label}大厦", "park_id": "Total", "tenants": 4},
    ]
    checked = carriers(small, rows)
    assert checked.accepted["carrier_id"].tolist() == ["C1", "C2"]
    assert checked.accepted["tenants"].sum() == 7
    found = [i for i in checked.issues if i.code == "total_row"]
    assert [(i.row, i.field, i.severity) for i in found] == [
        (2, "carrier_id", "error"),
        (3, "name", "error"),
        (4, "park_id", "error"),
    ]
    assert "汇总行不是记录" in found[0].remedy.zh
    assert checked.rejected["_reason_zh"].str.contains("汇总行").all()


def test_two_rows_with_one_id_name_both_rows(small: Catalogue) -> None:
    rows = [{"carrier_id": "C1", "name": "先"}, {"carrier_id": "C2"}, {"carrier_id": " C1 "}]
    numbers = pd.Series([4, 5, 9])
    checked = carriers(small, rows, row_numbers=numbers)
    assert checked.accepted["name"][0] == "先"
    (issue,) = checked.issues
    assert issue.code == "duplicate"
    assert issue.row == 9
    assert "第 4 行" in issue.message.zh
    assert "第 9 行" in issue.message.zh


def test_the_first_row_keeps_its_id_even_if_it_is_rejected(small: Catalogue) -> None:
    rows = [
        {"carrier_id": "C1", "tenants": "x"},
        {"carrier_id": "C1", "tenants": "3"},
        {"carrier_id": "C2", "tenants": "4"},
        {"carrier_id": "C1", "tenants": "y"},
    ]
    checked = carriers(small, rows)
    assert checked.accepted["carrier_id"].tolist() == ["C2"]
    by_row = dict(zip(checked.rejected["_row"], checked.rejected["_code"], strict=True))
    assert by_row == {1: "not_a_number", 2: "duplicate", 4: "not_a_number, duplicate"}
    doubles = [issue for issue in checked.issues if issue.code == "duplicate"]
    assert [issue.row for issue in doubles] == [2, 4]
    for issue in doubles:
        assert "第 1 行因其他问题也未收入" in issue.message.zh
        assert "保留第 1 行" not in issue.message.zh


def test_rows_of_totals_are_no_doubles_of_each_other(small: Catalogue) -> None:
    rows = [{"carrier_id": "小计"}, {"carrier_id": "C1"}, {"carrier_id": "小计"}]
    checked = carriers(small, rows)
    assert codes(checked) == ["total_row", "total_row"]


@pytest.mark.parametrize("count", [2, 3])
def test_of_rows_that_say_the_same_the_first_is_kept(small: Catalogue, count: int) -> None:
    checked = carriers(small, [{"carrier_id": "C1", "tenants": 3}] * count)
    assert checked.accepted["tenants"].tolist() == [3]
    assert checked.rejected["_row"].tolist() == [*range(2, count + 1)]
    assert all("保留第 1 行" in issue.message.zh for issue in checked.issues)


def test_required_and_missing_columns(small: Catalogue) -> None:
    checked = carriers(small, [{"carrier_id": None, "name": "无编码"}, {"carrier_id": "C1"}])
    assert codes(checked) == ["required"]
    assert checked.rejected["name"].tolist() == ["无编码"]
    none = carriers(small, [{"name": "甲"}, {"name": "乙"}])
    assert codes(none) == ["missing_column"]
    assert len(none.rejected) == 2
    assert none.rejected["_reason_zh"].str.contains("载体编码").all()


def test_ranges_are_closed(small: Catalogue) -> None:
    rows = [
        {"carrier_id": str(i), "gross_area_m2": v}
        for i, v in enumerate((0, 1e6, -0.001, 1_000_000.1))
    ]
    checked = carriers(small, rows)
    assert checked.accepted["carrier_id"].tolist() == ["0", "1"]
    assert codes(checked) == ["out_of_range", "out_of_range"]
    assert "0 至 1e+06" in checked.issues[0].message.zh


def test_a_range_with_one_end_is_told_as_people_say_it(small: Catalogue) -> None:
    (issue,) = carriers(small, [{"carrier_id": "C1", "tenants": -1}]).issues
    assert "不小于 0" in issue.message.zh
    assert "at least 0" in issue.message.en
    assert "∞" not in issue.message.zh + issue.message.en


def test_a_row_with_two_faults_is_rejected_once_with_both_reasons(small: Catalogue) -> None:
    checked = carriers(small, [{"carrier_id": "C1", "tenants": "x", "gross_area_m2": "-5"}])
    assert len(checked.rejected) == 1
    assert "x" in checked.rejected["_reason_zh"][0]
    assert "-5" in checked.rejected["_reason_zh"][0]


def test_unknown_columns_are_named_and_dropped(small: Catalogue) -> None:
    checked = carriers(small, [{"carrier_id": "C1", "备注": "x", "data_mark": "示例数据"}])
    (issue,) = checked.issues
    assert (issue.code, issue.severity) == ("columns_dropped", "info")
    assert issue.message.zh.endswith("备注")
    assert "备注" not in checked.accepted


def test_choices_take_value_or_title(small: Catalogue) -> None:
    frame = pd.DataFrame(
        {
            "park_id": ["A", "B", "C", "D"],
            "name": ["a", "b", "c", "d"],
            "park_class": ["university", "商务园区", "其他", None],
        }
    )
    checked = conform(frame, small.layer("parks"))
    assert checked.accepted["park_class"].fillna("?").tolist() == ["university", "business", "?"]
    assert "大学科技园" in checked.issues[0].remedy.zh


@pytest.mark.parametrize(
    ("change", "closes"),
    [
        ({}, True),
        ({"vacant_area_m2": "309"}, True),
        ({"vacant_area_m2": "311"}, False),
        ({"vacant_area_m2": "289"}, False),
        ({"locked_area_m2": ""}, True),
        (dict.fromkeys(AREAS, "0"), True),
        ({"rentable_area_m2": "0"}, False),
    ],
)
def test_areas_close_within_one_percent(
    small: Catalogue, change: dict[str, str], closes: bool
) -> None:
    checked = carriers(small, [{"carrier_id": "C1", **AREAS, **change}])
    assert len(checked.accepted) == 1
    assert codes(checked) == ([] if closes else ["areas_do_not_close"])


@pytest.mark.parametrize(
    ("areas", "expected"),
    [
        ({"rentable": "1000", "locked": "500", "vacant": "900"}, ["areas_exceed_total"]),
        ({"rentable": "1000", "vacant": "1800"}, ["areas_exceed_total"]),
        ({"rentable": "1000", "vacant": "1010"}, []),
        ({"rentable": "1000", "vacant": "1010.1"}, ["areas_exceed_total"]),
        ({"rentable": "1000", "vacant": "10"}, []),
        ({"rentable": "0", "vacant": "10"}, ["areas_exceed_total"]),
        ({"vacant": "10", "leased": "5"}, []),
        ({"rentable": "1000"}, []),
    ],
)
def test_known_areas_do_not_exceed_the_total_even_with_gaps(
    small: Catalogue, areas: dict[str, str], expected: list[str]
) -> None:
    row = {f"{name}_area_m2": value for name, value in areas.items()}
    checked = carriers(small, [{"carrier_id": "C1", **row}])
    assert len(checked.accepted) == 1
    assert codes(checked) == expected
    assert all(issue.severity == "warning" for issue in checked.issues)


def test_a_unit_of_an_unknown_carrier_is_rejected_and_the_rest_loads(small: Catalogue) -> None:
    tables = {"carriers": carriers(small, [{"carrier_id": "C1"}]).accepted}
    units = pd.DataFrame({"unit_id": ["U1", "U2", "U3"], "carrier_id": ["C1", "C9", None]})
    checked = conform(units, small.layer("units"), tables=tables)
    assert checked.accepted["unit_id"].tolist() == ["U1", "U3"]
    assert checked.rejected["carrier_id"].tolist() == ["C9"]
    assert "C9" in checked.rejected["_reason_en"][0]
    assert not isinstance(checked.accepted, gpd.GeoDataFrame)
    assert conform(units, small.layer("units"), tables={}).issues == ()


def test_references_of_a_whole_set(small: Catalogue) -> None:
    carrier = carriers(small, [{"carrier_id": "C1", "park_id": "P9"}]).accepted
    parks = conform(pd.DataFrame({"park_id": ["P1"], "name": ["甲"]}), small.layer("parks"))
    issues = check_references({"carriers": carrier, "parks": parks.accepted}, small)
    assert [(i.layer, i.row, i.field, i.value) for i in issues] == [
        ("carriers", 1, "park_id", "P9")
    ]
    assert check_references({"carriers": carrier, "parks": parks.accepted[:0]}, small) == []


def test_a_bow_tie_keeps_its_area(small: Catalogue) -> None:
    x, y, d = 121.5, 31.3, 0.001
    bow = shapely.Polygon([(x, y), (x + d, y + d), (x + d, y), (x, y + d)])
    checked = carriers(small, [{"carrier_id": "C1", "geometry": bow}])
    shape = checked.accepted.geometry[0]
    assert shape.is_valid
    # Two triangles between the diagonals: half the square.
    assert shape.area == pytest.approx(d * d / 2)
    (issue,) = checked.issues
    assert (issue.code, issue.severity) == ("geometry_repaired", "warning")
    triangles = [(x, y), (x + d / 2, y + d / 2), (x, y + d)]
    triangles_m2 = 2 * abs(Geod(ellps="GRS80").polygon_area_perimeter(*np.array(triangles).T)[0])
    assert f"{triangles_m2:,.1f} m²" in issue.message.en


@pytest.mark.parametrize(
    ("shape", "code"),
    [
        (shapely.Polygon([(121.5, 31.3), (121.6, 31.3), (121.7, 31.3)]), "nothing_left"),
        (shapely.LineString([(121.5, 31.3), (121.6, 31.3)]), "wrong_geometry"),
        (shapely.GeometryCollection([HERE, HERE.buffer(0.001)]), "wrong_geometry"),
        (shapely.Point(np.nan, 31.3), "not_finite"),
        (shapely.Point(np.inf, 31.3), "not_finite"),
        (shapely.Point(31.3, 121.5), "coordinates_swapped"),
        (shapely.Point(0.0, 0.0), "coordinates_out_of_range"),
        (shapely.Point(352000, 3464000), "coordinates_out_of_range"),
    ],
)
def test_wrong_geometries_are_rejected(small: Catalogue, shape: Any, code: str) -> None:
    rows = [{"carrier_id": "C1", "geometry": shape}, {"carrier_id": "C2", "geometry": HERE}]
    checked = carriers(small, rows)
    assert checked.accepted["carrier_id"].tolist() == ["C2"]
    assert codes(checked) == [code]
    assert checked.rejected["geometry"][0] == shape.wkt


def test_a_polygon_with_nan_among_its_corners_is_rejected(small: Catalogue) -> None:
    with np.errstate(invalid="ignore"):
        shape = shapely.Polygon([(121.5, 31.3), (np.nan, 31.4), (121.6, 31.3)])
    checked = carriers(small, [{"carrier_id": "C1", "geometry": shape}])
    assert codes(checked) == ["not_finite"]


def test_no_place_is_no_fault(small: Catalogue) -> None:
    rows: list[dict[str, Any]] = [
        {"carrier_id": "C1", "geometry": None},
        {"carrier_id": "C2", "geometry": shapely.Point()},
        {"carrier_id": "C3", "geometry": shapely.Polygon()},
    ]
    checked = carriers(small, rows)
    assert codes(checked) == ["empty_geometry"]
    assert [issue.severity for issue in checked.issues] == ["info"]
    assert checked.accepted.geometry.isna().all()


def test_heights_are_dropped_and_said(small: Catalogue) -> None:
    checked = carriers(small, [{"carrier_id": "C1", "geometry": shapely.Point(121.5, 31.3, 7)}])
    assert not checked.accepted.geometry.has_z.any()
    assert codes(checked) == ["height_dropped"]


def test_another_crs_is_transformed(small: Catalogue) -> None:
    frame = gpd.GeoDataFrame({"carrier_id": ["C1"]}, geometry=[HERE], crs="EPSG:4326")
    moved = conform(frame.to_crs("EPSG:4549"), small.layer("carriers")).accepted
    assert moved.geometry[0].distance(HERE) < 1e-9


def test_an_empty_frame_is_accepted(small: Catalogue) -> None:
    checked = carriers(small, [])
    assert len(checked.accepted) == 0
    assert checked.issues == ()


def test_every_finding_has_the_same_places_in_both_languages() -> None:
    for code, known in FINDINGS.items():
        for text in (known.message, known.remedy):
            places = [
                {name for _, name, _, _ in string.Formatter().parse(t) if name}
                for t in (text.zh, text.en)
            ]
            stems = [{name.removesuffix("_zh").removesuffix("_en") for name in p} for p in places]
            assert stems[0] == stems[1], code
            assert bool(text.zh) == bool(text.en), code


def test_a_long_value_is_shortened() -> None:
    issue = finding("not_a_number", layer="carriers", value="9x" * 100)
    assert len(issue.value) == 80
