"""What waits on a Monday morning, against a register that can be read by eye."""

from __future__ import annotations

import datetime as dt
from typing import Any

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from layers.agenda import LEASE_TITLES
from layers.agenda import ending_leases
from layers.agenda import unlocated
from layers.agenda import without_operator
from layers.analysis import scatter_of
from layers.catalogue import load_catalogue
from layers.contract import conform
from layers.edition import load_edition
from layers.underuse import underuse_of

CATALOGUE = load_catalogue()
TODAY = dt.date(2026, 11, 27)
LON, LAT = CATALOGUE.central_meridian, 31.3
_KM = 0.0105


def layer(key: str, *rows: dict[str, Any]) -> Any:
    checked = conform(pd.DataFrame(list(rows), dtype=object), CATALOGUE.layer(key))
    assert checked.rejected.empty, checked.rejected
    return checked.accepted


def carrier(name: str, east_km: float) -> dict[str, Any]:
    return {
        "carrier_id": name,
        "name": f"{name}楼",
        "gross_area_m2": 9000,
        "geometry": shapely.Point(LON + east_km * _KM, LAT),
    }


def unit(name: str, carrier_id: str, area: float, **more: Any) -> dict[str, Any]:
    base = {"unit_id": name, "carrier_id": carrier_id, "park_id": "P", "floor_area_m2": area}
    return {**base, "state": "leased", "breakable": False, "sample": False, **more}


def tables(*units: dict[str, Any]) -> dict[str, Any]:
    """Make one park at three places: a large one, and two that lie 5 km away from it."""
    return {
        "parks": layer("parks", {"park_id": "P", "name": "甲园"}),
        "carriers": layer("carriers", carrier("A", 0), carrier("B", 5), carrier("C", -5)),
        "units": layer("units", unit("a", "A", 50_000, lease_end="2026-12-31"), *units),
    }


def leases(*units: dict[str, Any], **options: Any) -> pd.DataFrame:
    own = tables(*units)
    return ending_leases(own, scatter_of(own, CATALOGUE), TODAY, **options)


def test_only_outlying_places_with_a_lease_that_ends_in_time_are_told() -> None:
    found = leases(
        unit("b1", "B", 100, lease_end="2027-03-31"),
        unit("b2", "B", 200, lease_end="2028-01-01"),
        unit("c1", "C", 300, lease_end="2028-06-30"),
    )
    assert list(found) == list(LEASE_TITLES)
    (row,) = found.to_dict("records")
    # The large place A ends too, but it is where the park is.
    assert (row["park_name"], row["carrier_id"], row["carrier_name"]) == ("甲园", "B", "B楼")
    assert (row["units"], row["floor_area_m2"], row["locked_units"]) == (1, 100.0, 2)
    assert row["first_end"] == pd.Timestamp("2027-03-31")
    assert row["open_from"] == pd.Timestamp("2028-01-02")
    assert row["within"] == 6


@pytest.mark.parametrize(
    ("end", "told", "within"),
    [
        ("2026-11-26", False, 0),  # it is over
        ("2026-11-27", True, 6),  # today is still a day of it
        ("2027-05-27", True, 6),
        ("2027-05-28", True, 12),
        ("2027-11-27", True, 12),
        ("2027-11-28", False, 0),
    ],
)
def test_the_limits_of_six_and_twelve_months(end: str, *, told: bool, within: int) -> None:
    found = leases(unit("b", "B", 100, lease_end=end))
    assert len(found) == int(told)
    if told:
        assert found["within"].iloc[0] == within


def test_what_can_be_broken_or_is_vacant_locks_nothing() -> None:
    found = leases(
        unit("b1", "B", 100, lease_end="2027-03-31", breakable=True),
        unit("b2", "B", 100, state="vacant"),
        unit("c1", "C", 100, state="own_use"),
    )
    assert found.empty


def test_a_lease_without_an_end_leaves_open_when_the_place_is_free() -> None:
    found = leases(
        unit("b1", "B", 100, lease_end="2027-03-31"), unit("b2", "B", 100, lease_end=None)
    )
    assert pd.isna(found["open_from"].iloc[0])
    assert found["locked_units"].iloc[0] == 2


def test_the_first_to_end_comes_first_and_more_months_tell_more() -> None:
    units = (
        unit("b", "B", 100, lease_end="2027-10-31"),
        unit("c", "C", 100, lease_end="2027-02-28"),
    )
    assert list(leases(*units)["carrier_id"]) == ["C", "B"]
    assert list(leases(*units, months=6)["carrier_id"]) == ["C"]


def test_no_units_no_leases() -> None:
    own = tables()
    del own["units"]
    assert ending_leases(own, scatter_of(own, CATALOGUE), TODAY).empty


def test_weak_space_without_operator_is_counted_as_the_register_says() -> None:
    edition = load_edition(CATALOGUE).tables
    judged = underuse_of(edition, CATALOGUE)
    found = without_operator(judged)
    operators = edition["carriers"].set_index("carrier_id")["operator"]
    states = judged.table.set_index("carrier_id")["state"]
    expected = {
        str(one)
        for one in states.index
        if states[one] in {"低效", "疑似低效"} and pd.isna(operators.get(one))
    }
    assert set(found["carrier_id"]) == expected
    assert expected


def test_objects_without_a_place_are_told_of_layers_that_have_places() -> None:
    edition = load_edition(CATALOGUE).tables
    found = unlocated(edition, CATALOGUE)
    counts = {
        key: int(frame.geometry.isna().sum())
        for key, frame in edition.items()
        if isinstance(frame, gpd.GeoDataFrame)
    }
    assert found["layer"].value_counts().to_dict() == {k: n for k, n in counts.items() if n}
    assert "units" not in set(found["layer"])
