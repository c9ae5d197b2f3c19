"""Walks from many places to many destinations, and sets of new objects, against named peers.

Run ``python -m bench.bench_access``. The walks on a street grid are held against NetworkX
(``single_source_dijkstra_path_length`` from every place, which is what a planner's script
does) and against SciPy (``csgraph.dijkstra`` on a ready graph of street corners, which is as
fast as it gets and joins no place to a street); all get the same streets and places on street
corners. The exact set of new objects is held against trying all sets, and against the maximal
covering problem as a textbook writes it, solved by the same solver: once, for the textbook
leaves open which of the sets that are as good is told, and ours solves a second program for
that. New crossings are held against judging the linkage again with each of them. All numbers
are compared before a time is printed.
"""

from __future__ import annotations

import time
from dataclasses import replace
from itertools import combinations
from typing import TYPE_CHECKING
from typing import NamedTuple

import geopandas as gpd
import networkx as nx
import numpy as np
import shapely
from scipy.optimize import Bounds
from scipy.optimize import LinearConstraint
from scipy.optimize import milp
from scipy.sparse import coo_array
from scipy.sparse import csr_array
from scipy.sparse import eye_array
from scipy.sparse import hstack
from scipy.sparse.csgraph import dijkstra

from geo.access import AccessParameters
from geo.access import Destinations
from geo.access import linkage
from geo.access import walks
from geo.access.covering import CAMPUS
from geo.access.covering import FACTS
from geo.access.covering import RAIL
from geo.access.covering import Effects
from geo.access.covering import exact_set
from geo.access.linkage import with_every_column
from geo.access.openings import opened
from geo.crs import district_crs
from geo.layout import Surroundings

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

BLOCKS, BLOCK_M = 60, 120.0
PLACES, TARGETS = 600, 600
MOST_M = 1_500.0
OBJECTS, SPACES, CHOSEN = 40, 400, 4
GATES, SPACES_AT_GATES, CHOSEN_GATES = 800, 1_500, 5
RIVER_SPACES, STATIONS, CROSSINGS = 120, 40, 40
MERIDIAN = 120.0
_METRE = 1e-6


class Town(NamedTuple):
    """A grid of streets, and corners at which places and destinations stand."""

    streets: gpd.GeoSeries
    places: NDArray[np.float64]
    targets: NDArray[np.float64]


def town(seed: int = 7) -> Town:
    """Return streets with a tenth of the blocks left out, and corners drawn at random."""
    draw = np.random.default_rng(seed)
    corners = np.stack(np.meshgrid(np.arange(BLOCKS), np.arange(BLOCKS)), axis=-1).reshape(-1, 2)
    lines = []
    for step in ((1, 0), (0, 1)):
        ends = corners + step
        kept = (ends < BLOCKS).all(axis=1) & (draw.random(len(corners)) > 0.1)
        lines.append(np.stack([corners[kept], ends[kept]], axis=1))
    streets = shapely.linestrings(np.concatenate(lines) * BLOCK_M)
    chosen = draw.choice(len(corners), PLACES + TARGETS, replace=False)
    xy = (corners[chosen] * BLOCK_M).astype(np.float64)
    crs = district_crs(MERIDIAN)
    return Town(gpd.GeoSeries(streets, crs=crs), xy[:PLACES], xy[PLACES:])


def ours(given: Town) -> NDArray[np.float64]:
    """Walk with the geo room; infinite where it is too far."""
    crs = given.streets.crs
    places, targets = (
        gpd.GeoSeries(shapely.points(xy), crs=crs) for xy in (given.places, given.targets)
    )
    found = walks(
        places, targets, Surroundings(walkways=given.streets), AccessParameters(), most_m=MOST_M
    )
    found = found[found["way"].eq("network")]
    walked = np.full((PLACES, TARGETS), np.inf)
    walked[found["origin"].to_numpy(), found["target"].to_numpy()] = found["walk_m"]
    return walked


def with_networkx(given: Town) -> NDArray[np.float64]:
    """Walk with NetworkX, from one place after the other."""
    graph = nx.Graph()
    for line in given.streets:
        first, last = (tuple(point) for point in shapely.get_coordinates(line))
        graph.add_edge(first, last, weight=line.length)
    walked = np.full((PLACES, TARGETS), np.inf)
    column = {tuple(xy): number for number, xy in enumerate(given.targets)}
    for row, xy in enumerate(given.places):
        if tuple(xy) not in graph:
            continue
        found = nx.single_source_dijkstra_path_length(graph, tuple(xy), cutoff=MOST_M)
        for node, length in found.items():
            if node in column:
                walked[row, column[node]] = length
    return walked


