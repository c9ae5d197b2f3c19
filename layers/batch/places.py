"""Places: centres of buildings and carriers, all that is needed of a whole district or city.

They are small beside the layers, which are read for them piece by piece.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import shapely

from geo.batch.clusters import CityClusters
from geo.batch.clusters import ClusterPartial
from geo.batch.clusters import city_clusters
from geo.batch.clusters import cluster_partial
from geo.batch.clusters import cluster_tiles
from geo.crs import to_metric
from layers.batch.ledger import folder_of
from layers.batch.owners import own_rows
from layers.batch.staging import Stage
from layers.batch.task import Work
from layers.stock import eligible_centres

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from numpy.typing import NDArray

    from layers.batch.ledger import Receipt
    from layers.batch.task import Part
    from layers.batch.task import Task
    from layers.batch.wish import BatchWish
    from layers.catalogue import Catalogue

STOCK_KINDS = frozenset({"auto", "buildings"})
"""Choices of the stock that need the buildings of a scope."""

_BUILDINGS, _CARRIERS, _JOINED = "buildings.parquet", "carriers.parquet", "joined.parquet"
# A tile must be wider than a walk, so that what is within reach is in the next one.
_WALKS_A_TILE = 2.0


def find_places(task: Task, folder: Path) -> Work:
    """Write the centres of the eligible buildings and of the own carriers of a scope.

    Parameters
    ----------
    task
        The task.
    folder
        Where the files go.
    """
    stage, catalogue = Stage.open(task.stage), task.catalogue()
    (part,) = task.parts
    chance, found = task.wish.chance, [np.empty((0, 2))]
    if chance.stock in STOCK_KINDS:
        found += [
            eligible_centres(frame, "buildings", chance, catalogue)
            for frame in stage.chunks(part.scope, "buildings")
        ]
    xy = np.concatenate(found)
    # In one order, so that the pieces leave no trace.
    xy = xy[np.lexsort((xy[:, 1], xy[:, 0]))]
    pq.write_table(pa.table({"x": xy[:, 0], "y": xy[:, 1]}), folder / _BUILDINGS)
    carriers = _carriers(stage, part, catalogue)
    pq.write_table(pa.Table.from_pandas(carriers, preserve_index=False), folder / _CARRIERS)
    return Work(len(carriers), {})


def read_centres(folder: Path) -> NDArray[np.float64]:
    """Return the centres of the eligible buildings of a scope, metres, shape (n, 2).

    Parameters
    ----------
    folder
        Files of :func:`find_places`.
    """
    table = pq.read_table(folder / _BUILDINGS)
    return np.column_stack([table["x"].to_numpy(), table["y"].to_numpy()])


def find_clusters(task: Task, folder: Path) -> Work:
    """Write which carriers hang together in a share of the tiles, their halo included.

    Parameters
    ----------
    task
        The task; its parts name the places of all scopes.
    folder
        Where the files go.
    """
    reach_m, tile_m = reach_of(task.wish)
    carriers = read_carriers(folder_of(task.out, part.places) for part in task.parts)
    mine, shares = task.share
    parts = [
        cluster_partial(tile.own, tile.halo, reach_m)
        for number, tile in enumerate(cluster_tiles(carriers, reach_m, tile_m))
        if number % shares == mine
    ]
    ids, joined = (
        np.concatenate([np.empty(0, dtype=object), *(getattr(part, name) for part in parts)])
        for name in ("carrier_id", "joined_to")
    )
    columns = {"carrier_id": pa.array(ids, pa.string()), "joined_to": pa.array(joined, pa.string())}
    pq.write_table(pa.table(columns), folder / _JOINED)
    return Work(len(ids), {})


def clusters_of(
    out: Path, places: Iterable[Receipt], found: Iterable[Receipt], wish: BatchWish
) -> CityClusters:
    """Put the walking clusters of a city together.

    Parameters
    ----------
    out
        Folder of the command.
    places, found
        Receipts of :func:`find_places` and :func:`find_clusters`, of all scopes and shares.
    wish
        Parameters.
    """
    carriers = read_carriers(folder_of(out, receipt.key) for receipt in places)
    partials = []
    for receipt in found:
        table = pq.read_table(folder_of(out, receipt.key) / _JOINED)
        ids, joined = (
            np.array(table[name].to_pylist(), dtype=object) for name in ("carrier_id", "joined_to")
        )
        partials.append(ClusterPartial(ids, joined))
    return city_clusters(carriers, partials, reach_of(wish)[0])


def read_carriers(folders: Iterable[Path]) -> pd.DataFrame:
    """Return the carriers of some scopes: ``carrier_id, x, y, floor_area_m2``, by id.

    Parameters
    ----------
    folders
        Files of :func:`find_places`.
    """
    found = pa.concat_tables([pq.read_table(folder / _CARRIERS) for folder in folders])
    return pd.DataFrame(found.to_pandas()).sort_values("carrier_id", ignore_index=True)


def reach_of(wish: BatchWish) -> tuple[float, float]:
    """Return how far a walk reaches in a straight line, and the side of a tile, metres."""
    reach_m = wish.scatter.walk_m / wish.scatter.detour
    return reach_m, max(wish.tile_m, _WALKS_A_TILE * reach_m)


def _carriers(stage: Stage, part: Part, catalogue: Catalogue) -> pd.DataFrame:
    found = stage.tables(part.scope, ("carriers",)).get("carriers")
    if not isinstance(found, gpd.GeoDataFrame):
        nothing = {name: pd.Series(dtype="float64") for name in ("x", "y", "floor_area_m2")}
        return pd.DataFrame({"carrier_id": pd.Series(dtype="str"), **nothing})
    own = found[own_rows(stage, found, part.scope)]
    metric = to_metric(own, central_meridian=catalogue.central_meridian)
    centre = shapely.centroid(metric.geometry.to_numpy())
    return pd.DataFrame(
        {
            "carrier_id": own["carrier_id"].to_numpy(),
            "x": shapely.get_x(centre),
            "y": shapely.get_y(centre),
            "floor_area_m2": own["gross_area_m2"].to_numpy("float64", na_value=np.nan),
        }
    ).astype({"carrier_id": "str"})
