from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING
from typing import Any

import numpy as np
import pandas as pd
import pytest
import shapely

from geo.consolidation.frontier import solve_frontier
from geo.consolidation.plan import MOVE_COLUMNS
from geo.consolidation.plan import RELEASED
from geo.consolidation.plan import SITE_COLUMNS
from geo.consolidation.plan import calendar
from geo.consolidation.plan import moves
from geo.consolidation.plan import no_regret
from geo.consolidation.plan import site_outcomes
from geo.consolidation.plan import units_after
from geo.spaces import park_spaces
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
    from collections.abc import Iterator

    import geopandas as gpd

    from geo.consolidation.register import Register
    from geo.consolidation.steps import Frontier
    from tests.geo.consolidation.registers import Plan

SEEDS = range(18)


@cache
def solved(seed: int) -> tuple[gpd.GeoDataFrame, pd.DataFrame, Register, Frontier]:
    """Return a random town, its register and its frontier."""
    carriers, units = random_town(seed)
    found = ask(carriers, units, area_ratio=[1.0, 0.85, 1.2][seed % 3])
    return carriers, units, found, solve_frontier(found.problem)


def some_plans(found: Register, seed: int) -> Iterator[Plan]:
    """Yield a few feasible plans, good ones and bad ones."""
    every = enumerate_plans(found.problem).host
    rng = np.random.default_rng(seed)
    yield from every[rng.choice(len(every), min(len(every), 4), replace=False)]


def by_id(table: pd.DataFrame, name: str = "unit_id") -> dict[str, dict[str, Any]]:
    rows: list[Any] = table.to_dict("records")
    return {row[name]: row for row in rows}


def outcome(found: Register, host: Plan) -> dict[tuple[str, str], dict[str, Any]]:
    rows = site_outcomes(found, host).to_dict("records")
    return {(row["park_id"], row["site_id"]): row for row in rows}


def test_a_move_is_told_with_everything_that_it_rests_on() -> None:
    carriers, units = town()
    units = changed(units, "b1", tenant="一家企业", lease_end="2026-11-30")
    found = ask(carriers, units)
    frontier = solve_frontier(found.problem)
    table = moves(found, frontier, plan(found, b1="a2", c1="d2"))
    assert tuple(table.columns) == MOVE_COLUMNS
    assert table["unit_id"].tolist() == ["b1", "c1"]
    row = by_id(table)["b1"]
    assert (row["from_carrier"], row["to_carrier"], row["host_id"]) == ("B", "A", "a2")
    assert (row["tenant"], row["floor_area_m2"], row["quarter"]) == ("一家企业", 300.0, "2026Q4")
    assert row["move_date"] == row["lease_end"] == pd.Timestamp("2026-11-30")
    assert row["geometry"].equals(shapely.LineString([(1000, 0), (0, 0)]))
    assert table.crs == found.carriers.crs


def test_a_sentence_proposes_and_names_what_closes_and_what_is_to_verify() -> None:
    carriers, units = town()
    carriers = changed(carriers, "A", allowed_industries="AI")
    units = changed(units, "a2", rent_yuan_m2_day=3.0)
    found = ask(carriers, units)
    frontier = solve_frontier(found.problem)
    table = by_id(moves(found, frontier, plan(found, b1="a2", c1="d2")))
    assert (table["b1"]["confidence"], table["b1"]["unverified"]) == ("checked", "")
    assert table["b1"]["reason_zh"] == "建议于 2026-12-31 前后引导至 A（a2），P 由此可腾退该点位"
    assert table["c1"]["confidence"] == "to_verify"
    assert table["c1"]["reason_en"].endswith("; to verify: admitted industries, rent")
    for row in table.values():
        assert "搬迁令" not in row["reason_zh"]
    stays = by_id(moves(found, frontier, plan(found, a1="d2")))
    assert "可腾退" in stays["a1"]["reason_zh"]


def test_a_move_out_of_a_site_that_stays_does_not_say_that_it_closes() -> None:
    carriers, units = town()
    units = pd.concat([units, unit_table([let("b2", "B", 10.0, "2033-01-01")])], ignore_index=True)
    found = ask(carriers, units)
    row = moves(found, solve_frontier(found.problem), plan(found, b1="a2")).iloc[0]
    assert "腾退" not in row["reason_zh"]


def test_a_pinned_move_says_who_wanted_it() -> None:
    carriers, units = town()
    pin = by_hand("pin", unit_id="b1", host_id="d2")
    found = ask(carriers, units, overrides=[pin])
    row = moves(found, solve_frontier(found.problem), plan(found, b1="d2")).iloc[0]
    assert "由 li 指定：看过" in row["reason_zh"]
    assert "set by li: 看过" in row["reason_en"]


