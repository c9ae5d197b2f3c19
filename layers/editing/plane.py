"""A metric plane that gives back exactly what it was given, and chains of vertices in it.

Cutting, joining and snapping need metres; the store keeps degrees. A projection
there and back would move every vertex by its rounding, and neighbours that shared
a vertex would not share it any more. The plane therefore remembers the longitude
and latitude of every vertex it projected.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING
from typing import Any
from typing import TypeAlias
from typing import cast

import numpy as np
import pyproj
import shapely

from geo.crs import COORDINATE_TOLERANCE_M
from geo.crs import GRS80
from geo.crs import STORAGE_CRS
from geo.crs import district_crs

if TYPE_CHECKING:
    from collections.abc import Callable
    from collections.abc import Iterable
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    Floats: TypeAlias = NDArray[np.float64]
    Moves: TypeAlias = Callable[[Floats, Floats], NDArray[np.bool_]]

_RING = 4
_LINE = 2


class Plane:
    """A transverse Mercator plane in metres with a memory of its vertices.

    Parameters
    ----------
    central_meridian
        Degrees east, see :func:`geo.crs.district_crs`.
    """

    def __init__(self, central_meridian: float) -> None:
        self._out, self._back = _transformers(central_meridian)
        self._keys = np.empty(0, dtype=np.complex128)
        self._lonlat = np.empty((0, 2))

    @classmethod
    def about(cls, shapes: Iterable[BaseGeometry]) -> Plane:
        """Return a plane on the meridian (to 0.01°) in the middle of `shapes`."""
        west, _, east, _ = shapely.total_bounds(np.array(list(shapes), dtype=object))
        return cls(round(float(west + east) / 2, 2))

    def metric(self, shape: BaseGeometry) -> BaseGeometry:
        """Return a plane geometry in EPSG:4490 in metres."""
        flat: BaseGeometry = shapely.transform(shape, self._project)
        return flat

    def lonlat(self, shape: BaseGeometry) -> BaseGeometry:
        """Return a geometry in metres in EPSG:4490; vertices that were seen are exact."""
        back: BaseGeometry = shapely.transform(shape, self.degrees)
        return back

    def degrees(self, metric: Floats) -> Floats:
        """Return places in metres, shape (n, 2), as longitude and latitude."""
        lonlat = np.column_stack(self._back.transform(*metric.T))
        if len(self._keys):
            keys = vertex_keys(metric)
            at = np.minimum(np.searchsorted(self._keys, keys), len(self._keys) - 1)
            seen = self._keys[at] == keys
            lonlat[seen] = self._lonlat[at[seen]]
        return lonlat

    def remember(self, metric: Floats, lonlat: Floats) -> None:
        """Give back `lonlat` for the places `metric`, unless they are known already."""
        keys = np.concatenate([self._keys, vertex_keys(metric)])
        self._keys, first = np.unique(keys, return_index=True)
        self._lonlat = np.concatenate([self._lonlat, lonlat])[first]

    def place_on_edges(self, points: Floats, starts: Floats, ends: Floats) -> None:
        """Put new vertices on the geodesics of the edges that they divide.

        Areas and lengths shown to people follow geodesics. A vertex on the
        straight line between two longitudes and latitudes is 12 mm off the
        geodesic of a kilometre, and the parts of a park would not add up to it.
        The feet of the points are found on the ellipsoid (Karney 2013, by PROJ).

        Parameters
        ----------
        points, starts, ends
            Metres, shape (n, 2): the vertices, and the ends of their edges.
        """
        if not len(points):
            return
        at, start, end = (self.degrees(xy) for xy in (points, starts, ends))
        azimuth, _, _ = GRS80.inv(*start.T, *end.T)
        _, _, distance = GRS80.inv(*start.T, *at.T)
        lon, lat, _ = GRS80.fwd(start[:, 0], start[:, 1], azimuth, distance)
        self.remember(points, np.column_stack([lon, lat]))

    def _project(self, lonlat: Floats) -> Floats:
        metric = np.column_stack(self._out.transform(*lonlat.T))
        self.remember(metric, lonlat)
        return metric


@lru_cache(maxsize=64)
def _transformers(central_meridian: float) -> tuple[pyproj.Transformer, pyproj.Transformer]:
    plane = district_crs(central_meridian)
    make = pyproj.Transformer.from_crs
    return (
        make(STORAGE_CRS, plane, always_xy=True),
        make(plane, STORAGE_CRS, always_xy=True),
    )


def vertex_keys(xy: Floats) -> NDArray[np.complex128]:
    """Return one sortable number a vertex; equal numbers are bit-identical vertices."""
    # Adding 0 makes one zero of the two.
    return np.ascontiguousarray(xy + 0.0).view(np.complex128)[:, 0]


def is_among(xy: Floats, others: Floats) -> NDArray[np.bool_]:
    """Tell which vertices are bit-identical to one of `others`."""
    return np.isin(vertex_keys(xy), vertex_keys(others))


def without(xy: Floats, others: Floats) -> Floats:
    """Return the different vertices of `xy` that are none of `others`."""
    _, first = np.unique(vertex_keys(xy), return_index=True)
    once = xy[np.sort(first)]
    return once[~is_among(once, others)]


def chains(shapes: Sequence[BaseGeometry]) -> list[Floats]:
    """Return the rings and lines of geometries as arrays of vertices, in order."""
    found: list[Floats] = []
    for shape in shapes:
        for part in shapely.get_parts(shape):
            if isinstance(part, shapely.Polygon):
                found += [shapely.get_coordinates(ring) for ring in shapely.get_rings(part)]
            elif isinstance(part, shapely.LineString):
                found.append(shapely.get_coordinates(part))
    return found


def remade(shape: BaseGeometry, change: Callable[[Floats], Floats]) -> BaseGeometry:
    """Return `shape` with every chain of vertices changed, in the order of :func:`chains`.

    A chain that would have too few vertices left is kept as it was. `change` is
    given the only vertex of a point as a chain of one.
    """
    if isinstance(shape, shapely.Polygon):
        rings = [_enough(ring, change, _RING) for ring in chains([shape])]
        return shapely.Polygon(rings[0], rings[1:])
    if isinstance(shape, shapely.LineString):
        return shapely.LineString(_enough(shapely.get_coordinates(shape), change, _LINE))
    if isinstance(shape, shapely.Point):
        return shapely.Point(change(shapely.get_coordinates(shape))[0])
    parts = [remade(part, change) for part in shapely.get_parts(shape)]
    make: Any = type(shape)
    return cast("BaseGeometry", make(parts))


def _enough(chain: Floats, change: Callable[[Floats], Floats], least: int) -> Floats:
    changed = change(chain)
    return changed if len(changed) >= least else chain


class Edges:
    """The edges of chains, ready to be asked for the one nearest to a point.

    Attributes
    ----------
    starts, ends
        Metres, shape (n, 2).
    """

    def __init__(self, lines: Sequence[Floats]) -> None:
        empty = np.empty((0, 2))
        self.starts = np.concatenate([empty, *(line[:-1] for line in lines)])
        self.ends = np.concatenate([empty, *(line[1:] for line in lines)])
        both = np.stack([self.starts, self.ends], axis=1)
        self._tree = _tree(shapely.linestrings, both)

    def near(self, points: Floats, tolerance_m: float) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """Return which points have an edge within `tolerance_m`, and their nearest edge."""
        return _nearest(self._tree, points, tolerance_m)

    def feet(self, points: Floats, edge: NDArray[np.intp]) -> tuple[Floats, Floats]:
        """Return the nearest places on edges, and where along them, from 0 to 1."""
        start, along = self.starts[edge], self.ends[edge] - self.starts[edge]
        square = np.maximum((along**2).sum(axis=1), np.finfo(float).tiny)
        share = np.clip(((points - start) * along).sum(axis=1) / square, 0.0, 1.0)
        return start + along * share[:, None], share


def nearest_vertices(
    points: Floats, vertices: Floats, tolerance_m: float
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return which points have a vertex within `tolerance_m`, and their nearest vertex."""
    return _nearest(_tree(shapely.points, vertices), points, tolerance_m)


