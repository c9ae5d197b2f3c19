"""Symbols of the plan sheet: what the web map shows, drawn as vectors on paper.

Shapes, hatches and dashes are those of the web map, and so are the sizes: 1 CSS pixel is
0.75 pt. Two things differ, so that a black-and-white copy still shows every class: hatches
and outlines of areas are never lighter than a middle grey, and points are filled without a
hatch, because their shape tells the class.
"""

from __future__ import annotations

from dataclasses import dataclass
from dataclasses import replace
from typing import TYPE_CHECKING
from typing import Any
from typing import Literal

import numpy as np
import shapely

from geo.crs import require_metric
from layers import ramps
from layers.sheet.hatches import HATCHES
from layers.sheet.hatches import hatch_dots
from layers.sheet.hatches import hatch_lines
from layers.sheet.shapes import SHAPES

if TYPE_CHECKING:
    from collections.abc import Sequence

    import geopandas as gpd
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.path import Path
    from numpy.typing import NDArray

    from layers.sheet.records import Extent
    from layers.style import LayerStyle
    from layers.style import Symbol

    Floats = NDArray[np.float64]
    Shapes = NDArray[np.object_]
    Colour = tuple[float, float, float]

POINTS_PER_PIXEL = 0.75
"""Points (1/72 inch) of a CSS pixel, in which sizes and widths of symbols are given."""

Kind = Literal["point", "line", "polygon"]

_POINT, _LINE, _AREA = 0, 1, 2
_POINTS_PER_INCH = 72.0
_HATCH_GROUND = 0.45
_HATCH_PX = 1.1
_DOT_PX = 2.2
_DOT_LENGTH = 0.01
_LEAST_HATCH_OPACITY = 0.6
_MIDDLE_GREY = 0.22
_LUMINANCE = np.array([0.2126, 0.7152, 0.0722])
# The pairs of the marks of categories; the cross is what an unknown value has.
_HATCH_OF_SHAPE = {
    **dict(zip(ramps.SHAPES, ramps.HATCHES, strict=True)),
    ramps.UNKNOWN_SHAPE: ramps.UNKNOWN_HATCH,
}


@dataclass(frozen=True, slots=True)
class _Group:
    """Features of one symbol and one dimension."""

    symbol: Symbol
    dimension: int
    shapes: Shapes


@dataclass(frozen=True, slots=True)
class _Pen:
    """Where and how large to draw.

    Attributes
    ----------
    axes
        The axes of the map or of the legend.
    zorder
        Of everything that is drawn.
    scale
        Factor of all sizes.
    unit
        Units of the axes in a point on paper.
    window
        The part of the plane that is seen.
    """

    axes: Axes
    zorder: float
    scale: float
    unit: float
    window: Extent

    def points(self, pixels: float) -> float:
        """Return a size in points on paper."""
        return pixels * POINTS_PER_PIXEL * self.scale

    def add(self, artist: Artist) -> None:
        """Draw an artist, cut to the frame of the map."""
        artist.set_zorder(self.zorder)
        self.axes.add_artist(artist)


def draw_layer(
    axes: Axes,
    frame: gpd.GeoDataFrame,
    style: LayerStyle,
    *,
    zorder: float,
    scale: float = 1.0,
    sketch: NDArray[np.bool_] | None = None,
) -> list[int]:
    """Draw the features of a layer that lie in the frame of the map.

    Areas are drawn below lines, lines below points; among areas all fills come first, then
    hatches, then outlines. There are at most three artists for each class and mark.

    Parameters
    ----------
    axes
        Its limits are set, and its data units are metres of the CRS of `frame`.
    frame
        Features in a metric CRS: points, lines, areas and their multis; a row without
        geometry is not drawn.
    style
        Symbols; one whose field is not in the frame has its default only.
    zorder
        Of everything that is drawn.
    scale
        Factor of sizes, widths, dashes and hatches; above 0.
    sketch
        Which rows have a sketched boundary (示意): their lines and outlines get its dash.

    Returns
    -------
    list of int
        Numbers of the classes that are seen, in the order of the legend; the default
        symbol is -1 and stands last.

    Raises
    ------
    ValueError
        If the CRS is not metric, `scale` is not above 0 or `sketch` has another length.
    """
    require_metric(frame.crs)
    marked = np.zeros(len(frame), dtype=bool) if sketch is None else sketch
    if len(marked) != len(frame):
        message = f"`sketch` has {len(marked)} rows, not {len(frame)} as `frame`."
        raise ValueError(message)
    pen = _pen(axes, zorder, scale)
    groups, present = _seen(pen, frame, style, marked)
    _draw(pen, groups)
    return [number for number in present if number >= 0] + [-1] * (-1 in present)


