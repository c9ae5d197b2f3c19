"""Fewest presences of generated parks: geo.consolidation against other ways to solve it.

Run ``python -m bench.bench_consolidate``; ``--cost`` asks next for the cheapest plan
that has as few presences as ours. The other sides are given a model written here, with
nothing of :mod:`geo.consolidation` in it: every unit moves once or stays, no host is
overfull, a park is present where a unit of it is. HiGHS solves it through
:func:`scipy.optimize.milp`, CP-SAT (with every core; the others have one) and CBC where
``ortools`` and ``pulp`` are installed. spopt cannot express it: p-median and its kin
charge for a site that is open, not for each park that is present at it.

Seconds are those from the tables to the plan, with the making of the model. Every plan
is checked here by counting, and no proven bound of one side may be above a plan of
another, before the table is printed.
"""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import math
import os
import re
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING
from typing import Any
from typing import NamedTuple

import numpy as np
import pandas as pd
import scipy.sparse as sp
from scipy.optimize import Bounds
from scipy.optimize import LinearConstraint
from scipy.optimize import milp

from bench.offices import offices
from geo.consolidation.frontier import fewest_presences
from geo.consolidation.model import formulate
from geo.consolidation.problem import presences_after
from geo.consolidation.reduce import only_useful
from geo.consolidation.solve import Row
from geo.consolidation.solve import Settings
from geo.consolidation.solve import minimise
from geo.consolidation.start import greedy_plans

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from geo.consolidation.model import Model
    from geo.consolidation.problem import Problem

    Floats = NDArray[np.float64]
    Places = NDArray[np.intp]

SMALL: dict[str, int] = {"parks": 20, "presences": 100, "units": 601, "hosts": 71}
LARGE: dict[str, int] = {"parks": 40, "presences": 240, "units": 1288, "hosts": 152}
INSTANCES = {
    "601@45": (SMALL, 0.45),
    "601@80": (SMALL, 0.8),
    "601@100": (SMALL, 1.0),
    "1288@80": (LARGE, 0.8),
    "1288@100": (LARGE, 1.0),
}
SITES = (2, 10)
LIMIT_S = 120.0
OURS = "geo.consolidation"

_HALF = 0.5
_CLOSE = 1e-6


class Answer(NamedTuple):
    """What a side says: the host of each unit (-1 stays; None for no plan) and a proven bound."""

    host: Places | None
    bound: float


Solver = Callable[["Problem", "int | None", float], Answer]
"""Given the problem, most presences (None to ask for the fewest) and a limit in seconds."""


class Line(NamedTuple):
    """One line of the table."""

    instance: str
    solver: str
    presences: float
    cost_wan: float
    bound: float
    gap: float
    seconds: float


class Plain(NamedTuple):
    """The plain model as numbers: for pairs their unit, host and place; for units theirs."""

    unit: Places
    host: Places
    into: Places
    stays: Places
    area: Floats
    capacity: Floats
    cost: Floats
    places: int


def plain_model(problem: Problem) -> Plain:
    """Return the numbers of the plain model, from the tables alone."""
    units, hosts, pairs = problem.units, problem.hosts, problem.pairs
    unit = pd.Index(units["unit_id"]).get_indexer(pd.Index(pairs["unit_id"]))
    host = pd.Index(hosts["host_id"]).get_indexer(pd.Index(pairs["host_id"]))
    park = units["park_id"].to_numpy()
    here = list(zip(park, units["site"], strict=True))
    there = list(zip(park[unit], hosts["site"].to_numpy()[host], strict=True))
    number = {place: i for i, place in enumerate(dict.fromkeys([*here, *there]))}
    return Plain(
        unit,
        host,
        np.array([number[place] for place in there], dtype=np.intp),
        np.array([number[place] for place in here], dtype=np.intp),
        units["area_m2"].to_numpy("float64"),
        hosts["capacity_m2"].to_numpy("float64"),
        pairs["cost_wan"].to_numpy("float64"),
        len(number),
    )


def ours(problem: Problem, most: int | None, limit_s: float) -> Answer:
    """Ask geo.consolidation as its frontier does: useful moves, rows (8), start and search."""
    if most is None:
        found = fewest_presences(problem, Settings(time_limit_s=limit_s))
        return Answer(found.steps[-1].host, found.lower_bound)
    useful = only_useful(problem)
    model = formulate(useful)
    plans = [p for p in greedy_plans(useful) if len(presences_after(useful, p)) <= most]
    return _asked(model, most, limit_s, model.vector(plans[0]) if plans else None)


