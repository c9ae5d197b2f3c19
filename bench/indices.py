"""Indices that were examined and are not used, for the evidence in docs/why-not.md.

Land fragmentation: Simmons, Januszewski, Igbozurike, Schmook. Landscape ecology:
the FRAGSTATS metrics. Point patterns: Clark-Evans. What the product does use stands in
:mod:`geo.dispersion` and is not repeated here.
"""

from __future__ import annotations

from itertools import permutations
from typing import TYPE_CHECKING
from typing import NamedTuple

import numpy as np
import shapely
from scipy import ndimage
from scipy.spatial import cKDTree
from scipy.spatial.distance import pdist
from scipy.spatial.distance import squareform

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike
    from numpy.typing import NDArray

_HECTARE_M2 = 10_000.0
_PERCENT = 100.0
_MOST_STOPS = 9


def simmons(area: ArrayLike, landscape: float | None = None) -> float:
    """Return Σ(a/A)², in [1/n, 1] on own area; low is worse.

    Simmons 1964; the same as the Herfindahl index.

    Parameters
    ----------
    area
        Areas in one unit, above 0, shape (n,).
    landscape
        A in that unit; None for the sum of `area`. FRAGSTATS takes the whole map.
    """
    size = np.asarray(area, dtype=np.float64)
    return float(((size / _whole(size, landscape)) ** 2).sum())


def division(area: ArrayLike, landscape: float | None = None) -> float:
    """Return DIVISION, 1 - Σ(a/A)², in [0, 1); high is worse.

    Jaeger, Landscape Ecology 15, 2000.

    Parameters
    ----------
    area, landscape
        As in :func:`simmons`.
    """
    return 1.0 - simmons(area, landscape)


def effective_mesh(area: ArrayLike, landscape: float | None = None) -> float:
    """Return MESH, Σa² / A in the unit of `area`, in (0, A]; low is worse.

    Jaeger, Landscape Ecology 15, 2000.

    Parameters
    ----------
    area, landscape
        As in :func:`simmons`.
    """
    return simmons(area, landscape) * _whole(np.asarray(area, dtype=np.float64), landscape)


def split(area: ArrayLike, landscape: float | None = None) -> float:
    """Return SPLIT, A² / Σa², at least 1; high is worse.

    Jaeger, Landscape Ecology 15, 2000. On own area it is the effective number of
    sites, :func:`geo.dispersion.effective_number`.

    Parameters
    ----------
    area, landscape
        As in :func:`simmons`.
    """
    return 1.0 / simmons(area, landscape)


def largest_patch_percent(area: ArrayLike, landscape: float | None = None) -> float:
    """Return LPI, 100 · max a / A, in (0, 100]; low is worse (FRAGSTATS).

    Parameters
    ----------
    area, landscape
        As in :func:`simmons`.
    """
    size = np.asarray(area, dtype=np.float64)
    return float(_PERCENT * size.max() / _whole(size, landscape))


def januszewski(area: ArrayLike) -> float:
    """Return √Σa / Σ√a, in [1/√n, 1]; low is worse (Januszewski 1968).

    Parameters
    ----------
    area
        Areas in any unit, above 0, shape (n,).
    """
    size = np.asarray(area, dtype=np.float64)
    return float(np.sqrt(size.sum()) / np.sqrt(size).sum())


def igbozurike(area_m2: ArrayLike, xy: ArrayLike) -> float:
    """Return round trip in km / (mean area in ha / 100); above 0, unbounded, high is worse.

    Igbozurike 1974. It has a unit, and changes when a map is enlarged.

    Parameters
    ----------
    area_m2
        Areas in m², above 0, shape (n,).
    xy
        Places in metres, shape (n, 2).

    Raises
    ------
    ValueError
        With more than 9 sites: the shortest round trip is found by trying all.
    """
    size, points = np.asarray(area_m2, dtype=np.float64), np.asarray(xy, dtype=np.float64)
    if len(points) > _MOST_STOPS:
        msg = f"`xy` has {len(points)} sites; all round trips are tried for at most {_MOST_STOPS}."
        raise ValueError(msg)
    mean_ha = float(size.mean()) / _HECTARE_M2
    return round_trip_m(points) / 1000.0 / (mean_ha / _PERCENT)


