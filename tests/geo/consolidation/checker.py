"""Checks one plan against the tables of its problem, with plain loops and nothing else."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

import pytest

from tests.geo.consolidation.brute import anchor_area
from tests.geo.consolidation.brute import anchor_choices

if TYPE_CHECKING:
    from collections.abc import Iterator

    from geo.consolidation.frontier import Frontier
    from geo.consolidation.frontier import Step
    from geo.consolidation.problem import Problem

    # Unit id -> host id, of the units that move.
    Moves = dict[str, str]

_SLACK = 1e-8


def assert_same_steps(frontier: Frontier, expected: list[tuple[int, float]]) -> None:
    """Compare presences and cost of the steps with what is expected of them."""
    assert [step.presences for step in frontier.steps] == [presences for presences, _ in expected]
    costs = [cost for _, cost in expected]
    assert [step.cost_wan for step in frontier.steps] == pytest.approx(costs, abs=1e-6)


def violations(problem: Problem, step: Step) -> list[str]:
    """Return what is wrong with a step: with its plan, or with the numbers told of it."""
    if step.host.shape != (len(problem.units),):
        return [f"{step.host.shape} hosts for {len(problem.units)} units"]
    wrong = [int(row) for row in step.host if not -1 <= row < len(problem.hosts)]
    if wrong:
        return [f"there is no host {row}" for row in wrong]
    hosts = problem.hosts["host_id"].tolist()
    moves = {
        str(unit): str(hosts[row])
        for unit, row in zip(problem.units["unit_id"], step.host, strict=True)
        if row >= 0
    }
    checks = (_pairs, _capacities, _budget, _years, _anchors, _pins)
    found = [said for check in checks for said in check(problem, moves)]
    return found or list(_numbers(problem, moves, step))


def _pairs(problem: Problem, moves: Moves) -> Iterator[str]:
    allowed = set(zip(problem.pairs["unit_id"], problem.pairs["host_id"], strict=True))
    locked = set(problem.units.loc[problem.units["lock"].ne(""), "unit_id"])
    for unit, host in moves.items():
        if (unit, host) not in allowed:
            yield f"{unit} may not go to {host}"
        if unit in locked:
            yield f"{unit} is locked and moves"


def _capacities(problem: Problem, moves: Moves) -> Iterator[str]:
    area = dict(zip(problem.units["unit_id"], problem.units["area_m2"], strict=True))
    for host, room in zip(problem.hosts["host_id"], problem.hosts["capacity_m2"], strict=True):
        needed = sum(area[u] * problem.limits.area_ratio for u, to in moves.items() if to == host)
        if needed > room * (1 + _SLACK):
            yield f"{host} has {room} m² and gets {needed} m²"


def _costs(problem: Problem, moves: Moves) -> float:
    pairs = problem.pairs
    cost = dict(
        zip(zip(pairs["unit_id"], pairs["host_id"], strict=True), pairs["cost_wan"], strict=True)
    )
    return float(sum(cost[move] for move in moves.items() if move in cost))


def _budget(problem: Problem, moves: Moves) -> Iterator[str]:
    budget, spent = problem.limits.budget_wan, _costs(problem, moves)
    if budget is not None and spent > budget + _SLACK:
        yield f"{spent} is spent of {budget}"


def _years(problem: Problem, moves: Moves) -> Iterator[str]:
    moved: dict[int, float] = defaultdict(float)
    for row in problem.units.to_dict("records"):
        if row["unit_id"] in moves:
            moved[row["year"]] += row["area_m2"]
    most = problem.limits.yearly_m2
    for year, area in moved.items():
        if most is not None and area > most * (1 + _SLACK) + _SLACK:
            yield f"{area} m² move in year {year}, more than {most} m²"


def _anchors(problem: Problem, moves: Moves) -> Iterator[str]:
    if not problem.limits.anchors:
        return
    site = dict(zip(problem.hosts["host_id"], problem.hosts["site"], strict=True))
    park = dict(zip(problem.units["unit_id"], problem.units["park_id"], strict=True))
    received: dict[str, set[str]] = defaultdict(set)
    for unit, host in moves.items():
        received[park[unit]].add(site[host])
    for name, sites in received.items():
        choices = anchor_choices(problem, name)
        if not any(sites <= anchor_area(problem, chosen) for chosen in choices):
            yield f"{name} receives at {sorted(sites)}, around too many anchors"


def _pins(problem: Problem, moves: Moves) -> Iterator[str]:
    for unit, host in problem.pinned.items():
        if moves.get(unit) != host:
            yield f"{unit} is settled to go to {host}, not {moves.get(unit)}"


def _numbers(problem: Problem, moves: Moves, step: Step) -> Iterator[str]:
    """Follow every unit to where it is afterwards, and count."""
    there = {row["host_id"]: row for row in problem.hosts.to_dict("records")}
    area_at: dict[tuple[str, str], float] = defaultdict(float)
    before: dict[str, float] = defaultdict(float)
    zone = moved = 0.0
    for unit in problem.units.to_dict("records"):
        place = there[moves[unit["unit_id"]]] if unit["unit_id"] in moves else unit
        area_at[unit["park_id"], place["site"]] += unit["area_m2"]
        before[unit["park_id"]] += unit["area_m2"]
        zone += unit["area_m2"] * place["zone_share"]
        moved += unit["area_m2"] if unit["unit_id"] in moves else 0.0
    after: dict[str, float] = defaultdict(float)
    for (park, _site), area in area_at.items():
        after[park] += area
    if dict(after) != pytest.approx(dict(before)):
        yield f"floor area before {dict(before)}, after {dict(after)}"
    counted = (len(area_at), _costs(problem, moves), zone, moved, len(moves))
    told = (
        step.presences,
        step.cost_wan,
        step.in_zone_area_m2,
        step.moved_area_m2,
        step.moves,
    )
    if told != pytest.approx(counted):
        yield f"told {told}, counted {counted}"
