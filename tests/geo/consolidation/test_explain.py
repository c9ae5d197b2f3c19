from __future__ import annotations

from datetime import date
from functools import cache
from itertools import product
from typing import TYPE_CHECKING
from typing import Any

import numpy as np
import pandas as pd
import pytest

from geo.consolidation.explain import BLOCKING_COLUMNS
from geo.consolidation.explain import NOT_MOVED_COLUMNS
from geo.consolidation.explain import blocking_leases
from geo.consolidation.explain import not_moved
from geo.consolidation.fit import TESTS
from geo.consolidation.frontier import solve_frontier
from geo.consolidation.phrases import WHY
from geo.consolidation.tenancies import LOCKS
from tests.geo.consolidation.brute import enumerate_plans
from tests.geo.consolidation.registers import ask
from tests.geo.consolidation.registers import by_hand
from tests.geo.consolidation.registers import changed
from tests.geo.consolidation.registers import dropped
from tests.geo.consolidation.registers import let
from tests.geo.consolidation.registers import plan
from tests.geo.consolidation.registers import random_town
from tests.geo.consolidation.registers import town
from tests.geo.consolidation.registers import unit_table
from tests.geo.consolidation.registers import vacant

if TYPE_CHECKING:
    import geopandas as gpd

    from geo.consolidation.register import Register
    from tests.geo.consolidation.registers import Plan

SEEDS = range(40)


def changed_town(*more: dict[str, Any], **changes: dict[str, Any]) -> Any:
    """Return the town with more units and changed ones."""
    carriers, units = town()
    if more:
        units = pd.concat([units, unit_table(more)], ignore_index=True)
    for name, change in changes.items():
        table = carriers if name in set(carriers["carrier_id"]) else units
        table = changed(table, name, **change)
        carriers, units = (table, units) if "gross_area_m2" in table else (carriers, table)
    return carriers, units


def why(found: Register, host: Plan) -> dict[str, str]:
    table = not_moved(found, host)
    return dict(zip(table["unit_id"], table["why"], strict=True))


def said(found: Register, host: Plan, unit: str) -> str:
    table = not_moved(found, host).set_index("unit_id")
    return str(table["reason_en"][unit])


# ---- why not ----


@pytest.mark.parametrize(
    ("unit", "change", "parameters", "code"),
    [
        ("b1", {"carrier_id": "nowhere", "park_id": "P"}, {}, "unlocated"),
        ("b1", {"floor_area_m2": None}, {}, "area_unknown"),
        ("b1", {"protected": True}, {}, "protected"),
        ("b1", {"state": "own_use"}, {}, "state"),
        ("b1", {"lease_end": None}, {}, "lease_unknown"),
        ("d1", {}, {}, "lease"),
        ("b1", {"floor_area_m2": 5000.0}, {}, "area"),
        ("b1", {"needs": "crane"}, {}, "needs"),
        ("b1", {}, {"max_move_m": 5.0}, "distance"),
        ("b1", {"needs": "crane"}, {"max_move_m": 5.0}, "several"),
        ("b1", {}, {"site_gap_m": 1000.0}, "no_host"),
        ("a1", {}, {"budget_wan": 0.0, "parks": ["P"]}, "no_gain"),
        ("c1", {}, {"budget_wan": 0.0}, "budget"),
        ("b1", {}, {"budget_wan": 30.0}, "budget"),
        ("b1", {}, {"yearly_share": 0.2}, "yearly_share"),
        ("b1", {}, {}, "not_needed"),
    ],
)
def test_why_a_unit_stays_where_nothing_moves(
    unit: str, change: dict[str, Any], parameters: dict[str, Any], code: str
) -> None:
    found = ask(*changed_town(**{unit: change}), **parameters)
    assert why(found, plan(found))[unit] == code


def test_a_carrier_without_units_stays() -> None:
    carriers, units = town()
    found = ask(carriers, dropped(units, "b1"))
    assert why(found, plan(found))["B"] == "undivided"