def round_trip_m(xy: NDArray[np.float64]) -> float:
    """Return the length of the shortest round trip over all points, metres.

    Parameters
    ----------
    xy
        Places in metres, shape (n, 2) with a small n.
    """
    between = squareform(pdist(xy))
    tours = ([0, *tour, 0] for tour in permutations(range(1, len(xy))))
    return float(min(between[tour[:-1], tour[1:]].sum() for tour in tours))


def schmook(shapes: Sequence[shapely.Geometry]) -> float:
    """Return the area of the convex hull over the own area, at least 1; high is worse.

    Schmook 1976; some texts print the reciprocal.

    Parameters
    ----------
    shapes
        Polygons that do not overlap, in a metric CRS.
    """
    hull = shapely.convex_hull(shapely.GeometryCollection(list(shapes)))
    own = np.asarray(shapely.area(np.asarray(shapes)), dtype=np.float64)
    return float(shapely.area(hull)) / float(own.sum())


def edge_distances_m(shapes: Sequence[shapely.Geometry]) -> NDArray[np.float64]:
    """Return ENN of each shape: the distance to the nearest other, edge to edge.

    FRAGSTATS measures it between the centres of cells (:func:`raster_neighbour_m`).

    Parameters
    ----------
    shapes
        At least two, in a metric CRS.

    Returns
    -------
    numpy.ndarray
        Metres, at least 0, high is worse, shape (n,).
    """
    between = _between(shapes)
    nearest: NDArray[np.float64] = between.min(axis=1)
    return nearest


def proximity(shapes: Sequence[shapely.Geometry], radius_m: float) -> NDArray[np.float64]:
    """Return PROX of each shape: Σ a/h² over the others within a radius, edge to edge.

    Gustafson and Parker, Landscape Ecology 7, 1992.

    Parameters
    ----------
    shapes
        Polygons that do not touch, in a metric CRS.
    radius_m
        How far others count, metres.

    Returns
    -------
    numpy.ndarray
        At least 0, without a bound, low is worse, shape (n,).
    """
    between = _between(shapes)
    pull = shapely.area(np.asarray(shapes))[None, :] / between**2
    summed: NDArray[np.float64] = np.where(between <= radius_m, pull, 0.0).sum(axis=1)
    return summed


def _whole(size: NDArray[np.float64], landscape: float | None) -> float:
    return float(size.sum()) if landscape is None else landscape


def _between(shapes: Sequence[shapely.Geometry]) -> NDArray[np.float64]:
    """Return all distances edge to edge; infinite from a shape to itself."""
    these = np.asarray(shapes)
    between = np.asarray(shapely.distance(these[:, None], these[None, :]), dtype=np.float64)
    np.fill_diagonal(between, np.inf)
    return between


class ClarkEvans(NamedTuple):
    """What :func:`clark_evans` finds.

    Attributes
    ----------
    observed_m, expected_m
        Mean distance to the nearest neighbour, observed and in an endless random
        pattern, metres.
    ratio
        Observed over expected, in [0, 2.149].
    z
        The difference in standard errors; positive is more regular than random.
    donnelly_m, donnelly_ratio
        Expected with the edge correction, and the ratio to it.
    """

    observed_m: float
    expected_m: float
    ratio: float
    z: float
    donnelly_m: float
    donnelly_ratio: float


def clark_evans(xy: ArrayLike, window: tuple[float, float, float, float]) -> ClarkEvans:
    """Return the nearest-neighbour ratio R = d̄ / (0.5·√(A/n)); below 1 is "clustered".

    Clark and Evans, Ecology 35, 1954; the edge correction is Donnelly's (1978), for
    rectangles only.

    Parameters
    ----------
    xy
        Points in metres, shape (n, 2) with at least two.
    window
        West, south, east, north in metres.
    """
    points = np.asarray(xy, dtype=np.float64)
    west, south, east, north = window
    count, area = len(points), (east - west) * (north - south)
    perimeter = 2 * (east - west + north - south)
    observed = float(_distances(points, points, 2)[:, 1].mean())
    expected = 0.5 * np.sqrt(area / count)
    error = np.sqrt((4 - np.pi) * area / (4 * np.pi)) / count
    donnelly = expected + (0.0514 + 0.0412 / np.sqrt(count)) * perimeter / count
    return ClarkEvans(
        observed,
        float(expected),
        float(observed / expected),
        float((observed - expected) / error),
        float(donnelly),
        float(observed / donnelly),
    )


