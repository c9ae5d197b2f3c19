"""Parks of a synthetic city: where their main sites lie, and how many carriers each has."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING
from typing import Any

import numpy as np
import shapely
from scipy.spatial import cKDTree

from layers.synthetic.cells import blank
from layers.synthetic.cells import choices
from layers.synthetic.cells import layer
from layers.synthetic.cells import month_ends
from layers.synthetic.cells import numbered
from layers.synthetic.dates import DATE
from layers.synthetic.dates import THIS_MONTH
from layers.synthetic.draws import Draws

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd
    from numpy.typing import NDArray

    from layers.specs import LayerSpec
    from layers.synthetic.ground import Ground
    from layers.synthetic.size import CitySize

    Rows = NDArray[np.int64]
    Floats = NDArray[np.float64]

MOST_CARRIERS = 60
"""The largest park has so many."""

IN_PARKS = 0.85
"""So many of the carriers belong to a park, as far as there is room."""

_TAIL = 1.1  # exponent of the Pareto law of sizes
_EMPTY = 97  # every so many parks one has no carrier
_ON_BORDER, _EXPLICIT, _ODD = 0.04, 0.05, 0.01
_NO_SHAPE, _POLYGON = 0.15, 0.30
_CORNERS = 6
_NEIGHBOURS = 3
_BISECTIONS = 60


class Parks:
    """What the other layers need to know of the parks.

    Parameters
    ----------
    size
        Numbers of rows, and the seed.
    ground
        Where the city lies.
    """

    def __init__(self, size: CitySize, ground: Ground) -> None:
        self.count, self._ground, self._source = size.parks, ground, size.source
        self._carriers = size.carriers
        self.draws = Draws(size.seed, "parks")
        rows = np.arange(self.count)
        angle = self.draws.between("angle", rows, 0, 2 * np.pi)
        drawn = ground.polar(angle, 0.98 * self.draws.uniform("away", rows) ** 0.6)
        at = self.draws.integers("corner", rows, 0, len(ground.borders) - 1)
        border = self.draws.happens("border", rows, _ON_BORDER)[:, None]
        self.lonlat = np.where(border, ground.borders[at], ground.degrees(drawn))
        self.xy = ground.metres(self.lonlat)

    @cached_property
    def first(self) -> Rows:
        """Number of the first carrier of each park, and of the first that is in none."""
        return np.concatenate([[0], np.cumsum(self._sizes())]).astype(np.int64)

    def _sizes(self) -> Rows:
        rows = np.arange(self.count)
        weight = self.draws.uniform("size", rows) ** (-1 / _TAIL)
        most = np.where(rows % _EMPTY == _EMPTY - 1, 0, MOST_CARRIERS)
        least = np.minimum(most, 1)
        wanted = int(IN_PARKS * self._carriers)
        if least.sum() >= wanted:
            return np.where(np.cumsum(least) <= wanted, least, 0)
        low, high = 0.0, float(MOST_CARRIERS)
        for _ in range(_BISECTIONS):
            middle = (low + high) / 2
            fits = np.clip(np.floor(weight * middle), least, most).sum() <= wanted
            low, high = (middle, high) if fits else (low, middle)
        return np.clip(np.floor(weight * low), least, most).astype(np.int64)

    @cached_property
    def near(self) -> Rows:
        """The nearest other parks of each, shape (n, 0 to 3)."""
        most = min(_NEIGHBOURS, self.count - 1)
        if most < 1:
            return np.empty((self.count, 0), dtype=np.int64)
        found = np.asarray(cKDTree(self.xy).query(self.xy, k=most + 1)[1], dtype=np.int64)
        return found[:, 1:]

    def nearest(self, xy: Floats) -> Rows:
        """Return the park that is nearest to each place, -1 if there is none."""
        if self.count == 0:
            return np.full(len(xy), -1)
        return np.asarray(cKDTree(self.xy).query(xy)[1], dtype=np.int64)

    def ids(self, rows: Rows) -> NDArray[np.object_]:
        """Return the ids of parks; None for -1."""
        return numbered("K", rows, 6)

    def of_choice(self, spec: LayerSpec, field: str, rows: Rows) -> NDArray[np.object_]:
        """Return one of the values of a field for each of the parks `rows`."""
        return self.draws.pick(field, rows, choices(spec, field))

    def frame(self, spec: LayerSpec, rows: Rows) -> gpd.GeoDataFrame | pd.DataFrame:
        """Return some rows of the layer ``parks``."""
        draws = self.draws
        ends = month_ends(THIS_MONTH + draws.integers("contract", rows, 1, 60))
        values: dict[str, Any] = {
            "park_id": self.ids(rows),
            "name": numbered("示例园区-", rows, 6),
            "name_en": numbered("Sample park ", rows, 6),
            "park_class": self.of_choice(spec, "park_class", rows),
            "industry": self.of_choice(spec, "industry", rows),
            "operator": numbered("示例运营机构 ", draws.integers("operator", rows, 1, 40), 2),
            "operator_contract_end": np.where(
                draws.happens("no contract", rows, 0.4), np.datetime64("NaT"), ends
            ),
            "status": "built",
            "district_code": self._codes(rows),
            "established": draws.integers("established", rows, 1992, 2025),
            "boundary_status": "sketch",
            "data_date": np.datetime64(DATE),
            "sample": True,
            "accuracy_m": 50.0,
            "verified": False,
            "source": self._source,
        }
        return layer(spec, len(rows), values, self._shapes(rows))

    def _codes(self, rows: Rows) -> NDArray[np.object_]:
        """Return the codes that parks state; a few state another than where they lie."""
        place = self._ground.nearest(self.xy[rows])
        odd = self.draws.happens("odd", rows, _ODD)
        stated = odd | self.draws.happens("explicit", rows, _EXPLICIT)
        named = (place + odd) % self._ground.districts
        return np.asarray(blank(self._ground.codes[named], ~stated))

    def _shapes(self, rows: Rows) -> NDArray[np.object_]:
        draws, kind = self.draws, self.draws.uniform("shape", rows)
        turn = np.linspace(0, 2 * np.pi, _CORNERS, endpoint=False)
        ring = np.stack([np.cos(turn), np.sin(turn)], axis=1)
        wide = draws.between("wide", rows, 60, 300)[:, None, None]
        around = self._ground.degrees(self.xy[rows][:, None, :] + wide * ring)
        shapes = np.asarray(shapely.points(self.lonlat[rows]), dtype=object)
        drawn = kind < _POLYGON
        shapes[drawn] = shapely.polygons(around[drawn])
        shapes[kind < _NO_SHAPE] = None
        return shapes
