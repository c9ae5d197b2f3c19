from __future__ import annotations

from dataclasses import replace
from itertools import product
from typing import TYPE_CHECKING
from typing import Any

import numpy as np
import pandas as pd
import pytest
from shapely import LineString
from shapely import box

from geo.access import ACCESS_RULE_VERSION
from geo.access import GROUPS
from geo.access import NEAREST_KEYS
from geo.access import AccessParameters
from geo.access import universities
from geo.layout import OPEN_GROUND
from geo.layout import Surroundings
from tests.geo.access.town import METRE_FOR_METRE
from tests.geo.access.town import campus
from tests.geo.access.town import destinations
from tests.geo.access.town import facility
from tests.geo.access.town import gate
from tests.geo.access.town import judged
from tests.geo.access.town import series
from tests.geo.access.town import spaces
from tests.geo.access.town import station

if TYPE_CHECKING:
    import geopandas as gpd

RIVER = Surroundings(series(LineString([(500, -9000), (500, 9000)])))
LINKED = replace(METRE_FOR_METRE, campus_link="linked")
ALL = {"gate", "campus", "station", *(f"facility:{group}" for group in GROUPS)}


def one(
    *rows: dict[str, Any],
    known: set[str] | None = None,
    around: Surroundings = OPEN_GROUND,
    rule: AccessParameters = METRE_FOR_METRE,
    **columns: list[Any],
) -> pd.Series[Any]:
    """Judge the one space that stands at the origin."""
    result = judged(spaces((0, 0), **columns), destinations(*rows, known=known), around, rule)
    found: pd.Series[Any] = result.spaces.iloc[0]
    return found


def groups_at(*distances: float) -> list[dict[str, Any]]:
    return [
        facility(f"F{k}", (metres, 0), group)
        for k, (group, metres) in enumerate(zip(GROUPS, distances, strict=False))
    ]


@pytest.mark.parametrize(
    ("metres", "state"), [(1000, "yes"), (1000.0000005, "yes"), (1000.01, "no"), (0, "yes")]
)
def test_a_gate_within_the_threshold_links(metres: float, state: str) -> None:
    found = one(gate("G", (metres, 0), "U"))
    assert found["met_any_gate"] == found["met_campus"] == state
    assert found["any_gate_id"] == "G"
    assert found["any_gate_m"] == metres
    assert found["any_gate_way"] == "straight"


@pytest.mark.parametrize(
    ("metres", "near", "far"),
    [(600, "yes", "yes"), (601, "no", "yes"), (1000, "no", "yes"), (1001, "no", "no")],
)
def test_a_station_has_two_thresholds(metres: float, near: str, far: str) -> None:
    found = one(station("S", (metres, 0)))
    assert (found["met_rail"], found["met_rail_far"]) == (near, far)


@pytest.mark.parametrize(("count", "state"), [(3, "no"), (4, "yes"), (6, "yes")])
def test_four_of_the_six_groups_make_a_neighbourhood(count: int, state: str) -> None:
    found = one(*groups_at(*[800.0] * count), known=ALL)
    assert found["groups_within"] == count
    assert found["met_community"] == state


@pytest.mark.parametrize(
    ("within", "known", "state"),
    [
        (4, 0, "yes"),
        (3, 1, "unknown"),
        (3, 3, "no"),
        (1, 2, "unknown"),
        (0, 3, "no"),
        (0, 2, "unknown"),
    ],
)
def test_groups_that_nobody_supplied_are_unknown(within: int, known: int, state: str) -> None:
    """`known` further groups were supplied and have nothing near."""
    told = {f"facility:{group}" for group in GROUPS[within : within + known]}
    found = one(*groups_at(*[100.0] * within), known=told)
    assert found["met_community"] == state
    assert found["groups_unknown"] == 6 - within - known


def test_what_nobody_supplied_is_unknown_and_what_is_empty_is_not() -> None:
    nothing = one()
    met = ["met_campus", "met_rail", "met_rail_far", "met_community", "met_linked_gate"]
    assert nothing[met].tolist() == ["unknown"] * 5
    assert pd.isna(nothing["linkage"])
    assert (nothing["linkage_low"], nothing["linkage_high"]) == (0, 3)
    assert pd.isna(nothing["groups_within"])
    assert pd.isna(nothing["open_facilities"])
    empty = one(known=ALL)
    assert empty[met].tolist() == ["no", "no", "no", "no", "unknown"]
    assert (empty["linkage"], empty["linkage_high"], empty["decided"]) == (0, 0, True)
    assert (empty["groups_within"], empty["open_facilities"]) == (0, 0)


