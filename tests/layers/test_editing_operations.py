from __future__ import annotations

import datetime as dt
import json
import math
from typing import Any

import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from layers.catalogue import load_catalogue
from layers.contract import conform
from layers.editing import Add
from layers.editing import Delete
from layers.editing import EditError
from layers.editing import Merge
from layers.editing import Operation
from layers.editing import Reshape
from layers.editing import SetValues
from layers.editing import Split
from layers.editing import apply
from layers.editing import next_id
from layers.editing import perform
from layers.frames import empty_frame

CATALOGUE = load_catalogue()
ZONES, PARKS, UNITS = (CATALOGUE.layer(key) for key in ("zones", "parks", "units"))
X, Y = 121.5, 31.3


def box(west: float, south: float, size: float = 0.004) -> shapely.Polygon:
    return shapely.box(X + west, Y + south, X + west + size, Y + south + size)


def frame_of(key: str, *rows: dict[str, Any]) -> Any:
    checked = conform(pd.DataFrame(list(rows), dtype=object), CATALOGUE.layer(key))
    assert checked.rejected.empty
    return checked.accepted


def zone(key: str, shape: Any, **more: Any) -> dict[str, Any]:
    known = {"zone_id": key, "name": f"区{key}", "belt": "未来谷", "boundary_status": "official"}
    return {**known, "geometry": shape, **more}


ZONE_FRAME = frame_of(
    "zones",
    zone("Z01", box(0, 0), stated_area_m2=168000, verified=True, accuracy_m=5),
    zone("Z02", box(0.004, 0), boundary_status="sketch"),
    zone("Z03", box(0.02, 0)),
    zone("Z04", None),
)
PARK_FRAME = frame_of(
    "parks",
    {"park_id": "P1", "name": "点园", "geometry": shapely.Point(X, Y), "sample": True},
    {"park_id": "P2", "name": "面园", "geometry": box(0, 0), "boundary_status": "official"},
)
ROUND_TRIP = [
    Add("D01", box(0.01, 0.01), {"name": "=1+1", "belt": "杨数浦", "accuracy_m": 0.1}),
    Add("U9", None, {"carrier_id": "B01"}),
    Reshape("Z01", shapely.MultiPolygon([box(0, 0), box(0.01, 0.01)])),
    Split("Z01", shapely.LineString([(X - 1, Y + 0.002), (X + 1, Y + 1 / 3)]), "D02"),
    Merge(("Z01", "Z02"), "Z02"),
    SetValues("Z01", {"name": "甲", "verified": True, "stated_area_m2": None}),
    Delete("Z03"),
]


@pytest.mark.parametrize("operation", ROUND_TRIP, ids=lambda op: op.kind)
def test_an_operation_written_as_json_is_read_back_equal(operation: Operation) -> None:
    text = json.dumps(operation.as_dict(), allow_nan=False)
    assert Operation.from_dict(json.loads(text)) == operation


degrees = st.floats(-180, 180, allow_nan=False)


@given(st.lists(st.tuples(degrees, degrees), min_size=2, max_size=6), st.text(), st.floats())
@settings(deadline=None, max_examples=60)
def test_no_bit_of_a_coordinate_and_no_character_is_lost(
    places: list[tuple[float, float]], text: str, number: float
) -> None:
    operation = Add(text, shapely.LineString(places), {"name": text, "accuracy_m": number})
    again = Operation.from_dict(json.loads(json.dumps(operation.as_dict(), allow_nan=False)))
    assert isinstance(again, Add)
    assert again.geometry is not None
    kept = shapely.get_coordinates(again.geometry)
    assert kept.tobytes() == np.array(places, dtype=float).tobytes()
    written = operation.as_dict()["values"]
    assert again.as_dict()["values"] == written
    assert written["name"] == text
    if math.isfinite(number):
        assert written["accuracy_m"] == number


def test_values_become_plain_and_do_not_follow_the_mapping_given() -> None:
    given_values: dict[str, Any] = {
        "a": np.float64(1.5),
        "b": np.bool_(True),  # noqa: FBT003
        "c": pd.NA,
        "d": dt.date(2026, 3, 31),
        "e": pd.Timestamp("2026-03-31"),
        "f": math.nan,
    }
    operation = SetValues("Z01", given_values)
    given_values.clear()
    assert operation.as_dict()["values"] == {
        "a": 1.5,
        "b": True,
        "c": None,
        "d": "2026-03-31",
        "e": "2026-03-31",
        "f": None,
    }
    with pytest.raises(EditError, match="Z01"):
        SetValues("Z01", {"name": ["a"]})  # type: ignore[dict-item]


