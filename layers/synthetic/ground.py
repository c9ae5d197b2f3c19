"""Where a synthetic city lies: its outline, its districts and its river, in metres."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import pyproj
import shapely
from scipy.spatial import cKDTree

from geo.crs import STORAGE_CRS
from geo.crs import district_crs
from layers.synthetic.draws import Draws

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from layers.catalogue import Catalogue
    from layers.synthetic.size import CitySize

    Floats = NDArray[np.float64]

DISTRICT_M2 = 60e6
"""Area of a district, about that of an inner district of a large city."""

FIRST_CODE = 900101
"""Code of the first district; no province begins with 90."""

BANK_M = 120.0
"""Nothing stands so close to the river."""

_DIGITS = 7  # of a degree: a centimetre
_LATITUDE = 31.0
_GOLDEN_ANGLE = np.pi * (3 - np.sqrt(5))
_OUTLINE_CORNERS = 240
_WITHIN = 0.97  # middles of districts stay so far inside of the outline
_STEP_M = 200.0


class Ground:
    """The plane of a synthetic city; its origin is the middle of the city.

    Parameters
    ----------
    size
        Gives the number of districts and the seed.
    catalogue
        Gives the central meridian, and the latitude by the bounds of its place.
    """

    def __init__(self, size: CitySize, catalogue: Catalogue) -> None:
        self.districts, self.seed = size.districts, size.seed
        self.radius_m = float(np.sqrt(size.districts * DISTRICT_M2 / np.pi))
        bounds = catalogue.place.bounds
        crs = district_crs(catalogue.central_meridian)
        there = pyproj.Transformer.from_crs(STORAGE_CRS, crs, always_xy=True)
        latitude = (bounds[1] + bounds[3]) / 2 if bounds else _LATITUDE
        self._origin = np.array(there.transform(catalogue.central_meridian, latitude))
        self._back = pyproj.Transformer.from_crs(crs, STORAGE_CRS, always_xy=True)
        self._there = there
        self._turn = Draws(size.seed, "ground").between("turn", np.arange(3), 0, 2 * np.pi)

    def degrees(self, xy: Floats) -> Floats:
        """Return longitude and latitude of places, to a centimetre; shape (…, 2)."""
        flat = (xy + self._origin).reshape(-1, 2)
        told = np.stack(self._back.transform(flat[:, 0], flat[:, 1]), axis=1)
        return np.asarray(np.round(told, _DIGITS).reshape(xy.shape))

    def metres(self, lonlat: Floats) -> Floats:
        """Return places given in degrees in the plane, shape (n, 2)."""
        x, y = self._there.transform(lonlat[:, 0], lonlat[:, 1])
        return np.asarray(np.stack([x, y], axis=1) - self._origin)

    def reach(self, angle: Floats) -> Floats:
        """Return how far the city reaches in a direction (radians), metres."""
        three, five = np.sin(3 * angle + self._turn[0]), np.sin(5 * angle + self._turn[1])
        return np.asarray(self.radius_m * (1 + 0.10 * three + 0.05 * five))

    def polar(self, angle: Floats, share: Floats) -> Floats:
        """Return the places in a direction, at a share of the way to the outline; (n, 2)."""
        away = self.reach(angle) * share
        return np.stack([away * np.cos(angle), away * np.sin(angle)], axis=1)

    def inside(self, x: Floats, y: Floats) -> NDArray[np.bool_]:
        """Tell which places are in the city."""
        return np.asarray(np.hypot(x, y) < self.reach(np.arctan2(y, x)))

    def river(self, x: Floats) -> Floats:
        """Return how far north the river runs at an easting, metres."""
        r = self.radius_m
        return np.asarray(0.12 * r + 0.18 * r * np.sin(x / (0.45 * r) + self._turn[2]))

    @cached_property
    def river_line(self) -> Floats:
        """The river from west to east, corners about every 200 m, shape (n, 2)."""
        end = 1.25 * self.radius_m
        x = np.linspace(-end, end, round(2 * end / _STEP_M) + 1)
        return np.stack([x, self.river(x)], axis=1)

    @cached_property
    def middles(self) -> Floats:
        """A place in each district; all of them are about as far apart, shape (n, 2)."""
        number = np.arange(self.districts)
        draws = Draws(self.seed, "ground")
        angle = number * _GOLDEN_ANGLE + draws.between("angle", number, -0.3, 0.3)
        return self.polar(angle, _WITHIN * np.sqrt((number + 0.5) / self.districts))

    @cached_property
    def outlines(self) -> NDArray[np.object_]:
        """Polygons of the districts in degrees; they tile the city."""
        angle = np.linspace(0, 2 * np.pi, _OUTLINE_CORNERS, endpoint=False)
        city = shapely.Polygon(self.polar(angle, np.ones(_OUTLINE_CORNERS)))
        cells = np.array([city], dtype=object)
        if self.districts > 1:
            drawn = shapely.voronoi_polygons(shapely.MultiPoint(self.middles), extend_to=city)
            cells = np.asarray(shapely.get_parts(drawn), dtype=object)
            tree = shapely.STRtree(cells)
            middle, cell = tree.query(shapely.points(self.middles), predicate="within")
            cells = shapely.intersection(cells[cell[np.argsort(middle)]], city)
        return np.asarray(shapely.transform(cells, self.degrees), dtype=object)

    @cached_property
    def borders(self) -> Floats:
        """Corners where districts meet, which lie exactly on their borders; degrees, (n, 2).

        Those of the outline if there is one district only.
        """
        rings = [shapely.get_coordinates(outline)[1:] for outline in self.outlines]
        places, count = np.unique(np.concatenate(rings), axis=0, return_counts=True)
        return places if self.districts == 1 else places[count > 1]

    @property
    def codes(self) -> NDArray[np.object_]:
        """Codes of the districts."""
        return np.array([str(FIRST_CODE + i) for i in range(self.districts)], dtype=object)

    def nearest(self, xy: Floats) -> NDArray[np.intp]:
        """Return the number of the district whose middle is nearest to each place."""
        return np.asarray(cKDTree(self.middles).query(xy)[1])
