from __future__ import annotations

import math
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely import LineString
from shapely import MultiPolygon
from shapely import Point
from shapely import Polygon
from shapely import box

from geo.crs import STORAGE_CRS
from geo.crs import district_crs
from geo.crs import geodesic_area_m2
from geo.crs import geodesic_length_m
from geo.crs import hectares_from_m2
from geo.crs import mu_from_m2
from geo.crs import require_metric
from geo.crs import require_same_crs
from geo.crs import to_metric

GRS80_A = 6378137.0
GRS80_F = 1 / 298.257222101


def quadrangle_m2(west: float, south: float, east: float, north: float) -> float:
    """Area between two meridians and two parallels, by the closed formula."""
    e = math.sqrt(GRS80_F * (2 - GRS80_F))
    b = GRS80_A * (1 - GRS80_F)

    def zone(latitude: float) -> float:
        s = math.sin(math.radians(latitude))
        return s / (1 - (e * s) ** 2) + math.log((1 + e * s) / (1 - e * s)) / (2 * e)

    return b * b / 2 * math.radians(east - west) * (zone(north) - zone(south))


def dense_box(west: float, south: float, east: float, north: float) -> Polygon:
    return Polygon(box(west, south, east, north).segmentize((east - west) / 200).exterior)


def degrees(*shapes: Any) -> gpd.GeoSeries:
    return gpd.GeoSeries(list(shapes), crs=STORAGE_CRS)


def test_district_crs_gives_the_oracle_coordinates(oracle: dict[str, Any]) -> None:
    expected = oracle["F1.crs_yangpu"]
    frame = gpd.GeoDataFrame(geometry=degrees(Point(expected["P1"]), Point(expected["P2"])))
    metric = to_metric(frame, central_meridian=121.5).geometry
    own = expected["crs"]["TM CM121.5 (own)"]
    assert metric[0].coords[0] == pytest.approx(own["P1"], abs=1e-3)
    assert metric[1].coords[0] == pytest.approx(own["P2"], abs=1e-3)
    assert metric[0].distance(metric[1]) == pytest.approx(own["dist_plane_m"], abs=1e-3)


def test_geodesic_length_of_the_oracle_line(oracle: dict[str, Any]) -> None:
    expected = oracle["F1.crs_yangpu"]
    line = degrees(LineString([expected["P1"], expected["P2"]]))
    assert geodesic_length_m(line)[0] == pytest.approx(expected["geodesic_m"], abs=1e-3)


@pytest.mark.parametrize(
    "crs", ["EPSG:4549", "EPSG:4550", "EPSG:4528", "EPSG:32651", "EPSG:3857", "TM CM121.5 (own)"]
)
def test_plane_area_against_the_ellipsoid_is_off_by_the_known_ratio(
    oracle: dict[str, Any], crs: str
) -> None:
    expected = oracle["F1.crs_yangpu"]
    region = degrees(box(121.50, 31.30, 121.51, 31.31))
    target = district_crs(121.5) if crs.startswith("TM") else crs
    ratio = region.to_crs(target).area[0] / geodesic_area_m2(region)[0]
    assert ratio == pytest.approx(expected["crs"][crs]["area_ratio"], abs=1e-7)


@pytest.mark.parametrize(
    "bounds", [(121.5, 31.2, 121.6, 31.3), (121.4, 31.2, 121.5, 31.3), (-70.0, -34.0, -69.9, -33.9)]
)
def test_area_equals_the_closed_formula(bounds: tuple[float, float, float, float]) -> None:
    area = geodesic_area_m2(degrees(dense_box(*bounds)))[0]
    assert area == pytest.approx(quadrangle_m2(*bounds), rel=1e-9)


def test_two_points_across_the_zone_border_keep_their_distance(oracle: dict[str, Any]) -> None:
    west, east = (Point(lon, 31.3) for lon in oracle["F1.zone_border"]["lon_left_right"])
    plane = to_metric(gpd.GeoDataFrame(geometry=degrees(west, east)), central_meridian=121.5)
    true = geodesic_length_m(degrees(LineString([west, east])))[0]
    assert plane.geometry[0].distance(plane.geometry[1]) == pytest.approx(true, abs=1e-6)


