"""Checks of where things are: overlaps, what lies outside, and what is there twice."""

from __future__ import annotations

from typing import TYPE_CHECKING
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geo.crs import GRS80
from geo.crs import STORAGE_CRS
from geo.crs import geodesic_area_m2
from layers.errors import Text
from layers.intake.checks.checking import Hit
from layers.intake.checks.checking import labels
from layers.intake.checks.checking import numbers
from layers.intake.checks.checking import shapes_of
from layers.intake.checks.checking import texts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from layers.intake.checks.checking import Scene

OVERLAP_M2 = 1.0
OVERLAP_SHARE = 0.001
"""Outlines drawn by two hands along one line overlap by as much as this [J]."""

OUTSIDE_PARK_M = 5.0
"""A wall or a kerb drawn twice; the accuracies that park and carrier state are added [J]."""

OUTSIDE_DISTRICT_M = 500.0
"""A building across the border street is none of another city [J]."""

OFF_THE_MAP_KM = 20.0
"""The map opens on the district, which is not wider than that [J]."""

SAME_PLACE_M = 1.0
"""Two buildings have no centres as close as this [J]."""

NAMESAKE_M = 500.0
"""Buildings of one name that are farther apart are two [J]."""

_SEEN = Text("", "")
_UNSEEN = Text(
    "，地图以本区为范围打开，看不到它", ", which the map does not show, as it opens on the district"
)

_POLYGON = 2
# Metres of a degree of latitude, rounded down, to bound a search; and the side of a cell
# in which any two places are less than a metre apart.
_METRES_PER_DEGREE = 110_000.0
_CELL_M = 0.5
# So many geometries are asked at a time, so that a heap of them in one place stays small.
_CHUNK = 200


def overlaps(scene: Scene) -> Iterator[Hit]:
    """Find polygons of the file that cover the ground of another one of the layer."""
    shapes = shapes_of(scene.after)
    areal = np.flatnonzero(shapely.get_dimensions(shapes) == _POLYGON)
    tree = shapely.STRtree(shapes[areal])
    for chunk in _chunks(areal[scene.mine[areal]]):
        mine, other = tree.query(shapes[chunk], predicate="intersects")
        i, j = _each_once(chunk[mine], areal[other], scene.mine)
        # A share of areas is the same in degrees, because both lie in one place.
        common = shapely.intersection(shapes[i], shapes[j])
        share = shapely.area(common) / np.minimum(shapely.area(shapes[i]), shapely.area(shapes[j]))
        large = share > OVERLAP_SHARE
        i, j, common, share = i[large], j[large], common[large], share[large]
        areas = geodesic_area_m2(gpd.GeoSeries(common, crs=STORAGE_CRS)).to_numpy()
        for k in np.flatnonzero(areas > OVERLAP_M2):
            told = {"area": f"{areas[k]:,.1f}", "share": f"{share[k]:.1%}"}
            yield _hit(scene, i[k], other=scene.labels[j[k]], **told)


def outside_park(scene: Scene) -> Iterator[Hit]:
    """Find carriers that lie outside of the polygon of the park they name."""
    parks = scene.layer("parks")
    if "park_id" not in parks:
        return
    outlines = shapes_of(parks)
    areal = np.flatnonzero(shapely.get_dimensions(outlines) == _POLYGON)
    where = pd.Index(texts(parks, "park_id")[areal]).get_indexer(
        pd.Index(texts(scene.after, "park_id"))
    )
    shapes = shapes_of(scene.after)
    i = np.flatnonzero((where >= 0) & scene.mine & ~shapely.is_missing(shapes))
    if not i.size:
        return
    park = areal[where[i]]
    gap = _gaps_m(shapes[i], outlines, park)
    slack = _accuracy(parks)[park] + _accuracy(scene.after)[i] + OUTSIDE_PARK_M
    names = labels(parks, scene.catalogue.layer("parks"))
    for k in np.flatnonzero(gap > slack):
        yield _hit(scene, i[k], park=names[park[k]], distance=f"{gap[k]:,.0f}")


def outside_district(scene: Scene) -> Iterator[Hit]:
    """Find rows that lie outside of the district."""
    district = scene.layer("district")
    outlines = shapes_of(district)
    areal = shapely.get_dimensions(outlines) == _POLYGON
    if not areal.any():
        return
    whole = np.array([shapely.union_all(outlines[areal])], dtype=object)
    shapes = shapes_of(scene.after)
    i = np.flatnonzero(scene.mine & ~shapely.is_missing(shapes))
    gap = _gaps_m(shapes[i], whole, np.zeros(len(i), dtype=np.intp))
    slack = OUTSIDE_DISTRICT_M + float(_accuracy(district)[areal].max())
    for k in np.flatnonzero(gap > slack):
        away = gap[k] / 1000
        seen = _UNSEEN if away > OFF_THE_MAP_KM else _SEEN
        yield _hit(scene, i[k], distance=f"{away:,.1f}", seen_zh=seen.zh, seen_en=seen.en)


