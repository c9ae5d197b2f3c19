"""What the checks across rows and layers find, and what they leave alone."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING
from typing import Any

import numpy as np
import pandas as pd
import pyproj
import pytest
import shapely

from layers.catalogue import load_catalogue
from layers.contract import conform
from layers.edition import load_edition
from layers.intake.checks import crosschecks
from layers.intake.checks.crosschecks import cross_check
from layers.intake.source import Request
from layers.wording import FINDINGS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from layers.issues import Issue
    from layers.specs import FieldSpec

CATALOGUE = load_catalogue()
GEOD = pyproj.Geod(ellps="GRS80")
X, Y = 121.5, 31.3
EAST = 1 / GEOD.inv(X, Y, X + 1, Y)[2]
NORTH = 1 / GEOD.inv(X, Y, X, Y + 1)[2]
TODAY = dt.date(2026, 11, 25)
RECORD = {"card": "operator", "subject_id": "O1", "period": "2025", "indicator": "satisfaction"}

Row = dict[str, Any]


def at(east: float, north: float) -> shapely.Point:
    return shapely.Point(X + east * EAST, Y + north * NORTH)


def box(west: float, south: float, east: float, north: float) -> shapely.Polygon:
    low, high = at(west, south), at(east, north)
    return shapely.box(low.x, low.y, high.x, high.y)


def _anything(field: FieldSpec) -> str:
    """Return a value that a required field takes."""
    if field.choices:
        return field.choices[0].value
    return {"date": "2025-12-31", "integer": "1", "number": "1"}.get(field.type, "Q")


def layer(key: str, *rows: Row) -> pd.DataFrame:
    spec = CATALOGUE.layer(key)
    needed = {f.name: _anything(f) for f in spec.fields if f.required}
    # What an indicator must have is never unknown: something that a card asks about somebody.
    needed |= RECORD if key == "indicators" else {}
    named: list[Row] = [
        {
            **needed,
            spec.name_field: f"{key}{i}",
            spec.id_field: f"{key[0].upper()}{i}",
            **row,
        }
        for i, row in enumerate(rows, start=1)
    ]
    checked = conform(pd.DataFrame(named, dtype=object), spec)
    assert checked.rejected.empty, checked.rejected.iloc[0].to_dict()
    return checked.accepted


def check(
    key: str, frame: pd.DataFrame, tables: Mapping[str, pd.DataFrame] | None = None
) -> list[Issue]:
    spec = CATALOGUE.layer(key)
    rows = {str(name): i for i, name in enumerate(frame[spec.id_field], start=1)}
    request = Request(Path("台账.xlsx"), key)
    return list(cross_check(frame, spec, tables or {}, CATALOGUE, request, rows, today=TODAY))


def found(issues: list[Issue]) -> list[tuple[str, int, str]]:
    return [(issue.code, issue.row, issue.field) for issue in issues]


def test_the_bundled_edition_is_found_fault_with_nowhere() -> None:
    tables = load_edition(CATALOGUE).tables
    for key, frame in tables.items():
        if len(frame):
            assert check(key, frame, tables) == []


def test_every_rule_has_its_words_and_its_layers() -> None:
    for rule in crosschecks.RULES:
        # A refund makes a tax negative, so that it is noted and not warned of.
        wanted = "info" if rule.code == "negative_tax" else "warning"
        assert FINDINGS[rule.code].severity == wanted
        assert set(rule.layers) <= set(CATALOGUE.keys)


def test_what_is_unknown_is_never_found_fault_with() -> None:
    tables = {key: layer(key, {}) for key in CATALOGUE.keys}
    for key in CATALOGUE.keys:
        rows: list[Row] = [{}, {"period": "2024"} if key == "indicators" else {}]
        assert check(key, layer(key, *rows), tables) == []


# --- where things are


def test_parks_that_overlap_are_named_with_the_common_area() -> None:
    frame = layer("parks", {"geometry": box(0, 0, 100, 100)}, {"geometry": box(90, 0, 200, 100)})
    (issue,) = check("parks", frame)
    assert (issue.code, issue.row) == ("parks_overlap", 2)
    common = box(90, 0, 100, 100)
    area, _ = GEOD.geometry_area_perimeter(shapely.orient_polygons(common))
    assert f"{area:,.1f} m²" in issue.message.zh
    assert "parks1 (P1)" in issue.message.zh
    assert "parks2 (P2)" in issue.message.zh


def test_a_park_is_compared_with_the_layer_but_not_with_its_own_older_self() -> None:
    there = layer("parks", {"geometry": box(0, 0, 100, 100)}, {"geometry": box(300, 0, 400, 100)})
    moved = layer("parks", {"geometry": box(250, 0, 350, 100)})
    issues = check("parks", moved, {"parks": there})
    assert found(issues) == [("parks_overlap", 1, "geometry")]
    assert "P2" in issues[0].message.en


@pytest.mark.parametrize(
    "other",
    [
        box(100, 0, 200, 100),
        box(99.995, 0, 200, 100),
        box(0, 99.95, 100, 300),
        shapely.box(X, Y, X + 0.9 * EAST, Y + 0.9 * NORTH),
        at(50, 50),
    ],
    ids=["a common edge", "0.5 m²", "0.05 %", "less than 1 m²", "a point"],
)
def test_outlines_that_hardly_overlap_are_left_alone(other: Any) -> None:
    frame = layer("parks", {"geometry": box(0, 0, 100, 100)}, {"geometry": other})
    assert check("parks", frame) == []


@pytest.mark.parametrize(
    ("east", "park", "carrier", "distance"),
    [
        (95.0, 0.0, 0.0, None),
        (104.0, 0.0, 0.0, None),
        (130.0, 0.0, 0.0, 30),
        (130.0, 30.0, 0.0, None),
        (130.0, 10.0, 20.0, None),
        (2100.0, 100.0, 0.0, 2000),
    ],
)
def test_a_carrier_outside_of_its_park_is_told_with_the_distance(
    east: float, park: float, carrier: float, distance: int | None
) -> None:
    parks = layer("parks", {"geometry": box(0, 0, 100, 100), "accuracy_m": park or None})
    frame = layer(
        "carriers",
        {"geometry": at(east, 50), "park_id": "P1", "accuracy_m": carrier or None},
        {"geometry": at(900, 900)},
        {"geometry": at(800, 800), "park_id": "P9"},
        {"park_id": "P1"},
    )
    issues = check("carriers", frame, {"parks": parks})
    assert found(issues) == ([("outside_park", 1, "geometry")] if distance else [])
    assert not distance or f" {distance:,} m" in issues[0].message.en


def test_a_park_that_is_a_point_has_no_outside() -> None:
    frame = layer("carriers", {"geometry": at(500, 0), "park_id": "P1"})
    assert check("carriers", frame, {"parks": layer("parks", {"geometry": at(0, 0)})}) == []


def test_a_building_in_urumqi_is_told_with_its_distance() -> None:
    district = layer("district", {"name": "杨浦区", "geometry": box(0, 0, 5000, 5000)})
    urumqi = shapely.Point(87.6168, 43.8256)
    frame = layer("carriers", {"geometry": urumqi}, {"geometry": at(-400, 100)})
    issues = check("carriers", frame, {"district": district})
    assert found(issues) == [("outside_district", 1, "geometry")]
    assert "地图以本区为范围打开，看不到它" in issues[0].message.zh
    told = float(issues[0].message.zh.split("之外 ")[1].split(" km")[0].replace(",", ""))
    ring = shapely.segmentize(district.geometry.iloc[0], 0.001).exterior.coords
    nearest = min(GEOD.inv(urumqi.x, urumqi.y, x, y)[2] for x, y in ring)
    assert told == pytest.approx(nearest / 1000, rel=0.002)


@pytest.mark.parametrize(("east", "outside"), [(-450, False), (-560, True), (100, False)])
def test_across_the_border_street_is_not_outside(east: float, outside: bool) -> None:
    district = layer("district", {"name": "杨浦区", "geometry": box(0, 0, 5000, 5000)})
    issues = check("carriers", layer("carriers", {"geometry": at(east, 9)}), {"district": district})
    assert bool(issues) is outside


def test_two_ids_at_one_place_are_told_once_at_the_later_row() -> None:
    frame = layer(
        "carriers",
        {"geometry": at(0, 0)},
        {"geometry": at(0.5, 0.5)},
        {"geometry": at(3, 0)},
        {"geometry": box(2.5, -0.5, 3.5, 0.5)},
    )
    issues = check("carriers", frame)
    assert found(issues) == [("same_place", 2, "geometry"), ("same_place", 4, "geometry")]
    assert "C1" in issues[0].message.zh


def test_a_heap_of_carriers_is_bounded_and_said_to_be() -> None:
    crowd = layer("carriers", *({"geometry": at(0, 0)} for _ in range(1200)))
    issues = check("carriers", crowd)
    assert len(issues) == crosschecks.MOST_LISTED + 1
    assert issues[-1].code == "more_findings"


def test_same_places_agree_with_a_comparison_of_all_pairs() -> None:
    rng = np.random.default_rng(7)
    spots = rng.uniform(0, 30, (200, 2))
    frame = layer("carriers", *({"geometry": at(*spot)} for spot in spots.tolist()))
    told = {issue.row for issue in check("carriers", frame)}
    gaps = np.hypot(*(spots[:, None, :] - spots[None, :, :]).transpose(2, 0, 1))
    later = {i + 1 for i in range(200) if (gaps[i, :i] < 0.9).any()}
    never = {i + 1 for i in range(200) if not (np.delete(gaps[i], i) < 1.1).any()}
    # A pair is told at one of its rows, and whoever has company is in some pair.
    assert len(told) >= 0.8 * len(later)
    assert not told & never


@pytest.mark.parametrize(
    ("one", "two", "same"),
    [
        ({"name": "创智天地3号楼"}, {"name": "创智天地 三号楼"}, True),
        ({"name": "创智天地3号楼"}, {"name": "创智天地第３幢"}, True),
        ({"name": "创智天地3号楼"}, {"name": "创智天地4号楼"}, False),
        ({"name": "3号楼", "park_id": "P1"}, {"name": "3栋", "park_id": "P1"}, True),
        ({"name": "3号楼", "park_id": "P1"}, {"name": "3号楼", "park_id": "P2"}, False),
        ({"name": "3号楼"}, {"name": "3号楼"}, False),
        (
            {"name": "3号楼", "address": "国定路323号"},
            {"name": "3号楼", "address": "国定路323号"},
            True,
        ),
        (
            {"name": "大厦", "address": "国定路323号"},
            {"name": "大厦", "address": "国定路5号"},
            False,
        ),
        (
            {"name": "大厦", "geometry": at(0, 0)},
            {"name": "大厦", "geometry": at(200, 0)},
            True,
        ),
        (
            {"name": "大厦", "geometry": at(0, 0)},
            {"name": "大厦", "geometry": at(600, 0)},
            False,
        ),
    ],
)
def test_one_name_and_one_building_number_are_one_building(one: Row, two: Row, same: bool) -> None:
    issues = check("carriers", layer("carriers", one, two))
    assert found(issues) == ([("duplicate_name", 2, "name")] if same else [])


def test_a_namesake_in_the_layer_is_found_and_only_the_row_of_the_file_is_told() -> None:
    there = layer("carriers", {"carrier_id": "Z", "name": "大厦3号楼"})
    issues = check("carriers", layer("carriers", {"name": "大厦 3幢"}), {"carriers": there})
    assert found(issues) == [("duplicate_name", 1, "name")]
    assert "(Z)" in issues[0].message.zh


# --- numbers and dates


@pytest.mark.parametrize(
    ("part", "whole"),
    [
        ("vacant_area_m2", "rentable_area_m2"),
        ("leased_area_m2", "rentable_area_m2"),
        ("rentable_area_m2", "gross_area_m2"),
        ("above_ground_area_m2", "gross_area_m2"),
        ("largest_vacant_m2", "vacant_area_m2"),
        ("registered_tenants", "tenants"),
        ("district_tax_wan", "tax_wan"),
    ],
)
def test_a_part_is_not_more_than_its_whole(part: str, whole: str) -> None:
    frame = layer(
        "carriers",
        {part: 101, whole: 100},
        {part: 100, whole: 100},
        {part: 101},
        {whole: 100},
    )
    (issue,) = check("carriers", frame)
    assert (issue.code, issue.row, issue.field, issue.value) == (
        "part_above_whole",
        1,
        part,
        "101",
    )
    spec = CATALOGUE.layer("carriers")
    assert spec.field(part).title.zh in issue.message.zh
    assert spec.field(whole).title.en in issue.message.en


def test_an_update_of_vacancy_is_compared_with_the_rentable_area_that_is_known() -> None:
    there = layer("carriers", {"rentable_area_m2": 100})
    issues = check("carriers", layer("carriers", {"vacant_area_m2": 150}), {"carriers": there})
    assert found(issues) == [("part_above_whole", 1, "vacant_area_m2")]
    # The whole stands nowhere in the file, so that it is said where it comes from.
    assert "100（图层中原有值）" in issues[0].message.zh
    assert "150（" not in issues[0].message.zh
    assert "100 (kept from the layer)" in issues[0].message.en


@pytest.mark.parametrize(
    ("there", "file", "told"),
    [
        ({"completed": "2020-05"}, {"refitted": "2019-12"}, "2020-05（图层中原有值）"),
        ({"refitted": "2019-12"}, {"completed": "2020-05"}, "2019-12（图层中原有值）"),
        ({"gross_area_m2": 20_500}, {"land_area_m2": 1000}, "20,500.0 m²（图层中原有值）"),
        ({}, {"completed": "2020-05", "refitted": "2019-12"}, ""),
    ],
)
def test_a_value_that_the_layer_kept_is_said_to_be_from_there(
    there: dict[str, Any], file: dict[str, Any], told: str
) -> None:
    (issue,) = check("carriers", layer("carriers", file), {"carriers": layer("carriers", there)})
    assert told in issue.message.zh
    assert issue.message.zh.count("图层中原有值") == bool(told)


def test_rows_of_the_layer_that_the_file_does_not_contain_are_not_told() -> None:
    there = layer("carriers", {"carrier_id": "Z", "rentable_area_m2": 1, "vacant_area_m2": 150})
    assert check("carriers", layer("carriers", {"name": "甲"}), {"carriers": there}) == []


@pytest.mark.parametrize(
    ("key", "row", "field", "code"),
    [
        (
            "units",
            {"lease_start": "2026-05-01", "lease_end": "2026-04-30"},
            "lease_end",
            "dates_reversed",
        ),
        ("units", {"lease_start": "2026-05-01", "lease_end": "2029-04-30"}, "", ""),
        (
            "carriers",
            {"completed": "2020-05", "refitted": "2019-12"},
            "refitted",
            "dates_reversed",
        ),
        ("carriers", {"completed": "2020-05", "refitted": "2020-05"}, "", ""),
        (
            "carriers",
            {"vacant_since": "2026-04", "data_date": "2026-03-31"},
            "vacant_since",
            "date_in_future",
        ),
        ("carriers", {"vacant_since": "2026-03", "data_date": "2026-03-15"}, "", ""),
        ("carriers", {"vacant_since": "2026-11"}, "", ""),
        ("carriers", {"vacant_since": "2026-12"}, "vacant_since", "date_in_future"),
        ("carriers", {"completed": "2027-01"}, "completed", "date_in_future"),
        ("carriers", {"completed_year": 2027}, "completed_year", "date_in_future"),
        ("carriers", {"completed_year": 2026}, "", ""),
        ("carriers", {"data_date": "2026-11-26"}, "data_date", "date_in_future"),
        ("parks", {"established": 2030}, "established", "date_in_future"),
        ("tasks", {"start": "2026-07-01", "end": "2026-06-30"}, "end", "dates_reversed"),
        ("tasks", {"start": "2026-06-30", "end": "2026-06-30"}, "", ""),
        ("milestones", {"done_on": "2026-12-31"}, "done_on", "date_in_future"),
        ("milestones", {"done_on": "2026-11-01", "due": "2026-12-31"}, "", ""),
    ],
)
def test_dates_stand_in_their_order_and_not_in_the_future(
    key: str, row: Row, field: str, code: str
) -> None:
    assert found(check(key, layer(key, row))) == ([(code, 1, field)] if code else [])


def test_the_sentence_says_which_date_was_passed() -> None:
    frame = layer("carriers", {"vacant_since": "2026-04", "data_date": "2026-03-31"})
    (issue,) = check("carriers", frame)
    assert "2026-04" in issue.message.zh
    assert "数据时点 2026-03-31" in issue.message.zh


@pytest.mark.parametrize(
    ("rows", "field"),
    [
        ([{"tax_wan": 3_000_000, "gross_area_m2": 10_000}], "tax_wan"),
        ([{"tax_wan": 300, "gross_area_m2": 10_000}], ""),
        ([{"tax_wan": 3_000_000}], ""),
        ([{"tax_wan": 3_000_000, "gross_area_m2": 0}], ""),
        # One slip among many is no wrong column.
        ([{"tax_wan": 300 + i * (i == 1) * 1e7, "gross_area_m2": 9000} for i in range(3)], ""),
        ([{"land_area_m2": 15, "gross_area_m2": 20_000}], "land_area_m2"),
        ([{"land_area_m2": 150, "gross_area_m2": 900}], ""),
        ([{"land_area_m2": 15}], ""),
        ([{"rent_yuan_m2_day": 90}], "rent_yuan_m2_day"),
        ([{"rent_yuan_m2_day": 4.5}], ""),
    ],
)
def test_a_column_in_another_unit_is_suspected_once(rows: list[Row], field: str) -> None:
    issues = [i for i in check("carriers", layer("carriers", *rows)) if i.code == "unit_suspect"]
    assert [(i.field, i.row) for i in issues] == ([(field, 0)] if field else [])


def test_far_more_floor_than_ground_is_told() -> None:
    frame = layer(
        "carriers",
        {"land_area_m2": 1000, "gross_area_m2": 20_500},
        {"land_area_m2": 1000, "gross_area_m2": 19_500},
        {"land_area_m2": 0, "gross_area_m2": 19_500},
    )
    issues = check("carriers", frame)
    assert found(issues) == [("floor_ratio_high", 1, "land_area_m2")]
    assert "20.5" in issues[0].message.zh


# --- sums across layers


def _units(*areas: tuple[str, float | None, str | None]) -> pd.DataFrame:
    rows = ({"carrier_id": c, "floor_area_m2": area, "state": state} for c, area, state in areas)
    return layer("units", *rows)


@pytest.mark.parametrize(
    ("units", "told"),
    [
        ([("C1", 400, "leased"), ("C1", 600, "leased"), ("C1", 99, "vacant")], False),
        ([("C1", 400, "leased"), ("C1", 640, "leased")], False),
        ([("C1", 400, "leased"), ("C1", 700, "leased")], True),
        ([("C1", 400, "leased")], True),
        ([("C1", 400, "leased"), ("C1", None, "leased")], False),
        ([("C1", 400, "leased"), ("C1", 10, None)], False),
        ([("C2", 400, "leased")], False),
    ],
)
def test_leased_units_add_up_to_the_leased_area(
    units: list[tuple[str, float | None, str | None]],
    told: bool,
) -> None:
    carriers = layer("carriers", {"leased_area_m2": 1000}, {"name": "不详"})
    frame = _units(*units)
    by_units = check("units", frame, {"carriers": carriers})
    assert found(by_units) == ([("leased_differs", 1, "floor_area_m2")] if told else [])
    by_carriers = check("carriers", carriers, {"units": frame})
    assert found(by_carriers) == ([("leased_differs", 1, "leased_area_m2")] if told else [])


@pytest.mark.parametrize(
    ("areas", "told"),
    [((600, 405), False), ((600, 420), True), ((600, None), False), ((1020, None), True)],
)
def test_units_do_not_exceed_their_building(
    areas: tuple[float | None, ...],
    told: bool,
) -> None:
    carriers = layer("carriers", {"gross_area_m2": 1000})
    frame = _units(*(("C1", area, "vacant") for area in areas))
    issues = check("units", frame, {"carriers": carriers})
    assert found(issues) == ([("units_exceed_carrier", 1, "floor_area_m2")] if told else [])


def test_units_that_are_there_count_with_those_of_the_file() -> None:
    carriers = layer("carriers", {"gross_area_m2": 1000})
    there = _units(("C1", 600, "vacant"), ("C1", 300, "vacant"))
    more = layer("units", {"unit_id": "U9", "carrier_id": "C1", "floor_area_m2": 200})
    issues = check("units", more, {"carriers": carriers, "units": there})
    assert found(issues) == [("units_exceed_carrier", 1, "floor_area_m2")]
    assert "1,100.0" in issues[0].message.zh


def test_nothing_is_changed_by_looking() -> None:
    frame = layer("carriers", {"vacant_area_m2": 9, "rentable_area_m2": 1, "geometry": at(0, 0)})
    before = frame.copy()
    check("carriers", frame, {"carriers": frame})
    pd.testing.assert_frame_equal(frame, before)
