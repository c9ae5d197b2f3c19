"""A park of two buildings, 2.86 km apart, one of which may close."""

from __future__ import annotations

from typing import Any

import pandas as pd
import shapely

from geo.consolidation.overrides import Override
from layers.catalogue import load_catalogue
from layers.contract import conform

PLACES = {"C1": 121.50, "C2": 121.53}


def rows(layer: str, *content: dict[str, Any]) -> Any:
    checked = conform(pd.DataFrame(list(content), dtype=object), load_catalogue().layer(layer))
    assert checked.rejected.empty, checked.issues
    return checked.accepted


def unit(unit_id: str, carrier: str, area: float, **more: Any) -> dict[str, Any]:
    given = {
        "unit_id": unit_id,
        "carrier_id": carrier,
        "park_id": "P1",
        "floor_area_m2": area,
        "state": "leased",
        "industry": "数字经济",
        "rent_yuan_m2_day": 3,
        "breakable": False,
        "protected": False,
        "data_date": "2026-09-30",
        "sample": False,
    }
    return given | more


def two_buildings() -> dict[str, Any]:
    """Return layers: one unit of 300 m² may go to 400 vacant m² at the other building."""
    buildings = (
        {
            "carrier_id": key,
            "park_id": "P1",
            "name": key,
            "gross_area_m2": 2000,
            "geometry": shapely.Point(lon, 31.3),
        }
        for key, lon in PLACES.items()
    )
    return {
        "parks": rows("parks", {"park_id": "P1", "name": "甲园", "park_class": "business"}),
        "carriers": rows("carriers", *buildings),
        "units": rows(
            "units",
            unit("U1", "C1", 300, tenant="=甲公司", lease_end="2027-06-30"),
            unit("U2", "C2", 500, tenant="乙公司", lease_end="2035-06-30"),
            unit("V1", "C2", 400, state="vacant", industry=None),
        ),
    }


def settled(kind: str, **about: str) -> Override:
    return Override.from_dict(
        {"kind": kind, "author": "王", "time": "2026-11-25T08:00:00+00:00", "reason": "试", **about}
    )