def draw_swatch(
    axes: Axes,
    symbol: Symbol,
    kind: Kind,
    box_mm: tuple[float, float, float, float],
    *,
    zorder: float = 10.0,
    scale: float = 1.0,
) -> None:
    """Draw one symbol for a legend.

    Parameters
    ----------
    axes
        Its limits are set, and its data units are millimetres on paper.
    symbol
        As it is drawn on the map, with the dash of a sketch if that is meant.
    kind
        A point stands in the middle of the box, a line goes through it, an area fills it.
    box_mm
        Left, bottom, right, top.
    zorder, scale
        As for :func:`draw_layer`.

    Raises
    ------
    ValueError
        If the box is empty, or `scale` is not above 0.
    """
    left, bottom, right, top = box_mm
    if not (left < right and bottom < top):
        message = f"`box_mm` {box_mm} is empty: left < right and bottom < top must hold."
        raise ValueError(message)
    middle = (bottom + top) / 2
    made = {
        "point": (_POINT, shapely.Point((left + right) / 2, middle)),
        "line": (_LINE, shapely.LineString([(left, middle), (right, middle)])),
        "polygon": (_AREA, shapely.box(*box_mm)),
    }
    dimension, shape = made[kind]
    # The hatch starts at the corner of the box, so that equal boxes look equal.
    pen = replace(_pen(axes, zorder, scale), window=box_mm)
    _draw(pen, [_Group(symbol, dimension, np.array([shape], dtype=object))])


def symbol_boxes(
    axes: Axes, frame: gpd.GeoDataFrame, style: LayerStyle, *, scale: float = 1.0
) -> list[Extent]:
    """Return what the point symbols of a layer cover, so that no label is put on them.

    Parameters
    ----------
    axes, frame, style, scale
        As for :func:`draw_layer`.

    Returns
    -------
    list of tuple
        West, south, east, north of every point that is seen, metres.
    """
    pen = _pen(axes, 0.0, scale)
    boxes = []
    for group in _seen(pen, frame, style, np.zeros(len(frame), dtype=bool))[0]:
        if group.dimension == _POINT:
            symbol = group.symbol
            corners = SHAPES.get(symbol.shape)
            reach = 1.0 if corners is None else float(np.abs(corners).max())
            width = 0.0 if symbol.stroke == "none" else symbol.width
            half = pen.points(reach * symbol.size + width) / 2 * pen.unit
            places = shapely.get_coordinates(group.shapes)
            boxes.append(np.column_stack([places - half, places + half]))
    return [tuple(box) for group_boxes in boxes for box in group_boxes.tolist()]


def area_symbol(symbol: Symbol) -> Symbol:
    """Return the symbol for the areas of a layer that also has points or lines.

    The strong fill of a point would hide what lies below an area; the outline takes the
    colour instead. The shape, which tells the class of a point, becomes a hatch, so that
    the classes of areas differ without colour too.
    """
    hatch = symbol.hatch or _HATCH_OF_SHAPE.get(symbol.shape, "")
    return replace(symbol.paled(), hatch=hatch)


def _pen(axes: Axes, zorder: float, scale: float) -> _Pen:
    if not scale > 0:
        message = f"`scale` is {scale}; it must be above 0."
        raise ValueError(message)
    (west, east), (south, north) = sorted(axes.get_xlim()), sorted(axes.get_ylim())
    dpi = axes.get_figure(root=True).dpi  # type: ignore[union-attr]  # it is on a figure
    width = axes.bbox.width / dpi * _POINTS_PER_INCH
    return _Pen(axes, zorder, scale, (east - west) / width, (west, south, east, north))