def with_scipy(given: Town) -> NDArray[np.float64]:
    """Walk with SciPy, on a graph of corners."""
    ends = shapely.get_coordinates(given.streets.to_numpy()).reshape(-1, 2, 2)
    corner = np.round(ends / BLOCK_M).astype(np.intp) @ np.array([BLOCKS, 1])
    data = (given.streets.length.to_numpy(), (corner[:, 0], corner[:, 1]))
    graph = coo_array(data, shape=(BLOCKS**2, BLOCKS**2)).tocsr()
    here, there = (
        np.round(xy / BLOCK_M).astype(np.intp) @ np.array([BLOCKS, 1])
        for xy in (given.places, given.targets)
    )
    found = dijkstra(graph, directed=False, indices=here, limit=MOST_M + _METRE)
    walked: NDArray[np.float64] = found[:, there]
    return walked


def effects(seed: int = 7) -> Effects:
    """Return spaces and objects at random, each object serving a few spaces."""
    draw = np.random.default_rng(seed)
    holds = draw.random((SPACES, len(FACTS))) < 0.5
    gained = (draw.random((OBJECTS, holds.size)) < 0.02) & ~holds.ravel()
    area = draw.integers(1, 100, SPACES).astype(float) * 100
    return Effects(area, holds, csr_array(gained.astype(float)), 4)


def all_sets(given: Effects) -> float:
    """Return the floor area of the best set, by trying all of them."""
    return max(
        given.value(given.with_sets(np.array(chosen)))[0]
        for chosen in combinations(range(OBJECTS), CHOSEN)
    )


def exact(given: Effects) -> float:
    """Return the floor area of the exact set."""
    found = exact_set(given, np.arange(OBJECTS), CHOSEN)
    return given.value(given.with_sets(found.chosen))[0]


def gates(seed: int = 7) -> Effects:
    """Return spaces that lack a gate alone, and gates each of which serves what is near."""
    draw = np.random.default_rng(seed)
    spaces, places = (
        draw.uniform(0, 8_000, (SPACES_AT_GATES, 2)),
        draw.uniform(0, 8_000, (GATES, 2)),
    )
    apart = np.hypot(*(places[:, None] - spaces[None, :]).transpose(2, 0, 1))
    gained = np.zeros((GATES, SPACES_AT_GATES, len(FACTS)))
    gained[:, :, CAMPUS] = apart < 755.0
    holds = np.ones((SPACES_AT_GATES, len(FACTS)), dtype=np.bool_)
    holds[:, CAMPUS] = False
    area = draw.integers(1, 100, SPACES_AT_GATES).astype(float) * 100
    return Effects(area, holds, csr_array(gained.reshape(GATES, -1)), 4)


def exact_gates(given: Effects) -> float:
    """Return the floor area that the exact set of gates serves."""
    found = exact_set(given, np.arange(GATES), CHOSEN_GATES)
    return given.value(given.with_sets(found.chosen))[0]


def textbook_gates(given: Effects) -> float:
    """Return the same by the model of Church and ReVelle (1974), as it is written."""
    covers = given.gained[:, np.arange(SPACES_AT_GATES) * len(FACTS) + CAMPUS].T
    served = hstack([-covers, eye_array(SPACES_AT_GATES)])
    counted = np.concatenate([np.ones(GATES), np.zeros(SPACES_AT_GATES)])
    found = milp(
        np.concatenate([np.zeros(GATES), -given.area_m2]),
        constraints=[
            LinearConstraint(served, -np.inf, 0.0),
            LinearConstraint(counted[None, :], -np.inf, CHOSEN_GATES),
        ],
        integrality=np.ones(counted.size, dtype=np.int64),
        bounds=Bounds(0.0, 1.0),
        options={"mip_rel_gap": 0.0},
    )
    assert found.fun is not None  # no set is a set, too
    return -float(found.fun)


class Banks(NamedTuple):
    """Spaces and stations on both banks of a river, and crossings that are tried."""

    spaces: gpd.GeoDataFrame
    stations: Destinations
    around: Surroundings
    crossings: NDArray[np.object_]


