"""A small town with a river, worked out by hand.

Metres east and north of a place on the central meridian. A river runs along y = 350. Park P1
holds C1 at (0, 0) south of it and C2 at (0, 700) north of it; park P2 holds C3 at (2000, 0).
The campus A1 is a rectangle from (-1500, -200) to (-800, 200) with one gate in the west.
Walks are straight lines (detour 1).
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from typing import Any

import geopandas as gpd
import pandas as pd
import shapely
from pyproj import Transformer

from geo.access import AccessParameters
from geo.crs import STORAGE_CRS
from geo.crs import district_crs
from geo.parameters import ScatterParameters
from layers.catalogue import load_catalogue
from layers.frames import GEOMETRY
from layers.frames import layer_frame
from layers.frames import to_type

if TYPE_CHECKING:
    from collections.abc import Iterable

    from shapely.geometry.base import BaseGeometry

CATALOGUE = load_catalogue()
RULE = AccessParameters(detour=1.0)
SCATTER = ScatterParameters(detour=1.0, detour_range=(1.0,))
GATE = {"id": "g1", "name": "北门", "campus_id": "A1"}
CROSSING = {"id": "x1", "name": "人行桥"}
_NORTH = 3_464_000.0
_DEGREES = Transformer.from_crs(
    district_crs(CATALOGUE.central_meridian), STORAGE_CRS, always_xy=True
)


def degrees(x: float, y: float) -> tuple[float, float]:
    """Return longitude and latitude of metres in the town."""
    lon, lat = _DEGREES.transform(500_000.0 + x, _NORTH + y)
    return float(lon), float(lat)


def at(x: float, y: float) -> BaseGeometry:
    return shapely.Point(*degrees(x, y))


def line(*points: tuple[float, float]) -> BaseGeometry:
    return shapely.LineString([degrees(*point) for point in points])


def box(west: float, south: float, east: float, north: float) -> BaseGeometry:
    ring = [(west, south), (east, south), (east, north), (west, north)]
    return shapely.Polygon([degrees(*point) for point in ring])


def layer(key: str, rows: Iterable[dict[str, Any]]) -> Any:
    """Return a layer of rows; what a row does not say is unknown."""
    spec, listed = CATALOGUE.layer(key), list(rows)
    columns = {
        field.name: to_type(pd.Series([row.get(field.name) for row in listed]), field.type)
        for field in spec.fields
    }
    return layer_frame(columns, spec, [row.get(GEOMETRY) for row in listed])


def town(**more: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the layers of the town; rows of other layers by key, or in place of its own."""
    rows: dict[str, list[dict[str, Any]]] = {
        "parks": [
            {"park_id": "P1", "name": "东园", "university": "甲大学"},
            {"park_id": "P2", "name": "西园"},
        ],
        "carriers": [
            {"carrier_id": "C1", "park_id": "P1", "name": "一号楼", "gross_area_m2": 8000.0}
            | {GEOMETRY: at(0, 0)},
            {"carrier_id": "C2", "park_id": "P1", "name": "二号楼", "gross_area_m2": 2000.0}
            | {GEOMETRY: at(0, 700)},
            {"carrier_id": "C3", "park_id": "P2", "name": "三号楼", "gross_area_m2": 10000.0}
            | {GEOMETRY: at(2000, 0)},
        ],
        "campuses": [
            {"id": "A1", "name": "甲大学北校区", "university": "甲大学", "kind": "campus"}
            | {GEOMETRY: box(-1500, -200, -800, 200)}
        ],
        "gates": [{"id": "g0", "name": "西门", "campus_id": "A1", GEOMETRY: at(-1500, 0)}],
        "stations": [{"id": "R1", "name": "路口站", GEOMETRY: at(300, 0)}],
        "barriers": [{"id": "b1", "name": "河", GEOMETRY: line((-9000, 350), (9000, 350))}],
    }
    return {key: layer(key, listed) for key, listed in {**rows, **more}.items()}


def added(tables: dict[str, Any], key: str, *rows: dict[str, Any]) -> dict[str, Any]:
    """Return layers with more rows in one of them."""
    new = layer(key, rows)
    if key not in tables:
        return {**tables, key: new}
    both = pd.concat([pd.DataFrame(tables[key]), pd.DataFrame(new)], ignore_index=True)
    return {**tables, key: gpd.GeoDataFrame(both, geometry=GEOMETRY, crs=STORAGE_CRS)}


def gate(x: float, y: float, **more: Any) -> dict[str, Any]:
    return {**GATE, GEOMETRY: at(x, y), **more}


def bridge(x: float, y: float = 350.0, **more: Any) -> dict[str, Any]:
    return {**CROSSING, GEOMETRY: at(x, y), **more}