def test_holes_are_taken_off_and_parts_added_whatever_the_ring_direction() -> None:
    outer, inner, other = (
        box(121.50, 31.28, 121.54, 31.32),
        box(121.51, 31.29, 121.52, 31.30),
        box(121.56, 31.28, 121.57, 31.29),
    )
    shell, hole = list(outer.exterior.coords), list(inner.exterior.coords)
    ringed = [Polygon(shell, [hole]), Polygon(shell[::-1], [hole]), Polygon(shell, [hole[::-1]])]
    whole, gap, extra = geodesic_area_m2(degrees(outer, inner, other))
    assert geodesic_area_m2(degrees(*ringed)).tolist() == pytest.approx([whole - gap] * 3)
    both = degrees(MultiPolygon([ringed[1], other]))
    assert geodesic_area_m2(both)[0] == pytest.approx(whole - gap + extra)
    edge = geodesic_length_m(degrees(outer, inner, other)).sum()
    assert geodesic_length_m(both)[0] == pytest.approx(edge)


def test_missing_and_flat_geometry() -> None:
    series = gpd.GeoSeries(
        [None, Point(121.5, 31.3), LineString([(121.5, 31.3), (121.6, 31.3)]), Polygon()],
        index=list("abcd"),
        crs=STORAGE_CRS,
    )
    area = geodesic_area_m2(series)
    assert np.isnan(area["a"])
    assert area[["b", "c", "d"]].tolist() == [0, 0, 0]
    length = geodesic_length_m(series)
    assert np.isnan(length["a"])
    assert length["b"] == 0
    assert length["c"] == pytest.approx(9520, abs=10)


def test_measures_of_an_empty_series_are_empty() -> None:
    assert geodesic_area_m2(degrees()).empty
    assert geodesic_length_m(degrees()).empty


def test_area_is_the_same_from_any_crs() -> None:
    region = degrees(dense_box(121.5, 31.28, 121.52, 31.3))
    expected = geodesic_area_m2(region)[0]
    for crs in ("EPSG:4549", "EPSG:4326", "EPSG:3857"):
        assert geodesic_area_m2(region.to_crs(crs))[0] == pytest.approx(expected, rel=1e-8)


def test_to_metric_keeps_rows_without_geometry() -> None:
    frame = gpd.GeoDataFrame({"name": ["a", "b"]}, geometry=degrees(Point(121.5, 31.3), None))
    metric = to_metric(frame, central_meridian=121.5)
    assert metric["name"].tolist() == ["a", "b"]
    assert metric.geometry.isna().tolist() == [False, True]
    assert frame.crs == STORAGE_CRS


def test_coordinates_without_crs_are_refused() -> None:
    nowhere = gpd.GeoSeries([Point(121.5, 31.3)])
    for measure in (geodesic_area_m2, geodesic_length_m):
        with pytest.raises(ValueError, match="no CRS"):
            measure(nowhere)
    with pytest.raises(ValueError, match="no CRS"):
        to_metric(gpd.GeoDataFrame(geometry=nowhere), central_meridian=121.5)


@pytest.mark.parametrize("meridian", [math.nan, math.inf, 181.0, -200.0])
def test_a_meridian_must_be_a_longitude(meridian: float) -> None:
    with pytest.raises(ValueError, match="central_meridian"):
        district_crs(meridian)


@pytest.mark.parametrize("crs", ["EPSG:4490", "EPSG:3857", "EPSG:3395", "EPSG:2263"])
def test_degrees_feet_and_mercator_are_refused_for_distances(crs: str) -> None:
    with pytest.raises(ValueError, match="to_metric"):
        require_metric(gpd.GeoSeries([], crs=crs).crs)


def test_metric_planes_are_accepted() -> None:
    require_metric(district_crs(121.5))
    require_metric(gpd.GeoSeries([], crs="EPSG:4549").crs)


def test_two_crs_are_refused_by_name() -> None:
    with pytest.raises(ValueError, match="zones"):
        require_same_crs(district_crs(121.5), district_crs(120), "zones")


def test_mu_and_hectares_of_numbers_arrays_and_series() -> None:
    assert mu_from_m2(666.666667) == pytest.approx(1.0)
    assert mu_from_m2(1_000_000.0) == pytest.approx(1500.0)
    assert hectares_from_m2(666.666667) == pytest.approx(0.06666667)
    np.testing.assert_allclose(mu_from_m2(np.array([2000.0, np.nan])), [3.0, np.nan])
    series = hectares_from_m2(pd.Series([10_000.0, np.nan], index=["a", "b"]))
    assert series["a"] == 1.0
    assert np.isnan(series["b"])