STATES = {
    "campus": {
        "yes": [gate("G", (900, 0), "U")],
        "estimated": [campus("K", box(300, 0, 400, 9))],
        "unknown": [],
        "no": [gate("G", (1100, 0), "U")],
    },
    "rail": {"yes": [station("S", (0, 500))], "unknown": [], "no": [station("S", (0, 700))]},
    "community": {"yes": groups_at(1, 2, 3, 4), "unknown": [], "no": groups_at(*[900] * 6)},
}


@pytest.mark.parametrize("count", [True, False])
@pytest.mark.parametrize("states", list(product(*[STATES[name] for name in STATES])), ids="-".join)
def test_the_class_is_how_many_conditions_are_met(states: tuple[str, ...], count: bool) -> None:
    rows = [row for name, state in zip(STATES, states, strict=True) for row in STATES[name][state]]
    found = one(*rows, rule=replace(METRE_FOR_METRE, count_estimates=count))
    assert tuple(found[f"met_{name}"] for name in STATES) == states
    sure, estimated, unknown = (states.count(state) for state in ("yes", "estimated", "unknown"))
    assert found["linkage_low"] == sure
    assert found["linkage_high"] == sure + estimated + unknown
    assert found["decided"] == (estimated + unknown == 0)
    if unknown == 3:
        assert pd.isna(found["linkage"])
    else:
        assert found["linkage"] == sure + (estimated if count else 0)


def test_a_campus_with_gates_is_reached_by_them_and_not_by_its_outline() -> None:
    outline = campus("K", box(100, -50, 900, 50), university="East")
    estimated = one(outline)
    assert estimated["met_campus"] == "estimated"
    assert estimated["any_gate_m"] == 100
    found = one(outline, gate("Far gate", (1200, 0), "K"))
    assert found["met_campus"] == "no"
    assert (found["any_gate_id"], found["any_gate_m"]) == ("Far gate", 1200)
    # Another campus stays what it was.
    both = one(outline, campus("L", (300, 0)), gate("Far gate", (1200, 0), "K"))
    assert (both["met_campus"], both["any_gate_id"]) == ("estimated", "L")


def test_a_gate_that_is_sure_is_told_before_an_outline_that_is_nearer() -> None:
    found = one(campus("K", box(50, 0, 60, 9)), gate("G", (900, 0), "U"))
    assert (found["met_campus"], found["any_gate_id"]) == ("yes", "G")


def test_a_gate_of_no_campus_is_the_gate_of_something_else() -> None:
    assert one(gate("Park gate", (10, 0)))["met_campus"] == "no"
    assert one(gate("G", (10, 0), university="East"))["met_campus"] == "yes"


@pytest.mark.parametrize(
    ("basis", "metres", "state"),
    [
        ("outline", 1000, "estimated"),
        ("outline", 1001, "no"),
        ("point", 1000, "estimated"),
        ("point", 1001, "unknown"),
        ("point", 1500, "unknown"),
        ("place", 1500, "unknown"),
        ("point", 1501, "no"),
    ],
)
def test_a_campus_without_gates_is_an_estimate(basis: str, metres: float, state: str) -> None:
    found = one(campus("K", (metres, 0), basis=basis))
    assert found["met_campus"] == state


def test_without_a_basis_an_area_is_an_outline_and_a_point_is_a_point() -> None:
    assert one(campus("K", box(1100, 0, 1200, 9)))["met_campus"] == "no"
    assert one(campus("K", (1100, 0)))["met_campus"] == "unknown"
    found = judged(spaces((0, 0)), destinations(gate("G", (5, 0), "U"))).nearest
    assert found.loc[found["key"] == "any_gate", "basis"].tolist() == ["gate"]


def test_what_is_near_behind_a_river_is_unknown_until_something_else_decides() -> None:
    behind = [gate("G", (600, 0), "U"), station("S", (590, 0)), *groups_at(*[700] * 6)]
    found = one(*behind, around=RIVER)
    met = ["met_campus", "met_rail", "met_community"]
    assert found[met].tolist() == ["unknown"] * 3
    assert found["any_gate_way"] == "blocked"
    assert np.isnan(found["any_gate_m"])
    decided = [
        gate("H", (-900, 0), "U"),
        station("T", (0, 600)),
        *[facility(f"N{k}", (-5, 0), group) for k, group in enumerate(GROUPS[:4])],
    ]
    found = one(*behind, *decided, around=RIVER)
    assert found[met].tolist() == ["yes"] * 3
    assert (found["any_gate_id"], found["station_id"]) == ("H", "T")
    # Something reachable beyond the threshold does not make what is near behind it a no.
    assert one(*behind, gate("H", (-1100, 0), "U"), around=RIVER)["met_campus"] == "unknown"