def _distances(
    of: NDArray[np.float64], points: NDArray[np.float64], number: int
) -> NDArray[np.float64]:
    """Return the distances to the nearest few, shape (points, number)."""
    found, _which = cKDTree(of).query(points, k=[*range(1, number + 1)])
    return np.asarray(found, dtype=np.float64)


def patches(raster: NDArray[np.int64], kind: int) -> NDArray[np.int64]:
    """Return the patches of one class, numbered from 1, joined over corners too.

    Parameters
    ----------
    raster
        Classes of cells, shape (rows, columns).
    kind
        The class.

    Returns
    -------
    numpy.ndarray
        Shape of `raster`; 0 where another class is.
    """
    label, _count = ndimage.label(raster == kind, structure=np.ones((3, 3)))
    return np.asarray(label, dtype=np.int64)


def raster_neighbour_m(raster: NDArray[np.int64], kind: int, cell_m: float) -> float:
    """Return the mean ENN of a class as FRAGSTATS has it, between centres of cells, metres.

    Parameters
    ----------
    raster, kind
        As in :func:`patches`, with at least two patches.
    cell_m
        Side of a cell, metres.
    """
    label = patches(raster, kind)
    cells: list[NDArray[np.float64]] = [
        (cell_m * np.argwhere(label == number)).astype(np.float64)
        for number in range(1, label.max() + 1)
    ]
    nearest = []
    for number, own in enumerate(cells):
        others = np.concatenate(cells[:number] + cells[number + 1 :])
        nearest.append(_distances(others, own, 1).min())
    return float(np.mean(nearest))


def cohesion(raster: NDArray[np.int64], kind: int) -> float:
    """Return COHESION in [0, 100); low is worse.

    [1 - Σp / Σ(p√a)] / [1 - 1/√Z] · 100 with Z cells in the landscape; perimeters p in
    cell sides and areas a in cells, so it changes with the size of the cells.
    Schumaker, Ecology 77, 1996.

    Parameters
    ----------
    raster, kind
        As in :func:`patches`.
    """
    label = patches(raster, kind)
    sides, weighted = 0.0, 0.0
    for number in range(1, label.max() + 1):
        inside = np.pad(label == number, 1)
        perimeter = sum(
            np.abs(np.diff(inside.astype(np.int64), axis=axis)).sum() for axis in (0, 1)
        )
        sides += perimeter
        weighted += perimeter * np.sqrt(inside.sum())
    return float(_PERCENT * (1 - sides / weighted) / (1 - 1 / np.sqrt(raster.size)))


def contagion(raster: NDArray[np.int64]) -> float:
    """Return CONTAG, 100 · [1 + Σ q ln q / (2 ln m)] over m classes, in (0, 100].

    q is the share of neighbouring cells that are of class i and k (four neighbours,
    each pair from both sides). High is a map of few large patches; it says nothing of
    one owner. Riitters et al., Landscape Ecology 11, 1996.

    Parameters
    ----------
    raster
        Classes of cells, at least two of them, shape (rows, columns).
    """
    kinds = np.unique(raster)
    pairs = np.zeros((kinds.size, kinds.size))
    position = np.searchsorted(kinds, raster)
    for one, other in ((position[:, :-1], position[:, 1:]), (position[:-1], position[1:])):
        np.add.at(pairs, (one.ravel(), other.ravel()), 1)
        np.add.at(pairs, (other.ravel(), one.ravel()), 1)
    q = pairs / pairs.sum()
    known = q[q > 0]
    return float(_PERCENT * (1 + (known * np.log(known)).sum() / (2 * np.log(kinds.size))))