@pytest.mark.parametrize(
    "record",
    [
        None,
        [],
        {},
        {"kind": "drop table"},
        {"kind": ["add"]},
        {"kind": "delete"},
        {"kind": "delete", "feature_id": 3},
        {"kind": "delete", "feature_id": "Z01", "more": 1},
        {"kind": "merge", "feature_ids": "Z01", "keep_id": "Z01"},
        {"kind": "set_values", "feature_id": "Z01", "values": {"name": ["a"]}},
        {"kind": "set_values", "feature_id": "Z01", "values": "name"},
        {"kind": "reshape", "feature_id": "Z01", "geometry": "zz"},
        {"kind": "reshape", "feature_id": "Z01", "geometry": "0103000000FFFFFFFF"},
        {"kind": "split", "feature_id": "Z01", "line": None, "new_id": "D01"},
    ],
)
def test_a_record_that_is_no_operation_is_refused(record: object) -> None:
    with pytest.raises(EditError):
        Operation.from_dict(record)


CUT = shapely.LineString([(X - 0.001, Y + 0.001), (X + 0.005, Y + 0.001)])
CHANGES: list[tuple[Operation, list[str]]] = [
    (Add("D01", box(0.01, 0.01), {"name": "新", "belt": "未来谷"}), ["Z01", "Z02", "Z03", "Z04"]),
    (Reshape("Z01", box(0, 0, 0.003)), []),
    (Reshape("Z04", box(0.05, 0.05)), []),
    (Split("Z01", CUT, "D01"), []),
    (Merge(("Z02", "Z01"), "Z02"), ["Z02", "Z03", "Z04"]),
    (SetValues("Z02", {"name": "乙", "stated_area_m2": "1,000"}), []),
    (Delete("Z01"), ["Z02", "Z03", "Z04"]),
]


@pytest.mark.parametrize(("operation", "ids"), CHANGES, ids=lambda v: getattr(v, "kind", ""))
def test_the_frame_given_stays_as_it_is_and_types_stay(
    operation: Operation, ids: list[str]
) -> None:
    before, shapes = ZONE_FRAME.copy(deep=True), list(shapely.to_wkb(ZONE_FRAME.geometry))
    after: Any = apply(operation, ZONE_FRAME, ZONES)
    pd.testing.assert_frame_equal(pd.DataFrame(ZONE_FRAME), pd.DataFrame(before))
    assert list(shapely.to_wkb(ZONE_FRAME.geometry)) == shapes
    assert after.dtypes.equals(empty_frame(ZONES).dtypes)
    assert after.crs == "EPSG:4490"
    assert after.index.equals(pd.RangeIndex(len(after)))
    stand = ids or ["Z01", "Z02", "Z03", "Z04"]
    assert after["zone_id"].tolist()[: len(stand)] == stand
    others = [key for key in stand if key not in operation.ids]
    for key in others:
        old, new = (f[f["zone_id"].eq(key)].reset_index(drop=True) for f in (before, after))
        pd.testing.assert_frame_equal(pd.DataFrame(old), pd.DataFrame(new))