def ours_bare(problem: Problem, most: int | None, limit_s: float) -> Answer:
    """Ask geo.consolidation for its model without any of the three."""
    return _asked(formulate(problem, cuts=False), most, limit_s, None)


def _asked(model: Model, most: int | None, limit_s: float, start: Floats | None) -> Answer:
    objective = model.presences if most is None else model.cost_wan
    rows = [] if most is None else [Row(model.presences, -np.inf, most)]
    found = minimise(model, objective, rows, start=start, settings=Settings(), time_limit_s=limit_s)
    host = None if found.columns is None else model.assignment(found.columns)
    return Answer(host, found.bound)


def plain(problem: Problem, most: int | None, limit_s: float) -> Answer:
    """Ask HiGHS for the plain model, through scipy."""
    these = plain_model(problem)
    pairs, units = len(these.unit), len(these.stays)
    columns = pairs + units + these.places
    x, r = np.arange(pairs), pairs + np.arange(units)
    v = pairs + units

    def rows(*parts: tuple[Places, Places, Floats | float], count: int) -> sp.csr_array:
        row = np.concatenate([part[0] for part in parts])
        column = np.concatenate([part[1] for part in parts])
        value = np.concatenate([np.broadcast_to(part[2], len(part[0])) for part in parts])
        return sp.csr_array((value, (row, column)), shape=(count, columns))

    every = np.arange(units)
    assigned = rows((these.unit, x, 1.0), (every, r, 1.0), count=units)
    filled = rows((these.host, x, these.area[these.unit]), count=len(these.capacity))
    moved = rows((x, x, 1.0), (x, v + these.into, -1.0), count=pairs)
    stayed = rows((every, r, 1.0), (every, v + these.stays, -1.0), count=units)
    constraints = [
        LinearConstraint(assigned, 1, 1),
        LinearConstraint(filled, ub=these.capacity),
        LinearConstraint(sp.vstack([moved, stayed]), ub=0),
    ]
    presences = np.r_[np.zeros(v), np.ones(these.places)]
    if most is not None:
        constraints.append(LinearConstraint(presences[None], ub=most))
    found = milp(
        presences if most is None else np.r_[these.cost, np.zeros(columns - pairs)],
        integrality=np.ones(columns, dtype=np.intp),
        bounds=Bounds(0, 1),
        constraints=constraints,
        options={"time_limit": limit_s, "mip_rel_gap": 0.0},
    )
    bound = found.mip_dual_bound
    chosen = None if found.x is None else found.x[:pairs] > _HALF
    return Answer(_hosts(these, chosen), math.nan if bound is None else float(bound))


def cp_sat(problem: Problem, most: int | None, limit_s: float) -> Answer:
    """Ask CP-SAT of OR-tools for the plain model; costs in yuan, areas in m²."""
    cp_model: Any = importlib.import_module("ortools.sat.python.cp_model")
    these, model = plain_model(problem), cp_model.CpModel()
    x = [model.new_bool_var("") for _ in these.unit]
    r = [model.new_bool_var("") for _ in these.stays]
    v = [model.new_bool_var("") for _ in range(these.places)]
    for unit, own in enumerate(_grouped(these.unit, len(r))):
        model.add_exactly_one([r[unit], *(x[i] for i in own)])
        model.add_implication(r[unit], v[these.stays[unit]])
    into_host = _grouped(these.host, len(these.capacity))
    for capacity, own in zip(these.capacity, into_host, strict=True):
        model.add(sum(round(these.area[these.unit[i]]) * x[i] for i in own) <= int(capacity))
    for move, place in zip(x, these.into, strict=True):
        model.add_implication(move, v[place])
    if most is None:
        model.minimize(sum(v))
    else:
        model.add(sum(v) <= most)
        model.minimize(sum(round(c * 1e4) * move for c, move in zip(these.cost, x, strict=True)))
    solver = cp_model.CpSolver()
    solver.parameters.max_time_in_seconds = limit_s
    solver.parameters.num_workers = os.cpu_count() or 1
    said = solver.solve(model)
    chosen = None
    if said in {cp_model.OPTIMAL, cp_model.FEASIBLE}:
        chosen = np.array([solver.boolean_value(move) for move in x], dtype=np.bool_)
    return Answer(_hosts(these, chosen), solver.best_objective_bound / (1 if most is None else 1e4))


