"""A small city with everything that makes cutting it difficult.

Three districts that meet at a point; parks on their borders and across them, a chain of
carriers that can be walked through two districts and several tiles, a park without any
place, one that only holds units in a carrier of another district, and what lies outside.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geo.crs import STORAGE_CRS
from layers.catalogue import load_catalogue
from layers.contract import conform

if TYPE_CHECKING:
    from pathlib import Path

    Tables = dict[str, Any]

EAST, NORTH = 121.54, 31.30
"""Where the districts meet."""

A, B, C = "900101", "900102", "900103"
_SIDE, _M = 0.04, 1e-5  # degrees: about 4 km, about a metre
_STATES = ("leased", "leased", "vacant", "locked", "own_use", "vacant")
_USES = ("rd", "office", "industrial", "residential", "retail")


def _box(west: float, south: float, east: float, north: float) -> shapely.Polygon:
    return shapely.box(west, south, east, north)


def _house(x: float, y: float) -> shapely.Polygon:
    return _box(x - 30 * _M, y - 20 * _M, x + 30 * _M, y + 20 * _M)


def _districts() -> list[dict[str, Any]]:
    outlines = {
        A: _box(EAST - _SIDE, NORTH - _SIDE, EAST, NORTH),
        B: _box(EAST, NORTH - _SIDE, EAST + _SIDE, NORTH),
        C: _box(EAST - _SIDE, NORTH, EAST + _SIDE, NORTH + _SIDE),
    }
    return [
        {"name": f"示例区{n}", "district_code": code, "boundary_status": "sketch", "geometry": area}
        for n, (code, area) in enumerate(outlines.items())
    ]


def _carriers(rng: np.random.Generator) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []

    def add(park: str | None, x: float | None, y: float | None, **more: Any) -> None:
        number = len(found)
        shape = None if x is None or y is None else _house(x, y)
        found.append(
            {
                "carrier_id": f"L{number:03d}",
                "park_id": park,
                "gross_area_m2": float(2000 + 137 * number),
                "rentable_area_m2": float(1500 + 100 * number),
                "vacant_area_m2": float(50 * (number % 7)) if number % 5 else None,
                "carrier_class": "incubator" if number % 2 else "business",
                "tax_wan": float(10 + number % 11),
                "completed_year": 2000 + number % 20,
                "data_date": "2026-09-30" if number % 3 else "2026-06-30",
                "sample": True,
                "geometry": shape,
                **more,
            }
        )

    for park in range(18):
        x, y = rng.uniform(-0.9, 0.9, 2) * _SIDE
        for _ in range(int(rng.integers(1, 9))):
            dx, dy = rng.normal(0, 0.3, 2) * _SIDE * (park % 4) / 3
            add(f"P{park:02d}", EAST + x + dx, NORTH + y + dy)
    for step in range(8):  # a chain of 330 m across the border of A and B
        add("CHAIN", EAST + (step - 3.5) * 0.0035, NORTH - 0.02)
    add("BORDER", EAST, NORTH - 0.01)
    add("BORDER", EAST, NORTH - 0.03)
    add("CORNER", EAST, NORTH)
    for x, y in ((-0.01, -0.01), (-0.02, -0.02), (0.01, -0.01), (0.01, 0.01)):
        add("THREE", EAST + x, NORTH + y)
    add("FAR", EAST + 0.2, NORTH)
    add("FAR", EAST + 0.2, NORTH + 0.02)
    add("LOST", None, None)
    add(None, EAST + 0.02, NORTH - 0.02)
    add(None, None, None)
    return found


def _units(carriers: list[dict[str, Any]]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for number, carrier in enumerate(carriers):
        for piece in range(number % 4):
            order = len(found)
            found.append(
                {
                    "unit_id": f"U{order:03d}",
                    "carrier_id": carrier["carrier_id"],
                    # A park that has its places in district A holds space in B.
                    "park_id": "GUEST" if carrier["park_id"] in {"CHAIN", "P03"} else None,
                    "floor_area_m2": float(200 + 30 * (order % 9)),
                    "state": _STATES[order % len(_STATES)],
                    "lease_end": f"20{27 + order % 3}-06-30",
                    "rent_yuan_m2_day": 3.0 + piece / 4,
                    "data_date": "2026-08-31",
                    "sample": True,
                }
            )
    return found


def _parks() -> list[dict[str, Any]]:
    listed = [
        {"park_id": f"P{n:02d}", "name": f"示例园{n}", "sample": True, "geometry": None}
        for n in range(12)
    ]
    guest = _box(EAST - 0.03, NORTH - 0.03, EAST - 0.029, NORTH - 0.029)
    nowhere = {"park_id": "NOWHERE", "name": "无处", "sample": True, "geometry": None}
    more = {"park_id": "GUEST", "name": "客园", "sample": True, "geometry": guest}
    coded = {"park_id": "CODED", "name": "有码", "sample": True, "geometry": guest}
    return [*listed, nowhere, more, {**coded, "district_code": C}]


def _surroundings() -> dict[str, list[dict[str, Any]]]:
    river = shapely.LineString([(EAST - _SIDE, NORTH - 0.015), (EAST + _SIDE, NORTH - 0.012)])
    zone = _box(EAST - 0.02, NORTH - 0.02, EAST + 0.02, NORTH + 0.02)
    bridge = shapely.Point(EAST - 0.01, NORTH - 0.0146)
    return {
        "zones": [
            {
                "zone_id": "Z1",
                "name": "示例带",
                "belt": "未来谷",
                "boundary_status": "sketch",
                "geometry": zone,
            }
        ],
        "barriers": [{"id": "R1", "name": "示例河", "kind": "river", "geometry": river}],
        "crossings": [
            {"id": "X1", "name": "桥", "kind": "bridge", "walkable": True, "geometry": bridge}
        ],
    }


def _buildings(rng: np.random.Generator) -> list[dict[str, Any]]:
    places = rng.uniform(-0.95, 0.95, (400, 2)) * _SIDE
    return [
        {
            "building_id": f"G{n:03d}",
            "use": _USES[n % len(_USES)],
            "geometry": _house(EAST + x, NORTH + y),
        }
        for n, (x, y) in enumerate(places)
    ]


@cache
def _raw() -> dict[str, list[dict[str, Any]]]:
    rng = np.random.default_rng(9)
    carriers = _carriers(rng)
    return {
        "parks": _parks(),
        "carriers": carriers,
        "units": _units(carriers),
        "district": _districts(),
        "buildings": _buildings(rng),
        **_surroundings(),
    }


def city() -> Tables:
    """Return the layers of the city with the types of the catalogue."""
    catalogue = load_catalogue()
    found = {}
    for key, rows in _raw().items():
        frame = pd.DataFrame(rows)
        if "geometry" in frame.columns:
            frame = gpd.GeoDataFrame(frame, geometry="geometry", crs=STORAGE_CRS)
        checked = conform(frame, catalogue.layer(key))
        assert checked.rejected.empty, (key, checked.rejected.to_dict("records"))
        found[key] = checked.accepted
    return found


def write_city(tables: Tables, folder: Path) -> Path:
    """Write layers as a folder of GeoParquet, one file a layer; return the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for key, frame in tables.items():
        frame.to_parquet(folder / f"{key}.parquet", index=False)
    return folder