def test_a_planner_may_hold_a_unit_or_shut_every_host() -> None:
    carriers, units = town()
    stay = ask(carriers, units, overrides=[by_hand("stay", unit_id="b1")])
    assert why(stay, plan(stay))["b1"] == "override"
    shut = [by_hand("exclude", host_id=name) for name in ("a2", "d2", "e1")]
    found = ask(carriers, units, overrides=shut)
    assert why(found, plan(found))["c1"] == "override"
    assert (
        said(found, plan(found), "b1") == "a planner decided that it stays (2 spaces but for this)"
    )


def test_an_industry_a_rent_and_a_date_that_keep_a_unit_from_every_host() -> None:
    every = {name: {"allowed_industries": "chem"} for name in "ADE"}
    found = ask(*changed_town(**every))
    assert why(found, plan(found))["b1"] == "industry"
    assert said(found, plan(found), "b1").endswith("(2 spaces but for this)")
    dear = ask(*changed_town(**{name: {"rent_yuan_m2_day": 9.0} for name in ("a2", "d2", "e1")}))
    assert why(dear, plan(dear))["b1"] == "rent"
    day = {"available_from": "2027-01-01"}
    late = ask(*changed_town(a2=day, d2=day, e1=day))
    assert why(late, plan(late))["b1"] == "date"
    assert why(late, plan(late))["c1"] == "not_needed"


def test_one_space_otherwise_fits() -> None:
    dear = {"rent_yuan_m2_day": 9.0}
    found = ask(*changed_town(a2=dear, d2=dear | {"floor_area_m2": 10.0}, e1=dear))
    assert why(found, plan(found))["b1"] == "rent"
    assert said(found, plan(found), "b1").endswith("(1 space but for this)")


def test_of_several_spaces_that_each_lack_one_thing_the_first_thing_is_told() -> None:
    found = ask(*changed_town(a2={"rent_yuan_m2_day": 9.0}, d2={"floor_area_m2": 10.0}))
    assert why(found, plan(found))["b1"] == "area"  # d2 and e1 are too small, a2 is too dear
    assert said(found, plan(found), "b1").endswith("is too small (2 spaces but for this)")


def test_others_that_cannot_move_keep_the_site() -> None:
    late = [let(f"b{n}", "B", 10.0, "2033-01-01") for n in range(2, 9)]
    found = ask(*changed_town(*late))
    assert why(found, plan(found))["b1"] == "keeps_site"
    assert said(found, plan(found), "b1").endswith(": b2, b3, b4, b5, b6 and 2 more")
    big = ask(*changed_town(let("b2", "B", 5000.0, "2026-06-30")))
    assert (why(big, plan(big))["b1"], why(big, plan(big))["b2"]) == ("keeps_site", "area")


def test_a_unit_that_could_only_go_where_its_park_is_not() -> None:
    found = ask(*changed_town(a2={"floor_area_m2": 100.0}))
    assert why(found, plan(found))["b1"] == "no_gain"


def test_units_of_a_site_that_do_not_fit_together_into_what_is_left() -> None:
    found = ask(*changed_town(let("b2", "B", 700.0, "2026-06-30"), d2={"floor_area_m2": 10.0}))
    assert why(found, plan(found))["b1"] == "capacity"
    filled = ask(*changed_town(d2={"floor_area_m2": 10.0}, c1={"floor_area_m2": 700.0}))
    assert why(filled, plan(filled, c1="a2"))["b1"] == "capacity"
    assert why(filled, plan(filled))["b1"] == "not_needed"


def test_a_place_that_cannot_be_walked_to_from_the_anchor() -> None:
    far = [vacant("c2", "C", 900.0), let("c3", "C", 5.0, "2033-01-01", park_id="P")]
    more = [let("e3", "E", 800.0, "2026-03-03", park_id="P")]
    carriers, units = changed_town(*far, *more, d2={"floor_area_m2": 10.0})
    found = ask(carriers, units, anchors=1, walk_m=500.0)
    # Once b1 has gone to C, A is out of reach; e3 fits only there, and the anchor is at C.
    host = plan(found, b1="c2")
    assert why(found, host)["e3"] == "anchor"
    anywhere = ask(carriers, units, anchors=0)
    assert why(anywhere, host)["e3"] == "not_needed"


