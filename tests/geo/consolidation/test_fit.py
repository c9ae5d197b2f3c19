from __future__ import annotations

from typing import TYPE_CHECKING
from typing import Any

import pandas as pd
import pytest

from geo.consolidation.fit import TESTS
from geo.consolidation.fit import typical_rent
from tests.geo.consolidation.registers import ask
from tests.geo.consolidation.registers import carrier_table
from tests.geo.consolidation.registers import changed
from tests.geo.consolidation.registers import let
from tests.geo.consolidation.registers import place
from tests.geo.consolidation.registers import possible
from tests.geo.consolidation.registers import random_town
from tests.geo.consolidation.registers import unit_table
from tests.geo.consolidation.registers import vacant

if TYPE_CHECKING:
    import geopandas as gpd

    from geo.consolidation.register import Register

MONTH = 365 / 12


def two(
    unit: dict[str, Any] | None = None,
    host: dict[str, Any] | None = None,
    carrier: dict[str, Any] | None = None,
) -> tuple[gpd.GeoDataFrame, pd.DataFrame]:
    """Return one unit and one vacant space a kilometre away, with what is asked and offered."""
    carriers = carrier_table(
        [place("A", (0, 0), "P"), place("B", (1000, 0), "P") | (carrier or {})]
    )
    units = unit_table(
        [
            let("u", "A", 200.0, "2027-01-31") | (unit or {}),
            vacant("h", "B", 200.0) | (host or {}),
            let("b", "B", 10.0, None),
        ]
    )
    return carriers, units


def pair(found: Register) -> dict[str, Any]:
    """Return the one possible move."""
    assert len(found.problem.pairs) == 1
    rows: list[Any] = found.problem.pairs.to_dict("records")
    return dict(rows[0])


def failed(found: Register, unit: str = "u") -> set[str]:
    """Return which tests a unit fails at the one vacant space."""
    row = found.tests.unit.tolist().index(found.problem.units["unit_id"].tolist().index(unit))
    return {name for name, passed in found.tests.passed.items() if not passed[row, 0]}


@pytest.mark.parametrize(
    ("host_m2", "ratio", "fits"),
    [
        (200.0, 1.0, True),
        (199.999, 1.0, False),
        (250.0, 1.25, True),
        (249.99, 1.25, False),
        (160.0, 0.8, True),
        (159.99, 0.8, False),
    ],
)
def test_a_host_is_as_large_as_what_is_needed_after_the_move(
    host_m2: float, ratio: float, *, fits: bool
) -> None:
    found = ask(*two(host={"floor_area_m2": host_m2}), area_ratio=ratio)
    assert failed(found) == (set() if fits else {"area"})
    assert possible(found) == ({("u", "h")} if fits else set())


@pytest.mark.parametrize(
    ("industry", "allowed", "passes", "verified"),
    [
        ("AI", None, True, False),
        ("AI", "AI", True, True),
        ("AI", "bio; AI", True, True),
        ("AI", "bio、AI", True, True),
        ("AI", "bio,AI|chem", True, True),
        ("AI", "AIX", False, True),
        ("AI", "bio", False, True),
        (None, "bio", False, True),
        (None, None, True, False),
        ("AI", "", False, True),
    ],
)
def test_an_industry_is_admitted_by_name_and_unknown_rules_are_to_be_verified(
    industry: str | None, allowed: str | None, *, passes: bool, verified: bool
) -> None:
    found = ask(*two({"industry": industry}, carrier={"allowed_industries": allowed}))
    assert failed(found) == (set() if passes else {"industry"})
    if passes:
        assert ("industry" in pair(found)["unverified"].split(";")) == (not verified)


@pytest.mark.parametrize(
    ("needs", "provides", "passes"),
    [
        (None, None, True),
        ("", None, True),
        (" ； ", None, True),
        ("crane", None, False),
        ("crane", "gas", False),
        ("crane", "gas;crane", True),
        ("crane;gas", "crane", False),
        ("crane； gas", "gas,crane", True),
        ("crane、gas|water", "water，gas;crane", True),
        ("crane,crane", "crane", True),
    ],
)
def test_all_needs_must_be_offered_whatever_stands_between_them(
    needs: str | None, provides: str | None, *, passes: bool
) -> None:
    found = ask(*two({"needs": needs}, carrier={"provides": provides}))
    assert failed(found) == (set() if passes else {"needs"})