def _tree(make: Callable[[Any], Any], coordinates: Floats) -> shapely.STRtree:
    return shapely.STRtree(make(coordinates) if len(coordinates) else [])


def _nearest(
    tree: shapely.STRtree, points: Floats, tolerance_m: float
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    if not len(points) or not len(tree):
        return np.empty(0, dtype=np.intp), np.empty(0, dtype=np.intp)
    reach = tolerance_m + COORDINATE_TOLERANCE_M
    found = tree.query_nearest(shapely.points(points), max_distance=reach, all_matches=False)
    return found[0], found[1]


def anywhere(points: Floats, _: Floats) -> NDArray[np.bool_]:
    """Let all points move."""
    return np.ones(len(points), dtype=bool)


def inserted(
    chain: Floats, points: Floats, tolerance_m: float, may_move: Moves = anywhere
) -> Floats:
    """Return a chain that passes through all `points` within `tolerance_m` of its edges.

    Points beyond the ends of their nearest edge, those that are vertices of the
    chain already, and those to which an edge may not move are left out.
    """
    points = without(points, chain)
    edges = Edges([chain])
    which, edge = edges.near(points, tolerance_m)
    feet, share = edges.feet(points[which], edge)
    inside = (share > 0) & (share < 1) & may_move(feet, points[which])
    which, edge, share = which[inside], edge[inside], share[inside]
    order = np.lexsort((share, edge))
    added: Floats = np.insert(chain, edge[order] + 1, points[which[order]], axis=0)
    return added
