"""The overview map of a brief, drawn from our own vectors.

There are numbers on it and no words, so that no Chinese font is needed to draw it;
what they mean stands in the brief.
"""

from __future__ import annotations

import io
import math
from typing import TYPE_CHECKING
from typing import Any

import geopandas as gpd
import numpy as np
import shapely

from geo.crs import STORAGE_CRS
from geo.crs import district_crs
from layers.analysis import metric_layer

if TYPE_CHECKING:
    from collections.abc import Mapping
    from collections.abc import Sequence

    import pandas as pd
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

DPI = 200
WIDTH_IN = 6.3
"""Width of the picture in inches: that of the text of an A4 page."""

# Title, map and captions stand on the first page together.
_MOST_HEIGHT_IN = 6.3
_MARGIN = 0.06
_MARK_PT = 13.0
_POINTS_PER_IN = 72.0
_ROUNDS = 300
_GOLDEN = math.pi * (3.0 - math.sqrt(5.0))
_SHARE_OF_BAR = 0.25
_ALONE_M = 400.0
_DASHES = (0, (5, 3))
_AREA = 2
_INK, _ZONE, _MARK, _FAINT = "#1f2d3a", "#0b5c8a", "#b14500", "#f4f6f8"


def overview_png(
    tables: Mapping[str, pd.DataFrame], meridian: float, points: Sequence[Any]
) -> bytes | None:
    """Draw the district with its zones and the carriers as numbered marks.

    Parameters
    ----------
    tables
        Layers by key; ``district`` and ``zones`` are drawn if they are there.
    meridian
        Central meridian of the metric CRS of the district, degrees.
    points
        Place of each carrier in EPSG:4490; the first has the number 1. None is not drawn.

    Returns
    -------
    bytes or None
        A PNG, north up, with a north arrow and a scale bar in true metres; None if no
        carrier is located.
    """
    numbers, places = _places(points, meridian)
    if not len(numbers):
        return None
    district = metric_layer(tables, "district", meridian)
    zones = metric_layer(tables, "zones", meridian)
    west, south, east, north = _extent(places, (district, zones))
    height = min(WIDTH_IN * (north - south) / (east - west), _MOST_HEIGHT_IN)
    return _drawn((west, south, east, north), height, (district, zones), numbers, places)


def _places(points: Sequence[Any], meridian: float) -> tuple[list[int], Floats]:
    """Return number and place (metres) of the located carriers."""
    numbers = [n for n, point in enumerate(points, start=1) if is_place(point)]
    inside = [shapely.point_on_surface(points[number - 1]) for number in numbers]
    metric = gpd.GeoSeries(inside, crs=STORAGE_CRS).to_crs(district_crs(meridian))
    return numbers, shapely.get_coordinates(metric.to_numpy())


def is_place(point: Any) -> bool:  # noqa: ANN401 - a shape, or None
    """Tell whether a shape lies anywhere: it is there and has a vertex."""
    return point is not None and not shapely.is_empty(point)


def _extent(
    places: Floats, layers: Sequence[gpd.GeoDataFrame | None]
) -> tuple[float, float, float, float]:
    """Return west, south, east and north of the picture, never narrower than a block."""
    boxes = [[*places.min(axis=0), *places.max(axis=0)]]
    boxes += [list(layer.total_bounds) for layer in layers if layer is not None]
    known = np.array([box for box in boxes if np.isfinite(box).all()])
    low, high = known[:, :2].min(axis=0), known[:, 2:].max(axis=0)
    middle, half = (low + high) / 2, np.maximum((high - low) / 2, _ALONE_M) * (1 + 2 * _MARGIN)
    # The page is upright: what is wider than high gets air above and below.
    half[1] = min(max(half[1], half[0] * 0.6), max(half[1], half[0] * 1.3))
    half[0] = max(half[0], half[1] * WIDTH_IN / _MOST_HEIGHT_IN)
    return (*(middle - half), *(middle + half))


def _drawn(
    extent: tuple[float, float, float, float],
    height: float,
    layers: tuple[gpd.GeoDataFrame | None, gpd.GeoDataFrame | None],
    numbers: Sequence[int],
    places: Floats,
) -> bytes:
    # Half a second, and only when a map is drawn.
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    west, south, east, north = extent
    figure = Figure(figsize=(WIDTH_IN, height), dpi=DPI)
    axes = figure.add_axes((0.0, 0.0, 1.0, 1.0))
    axes.set(xlim=(west, east), ylim=(south, north), aspect="equal", xticks=[], yticks=[])
    district, zones = layers
    _ground(axes, district)
    _outlines(axes, district, _INK, 1.4, "solid")
    _outlines(axes, zones, _ZONE, 1.0, _DASHES)
    metres_per_pt = (east - west) / (WIDTH_IN * _POINTS_PER_IN)
    _marks(axes, numbers, places, _apart(places, _MARK_PT * 1.15 * metres_per_pt))
    _furniture(axes, extent)
    picture = io.BytesIO()
    FigureCanvasAgg(figure)
    figure.savefig(picture, format="png", metadata={"Software": None})
    return picture.getvalue()