def test_where_only_the_nearest_hosts_are_looked_at_no_other_is_a_reason() -> None:
    """A host that is not looked at is no anchor out of reach."""
    carriers, units = changed_town(vacant("c2", "C", 900.0), a2={"floor_area_m2": 400.0})
    more = unit_table([let("c3", "C", 9.0, "2033-01-01", park_id="P")])
    units = pd.concat([units, more], ignore_index=True)
    found = ask(carriers, units, nearest_hosts=1)
    codes = set(why(found, plan(found)).values()) | set(why(found, plan(found, b1="a2")).values())
    assert "anchor" not in codes


def test_every_code_has_words_and_every_reason_a_code() -> None:
    assert set(LOCKS) | set(TESTS) <= set(WHY)
    assert all(sentence.zh and sentence.en for sentence in WHY.values())


@cache
def solved(seed: int) -> tuple[gpd.GeoDataFrame, pd.DataFrame, Register, list[Plan]]:
    """Return a random town, its register, and some plans: of the frontier and of any kind."""
    carriers, units = random_town(seed)
    ratio = [1.0, 1.0, 0.85, 1.2][seed % 4]
    found = ask(carriers, units, area_ratio=ratio, horizon=date(2027, 6, 30))
    plans = [step.host for step in solve_frontier(found.problem).steps]
    every = enumerate_plans(found.problem).host
    rng = np.random.default_rng(seed)
    return carriers, units, found, [*plans, *every[rng.choice(len(every), 3)]]


@pytest.mark.parametrize("seed", SEEDS)
def test_every_unit_that_stays_has_one_reason(seed: int) -> None:
    _carriers, _units, found, plans = solved(seed)
    for host in plans:
        table = not_moved(found, host)
        assert tuple(table.columns) == NOT_MOVED_COLUMNS
        assert table["unit_id"].tolist() == found.problem.units["unit_id"][host < 0].tolist()
        assert set(table["why"]) <= set(WHY)
        lock = found.problem.units["lock"][host < 0].tolist()
        told = zip(table["why"], lock, strict=True)
        assert all(code == held for code, held in told if held or code in LOCKS)


REMOVED: dict[str, Any] = {
    "industry": ("carriers", {"allowed_industries": None}),
    "needs": ("unit", {"needs": None}),
    "rent": ("unit", {"rent_yuan_m2_day": None}),
    "date": ("hosts", {"available_from": None}),
    "area": ("unit", {"floor_area_m2": 1.0}),
}


def test_taking_away_the_one_condition_that_is_told_gives_a_unit_a_host() -> None:
    """Done in the tables of the register, not in the tests that the reason came from."""
    seen = set()
    for seed in SEEDS:
        carriers, units, found, plans = solved(seed)
        for unit, code in why(found, plans[0]).items():
            if code in REMOVED:
                seen.add(code)
                without = _without(carriers, units, unit, code)
                assert not _hosts_of(found, unit)
                again = ask(
                    *without,
                    area_ratio=found.parameters.area_ratio,
                    horizon=found.parameters.horizon,
                )
                assert _hosts_of(again, unit)
    assert seen == set(REMOVED)


def _without(carriers: Any, units: Any, unit: str, code: str) -> tuple[Any, Any]:
    where, change = REMOVED[code]
    if where == "unit":
        return carriers, changed(units, unit, **change)
    if where == "carriers":
        return carriers.assign(**change).astype(carriers.dtypes.to_dict()), units
    return carriers, units.assign(available_from=pd.NaT).astype(units.dtypes.to_dict())


def _hosts_of(found: Register, unit: str) -> set[str]:
    pairs = found.problem.pairs
    return set(pairs["host_id"][pairs["unit_id"].eq(unit)])