def same_place(scene: Scene) -> Iterator[Hit]:
    """Find rows whose centre is the centre of a row with another id; each is told once."""
    centres = shapely.centroid(shapes_of(scene.after))
    order = np.flatnonzero(~shapely.is_missing(centres))
    # The rows that are there come first, so that a row of the file is the one reported.
    order = order[np.argsort(scene.mine[order], kind="stable")]
    if not order.size:
        return
    lonlat = shapely.get_coordinates(centres[order])
    narrow = np.cos(np.radians(lonlat[:, 1].max()))
    plane = lonlat * _METRES_PER_DEGREE * np.array([narrow, 1.0])
    # Within a cell all are too close. One of each stands for it, so that a heap is no
    # more work than a few cells.
    _, first, cell = np.unique(
        np.floor(plane / _CELL_M), axis=0, return_index=True, return_inverse=True
    )
    partner = first[cell.ravel()]
    tree = shapely.STRtree(centres[order[first]])
    reach = SAME_PLACE_M / (_METRES_PER_DEGREE * narrow)
    i, j = tree.query(centres[order[first]], predicate="dwithin", distance=reach)
    i, j = first[i], first[j]
    close = (j < i) & (_distance_m(centres[order[i]], centres[order[j]]) < SAME_PLACE_M)
    np.minimum.at(partner, i[close], j[close])
    for k in np.flatnonzero((partner != np.arange(len(order))) & scene.mine[order]):
        yield _hit(scene, order[k], other=scene.labels[order[partner[k]]])


def same_name(scene: Scene) -> Iterator[Hit]:
    """Find rows that have the name and the building number of another row.

    A name that is nothing but a number (3号楼) is compared within its park or its
    address. Rows that name different doors, or lie far apart, are different buildings.
    """
    from layers.intake.naming.names import doors_disagree

    keys, addresses = _name_keys(scene)
    centres = shapely.centroid(shapes_of(scene.after))
    order = np.array([i for i, key in enumerate(keys) if key is not None], dtype=np.intp)
    # The rows that are there come first, so that a row of the file is the one reported.
    order = order[np.argsort(scene.mine[order], kind="stable")]
    first: dict[Any, int] = {}
    for i in order.tolist():
        j = first.setdefault(keys[i], i)
        if i == j or not scene.mine[i] or doors_disagree(addresses[i], addresses[j]):
            continue
        if not _distance_m(centres[[i]], centres[[j]])[0] > NAMESAKE_M:
            yield _hit(scene, i, scene.spec.name_field, other=scene.labels[j])


def _name_keys(scene: Scene) -> tuple[list[tuple[str, str, str] | None], list[str]]:
    """Return what is the same for two rows of one name, and the addresses in one spelling."""
    from layers.intake.naming.names import buildings_in
    from layers.intake.naming.names import normalise_address
    from layers.intake.naming.names import normalise_name
    from layers.intake.naming.names import without_building

    names = texts(scene.after, scene.spec.name_field)
    addresses = [normalise_address(text) for text in texts(scene.after, "address")]
    keys: list[tuple[str, str, str] | None] = []
    for name, park, address in zip(names, texts(scene.after, "park_id"), addresses, strict=True):
        plain = normalise_name(name)
        base = without_building(plain)
        around = "" if base else park or address
        number = buildings_in(plain) or buildings_in(address)
        keys.append((base, around, number) if base or (number and around) else None)
    return keys, addresses


def _chunks(positions: NDArray[np.intp]) -> Iterator[NDArray[np.intp]]:
    for start in range(0, len(positions), _CHUNK):
        yield positions[start : start + _CHUNK]


def _each_once(
    i: NDArray[np.intp], j: NDArray[np.intp], mine: NDArray[np.bool_]
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return pairs of different rows; of two rows of the file the later one is reported."""
    keep = (i != j) & (~mine[j] | (j < i))
    return i[keep], j[keep]


def _hit(scene: Scene, i: int | np.intp, field: str = "geometry", **details: str) -> Hit:
    """Return what was found about a row, under its name."""
    return Hit(scene.ids[i], field, scene.labels[i], details)


def _accuracy(frame: pd.DataFrame) -> NDArray[np.float64]:
    """Return the stated accuracy (m), 0 where none is stated."""
    return np.nan_to_num(numbers(frame, "accuracy_m"))


def _distance_m(a: NDArray[Any], b: NDArray[Any]) -> NDArray[np.float64]:
    """Return distances of points on the ellipsoid (m), unknown where one is missing."""
    ends = (shapely.get_x(a), shapely.get_y(a), shapely.get_x(b), shapely.get_y(b))
    return np.asarray(GRS80.inv(*ends)[2], dtype=np.float64)


def _gaps_m(
    shapes: NDArray[Any], outlines: NDArray[Any], which: NDArray[np.intp]
) -> NDArray[np.float64]:
    """Return how far (m) each of `shapes` is from ``outlines[which]``, 0 if they touch.

    The nearest places are found with degrees of longitude shortened as at the outlines;
    the length between them is that on the ellipsoid GRS80.
    """
    shapely.prepare(outlines)
    gap = np.zeros(len(shapes))
    away = np.flatnonzero(~shapely.intersects(outlines[which], shapes))
    if not away.size:
        return gap
    bounds = shapely.total_bounds(outlines)
    narrow = np.array([np.cos(np.radians((bounds[1] + bounds[3]) / 2)), 1.0])
    squeezed = shapely.transform(outlines, lambda xy: xy * narrow)
    near = shapely.transform(shapes[away], lambda xy: xy * narrow)
    ends = shapely.get_coordinates(shapely.shortest_line(near, squeezed[which[away]])) / narrow
    gap[away] = GRS80.inv(*ends[0::2].T, *ends[1::2].T)[2]
    return gap
