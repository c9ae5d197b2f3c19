"""Zones of Gauss-Krüger and UTM against the EPSG registry that PROJ carries."""

from __future__ import annotations

import pyproj
import pytest

from layers.grids import DATUMS
from layers.grids import FIRST
from layers.grids import LAST
from layers.grids import by_meridian
from layers.grids import by_zone
from layers.grids import meridians_near
from layers.grids import usual_grid
from layers.grids import utm_zone
from layers.grids import wide_zone
from layers.systems import find_system

ZONES = range(FIRST, LAST + 1, 3)


def parameters(name: str) -> tuple[str, float, float]:
    crs = pyproj.CRS(name)
    assert crs.coordinate_operation is not None
    found = {p.name: float(p.value) for p in crs.coordinate_operation.params}
    return crs.name, found["Longitude of natural origin"], found["False easting"]


@pytest.mark.parametrize("datum", DATUMS)
@pytest.mark.parametrize("meridian", ZONES)
def test_zones_of_three_degrees_are_those_of_the_registry(datum: str, meridian: int) -> None:
    name, longitude, easting = parameters(by_meridian(meridian, datum))
    assert (longitude, easting) == (meridian, 500_000)
    assert name.startswith(datum)
    name, longitude, easting = parameters(by_zone(meridian, datum))
    assert (longitude, easting) == (meridian, meridian / 3 * 1e6 + 500_000)
    assert name.startswith(datum)


@pytest.mark.parametrize("longitude", [75.0, 100.2, 114.0, 117.3, 119.999, 120.0, 121.5, 134.9])
def test_wide_zones_are_those_of_the_registry(longitude: float) -> None:
    zone, name = wide_zone(longitude)
    title, middle, easting = parameters(name)
    assert title.startswith("CGCS2000")
    assert (middle, easting) == (6 * zone - 3, zone * 1e6 + 500_000)
    assert abs(longitude - middle) <= 3
    zone, name = utm_zone(longitude)
    title, middle, easting = parameters(name)
    assert title == f"WGS 84 / UTM zone {zone}N"
    assert abs(longitude - middle) <= 3
    assert easting == 500_000


@pytest.mark.parametrize("longitude", [-180.0, -75.2, -0.1, 0.0, 179.9])
def test_utm_goes_round_the_earth(longitude: float) -> None:
    zone, name = utm_zone(longitude)
    assert abs(longitude - (6 * zone - 183)) <= 3
    assert name == f"EPSG:{32600 + zone}"


def test_a_district_has_one_zone_or_two() -> None:
    assert meridians_near(121.5) == (120, 123)
    assert meridians_near(117.0) == (117,)
    assert meridians_near(118.0) == (117, 120)
    assert meridians_near(139.7) == ()
    assert all(1 <= len(meridians_near(75 + n / 10)) <= 2 for n in range(601))


def test_drawings_are_in_the_nearest_zone() -> None:
    assert usual_grid(121.5) == "EPSG:4549"
    assert usual_grid(121.6) == "EPSG:4550"
    assert usual_grid(114.0) == "EPSG:4547"
    assert usual_grid(139.7) == "EPSG:32654"
    assert usual_grid(-75.2) == "EPSG:32618"


@pytest.mark.parametrize("meridian", ZONES)
def test_a_grid_is_known_by_what_programs_call_it(meridian: int) -> None:
    found = find_system(f"CGCS2000 3-degree GK CM {meridian}E")
    assert found is not None
    assert found.name == by_meridian(meridian)
    found = find_system(f"CGCS2000_3_Degree_GK_Zone_{meridian // 3}")
    assert found is not None
    assert found.name == by_zone(meridian)