def test_what_is_far_behind_a_river_is_not_near() -> None:
    found = one(gate("G", (1100, 0), "U"), around=RIVER)
    assert (found["met_campus"], found["any_gate_way"]) == ("no", "blocked")


def test_a_bridge_decides_what_was_unknown() -> None:
    for height, state in ((100, "yes"), (700, "no")):
        around = Surroundings(RIVER.barriers, series((500, height)))
        found = one(gate("G", (800, 0), "U"), around=around)
        assert (found["met_campus"], found["any_gate_way"]) == (state, "crossing")


def test_the_linked_university_may_be_one_of_several() -> None:
    rows = [
        campus("K", (0, 9000), university="East University"),
        gate("G", (900, 0), "K"),
        gate("H", (300, 0), "L", university="Tech/Arts"),
    ]
    register = spaces(
        *[(0, 0)] * 5, university=["east university", "Arts、East University", "West", None, " "]
    )
    found = judged(register, destinations(*rows), parameters=LINKED).spaces
    assert found["linked_gate_id"].tolist()[:2] == ["G", "H"]
    assert found["linked_gate_id"].isna().tolist() == [False, False, True, True, True]
    assert found["met_campus"].tolist() == ["yes", "yes", "unknown", "unknown", "unknown"]
    assert found["met_any_gate"].tolist() == ["yes"] * 5
    assert universities("甲大学、乙大学，丙/丁；戊") == {"甲大学", "乙大学", "丙", "丁", "戊"}
    assert universities(pd.NA) == universities("") == frozenset()


def test_which_campus_counts_is_a_parameter() -> None:
    rows = [
        gate("G", (100, 0), "K", university="West"),
        gate("H", (1100, 0), "L", university="East"),
    ]
    assert one(*rows, university=["East"])["met_campus"] == "yes"
    assert one(*rows, university=["East"], rule=LINKED)["met_campus"] == "no"


def test_the_nearest_is_found_however_far_it_is() -> None:
    rows = [
        {"id": "I", "kind": "incubator", "name": None, "at": (0, 60_000)},
        {"id": "J", "kind": "incubator", "name": None, "at": (0, -5000)},
        {"id": "X", "kind": "platform", "name": None, "at": (70_000, 0)},
        *groups_at(9000, 60_000),
    ]
    found = one(*rows)
    assert (found["incubator_id"], found["incubator_m"]) == ("J", 5000)
    assert (found["platform_id"], found["platform_name"], found["platform_m"]) == ("X", "X", 70_000)
    assert (found["canteen_m"], found["housing_m"]) == (9000, 60_000)
    assert pd.isna(found["green_id"])


def test_equal_walks_are_told_by_id() -> None:
    rows = [station("S2", (0, 300)), station("S1", (300, 0))]
    assert one(*rows)["station_id"] == one(*rows[::-1])["station_id"] == "S1"


def test_a_space_that_is_not_located_is_unknown_in_everything() -> None:
    register = spaces((0, 0), None)
    rows = [gate("G", (1, 0), "U"), station("S", (0, 1)), *groups_at(*[1] * 6)]
    found = judged(register, destinations(*rows)).spaces
    assert found["located"].tolist() == [True, False]
    assert found["linkage"].tolist() == [3, pd.NA]
    assert found["linkage_high"].tolist() == [3, 3]
    assert found["any_gate_id"].isna().tolist() == [False, True]
    assert found["met_rail"].tolist() == ["yes", "unknown"]


def test_open_facilities_of_a_campus_are_counted() -> None:
    rows = [
        facility("A", (100, 0), "canteen", campus_id="K", open_to_tenants=True),
        facility("B", (800, 0), "sport", campus_id="K", open_to_tenants=True),
        facility("C", (801, 0), "sport", campus_id="K", open_to_tenants=True),
        facility("D", (100, 0), "care", campus_id="K", open_to_tenants=False),
        facility("E", (100, 0), "green", open_to_tenants=True),
        facility("F", (100, 0), None, campus_id="K"),
    ]
    assert one(*rows)["open_facilities"] == 2
    # With one open for certain, another that may be open changes nothing; alone it is unknown.
    assert one(rows[2], rows[3], rows[4])["open_facilities"] == 0
    assert pd.isna(one(rows[3], rows[4], rows[5])["open_facilities"])
    assert pd.isna(
        one(facility("R", (600, 0), "sport", campus_id="K", open_to_tenants=True), around=RIVER)[
            "open_facilities"
        ]
    )


