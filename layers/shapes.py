"""Geometries of a layer: checked, repaired, and described.

What is repaired keeps its meaning, and every repair is told with the area before
and after. What could mean two things is rejected.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from geo.crs import STORAGE_CRS
from geo.crs import geodesic_area_m2
from geo.crs import geodesic_length_m

if TYPE_CHECKING:
    from collections.abc import Callable
    from collections.abc import Mapping
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from layers.catalogue import GeometryKind

# Longitude and latitude of the country with its seas, rounded outwards. A
# place outside is a slip (0/0, swapped columns), not a park of a Chinese city.
WEST, SOUTH, EAST, NORTH = 73.0, 3.0, 136.0, 54.0

# Two vertices closer than this (degrees, about 0.1 mm) are one vertex drawn twice.
_SAME_VERTEX_DEG = 1e-9

# The grid (degrees, about 0.01 mm) on which a repair is done over that rounding spoils.
_GRID_DEG = 1e-10

# A part as small as this, absolutely (m²) and as a share of its whole, is a crumb
# of an overlay or of a repair and no ground that anybody drew [J].
_CRUMB_M2 = 0.01
_CRUMB_SHARE = 1e-6

# A polygon below this area (m²) whose area is less than this share of the square
# of its perimeter (a square has 1/16, a strip of 1:50 has 0.005) is a gap
# between two drawn lines rather than a plot [J].
_SLIVER_M2 = 0.5
_SLIVER_SHAPE = 0.005

# A repair that changes the area by less than both is told, but needs no look [J].
_NOTABLE_SHARE = 0.01
_NOTABLE_M2 = 100.0

# The smallest of these areas in square degrees, rounded up for every latitude of
# the country: what is larger needs no measuring on the ellipsoid.
_M2_PER_SQUARE_DEGREE = 0.7e10

_MULTI_FROM = 4  # type ids of what has parts: from MultiPoint
_MULTIPOLYGON = 6
_COLLECTION = 7

_KINDS: Mapping[str, GeometryKind] = {
    "Point": "point",
    "MultiPoint": "point",
    "LineString": "line",
    "MultiLineString": "line",
    "LinearRing": "line",
    "Polygon": "polygon",
    "MultiPolygon": "polygon",
}

_DIMENSIONS: Mapping[GeometryKind, int] = {"point": 0, "line": 1, "polygon": 2}

REPAIRED_CODES = frozenset({"geometry_repaired", "geometry_tidied"})
"""Codes of a geometry that was not valid and now is: with or without a notable change."""


@dataclass(frozen=True, slots=True)
class ShapeFinding:
    """A finding about the geometry at one position (from 0) of an array."""

    position: int
    code: str
    value: str
    details: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class ShapeNote:
    """A finding about many geometries at once: a code, and what its sentence tells."""

    code: str
    details: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class ShapeReport:
    """Geometries after the check.

    Attributes
    ----------
    geometry
        Plane, valid geometries; ``None`` where there is none or it is wrong.
    findings
        What was wrong or repaired, geometry by geometry.
    heights
        Number of geometries that carried heights or measures.
    notes
        What was done to many: empty geometries taken as none, vertices that
        stood there twice.
    """

    geometry: NDArray[Any]
    findings: tuple[ShapeFinding, ...]
    heights: int
    notes: tuple[ShapeNote, ...] = ()


def check_shapes(
    geometry: Sequence[Any], kinds: tuple[GeometryKind, ...], *, repair: bool = True
) -> ShapeReport:
    """Check and repair geometries in EPSG:4490.

    Empty geometries count as none. A polygon that crosses itself is rebuilt by
    :func:`shapely.make_valid` with the structure method, which keeps the whole
    area of a bow-tie, where a buffer of width 0 would drop half of it.

    Parameters
    ----------
    geometry
        Shapely geometries or ``None``, longitude and latitude in degrees.
    kinds
        Allowed kinds; multi-parts included.
    repair
        Whether anything but heights may be changed; without it only what cannot
        stand in the layer is found, and validity is not looked at.
    """
    shapes, empty = _given(geometry)
    heights = int(np.count_nonzero(shapely.has_z(shapes) | shapely.has_m(shapes)))
    shapes = shapely.force_2d(shapes)
    found = _reduce_collections(shapes, kinds) if repair else []
    for check in (_kind_check(kinds), _finite_check, _range_check):
        new = check(shapes)
        found += new
        shapes[[f.position for f in new]] = None
    if not repair:
        return ShapeReport(shapes, tuple(found), heights)
    notes = [ShapeNote("empty_geometry", {"count": empty})] if empty else []
    notes += _drop_repeated(shapes)
    broken, repaired = _repair(shapes, kinds)
    found += [*repaired, *_drop_crumbs(shapes, broken), *_find_slivers(shapes)]
    return ShapeReport(shapes, tuple(found), heights, tuple(notes))


def kind_of(shape: BaseGeometry) -> str:
    """Return ``point``, ``line``, ``polygon``, or the type name of anything else."""
    return _KINDS.get(shape.geom_type, shape.geom_type)


def describe_shape(shape: BaseGeometry | None) -> str:
    """Return a geometry in EPSG:4490 in a few words, see :func:`describe_shapes`."""
    return describe_shapes([shape])[0]


def describe_shapes(shapes: Sequence[BaseGeometry | None] | NDArray[Any]) -> list[str]:
    """Return geometries in EPSG:4490 in a few words each, for a list of changes.

    A point with its coordinates, a line with its length (m), a polygon with
    its area (m², ellipsoidal) and number of vertices; nothing for none.
    """
    series = gpd.GeoSeries(list(shapes), crs=STORAGE_CRS)
    lengths = geodesic_length_m(series).tolist()
    areas = geodesic_area_m2(series).tolist()
    counts = shapely.get_num_coordinates(series.to_numpy())
    return [_described(*told) for told in zip(shapes, lengths, areas, counts.tolist(), strict=True)]


def _described(shape: BaseGeometry | None, length: float, area: float, vertices: int) -> str:
    if shape is None or shape.is_empty:
        return ""
    if isinstance(shape, shapely.Point):
        return f"Point {shape.x:.6f} {shape.y:.6f}"
    size = f"{area:.1f} m²" if kind_of(shape) == "polygon" else f"{length:.1f} m"
    return f"{shape.geom_type} {size}, {vertices} vertices"


def _given(geometry: Sequence[Any]) -> tuple[NDArray[Any], int]:
    """Return the geometries that are there, None for the others, and how many were empty."""
    shapes = np.empty(len(geometry), dtype=object)
    shapes[:] = [shape if isinstance(shape, BaseGeometry) else None for shape in geometry]
    empty = shapely.is_empty(shapes)
    shapes[empty] = None
    return shapes, int(np.count_nonzero(empty))


def _reduce_collections(
    shapes: NDArray[Any], kinds: tuple[GeometryKind, ...]
) -> list[ShapeFinding]:
    """Take the one kind that fits out of a collection, in place; leave mixed ones."""
    found = []
    for i in np.flatnonzero(shapely.get_type_id(shapes) == _COLLECTION):
        parts = _flat_parts(shapes[i])
        dimensions = shapely.get_dimensions(parts)
        fitting = [d for kind in kinds if (d := _DIMENSIONS[kind]) in dimensions]
        if len(fitting) == 1:
            kept = parts[dimensions == fitting[0]]
            dropped = Counter(part.geom_type for part in parts[dimensions != fitting[0]])
            shapes[i] = kept[0] if len(kept) == 1 else _multi(kept)
            said = ", ".join(f"{count} {name}" for name, count in sorted(dropped.items()))
            details = {"kept": shapes[i].geom_type, "dropped": said or "0"}
            found.append(ShapeFinding(int(i), "collection_reduced", "GeometryCollection", details))
    return found


def _flat_parts(collection: BaseGeometry) -> NDArray[Any]:
    """Return the single parts of a collection, of collections within it too."""
    parts = shapely.get_parts([collection])
    while (shapely.get_type_id(parts) >= _MULTI_FROM).any():
        parts = shapely.get_parts(parts)
    return parts[~shapely.is_empty(parts)]


def _multi(parts: NDArray[Any]) -> BaseGeometry:
    make = (shapely.MultiPoint, shapely.MultiLineString, shapely.MultiPolygon)
    return make[int(shapely.get_dimensions(parts[0]))](list(parts))


def _kind_check(
    kinds: tuple[GeometryKind, ...],
) -> Callable[[NDArray[Any]], list[ShapeFinding]]:
    allowed = " / ".join(kinds)

    def check(shapes: NDArray[Any]) -> list[ShapeFinding]:
        return [
            ShapeFinding(
                i,
                "wrong_geometry",
                shape.geom_type,
                {"kind": shape.geom_type, "allowed": allowed},
            )
            for i, shape in enumerate(shapes)
            if shape is not None and kind_of(shape) not in kinds
        ]

    return check


def _finite_check(shapes: NDArray[Any]) -> list[ShapeFinding]:
    xy, row = shapely.get_coordinates(shapes, return_index=True)
    bad = ~np.isfinite(xy).all(axis=1)
    return [
        ShapeFinding(int(i), "not_finite", shapes[i].geom_type, {}) for i in np.unique(row[bad])
    ]


def _range_check(shapes: NDArray[Any]) -> list[ShapeFinding]:
    xy, row = shapely.get_coordinates(shapes, return_index=True)
    outside = ~_inside(xy[:, 0], xy[:, 1])
    rows, first = np.unique(row[outside], return_index=True)
    box = {"west": f"{WEST:g}", "east": f"{EAST:g}", "south": f"{SOUTH:g}", "north": f"{NORTH:g}"}
    return [
        ShapeFinding(
            int(i),
            "coordinates_swapped" if _inside(y, x) else "coordinates_out_of_range",
            f"{x:.6g}, {y:.6g}",
            box,
        )
        for i, (x, y) in zip(rows, xy[outside][first], strict=True)
    ]


def _inside(lon: Any, lat: Any) -> Any:  # noqa: ANN401 -- a number or an array of them
    return (lon >= WEST) & (lon <= EAST) & (lat >= SOUTH) & (lat <= NORTH)


def _drop_repeated(shapes: NDArray[Any]) -> list[ShapeNote]:
    """Drop vertices that stand twice in a row, in place, and say how many there were."""
    xy, row = shapely.get_coordinates(shapes, return_index=True)
    close = (np.abs(np.diff(xy, axis=0)) <= _SAME_VERTEX_DEG).all(axis=1)
    dropped, places = 0, 0
    # The end of one ring and the start of the next may touch too, and a multi-point may
    # hold a place twice, so that the candidates are looked at one by one.
    for i in np.unique(row[1:][close & (np.diff(row) == 0)]):
        cleaned = _without_repeated(shapes[i])
        fewer = shapely.get_num_coordinates(shapes[i]) - shapely.get_num_coordinates(cleaned)
        if fewer:
            shapes[i] = cleaned
            dropped, places = dropped + int(fewer), places + 1
    if not dropped:
        return []
    return [ShapeNote("duplicate_vertices", {"count": dropped, "shapes": places})]


def _without_repeated(shape: BaseGeometry) -> BaseGeometry:
    """Return `shape` without repeated vertices, or as it is if that would spoil it."""
    try:
        cleaned: BaseGeometry = shapely.remove_repeated_points(shape, _SAME_VERTEX_DEG)
    except shapely.errors.GEOSException:
        return shape
    # Next to a crossing that a repair took out, a tenth of a millimetre may matter.
    spoilt = cleaned.is_empty or (shape.is_valid and not cleaned.is_valid)
    return shape if spoilt else cleaned


def _repair(
    shapes: NDArray[Any], kinds: tuple[GeometryKind, ...]
) -> tuple[NDArray[np.bool_], list[ShapeFinding]]:
    """Repair `shapes` in place; return which were broken and say what changed."""
    broken = ~shapely.is_missing(shapes) & ~shapely.is_valid(shapes)
    where = np.flatnonzero(broken)
    if not where.size:
        return broken, []
    made = _made_valid(shapes[where])
    before, after = _areas(shapes[where]), _areas(made)
    findings = []
    for i, shape, was, now in zip(where, made, before, after, strict=True):
        usable = shape.is_valid and not shape.is_empty and kind_of(shape) in kinds
        shapes[i] = shape if usable else None
        code = _repair_code(was, now) if usable else "nothing_left"
        areas = {"before": f"{was:,.1f}", "after": f"{now:,.1f}"}
        findings.append(ShapeFinding(int(i), code, shape.geom_type, areas))
    return broken, findings


def _made_valid(shapes: NDArray[Any]) -> NDArray[Any]:
    """Return valid geometries; only where rounding gets in the way on a fine grid."""
    made = shapely.make_valid(shapes, method="structure", keep_collapsed=False)
    # A crossing is rounded to the next number and may leave a part that crosses itself
    # again by the last digit. On a grid every crossing has a place of its own.
    still = ~shapely.is_valid(made)
    if still.any():
        made[still] = shapely.set_precision(made[still], _GRID_DEG)
    return np.asarray(made)


def _repair_code(before: float, after: float) -> str:
    change = abs(after - before)
    notable = change > _NOTABLE_M2 or change > _NOTABLE_SHARE * before
    return "geometry_repaired" if notable else "geometry_tidied"


def _drop_crumbs(shapes: NDArray[Any], broken: NDArray[np.bool_]) -> list[ShapeFinding]:
    """Drop parts of multi-polygons that are no ground, in place, and say what went."""
    where = np.flatnonzero(shapely.get_type_id(shapes) == _MULTIPOLYGON)
    parts, owner = shapely.get_parts(shapes[where], return_index=True)
    areas = shapely.area(parts)
    share = areas / np.maximum(np.bincount(owner, areas)[owner], np.finfo(float).tiny)
    found = []
    for position in np.unique(owner[share < _CRUMB_SHARE]):
        mine = parts[owner == position]
        crumb = share[owner == position] < _CRUMB_SHARE
        crumb[crumb] = _areas(mine[crumb]) < _CRUMB_M2
        kept = mine[~crumb]
        if not crumb.any():
            continue
        i = int(where[position])
        before, after = _areas(np.array([shapes[i], None]))[0], float(_areas(kept).sum())
        shapes[i] = kept[0] if len(kept) == 1 else _multi(kept)
        details = {
            "count": int(crumb.sum()),
            "before": f"{before:,.2f}",
            "after": f"{after:,.2f}",
            "repaired": bool(broken[i]),
        }
        found.append(ShapeFinding(i, "sliver_dropped", "MultiPolygon", details))
    return found


def _find_slivers(shapes: NDArray[Any]) -> list[ShapeFinding]:
    """Find polygons that are a thin gap as a whole."""
    small = shapely.area(shapes) < _SLIVER_M2 / _M2_PER_SQUARE_DEGREE
    where = np.flatnonzero(small & (shapely.get_dimensions(shapes) == _DIMENSIONS["polygon"]))
    if not where.size:
        return []
    areas = _areas(shapes[where])
    lengths = np.asarray(geodesic_length_m(gpd.GeoSeries(shapes[where], crs=STORAGE_CRS)))
    thin = (areas < _SLIVER_M2) & (areas < _SLIVER_SHAPE * lengths**2)
    return [
        ShapeFinding(
            int(i),
            "sliver",
            shapes[i].geom_type,
            {"area": f"{area:.3f}", "length": f"{length:,.1f}"},
        )
        for i, area, length in zip(where[thin], areas[thin], lengths[thin], strict=True)
    ]


def _areas(shapes: NDArray[Any]) -> NDArray[np.float64]:
    """Return ellipsoidal areas (m²), 0 for points and lines."""
    areas = geodesic_area_m2(gpd.GeoSeries(shapes, crs=STORAGE_CRS))
    return np.nan_to_num(np.asarray(areas, dtype=np.float64))
