"""Buildings of a synthetic city: blocks of one use, on a grid that is not quite regular."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING
from typing import Any
from typing import NamedTuple

import numpy as np

from layers.synthetic.cells import blank
from layers.synthetic.cells import choices
from layers.synthetic.cells import layer
from layers.synthetic.cells import numbered
from layers.synthetic.dates import DATE
from layers.synthetic.draws import Draws
from layers.synthetic.footprints import corners
from layers.synthetic.footprints import footprints
from layers.synthetic.ground import BANK_M
from layers.synthetic.ground import DISTRICT_M2

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd
    from numpy.typing import NDArray

    from layers.specs import LayerSpec
    from layers.synthetic.ground import Ground
    from layers.synthetic.size import CitySize

    Rows = NDArray[np.int64]
    Floats = NDArray[np.float64]

HOLED = 50
"""Every so many buildings one has a courtyard."""

_BLOCK_M = 400.0
_LARGEST_M = 30.0  # half a side
_SHRINK = 0.97
# Uses of blocks, of which most buildings are; any other use has as much as "other".
_WEIGHTS = {"residential": 60.0, "office": 8.0, "rd": 4.0, "industrial": 8.0, "retail": 6.0}
_OTHER = 4.0


class _Grid(NamedTuple):
    """Cells that a building can stand in: how many in each line, from the south."""

    pitch: float
    lines: int
    before: Rows


class Buildings:
    """The buildings.

    Parameters
    ----------
    size
        Numbers of rows, and the seed.
    ground
        Where the city lies.
    """

    def __init__(self, size: CitySize, ground: Ground) -> None:
        self._count, self._ground, self._source = size.buildings, ground, size.source
        self._draws = Draws(size.seed, "buildings")

    @cached_property
    def _grid(self) -> _Grid:
        pitch = float(np.sqrt(self._ground.districts * DISTRICT_M2 / max(self._count, 1)))
        while True:
            lines = int(np.ceil(2.5 * self._ground.radius_m / pitch))
            count = [len(self._line(line, lines, pitch)) for line in range(lines)]
            if sum(count) >= self._count:
                return _Grid(pitch, lines, np.concatenate([[0], np.cumsum(count)]))
            pitch *= _SHRINK

    def _line(self, line: int, lines: int, pitch: float) -> Rows:
        """Return the columns of the cells of a line that lie in the city and not at the river."""
        x = np.asarray((np.arange(lines) - lines / 2 + 0.5) * pitch, dtype=np.float64)
        y = np.full(lines, (line - lines / 2 + 0.5) * pitch)
        dry = np.abs(y - self._ground.river(x)) > BANK_M
        return np.flatnonzero(dry & self._ground.inside(x, y))

    def _cells(self, rows: Rows) -> Rows:
        """Return column and line of the cell of each building, shape (n, 2).

        There are a few more cells than buildings; the empty ones are spread evenly.
        """
        grid = self._grid
        cell = rows * int(grid.before[-1]) // max(self._count, 1)
        line = np.searchsorted(grid.before, cell, side="right") - 1
        column = np.empty(len(rows), dtype=np.int64)
        for number in np.unique(line):
            here = line == number
            found = self._line(int(number), grid.lines, grid.pitch)
            column[here] = found[cell[here] - grid.before[number]]
        return np.stack([column, line], axis=1)

    def frame(self, spec: LayerSpec, rows: Rows) -> gpd.GeoDataFrame | pd.DataFrame:
        """Return some rows of the layer ``buildings``."""
        draws = self._draws
        cells = self._cells(rows)
        middle = cells - self._grid.lines / 2 + 0.5
        centre = np.asarray(middle * self._grid.pitch, dtype=np.float64)
        side = np.stack([draws.between(n, rows, 0.44, 0.72) for n in ("long", "short")], axis=1)
        half = np.minimum(side * self._grid.pitch / 2, _LARGEST_M)
        height = np.round(np.clip(draws.lognormal("height", rows, 16, 0.6), 3, 300), 1)
        floors = np.ceil(height / 3.5)
        area = np.round(4 * half.prod(axis=1) * 0.755 * floors)
        values: dict[str, Any] = {
            "building_id": numbered("B", rows),
            "use": self._uses(spec, centre, rows),
            "floors": blank(floors, draws.happens("no floors", rows, 0.1)),
            "height_m": blank(height, draws.happens("no height", rows, 0.1)),
            "floor_area_m2": blank(area, draws.happens("no area", rows, 0.3)),
            "data_date": np.datetime64(DATE),
            "verified": False,
            "source": self._source,
        }
        return layer(spec, len(rows), values, self._shapes(centre, half, rows))

    def _uses(self, spec: LayerSpec, centre: Floats, rows: Rows) -> NDArray[np.object_]:
        uses = choices(spec, "use")
        weights = [_WEIGHTS.get(use, _OTHER) for use in uses]
        east, north = np.floor(centre / _BLOCK_M).astype(np.int64).T
        block = self._draws.pick("block", east * 1_000_003 + north, uses, weights)
        own = self._draws.pick("use", rows, uses, weights)
        used = np.where(self._draws.happens("mixed", rows, 0.25), own, block)
        return np.asarray(blank(used, self._draws.happens("no use", rows, 0.02)))

    def _shapes(self, centre: Floats, half: Floats, rows: Rows) -> NDArray[np.object_]:
        angle, ground = self._draws.between("angle", rows, 0, np.pi), self._ground
        holed = np.flatnonzero(rows % HOLED == 0)
        court = corners(centre[holed], half[holed], angle[holed], court=True)
        return footprints(
            ground.degrees(corners(centre, half, angle)), ground.degrees(court), holed
        )
