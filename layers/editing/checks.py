"""Whether a drawn geometry can stand in a layer, and what is wrong with it if not.

Intake repairs a polygon that crosses itself, because the file is all there is. A
planner at the screen is told where it does and can move the vertex instead.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from typing import Any

import geopandas as gpd
import shapely

from geo.crs import STORAGE_CRS
from geo.crs import geodesic_area_m2
from geo.crs import geodesic_length_m
from layers.editing.refusals import found
from layers.editing.refusals import invalid_shape
from layers.editing.refusals import no_shape
from layers.findings import finding
from layers.shapes import check_shapes
from layers.shapes import kind_of

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

    from layers.catalogue import GeometryKind
    from layers.issues import Issue
    from layers.shapes import ShapeFinding

_REASON = re.compile(r"(?P<what>.*?)\[(?P<x>\S+) (?P<y>\S+)\]")


def checked_shape(
    feature_id: str, shape: BaseGeometry | None, kinds: tuple[GeometryKind, ...], layer: str
) -> BaseGeometry:
    """Return a drawn geometry without heights, or refuse it.

    Parameters
    ----------
    feature_id
        Whom the error is about.
    shape
        EPSG:4490.
    kinds
        Kinds that the layer allows, multi-parts included.
    layer
        Key of the layer.

    Raises
    ------
    EditError
        If it is empty, of another kind, outside of the country, or not valid;
        the message says where.
    """
    if shape is None or shape.is_empty:
        raise no_shape(feature_id)
    flat: BaseGeometry = shapely.force_2d(shape)
    # A geometry that crosses itself is refused below, in other words than a repaired one.
    wrong = check_shapes([flat], kinds, repair=False).findings
    if wrong:
        raise found(
            feature_id,
            [_issue(f, layer) for f in wrong],
        )
    require_valid(feature_id, flat)
    return flat


def _issue(wrong: ShapeFinding, layer: str) -> Issue:
    places: dict[str, Any] = dict(wrong.details)
    return finding(wrong.code, layer=layer, value=wrong.value, **places)


def require_valid(feature_id: str, shape: BaseGeometry) -> None:
    """Refuse a geometry in EPSG:4490 that is not valid, saying where.

    Raises
    ------
    EditError
        With the reason and the longitude and latitude.
    """
    if not shape.is_valid:
        match = _REASON.match(shapely.is_valid_reason(shape))
        reason, place = "?", ""
        if match is not None:
            reason = match["what"]
            place = f"{float(match['x']):.7f}, {float(match['y']):.7f}"
        raise invalid_shape(feature_id, reason, place)


def size_of(shape: BaseGeometry) -> float:
    """Return the ellipsoidal area (m²) of a polygon, the length (m) of a line, 0 of a point."""
    series = gpd.GeoSeries([shape], crs=STORAGE_CRS)
    measure = geodesic_area_m2 if kind_of(shape) == "polygon" else geodesic_length_m
    return float(measure(series).iloc[0])
