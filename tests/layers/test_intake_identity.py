from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from layers.catalogue import load_catalogue
from layers.contract import conform
from layers.delivery import merge
from layers.intake.naming.identity import fill_ids
from layers.intake.naming.names import normalise_name
from layers.intake.source import Request

if TYPE_CHECKING:
    from collections.abc import Sequence

CATALOGUE = load_catalogue()
SPEC = CATALOGUE.layer("carriers")
LON, LAT = 121.505612, 31.299034
# A metre in degrees at this latitude, east and north.
EAST, NORTH = 1 / 95_200, 1 / 110_870


def _place(east: float = 0.0, north: float = 0.0) -> shapely.Point:
    return shapely.Point(LON + east * EAST, LAT + north * NORTH)


def _box(east: float = 0.0, width: float = 100.0) -> shapely.Polygon:
    return shapely.box(LON + east * EAST, LAT, LON + (east + width) * EAST, LAT + 50 * NORTH)


def _layer(*records: dict[str, Any], layer: str = "carriers") -> gpd.GeoDataFrame:
    checked = conform(pd.DataFrame(list(records), dtype=object), CATALOGUE.layer(layer))
    assert checked.rejected.empty
    return checked.accepted


def _fill(
    rows: Sequence[Any],
    present: pd.DataFrame | None = None,
    layer: str = "carriers",
) -> tuple[list[Any], dict[str, Any]]:
    spec = CATALOGUE.layer(layer)
    frame = pd.DataFrame(rows, dtype=object)
    geometry = None
    if "geometry" in frame:
        geometry = np.array(
            [s if isinstance(s, shapely.Geometry) else None for s in frame["geometry"]]
        )
        frame = frame.drop(columns="geometry")
    before = frame.copy()
    tables = {} if present is None else {layer: present}
    numbers = pd.Series(range(1, len(frame) + 1))
    named, issues = fill_ids(frame, geometry, spec, tables, Request(Path("a.csv"), layer), numbers)
    pd.testing.assert_frame_equal(frame, before)
    if spec.id_field not in named:
        return [None] * len(named), {}
    assert len({issue.code for issue in issues}) == len(issues)
    ids = [None if pd.isna(key) else key for key in named[spec.id_field]]
    return ids, {issue.code: issue for issue in issues}


def _hash(text: str) -> str:
    return "N-" + hashlib.sha256(text.encode()).hexdigest()[:10]


# --- ids that are given ----------------------------------------------------


def test_given_ids_win_over_names_and_places() -> None:
    present = _layer({"carrier_id": "C1", "name": "同济科技大厦", "geometry": _place()})
    ids, issues = _fill(
        [{"carrier_id": "Z9", "name": "同济科技大厦", "geometry": _place()}], present
    )
    assert ids == ["Z9"]
    assert issues == {}


def test_in_a_file_with_ids_only_certain_rows_are_filled() -> None:
    present = _layer(
        {"carrier_id": "C1", "name": "同济科技大厦"}, {"carrier_id": "C2", "name": "甲"}
    )
    ids, issues = _fill(
        [
            {"carrier_id": None, "name": "同济 科技大厦"},
            {"carrier_id": " ", "name": "新楼"},
            {"carrier_id": "C7", "name": "别的楼"},
        ],
        present,
    )
    assert ids == ["C1", None, "C7"]
    assert list(issues) == ["id_matched"]
    assert "按名称 1 行" in issues["id_matched"].message.zh


def test_a_record_that_a_row_names_by_id_is_no_other_row() -> None:
    present = _layer({"carrier_id": "C1", "name": "同济科技大厦"})
    rows = [{"carrier_id": "C1", "name": "改了名"}, {"carrier_id": None, "name": "同济科技大厦"}]
    ids, issues = _fill(rows, present)
    assert ids == ["C1", None]
    assert list(issues) == ["id_ambiguous"]


# --- the same by name ------------------------------------------------------


