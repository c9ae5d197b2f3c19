from __future__ import annotations

from typing import TYPE_CHECKING
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from geo.consolidation import consolidate
from geo.consolidation.frontier import solve_frontier
from geo.consolidation.solve import Settings
from tests.geo.consolidation.brute import enumerate_plans
from tests.geo.consolidation.registers import CRS
from tests.geo.consolidation.registers import ask
from tests.geo.consolidation.registers import carrier_table
from tests.geo.consolidation.registers import changed
from tests.geo.consolidation.registers import dropped
from tests.geo.consolidation.registers import let
from tests.geo.consolidation.registers import place
from tests.geo.consolidation.registers import possible
from tests.geo.consolidation.registers import random_town
from tests.geo.consolidation.registers import town
from tests.geo.consolidation.registers import unit_table
from tests.geo.consolidation.registers import vacant

if TYPE_CHECKING:
    from geo.consolidation.register import Register


def sites_of(found: Register) -> dict[str, str]:
    return dict(zip(found.carriers["carrier_id"], found.carriers["site"], strict=True))


def east(west_x: float, east_x: float) -> gpd.GeoSeries:
    """Return a zone from one easting to another."""
    return gpd.GeoSeries([shapely.box(west_x, -500, east_x, 500)], crs=CRS)


def test_the_town_can_come_down_to_two_presences() -> None:
    found = ask(*town())
    assert len(found.unused) == len(found.conflicts) == 0
    assert found.parks == ("P", "Q")
    steps = solve_frontier(found.problem).steps
    assert [step.presences for step in steps] == [4, 3, 2]


def test_the_wider_gap_joins_carriers_of_different_parks_into_one_site() -> None:
    carriers = carrier_table(
        [
            place("C", shapely.box(0, 0, 20, 20), "P"),
            place("B", shapely.box(70, 0, 90, 20), "Q"),
            place("A", shapely.box(141, 0, 160, 20), "P"),
        ]
    )
    units = unit_table([let(f"u{name}", name, 10.0, None) for name in "ABC"])
    assert sites_of(ask(carriers, units, site_gap_m=50.0)) == {"A": "A", "B": "B", "C": "B"}
    assert sites_of(ask(carriers, units, site_gap_m=51.0)) == {"A": "A", "B": "A", "C": "A"}
    assert sites_of(ask(carriers, units, site_gap_m=49.9)) == {"A": "A", "B": "B", "C": "C"}


def test_a_town_none_of_whose_carriers_has_a_place_has_an_answer() -> None:
    carriers = carrier_table([place("A", None, "P"), place("B", None, "P")])
    units = unit_table([let("uA", "A", 10.0, None), let("uB", "B", 10.0, None)])
    found = ask(carriers, units)
    assert found.parks == ("P",)
    assert list(found.problem.units["lock"]) == ["unlocated", "unlocated"]
    assert consolidate(found).frontier.steps[0].presences == 2


def test_a_barrier_splits_a_site_and_makes_a_move_across_it_possible() -> None:
    carriers = carrier_table([place("A", (0, 0), "P"), place("B", (40, 0), "P")])
    units = unit_table([let("a", "A", 10.0, "2026-05-05"), vacant("b", "B", 20.0)])
    river = gpd.GeoSeries([shapely.LineString([(20, -500), (20, 500)])], crs=CRS)
    one, two = ask(carriers, units), ask(carriers, units, barriers=river)
    assert (len(one.sites), possible(one)) == (1, set())
    assert (len(two.sites), possible(two)) == (2, {("a", "b")})


def test_a_site_has_a_point_amid_its_carriers_and_a_share_in_the_zones() -> None:
    carriers, units = town()
    zones = gpd.GeoDataFrame(geometry=east(1500, 2500))
    found = ask(carriers, units, zones=zones, site_gap_m=1000.0)
    assert found.sites["site"].tolist() == ["A"]
    assert found.sites["carriers"].tolist() == [5]
    assert found.sites.geometry[0].equals(shapely.Point(1400, 200))
    assert found.sites["zone_share"].tolist() == [pytest.approx(0.2)]
    share = found.problem.units.set_index("unit_id")["zone_share"]
    assert share.to_dict() == {"a1": 0.0, "b1": 0.0, "c1": 1.0, "d1": 0.0}