def cbc(problem: Problem, most: int | None, limit_s: float) -> Answer:
    """Ask CBC through PuLP for the plain model."""
    pulp: Any = importlib.import_module("pulp")
    these, model = plain_model(problem), pulp.LpProblem("presences", pulp.LpMinimize)
    x, r, v = (
        [model.add_variable(f"{kind}{i}", cat="Binary") for i in range(count)]
        for kind, count in (("x", len(these.unit)), ("r", len(these.stays)), ("v", these.places))
    )
    cost = pulp.lpSum(c * move for c, move in zip(these.cost, x, strict=True))
    model += pulp.lpSum(v) if most is None else cost
    if most is not None:
        model += pulp.lpSum(v) <= most
    for unit, own in enumerate(_grouped(these.unit, len(r))):
        model += pulp.lpSum([r[unit], *(x[i] for i in own)]) == 1
        model += r[unit] <= v[these.stays[unit]]
    into_host = _grouped(these.host, len(these.capacity))
    for capacity, own in zip(these.capacity, into_host, strict=True):
        model += pulp.lpSum(these.area[these.unit[i]] * x[i] for i in own) <= capacity
    for move, place in zip(x, these.into, strict=True):
        model += move <= v[place]
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "cbc.log"
        model.solve(pulp.PULP_CBC_CMD(msg=False, timeLimit=limit_s, logPath=str(log)))
        text = log.read_text("utf-8", errors="replace")
    if model.sol_status not in {pulp.LpSolutionOptimal, pulp.LpSolutionIntegerFeasible}:
        return Answer(None, _cbc_bound(text, math.nan))
    chosen = np.array([move.value() > _HALF for move in x], dtype=np.bool_)
    return Answer(_hosts(these, chosen), _cbc_bound(text, float(model.objective.value())))


def _cbc_bound(log: str, found: float) -> float:
    """Return the bound that CBC printed; PuLP does not hand it on."""
    if "Result - Optimal solution found" in log:
        return found
    printed = re.search(r"^Lower bound:\s+(\S+)", log, re.MULTILINE)
    return float(printed[1]) if printed else math.nan


def _grouped(code: Places, count: int) -> list[list[int]]:
    """Return where each code stands."""
    groups: list[list[int]] = [[] for _ in range(count)]
    for i, group in enumerate(code):
        groups[group].append(i)
    return groups


def _hosts(these: Plain, chosen: NDArray[np.bool_] | None) -> Places | None:
    if chosen is None:
        return None
    host = np.full(len(these.stays), -1, dtype=np.intp)
    host[these.unit[chosen]] = these.host[chosen]
    return host


SOLVERS: dict[str, tuple[Solver, str]] = {
    OURS: (ours, "highspy"),
    "ours, bare model": (ours_bare, "highspy"),
    "plain, scipy HiGHS": (plain, "scipy"),
    "plain, CP-SAT": (cp_sat, "ortools"),
    "plain, PuLP CBC": (cbc, "pulp"),
}
"""Each side, and the package it needs."""


def checked(problem: Problem, host: Places) -> tuple[int, float]:
    """Return presences and cost (万元) of a plan, counted one unit after the other.

    Parameters
    ----------
    problem
        Its tables; the row numbers in ``pairs`` are not used.
    host
        Row of the host of each unit, -1 for a unit that stays; shape (units,).

    Raises
    ------
    AssertionError
        If a unit goes where it may not, or a host is overfull.
    """
    costs = {(u, h): c for u, h, c in problem.pairs[["unit_id", "host_id", "cost_wan"]].to_numpy()}
    hosts = problem.hosts.to_dict("records")
    taken = [0.0] * len(hosts)
    present, spent = set(), 0.0
    for unit, to in zip(problem.units.to_dict("records"), host, strict=True):
        site = unit["site"]
        if to >= 0:
            move = (unit["unit_id"], hosts[to]["host_id"])
            if move not in costs:
                msg = f"{move[0]} may not go to {move[1]}."
                raise AssertionError(msg)
            spent += costs[move]
            taken[to] += unit["area_m2"]
            site = hosts[to]["site"]
        present.add((unit["park_id"], site))
    for space, area in zip(hosts, taken, strict=True):
        if area > space["capacity_m2"] * (1 + 1e-9):
            msg = f"{space['host_id']} is overfull: {area} of {space['capacity_m2']} m²."
            raise AssertionError(msg)
    return len(present), spent


