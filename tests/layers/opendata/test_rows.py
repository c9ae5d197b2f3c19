"""Objects as rows: what the fields become, and what is found on the way."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
import shapely

from layers.catalogue import load_catalogue
from layers.contract import conform
from layers.opendata.crossings import crossing_points
from layers.opendata.elements import Box
from layers.opendata.elements import Credit
from layers.opendata.elements import Element
from layers.opendata.elements import Elements
from layers.opendata.rows import Rows
from layers.opendata.rows import rows_of
from layers.opendata.rules import Dataset
from layers.opendata.rules import layer_rules
from tests.opendata_hand import SQUARE
from tests.opendata_hand import TIME

CATALOGUE = load_catalogue()
CREDIT = Credit("OpenStreetMap", "ODbL-1.0", "way/1 v5", TIME)
AREA = shapely.Polygon(SQUARE)


def one(
    layer: str,
    tags: dict[str, str],
    shape: Any = AREA,
    *,
    dataset: Dataset = "osm",
    credit: tuple[Credit, ...] = (CREDIT,),
    problem: str = "",
) -> Rows:
    found = Elements.of([Element("way/1", tags, credit, problem)], [shape])
    rules, spec = layer_rules(dataset, layer), CATALOGUE.layer(layer)
    return rows_of(found, rules, spec, file="x.osm", first=7)


def cells(rows: Rows) -> dict[str, Any]:
    (row,) = rows.frame.drop(columns="geometry").to_dict("records")
    return {str(name): value for name, value in row.items() if not pd.isna(value)}


def test_a_building_with_all_it_can_say() -> None:
    tags = {
        "building": "office",
        "name": "Dasha",
        "name:zh": "大厦",
        "name:en": "Tower",
        "building:levels": "12",
        "height": "40'",
        "addr:street": "国定路",
        "addr:housenumber": "335号",
    }
    rows = one("buildings", tags)
    assert cells(rows) == {
        "building_id": "way/1",
        "name": "大厦",
        "name_en": "Tower",
        "use": "office",
        "floors": 12.0,
        "height_m": 12.192,
        "address": "国定路335号",
        "data_date": "2024-02-01",
        "source": "openstreetmap",
        "note": f"OpenStreetMap way/1 v5 {TIME}（ODbL-1.0）",
    }
    assert not rows.issues
    assert rows.frame.crs == "EPSG:4326"


def test_numbers_that_cannot_be_read_stay_empty_and_are_told() -> None:
    rows = one("buildings", {"building": "yes", "height": "12,5", "building:levels": "3层半"})
    assert {"height_m", "floors"}.isdisjoint(cells(rows))
    assert [(i.code, i.row, i.field, i.value) for i in rows.issues] == [
        ("open_value_unreadable", 7, "floors", "3层半"),
        ("open_value_unreadable", 7, "height_m", "12,5"),
    ]


def test_places_are_not_moved_between_wgs84_and_cgcs2000() -> None:
    spec = CATALOGUE.layer("buildings")
    rows = one("buildings", {"building": "yes"})
    accepted = conform(rows.frame, spec, row_numbers=rows.numbers).accepted
    moved = accepted.geometry.iloc[0].hausdorff_distance(AREA)
    assert moved * 111_320 < 1.0
    assert accepted.crs == "EPSG:4490"


def test_a_barrier_without_a_name_is_called_by_what_it_is() -> None:
    line = shapely.LineString(SQUARE[:2])
    rows = one("barriers", {"railway": "rail"}, line)
    assert cells(rows)["name"] == "铁路 way/1"
    assert [issue.code for issue in rows.issues] == ["open_unnamed"]
    named = one("barriers", {"highway": "trunk", "ref": "S20"}, line)
    assert cells(named)["name"] == "S20"
    assert not named.issues


def test_a_station_without_a_name_gets_none() -> None:
    spec = CATALOGUE.layer("stations")
    rows = one("stations", {"railway": "station", "station": "subway"}, shapely.Point(SQUARE[0]))
    checked = conform(rows.frame, spec, row_numbers=rows.numbers, earlier=rows.issues)
    assert checked.rejected["_code"].tolist() == ["required"]


@pytest.mark.parametrize(
    ("ref", "code", "codes"),
    [("310110", "310110", []), ("杨浦", None, ["open_text_refused"]), ("", None, [])],
)
def test_a_district_code_has_six_digits(ref: str, code: str | None, codes: list[str]) -> None:
    rows = one("district", {"boundary": "administrative", "name": "杨浦区", "ref": ref})
    assert cells(rows).get("district_code") == code
    assert [issue.code for issue in rows.issues] == codes
    assert cells(rows)["boundary_status"] == "sketch"


def test_land_without_a_code_is_rejected_and_not_guessed() -> None:
    spec = CATALOGUE.layer("landuse")
    rows = one("landuse", {"landuse": "brownfield"})
    checked = conform(rows.frame, spec, row_numbers=rows.numbers)
    assert checked.rejected["_code"].tolist() == ["required"]


def test_a_problem_rejects_its_row() -> None:
    spec = CATALOGUE.layer("buildings")
    rows = one("buildings", {"building": "yes"}, None, problem="ring_open")
    checked = conform(rows.frame, spec, row_numbers=rows.numbers, earlier=rows.issues)
    assert checked.rejected[["building_id", "_row", "_code"]].to_numpy().tolist() == [
        ["way/1", 7, "ring_open"]
    ]


def test_an_unknown_licence_is_told_and_not_concluded_from_the_name() -> None:
    strange = (Credit("Microsoft ML Buildings", "", "", ""), CREDIT)
    rows = one("buildings", {"type": "building"}, dataset="overture", credit=strange)
    assert [(i.code, i.value) for i in rows.issues] == [
        ("licence_unknown", "Microsoft ML Buildings")
    ]
    told = cells(rows)
    assert told["source"] == "overture:Microsoft ML Buildings;openstreetmap"
    assert told["note"].startswith("Microsoft ML Buildings（许可未说明）；OpenStreetMap way/1")


# --- crossings -------------------------------------------------------------


def lines(kind: str, *ways: list[tuple[float, float]]) -> Elements:
    items = [Element(f"way/{kind}{n}", {}, (CREDIT,)) for n in range(len(ways))]
    return Elements.of(items, [shapely.LineString(way) for way in ways])


def test_crossings_are_where_streets_meet_rivers_in_a_grid() -> None:
    # Streets run north at whole tenths, rivers east at odd twentieths: every pair meets once.
    streets = lines("s", *[[(x / 10, 0.0), (x / 10, 1.0)] for x in range(4)])
    rivers = lines("r", *[[(-0.05, y / 10 + 0.05), (0.35, y / 10 + 0.05)] for y in range(3)])
    found = crossing_points([streets], [rivers])
    expected = {f"way/s{x}+way/r{y}": (x / 10, y / 10 + 0.05) for x in range(4) for y in range(3)}
    places = {i.number: (s.x, s.y) for i, s in zip(found.items, found.shapes, strict=True)}
    assert places.keys() == expected.keys()
    np.testing.assert_allclose([places[n] for n in expected], list(expected.values()), atol=1e-12)


def test_a_way_that_meets_a_river_twice_has_two_crossings() -> None:
    bend = lines("r", [(0, 0), (1, 1), (2, 0)])
    found = crossing_points([lines("s", [(0, 0.5), (2, 0.5)])], [bend])
    assert [item.number for item in found.items] == ["way/s0+way/r0", "way/s0+way/r0#2"]
    assert [(s.x, s.y) for s in found.shapes] == [(0.5, 0.5), (1.5, 0.5)]


def test_lines_that_only_run_along_one_another_do_not_cross() -> None:
    found = crossing_points([lines("s", [(0, 0), (1, 0)])], [lines("r", [(0, 0), (2, 0)])])
    assert not found.items
    assert not crossing_points([], []).items


# --- boxes -----------------------------------------------------------------


def test_a_box_is_read_in_the_order_of_its_sides() -> None:
    assert Box.read("121.45, 31.25,121.58,31.36") == (121.45, 31.25, 121.58, 31.36)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "1,2,3",
        "a,b,c,d",
        "2,0,1,1",
        "0,2,1,1",
        "0,0,181,1",
        "0,-91,1,1",
        "nan,0,1,1",
        "1,2,3,4,5",
    ],
)
def test_what_is_no_box(text: str) -> None:
    with pytest.raises(ValueError, match=r"west,south,east,north"):
        Box.read(text)