def test_one_building_of_two_parks_is_judged_for_both() -> None:
    register = spaces((0, 0), (0, 0), (3000, 0)).assign(park_id=["P", "Q", "Q"])
    register["university"] = ["East", "West", None]
    rows = [gate("G", (10, 0), "K", university="East"), gate("H", (20, 0), "L", university="West")]
    found = judged(register, destinations(*rows))
    assert found.spaces["linked_gate_id"].tolist()[:2] == ["G", "H"]
    assert found.parks.index.tolist() == ["P", "Q"]
    assert found.district["spaces"].tolist() == [3]


def test_sample_data_stays_marked() -> None:
    rows = destinations(station("S", (100, 0)), station("T", (5000, 0)))
    rows.table["sample"] = [True, False]
    found = judged(spaces((0, 0), (5000, 0), (0, 0), sample=[None, False, True]), rows)
    assert found.spaces["sample"].tolist() == [True, False, True]
    assert found.parks["sample"].tolist() == [True]


def test_no_order_of_rows_changes_anything() -> None:
    rng = np.random.default_rng(5)
    places = [tuple(xy) for xy in rng.uniform(0, 2500, (20, 2))]
    rows = [
        *[gate(f"G{k}", tuple(rng.uniform(0, 2500, 2)), f"K{k % 3}") for k in range(4)],
        *[campus(f"K{k}", tuple(rng.uniform(0, 2500, 2))) for k in range(5)],
        *[station(f"S{k}", tuple(rng.uniform(0, 2500, 2))) for k in range(4)],
        *[facility(f"F{k}", tuple(rng.uniform(0, 2500, 2)), GROUPS[k % 6]) for k in range(24)],
    ]
    register = spaces(*places, floor_area_m2=rng.uniform(1, 1e4, 20).tolist())
    register["park_id"] = [f"P{k % 4}" for k in range(20)]
    around = Surroundings(series(LineString([(1200, 0), (1300, 3000)])), series((1220, 600)))
    there = destinations(*rows)
    first = judged(register, there, around, AccessParameters())
    turned = destinations(*rng.permutation(np.array(rows, dtype=object)).tolist())
    mixed = register.sample(frac=1, random_state=2)
    again = judged(mixed, turned, around, AccessParameters())
    pd.testing.assert_frame_equal(first.spaces, again.spaces.loc[first.spaces.index])
    pd.testing.assert_frame_equal(first.parks, again.parks)
    pd.testing.assert_frame_equal(first.district, again.district)
    assert set(first.spaces["rule_version"]) == {ACCESS_RULE_VERSION}


def test_the_long_table_tells_what_the_wide_one_does() -> None:
    rows = [gate("G", (900, 0), "U"), station("S", (0, 700)), *groups_at(1, 2, 3)]
    result = judged(spaces((0, 0), None), destinations(*rows))
    assert result.nearest["carrier_id"].unique().tolist() == ["C0"]
    long = result.nearest.set_index("key")
    assert set(long.index) <= set(NEAREST_KEYS)
    for key, row in long.iterrows():
        assert row["id"] == result.spaces.loc[0, f"{key}_id"]
        assert row["walk_m"] == result.spaces.loc[0, f"{key}_m"]
    assert long.loc[["any_gate", "station", "canteen"], "state"].tolist() == ["yes", "no", "yes"]


def test_without_spaces_or_destinations_there_is_an_empty_answer() -> None:
    nothing = judged(spaces(), destinations(known=ALL))
    assert len(nothing.spaces) == len(nothing.parks) == len(nothing.nearest) == 0
    some = judged(spaces(), destinations(station("S", (0, 0))))
    assert some.spaces.columns.tolist() == nothing.spaces.columns.tolist()
    assert len(some.district) == 0


@pytest.mark.parametrize(
    ("register", "there", "told"),
    [
        (spaces((0, 0), (1, 1), carrier_id=["C", "C"]), destinations(), "more than once"),
        (spaces((0, 0), floor_area_m2=[-1.0]), destinations(), "negative"),
        (spaces((0, 0)).drop(columns="park_id"), destinations(), "park_id"),
        (spaces((0, 0)).to_crs("EPSG:4490"), destinations(), "metres"),
        (
            spaces((0, 0)),
            destinations(station("S", (0, 0)), station("S", (1, 1))),
            "more than once",
        ),
        (spaces((0, 0)), destinations({"id": "X", "kind": "harbour", "at": (0, 0)}), "harbour"),
        (spaces((0, 0)), destinations({"id": "X", "kind": None, "at": (0, 0)}), "kind"),
        (spaces((0, 0)), destinations(facility("F", (0, 0), "pub")), "pub"),
        (spaces((0, 0)), destinations(gate("G", (0, 0), basis="guess")), "guess"),
    ],
)
def test_what_cannot_be_judged_is_refused(
    register: gpd.GeoDataFrame, there: Any, told: str
) -> None:
    with pytest.raises(ValueError, match=told):
        judged(register, there)