def test_a_plan_without_moves_gives_empty_tables_of_the_same_columns() -> None:
    carriers, units = town()
    found = ask(carriers, units)
    frontier = solve_frontier(found.problem)
    table = moves(found, frontier, plan(found))
    assert (tuple(table.columns), len(table)) == (MOVE_COLUMNS, 0)
    assert calendar(table).columns.tolist() == ["quarter", "moves", "floor_area_m2", "cost_wan"]
    pd.testing.assert_frame_equal(units_after(units, found, plan(found)), units)


@pytest.mark.parametrize("without", [("a2", "d2", "e1"), ("a1", "b1", "c1", "d1")])
def test_tables_of_a_register_in_which_nothing_can_move(without: tuple[str, ...]) -> None:
    carriers, units = town()
    found = ask(carriers, dropped(units, *without))
    frontier = solve_frontier(found.problem)
    host = frontier.steps[-1].host
    assert len(moves(found, frontier, host)) == len(no_regret(found, frontier)) == 0
    assert "surrender" not in set(site_outcomes(found, host)["outcome"])


def test_tables_of_an_empty_register() -> None:
    carriers, units = town()
    found = ask(carriers.iloc[:0], units.iloc[:0])
    frontier = solve_frontier(found.problem)
    host = frontier.steps[-1].host
    assert len(moves(found, frontier, host)) == len(no_regret(found, frontier)) == 0
    assert tuple(site_outcomes(found, host).columns) == SITE_COLUMNS


@pytest.mark.parametrize("seed", SEEDS)
def test_moves_add_up_to_the_step(seed: int) -> None:
    carriers, _units, found, frontier = solved(seed)
    at = carriers.set_index("carrier_id").geometry
    for step in frontier.steps:
        table = moves(found, frontier, step.host)
        assert len(table) == step.moves
        assert table["cost_wan"].sum() == pytest.approx(step.cost_wan)
        assert table["floor_area_m2"].sum() == pytest.approx(step.moved_area_m2)
        parts = table[["relocation_wan", "fit_out_wan", "break_fee_wan", "double_rent_wan"]]
        assert parts.sum(axis=1).tolist() == pytest.approx(table["cost_wan"].tolist())
        for row in table.itertuples():
            straight = at[row.from_carrier].distance(at[row.to_carrier])
            assert row.distance_m == pytest.approx(1.324 * straight)
            assert row.geometry.length == pytest.approx(straight)
            assert row.quarter == f"{row.move_date.year}Q{(row.move_date.month + 2) // 3}"
        by_quarter = calendar(table)
        assert by_quarter["quarter"].is_monotonic_increasing
        assert by_quarter["moves"].sum() == len(table)
        assert by_quarter["cost_wan"].sum() == pytest.approx(step.cost_wan)


@pytest.mark.parametrize("seed", SEEDS)
def test_no_regret_counts_the_plans_that_move_a_unit(seed: int) -> None:
    _carriers, _units, found, frontier = solved(seed)
    told = by_id(no_regret(found, frontier))
    compared = frontier.steps[1:]
    for row, name in enumerate(found.problem.units["unit_id"]):
        count = sum(int(step.host[row] >= 0) for step in compared)
        assert told.get(name, {"plans": 0})["plans"] == count
        assert name not in told or told[name]["of_plans"] == len(compared)
        assert name not in told or told[name]["no_regret"] == (count == len(compared))
    for step in frontier.steps:
        for move in moves(found, frontier, step.host).itertuples():
            always = all(other.host[_row(found, move.unit_id)] >= 0 for other in compared)
            assert move.no_regret == (always and len(compared) > 0)


def _row(found: Register, unit: Any) -> int:
    return found.problem.units["unit_id"].tolist().index(unit)


def test_what_a_pin_moves_in_the_only_plan_is_not_called_right_whatever_is_chosen() -> None:
    carriers, units = town()
    pin = by_hand("pin", unit_id="b1", host_id="a2")
    found = ask(carriers, units, overrides=[pin], budget_wan=31.0)
    frontier = solve_frontier(found.problem)
    assert len(frontier.steps) == 1
    row = moves(found, frontier, frontier.steps[0].host).iloc[0]
    assert (row["plans"], row["of_plans"], row["no_regret"]) == (0, 0, False)


