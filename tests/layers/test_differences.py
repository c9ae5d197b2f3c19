"""Differences of two versions, against a comparison row by row and value by value."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING
from typing import Any

import numpy as np
import pandas as pd
import pyproj
import pytest
import shapely
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st
from shapely import affinity

from layers.catalogue import load_catalogue
from layers.contract import conform
from layers.differences import DELIVERY_COLUMNS
from layers.differences import KINDS
from layers.differences import SAME_PLACE_M
from layers.differences import delivery_diff
from layers.differences import differences
from layers.shapes import describe_shape
from layers.values import cell_text

if TYPE_CHECKING:
    import geopandas as gpd

SPEC = load_catalogue().layer("carriers")
GEOD = pyproj.Geod(ellps="GRS80")
X, Y = 121.5, 31.3
EAST = 1 / GEOD.inv(X, Y, X + 1, Y)[2]
NORTH = 1 / GEOD.inv(X, Y, X, Y + 1)[2]

Row = dict[str, Any]


def at(east: float, north: float) -> tuple[float, float]:
    return X + east * EAST, Y + north * NORTH


def box(west: float, south: float, east: float, north: float) -> shapely.Polygon:
    return shapely.box(*at(west, south), *at(east, north))


def frame(*rows: Row) -> gpd.GeoDataFrame:
    raw = pd.DataFrame([{"name": "楼", **row} for row in rows], dtype=object)
    if raw.empty:
        raw = pd.DataFrame({"carrier_id": [], "name": []}, dtype=object)
    checked = conform(raw, SPEC)
    assert checked.rejected.empty
    return checked.accepted


def one(old: Any, new: Any, **values: Any) -> pd.Series[Any]:
    """Return what the diff says of one row whose geometry changed."""
    before = frame({"carrier_id": "A", "geometry": old})
    after = frame({"carrier_id": "A", "geometry": new, **values})
    table = delivery_diff(before, after, SPEC)
    assert tuple(table.columns) == DELIVERY_COLUMNS
    assert len(table) == 1
    return table.iloc[0]


HERE = shapely.Point(*at(0, 0))
PLOT = box(0, 0, 100, 50)
RING = shapely.Polygon(PLOT.exterior, [box(20, 20, 30, 30).exterior])


def test_a_point_is_moved_by_the_geodesic_between_the_places() -> None:
    row = one(HERE, shapely.Point(*at(30, 40)))
    assert (row["kind"], row["kinds"]) == ("moved", ("moved",))
    assert row["moved_m"] == pytest.approx(50, abs=0.01)
    assert np.isnan(row["area_before_m2"])


@pytest.mark.parametrize("shape", [PLOT, RING, shapely.MultiPolygon([PLOT, box(300, 0, 310, 9)])])
def test_a_geometry_displaced_as_a_whole_is_moved_and_not_reshaped(shape: Any) -> None:
    row = one(shape, affinity.translate(shape, 12 * EAST, 5 * NORTH))
    assert row["kind"] == "moved"
    assert row["moved_m"] == pytest.approx(13, abs=0.01)


def test_a_redrawn_polygon_says_areas_share_and_common_ground() -> None:
    row = one(PLOT, box(0, 0, 150, 50))
    assert row["kind"] == "reshaped"
    before, after = (
        GEOD.geometry_area_perimeter(shapely.orient_polygons(shape))[0]
        for shape in (PLOT, box(0, 0, 150, 50))
    )
    assert row["area_before_m2"] == pytest.approx(before)
    assert row["area_after_m2"] == pytest.approx(after)
    assert row["area_share"] == pytest.approx(0.5)
    assert row["iou"] == pytest.approx(2 / 3)
    assert row["moved_m"] == pytest.approx(25, abs=0.01)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (PLOT, PLOT.reverse()),
        (PLOT, shapely.Polygon(np.roll(PLOT.exterior.coords[:-1], 2, axis=0))),
        (PLOT, shapely.set_precision(affinity.translate(PLOT, 1e-9, 1e-9), 1e-10)),
        (PLOT, shapely.Polygon(np.round(PLOT.exterior.coords, 7))),
        (HERE, shapely.Point(*at(0.9 * SAME_PLACE_M, 0))),
        (None, None),
    ],
    ids=["run the other way", "begun elsewhere", "last digits", "seven decimals", "2 cm", "none"],
)
def test_the_same_ground_drawn_otherwise_is_unchanged(old: Any, new: Any) -> None:
    row = one(old, new)
    assert (row["kind"], row["kinds"]) == ("unchanged", ("unchanged",))
    assert np.isnan(row["moved_m"])


@pytest.mark.parametrize(
    ("old", "new", "kind"),
    [(None, HERE, "located"), (HERE, None, "unlocated"), (HERE, PLOT, "reshaped")],
)
def test_places_that_come_go_or_get_an_outline(old: Any, new: Any, kind: str) -> None:
    row = one(old, new)
    assert row["kind"] == kind
    assert np.isnan(row["moved_m"]) == (kind != "reshaped")
    assert np.isnan(row["iou"])


def test_a_row_may_be_reshaped_and_changed_at_once() -> None:
    row = one(PLOT, box(0, 0, 99, 50), tenants=3, address="国定路")
    assert (row["kind"], row["kinds"]) == ("reshaped", ("reshaped", "changed"))
    assert row["fields"] == ("address", "tenants")


def test_empty_layers_have_differences_too() -> None:
    some, none = frame({"carrier_id": "A", "geometry": HERE}), frame()
    assert delivery_diff(none, some, SPEC)["kind"].tolist() == ["added"]
    assert delivery_diff(some, none, SPEC)["kind"].tolist() == ["removed"]
    nothing = delivery_diff(none, none, SPEC)
    assert (tuple(nothing.columns), len(nothing)) == (DELIVERY_COLUMNS, 0)
    assert differences(none, some, SPEC)["change"].tolist() == ["added"]


def test_a_table_without_geometry_is_compared_by_its_values() -> None:
    spec = load_catalogue().layer("units")
    rows = {"unit_id": ["U1"], "carrier_id": ["C1"]}
    old, new = (
        conform(pd.DataFrame({**rows, "floor_area_m2": [area]}), spec).accepted for area in (1, 2)
    )
    row = delivery_diff(old, new, spec).iloc[0]
    assert (row["kind"], row["fields"]) == ("changed", ("floor_area_m2",))


PLACES = st.sampled_from([None, HERE, shapely.Point(*at(9, 9)), PLOT, RING, box(0, 0, 10, 10)])
ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "carrier_id": st.sampled_from("ABCDEFG"),
            "name": st.sampled_from(["甲", "乙"]),
            "tenants": st.sampled_from([None, 0, 3]),
            "gross_area_m2": st.sampled_from([None, 0.0, -0.0, 1 / 3]),
            "protected": st.sampled_from([None, True, False]),
            "data_date": st.sampled_from([None, "2026-03-31", "2026-04-30"]),
            "vacant_since": st.sampled_from([None, "2026-03"]),
            "address": st.sampled_from([None, "国定路"]),
            "geometry": PLACES,
        }
    ),
    unique_by=lambda row: row["carrier_id"],
    max_size=7,
)


def _text(value: Any) -> str:
    missing = value is None or value is pd.NA or value is pd.NaT or value != value  # noqa: PLR0124 -- NaN
    return "" if missing else cell_text(value)


def _by_hand(old: pd.DataFrame, new: pd.DataFrame) -> list[tuple[str, ...]]:
    """Return what :func:`differences` says, looked at cell by cell."""
    before = {row["carrier_id"]: row for row in old.to_dict("records")}
    after = {row["carrier_id"]: row for row in new.to_dict("records")}
    rows = [(key, "removed", "", "", "") for key in before.keys() - after.keys()]
    rows += [(key, "added", "", "", "") for key in after.keys() - before.keys()]
    for key in before.keys() & after.keys():
        for name in SPEC.field_names:
            was, now = _text(before[key][name]), _text(after[key][name])
            if was != now:
                rows.append((key, "changed", name, was, now))
        was, now = before[key]["geometry"], after[key]["geometry"]
        if (was is None) != (now is None) or (was is not None and not was.equals(now)):
            rows.append((key, "changed", "geometry", describe_shape(was), describe_shape(now)))
    return sorted(rows)


@given(ROWS, ROWS)
@settings(max_examples=60, deadline=None)
def test_both_comparisons_agree_with_one_by_hand(first: list[Row], second: list[Row]) -> None:
    old, new = frame(*first), frame(*second)
    expected = _by_hand(old, new)
    told = differences(old, new, SPEC)
    assert [tuple(row) for row in told.itertuples(index=False)] == expected
    table = delivery_diff(old, new, SPEC).set_index("id")
    assert set(table.index) == set(old["carrier_id"]) | set(new["carrier_id"])
    by_id: dict[str, list[tuple[str, ...]]] = {}
    for key, *rest in expected:
        by_id.setdefault(key, []).append(tuple(rest))
    for row_id, row in table.iterrows():
        changes = by_id.get(str(row_id), [])
        kinds = {change for change, *_ in changes}
        if kinds & {"added", "removed"}:
            assert row["kinds"] == tuple(kinds)
            continue
        fields = {field for _, field, *_ in changes}
        assert set(row["fields"]) == fields - {"geometry"}
        assert bool(set(row["kinds"]) & {"moved", "reshaped", "located", "unlocated"}) == (
            "geometry" in fields
        )
        assert (row["kind"] == "unchanged") == (not changes)


@given(ROWS, ROWS, st.randoms(use_true_random=False))
@settings(max_examples=25, deadline=None)
def test_the_order_of_rows_changes_nothing(
    first: list[Row], second: list[Row], shuffler: Any
) -> None:
    old, new = frame(*first), frame(*second)
    expected = delivery_diff(old, new, SPEC)
    shuffled = list(second)
    shuffler.shuffle(shuffled)
    pd.testing.assert_frame_equal(delivery_diff(old, frame(*shuffled), SPEC), expected)


def test_the_most_telling_kind_comes_first() -> None:
    assert KINDS[0] == "added"
    assert KINDS[-1] == "unchanged"


def test_a_hundred_thousand_rows_are_compared_in_seconds() -> None:
    count = 100_000
    rng = np.random.default_rng(3)
    base = frame({"carrier_id": "A"})
    old = base.iloc[np.zeros(count, dtype=int)].reset_index(drop=True)
    old["carrier_id"] = pd.Series([f"C{i:06}" for i in range(count)], dtype="str")
    old.geometry = shapely.points(X + rng.random(count) / 10, Y + rng.random(count) / 10)
    new = old.copy()
    new.loc[: count // 2 - 1, "tenants"] = 1
    start = dt.datetime.now(dt.UTC)
    table = delivery_diff(old, new, SPEC)
    # It takes under a second; cell by cell it would take minutes.
    assert (dt.datetime.now(dt.UTC) - start).total_seconds() < 30
    assert table["kind"].value_counts().to_dict() == {
        "changed": count // 2,
        "unchanged": count // 2,
    }