@pytest.mark.parametrize(
    ("row", "record", "same"),
    [
        ({"name": "国定路335号 3号楼"}, {"name": "国定路335号三幢"}, True),
        ({"name": "科创楼3号楼"}, {"name": "科创楼5号楼"}, False),
        (
            {"name": "科创楼", "address": "国定路5号"},
            {"name": "科创楼", "address": "国定路 5号"},
            True,
        ),
        (
            {"name": "科创楼", "address": "国定路5号"},
            {"name": "科创楼", "address": "国定路7号"},
            False,
        ),
        ({"name": "科创楼", "address": "国定路5号"}, {"name": "科创楼"}, True),
        (
            {"name": "科创楼", "address": "国定路5号1号楼"},
            {"name": "科创楼", "address": "国定路5号2号楼"},
            False,
        ),
        ({"name": "科创楼", "park_id": "P1"}, {"name": "科创楼", "park_id": "P2"}, False),
        ({"name": "3号楼"}, {"name": "3号楼"}, False),
        ({"name": "3号楼", "park_id": "P1"}, {"name": "3幢", "park_id": "P1"}, True),
        ({"name": "3号楼", "park_id": "P1"}, {"name": "3幢", "park_id": "P2"}, False),
        ({"name": "3号楼", "address": "国定路5号"}, {"name": "3幢", "address": "国定路5号"}, True),
        ({"name": None}, {"name": None}, False),
    ],
)
def test_what_is_the_same_by_name(row: dict[str, Any], record: dict[str, Any], same: bool) -> None:
    present = _layer({"carrier_id": "C1", **record})
    # Another row has an id, so that no new ones are made.
    ids, _ = _fill([{"carrier_id": None, **row}, {"carrier_id": "Z"}], present)
    assert ids == ["C1" if same else None, "Z"]


def test_a_name_of_several_records_is_no_match_unless_the_address_tells() -> None:
    present = _layer(
        {"carrier_id": "C1", "name": "科创楼", "address": "国定路5号"},
        {"carrier_id": "C2", "name": "科创楼", "address": "国定路7号"},
    )
    rows = [
        {"carrier_id": "Z", "name": "x"},
        {"name": "科创楼", "address": "国定路7号"},
        {"name": "科创楼"},
    ]
    ids, issues = _fill(rows, present)
    assert ids == ["Z", "C2", None]
    assert "3 → ?" in issues["id_ambiguous"].message.zh


def test_two_rows_that_claim_one_record_both_go_without() -> None:
    present = _layer({"carrier_id": "C1", "name": "科创楼"})
    rows = [
        {"carrier_id": "Z", "name": "x"},
        {"name": "科创楼", "tenants": 3},
        {"name": "科创楼", "tenants": 4},
    ]
    ids, issues = _fill(rows, present)
    assert ids == ["Z", None, None]
    assert "2 行" in issues["id_ambiguous"].message.zh


def test_rows_that_say_the_same_have_the_same_id_and_the_check_rejects_the_later() -> None:
    present = _layer({"carrier_id": "C1", "name": "科创楼"})
    ids, issues = _fill(
        [{"name": "科创楼"}, {"name": "科创楼"}, {"name": "新"}, {"name": "新"}], present
    )
    assert ids == ["C1", "C1", _hash("新||"), _hash("新||")]
    assert "2 行" in issues["id_matched"].message.zh
    assert "2 行" in issues["id_generated"].message.zh
    frame = pd.DataFrame({"carrier_id": ids, "name": ["科创楼", "科创楼", "新", "新"]})
    checked = conform(frame, SPEC)
    assert list(checked.rejected["_row"]) == [2, 4]
    assert set(checked.rejected["_code"]) == {"duplicate"}


# --- the same by place -----------------------------------------------------