def test_every_kind_of_outcome() -> None:
    carriers, units = town()
    more = [let("b2", "B", 70.0, "2028-05-05"), let("b3", "B", 80.0, "2029-06-06", park_id="Q")]
    found = ask(carriers, pd.concat([units, unit_table(more)], ignore_index=True))
    told = outcome(found, plan(found, c1="d2"))
    assert {place: row["outcome"] for place, row in told.items()} == {
        ("P", "A"): "keep",
        ("P", "B"): "locked",
        ("Q", "B"): "locked",
        ("Q", "C"): "surrender",
        ("Q", "D"): "anchor",
    }
    locked = told["P", "B"]
    assert locked["blocking_units"] == "b2"
    assert locked["earliest_date"] == pd.Timestamp("2028-05-05")
    assert "最早 2028-05-05 可解" in locked["reason_zh"]
    assert "until 2028-05-05 at the earliest" in locked["reason_en"]
    # Only a site that is locked tells by whom.
    assert told["Q", "D"]["blocking_units"] == ""
    assert pd.isna(told["Q", "D"]["earliest_date"])
    assert told["Q", "D"]["area_after_m2"] == 600.0
    assert told["Q", "C"]["units_after"] == 0
    assert "1 个单元都有去处" in told["Q", "C"]["reason_zh"]


def test_a_site_where_the_park_was_not_is_an_anchor() -> None:
    found = ask(*town())
    row = outcome(found, plan(found, b1="d2"))["P", "D"]
    assert (row["outcome"], row["units_before"], row["units_after"]) == ("anchor", 0, 1)
    assert (row["area_before_m2"], row["area_after_m2"]) == (0.0, 300.0)


@pytest.mark.parametrize(
    ("change", "date"),
    [
        ({"lease_end": "2030-03-03"}, pd.Timestamp("2030-03-03")),
        ({"lease_end": None}, pd.NaT),
        ({"lease_end": "2028-01-01", "protected": True}, pd.NaT),
        ({"state": "own_use", "lease_end": "2030-03-03"}, pd.NaT),
    ],
)
def test_the_earliest_date_is_that_of_the_last_lease_if_dates_are_all_that_holds(
    change: dict[str, Any], date: Any
) -> None:
    carriers, units = town()
    units = pd.concat([units, unit_table([let("d3", "D", 5.0, "2029-01-01")])], ignore_index=True)
    found = ask(carriers, changed(units, "d1", **change))
    row = outcome(found, plan(found))["Q", "D"]
    assert row["blocking_units"] == "d1;d3"
    assert row["earliest_date"] == date or (pd.isna(date) and pd.isna(row["earliest_date"]))


def test_a_site_off_the_map_has_no_point() -> None:
    carriers, units = town()
    carriers.loc[carriers["carrier_id"].eq("C"), "geometry"] = None
    row = outcome(found := ask(carriers, units), plan(found))["Q", "C"]
    assert row["geometry"] is None
    assert row["outcome"] == "locked"


@pytest.mark.parametrize("seed", SEEDS)
def test_outcomes_count_what_is_there(seed: int) -> None:
    _carriers, _units, found, _frontier = solved(seed)
    problem = found.problem
    for host in some_plans(found, seed):
        told = outcome(found, host)
        before: dict[tuple[str, str], list[Any]] = {}
        after: dict[tuple[str, str], list[Any]] = {}
        for row, unit in enumerate(problem.units.to_dict("records")):
            to = unit["site"] if host[row] < 0 else problem.hosts["site"].iloc[host[row]]
            before.setdefault((unit["park_id"], unit["site"]), []).append(unit)
            after.setdefault((unit["park_id"], to), []).append(unit | {"came": host[row] >= 0})
        assert set(told) == set(before) | set(after)
        for place, there in told.items():
            was, now = before.get(place, []), after.get(place, [])
            assert (there["units_before"], there["units_after"]) == (len(was), len(now))
            assert there["area_before_m2"] == pytest.approx(sum(u["area_m2"] for u in was))
            assert there["area_after_m2"] == pytest.approx(sum(u["area_m2"] for u in now))
            assert there["outcome"] == _outcome(was, now)
            held = sorted(u["unit_id"] for u in was if u["lock"])
            expected = held if there["outcome"] == "locked" else []
            assert there["blocking_units"] == ";".join(expected)


def _outcome(was: list[dict[str, Any]], now: list[dict[str, Any]]) -> str:
    if not now:
        return "surrender"
    if any(unit["came"] for unit in now):
        return "anchor"
    return "locked" if any(unit["lock"] for unit in was) else "keep"


def test_what_is_left_is_vacant_and_a_host_has_so_much_less() -> None:
    carriers, units = town()
    units = units.assign(tenant="x", needs=None)
    found = ask(carriers, units)
    after = by_id(units_after(units, found, plan(found, b1="a2", c1="d2")))
    assert (after["b1"]["carrier_id"], after["b1"]["floor_area_m2"]) == ("A", 300.0)
    assert after["a2"]["floor_area_m2"] == 600.0
    left = after["b1*"]
    assert (left["carrier_id"], left["state"], left["floor_area_m2"]) == ("B", "vacant", 300.0)
    assert all(pd.isna(left[name]) for name in ("tenant", "industry", "lease_end"))
    assert (after["d2"]["floor_area_m2"], after["d1"]["park_id"]) == (200.0, "Q")