def measured(
    instance: str, problem: Problem, solver: str, most: int | None, limit_s: float
) -> Line:
    """Ask one side, check its plan, and return its line of the table."""
    solve, _package = SOLVERS[solver]
    began = time.perf_counter()
    answer = solve(problem, most, limit_s)
    seconds = time.perf_counter() - began
    # What bounds a whole number bounds it at the next one.
    whole = most is None and math.isfinite(answer.bound)
    bound = math.ceil(answer.bound - _CLOSE) if whole else answer.bound
    if answer.host is None:
        return Line(instance, solver, math.nan, math.nan, bound, math.nan, seconds)
    presences, cost = checked(problem, answer.host)
    if most is not None and presences > most:
        msg = f"{solver} has {presences} presences, more than {most}."
        raise AssertionError(msg)
    found = presences if most is None else cost
    gap = max(found - bound, 0.0) / found if found > bound + _CLOSE * max(found, 1.0) else 0.0
    return Line(instance, solver, presences, cost, bound, gap, seconds)


def agreed(lines: Sequence[Line], *, of_cost: bool = False) -> None:
    """Compare what the sides say of one instance.

    Raises
    ------
    AssertionError
        If a proven bound is above a plan.
    """
    best = min(lines, key=lambda line: _found(line, of_cost=of_cost))
    for line in lines:
        if line.bound > _found(best, of_cost=of_cost) * (1 + _CLOSE):
            msg = f"{line.instance}: {line.solver} proves {line.bound}, but {best.solver} has less."
            raise AssertionError(msg)


def _found(line: Line, *, of_cost: bool) -> float:
    found = line.cost_wan if of_cost else line.presences
    return math.inf if math.isnan(found) else found


def show(lines: Sequence[Line]) -> None:
    """Print the lines of one instance; ">" before a ratio if that side was not done.

    There is no ratio if ours was not done: then the gaps are to be compared.
    """
    done = [line.seconds for line in lines if line.solver == OURS and line.gap == 0.0]
    for line in lines:
        ratio = "".join(f"{line.seconds / seconds:.1f}" for seconds in done)
        mark = ">" if ratio and line.gap != 0.0 else ""
        print(
            f"{line.instance:<18}{line.solver:<23}{line.presences:9.0f}{line.cost_wan:11.1f}"
            f"{line.bound:9.1f}{line.gap:8.1%}{line.seconds:9.2f}"
            f"{mark + ratio:>10}",
            flush=True,
        )


def compare(name: str, seed: int, solvers: Sequence[str], limit_s: float, *, cost: bool) -> None:
    """Ask every side for one instance, and print what they say."""
    sizes, movable = INSTANCES[name]
    problem = offices(sites=SITES, **sizes, movable=movable, seed=seed)
    instance = f"{name}/{seed}"
    fewest = [measured(instance, problem, solver, None, limit_s) for solver in solvers]
    agreed(fewest)
    show(fewest)
    if not cost:
        return
    least = int(min(_found(line, of_cost=False) for line in fewest))
    cheapest = [measured(f"{instance}≤{least}", problem, s, least, limit_s) for s in solvers]
    agreed(cheapest, of_cost=True)
    show(cheapest)


def installed() -> list[str]:
    """Return the sides that can be asked here."""
    return [
        name for name, (_solve, package) in SOLVERS.items() if importlib.util.find_spec(package)
    ]


def main() -> None:
    """Compare all sides on all instances, or on those asked for."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--time-limit", type=float, default=LIMIT_S, help="seconds for each")
    parser.add_argument("--instances", nargs="+", choices=INSTANCES, default=list(INSTANCES))
    parser.add_argument("--solvers", nargs="+", choices=SOLVERS, default=installed())
    parser.add_argument("--seeds", nargs="+", type=int, default=[2026])
    parser.add_argument("--cost", action="store_true", help="then the cheapest with as few")
    asked = parser.parse_args()
    head = ("presences", "cost 万元", "bound", "gap", "seconds", "x ours")
    widths = (9, 9, 9, 8, 9, 10)
    told = "".join(f"{text:>{width}}" for text, width in zip(head, widths, strict=True))
    print(f"{'instance':<18}{'solver':<23}{told}")
    for seed in asked.seeds:
        for name in asked.instances:
            compare(name, seed, asked.solvers, asked.time_limit, cost=asked.cost)


if __name__ == "__main__":
    main()