@pytest.mark.parametrize("seed", SEEDS)
def test_what_is_not_needed_could_go_and_what_gains_nothing_or_has_no_room_could_not(
    seed: int,
) -> None:
    """Against every way to place the units that stay at a site."""
    _carriers, _units, found, plans = solved(seed)
    for host in plans:
        for unit, code in why(found, host).items():
            if code in {"not_needed", "capacity", "no_gain"}:
                row = found.problem.units["unit_id"].tolist().index(unit)
                fits = _fits_elsewhere(found, host, _members(found, host, row))
                assert fits == (code == "not_needed"), (unit, code)


def _members(found: Register, host: Plan, row: int) -> list[int]:
    units = found.problem.units
    same = units["park_id"].eq(units["park_id"][row]) & units["site"].eq(units["site"][row])
    return np.flatnonzero(same.to_numpy() & (host < 0)).tolist()


def _fits_elsewhere(found: Register, host: Plan, members: list[int]) -> bool:
    """Try every way to place a few units at other sites that their park keeps."""
    problem, tests = found.problem, found.tests
    needed = problem.units["area_m2"].to_numpy() * problem.limits.area_ratio
    left = problem.hosts["capacity_m2"].to_numpy(copy=True)
    sites = problem.units["site"].tolist()
    here = sites[members[0]]
    kept = set()
    for row in range(len(host)):
        at = sites[row]
        if host[row] >= 0:
            left[host[row]] -= needed[row]
            at = problem.hosts["site"][host[row]]
        if problem.units["park_id"][row] == problem.units["park_id"][members[0]]:
            kept.add(at)
    kept.discard(here)
    tested = tests.unit.tolist()
    options = [
        [
            to
            for to in range(len(left))
            if row in tested
            and tests.fits[tested.index(row), to]
            and problem.hosts["site"][to] in kept
        ]
        for row in members
    ]
    for chosen in product(*options):
        taken = np.zeros(len(left))
        np.add.at(taken, list(chosen), needed[members])
        if (taken <= left + 1e-6).all():
            return True
    return False


# ---- blocking leases ----


def test_a_site_that_one_lease_holds() -> None:
    carriers, units = changed_town(
        let("b2", "B", 50.0, "2029-03-01", sample=True),
        let("d3", "D", 60.0, None),
        let("d4", "D", 10.0, "2031-01-01"),
    )
    found = ask(carriers, units)
    table = blocking_leases(found, plan(found))
    assert tuple(table.columns) == BLOCKING_COLUMNS
    rows = table.set_index(["park_id", "site"]).to_dict("index")
    assert set(rows) == {("P", "B"), ("Q", "D")}
    one = rows["P", "B"]
    assert (one["leases"], one["units"], one["freed_area_m2"], one["m2_per_lease"]) == (
        1, "b2", 350.0, 350.0,
    )  # fmt: skip
    assert (one["earliest_date"], one["room"], one["sample"]) == (
        pd.Timestamp("2029-03-01"), True, True,
    )  # fmt: skip
    assert one["reason_zh"] == "若 b2 的租约结束，该点位可腾退；最早 2029-03-01"
    three = rows["Q", "D"]
    assert (three["leases"], three["units"], three["freed_area_m2"]) == (3, "d1;d3;d4", 270.0)
    assert (pd.isna(three["earliest_date"]), three["room"]) == (True, False)
    assert "not all dates are known" in three["reason_en"]
    assert "does not hold its units" in three["reason_en"]


def test_more_leases_than_few_and_what_no_date_undoes_are_no_blocking_leases() -> None:
    carriers, units = changed_town(let("d3", "D", 60.0, None))
    found = ask(carriers, units, most_blocking=1)
    assert len(blocking_leases(found, plan(found))) == 0
    assert len(blocking_leases(ask(carriers, units), plan(found))) == 1
    for change in ({"protected": True}, {"state": "own_use"}, {"floor_area_m2": None}):
        held = ask(carriers, changed(units, "d3", **change))
        assert len(blocking_leases(held, plan(held))) == 0
    settled = ask(carriers, units, overrides=[by_hand("stay", unit_id="c1")])
    assert set(blocking_leases(settled, plan(settled))["site"]) == {"D"}


