from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from geo.consolidation.bounds import capacity_bounds
from geo.consolidation.frontier import exact_pareto
from geo.consolidation.frontier import solve_frontier
from geo.consolidation.problem import Limits
from geo.consolidation.problem import Problem
from geo.consolidation.problem import presences_after
from geo.consolidation.solve import Settings
from tests.geo.consolidation.instances import limited
from tests.geo.consolidation.instances import make
from tests.geo.consolidation.instances import tables

UNITS: list[tuple[Any, ...]] = [
    ("b", "P", "S2", 200.0, 0.0, "", 1),
    ("a", "P", "S1", 100.0, 1.0, "", 0),
    ("c", "Q", "S1", 300.0, 1.0, "lease", 0),
]
HOSTS: list[tuple[Any, ...]] = [("y", "S2", 400.0, 0.0), ("x", "S1", 500.0, 1.0)]
PAIRS: list[tuple[Any, ...]] = [("b", "x", 8.0, 90.0), ("a", "y", 5.0, 90.0)]


def test_rows_come_into_one_order_and_pairs_know_their_rows() -> None:
    problem = make(UNITS, HOSTS, PAIRS)
    assert problem.units["unit_id"].tolist() == ["a", "b", "c"]
    assert problem.hosts["host_id"].tolist() == ["x", "y"]
    assert problem.pairs["unit_id"].tolist() == ["a", "b"]
    assert problem.pairs["unit"].tolist() == [0, 1]
    assert problem.pairs["host"].tolist() == [1, 0]
    assert problem.movable.tolist() == [True, True, False]


def test_presences_before_and_after() -> None:
    problem = make(UNITS, HOSTS, PAIRS)
    before = [("P", "S1"), ("P", "S2"), ("Q", "S1")]
    assert list(problem.presences.itertuples(index=False, name=None)) == before
    after = presences_after(problem, np.array([1, -1, -1], dtype=np.intp))
    assert list(after.itertuples(index=False, name=None)) == [("P", "S2"), ("Q", "S1")]


def test_the_tables_given_are_left_as_they_are() -> None:
    frames = tables(UNITS, HOSTS, PAIRS)
    kept = [frame.copy() for frame in frames]
    Problem.make(*frames)
    assert all(frame.equals(copy) for frame, copy in zip(frames, kept, strict=True))


def test_columns_beyond_those_needed_are_carried_along() -> None:
    units, hosts, pairs = tables(UNITS, HOSTS, PAIRS)
    problem = Problem.make(units.assign(tenant=["乙", "甲", "丙"]), hosts, pairs)
    assert problem.units["tenant"].tolist() == ["甲", "乙", "丙"]


@pytest.mark.parametrize(
    ("table", "column"),
    [("units", "lock"), ("units", "year"), ("hosts", "capacity_m2"), ("pairs", "cost_wan")],
)
def test_a_missing_column_is_named(table: str, column: str) -> None:
    frames = dict(zip(("units", "hosts", "pairs"), tables(UNITS, HOSTS, PAIRS), strict=True))
    frames[table] = frames[table].drop(columns=column)
    with pytest.raises(ValueError, match=rf"(?s)`{table}`.*{column}"):
        Problem.make(**frames)


@pytest.mark.parametrize(
    ("table", "column"), [("units", "area_m2"), ("hosts", "capacity_m2"), ("pairs", "cost_wan")]
)
@pytest.mark.parametrize("value", [-1.0, np.nan])
def test_a_negative_or_unknown_number_is_refused(table: str, column: str, value: float) -> None:
    frames = dict(zip(("units", "hosts", "pairs"), tables(UNITS, HOSTS, PAIRS), strict=True))
    frames[table].loc[0, column] = value
    with pytest.raises(ValueError, match=rf"`{table}` has a `{column}`"):
        Problem.make(**frames)


