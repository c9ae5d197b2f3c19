"""Small consolidation problems: the worked one, and as many random ones as are wanted."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING
from typing import Any

import numpy as np
import pandas as pd

from geo.consolidation.problem import HOST_COLUMNS
from geo.consolidation.problem import PAIR_COLUMNS
from geo.consolidation.problem import UNIT_COLUMNS
from geo.consolidation.problem import Limits
from geo.consolidation.problem import Problem

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

# So many plans are still enumerated in a few milliseconds.
_MOST_PLANS = 20_000


def tiny(known: Mapping[str, Any]) -> Problem:
    """Return the worked instance: six units of two parks, three hosts."""
    zone = known["zone"]
    units = [
        (u["id"], u["park"], u["site"], u["area"], zone[u["site"]], _lock(u), 0)
        for u in known["units"]
    ]
    hosts = [(h["id"], h["site"], h["cap"], zone[h["site"]]) for h in known["hosts"]]
    pairs = [
        (u["id"], h["id"], u["move_cost"] + h["fitout"] * u["area"], 0.0)
        for u in known["units"]
        for h in known["hosts"]
        if not _lock(u) and u["industry"] in h["industries"] and u["site"] != h["site"]
    ]
    return make(units, hosts, pairs)


def _lock(unit: Mapping[str, Any]) -> str:
    return "" if unit.get("movable", True) else "lease"


def make(
    units: list[tuple[Any, ...]],
    hosts: list[tuple[Any, ...]],
    pairs: list[tuple[Any, ...]],
    **rest: Any,
) -> Problem:
    """Make a problem from rows, in the order of the columns that it must have."""
    return Problem.make(*tables(units, hosts, pairs), **rest)


def tables(
    units: list[tuple[Any, ...]], hosts: list[tuple[Any, ...]], pairs: list[tuple[Any, ...]]
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Return the three tables in the types of a register, be they empty or not."""
    return (
        _table(units, UNIT_COLUMNS).astype({"year": "int64"}),
        _table(hosts, HOST_COLUMNS),
        _table(pairs, PAIR_COLUMNS),
    )


def _table(rows: list[tuple[Any, ...]], columns: tuple[str, ...]) -> pd.DataFrame:
    texts = {"unit_id", "host_id", "park_id", "site", "lock"}
    frame = pd.DataFrame(rows, columns=list(columns))
    return frame.astype({name: "str" if name in texts else "float64" for name in columns})


def mixed(seed: int) -> Problem:
    """Return a random problem in which every limit is there or not, by the seed."""
    rng = np.random.default_rng(seed)
    problem = free(seed)
    most_wan = float(problem.pairs.groupby("unit_id")["cost_wan"].max().sum())
    most_m2 = float(problem.units.loc[problem.movable, "area_m2"].sum())
    limits = Limits(
        budget_wan=_maybe(rng, round(most_wan * rng.uniform(0.1, 0.8), 1)),
        yearly_m2=_maybe(rng, round(most_m2 * rng.uniform(0.2, 0.8), 1)),
        anchors=int(rng.integers(0, 3)),
        area_ratio=float(rng.choice([0.8, 1.0, 1.25])),
    )
    problem = replace(problem, limits=limits)
    if rng.random() < 0.25 and limits.anchors:
        problem = replace(problem, fixed_anchors=_fixed(rng, problem))
    if rng.random() < 0.25:
        problem = replace(problem, pinned=_pinned(rng, problem))
    return problem


def free(seed: int) -> Problem:
    """Return a random problem without limits: 3-8 units, 2-4 parks, 2-5 hosts."""
    rng = np.random.default_rng([seed, 1])
    sites = [f"S{n}" for n in range(rng.integers(3, 7))]
    share = dict(zip(sites, _shares(rng, len(sites)), strict=True))
    units = _units(rng, sites, share)
    hosts = _hosts(rng, sites, share)
    pairs = _pairs(rng, units, hosts)
    return make(units, hosts, pairs, around=_around(rng, sites))


def _shares(rng: np.random.Generator, size: int) -> NDArray[np.float64]:
    whole = rng.integers(0, 2, size).astype(float)
    return whole if rng.random() < 0.5 else rng.uniform(0, 1, size).round(2)