@pytest.mark.parametrize(
    ("own", "asked", "of_carrier", "passes", "verified"),
    [
        (3.0, 3.6, None, True, True),
        (3.0, 3.61, None, False, True),
        (3.0, 1.0, None, True, True),
        (3.0, None, 3.61, False, True),
        (3.0, 3.0, 9.0, True, True),
        (None, 9.0, None, True, False),
        (3.0, None, None, True, False),
    ],
)
def test_rent_may_be_a_fifth_above_and_unknown_rents_are_to_be_verified(
    own: float | None,
    asked: float | None,
    of_carrier: float | None,
    *,
    passes: bool,
    verified: bool,
) -> None:
    found = ask(
        *two(
            {"rent_yuan_m2_day": own},
            {"rent_yuan_m2_day": asked},
            {"rent_yuan_m2_day": of_carrier},
        ),
        rent_tolerance=0.2,
    )
    assert failed(found) == (set() if passes else {"rent"})
    if passes:
        assert ("rent" in pair(found)["unverified"].split(";")) == (not verified)


@pytest.mark.parametrize(
    ("ready", "passes"),
    [(None, True), ("2020-01-01", True), ("2027-01-31", True), ("2027-02-01", False)],
)
def test_a_host_is_ready_when_the_lease_ends(ready: str | None, *, passes: bool) -> None:
    found = ask(*two(host={"available_from": ready}))
    assert failed(found) == (set() if passes else {"date"})


def test_a_host_that_is_ready_late_takes_a_unit_whose_lease_has_long_ended_only_then() -> None:
    carriers, units = two({"lease_end": "2019-01-01"}, {"available_from": "2026-01-02"})
    assert failed(ask(carriers, units)) == {"date"}
    later = changed(units, "h", available_from="2026-01-01")
    assert failed(ask(carriers, later)) == set()


@pytest.mark.parametrize(("most", "passes"), [(None, True), (1324.01, True), (1323.9, False)])
def test_the_longest_move_is_along_the_street(most: float | None, *, passes: bool) -> None:
    found = ask(*two(), max_move_m=most)
    assert failed(found) == (set() if passes else {"distance"})
    if passes:
        assert pair(found)["distance_m"] == pytest.approx(1324.0)


def test_vacant_space_at_the_units_own_site_is_not_elsewhere() -> None:
    found = ask(*two(), site_gap_m=1000.0)
    assert possible(found) == set()
    assert not found.tests.elsewhere.any()


def test_tests_are_told_for_units_that_only_a_lease_holds_and_for_no_others() -> None:
    carriers, units = two({"lease_end": "2030-01-01"})
    assert found_units(ask(carriers, units)) == ["b", "u"]
    assert possible(ask(carriers, units)) == set()
    assert found_units(ask(carriers, changed(units, "u", protected=True))) == ["b"]


def found_units(found: Register) -> list[str]:
    return list(found.problem.units["unit_id"].iloc[found.tests.unit])


def test_all_but_one_test_is_where_that_test_alone_fails() -> None:
    one = ask(*two(host={"floor_area_m2": 100.0}))
    both = ask(*two(host={"floor_area_m2": 100.0}), max_move_m=5.0)
    row = found_units(one).index("u")
    assert one.tests.all_but("area")[row, 0]
    assert not one.tests.all_but("rent")[row, 0]
    assert not any(both.tests.all_but(name)[row, 0] for name in TESTS)


@pytest.mark.parametrize("seed", range(20))
def test_possible_moves_are_those_of_movable_units_that_pass_everything(seed: int) -> None:
    """Written again with plain loops."""
    carriers, units = random_town(seed)
    found = ask(carriers, units, max_move_m=3000.0, area_ratio=1.1)
    by_carrier: dict[Any, Any] = carriers.set_index("carrier_id").to_dict("index")
    site = dict(zip(found.carriers["carrier_id"], found.carriers["site"], strict=True))
    rows: dict[Any, Any] = units.set_index("unit_id").to_dict("index")
    expected = set()
    for unit in found.problem.units[found.problem.movable].itertuples():
        for host in found.problem.hosts.itertuples():
            here, there = rows[unit.unit_id], by_carrier[host.carrier_id]
            place_from = by_carrier[here["carrier_id"]]
            rent = rows[host.host_id]["rent_yuan_m2_day"]
            rent = there["rent_yuan_m2_day"] if pd.isna(rent) else rent
            listed = str(there["allowed_industries"]).replace("、", ";").split(";")
            offered = str(there["provides"]).split(";")
            day = max(here["lease_end"], pd.Timestamp("2026-01-01"))
            day = pd.Timestamp("2027-12-31") if pd.isna(here["lease_end"]) else day
            day = min(day, pd.Timestamp("2027-12-31"))
            ready = rows[host.host_id]["available_from"]
            own = here["rent_yuan_m2_day"]
            if (
                site[here["carrier_id"]] != site[host.carrier_id]
                and here["floor_area_m2"] * 1.1 <= rows[host.host_id]["floor_area_m2"]
                and (pd.isna(there["allowed_industries"]) or here["industry"] in listed)
                and (pd.isna(here["needs"]) or here["needs"] in offered)
                and (pd.isna(own) or pd.isna(rent) or rent <= own * 1.2)
                and (pd.isna(ready) or ready <= day)
                and 1.324 * place_from["geometry"].distance(there["geometry"]) <= 3000
            ):
                expected.add((unit.unit_id, host.host_id))
    assert possible(found) == expected