@pytest.mark.parametrize(
    ("shape", "name", "same"),
    [
        (_place(0.7, 0.7), None, True),
        (_place(0.8, 0.8), None, False),
        (_place(0.5), "同济科技大厦（新）", True),
        (_place(0.5), "互联宝地", False),
        (_place(0.5), "同济科技大厦2号楼", True),
        (shapely.MultiPoint([_place(0.5)]), None, True),
        (shapely.MultiPoint([_place(0.5), _place(300)]), None, False),
        (_box(-50), None, False),
        (shapely.Point(), None, False),
        (None, None, False),
        (shapely.Point(np.nan, LAT), None, False),
    ],
)
def test_what_is_the_same_point(shape: Any, name: str | None, same: bool) -> None:
    present = _layer({"carrier_id": "C1", "name": "同济科技大厦", "geometry": _place()})
    rows = [{"carrier_id": None, "name": name, "geometry": shape}, {"carrier_id": "Z"}]
    ids, issues = _fill(rows, present)
    assert ids == ["C1" if same else None, "Z"]
    if same:
        assert "按位置 1 行" in issues["id_matched"].message.zh


@pytest.mark.parametrize(
    ("shape", "same"),
    [
        (_box(5.2), True),  # 94.8 / 105.2 = 0.901
        (_box(5.3), False),  # 94.7 / 105.3 = 0.899
        (_box(0, 90.1), True),
        (_box(0, 89.9), False),
        (shapely.MultiPolygon([_box()]), True),
        (
            shapely.Polygon(
                [(LON, LAT), (LON + 1e-3, LAT + 1e-3), (LON + 1e-3, LAT), (LON, LAT + 1e-3)]
            ),
            False,
        ),
    ],
)
def test_what_is_the_same_polygon(shape: Any, same: bool) -> None:
    present = _layer({"carrier_id": "C1", "geometry": _box()})
    ids, _ = _fill([{"carrier_id": None, "geometry": shape}, {"carrier_id": "Z"}], present)
    assert ids == ["C1" if same else None, "Z"]


def test_a_place_of_two_records_is_no_match() -> None:
    present = _layer(
        {"carrier_id": "C1", "geometry": _place()}, {"carrier_id": "C2", "geometry": _place(0.5)}
    )
    ids, issues = _fill([{"carrier_id": None, "geometry": _place()}, {"carrier_id": "Z"}], present)
    assert ids == [None, "Z"]
    assert list(issues) == ["id_ambiguous"]


def test_of_two_rows_of_one_name_the_place_tells_which_is_the_record() -> None:
    present = _layer({"carrier_id": "C1", "name": "科创楼", "geometry": _place()})
    rows = [
        {"name": "科创楼", "geometry": _place(80)},
        {"name": "科创楼", "geometry": _place(0.2)},
    ]
    ids, _ = _fill(rows, present)
    assert ids[1] == "C1"
    assert ids[0] not in {None, "C1"}


def _brute(rows: list[Any], records: list[Any]) -> list[tuple[int, int]]:
    """Compare every row with every record on the plane, by areas and distances in metres."""

    def plane(shape: Any) -> Any:
        return shapely.transform(shape, lambda xy: (xy - [LON, LAT]) / [EAST, NORTH])

    pairs = []
    for i, a in enumerate(map(plane, rows)):
        for j, b in enumerate(map(plane, records)):
            if a.geom_type != b.geom_type:
                continue
            if a.geom_type == "Point":
                same = a.distance(b) <= 1
            else:
                same = a.intersection(b).area >= 0.9 * a.union(b).area
            if same:
                pairs.append((i, j))
    return pairs


def test_places_agree_with_a_comparison_of_every_pair() -> None:
    random = np.random.default_rng(20260301)
    records: list[Any] = [_place(*xy) for xy in random.uniform(0, 40, (60, 2))]
    records += [_box(e, w) for e, w in random.uniform((0, 20), (2000, 60), (60, 2))]
    moved = [_place(*(xy + random.normal(0, 0.5, 2))) for xy in random.uniform(0, 40, (60, 2))]
    rows: list[Any] = [
        *moved,
        *(_box(e, w) for e, w in random.uniform((0, 20), (2000, 60), (60, 2))),
    ]
    pairs = _brute(rows, records)
    lefts, rights = ([pair[k] for pair in pairs] for k in (0, 1))
    expected = {i: j for i, j in pairs if lefts.count(i) == rights.count(j) == 1}
    assert len(expected) >= 5
    present = _layer(*({"carrier_id": f"C{j}", "geometry": s} for j, s in enumerate(records)))
    cells = [{"carrier_id": None, "geometry": s} for s in rows]
    ids, _ = _fill([*cells, {"carrier_id": "Z"}], present)
    assert {i: key for i, key in enumerate(ids[:-1]) if key} == {
        i: f"C{j}" for i, j in expected.items()
    }