def _sizes(rng: np.random.Generator, size: int, *, least: int, most: int) -> NDArray[np.float64]:
    whole = rng.integers(least, most, size) * 50.0
    return (whole + rng.integers(0, 500, size) / 10 * (rng.random() < 0.5)).round(1)


def _units(
    rng: np.random.Generator, sites: list[str], share: dict[str, float]
) -> list[tuple[Any, ...]]:
    parks = [f"P{n}" for n in range(rng.choice([2, 2, 3, 4]))]
    count, locked = int(rng.integers(3, 9)), rng.choice([0.0, 0.1, 0.3])
    areas = _sizes(rng, count, least=1, most=11)
    rows = []
    for number, area in enumerate(areas):
        park, site = str(rng.choice(parks)), str(rng.choice(sites))
        lock = "lease" if rng.random() < locked else ""
        year = 0 if lock else int(rng.integers(0, 3))
        real = 0.0 if rng.random() < 0.05 else area
        rows.append((f"u{number}", park, site, real, share[site], lock, year))
    return rows


def _hosts(
    rng: np.random.Generator, sites: list[str], share: dict[str, float]
) -> list[tuple[Any, ...]]:
    count = int(rng.integers(2, 6))
    rows = []
    for number, room in enumerate(_sizes(rng, count, least=4, most=25)):
        site = str(rng.choice(sites))
        rows.append((f"h{number}", site, 0.0 if rng.random() < 0.08 else room, share[site]))
    return rows


def _pairs(
    rng: np.random.Generator, units: list[tuple[Any, ...]], hosts: list[tuple[Any, ...]]
) -> list[tuple[Any, ...]]:
    allowed, costs = rng.uniform(0.6, 1.0), rng.choice(["equal", "whole", "cents", "free"])
    rows = [
        (unit[0], host[0], _cost(rng, str(costs)), 0.0)
        for unit in units
        for host in hosts
        if not unit[5] and unit[2] != host[1] and rng.random() < allowed
    ]
    while _plans(rows) > _MOST_PLANS:
        rows.pop(int(rng.integers(len(rows))))
    return rows


def _cost(rng: np.random.Generator, kind: str) -> float:
    if kind == "equal":
        return 10.0
    if kind == "cents":
        return round(float(rng.uniform(5, 90)), 2)
    return float(rng.integers(0 if kind == "free" else 5, 8 if kind == "free" else 60))


def _plans(pairs: list[tuple[Any, ...]]) -> int:
    counts: dict[str, int] = {}
    for pair in pairs:
        counts[pair[0]] = counts.get(pair[0], 1) + 1
    return math.prod(counts.values())


def _around(rng: np.random.Generator, sites: list[str]) -> dict[str, frozenset[str]]:
    """Return which sites are near which, each way; some sites are named by nobody."""
    near = rng.random((len(sites), len(sites))) < 0.3
    near = near | near.T | np.eye(len(sites), dtype=bool)
    reach = {
        site: frozenset(other for other, is_near in zip(sites, row, strict=True) if is_near)
        for site, row in zip(sites, near, strict=True)
    }
    return {site: reached for site, reached in reach.items() if rng.random() < 0.9}


def _maybe(rng: np.random.Generator, value: float) -> float | None:
    return value if rng.random() < 0.4 else None


def _fixed(rng: np.random.Generator, problem: Problem) -> dict[str, frozenset[str]]:
    sites = sorted({*problem.units["site"], *problem.hosts["site"]})
    park = str(rng.choice(sorted(set(problem.units["park_id"]))))
    return {park: frozenset({str(rng.choice(sites))})}


def _pinned(rng: np.random.Generator, problem: Problem) -> dict[str, str]:
    pins: dict[str, str] = {}
    for _ in range(int(rng.integers(1, 3))):
        if len(problem.pairs):
            pair = problem.pairs.iloc[int(rng.integers(len(problem.pairs)))]
            pins[str(pair["unit_id"])] = str(pair["host_id"])
    return pins


def limited(problem: Problem, **changes: Any) -> Problem:
    """Return the same problem under other limits."""
    return replace(problem, limits=replace(problem.limits, **changes))