def _ground(axes: Any, layer: gpd.GeoDataFrame | None) -> None:  # noqa: ANN401 - of matplotlib
    """Fill the areas of a layer."""
    for ring in _rings(layer):
        axes.fill(*shapely.get_coordinates(ring).T, facecolor=_FAINT, edgecolor="none", zorder=1)


def _outlines(
    axes: Any,  # noqa: ANN401 - of matplotlib
    layer: gpd.GeoDataFrame | None,
    colour: str,
    width: float,
    style: Any,  # noqa: ANN401 - a line style of matplotlib
) -> None:
    """Draw the outlines of a layer, once where two areas meet: dashes would fill each other."""
    rings = _rings(layer)
    if not rings:
        return
    lines = shapely.line_merge(shapely.union_all(np.array(rings, dtype=object)))
    for line in shapely.get_parts(lines):
        axes.plot(
            *shapely.get_coordinates(line).T,
            color=colour,
            linewidth=width,
            linestyle=style,
            zorder=2,
        )


def _rings(layer: gpd.GeoDataFrame | None) -> list[Any]:
    """Return the rings of the areas of a layer as lines."""
    if layer is None:
        return []
    shapes = layer.geometry.to_numpy()
    areas = shapely.get_parts(shapes[~shapely.is_missing(shapes)])
    rings = shapely.get_rings(areas[shapely.get_dimensions(areas) == _AREA])
    return [shapely.LineString(ring.coords) for ring in rings]


def _marks(
    axes: Any,  # noqa: ANN401 - of matplotlib
    numbers: Sequence[int],
    places: Floats,
    labels: Floats,
) -> None:
    """Draw a dot at every place and its number beside it, tied by a line if apart."""
    axes.plot(*places.T, "o", color=_MARK, markersize=3.0, zorder=3)
    for number, place, label in zip(numbers, places, labels, strict=True):
        axes.plot(*np.stack([place, label]).T, color=_MARK, linewidth=0.7, zorder=3)
        axes.text(
            *label,
            str(number),
            color="white",
            fontsize=7,
            fontweight="bold",
            ha="center",
            va="center",
            zorder=5,
            bbox={"boxstyle": "circle,pad=0.25", "facecolor": _MARK, "edgecolor": "white"},
        )


def _apart(places: Floats, distance: float) -> Floats:
    """Return where the numbers stand so that none covers another, near their places.

    Pairs that are too close push each other away until none is; ones at the very same
    place leave in different directions.
    """
    angles = np.arange(len(places)) * _GOLDEN
    found = places + np.column_stack([np.cos(angles), np.sin(angles)]) * distance * 1e-3
    for _ in range(_ROUNDS):
        away = found[:, np.newaxis, :] - found[np.newaxis, :, :]
        length = np.hypot(away[..., 0], away[..., 1])
        np.fill_diagonal(length, np.inf)
        lacking = np.clip(distance - length, 0.0, None)
        if lacking.max() <= 0.01 * distance:
            break
        found = found + (away * (lacking / length / 2)[..., np.newaxis]).sum(axis=1)
    return np.asarray(found)


def bar_length_m(width_m: float) -> float:
    """Return a round length (1, 2 or 5 times a power of ten), at most a quarter of a width.

    Parameters
    ----------
    width_m
        Width of the map, metres.
    """
    most = width_m * _SHARE_OF_BAR
    unit = 10.0 ** math.floor(math.log10(most))
    return max(unit * step for step in (1, 2, 5) if unit * step <= most)


def _furniture(axes: Any, extent: tuple[float, float, float, float]) -> None:  # noqa: ANN401 - of matplotlib
    """Draw the scale bar and the north arrow."""
    west, south, east, north = extent
    width, height = east - west, north - south
    length = bar_length_m(width)
    x, y = west + 0.04 * width, south + 0.035 * height
    for at, colour in enumerate(("black", "white")):
        axes.barh(
            y,
            length / 2,
            left=x + at * length / 2,
            height=0.008 * width,
            color=colour,
            edgecolor="black",
            linewidth=0.6,
            zorder=6,
        )
    told = f"{length / 1000:g} km" if length >= 1000 else f"{length:g} m"  # noqa: PLR2004 - a kilometre
    for left, text in ((x, "0"), (x + length, told)):
        axes.text(left, y + 0.012 * width, text, fontsize=7, ha="center", va="bottom", zorder=6)
    top = (east - 0.06 * width, north - 0.03 * height)
    axes.annotate(
        "N",
        xy=top,
        xytext=(top[0], top[1] - 0.09 * width),
        ha="center",
        va="center",
        fontsize=9,
        fontweight="bold",
        arrowprops={"arrowstyle": "-|>", "color": "black", "linewidth": 1.4},
        zorder=6,
    )
