"""What surrounds the parks of a synthetic city: districts, zones, river, bridges, streets."""

from __future__ import annotations

from typing import TYPE_CHECKING
from typing import Any

import numpy as np
import shapely

from layers.synthetic.cells import choices
from layers.synthetic.cells import layer
from layers.synthetic.cells import numbered
from layers.synthetic.draws import Draws

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd
    from numpy.typing import NDArray

    from layers.specs import LayerSpec
    from layers.synthetic.ground import Ground
    from layers.synthetic.size import CitySize

    Rows = NDArray[np.int64]

ZONES, STATIONS = 2, 6
"""So many a district."""

STREET_M = 400.0
"""How far apart streets run."""

_REACH = 25  # corners of the river in a row of the layer
_BRIDGE = 6  # a bridge at every so many corners
_ZONE_CORNERS = 8


class Context:
    """The surroundings.

    Parameters
    ----------
    size
        Numbers of rows, and the seed.
    ground
        Where the city lies.
    """

    def __init__(self, size: CitySize, ground: Ground) -> None:
        self._ground, self._seed, self._source = ground, size.seed, size.source
        self._streets = size.streets

    def rows(self) -> dict[str, int]:
        """Return how many rows each of the layers has."""
        corners = len(self._ground.river_line)
        return {
            "district": self._ground.districts,
            "zones": ZONES * self._ground.districts,
            "barriers": -(-(corners - 1) // _REACH),
            "crossings": -(-corners // _BRIDGE),
            "stations": STATIONS * self._ground.districts,
            "walkways": self._street_rows() if self._streets else 0,
        }

    def frame(self, spec: LayerSpec, rows: Rows) -> gpd.GeoDataFrame | pd.DataFrame:
        """Return some rows of one of the layers that :meth:`rows` names."""
        made = {
            "district": self._districts,
            "zones": self._zones,
            "barriers": self._barriers,
            "crossings": self._crossings,
            "stations": self._stations,
            "walkways": self._walkways,
        }
        values, shapes = made[spec.key](spec, rows)
        known = {"accuracy_m": 50.0, "verified": False, "source": self._source}
        return layer(spec, len(rows), known | values, shapes)

    def _districts(self, spec: LayerSpec, rows: Rows) -> tuple[dict[str, Any], Any]:
        values = {
            spec.id_field: numbered("示例区-", rows, 4),
            "name_en": numbered("Sample district ", rows, 4),
            "district_code": self._ground.codes[rows],
            "boundary_status": "sketch",
        }
        return values, self._ground.outlines[rows]

    def _zones(self, spec: LayerSpec, rows: Rows) -> tuple[dict[str, Any], Any]:
        draws = Draws(self._seed, "zones")
        belts = np.asarray(choices(spec, "belt"), dtype=object)
        values = {
            "zone_id": numbered("Z", rows, 6),
            "name": numbered("示例功能区-", rows, 5),
            "name_en": numbered("Sample zone ", rows, 5),
            "belt": belts[rows % len(belts)],
            "boundary_status": "sketch",
            "method": "synthetic",
        }
        turn = np.linspace(0, 2 * np.pi, _ZONE_CORNERS, endpoint=False)
        ring = np.stack([np.cos(turn), np.sin(turn)], axis=1)
        angle = draws.between("angle", rows, 0, 2 * np.pi)
        away = draws.between("away", rows, 0, 2500)
        middle = self._ground.middles[rows // ZONES]
        middle = middle + np.stack([away * np.cos(angle), away * np.sin(angle)], axis=1)
        wide = draws.between("wide", rows, 500, 1000)[:, None, None]
        return values, shapely.polygons(self._ground.degrees(middle[:, None] + wide * ring))

    def _barriers(self, _spec: LayerSpec, rows: Rows) -> tuple[dict[str, Any], Any]:
        line = self._ground.degrees(self._ground.river_line)
        reaches = [shapely.LineString(line[i * _REACH : (i + 1) * _REACH + 1]) for i in rows]
        values = {
            "id": numbered("R", rows, 5),
            "name": numbered("示例河-", rows, 5),
            "name_en": numbered("Sample river ", rows, 5),
            "kind": "river",
        }
        return values, np.asarray(reaches, dtype=object)

    def _crossings(self, _spec: LayerSpec, rows: Rows) -> tuple[dict[str, Any], Any]:
        values = {
            "id": numbered("X", rows, 5),
            "name": numbered("示例桥-", rows, 5),
            "name_en": numbered("Sample bridge ", rows, 5),
            "kind": "bridge",
            "walkable": Draws(self._seed, "crossings").happens("walkable", rows, 0.8),
        }
        return values, shapely.points(self._ground.degrees(self._ground.river_line)[rows * _BRIDGE])

    def _stations(self, _spec: LayerSpec, rows: Rows) -> tuple[dict[str, Any], Any]:
        draws = Draws(self._seed, "stations")
        values = {
            "id": numbered("S", rows, 6),
            "name": numbered("示例站-", rows, 5),
            "name_en": numbered("Sample station ", rows, 5),
            "lines": numbered("示例线 ", rows % 20 + 1, 1),
            "status": "built",
        }
        angle = draws.between("angle", rows, 0, 2 * np.pi)
        at = self._ground.polar(angle, np.sqrt(draws.uniform("away", rows)))
        return values, shapely.points(self._ground.degrees(at))

    def _side(self) -> int:
        """Return how many streets run each way over the city."""
        return int(2.4 * self._ground.radius_m // STREET_M)

    def _street_rows(self) -> int:
        return 2 * self._side() * (self._side() - 1)

    def _walkways(self, _spec: LayerSpec, rows: Rows) -> tuple[dict[str, Any], Any]:
        """Return streets from crossroads to crossroads, which both of them name alike."""
        side = self._side()
        half = side * (side - 1)
        along, across = rows % half // side, rows % half % side
        east = rows < half
        level, upright = np.column_stack([along, across]), np.column_stack([across, along])
        begin = np.where(east[:, None], level, upright)
        step = np.where(east[:, None], [[1, 0]], [[0, 1]])
        ends = np.stack([self._crossroads(begin, side), self._crossroads(begin + step, side)], 1)
        values = {"id": numbered("W", rows), "kind": "street", "walkable": True}
        return values, shapely.linestrings(self._ground.degrees(ends))

    def _crossroads(self, cell: Rows, side: int) -> NDArray[np.float64]:
        draws, number = Draws(self._seed, "streets"), cell[:, 0] * side + cell[:, 1]
        off = np.stack([draws.between(n, number, -60, 60) for n in ("east", "north")], axis=1)
        return (cell - side / 2 + 0.5) * STREET_M + off
