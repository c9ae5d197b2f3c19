"""Geometries of a layer: checked, repaired, and described."""

from __future__ import annotations

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

_KINDS: Mapping[str, GeometryKind] = {
    "Point": "point",
    "MultiPoint": "point",
    "LineString": "line",
    "MultiLineString": "line",
    "LinearRing": "line",
    "Polygon": "polygon",
    "MultiPolygon": "polygon",
}


@dataclass(frozen=True, slots=True)
class ShapeFinding:
    """A finding about the geometry at one position (from 0) of an array."""

    position: int
    code: str
    value: str
    details: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class ShapeReport:
    """Geometries after the check.

    Attributes
    ----------
    geometry
        Plane, valid geometries; ``None`` where there is none or it is wrong.
    findings
        What was wrong or repaired.
    heights
        Number of geometries that carried heights.
    """

    geometry: NDArray[Any]
    findings: tuple[ShapeFinding, ...]
    heights: int


def check_shapes(geometry: Sequence[Any], kinds: tuple[GeometryKind, ...]) -> ShapeReport:
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
    """
    shapes = np.array([_or_none(shape) for shape in geometry], dtype=object)
    heights = int(np.count_nonzero(shapely.has_z(shapes)))
    shapes = shapely.force_2d(shapes)
    found: list[ShapeFinding] = []
    for check in (_kind_check(kinds), _finite_check, _range_check):
        new = check(shapes)
        found += new
        shapes[[f.position for f in new]] = None
    repaired = _repair(shapes, kinds)
    return ShapeReport(shapes, (*found, *repaired), heights)


def kind_of(shape: BaseGeometry) -> str:
    """Return ``point``, ``line``, ``polygon``, or the type name of anything else."""
    return _KINDS.get(shape.geom_type, shape.geom_type)


def describe_shape(shape: BaseGeometry | None) -> str:
    """Return a geometry in EPSG:4490 in a few words, for a list of changes.

    A point with its coordinates, a line with its length (m), a polygon with
    its area (m², ellipsoidal) and number of vertices.
    """
    if shape is None or shape.is_empty:
        return ""
    series = gpd.GeoSeries([shape], crs=STORAGE_CRS)
    if isinstance(shape, shapely.Point):
        return f"Point {shape.x:.6f} {shape.y:.6f}"
    vertices = shapely.get_num_coordinates(shape)
    if kind_of(shape) == "polygon":
        return f"{shape.geom_type} {geodesic_area_m2(series).iloc[0]:.1f} m², {vertices} vertices"
    return f"{shape.geom_type} {geodesic_length_m(series).iloc[0]:.1f} m, {vertices} vertices"


def _or_none(shape: Any) -> BaseGeometry | None:  # noqa: ANN401 -- cells may hold anything
    return shape if isinstance(shape, BaseGeometry) and not shape.is_empty else None


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


def _repair(shapes: NDArray[Any], kinds: tuple[GeometryKind, ...]) -> list[ShapeFinding]:
    """Repair `shapes` in place and say what changed."""
    broken = np.flatnonzero(~shapely.is_missing(shapes) & ~shapely.is_valid(shapes))
    if not broken.size:
        return []
    made = shapely.make_valid(shapes[broken], method="structure", keep_collapsed=False)
    before, after = _areas(shapes[broken]), _areas(made)
    findings = []
    for i, shape, was, now in zip(broken, made, before, after, strict=True):
        usable = not shape.is_empty and kind_of(shape) in kinds
        shapes[i] = shape if usable else None
        findings.append(
            ShapeFinding(
                int(i),
                "geometry_repaired" if usable else "nothing_left",
                shape.geom_type,
                {"before": f"{was:,.1f}", "after": f"{now:,.1f}"},
            )
        )
    return findings


def _areas(shapes: NDArray[Any]) -> NDArray[np.float64]:
    """Return ellipsoidal areas (m²), 0 for points and lines."""
    areas = geodesic_area_m2(gpd.GeoSeries(shapes, crs=STORAGE_CRS))
    return np.nan_to_num(np.asarray(areas, dtype=np.float64))