BOW_TIE = shapely.Polygon([(X, Y), (X + 0.002, Y + 0.002), (X + 0.002, Y), (X, Y + 0.002)])
REFUSED: list[tuple[Operation, str, str]] = [
    (Delete("Z99"), "Z99", "no such feature"),
    (Reshape("Z99", box(0, 0)), "Z99", "no such feature"),
    (SetValues("Z99", {}), "Z99", "no such feature"),
    (Split("Z99", CUT, "D01"), "Z99", "no such feature"),
    (Merge(("Z01", "Z99"), "Z01"), "Z99", "no such feature"),
    (Add("Z01", box(0, 0), {"name": "a"}), "Z01", "already"),
    (Split("Z01", CUT, "Z02"), "Z02", "already"),
    (Split("Z01", CUT, "Z01"), "Z01", "already"),
    (Split("Z04", CUT, "D01"), "Z04", "no geometry"),
    (Merge(("Z01", "Z04"), "Z01"), "Z04", "no geometry"),
    (Merge(("Z01",), "Z01"), "Z01", "two features"),
    (Merge(("Z02", "Z03"), "Z01"), "Z01", "one of them"),
    (Add(" D01", box(0, 0), {"name": "a"}), " D01", "blank"),
    (Add("", box(0, 0), {"name": "a"}), "''", "empty"),
    (Add("D\x07", box(0, 0), {"name": "a"}), "D\x07", "control"),
    (Add("D01", None, {"name": "a"}), "D01", "no geometry"),
    (Add("D01", shapely.Polygon(), {"name": "a"}), "D01", "no geometry"),
    (Add("D01", shapely.Point(X, Y), {"name": "a"}), "D01", "Point does not fit"),
    (Add("D01", shapely.GeometryCollection([box(0, 0)]), {}), "D01", "does not fit"),
    (Reshape("Z01", CUT), "Z01", "LineString does not fit"),
    (Reshape("Z01", BOW_TIE), "Z01", "crosses itself"),
    (Reshape("Z01", shapely.box(12, 31, 12.1, 31.1)), "Z01", "outside the plausible range"),
    (Reshape("Z01", shapely.box(31, 121, 31.1, 121.1)), "Z01", "swapped"),
    (Add("D01", box(0, 0), {"name": "a"}), "D01", "'Belt' is empty"),
    (Add("D01", box(0, 0), {"belt": "未来谷"}), "D01", "'Name' is empty"),
    (Add("D01", box(0, 0), {"name": "a", "belt": "别处"}), "D01", "allowed values"),
    (SetValues("Z01", {"height": 3}), "Z01", "no field 'height'"),
    (SetValues("Z01", {"name": None}), "Z01", "is empty"),
    (SetValues("Z01", {"name": "  "}), "Z01", "is empty"),
    (SetValues("Z01", {"zone_id": "Z09"}), "Z01", "cannot be changed"),
    (SetValues("Z01", {"stated_area_m2": "很大"}), "Z01", "not a number"),
    (SetValues("Z01", {"stated_area_m2": math.inf}), "Z01", "not a number"),
    (SetValues("Z01", {"stated_area_m2": -1}), "Z01", "outside the allowed range"),
    (SetValues("Z01", {"verified": "maybe"}), "Z01", "neither yes nor no"),
    (SetValues("Z01", {"boundary_status": "真的"}), "Z01", "allowed values"),
]


@pytest.mark.parametrize(("operation", "key", "why"), REFUSED)
def test_a_refusal_names_the_feature_and_the_reason_in_both_languages(
    operation: Operation, key: str, why: str
) -> None:
    with pytest.raises(EditError) as error:
        apply(operation, ZONE_FRAME, ZONES)
    text = error.value.text
    assert key.strip("'") in text.en
    assert key.strip("'") in text.zh
    assert why in text.en
    assert "import again" not in text.en
    assert "重新导入" not in text.zh
    assert any("\u4e00" <= letter <= "\u9fff" for letter in text.zh)


def test_where_a_boundary_crosses_itself_is_said() -> None:
    with pytest.raises(EditError) as error:
        apply(Reshape("Z01", BOW_TIE), ZONE_FRAME, ZONES)
    for text in (error.value.text.zh, error.value.text.en):
        assert "121.5010000, 31.3010000" in text


def test_a_hole_outside_and_overlapping_parts_are_refused() -> None:
    outside = shapely.Polygon(box(0, 0).exterior, [box(0.01, 0).exterior.coords])
    with pytest.raises(EditError, match="a hole lies outside"):
        apply(Reshape("Z01", outside), ZONE_FRAME, ZONES)
    double = shapely.MultiPolygon([box(0, 0), box(0.002, 0.002)])
    with pytest.raises(EditError, match="not valid"):
        apply(Reshape("Z01", double), ZONE_FRAME, ZONES)


def test_heights_are_left_out() -> None:
    high = shapely.force_3d(box(0.05, 0), 7)
    made: Any = apply(Reshape("Z03", high), ZONE_FRAME, ZONES)
    assert not shapely.has_z(made.geometry[2])


def test_a_drawn_zone_is_a_sketch_unless_the_planner_says_otherwise() -> None:
    values = {"name": "新", "belt": "未来谷"}
    drawn = perform(Add("D01", box(0.01, 0), values), ZONE_FRAME, ZONES)
    row = drawn.frame.iloc[-1]
    assert row["boundary_status"] == "sketch"
    assert pd.isna(row["source"])
    assert [n.code for n in drawn.notes] == ["sketch", "no_source"]
    assert all("D01" in n.text.zh and "D01" in n.text.en for n in drawn.notes)
    told = {"boundary_status": "正式边界", "source": "control-plan"}
    copied = perform(Add("D01", box(0.01, 0), {**values, **told}), ZONE_FRAME, ZONES)
    assert copied.frame.iloc[-1]["boundary_status"] == "official"
    assert copied.notes == ()


def test_a_new_feature_is_no_sample_and_has_the_date_it_was_given() -> None:
    values = {"name": "新园", "data_date": dt.date(2026, 5, 1)}
    made: Any = apply(Add("D1", shapely.Point(X, Y), values), PARK_FRAME, PARKS)  # type: ignore[arg-type]
    row = made.iloc[-1]
    assert not row["sample"]
    assert row["data_date"] == pd.Timestamp("2026-05-01")
    assert pd.isna(row["boundary_status"])
    assert row.geometry.equals(shapely.Point(X, Y))


