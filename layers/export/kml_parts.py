"""Geometries and styles of KML as lines of text."""

from __future__ import annotations

from typing import TYPE_CHECKING
from typing import Any

import shapely

from layers.export.sheets import DECIMALS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from layers.style import Symbol

_NONE = "none"
# The icon of a viewer is 32 pixels wide at scale 1.
_ICON_PX = 32.0
_LABEL_SCALE = 0.8


def style_lines(style_id: str, symbol: Symbol, *, labelled: bool) -> Iterator[str]:
    """Yield a ``Style`` for one symbol.

    Points are the viewer's own icon in the colour of the fill; an icon would have to be
    named by an address. KML has neither shapes, dashes nor hatches.

    Parameters
    ----------
    style_id
        Its id, a name of XML.
    symbol
        How the features are drawn.
    labelled
        Whether names are written beside points.
    """
    filled = symbol.fill != _NONE
    point = _colour(symbol.fill if filled else symbol.stroke, symbol.opacity)
    label = _LABEL_SCALE if labelled else 0
    yield f'<Style id="{style_id}">'
    scale = symbol.size / _ICON_PX
    yield f"<IconStyle><color>{point}</color><scale>{scale:.3g}</scale></IconStyle>"
    yield f"<LabelStyle><scale>{label:g}</scale></LabelStyle>"
    if symbol.stroke == _NONE:
        yield "<LineStyle><width>0</width></LineStyle>"
    else:
        line = _colour(symbol.stroke, symbol.opacity)
        yield f"<LineStyle><color>{line}</color><width>{symbol.width:g}</width></LineStyle>"
    outline = int(symbol.stroke != _NONE)
    if filled:
        area = _colour(symbol.fill, symbol.fill_opacity * symbol.opacity)
        yield f"<PolyStyle><color>{area}</color><outline>{outline}</outline></PolyStyle>"
    else:
        yield f"<PolyStyle><fill>0</fill><outline>{outline}</outline></PolyStyle>"
    yield "</Style>"


def _colour(rgb: str, opacity: float) -> str:
    """Return ``#RRGGBB`` as KML writes it: opacity, blue, green, red."""
    red, green, blue = rgb[1:3], rgb[3:5], rgb[5:7]
    return f"{round(opacity * 255):02x}{blue}{green}{red}".lower()


def geometry_lines(shape: Any) -> Iterator[str]:  # noqa: ANN401 -- a geometry or nothing
    """Yield a geometry in degrees; nothing for none.

    Parameters
    ----------
    shape
        Longitude and latitude; written with eight decimals, which is a millimetre.
    """
    if shape is None:
        return
    if shape.geom_type == "Point":
        yield f"<Point>{_coordinates(shape)}</Point>"
    elif shape.geom_type in ("LineString", "LinearRing"):
        yield f"<LineString><tessellate>1</tessellate>{_coordinates(shape)}</LineString>"
    elif shape.geom_type == "Polygon":
        yield "<Polygon>"
        yield f"<outerBoundaryIs>{_ring(shape.exterior)}</outerBoundaryIs>"
        for hole in shape.interiors:
            yield f"<innerBoundaryIs>{_ring(hole)}</innerBoundaryIs>"
        yield "</Polygon>"
    else:
        yield "<MultiGeometry>"
        for part in shape.geoms:
            yield from geometry_lines(part)
        yield "</MultiGeometry>"


def _ring(ring: Any) -> str:  # noqa: ANN401 -- shapely has no name for rings of polygons
    return f"<LinearRing>{_coordinates(ring)}</LinearRing>"


def _coordinates(shape: Any) -> str:  # noqa: ANN401 -- as above
    xy = shapely.get_coordinates(shape).tolist()
    digits = DECIMALS[True]
    corners = " ".join(f"{lon:.{digits}f},{lat:.{digits}f}" for lon, lat in xy)
    return f"<coordinates>{corners}</coordinates>"