# --- new ids ---------------------------------------------------------------


def test_the_formula_of_a_new_id() -> None:
    rows = [
        {"name": "同济科技园1号楼", "address": "赤峰路65号"},
        {"name": "上海 科创楼", "address": None},
        {"name": None, "address": "赤峰路65号(2幢)"},
        {"name": "3号楼", "park_id": "P1"},
    ]
    assert _fill(rows)[0] == [
        _hash("同济科技园1幢|赤峰路65号|1"),
        _hash("科创楼||"),
        _hash("|赤峰路65号2幢|2"),
        _hash("3幢||3|park_id=P1;"),
    ]


def test_an_empty_id_column_is_none() -> None:
    filled, _ = _fill([{"carrier_id": "", "name": "甲楼"}, {"carrier_id": None, "name": "乙楼"}])
    assert filled == [_hash("甲楼||"), _hash("乙楼||")]


def test_a_shape_has_one_id_wherever_its_ring_begins() -> None:
    ring = list(_box().exterior.coords)[:-1]
    shifted = shapely.Polygon(ring[2:] + ring[:2])
    backwards = shapely.Polygon(ring[::-1])
    jitter = shapely.transform(_box(), lambda xy: xy + 1e-9)
    high = shapely.force_3d(_box(), 12.0)
    ids = {
        _fill([{"geometry": shape}])[0][0] for shape in (_box(), shifted, backwards, jitter, high)
    }
    assert len(ids) == 1
    assert ids.isdisjoint(_fill([{"geometry": _box(1)}])[0])


def test_rows_of_one_name_that_differ_have_ids_of_their_own() -> None:
    rows = [{"name": "科创楼", "tenants": 3}, {"name": "科创楼", "tenants": 4}]
    ids, _ = _fill(rows)
    assert len(set(ids)) == 2
    assert _fill(rows[::-1])[0] == ids[::-1]


def test_units_are_known_by_all_their_cells() -> None:
    rows = [
        {"carrier_id": "C1", "floor": "3F", "floor_area_m2": 100},
        {"carrier_id": "C1", "floor": "3F", "floor_area_m2": 120},
        {"carrier_id": "C2", "floor": "3F", "floor_area_m2": 100},
    ]
    ids, _ = _fill(rows, layer="units")
    assert len(set(ids)) == 3
    turned = [dict(reversed(row.items())) for row in rows]
    assert _fill(turned, layer="units")[0] == ids
    present = _layer(
        *({**row, "unit_id": key} for row, key in zip(rows, ids, strict=True)), layer="units"
    )
    again, issues = _fill(rows, present, layer="units")
    assert again == ids
    assert list(issues) == ["id_matched"]


def test_parcels_are_not_known_by_the_name_of_their_land_use() -> None:
    present = _layer(
        {
            "parcel_id": "L1",
            "land_use_name": "科研用地",
            "land_use_code": "0802",
            "geometry": _box(),
        },
        layer="landuse",
    )
    rows = [{"land_use_name": "科研用地", "land_use_code": "0802", "geometry": _box(500)}]
    ids, issues = _fill(rows, present, layer="landuse")
    assert ids != ["L1"]
    assert list(issues) == ["id_generated"]


def test_the_id_of_another_record_is_never_taken() -> None:
    short = _hash("甲楼||")
    whole = "N-" + hashlib.sha256("甲楼||".encode()).hexdigest()
    present = _layer(
        {"carrier_id": short, "name": "完全不同"}, {"carrier_id": whole[:18], "name": "又一个"}
    )
    ids, issues = _fill([{"name": "甲楼"}], present)
    assert ids == [whole[:24]]
    assert list(issues) == ["id_generated"]


