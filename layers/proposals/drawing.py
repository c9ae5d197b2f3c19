"""How a plan is drawn: what becomes of each site, and an arrow for what moves."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import shapely

from geo.crs import STORAGE_CRS
from layers.proposals.words import WORDS
from layers.style import LayerStyle
from layers.style import StyleClass
from layers.style import Symbol

_INK, _FAINT = "#1f2d3a", "#8796a5"
_SURE, _OPEN = "#0b5c8a", "#b14500"
_HEAD_SHARE, _HEAD_LEAST_M, _HEAD_OF_LINE = 0.018, 30.0, 0.45
_HEAD_HALF_WIDTH = 0.42

SITE_SYMBOLS = {
    "keep": Symbol(size=9, fill="#7f8c99", stroke="#ffffff", fill_opacity=0.9),
    "surrender": Symbol(
        size=15, fill="#ffffff", fill_opacity=0.25, stroke="#8e1b4e", width=2.2, dash="3 3"
    ),
    "locked": Symbol(shape="lock", size=13, fill=_INK, stroke="#ffffff", fill_opacity=0.95),
    "anchor": Symbol(size=24, fill="#00704f", fill_opacity=0.12, stroke="#00704f", width=3.4),
}
"""How each outcome of a site is drawn, bottom first; no two differ by colour alone."""


def move_style(*, heads: bool) -> LayerStyle:
    """Return how moves are drawn: what is checked, and what is to be verified, dashed.

    Parameters
    ----------
    heads
        For the heads of the arrows instead of their lines.
    """
    kinds = (("checked", _SURE, ""), ("to_verify", _OPEN, "" if heads else "7 5"))
    classes = tuple(
        StyleClass(
            kind,
            WORDS["confidence"][kind],
            Symbol(
                fill=colour if heads else "none",
                stroke=colour,
                width=1.0 if heads else 2.4,
                fill_opacity=0.95,
                dash=dash,
            ),
        )
        for kind, colour, dash in kinds
    )
    default = Symbol(fill="none", stroke=_FAINT)
    return LayerStyle(
        "confidence", default, classes, by_prefix=False, label_field="", label_min_zoom=99
    )


def arrows(moves: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return one arrow for all moves between the same two carriers.

    Parameters
    ----------
    moves
        Lines from old to new place in EPSG:4490, with ``from_carrier``, ``to_carrier``,
        ``floor_area_m2``, ``confidence`` and ``sample``.

    Returns
    -------
    GeoDataFrame
        ``id``, both carriers, ``units``, ``floor_area_m2``, ``confidence`` (``checked``
        only if all are), ``sample`` (if any is), the line and the ``head`` (a triangle),
        EPSG:4490.
    """
    metric = moves.to_crs(moves.estimate_utm_crs())
    rows = []
    for (start, end), group in metric.groupby(["from_carrier", "to_carrier"], sort=True):
        checked = group["confidence"].eq("checked").all()
        rows.append(
            {
                "id": f"{start}>{end}",
                "from_carrier": start,
                "to_carrier": end,
                "units": len(group),
                "floor_area_m2": float(group["floor_area_m2"].sum()),
                "confidence": "checked" if checked else "to_verify",
                "sample": bool(group["sample"].fillna(value=False).any()),
                "geometry": group.geometry.iloc[0],
            }
        )
    found = gpd.GeoDataFrame(rows, crs=metric.crs)
    west, south, east, north = found.total_bounds
    size = max(_HEAD_SHARE * float(np.hypot(east - west, north - south)), _HEAD_LEAST_M)
    heads = gpd.GeoSeries([_head(line, size) for line in found.geometry], crs=metric.crs)
    return found.to_crs(STORAGE_CRS).assign(head=heads.to_crs(STORAGE_CRS))


def _head(line: shapely.LineString, size_m: float) -> shapely.Polygon:
    """Return the triangle at the end of a line; a short line gets a small one."""
    end = shapely.get_coordinates(line)[-1]
    along = end - shapely.get_coordinates(line)[0]
    length = float(np.hypot(*along))
    if length == 0:
        return shapely.Polygon()
    along = along / length
    reach = min(size_m, _HEAD_OF_LINE * length)
    across = np.array([-along[1], along[0]]) * reach * _HEAD_HALF_WIDTH
    back = end - along * reach
    return shapely.Polygon([end, back + across, back - across])