def test_a_host_that_is_full_is_gone() -> None:
    carriers, units = town()
    units = changed(units, "d2", floor_area_m2=700.0)
    found = ask(carriers, units)
    after = units_after(units, found, plan(found, b1="d2", c1="d2"))
    assert "d2" not in set(after["unit_id"])
    assert len(after) == len(units) + 2 - 1


def test_what_is_surrendered_belongs_to_no_park_and_what_is_kept_stays() -> None:
    carriers, units = town()
    more = unit_table([vacant("b9", "B", 40.0), vacant("b8", "B", 30.0, park_id="Q")])
    units = pd.concat([units, more], ignore_index=True)
    found = ask(carriers, units)
    park = {name: row["park_id"] for name, row in by_id(
        units_after(units, found, plan(found, b1="a2"))).items()}  # fmt: skip
    assert (park["b1*"], park["b9"]) == (RELEASED, RELEASED)
    assert (park["b8"], park["a2"], park["b1"]) == ("Q", "P", "P")
    kept = units_after(units, found, plan(found, a1="d2"))
    assert by_id(kept)["b9"]["park_id"] == "P"
    assert by_id(kept)["a1*"]["park_id"] == RELEASED
    spaces = park_spaces(carriers, units_after(units, found, plan(found, b1="a2")))
    held = {(r.park_id, r.carrier_id): r.floor_area_m2 for r in spaces.itertuples()}
    assert held["P", "A"] == 500.0 + 900.0
    assert ("P", "B") not in held


def test_what_is_left_vacant_gets_an_id_that_nobody_has() -> None:
    carriers, units = town()
    units = pd.concat([units, unit_table([vacant("b1*", "E", 5.0)])], ignore_index=True)
    found = ask(carriers, units)
    after = units_after(units, found, plan(found, b1="a2"))
    assert after["unit_id"].is_unique
    assert by_id(after)["b1*"]["carrier_id"] == "E"
    assert by_id(after)["b1**"]["carrier_id"] == "B"


@pytest.mark.parametrize("column", ["park_id", "tenant", "sample", "breakable"])
def test_a_table_without_an_optional_column(column: str) -> None:
    carriers, units = town()
    units = units.drop(columns=column)
    found = ask(carriers, units)
    after = units_after(units, found, plan(found, b1="a2"))
    park = after["park_id"].fillna(
        after["carrier_id"].map(carriers.set_index("carrier_id").park_id)
    )
    assert dict(zip(after["unit_id"], park, strict=True))["b1"] == "P"
    assert after["floor_area_m2"].sum() == units["floor_area_m2"].sum()


@pytest.mark.parametrize("seed", SEEDS)
def test_floor_area_is_conserved_in_every_carrier(seed: int) -> None:
    _carriers, units, found, _frontier = solved(seed)
    for host in some_plans(found, seed):
        after = units_after(units, found, host)
        assert after["unit_id"].is_unique
        sums = [table.groupby("carrier_id")["floor_area_m2"].sum() for table in (units, after)]
        assert sums[1].to_dict() == pytest.approx(sums[0].to_dict())
        assert after.dtypes.to_dict() == units.dtypes.to_dict()
        moved = int((host >= 0).sum())
        full = set(units["unit_id"]) - set(after["unit_id"])
        assert full <= set(found.problem.hosts["host_id"])
        assert len(after) == len(units) + moved - len(full)
        assert (after["floor_area_m2"].lt(0) <= after["unit_id"].isin(units["unit_id"])).all()


@pytest.mark.parametrize("seed", SEEDS)
def test_a_park_has_what_it_had_where_it_stays_and_what_it_needs_where_it_goes(seed: int) -> None:
    carriers, units, found, _frontier = solved(seed)
    ratio = found.problem.limits.area_ratio
    own = carriers.set_index("carrier_id")["park_id"]
    for host in some_plans(found, seed):
        after = units_after(units, found, host)
        expected: dict[str, float] = {}
        for row, unit in enumerate(found.problem.units.to_dict("records")):
            if unit["lock"] != "undivided":
                grown = ratio if host[row] >= 0 else 1.0
                park = unit["park_id"]
                expected[park] = expected.get(park, 0.0) + unit["area_m2"] * grown
        let_now = after[after["state"].ne("vacant") & after["floor_area_m2"].ge(0)]
        named = let_now["park_id"].fillna(let_now["carrier_id"].map(own))
        told = let_now.groupby(named)["floor_area_m2"].sum().to_dict()
        for name, area in expected.items():
            assert told.get(name, 0.0) == pytest.approx(area)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_register_afterwards_has_the_presences_that_the_plan_promised(seed: int) -> None:
    carriers, units, found, frontier = solved(seed)
    for step in frontier.steps:
        again = ask(carriers, units_after(units, found, step.host))
        assert len(again.problem.presences) == step.presences
        assert RELEASED not in again.parks
