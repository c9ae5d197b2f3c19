"""Geometries of KML."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from typing import Any

import numpy as np
import shapely

if TYPE_CHECKING:
    from collections.abc import Callable
    from collections.abc import Iterator
    from collections.abc import Mapping
    from xml.etree.ElementTree import Element

    from numpy.typing import NDArray

    Coordinates = NDArray[np.float64]

_AROUND_COMMAS = re.compile(r"\s*,\s*")
_SHORTEST_RING = 3
_SHOWN = 80
_MULTI: Mapping[type, Callable[[list[Any]], Any]] = {
    shapely.Point: shapely.MultiPoint,
    shapely.LineString: shapely.MultiLineString,
    shapely.Polygon: shapely.MultiPolygon,
}


def tag_of(element: Element) -> str:
    """Return the name of an element without its namespace, of which KML has several."""
    return str(element.tag).rpartition("}")[2]


def children(element: Element, tag: str) -> Iterator[Element]:
    """Return the children of one name, whatever their namespace is."""
    return (child for child in element if tag_of(child) == tag)


def text_of_child(element: Element, tag: str) -> str:
    """Return the text of the first child of one name, empty if there is none."""
    return next(((child.text or "").strip() for child in children(element, tag)), "")


class Drawing:
    """Turns the geometry of placemarks into shapes, and counts what was mended.

    Attributes
    ----------
    closed
        How many shapes had open rings.
    """

    def __init__(self) -> None:
        self.closed = 0

    def shape(self, placemark: Element) -> tuple[shapely.Geometry | None, str]:
        """Return the shape of a placemark, or ``None`` and what is wrong with it."""
        open_before = self._open = 0
        try:
            shapes = list(self._shapes(placemark))
        except (ValueError, shapely.errors.ShapelyError) as error:
            return None, str(error)
        self.closed += self._open > open_before
        if len(shapes) <= 1:
            return (shapes[0] if shapes else None), ""
        kinds = {type(shape) for shape in shapes}
        maker = _MULTI[kinds.pop()] if len(kinds) == 1 else shapely.GeometryCollection
        return maker(shapes), ""

    def _shapes(self, element: Element) -> Iterator[shapely.Geometry]:
        for child in element:
            tag = tag_of(child)
            if tag in ("MultiGeometry", "MultiTrack"):
                yield from self._shapes(child)
            elif tag in _SHAPES:
                shape = _SHAPES[tag](self, child)
                if shape is not None:
                    yield shape

    def _point(self, element: Element) -> shapely.Geometry | None:
        xyz = _coordinates(element)
        return shapely.Point(xyz[0]) if len(xyz) else None

    def _line(self, element: Element) -> shapely.Geometry | None:
        xyz = _coordinates(element)
        return shapely.LineString(xyz) if len(xyz) else None

    def _track(self, element: Element) -> shapely.Geometry | None:
        written = [(c.text or "").split() for c in children(element, "coord")]
        xyz = _numbers([corner for corner in written if corner])
        if not len(xyz):
            return None
        return shapely.Point(xyz[0]) if len(xyz) == 1 else shapely.LineString(xyz)

    def _polygon(self, element: Element) -> shapely.Geometry | None:
        outer, inner = (
            [
                ring
                for border in children(element, f"{side}BoundaryIs")
                for drawn in children(border, "LinearRing")
                if len(ring := _coordinates(drawn))
            ]
            for side in ("outer", "inner")
        )
        if not outer:
            return None
        return shapely.Polygon(self._ring(outer[0]), [self._ring(hole) for hole in inner])

    def _ring(self, xyz: Coordinates) -> Coordinates:
        if (xyz[0, :2] == xyz[-1, :2]).all():
            return xyz
        if len(xyz) < _SHORTEST_RING:
            msg = "a ring with less than three corners"
            raise ValueError(msg)
        self._open += 1
        return np.concatenate([xyz, xyz[:1]])


_SHAPES: Mapping[str, Callable[[Drawing, Element], shapely.Geometry | None]] = {
    "Point": Drawing._point,  # noqa: SLF001 -- of the class above
    "LineString": Drawing._line,  # noqa: SLF001
    "LinearRing": Drawing._line,  # noqa: SLF001
    "Polygon": Drawing._polygon,  # noqa: SLF001
    "Track": Drawing._track,  # noqa: SLF001
}


def _coordinates(element: Element) -> Coordinates:
    """Return the coordinates below an element, shape (n, 2) or (n, 3)."""
    text = " ".join(child.text or "" for child in children(element, "coordinates"))
    corners = _AROUND_COMMAS.sub(",", text.strip()).split()
    return _numbers([corner.rstrip(",").split(",") for corner in corners])


def _numbers(corners: list[list[str]]) -> Coordinates:
    """Return corners of two or three numbers; heights only where there are any."""
    if not corners:
        return np.empty((0, 2))
    widths = {len(corner) for corner in corners}
    try:
        if len(widths) == 1 and widths <= {2, 3}:
            numbers = np.array(corners, dtype=np.float64)
        else:
            numbers = np.array([_number(corner) for corner in corners])
    except ValueError as error:
        msg = f"coordinates: {error}"[:_SHOWN]
        raise ValueError(msg) from error
    # Programs write a height of 0 where there is none.
    return numbers if numbers[:, 2:].any() else numbers[:, :2]


def _number(corner: list[str]) -> list[float]:
    filled = [float(cell) for cell in corner if cell]
    if len(filled) not in {2, 3}:
        raise ValueError(",".join(corner))
    return [*filled, 0.0][:3]