def test_steps_of_area_in_zones_are_sought_only_where_there_are_zones() -> None:
    carriers, units = town()
    zones = gpd.GeoDataFrame(geometry=east(2500, 3500))
    settings = Settings(time_limit_s=20.0)
    with_zones = consolidate(ask(carriers, units, zones=zones), settings)
    without = consolidate(ask(carriers, units), settings)
    turned_off = consolidate(ask(carriers, units, zones=zones, zone_levels=0), settings)
    assert with_zones.frontier.zone_steps
    assert without.frontier.zone_steps == turned_off.frontier.zone_steps == ()
    assert with_zones.parameters is with_zones.register.parameters


def test_previous_plans_are_no_more_than_a_start() -> None:
    found = ask(*town())
    first = consolidate(found)
    plans = [step.host for step in first.frontier.steps]
    again = consolidate(found, previous=[*plans, np.array([7], dtype=np.intp)])
    assert [s.cost_wan for s in again.frontier.steps] == [s.cost_wan for s in first.frontier.steps]


def test_without_vacant_space_nothing_moves_and_the_bound_is_what_there_is() -> None:
    carriers, units = town()
    found = ask(carriers, dropped(units, "a2", "d2", "e1"))
    frontier = consolidate(found).frontier
    assert len(found.problem.hosts) == 0
    assert found.tests.fits.shape == (3 + 1, 0)
    assert (frontier.presences_before, frontier.capacity_bound, frontier.lower_bound) == (4, 4, 4)
    assert (frontier.status, len(frontier.steps)) == ("optimal", 1)


def test_without_a_unit_that_may_move_nothing_moves() -> None:
    carriers, units = town()
    found = ask(carriers, units.assign(protected=True))
    frontier = consolidate(found).frontier
    assert (len(found.problem.pairs), len(found.tests.unit)) == (0, 0)
    assert (frontier.lower_bound, frontier.status, len(frontier.steps)) == (4, "optimal", 1)


@pytest.mark.parametrize("rows", [(0, 0), (0, None), (None, 0)])
def test_empty_tables_have_an_answer(rows: tuple[int | None, int | None]) -> None:
    carriers, units = town()
    found = ask(carriers.iloc[: rows[0]], units.iloc[: rows[1]], anchors=1)
    frontier = consolidate(found).frontier
    assert frontier.status == "optimal"
    assert frontier.presences_before == frontier.lower_bound == frontier.steps[0].presences


def test_a_budget_of_zero_leaves_only_what_is_free() -> None:
    carriers, units = town()
    (step,) = consolidate(ask(carriers, units, budget_wan=0.0)).frontier.steps
    assert (step.presences, step.moves) == (4, 0)
    nothing_costs: dict[str, Any] = {
        "relocation_yuan_m2": 0.0,
        "fit_out_yuan_m2": 0.0,
        "double_rent_months": 0.0,
    }
    free = consolidate(ask(carriers, units, budget_wan=0.0, **nothing_costs)).frontier
    assert [step.presences for step in free.steps] == [2]


def test_limits_come_from_parameters_and_the_floor_area_of_the_parks() -> None:
    carriers, units = town()
    limits = ask(
        carriers, units, budget_wan=33.0, yearly_share=0.25, anchors=2, area_ratio=0.9
    ).problem.limits
    assert limits.yearly_m2 == pytest.approx(0.25 * (500 + 300 + 400 + 200))
    assert (limits.budget_wan, limits.anchors, limits.area_ratio) == (33.0, 2, 0.9)
    assert ask(carriers, units, parks=["P"], yearly_share=0.25).problem.limits.yearly_m2 == 200.0


