from __future__ import annotations

from typing import TYPE_CHECKING
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
from shapely import LineString
from shapely import Point
from shapely import Polygon
from shapely import box

from geo.crs import district_crs
from geo.zones import zone_shares
from geo.zones import zone_values

if TYPE_CHECKING:
    from collections.abc import Callable

    Make = Callable[[dict[str, list[Any]]], gpd.GeoDataFrame]

CRS = district_crs(121.5)


def zones(*shapes: Any) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(geometry=list(shapes), crs=CRS)


def shares(
    make_spaces: Make, places: list[Any], area: gpd.GeoDataFrame | None
) -> list[list[float]]:
    result = zone_shares(make_spaces({"p": [(place, 1) for place in places]}), area)
    assert list(result.columns) == ["inside", "border"]
    return result.fillna(-1).to_numpy().tolist()


def test_footprints_count_by_area(make_spaces: Make) -> None:
    places = [box(0, 0, 50, 50), box(950, 400, 1050, 500), box(2000, 0, 2050, 50)]
    got = shares(make_spaces, places, zones(box(0, 0, 1000, 1000)))
    assert got == [[1, 0], [0.5, 0], [0, 0]]


def test_a_point_on_the_boundary_is_neither_in_nor_out(make_spaces: Make) -> None:
    places = [(500, 500), (1000, 500), (1000 + 5e-7, 500), (1000.01, 500), (999.99, 500)]
    got = shares(make_spaces, places, zones(box(0, 0, 1000, 1000)))
    assert got == [[1, 0], [0, 1], [0, 1], [0, 0], [1, 0]]


def test_the_seam_between_two_zones_is_inside(make_spaces: Make) -> None:
    both = zones(box(0, 0, 1000, 1000), box(1000, 0, 2000, 1000), box(900, 0, 1500, 900))
    assert shares(make_spaces, [(1000, 500), box(990, 10, 1010, 30)], both) == [[1, 0], [1, 0]]


def test_lines_are_taken_at_their_centroid(make_spaces: Make) -> None:
    inward, outward = LineString([(900, 5), (1050, 5)]), LineString([(950, 5), (1100, 5)])
    assert shares(make_spaces, [inward, outward], zones(box(0, 0, 1000, 1000))) == [[1, 0], [0, 0]]


def test_without_zones_or_place_the_share_is_unknown(make_spaces: Make) -> None:
    for nothing in (None, zones(), zones(None), zones(Polygon())):
        assert shares(make_spaces, [(0, 0)], nothing) == [[-1, -1]]
    assert shares(make_spaces, [None, (5, 5)], zones(box(0, 0, 9, 9))) == [[-1, -1], [1, 0]]
    assert shares(make_spaces, [], zones(box(0, 0, 9, 9))) == []


def test_a_zone_that_crosses_itself_is_mended(make_spaces: Make) -> None:
    bowtie = Polygon([(0, 0), (10, 10), (10, 0), (0, 10)])
    got = shares(make_spaces, [(2, 5), (5, 2), box(0, 0, 10, 10)], zones(bowtie))
    assert got == [[1, 0], [0, 0], [0.5, 0]]


def test_another_crs_is_refused(make_spaces: Make) -> None:
    spaces = make_spaces({"p": [((0, 0), 1)]})
    with pytest.raises(ValueError, match="zones"):
        zone_shares(spaces, zones(box(0, 0, 9, 9)).to_crs("EPSG:4549"))
    with pytest.raises(ValueError, match="projected"):
        zone_shares(spaces.to_crs("EPSG:4490"), None)


def test_index_of_the_spaces_is_kept(make_spaces: Make) -> None:
    spaces = make_spaces({"p": [((5, 5), 1), ((50, 5), 1)]}).set_axis(["x", "y"])
    got = zone_shares(spaces, zones(box(0, 0, 9, 9)))
    assert got["inside"].to_dict() == {"x": 1.0, "y": 0.0}
    assert np.isfinite(got.to_numpy()).all()


CRS = district_crs(121.5)


def test_zone_values_join_the_zones_that_a_place_meets() -> None:
    places = gpd.GeoDataFrame(
        geometry=[Point(5, 5), Point(15, 5), Point(0.5, 50.5), None], crs=CRS, index=list("dcba")
    )
    zones = gpd.GeoDataFrame(
        {"belt": ["乙", "甲", "甲", None]},
        geometry=[box(0, 0, 10, 10), box(4, 4, 20, 20), box(12, 0, 20, 10), box(0, 50, 1, 51)],
        crs=CRS,
    )
    found = zone_values(places, zones, "belt")
    assert found.to_dict() == {"d": "乙;甲", "c": "甲", "b": "", "a": ""}
    assert zone_values(places, zones.iloc[0:0], "belt").eq("").all()