def test_a_site_where_the_plan_brings_units_does_not_close() -> None:
    found = ask(*town())
    assert blocking_leases(found, plan(found))["site"].tolist() == ["D"]
    assert len(blocking_leases(found, plan(found, c1="d2"))) == 0


def test_without_vacant_space_leases_are_still_told() -> None:
    carriers, units = town()
    found = ask(carriers, dropped(units, "a2", "d2", "e1"))
    table = blocking_leases(found, plan(found))
    assert (table["site"].tolist(), table["room"].tolist()) == (["D"], [False])
    assert set(why(found, plan(found)).values()) == {"no_host", "lease"}


def test_those_with_room_come_first_and_then_the_most_area_a_lease() -> None:
    for seed in SEEDS:
        _carriers, _units, found, plans = solved(seed)
        table = blocking_leases(found, plans[0])
        order = list(zip(~table["room"].astype(bool), -table["m2_per_lease"], strict=True))
        assert order == sorted(order)
        assert table["m2_per_lease"].tolist() == pytest.approx(
            (table["freed_area_m2"] / table["leases"]).tolist()
        )


def test_blocking_leases_are_those_of_brute_force() -> None:
    """End leases in the register, and look whether a plan closes the site, the rest as it is."""
    listed = with_room = 0
    for seed in range(18):
        carriers, units, found, plans = solved(seed)
        for host in (plans[0], plans[-1]):
            table = blocking_leases(found, host)
            rows: list[Any] = table.to_dict("records")
            told = {(r["park_id"], r["site"]): (r["units"], r["room"]) for r in rows}
            expected = _blocking(carriers, units, found, host)
            assert told == expected, seed
            listed += len(told)
            with_room += sum(room for _units, room in told.values())
    assert listed > with_room > 5


def _blocking(
    carriers: Any, units: Any, found: Register, host: Plan
) -> dict[tuple[str, str], tuple[str, bool]]:
    """Return units and whether there is room, by presence."""
    rows = found.problem.units
    expected = {}
    for park, site in set(zip(rows["park_id"], rows["site"], strict=True)):
        own = (rows["park_id"].eq(park) & rows["site"].eq(site)).to_numpy()
        held = rows[own & rows["lock"].ne("").to_numpy()]
        came = (host >= 0) & rows["park_id"].eq(park).to_numpy()
        to = found.problem.hosts["site"].to_numpy(object)[host[came]]
        by_date = held["lock"].isin(["lease", "lease_unknown"]).all()
        if 0 < len(held) <= 3 and by_date and site not in to:
            room = _closes(carriers, units, found, host, own, held["unit_id"].tolist())
            expected[park, site] = (";".join(sorted(held["unit_id"])), room)
    return expected


def _closes(
    carriers: Any, units: Any, found: Register, host: Plan, own: Any, leases: list[str]
) -> bool:
    """Let leases end with the plan, and try every plan that differs only at one presence."""
    ended = units.copy()
    ended.loc[ended["unit_id"].isin(leases), "lease_end"] = pd.Timestamp(found.parameters.horizon)
    again = ask(
        carriers, ended, area_ratio=found.parameters.area_ratio, horizon=found.parameters.horizon
    )
    pd.testing.assert_series_equal(again.problem.units["unit_id"], found.problem.units["unit_id"])
    site = found.problem.units["site"].to_numpy(object)
    to = found.problem.hosts["site"].to_numpy(object)
    park = found.problem.units["park_id"].to_numpy(object)
    members = own & (host < 0)
    same_park = park == park[np.flatnonzero(own)[0]]
    others = same_park & ~members
    kept = {to[host[r]] if host[r] >= 0 else site[r] for r in np.flatnonzero(others)}
    every = enumerate_plans(again.problem).host
    same = (every[:, ~members] == host[~members]).all(axis=1)
    gone = (every[:, members] >= 0).all(axis=1)
    return any(all(to[h] in kept for h in row[members]) for row in every[same & gone])
