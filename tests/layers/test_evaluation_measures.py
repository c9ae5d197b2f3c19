"""What the layers give in place of a record, against sums made by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import shapely

from layers.catalogue import load_catalogue
from layers.evaluation import facts_of
from tests.evaluation_hand import card
from tests.evaluation_hand import criterion
from tests.evaluation_hand import park
from tests.evaluation_hand import record
from tests.evaluation_hand import tables

CATALOGUE = load_catalogue()
LAT = 31.3


def carrier(carrier_id: str, park_id: str | None = "P1", **values: Any) -> dict[str, Any]:
    return {
        "carrier_id": carrier_id,
        "name": carrier_id,
        "park_id": park_id,
        "data_date": "2025-06-30",
        **values,
    }


def areas(rentable: Any, own: Any, leased: Any, locked: Any, vacant: Any) -> dict[str, Any]:
    names = ("rentable", "own_use", "leased", "locked", "vacant")
    given = zip(names, (rentable, own, leased, locked, vacant), strict=True)
    return {f"{name}_area_m2": area for name, area in given}


def measured(
    name: str, *, key: str = "characteristic", records: Any = (), **layers: Any
) -> dict[str, tuple[float, float, str]]:
    """Return low, high and origin of the one criterion, by subject."""
    by = card(criterion(name, 1, measure=name), key=key)
    parks = layers.pop("parks", [park("P1", park_class=key, industry="数字经济")])
    found = facts_of(tables(parks, records, **layers), CATALOGUE, by, 2025).cells
    return {
        str(row["subject_id"]): (row["raw_low"], row["raw_high"], row["origin"])
        for row in found.to_dict("records")
    }


def test_occupancy_is_weighted_by_the_area_on_offer() -> None:
    carriers = [
        carrier("C1", **areas(1000, 0, 700, 0, 300)),
        carrier("C2", **areas(5000, 500, 4000, 500, 0)),
        carrier("C3", **areas(600, 0, 0, 600, 0)),  # nothing on offer
    ]
    low, high, origin = measured("occupancy", carriers=carriers)["P1"]
    expected = 100 * (1 - 300 / (1000 + 4500))
    assert (low, high) == pytest.approx((expected, expected))
    assert origin == "layers"


def unit(
    unit_id: str, carrier_id: str, state: str | None, area: Any, **more: Any
) -> dict[str, Any]:
    return {
        "unit_id": unit_id,
        "carrier_id": carrier_id,
        "park_id": "P1",
        "state": state,
        "floor_area_m2": area,
        "data_date": "2025-06-30",
        **more,
    }


def test_a_park_in_the_buildings_of_others_is_measured_by_its_units() -> None:
    carriers = [
        carrier("C1", None, **areas(9000, 0, 9000, 0, 0)),  # somebody else's, and full
        carrier("C2", **areas(1000, 0, 700, 0, 300)),  # its own, without units
    ]
    units = [
        unit("U1", "C1", "leased", 600),
        unit("U2", "C1", "vacant", 200),
        unit("U3", "C1", "locked", 500),  # not on offer
        unit("U4", "C1", "vacant", 400, park_id="P2"),
    ]
    low, high, origin = measured("occupancy", carriers=carriers, units=units)["P1"]
    expected = 100 * (1 - (200 + 300) / (800 + 1000))
    assert (low, high) == pytest.approx((expected, expected))
    assert origin == "layers"


def test_units_stand_for_a_carrier_that_has_them() -> None:
    carriers = [carrier("C1", **areas(1000, 0, 0, 0, 1000))]
    units = [unit("U1", "C1", "leased", 900), unit("U2", "C1", "vacant", 100)]
    assert measured("occupancy", carriers=carriers, units=units)["P1"][:2] == pytest.approx(
        (90, 90)
    )


def test_a_unit_in_an_unknown_state_may_be_vacant_or_not() -> None:
    carriers = [carrier("C1", None, **areas(1000, 0, 1000, 0, 0))]
    units = [unit("U1", "C1", "leased", 300), unit("U2", "C1", None, 100)]
    assert measured("occupancy", carriers=carriers, units=units)["P1"][:2] == pytest.approx(
        (75, 100)
    )


def test_an_unknown_vacancy_leaves_an_interval() -> None:
    carriers = [
        carrier("C1", **areas(1000, 0, 700, 0, 300)),
        carrier("C2", **areas(1000, None, 400, 0, None)),  # own use and vacant share 600
    ]
    low, high, _origin = measured("occupancy", carriers=carriers)["P1"]
    # Vacant in C2 anything from 0 to 600 m², but for the tolerance of the closure.
    assert low == pytest.approx(100 * (1 - 900 / 2000), abs=1.0)
    assert high == pytest.approx(100 * (1 - 300 / 2000), abs=1.0)


def test_a_carrier_of_unknown_size_may_weigh_anything() -> None:
    carriers = [
        carrier("C1", **areas(1000, 0, 900, 0, 100)),
        carrier("C2", **areas(None, None, None, None, None)),
    ]
    assert measured("occupancy", carriers=carriers)["P1"][2] == "none"


def test_areas_that_contradict_each_other_say_nothing() -> None:
    carriers = [carrier("C1", **areas(1000, 0, 200, 0, 300))]
    low, high, origin = measured("occupancy", carriers=carriers)["P1"]
    assert np.isnan([low, high]).all()
    assert origin == "none"


@pytest.mark.parametrize(("day", "origin"), [("2024-12-31", "none"), ("2025-01-01", "layers")])
def test_layers_of_another_year_are_not_taken(day: str, origin: str) -> None:
    carriers = [carrier("C1", **areas(1000, 0, 700, 0, 300)) | {"data_date": day}]
    assert measured("occupancy", carriers=carriers)["P1"][2] == origin


def test_a_record_comes_before_the_layers() -> None:
    carriers = [carrier("C1", **areas(1000, 0, 700, 0, 300))]
    layers: Any = {"key": "characteristic", "carriers": carriers}
    told = record("P1", "occupancy", 88.0, card="characteristic")
    assert measured("occupancy", records=[told], **layers)["P1"] == (88, 88, "recorded")
    silent = told | {"value": None, "value_state": "not_reported"}
    assert measured("occupancy", records=[silent], **layers)["P1"][0] == pytest.approx(70)
    secret = told | {"value": None, "value_state": "withheld"}
    assert np.isnan(measured("occupancy", records=[secret], **layers)["P1"][0])


def test_chain_share_counts_leased_area_and_unknown_industries_both_ways() -> None:
    units = [
        ("U1", "leased", "数字经济", 400),
        ("U2", "leased", "生命健康", 100),
        ("U3", "leased", None, 300),
        ("U4", "vacant", None, 900),
        ("U5", "own_use", "数字经济", 900),
    ]
    rows = [
        {
            "unit_id": unit,
            "carrier_id": "C1",
            "state": state,
            "industry": industry,
            "floor_area_m2": area,
            "data_date": "2025-06-30",
        }
        for unit, state, industry, area in units
    ]
    layers: dict[str, Any] = {"carriers": [carrier("C1")], "units": rows}
    low, high, origin = measured("chain_share", **layers)["P1"]
    assert (low, high) == pytest.approx((50, 87.5))
    assert origin == "layers"
    rows[1]["floor_area_m2"] = None
    assert measured("chain_share", **layers)["P1"][2] == "none"
    nameless = [park("P1", park_class="characteristic")]
    assert measured("chain_share", parks=nameless, **layers)["P1"][2] == "none"


def test_output_is_a_ratio_of_sums_over_the_median_of_the_class() -> None:
    taxes = {"A": (40, 1000), "B": (10, 4000), "C": (30, 1000), "D": (20, 1000)}
    carriers = [
        carrier(
            key,
            "P1" if key in "AB" else "P2",
            carrier_class="characteristic",
            gross_area_m2=area,
            tax_wan=tax,
        )
        for key, (tax, area) in taxes.items()
    ]
    parks = [park(key, park_class="characteristic") for key in ("P1", "P2")]
    found = measured("output_ratio", parks=parks, carriers=carriers)
    median = np.median([10_000 * tax / area for tax, area in taxes.values()])
    assert found["P1"][0] == pytest.approx(10_000 * 50 / 5000 / median)
    assert found["P2"][:2] == pytest.approx((250 / median, 250 / median))
    carriers[1]["tax_wan"] = None
    found = measured("output_ratio", parks=parks, carriers=carriers)
    assert found["P1"][2] == "none"
    assert found["P2"][0] == pytest.approx(250 / 300)  # the median of 400, 300 and 200


def test_firms_in_incubation_are_a_ratio_of_sums() -> None:
    carriers = [
        carrier("C1", gross_area_m2=1000, incubated=9),
        carrier("C2", gross_area_m2=9000, above_ground_area_m2=5000, incubated=3),
    ]
    found = measured("tenants_density", key="incubator", carriers=carriers)
    assert found["P1"][:2] == pytest.approx((2, 2))
    carriers.append(carrier("C3", gross_area_m2=1000))
    assert measured("tenants_density", key="incubator", carriers=carriers)["P1"][2] == "none"


@pytest.mark.parametrize("gaps", ["incubated=疑错", "税收总额=保密不提供；在孵企业数=疑错"])
def test_numbers_that_the_register_doubts_are_not_taken(gaps: str) -> None:
    carriers = [carrier("C1", gross_area_m2=1000, incubated=9, gaps=gaps)]
    assert measured("tenants_density", key="incubator", carriers=carriers)["P1"][2] == "none"


def spread() -> list[dict[str, Any]]:
    """Return two carriers together and one 3 km away, half the area of all."""
    places = {"C1": (121.50, 300), "C2": (121.5005, 200), "C3": (121.532, 500)}
    return [
        carrier(key, gross_area_m2=area, geometry=shapely.Point(lon, LAT))
        for key, (lon, area) in places.items()
    ]


def zone(*corners: tuple[float, float]) -> dict[str, Any]:
    shape = shapely.Polygon([(121.49, 31.29), *corners, (121.49, 31.31)])
    status = {"belt": "未来谷", "boundary_status": "sketch"}
    return {"zone_id": "Z", "name": "带", "geometry": shape, **status}


def test_the_largest_walkable_share_and_the_share_in_the_zones() -> None:
    half = pytest.approx((50, 50))
    zones = [zone((121.51, 31.29), (121.51, 31.31))]
    assert measured("lcc", carriers=spread())["P1"][:2] == half
    assert measured("zone_share", carriers=spread(), zones=zones)["P1"][:2] == half
    assert measured("zone_share", carriers=spread())["P1"][2] == "none"


def test_what_lies_on_the_border_of_a_zone_may_be_in_or_out() -> None:
    # The third carrier is a corner of the zone.
    zones = [zone((121.532, LAT))]
    low, high, _origin = measured("zone_share", carriers=spread(), zones=zones)["P1"]
    assert low == pytest.approx(50)
    assert high == pytest.approx(100)


def test_too_little_located_is_not_measured() -> None:
    carriers = spread()
    carriers[2] |= {"geometry": None}
    assert measured("lcc", carriers=carriers)["P1"][2] == "none"


def test_an_operator_is_judged_by_change_against_the_market() -> None:
    by = card(
        criterion(
            "vacancy_change",
            1,
            points=((-10, 100), (10, 0)),
            direction="less",
            measure="vacancy_change",
        ),
        key="operator",
        subjects=(("operators", "", ""),),
    )
    operators = [{"operator_id": key, "name": key} for key in ("O1", "O2", "O3")]
    levels = {"O1": (60, 52), "O2": (10, 12), "MARKET": (24, 27)}
    records = [
        record(who, "vacancy", value, card="operator", period=year)
        for who, values in levels.items()
        for year, value in zip((2024, 2025), values, strict=True)
    ]
    records.append(record("O3", "vacancy", 30, card="operator"))
    found = facts_of(tables([], records, operators=operators), CATALOGUE, by, 2025)
    cells: Any = found.cells.set_index("subject_id")
    assert cells.loc["O1", "raw_low"] == pytest.approx(-8 - 3)
    assert cells.loc["O2", "raw_low"] == pytest.approx(2 - 3)
    assert np.isnan(cells.loc["O3", "raw_low"])
    assert cells["origin"].tolist() == ["difference", "difference", "none"]
    assert found.unused.empty
    said = record("O1", "vacancy_change", -5, card="operator")
    told = facts_of(tables([], [*records, said], operators=operators), CATALOGUE, by, 2025)
    first: Any = told.cells.set_index("subject_id").loc["O1"]
    assert (first["raw_low"], first["origin"]) == (-5, "recorded")


def test_without_the_market_no_change_is_known() -> None:
    by = card(
        criterion("vacancy_change", 1, measure="vacancy_change"),
        key="operator",
        subjects=(("operators", "", ""),),
    )
    records = [record("O1", "vacancy", 30, card="operator", period=y) for y in (2024, 2025)]
    layers = tables([], records, operators=[{"operator_id": "O1", "name": "O1"}])
    assert facts_of(layers, CATALOGUE, by, 2025).cells["origin"].tolist() == ["none"]
