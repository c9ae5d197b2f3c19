"""The spanning tree of a park is its own, whatever other parks are laid out with it."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd

from geo.distance import pairs_in_groups
from geo.layout import Layout

DETOUR = 1.324


def layout(way_m: list[float], walked_m: list[float]) -> Layout:
    """Lay out parks of three sites each, of which only the lengths of the walks matter."""
    park = np.repeat(np.arange(len(way_m) // 3), 3)
    pairs = pairs_in_groups(park, np.zeros((park.size, 2)))
    nothing = np.zeros(len(way_m), dtype=np.bool_)
    return Layout(
        site_of_space=pd.Series(0, index=range(park.size)),
        sites=gpd.GeoDataFrame({"site": range(park.size)}),
        park=park,
        weight=np.ones(park.size),
        pairs=pairs,
        way_m=np.array(way_m),
        walked_m=np.array(walked_m),
        detoured=nothing,
        blocked=nothing,
        snapped_m=np.full(park.size, np.nan),
    )


def nearly_equal() -> tuple[float, float]:
    """Return two lengths, the first a bit longer, that the detour factor makes equal."""
    longer = 200.0
    while DETOUR * longer != DETOUR * np.nextafter(longer, 0.0):
        longer = float(np.nextafter(longer, 300.0))
    return longer, float(np.nextafter(longer, 0.0))


def edges(found: Layout, sites: int) -> list[tuple[int, int, float]]:
    tree = found.trees([1.0, DETOUR])[DETOUR].edges
    rows = zip(tree.start.tolist(), tree.end.tolist(), tree.length_m.tolist(), strict=True)
    return [row for row in rows if row[0] < sites]


def test_a_park_on_the_network_moves_no_edge_of_one_that_is_not() -> None:
    longer, shorter = nearly_equal()
    unknown = [np.nan] * 3
    alone = layout([100.0, longer, shorter], unknown)
    beside = layout([100.0, longer, shorter, 50.0, 60.0, 70.0], [*unknown, 90.0, 80.0, 70.0])
    assert edges(alone, 3) == [(0, 1, DETOUR * 100.0), (1, 2, DETOUR * shorter)]
    assert edges(beside, 3) == edges(alone, 3)


def test_walks_on_the_network_make_the_tree_of_their_own_park() -> None:
    found = layout([50.0, 60.0, 70.0], [90.0, 80.0, np.nan])
    tree = found.trees([1.0, DETOUR])
    assert tree[1.0].edges.length_m.tolist() == [80.0, 70.0]
    assert tree[DETOUR].edges.length_m.tolist() == [90.0, 80.0]


def test_without_a_network_every_factor_stretches_the_same_tree() -> None:
    found = layout([50.0, 60.0, 70.0], [np.nan] * 3)
    tree = found.trees([1.0, DETOUR])
    assert tree[1.0].edges.length_m.tolist() == [50.0, 60.0]
    assert tree[DETOUR].edges.length_m.tolist() == [DETOUR * 50.0, DETOUR * 60.0]
