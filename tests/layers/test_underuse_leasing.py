"""What a leasing officer asks, against numbers worked out by hand."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd
import pytest
import shapely
from pyproj import Geod

from layers.catalogue import load_catalogue
from layers.errors import AtlasError
from layers.underuse import LEASING_TITLES
from layers.underuse import leasing_facts
from tests.layers.packs_hand import PLACES
from tests.layers.packs_hand import carrier
from tests.layers.packs_hand import tables_of

CATALOGUE = load_catalogue()
STATIONS = {
    "近": (121.507, 31.281),
    "远": (121.52, 31.29),
    "在建": (121.5057, 31.2791),
}


def stations() -> list[dict[str, Any]]:
    status = {"近": "built", "远": None, "在建": "under_construction"}
    return [
        {"id": name, "name": f"{name}站", "status": status[name], "geometry": shapely.Point(place)}
        for name, place in STATIONS.items()
    ]


def unit(number: int, carrier_id: str = "C1", **changes: Any) -> dict[str, Any]:
    row = {
        "unit_id": f"U{number}",
        "carrier_id": carrier_id,
        "floor_area_m2": 100.0 * number,
        "state": "vacant",
        "data_date": "2026-09-30",
    }
    return row | changes


def facts(*carriers: dict[str, Any], **layers: list[dict[str, Any]]) -> Any:
    return leasing_facts(tables_of(*carriers, **layers), CATALOGUE)


def test_every_carrier_has_a_row_in_its_order() -> None:
    found = facts(*(carrier(n) for n in (3, 1, 2)))
    assert found.index.tolist() == ["C3", "C1", "C2"]
    assert {*found.columns, "carrier_id", "name", "sample"} == set(LEASING_TITLES)


def test_walk_to_the_metro_is_the_straight_line_times_the_detour() -> None:
    found = facts(*(carrier(n) for n in (1, 2, 3)), carrier(4), stations=stations())
    geod = Geod(ellps="GRS80")
    for name, (x, y) in PLACES.items():
        straight = {
            station: geod.inv(x, y, *place)[2]
            for station, place in STATIONS.items()
            if station != "在建"
        }
        nearest = min(straight, key=lambda station: straight[station])
        assert found["station"][name] == f"{nearest}站"
        assert found["metro_walk_m"][name] == pytest.approx(1.324 * straight[nearest], rel=1e-5)
    assert math.isnan(found["metro_walk_m"]["C4"])
    assert pd.isna(found["station"]["C4"])


def test_a_polygon_is_walked_from_its_centre() -> None:
    x, y = PLACES["C1"]
    block = shapely.box(x - 0.001, y - 0.001, x + 0.001, y + 0.001)
    found = facts(carrier(1), carrier(2, geometry=block), stations=stations())
    assert found["metro_walk_m"]["C2"] == pytest.approx(found["metro_walk_m"]["C1"], abs=0.01)


def test_without_stations_no_walk_is_guessed() -> None:
    assert facts(carrier(1))["metro_walk_m"].isna().all()
    closed = [row for row in stations() if row["id"] == "在建"]
    assert facts(carrier(1), stations=closed)["metro_walk_m"].isna().all()


def test_the_largest_block_is_the_larger_of_register_and_units() -> None:
    units = [unit(3), unit(25), unit(90, state="leased"), unit(4, "C2")]
    found = facts(
        carrier(1),
        carrier(2, largest_vacant_m2=None),
        carrier(3, largest_vacant_m2=None),
        carrier(4, largest_vacant_m2=None, vacant_area_m2=0.0),
        units=units,
    )["largest_vacant_m2"]
    # 2,000 m² by the register, 2,500 m² by the units; 400 m²; nobody knows; nothing empty.
    assert found["C1"] == 2500.0
    assert found["C2"] == 400.0
    assert math.isnan(found["C3"])
    assert found["C4"] == 0.0


def test_space_is_available_from_the_earliest_date() -> None:
    units = [
        unit(1, available_from="2027-03-01"),
        unit(2, state="leased", available_from="2026-12-01", lease_end="2026-11-30"),
        unit(3, "C2", available_from=None),
        unit(4, "C3", state="leased", lease_end="2026-10-31"),
    ]
    found = facts(
        carrier(1),
        carrier(2),
        carrier(3, vacant_area_m2=0.0),
        carrier(4, data_date="2026-08-31"),
        units=units,
    )["available_from"]
    assert found["C1"] == pd.Timestamp("2026-12-01")
    # It stood empty on the day of the data.
    assert found["C2"] == pd.Timestamp("2026-09-30")
    # That a lease ends does not say that the tenant goes.
    assert pd.isna(found["C3"])
    # Empty by the register, and no unit is listed.
    assert found["C4"] == pd.Timestamp("2026-08-31")


def test_floors_are_those_of_vacant_units_from_below() -> None:
    units = [
        unit(1, floor="10F"),
        unit(2, floor="2F"),
        unit(3, floor="2F"),
        unit(4, floor="-1F"),
        unit(5, floor="7F", state="leased"),
        unit(6, floor=None),
    ]
    found = facts(carrier(1), carrier(2), units=units)["floors"]
    assert found["C1"] == "-1F;2F;10F"
    assert pd.isna(found["C2"])


def test_rent_is_weighted_by_area_only_if_every_rent_is_known() -> None:
    units = [
        unit(1, "C2", state="leased", rent_yuan_m2_day=2.0),
        unit(3, "C2", state="leased", rent_yuan_m2_day=4.0),
        unit(5, "C2", rent_yuan_m2_day=99.0),
        unit(6, "C3", state="leased", rent_yuan_m2_day=2.0),
        unit(7, "C3", state="leased", rent_yuan_m2_day=None),
    ]
    blank = {"rent_yuan_m2_day": None}
    found = facts(carrier(1), carrier(2, **blank), carrier(3, **blank), units=units)
    rent = found["rent_yuan_m2_day"]
    assert rent["C1"] == 7.77
    assert rent["C2"] == pytest.approx((100 * 2 + 300 * 4) / 400)
    assert math.isnan(rent["C3"])


def test_zones_outside_is_empty_and_no_place_is_unknown() -> None:
    found = facts(*(carrier(n) for n in (1, 3)), carrier(4))
    assert (found["belts"]["C1"], found["zones"]["C1"]) == ("未来谷", "Z1")
    assert (found["belts"]["C3"], found["zones"]["C3"]) == ("", "")
    assert pd.isna(found["belts"]["C4"])
    assert pd.isna(found["zones"]["C4"])


def test_only_carriers_are_needed() -> None:
    carriers = tables_of(carrier(1))["carriers"]
    found = leasing_facts({"carriers": carriers}, CATALOGUE)
    assert found["largest_vacant_m2"]["C1"] == 2000.0
    assert found[["metro_walk_m", "station", "floors", "belts"]].isna().all(axis=None)
    plain = pd.DataFrame(carriers.drop(columns="geometry"))
    bare = leasing_facts({"carriers": plain}, CATALOGUE)
    assert bare["operator"]["C1"] == "绝密运营公司"
    assert bare["belts"].isna().all()
    with pytest.raises(AtlasError, match="carriers"):
        leasing_facts({}, CATALOGUE)
