"""A register of four carriers with secrets in it, for the tests of packs and matching."""

from __future__ import annotations

from typing import TYPE_CHECKING
from typing import Any

import pandas as pd
import shapely

from layers.catalogue import load_catalogue
from layers.contract import conform
from layers.frames import empty_frame

if TYPE_CHECKING:
    import geopandas as gpd

CATALOGUE = load_catalogue()
VERSIONS = dict.fromkeys(CATALOGUE.keys, 3)

SECRETS = (
    "绝密运营公司",
    "绝密产权公司",
    "绝密租户公司",
    "绝密填报公司",
    "绝密备注",
    "secret.example",
    "保密不提供",
    "8765.43",
    "7.77",
    "2031-05-06",
)
"""What a public copy may not hold, in the way it is written."""

PLACES: dict[str, tuple[float, float]] = {
    "C1": (121.505612, 31.279034),
    "C2": (121.535612, 31.299034),
    "C3": (121.520101, 31.319034),
}


def frame_of(key: str, rows: list[dict[str, Any]]) -> gpd.GeoDataFrame | pd.DataFrame:
    """Return rows as a layer of the bundled catalogue."""
    checked = conform(pd.DataFrame(rows), CATALOGUE.layer(key))
    assert len(checked.accepted) == len(rows), checked.issues
    return checked.accepted


def carrier(number: int, **changes: Any) -> dict[str, Any]:
    """Return a carrier that is half empty, with internal values."""
    place = PLACES.get(f"C{number}")
    row = {
        "carrier_id": f"C{number}",
        "name": f"示例楼 {number} 号",
        "park_id": "P1",
        "carrier_class": "business",
        "tenure": "state",
        "owner": "绝密产权公司",
        "operator": "绝密运营公司",
        "operator_contract_end": "2031-05-06",
        "address": f"国定路 {number} 号",
        "gross_area_m2": 12_000.0,
        "above_ground_area_m2": 11_000.0,
        "floors": 6,
        "completed": "2005-06",
        "rentable_area_m2": 10_000.0,
        "own_use_area_m2": 500.0,
        "leased_area_m2": 4_500.0,
        "locked_area_m2": 0.0,
        "vacant_area_m2": 5_000.0,
        "largest_vacant_m2": 2_000.0,
        "vacant_since": "2024-03",
        "rent_yuan_m2_day": 7.77,
        "tax_wan": 8765.43,
        "incubated": 3,
        "allowed_industries": "数字经济;生命健康",
        "gaps": "revenue_wan=保密不提供",
        "links": "https://secret.example/a.jpg",
        "data_date": "2026-09-30",
        "sample": True,
        "source": "action-plan;绝密填报公司",
        "note": "绝密备注",
        "geometry": None if place is None else shapely.Point(place),
    }
    return row | changes


def operator(number: int, **changes: Any) -> dict[str, Any]:
    """Return an operator who fits the carriers."""
    row = {
        "operator_id": f"OP{number}",
        "name": f"示例运营机构 {number}",
        "industries": "数字经济",
        "classes": "business",
        "size_min_m2": 1_000.0,
        "size_max_m2": 8_000.0,
        "projects": number,
        "absorbed_m2_year": 2_000.0,
        "data_date": "2026-09-30",
        "sample": True,
    }
    return row | changes


def tables_of(*carriers: dict[str, Any], **layers: list[dict[str, Any]]) -> dict[str, Any]:
    """Return all layers: the carriers, a park, a square district with one zone, and others."""
    tables: dict[str, Any] = {spec.key: empty_frame(spec) for spec in CATALOGUE.layers}
    district = shapely.box(121.48, 31.26, 121.56, 31.34)
    zone = {"zone_id": "Z1", "name": "示例区", "belt": "未来谷", "boundary_status": "sketch"}
    made: dict[str, list[dict[str, Any]]] = {
        "district": [{"district_id": "D1", "name": "杨浦区", "geometry": district}],
        "zones": [{**zone, "geometry": shapely.box(121.50, 31.27, 121.54, 31.30)}],
        "parks": [{"park_id": "P1", "name": "示例园", "park_class": "business"}],
        "units": [
            {
                "unit_id": "U1",
                "carrier_id": "C1",
                "floor_area_m2": 300.0,
                "state": "leased",
                "tenant": "绝密租户公司",
            }
        ],
        **layers,
    }
    for key, rows in made.items():
        tables[key] = frame_of(key, rows)
    tables["carriers"] = frame_of("carriers", list(carriers))
    return tables


def four() -> dict[str, Any]:
    """Return the layers with four carriers; the last is not located and no sample."""
    return tables_of(*(carrier(n) for n in (1, 2, 3)), carrier(4, sample=False))