def test_the_parts_of_what_a_move_costs() -> None:
    found = ask(
        *two(
            {"rent_yuan_m2_day": 3.0, "lease_end": "2029-01-01", "breakable": True},
            {"rent_yuan_m2_day": 3.3, "floor_area_m2": 400.0},
        ),
        area_ratio=1.5,
        relocation_yuan_m2=100.0,
        fit_out_yuan_m2=700.0,
        break_fee_months=2.0,
        double_rent_months=0.5,
    )
    move = pair(found)
    assert move["relocation_wan"] == pytest.approx(200 * 100 / 1e4)
    assert move["fit_out_wan"] == pytest.approx(300 * 700 / 1e4)
    assert move["break_fee_wan"] == pytest.approx(200 * 3.0 * MONTH * 2.0 / 1e4, abs=5e-5)
    assert move["double_rent_wan"] == pytest.approx(300 * 3.3 * MONTH * 0.5 / 1e4, abs=5e-5)
    parts = [move[name] for name in move if name.endswith("_wan") and name != "cost_wan"]
    assert move["cost_wan"] == pytest.approx(sum(parts), abs=1e-9)


@pytest.mark.parametrize(
    ("end", "breakable", "pays"),
    [
        ("2027-01-31", True, False),
        ("2019-01-31", True, False),
        ("2028-01-31", True, True),
        (None, True, False),
    ],
)
def test_only_who_ends_a_lease_early_pays_for_it(
    end: str | None, *, breakable: bool, pays: bool
) -> None:
    carriers, units = two({"lease_end": end, "breakable": breakable, "rent_yuan_m2_day": 3.0})
    assert (pair(ask(carriers, units))["break_fee_wan"] > 0) == pays


def test_an_unknown_rent_counts_as_the_usual_one_and_none_as_nothing() -> None:
    carriers, units = two()
    assert pair(ask(carriers, units))["double_rent_wan"] == 0.0
    known = changed(units, "b", rent_yuan_m2_day=2.0)
    double = pair(ask(carriers, known))["double_rent_wan"]
    assert double == pytest.approx(200 * 2.0 * MONTH / 1e4, abs=5e-5)


@pytest.mark.parametrize(
    ("rents", "areas", "usual"),
    [
        ([1.0, 2.0, 9.0], [10.0, 10.0, 10.0], 2.0),
        ([9.0, 1.0, 2.0], [100.0, 10.0, 10.0], 9.0),
        ([1.0, None, 9.0], [10.0, 500.0, 30.0], 9.0),
        ([1.0, 5.0], [0.0, 0.0], None),
        ([None], [10.0], None),
        ([], [], None),
    ],
)
def test_the_usual_rent_is_the_median_by_floor_area(
    rents: list[float | None], areas: list[float], usual: float | None
) -> None:
    table = pd.DataFrame({"rent_yuan_m2_day": rents, "area_m2": areas}, dtype="float64")
    assert typical_rent(table) == pytest.approx(
        float("nan") if usual is None else usual, nan_ok=True
    )


def row_of_hosts() -> tuple[gpd.GeoDataFrame, pd.DataFrame]:
    """Return park P, most of it at A, with a unit far east and vacant space along the way."""
    carriers = [place("A", (0, 0), "P"), place("Z", (9000, 0), "P")]
    carriers += [place(f"H{n}", (n * 1000, 0), None) for n in (1, 2, 3)]
    units = [let("a", "A", 900.0, None), let("z", "Z", 100.0, "2026-06-30")]
    units += [vacant(f"h{n}", f"H{n}", 150.0) for n in (1, 2, 3)]
    return carrier_table(carriers), unit_table(units)


def test_the_nearest_hosts_are_those_near_the_parks_main_site() -> None:
    carriers, units = row_of_hosts()
    assert possible(ask(carriers, units)) == {("z", "h1"), ("z", "h2"), ("z", "h3")}
    assert possible(ask(carriers, units, nearest_hosts=2)) == {("z", "h1"), ("z", "h2")}
    assert possible(ask(carriers, units, nearest_hosts=9)) == possible(ask(carriers, units))


def test_of_the_nearest_hosts_those_that_do_not_fit_are_not_counted() -> None:
    carriers, units = row_of_hosts()
    small = changed(units, "h1", floor_area_m2=50.0)
    assert possible(ask(carriers, small, nearest_hosts=1)) == {("z", "h2")}


def test_the_main_site_of_a_park_is_one_that_is_on_the_map() -> None:
    carriers, units = row_of_hosts()
    lost = carriers.copy()
    lost.loc[lost["carrier_id"].eq("A"), "geometry"] = None
    found = ask(lost, changed(units, "h1", floor_area_m2=50.0), nearest_hosts=1)
    assert possible(found) == {("z", "h3")}
