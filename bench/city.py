"""A generated city: seeded buildings, lines and points in any number, for measuring and testing.

Nothing in it is a fact. It is written only into workspaces made for the purpose.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from layers.catalogue import load_catalogue
from layers.frames import empty_column
from layers.frames import layer_frame
from layers.startup import open_or_create
from layers.synthetic.buildings import HOLED
from layers.synthetic.footprints import corners
from layers.synthetic.footprints import footprints

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import geopandas as gpd
    from numpy.typing import NDArray

    from layers.catalogue import LayerSpec

WEST, SOUTH, EAST, NORTH = 121.475, 31.255, 121.575, 31.335
"""Where the city lies, degrees: about 9.5 by 8.9 km."""


def buildings(count: int, spec: LayerSpec, *, seed: int = 2026) -> gpd.GeoDataFrame:
    """Return `count` buildings on a jittered grid that do not overlap.

    Parameters
    ----------
    count
        How many.
    spec
        The layer ``buildings`` of the catalogue.
    seed
        The same seed gives the same city.

    Returns
    -------
    GeoDataFrame
        EPSG:4490; use, floors, height and name are drawn at random.
    """
    rng = np.random.default_rng(seed)
    centre, pitch = _grid(count)
    half = pitch * rng.uniform(0.22, 0.36, (count, 2))
    angle = rng.uniform(0, np.pi, count)
    holed = np.arange(0, count, HOLED)
    court = corners(centre[holed], half[holed], angle[holed], court=True)
    shapes = footprints(corners(centre, half, angle), court, holed)
    uses = [choice.value for choice in spec.field("use").choices]
    height = np.round(rng.gamma(3.0, 8.0, count), 1)
    values = {
        "building_id": pd.Series([f"B{i:06d}" for i in range(count)], dtype="str"),
        "name": pd.Series([f"楼{i}" for i in range(count)], dtype="str"),
        "use": pd.Series(rng.choice(uses, count), dtype="str"),
        "floors": pd.Series(np.ceil(height / 3.5).astype("int64"), dtype="Int64"),
        "height_m": pd.Series(height),
    }
    return _frame(values, spec, shapes)


def _grid(count: int) -> tuple[NDArray[np.float64], float]:
    """Return the middles of `count` cells over the city, shape (n, 2), and their width."""
    side = max(int(np.ceil(np.sqrt(count))), 1)
    number = np.arange(count)
    cell = np.array([(EAST - WEST) / side, (NORTH - SOUTH) / side])
    corner = np.stack([number % side, number // side], axis=1) * cell
    return np.array([WEST, SOUTH]) + corner + cell / 2, float(cell.min())


def _frame(
    values: Mapping[str, pd.Series], spec: LayerSpec, shapes: NDArray[np.object_]
) -> gpd.GeoDataFrame:
    columns = {f.name: values.get(f.name, empty_column(f, len(shapes))) for f in spec.fields}
    return layer_frame(columns, spec, shapes)


def make_workspace(path: Path, count: int) -> None:
    """Make a workspace of the bundled edition with a generated city in ``buildings``."""
    catalogue = load_catalogue()
    workspace, _issues = open_or_create(path, catalogue, author="bench")
    frame = buildings(count, catalogue.layer("buildings"))
    workspace.commit("buildings", frame, author="bench", message=f"{count} generated buildings")