def test_around_a_site_is_what_can_be_walked_to_along_the_street() -> None:
    carriers, units = town()
    walk: dict[str, Any] = {"walk_m": 1300.0, "detour": 1.3}
    around = ask(carriers, units, anchors=1, **walk).problem.around
    assert around["B"] == {"A", "B", "C", "E"}
    assert around["E"] == {"B", "E"}
    short = ask(carriers, units, anchors=1, walk_m=1299.0, detour=1.3).problem.around
    assert short["B"] == {"B"}
    assert ask(carriers, units, anchors=0, **walk).problem.around == {}


def test_ids_that_stand_twice_are_refused() -> None:
    carriers, units = town()
    with pytest.raises(ValueError, match="`units` lists b1 more than once"):
        ask(carriers, pd.concat([units, units.iloc[[2]]], ignore_index=True))
    with pytest.raises(ValueError, match="`carriers` lists A more than once"):
        ask(pd.concat([carriers, carriers.iloc[[0]]], ignore_index=True), units)


@pytest.mark.parametrize("name", ["unit_id", "carrier_id"])
def test_columns_that_must_be_there_are_named(name: str) -> None:
    carriers, units = town()
    with pytest.raises(ValueError, match=f"`units` lacks .* {name}"):
        ask(carriers, units.drop(columns=name))


def test_degrees_are_no_metres_and_zones_lie_in_the_same_crs() -> None:
    carriers, units = town()
    with pytest.raises(ValueError, match="metric"):
        ask(carriers.to_crs("EPSG:4326"), units)
    zones = gpd.GeoDataFrame(geometry=east(0, 1).to_crs("EPSG:4326"))
    with pytest.raises(ValueError, match="CRS"):
        ask(carriers, units, zones=zones)


def test_the_tables_given_are_left_as_they_are() -> None:
    carriers, units = random_town(8)
    kept = carriers.copy(), units.copy()
    ask(carriers, units, anchors=1, nearest_hosts=1)
    pd.testing.assert_frame_equal(units, kept[1])
    pd.testing.assert_frame_equal(carriers, kept[0])


@pytest.mark.parametrize("seed", range(20))
def test_the_order_of_the_rows_changes_nothing(seed: int) -> None:
    carriers, units = random_town(seed)
    rng = np.random.default_rng(seed)
    mixed = [t.iloc[rng.permutation(len(t))].reset_index(drop=True) for t in (carriers, units)]
    limits: dict[str, Any] = {"anchors": 1, "yearly_share": 0.5, "nearest_hosts": 2}
    first, again = ask(carriers, units, **limits), ask(*mixed, **limits)
    for name in ("units", "hosts", "pairs"):
        table, other = getattr(first.problem, name), getattr(again.problem, name)
        pd.testing.assert_frame_equal(table, other)
    assert again.problem.limits == first.problem.limits
    assert again.problem.around == first.problem.around
    assert again.sites["site"].tolist() == first.sites["site"].tolist()
    order = ["table", "id", "field"]
    pd.testing.assert_frame_equal(
        first.unused.sort_values(order, ignore_index=True),
        again.unused.sort_values(order, ignore_index=True),
    )


@pytest.mark.parametrize("seed", range(20, 40))
def test_the_frontier_of_a_register_is_that_of_brute_force(seed: int) -> None:
    found = ask(*random_town(seed), anchors=seed % 3, budget_wan=[None, 60.0][seed % 2])
    frontier = consolidate(found).frontier
    told = [(step.presences, pytest.approx(step.cost_wan, abs=1e-6)) for step in frontier.steps]
    every: list[Any] = enumerate_plans(found.problem).staircase()
    assert every == told


def test_a_carrier_that_is_given_a_location_joins_the_plan() -> None:
    carriers, units = town()
    lost = carriers.copy()
    lost.loc[lost["carrier_id"].eq("D"), "geometry"] = None
    assert ("c1", "d2") not in possible(ask(lost, units))
    assert "D" not in sites_of(ask(lost, units))
    assert ("c1", "d2") in possible(ask(carriers, changed(units, "d2", floor_area_m2=400.0)))
