from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely import Point

from geo.spaces import park_spaces


@pytest.fixture
def carriers() -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        {
            "carrier_id": ["c1", "c2", "c3", "c4", "c5"],
            "park_id": ["p1", "p2", None, "p1", None],
            "gross_area_m2": [1000.0, 2000.0, 3000.0, np.nan, 5000.0],
            "sample": pd.array([True, None, False, None, True], dtype="boolean"),
        },
        geometry=[Point(0, 0), None, Point(2, 0), Point(3, 0), Point(4, 0)],
        crs="EPSG:4490",
    )


@pytest.fixture
def units() -> pd.DataFrame:
    return pd.DataFrame(
        [
            ("u1", "c1", "p1", 10.0, "leased", False),
            ("u2", "c1", None, 20.0, "vacant", False),
            ("u3", "c1", "p2", 5.0, "locked", False),
            ("u4", "c2", "p1", 7.0, "leased", True),
            ("u5", "c2", "p1", np.nan, "leased", False),
            ("u6", "lost", "p3", 9.0, "leased", False),
            ("u7", "c3", None, 1.0, "vacant", False),
        ],
        columns=["unit_id", "carrier_id", "park_id", "floor_area_m2", "state", "sample"],
    )


def test_units_are_added_up_and_undivided_carriers_count_whole(
    carriers: gpd.GeoDataFrame, units: pd.DataFrame
) -> None:
    spaces = park_spaces(carriers, units)
    rows = {(r.park_id, r.carrier_id): r for r in spaces.itertuples()}
    # c3 and c5 belong to no park; c2 is divided, and its own park holds no unit of it.
    assert list(rows) == [
        ("p1", "c1"),
        ("p1", "c2"),
        ("p1", "c4"),
        ("p2", "c1"),
        ("p3", "lost"),
    ]
    assert rows["p1", "c1"].floor_area_m2 == 30  # a unit without park is its carrier's
    assert rows["p1", "c1"].units == 2
    assert rows["p2", "c1"].floor_area_m2 == 5  # space in the building of another park
    assert np.isnan(rows["p1", "c2"].floor_area_m2)  # one unknown unit
    assert rows["p1", "c2"].units == 2
    assert np.isnan(rows["p1", "c4"].floor_area_m2)  # undivided, gross area unknown
    assert rows["p1", "c4"].units == 0


def test_a_unit_of_an_unknown_carrier_is_kept_without_a_place(
    carriers: gpd.GeoDataFrame, units: pd.DataFrame
) -> None:
    spaces = park_spaces(carriers, units).set_index("carrier_id")
    assert spaces.loc["lost", "geometry"] is None
    assert spaces.loc["lost", "floor_area_m2"] == 9


def test_sample_marks_come_from_units_and_carriers(
    carriers: gpd.GeoDataFrame, units: pd.DataFrame
) -> None:
    sample = park_spaces(carriers, units).set_index(["park_id", "carrier_id"])["sample"]
    assert sample.to_dict() == {
        ("p1", "c1"): True,
        ("p1", "c2"): True,
        ("p1", "c4"): False,
        ("p2", "c1"): True,
        ("p3", "lost"): False,
    }


def test_dtypes_and_crs_hold_also_when_empty(
    carriers: gpd.GeoDataFrame, units: pd.DataFrame
) -> None:
    expected = ["str", "str", "float64", "Int64", "boolean", "geometry"]
    for result in (
        park_spaces(carriers, units),
        park_spaces(carriers, None),
        park_spaces(carriers, units.iloc[:0]),
        park_spaces(carriers.iloc[:0], None),
        park_spaces(carriers.iloc[:0], units),
    ):
        assert [str(dtype) for dtype in result.dtypes] == expected
        assert result.crs == "EPSG:4490"


def test_without_units_every_carrier_counts_for_its_park(carriers: gpd.GeoDataFrame) -> None:
    spaces = park_spaces(carriers, None)
    assert spaces["carrier_id"].tolist() == ["c1", "c4", "c2"]
    assert spaces["floor_area_m2"].fillna(-1).tolist() == [1000, -1, 2000]


def test_optional_columns_may_be_missing(carriers: gpd.GeoDataFrame, units: pd.DataFrame) -> None:
    bare = park_spaces(carriers[["carrier_id", "park_id", "geometry"]], units[["carrier_id"]])
    assert bare["floor_area_m2"].isna().all()
    assert not bare["sample"].any()
    assert park_spaces(carriers[["carrier_id", "geometry"]], None).empty


def test_order_of_rows_does_not_matter(carriers: gpd.GeoDataFrame, units: pd.DataFrame) -> None:
    expected = park_spaces(carriers, units)
    got = park_spaces(carriers.iloc[::-1], units.sample(frac=1, random_state=3))
    pd.testing.assert_frame_equal(pd.DataFrame(got), pd.DataFrame(expected))


def test_a_carrier_listed_twice_is_refused(carriers: gpd.GeoDataFrame) -> None:
    with pytest.raises(ValueError, match=r"carriers.*c1"):
        park_spaces(pd.concat([carriers, carriers.iloc[:1]]), None)


def test_missing_keys_are_named(carriers: gpd.GeoDataFrame) -> None:
    with pytest.raises(ValueError, match=r"units.*carrier_id"):
        park_spaces(carriers, pd.DataFrame({"park_id": ["p1"]}))