def test_a_building_number_in_another_park_does_not_take_over_a_record() -> None:
    first, _ = _fill([{"name": "办公楼", "park_id": "P1"}])
    present = _layer({"carrier_id": first[0], "name": "办公楼", "park_id": "P1"})
    other, issues = _fill([{"name": "办公楼", "park_id": "P2"}], present)
    assert other[0] not in {None, first[0]}
    assert "id_matched" not in issues


CELLS = st.fixed_dictionaries(
    {},
    optional={
        "name": st.sampled_from(["科创楼", "科创 楼", "3号楼", "三幢", "甲楼", None, ""]),
        "address": st.sampled_from(["国定路5号", "国定路7号", "国定路 5号", None]),
        "park_id": st.sampled_from(["P1", "P2", None]),
        "tenants": st.sampled_from([1, 2, None]),
        "geometry": st.sampled_from([_place(), _place(0.4), _place(200), _box(), _box(3), None]),
    },
)
PRESENT = _layer(
    {"carrier_id": "C1", "name": "科创楼", "address": "国定路5号", "geometry": _place()},
    {"carrier_id": "C2", "name": "3号楼", "park_id": "P2", "geometry": _box()},
    {"carrier_id": "C3", "name": "甲楼"},
    {"carrier_id": "C4", "geometry": _place(200.3)},
)
COLUMNS = ("name", "address", "park_id", "tenants", "geometry")


@settings(deadline=None)
@given(st.lists(CELLS, min_size=1, max_size=8), st.randoms(use_true_random=False), st.booleans())
def test_the_order_of_rows_changes_nothing(
    cells: list[dict[str, Any]], random: Any, known: bool
) -> None:
    rows = [{name: row.get(name) for name in COLUMNS} for row in cells]
    present = PRESENT if known else None
    ids, _ = _fill(rows, present)
    order = list(range(len(rows)))
    random.shuffle(order)
    shuffled, _ = _fill([rows[i] for i in order], present)
    assert shuffled == [ids[i] for i in order]
    assert None not in ids


@settings(deadline=None)
@given(st.lists(CELLS, min_size=1, max_size=8))
def test_a_second_import_of_the_file_has_the_same_ids(cells: list[dict[str, Any]]) -> None:
    rows = [{name: row.get(name) for name in COLUMNS} for row in cells]
    ids, _ = _fill(rows)
    frame = pd.DataFrame([{**row, "carrier_id": key} for row, key in zip(rows, ids, strict=True)])
    present = conform(frame.astype(object), SPEC).accepted
    again, issues = _fill(rows, present)
    assert again == ids
    assert list(issues) == ["id_matched"]


@settings(deadline=None)
@given(st.lists(CELLS, min_size=1, max_size=8))
def test_a_second_delivery_into_a_layer_adds_nothing(cells: list[dict[str, Any]]) -> None:
    rows = [{name: row.get(name) for name in COLUMNS} for row in cells]
    ids, _ = _fill(rows, PRESENT)
    # Rows of one id are one row of the layer; the check keeps the first.
    frame = pd.DataFrame([{**row, "carrier_id": key} for row, key in zip(rows, ids, strict=True)])
    new = conform(frame.astype(object), SPEC).accepted
    present = merge(PRESENT, new, SPEC)
    again, _ = _fill(rows, present)
    assert set(again) <= set(present["carrier_id"])
    assert again == ids


def test_bundled_carriers_without_ids_are_known_again() -> None:
    path = Path(__file__).parents[2] / "data" / "carriers.geojson"
    raw = gpd.read_file(path)
    present = conform(raw, SPEC).accepted
    sent = raw.drop(columns=["carrier_id"])
    named, _ = fill_ids(
        sent.drop(columns="geometry"),
        np.asarray(sent.geometry.to_numpy(), dtype=object),
        SPEC,
        {"carriers": present},
        Request(path, "carriers"),
        pd.Series(range(1, len(sent) + 1)),
    )
    assert list(named["carrier_id"]) == list(raw["carrier_id"])
    assert present["name"].map(normalise_name).is_unique
