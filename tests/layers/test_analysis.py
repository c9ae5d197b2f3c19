from __future__ import annotations

from typing import TYPE_CHECKING
from typing import Any

import pandas as pd
import pytest
import shapely
from pyproj import Geod

from geo.parameters import ScatterParameters
from layers.analysis import scatter_of
from layers.contract import conform
from layers.errors import AtlasError
from layers.frames import empty_frame

if TYPE_CHECKING:
    from layers.catalogue import Catalogue

LAT = 31.3
# Two places 3 km apart and one next to the first.
PLACES = {"C1": 121.47, "C2": 121.5015, "C3": 121.4702}


def rows(catalogue: Catalogue, layer: str, *content: dict[str, Any]) -> Any:
    return conform(pd.DataFrame(list(content), dtype=object), catalogue.layer(layer)).accepted


@pytest.fixture
def tables(small: Catalogue) -> dict[str, Any]:
    return {
        "parks": rows(small, "parks", {"park_id": "P1", "name": "甲园"}),
        "carriers": rows(
            small,
            "carriers",
            *(
                {
                    "carrier_id": key,
                    "park_id": "P1",
                    "gross_area_m2": 100,
                    "geometry": shapely.Point(lon, LAT),
                }
                for key, lon in PLACES.items()
            ),
        ),
    }


def test_distances_are_walks_on_the_ellipsoid(small: Catalogue, tables: dict[str, Any]) -> None:
    parameters = ScatterParameters(detour=1.5)
    table = scatter_of(tables, small, parameters).table.set_index("park_id")
    assert table.loc["P1", "park_name"] == "甲园"
    assert table.loc["P1", "spaces"] == 3
    assert table.loc["P1", "sites"] == 2
    # The first site's centre is midway between C1 and C3, 19 m apart.
    middle = (PLACES["C1"] + PLACES["C3"]) / 2
    _, _, straight = Geod(ellps="GRS80").inv(middle, LAT, PLACES["C2"], LAT)
    assert table.loc["P1", "longest_gap_m"] == pytest.approx(1.5 * straight, rel=1e-5)


def test_parks_that_only_units_mention_are_measured(
    small: Catalogue, tables: dict[str, Any]
) -> None:
    tables["units"] = rows(
        small,
        "units",
        {"unit_id": "U1", "carrier_id": "C1", "park_id": "P7", "floor_area_m2": 10},
        {"unit_id": "U2", "carrier_id": "C2", "park_id": "P7", "floor_area_m2": 10},
    )
    table = scatter_of(tables, small).table.set_index("park_id")
    assert list(table.index) == ["P1", "P7"]
    assert table.loc["P7", "park_name"] == "P7"
    assert table.loc["P7", "sites"] == 2
    tables["parks"] = empty_frame(small.layer("parks"))
    assert scatter_of(tables, small).table["park_id"].tolist() == ["P1", "P7"]


def test_zones_are_used(small: Catalogue, tables: dict[str, Any]) -> None:
    west = shapely.box(121.46, 31.29, 121.48, 31.31)
    tables["zones"] = rows(small, "zones", {"zone_id": "Z", "geometry": west})
    share = scatter_of(tables, small).table["zone_share"][0]
    assert share == pytest.approx(2 / 3)


def test_unknown_parks_and_missing_layers(small: Catalogue, tables: dict[str, Any]) -> None:
    assert len(scatter_of(tables, small, parks=["P1"]).table) == 1
    with pytest.raises(AtlasError, match=r"P1O.*P1"):
        scatter_of(tables, small, parks=["P1O"])
    with pytest.raises(AtlasError, match="carriers"):
        scatter_of({"parks": tables["parks"]}, small)
    without = scatter_of({"carriers": tables["carriers"]}, small).table
    assert without["park_name"].tolist() == ["P1"]


def test_one_park_is_measured_as_among_all(small: Catalogue, tables: dict[str, Any]) -> None:
    more = {"carrier_id": "C9", "park_id": "P2", "gross_area_m2": 5}
    tables["carriers"] = pd.concat(
        [tables["carriers"], rows(small, "carriers", more)], ignore_index=True
    )
    every = scatter_of(tables, small).table
    alone = scatter_of(tables, small, parks=["P1"]).table
    pd.testing.assert_frame_equal(every[every["park_id"] == "P1"].reset_index(drop=True), alone)