def test_a_redrawn_boundary_is_no_official_one_and_not_verified() -> None:
    made = perform(Reshape("Z01", box(0, 0, 0.0041)), ZONE_FRAME, ZONES)
    row = made.frame.iloc[0]
    assert row["boundary_status"] == "sketch"
    assert pd.isna(row["accuracy_m"])
    assert not row["verified"]
    assert row["stated_area_m2"] == 168000
    assert [n.code for n in made.notes] == ["sketch", "not_verified", "fields_of_old_shape"]
    assert "公布面积" in made.notes[-1].text.zh
    again = perform(Reshape("Z02", box(0.004, 0, 0.005)), ZONE_FRAME, ZONES)
    assert again.notes == ()


def test_a_point_becomes_a_boundary_and_a_sample_stays_one() -> None:
    made = perform(Reshape("P1", box(0, 0)), PARK_FRAME, PARKS)
    row = made.frame.iloc[0]
    assert row["sample"]
    assert row["boundary_status"] == "sketch"
    back = perform(Reshape("P2", shapely.Point(X, Y)), PARK_FRAME, PARKS)
    assert pd.isna(back.frame.iloc[1]["boundary_status"])
    assert [n.code for n in back.notes] == ["no_boundary"]


def test_values_are_read_as_the_contract_reads_them() -> None:
    typed = {"stated_area_m2": "１,２００.5", "verified": "是", "belt": "Yangshupu belt"}
    hostile = {"name": "<script>alert(1)</script>", "note": "=1+1\r\n二", "source": "007"}
    made = apply(SetValues("Z02", {**typed, **hostile}), ZONE_FRAME, ZONES)
    row = made.iloc[1]
    assert row["stated_area_m2"] == 1200.5
    assert row["verified"]
    assert row["belt"] == "杨数浦"
    assert row["name"] == "<script>alert(1)</script>"
    assert row["note"] == "=1+1\n二"
    assert row["source"] == "007"
    cleared = apply(SetValues("Z01", {"stated_area_m2": None}), ZONE_FRAME, ZONES)
    assert pd.isna(cleared.iloc[0]["stated_area_m2"])


def test_taking_the_sample_mark_away_is_noted() -> None:
    made = perform(SetValues("P1", {"sample": False}), PARK_FRAME, PARKS)
    assert [n.code for n in made.notes] == ["sample_cleared"]
    assert perform(SetValues("P2", {"sample": False}), PARK_FRAME, PARKS).notes == ()


def test_a_table_without_geometry_can_be_edited_but_not_drawn() -> None:
    units = frame_of("units", {"unit_id": "U1", "carrier_id": "C1", "floor_area_m2": 10})
    more = apply(Add("U2", None, {"carrier_id": "C1", "state": "空置"}), units, UNITS)
    assert more["state"].tolist()[1] == "vacant"
    assert more.dtypes.equals(empty_frame(UNITS).dtypes)
    for operation in (
        Add("U3", shapely.Point(X, Y), {"carrier_id": "C1"}),
        Reshape("U1", shapely.Point(X, Y)),
        Split("U1", CUT, "U4"),
    ):
        with pytest.raises(EditError, match="table without geometry"):
            apply(operation, units, UNITS)


def test_the_first_feature_of_an_empty_layer() -> None:
    gates = CATALOGUE.layer("gates")
    made: Any = apply(Add("D01", shapely.Point(X, Y), {"name": "南门"}), empty_frame(gates), gates)
    assert made.dtypes.equals(empty_frame(gates).dtypes)
    assert made["name"].tolist() == ["南门"]


def test_free_ids_follow_the_style_of_the_layer() -> None:
    assert next_id(ZONE_FRAME, ZONES) == "Z05"
    assert next_id(ZONE_FRAME, ZONES, ["Z11"]) == "Z12"
    assert next_id(empty_frame(CATALOGUE.layer("gates")), CATALOGUE.layer("gates")) == "NEW01"
    mixed = frame_of(
        "parks",
        *({"park_id": key, "name": key} for key in ("S22", "B02", "D08", "D09b", "C08", "园1")),
    )
    # A series of the layer, such as that of the letter D, is not continued by guess.
    assert next_id(mixed, PARKS) == "NEW01"
    assert next_id(mixed.iloc[::-1], PARKS) == "NEW01"
    assert next_id(mixed, PARKS, ["NEW01"]) == "NEW02"