def _seen(
    pen: _Pen, frame: gpd.GeoDataFrame, style: LayerStyle, marked: NDArray[np.bool_]
) -> tuple[list[_Group], list[int]]:
    """Return what is seen by symbol and dimension, and the numbers of its classes, ascending."""
    shapes = frame.geometry.to_numpy()
    seen = shapely.intersects(shapes, shapely.box(*pen.window))
    numbers = style.classes_in(frame)[seen]
    mixed = bool(np.isin([_POINT, _LINE], shapely.get_dimensions(shapes)).any())
    parts, rows = shapely.get_parts(shapes[seen], return_index=True)
    codes = (numbers[rows] + 1) * 8 + marked[seen][rows] * 4 + shapely.get_dimensions(parts)
    groups = [
        _Group(_symbol_of(style, code, mixed=mixed), code % 4, parts[codes == code])
        for code in np.unique(codes).tolist()
    ]
    return groups, sorted(set(numbers.tolist()))


def _symbol_of(style: LayerStyle, code: int, *, mixed: bool) -> Symbol:
    """Return the symbol of class, mark and dimension, which `code` holds together."""
    symbol = style.symbol(code // 8 - 1)
    if mixed and code % 4 == _AREA:
        symbol = area_symbol(symbol)
    return symbol.sketched() if code // 4 % 2 else symbol


def _draw(pen: _Pen, groups: Sequence[_Group]) -> None:
    """Draw areas (fills, hatches, outlines), then lines, then points."""
    areas = [(group, _path(group.shapes)) for group in groups if group.dimension == _AREA]
    for group, path in areas:
        _fill(pen, group.symbol, path)
    for group, _ in areas:
        _hatch(pen, group)
    for group, path in areas:
        _stroke(pen, group.symbol, path, dark=True)
    for group in groups:
        if group.dimension == _LINE:
            _stroke(pen, group.symbol, _path(group.shapes), dark=False)
    for group in groups:
        if group.dimension == _POINT:
            _points(pen, group)


def _path(shapes: Shapes) -> Path:
    """Return one path of lines, or of areas.

    Outer rings and holes run in opposite directions, so that holes are left open by the
    non-zero rule, which PNG, PDF and SVG follow.
    """
    from matplotlib.path import Path

    area = bool(len(shapes)) and shapely.get_dimensions(shapes[0]) == _AREA
    strings = shapely.get_rings(shapely.orient_polygons(shapes)) if area else shapes
    points, owners = shapely.get_coordinates(strings, return_index=True)
    codes = np.full(len(points), Path.LINETO, dtype=Path.code_type)
    change = owners[1:] != owners[:-1]
    codes[np.concatenate([[True], change])] = Path.MOVETO
    if area:
        codes[np.concatenate([change, [True]])] = Path.CLOSEPOLY
    return Path(points, codes)


def _fill(pen: _Pen, symbol: Symbol, path: Path) -> None:
    from matplotlib.patches import PathPatch

    ground = _HATCH_GROUND if symbol.hatch in HATCHES else 1.0
    opacity = symbol.opacity * symbol.fill_opacity * ground
    if symbol.fill != "none" and opacity > 0:
        pen.add(PathPatch(path, facecolor=(*_rgb(symbol.fill), opacity), linewidth=0))


def _hatch(pen: _Pen, group: _Group) -> None:
    symbol = group.symbol
    hatch = HATCHES.get(symbol.hatch)
    if hatch is None or symbol.fill == "none" or symbol.opacity * symbol.fill_opacity <= 0:
        return
    opacity = symbol.opacity * max(symbol.fill_opacity, _LEAST_HATCH_OPACITY)
    colour = (*ink(symbol.fill), opacity)
    spacing = pen.points(hatch.spacing_px) * pen.unit
    if hatch.angles:
        lines = [hatch_lines(group.shapes, angle, spacing, pen.window) for angle in hatch.angles]
        _pieces(pen, np.concatenate(lines), edgecolor=colour, linewidth=pen.points(_HATCH_PX))
        return
    # A dot is a line of nearly no length with a round end: thousands of them are one path.
    dots = hatch_dots(group.shapes, spacing, pen.window)
    lines_of_dots = np.stack([dots, dots + np.array([spacing * _DOT_LENGTH, 0.0])], axis=1)
    width = pen.points(_DOT_PX)
    _pieces(pen, lines_of_dots, edgecolor=colour, linewidth=width, capstyle="round")


def _pieces(pen: _Pen, lines: Floats, **look: Any) -> None:  # noqa: ANN401 - of matplotlib
    """Draw straight lines, shape (n, 2, 2), as one path."""
    from matplotlib.patches import PathPatch
    from matplotlib.path import Path

    codes = np.tile(np.array([Path.MOVETO, Path.LINETO], dtype=Path.code_type), len(lines))
    path = Path(lines.reshape(-1, 2), codes)
    # Simplified, the dots would be lost.
    path.should_simplify = False
    pen.add(PathPatch(path, fill=False, **look))


def _stroke(pen: _Pen, symbol: Symbol, path: Path, *, dark: bool) -> None:
    from matplotlib.patches import PathPatch

    if symbol.stroke == "none" or symbol.width <= 0 or symbol.opacity <= 0:
        return
    width = pen.points(symbol.width)
    colour = (*(ink if dark else _rgb)(symbol.stroke), symbol.opacity)
    patch = PathPatch(path, fill=False, edgecolor=colour, linewidth=width, joinstyle="round")
    patch.set_linestyle(_dashes(pen, symbol.dash, width))
    pen.add(patch)


def _dashes(pen: _Pen, dash: str, width: float) -> Any:  # noqa: ANN401 - a line style of matplotlib
    """Return the dash pattern: lengths on paper, not multiples of the width of the line."""
    from matplotlib import rcParams

    if not dash:
        return "solid"
    unit = width if rcParams["lines.scale_dashes"] else 1.0
    return (0.0, tuple(pen.points(float(part)) / unit for part in dash.split()))


def _points(pen: _Pen, group: _Group) -> None:
    symbol = group.symbol
    opacity = symbol.opacity * symbol.fill_opacity
    filled = symbol.fill != "none" and opacity > 0
    _marks(
        pen,
        shapely.get_coordinates(group.shapes),
        symbol.shape,
        pen.points(symbol.size),
        facecolor=(*_rgb(symbol.fill), opacity) if filled else "none",
        edgecolor="none" if symbol.stroke == "none" else (*_rgb(symbol.stroke), symbol.opacity),
        linewidth=pen.points(symbol.width),
    )


def _marks(pen: _Pen, places: Floats, shape: str, size: float, **look: Any) -> None:  # noqa: ANN401 - of matplotlib
    """Draw one shape at many places; `size` is its diameter in points."""
    from matplotlib.collections import PathCollection
    from matplotlib.path import Path
    from matplotlib.transforms import IdentityTransform

    corners = SHAPES.get(shape)
    unit = Path.unit_circle() if corners is None else Path([*corners, corners[0]], closed=True)
    marks = PathCollection(
        [unit],
        [(size / 2) ** 2],  # the square of what a unit is in points
        offsets=places,
        offset_transform=pen.axes.transData,
        **look,
    )
    # Without it the size would be taken for metres.
    marks.set_transform(IdentityTransform())
    pen.add(marks)


def ink(colour: str) -> Colour:
    """Return a colour no lighter than a middle grey, of the same hue.

    Parameters
    ----------
    colour
        As ``#RRGGBB``.

    Returns
    -------
    tuple of float
        Red, green, blue, 0 to 1. Its relative luminance (W3C, WCAG 2.2) is at most 0.22, which
        a photocopy shows as a grey of about half.
    """
    light = np.array(_rgb(colour))
    linear = np.where(light <= 0.04045, light / 12.92, ((light + 0.055) / 1.055) ** 2.4)  # noqa: PLR2004 - sRGB
    luminance = float(linear @ _LUMINANCE)
    linear = linear * min(1.0, _MIDDLE_GREY / max(luminance, _MIDDLE_GREY))
    dark = np.where(linear <= 0.0031308, linear * 12.92, 1.055 * linear ** (1 / 2.4) - 0.055)  # noqa: PLR2004 - sRGB
    return tuple(float(part) for part in dark)  # type: ignore[return-value]


def _rgb(colour: str) -> Colour:
    from matplotlib.colors import to_rgb

    return to_rgb(colour)
