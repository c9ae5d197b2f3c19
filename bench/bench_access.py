"""Walks from many places to many destinations, and sets of new objects, against named peers.

Run ``python -m bench.bench_access``. The walks on a street grid are held against NetworkX
(``single_source_dijkstra_path_length`` from every place, which is what a planner's script
does); both sides get the same streets, places on street corners and the same numbers, which
are compared before a time is printed. The exact set of new objects is held against trying all
sets, as the gain of a program over a loop; both find the same floor area.
"""

from __future__ import annotations

import time
from itertools import combinations
from typing import TYPE_CHECKING
from typing import NamedTuple

import geopandas as gpd
import networkx as nx
import numpy as np
import shapely
from scipy.sparse import csr_array

from geo.access import AccessParameters
from geo.access import walks
from geo.access.covering import FACTS
from geo.access.covering import Effects
from geo.access.covering import exact_set
from geo.crs import district_crs
from geo.layout import Surroundings

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

BLOCKS, BLOCK_M = 60, 120.0
PLACES, TARGETS = 600, 600
MOST_M = 1_500.0
OBJECTS, SPACES, CHOSEN = 40, 400, 4
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


def _timed(work: Callable[[], object]) -> tuple[float, object]:
    start = time.perf_counter()
    found = work()
    return time.perf_counter() - start, found


def main() -> None:
    """Compare the numbers, then print the times and their ratios."""
    given = town()
    mine_s, mine = _timed(lambda: ours(given))
    base_s, base = _timed(lambda: with_networkx(given))
    np.testing.assert_allclose(np.asarray(mine), np.asarray(base), atol=_METRE)
    reached = int(np.isfinite(np.asarray(base)).sum())
    print(f"{PLACES} × {TARGETS} walks on {len(given.streets):,} streets, {reached:,} in reach")
    print(
        f"NetworkX {base_s:8.2f} s   geo.access.walks {mine_s:8.2f} s   "
        f"ratio {base_s / mine_s:6.1f} x"
    )
    sets = effects()
    mine_s, mine = _timed(lambda: exact(sets))
    base_s, base = _timed(lambda: all_sets(sets))
    np.testing.assert_allclose(np.asarray(mine), np.asarray(base))
    print(f"best {CHOSEN} of {OBJECTS} objects for {SPACES} spaces")
    print(
        f"all sets {base_s:8.2f} s   integer program {mine_s:8.2f} s   "
        f"ratio {base_s / mine_s:6.1f} x"
    )


if __name__ == "__main__":
    main()
