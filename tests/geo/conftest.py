"""Worked numbers and small registers shared by the tests of the geo room."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING
from typing import Any

import geopandas as gpd
import pytest
import shapely

from geo.crs import district_crs

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.fixture(scope="session")
def oracle() -> dict[str, Any]:
    numbers: dict[str, Any] = json.loads(
        Path(__file__).with_name("oracles.json").read_text(encoding="utf-8")
    )
    return numbers


@pytest.fixture(scope="session")
def make_spaces() -> Callable[[dict[str, list[Any]]], gpd.GeoDataFrame]:
    """Make spaces from {park: [(place, floor area), …]}; a place is (x, y), a shape or None."""

    def make(holdings: dict[str, list[Any]]) -> gpd.GeoDataFrame:
        rows = [
            (park, f"{park}-{number:02d}", area, _shape(place))
            for park, spaces in holdings.items()
            for number, (place, area) in enumerate(spaces)
        ]
        names = ["park_id", "carrier_id", "floor_area_m2", "geometry"]
        frame = gpd.GeoDataFrame(rows, columns=names, geometry="geometry", crs=district_crs(121.5))
        return frame.astype({"park_id": "str", "carrier_id": "str", "floor_area_m2": "float64"})

    return make


def _shape(place: Any) -> shapely.Geometry | None:
    return shapely.Point(place) if isinstance(place, tuple | list) else place