@pytest.mark.parametrize(
    ("pair", "said"),
    [
        (("nobody", "x", 1.0, 0.0), "not in its table"),
        (("a", "nowhere", 1.0, 0.0), "not in its table"),
        (("c", "y", 1.0, 0.0), "locked"),
        (("a", "x", 1.0, 0.0), "own site"),
    ],
)
def test_an_impossible_pair_is_refused(pair: tuple[Any, ...], said: str) -> None:
    with pytest.raises(ValueError, match=rf"`pairs`.*{said}"):
        make(UNITS, HOSTS, [*PAIRS, pair])


@pytest.mark.parametrize("table", ["units", "hosts", "pairs"])
def test_what_stands_twice_is_refused(table: str) -> None:
    rows: dict[str, list[tuple[Any, ...]]] = {"units": UNITS, "hosts": HOSTS, "pairs": PAIRS}
    rows[table] = [*rows[table], rows[table][0]]
    with pytest.raises(ValueError, match=f"`{table}`"):
        make(**rows)


def test_other_limits_leave_the_rest_alone() -> None:
    problem = make(UNITS, HOSTS, PAIRS, limits=Limits(anchors=1), pinned={"b": "x"})
    other = limited(problem, budget_wan=3.0)
    assert other.limits == Limits(budget_wan=3.0, anchors=1)
    assert other.pinned == {"b": "x"}
    assert problem.limits.budget_wan is None


@pytest.mark.parametrize("cuts", [True, False])
@pytest.mark.parametrize("anchors", [0, 1])
@pytest.mark.parametrize(
    ("units", "hosts", "presences"),
    [
        (UNITS, HOSTS, 3),
        (UNITS, [], 3),
        (UNITS[:1], [], 1),
        (UNITS[:1], HOSTS, 1),
        (UNITS[2:], HOSTS, 1),
        ([], HOSTS, 0),
        ([], [], 0),
    ],
)
def test_without_possible_moves_today_is_the_only_step(
    units: list[tuple[Any, ...]],
    hosts: list[tuple[Any, ...]],
    presences: int,
    *,
    anchors: int,
    cuts: bool,
) -> None:
    limits = Limits(anchors=anchors, budget_wan=0.0, yearly_m2=0.0)
    problem = make(units, hosts, [], limits=limits)
    frontier = solve_frontier(problem, Settings(cuts=cuts), zone_levels=2)
    assert frontier.presences_before == frontier.lower_bound == presences
    assert (frontier.status, frontier.gap) == ("optimal", 0.0)
    assert [(s.presences, s.cost_wan, s.moves) for s in frontier.steps] == [(presences, 0.0, 0)]
    assert frontier.steps[0].host.tolist() == [-1] * len(units)
    assert frontier.zone_steps == ()
    assert len(frontier.table) == 1
    assert int(capacity_bounds(problem).sum()) == frontier.capacity_bound <= presences
    assert exact_pareto(problem)["presences"].tolist() == [presences]


def test_one_unit_that_may_move_gives_up_one_presence_for_another() -> None:
    problem = make(UNITS[:1], HOSTS, PAIRS[:1])
    assert [step.presences for step in solve_frontier(problem).steps] == [1]
    found = exact_pareto(problem)
    assert found.to_numpy().tolist() == [[1, 0.0, 0.0], [1, 8.0, 200.0]]


def test_a_unit_of_no_floor_area_moves_into_a_host_without_room() -> None:
    units = [("a", "P", "S1", 0.0, 0.0, "", 0), ("b", "P", "S2", 0.0, 0.0, "lease", 0)]
    problem = make(units, [("x", "S2", 0.0, 0.0)], [("a", "x", 1.0, 0.0)])
    found = [(step.presences, step.cost_wan) for step in solve_frontier(problem).steps]
    assert found == [(2, 0.0), (1, 1.0)]


def test_free_moves_are_made_and_today_is_then_no_step() -> None:
    units = [("a", "P", "S1", 10.0, 0.0, "", 0), ("b", "P", "S2", 10.0, 0.0, "lease", 0)]
    problem = make(units, [("x", "S2", 10.0, 0.0)], [("a", "x", 0.0, 0.0)])
    found = [(step.presences, step.cost_wan) for step in solve_frontier(problem).steps]
    assert found == [(1, 0.0)]