def banks(seed: int = 7) -> Banks:
    """Return a river through a town without a bridge."""
    draw = np.random.default_rng(seed)
    crs = district_crs(MERIDIAN)
    names = [f"C{n}" for n in range(RIVER_SPACES)]
    spaces = gpd.GeoDataFrame(
        {"park_id": "P", "carrier_id": names, "floor_area_m2": 100.0},
        geometry=gpd.points_from_xy(*draw.uniform(0, 4_000, (2, RIVER_SPACES))),
        crs=crs,
    )
    stations = gpd.GeoDataFrame(
        {"id": [f"S{n}" for n in range(STATIONS)], "kind": "station"},
        geometry=gpd.points_from_xy(*draw.uniform(0, 4_000, (2, STATIONS))),
        crs=crs,
    )
    river = shapely.LineString([(1_900, -100), (2_100, 2_000), (1_900, 4_100)])
    along = shapely.line_interpolate_point(river, np.linspace(0, 1, CROSSINGS), normalized=True)
    around = Surroundings(barriers=gpd.GeoSeries([river], crs=crs))
    return Banks(spaces, Destinations(stations, frozenset({"station"})), around, along)


def _by_rail(given: Banks, around: Surroundings) -> NDArray[np.bool_]:
    found = linkage(given.spaces, given.stations, around, AccessParameters())
    return np.asarray(found.spaces["met_rail"].eq("yes"), dtype=np.bool_)


def opened_at_once(given: Banks) -> NDArray[np.intp]:
    """Return which spaces each crossing brings to a station, as the geo room does."""
    holds = np.zeros((RIVER_SPACES, len(FACTS)), dtype=np.bool_)
    holds[:, RAIL] = _by_rail(given, given.around)
    table = with_every_column(given.stations.table)
    rule = AccessParameters()
    return opened(given.spaces, table, given.around, rule, holds, given.crossings)[:2]


def judged_again(given: Banks) -> NDArray[np.intp]:
    """Return the same by judging everything again with each crossing."""
    before = _by_rail(given, given.around)
    parts = []
    for number, point in enumerate(given.crossings):
        there = gpd.GeoSeries([point], crs=given.spaces.crs)
        after = _by_rail(given, replace(given.around, crossings=there))
        spaces = np.flatnonzero(after & ~before)
        parts.append(np.stack([np.full(spaces.size, number), spaces]))
    return np.concatenate(parts, axis=1)


def _timed(work: Callable[[], object]) -> tuple[float, object]:
    start = time.perf_counter()
    found = work()
    return time.perf_counter() - start, found


def _compared(
    what: str,
    ours_: tuple[str, Callable[[], object]],
    *peers: tuple[str, Callable[[], object]],
) -> object:
    """Time our way and its peers, refuse other numbers, print ratios; return the numbers."""
    name, work = ours_
    mine_s, mine = _timed(work)
    print(what)
    print(f"  {name:<26}{mine_s:8.2f} s")
    for peer, other in peers:
        base_s, base = _timed(other)
        np.testing.assert_allclose(np.asarray(mine), np.asarray(base), atol=_METRE)
        print(f"  {peer:<26}{base_s:8.2f} s   ratio {base_s / mine_s:6.1f} x")
    return mine


def main() -> None:
    """Compare the numbers, then print the times and their ratios."""
    given = town()
    walked = _compared(
        f"{PLACES} × {TARGETS} walks on {len(given.streets):,} streets",
        ("geo.access.walks", lambda: ours(given)),
        ("NetworkX", lambda: with_networkx(given)),
        ("SciPy, ready graph", lambda: with_scipy(given)),
    )
    print(f"  {int(np.isfinite(np.asarray(walked)).sum()):,} in reach")
    sets = effects()
    _compared(
        f"best {CHOSEN} of {OBJECTS} objects for {SPACES} spaces",
        ("geo.access.covering", lambda: exact(sets)),
        ("all sets", lambda: all_sets(sets)),
    )
    places = gates()
    _compared(
        f"best {CHOSEN_GATES} of {GATES} gates for {SPACES_AT_GATES:,} spaces",
        ("geo.access.covering", lambda: exact_gates(places)),
        ("textbook model, HiGHS", lambda: textbook_gates(places)),
    )
    river = banks()
    _compared(
        f"{CROSSINGS} crossings for {RIVER_SPACES} spaces and {STATIONS} stations",
        ("geo.access.openings", lambda: opened_at_once(river)),
        ("linkage again for each", lambda: judged_again(river)),
    )


if __name__ == "__main__":
    main()
