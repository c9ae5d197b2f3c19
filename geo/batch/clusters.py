"""Walking clusters of a whole city: which carriers can be walked between, step by step.

The clusters of a park (:mod:`geo.layout`) are about one holder; these are about the
city's carriers, whoever holds them, and they go over the borders of districts. They are
found tile by tile, each tile with a halo of what is within reach of it, and pieces that
share a carrier are then one (after the blockwise labelling of images: M. B. Dillencourt,
H. Samet and M. Tamminen, Journal of the ACM 39, 1992).

Distances are straight: barriers and the walking network are not looked at.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING
from typing import Any
from typing import NamedTuple

import numpy as np
import pandas as pd

from geo.batch.near import near_components
from geo.batch.tiles import NOWHERE
from geo.batch.tiles import tile_codes
from geo.crs import COORDINATE_TOLERANCE_M
from geo.dispersion import effective_number
from geo.dispersion import group_sum
from geo.dispersion import largest_share
from geo.dispersion import ratio
from geo.distance import Edges
from geo.distance import components
from geo.spaces import refuse_repeated
from geo.spaces import require_columns

if TYPE_CHECKING:
    from collections.abc import Iterable
    from collections.abc import Iterator

    from numpy.typing import NDArray

__all__ = [
    "CityClusters",
    "ClusterPartial",
    "Tile",
    "city_clusters",
    "cluster_partial",
    "cluster_tiles",
    "merge_clusters",
]

_PLACE = ["carrier_id", "x", "y"]


class Tile(NamedTuple):
    """The carriers of a tile, and those of others that are within reach of it.

    Attributes
    ----------
    code
        Morton code of the tile.
    own, halo
        ``carrier_id``, ``x`` and ``y`` in metres.
    """

    code: int
    own: pd.DataFrame
    halo: pd.DataFrame


@dataclass(frozen=True, slots=True, eq=False)
class ClusterPartial:
    """What one tile knows of the clusters.

    Attributes
    ----------
    carrier_id
        Carriers of the tile and its halo, shape (carriers,).
    joined_to
        Smallest id among those that each hangs together with inside the tile and halo.
    """

    carrier_id: NDArray[np.object_]
    joined_to: NDArray[np.object_]


@dataclass(frozen=True, slots=True, eq=False)
class CityClusters:
    """The walking clusters of a city.

    Attributes
    ----------
    cluster
        Cluster of every carrier, named by the smallest id in it; index ``carrier_id``,
        ordered; missing for a carrier without a place.
    table
        One row a cluster, the largest first: ``cluster``, ``carriers`` (count),
        ``floor_area_m2`` (m², NaN if one is unknown), ``share`` of the city.
    largest_share, effective_clusters
        Share of the largest cluster, in (0, 1], and the number of equal clusters that the
        city behaves like; NaN without a carrier that has a place.
    weighting
        What a carrier counts for: ``floor_area``, or ``count`` where a floor area is not
        known or all are 0.
    reach_m
        Longest straight step, metres.
    """

    cluster: pd.Series[str]
    table: pd.DataFrame
    largest_share: float
    effective_clusters: float
    weighting: str
    reach_m: float

    def row(self) -> dict[str, Any]:
        """Return the numbers as one row; ``unlocated`` carriers are in no cluster."""
        return {
            "carriers": len(self.cluster),
            "unlocated": int(self.cluster.isna().sum()),
            "clusters": len(self.table),
            "largest_cluster_share": self.largest_share,
            "effective_clusters": self.effective_clusters,
            "weighting": self.weighting,
            "reach_m": self.reach_m,
        }


def cluster_tiles(carriers: pd.DataFrame, reach_m: float, tile_m: float) -> Iterator[Tile]:
    """Yield the tiles that hold carriers, each with its halo, by Morton code.

    Parameters
    ----------
    carriers
        ``carrier_id`` (each once), ``x`` and ``y`` of its centre in metres, NaN for one
        without a place.
    reach_m
        Longest step, metres: `walk_m` over the detour factor.
    tile_m
        Side of a tile, metres, more than `reach_m`.

    Raises
    ------
    ValueError
        If a column is missing, a carrier stands twice, or a length is out of range.
    """
    require_columns(carriers, _PLACE, "carriers")
    refuse_repeated(carriers[["carrier_id"]], "carriers")
    check_reach(reach_m, tile_m)
    carriers = carriers[_PLACE].reset_index(drop=True)
    xy = carriers[["x", "y"]].to_numpy("float64")
    own = tile_codes(xy, tile_m)
    code, row, is_own = _given(xy, own, reach_m + 2 * COORDINATE_TOLERANCE_M, tile_m)
    borders = np.flatnonzero(code[1:] != code[:-1]) + 1
    for rows in np.split(np.arange(code.size), borders):
        if is_own[rows].any():
            inside, around = row[rows[is_own[rows]]], row[rows[~is_own[rows]]]
            yield Tile(int(code[rows[0]]), carriers.iloc[inside], carriers.iloc[around])


def check_reach(reach_m: float, tile_m: float) -> None:
    """Refuse a reach that goes beyond the next tile.

    Raises
    ------
    ValueError
        Naming the length.
    """
    if not (math.isfinite(reach_m) and reach_m >= 0):
        msg = f"`reach_m` must be a length of at least 0 m, not {reach_m!r}."
        raise ValueError(msg)
    if not tile_m > reach_m + 2 * COORDINATE_TOLERANCE_M:
        msg = f"`tile_m` must be more than the reach of {reach_m:g} m, not {tile_m!r}."
        raise ValueError(msg)


def cluster_partial(own: pd.DataFrame, halo: pd.DataFrame, reach_m: float) -> ClusterPartial:
    """Find which carriers of a tile and its halo hang together.

    Parameters
    ----------
    own, halo
        As in :class:`Tile`, every place known. The halo may hold more than is needed.
    reach_m
        Longest straight step, metres, met to a micrometre.

    Returns
    -------
    ClusterPartial
        As far as the tile can see: :func:`merge_clusters` finds what hangs together
        through other tiles.
    """
    places = pd.concat([own[_PLACE], halo[_PLACE]], ignore_index=True)
    places = places.sort_values("carrier_id")
    ids = places["carrier_id"].to_numpy(dtype=object)
    return ClusterPartial(
        ids, _smallest(ids, near_components(places[["x", "y"]].to_numpy(), reach_m))
    )


def merge_clusters(partials: Iterable[ClusterPartial]) -> pd.Series[str]:
    """Return the cluster of every carrier, from what the tiles know.

    Parameters
    ----------
    partials
        Of all tiles, in any order.

    Returns
    -------
    pandas.Series
        ``cluster``, the smallest carrier id in it, by ``carrier_id``, ordered.
    """
    parts = list(partials)
    nothing = np.empty(0, dtype=object)
    every = np.concatenate([nothing, *(part.carrier_id for part in parts)])
    joined = np.concatenate([nothing, *(part.joined_to for part in parts)])
    ids, at = np.unique(every.astype(object), return_inverse=True)
    to = np.searchsorted(ids, joined)
    label = components(Edges(to, at, np.zeros(at.size)), ids.size)
    index = pd.Index(ids, dtype="str", name="carrier_id")
    return pd.Series(_smallest(ids, label), index=index, dtype="str", name="cluster")


def city_clusters(
    carriers: pd.DataFrame, partials: Iterable[ClusterPartial], reach_m: float
) -> CityClusters:
    """Put the clusters of a city together and measure them.

    Parameters
    ----------
    carriers
        ``carrier_id`` (each once) and ``floor_area_m2`` (m², NaN unknown) of all carriers,
        also those without a place.
    partials
        Of all tiles of them, in any order.
    reach_m
        What they were made with, metres.

    Returns
    -------
    CityClusters
        The same for any tiles and any order.

    Raises
    ------
    ValueError
        If a column is missing or a carrier stands twice.
    """
    require_columns(carriers, ["carrier_id", "floor_area_m2"], "carriers")
    refuse_repeated(carriers[["carrier_id"]], "carriers")
    ids = pd.Index(carriers["carrier_id"], dtype="str", name="carrier_id")
    area = pd.Series(carriers["floor_area_m2"].to_numpy("float64"), index=ids).sort_index()
    cluster = merge_clusters(partials).reindex(area.index)
    placed = cluster.notna()
    size = area[placed]
    counted = bool(size.isna().any() or not size.sum() > 0)
    weight = np.ones(len(size)) if counted else size.to_numpy()
    group, names = pd.factorize(cluster[placed], sort=True)
    total = group_sum(weight, group, len(names))
    one = np.zeros(len(names), dtype=np.intp)
    table = pd.DataFrame(
        {
            "cluster": pd.Series(names, dtype="str"),
            "carriers": np.bincount(group, minlength=len(names)),
            "floor_area_m2": group_sum(size.to_numpy(), group, len(names)),
            "share": ratio(total, group_sum(total, one, 1)[one]),
        }
    )
    return CityClusters(
        cluster=cluster,
        table=table.sort_values(["share", "cluster"], ascending=[False, True], ignore_index=True),
        largest_share=float(largest_share(total, one, 1)[0]),
        effective_clusters=float(effective_number(total, one, 1)[0]),
        weighting="count" if counted else "floor_area",
        reach_m=reach_m,
    )


def _given(
    xy: NDArray[np.float64], own: NDArray[np.uint64], reach_m: float, tile_m: float
) -> tuple[NDArray[np.uint64], NDArray[np.intp], NDArray[np.bool_]]:
    """Return which tile is given which point, by tile, and whether it is its own."""
    placed = np.flatnonzero(own != NOWHERE)
    # A tile is wider than the reach: a point is in the halo of those that the corners and
    # the middles of the sides of its surroundings are in.
    steps = reach_m * np.array(list(product((-1.0, 0.0, 1.0), repeat=2)))
    code = np.concatenate([tile_codes(xy[placed] + step, tile_m) for step in steps])
    row = np.tile(placed, len(steps))
    order = np.lexsort((row, code))
    code, row = code[order], row[order]
    first = np.ones(code.size, dtype=np.bool_)
    first[1:] = (code[1:] != code[:-1]) | (row[1:] != row[:-1])
    code, row = code[first], row[first]
    return code, row, code == own[row]


def _smallest(ids: NDArray[np.object_], label: NDArray[np.intp]) -> NDArray[np.object_]:
    """Return the smallest id of each one's component; `ids` ascend."""
    _, first, of = np.unique(label, return_index=True, return_inverse=True)
    return ids[first[of]]
