from __future__ import annotations

import math

import geopandas as gpd
import numpy as np
import pytest
import shapely
from shapely import LineString
from shapely import Point
from shapely import box

from geo import network as module
from geo.crs import district_crs
from geo.distance import Edges
from geo.network import Walkways
from geo.network import on_foot
from geo.network import on_network

CRS = district_crs(121.5)


def streets(*lines: list[tuple[float, float]]) -> Walkways:
    return Walkways(gpd.GeoSeries([LineString(line) for line in lines], crs=CRS))


def grid(step: float = 100.0, blocks: int = 8) -> Walkways:
    ends = np.arange(blocks + 1) * step
    level = [[(x, y), (x + step, y)] for y in ends for x in ends[:-1]]
    return streets(*level, *[[(y, x), (y2, x2)] for (x, y), (x2, y2) in level])


def shapes(*places: object) -> np.ndarray:
    return np.array([Point(p) if isinstance(p, tuple) else p for p in places], dtype=object)


def pairs(*both: tuple[int, int]) -> Edges:
    start, end = np.array(both, dtype=np.intp).T
    return Edges(start, end, np.zeros(len(both)))


def test_what_was_not_looked_for_is_farther_and_not_unconnected() -> None:
    apart = streets([(0, 0), (1000, 0)], [(0, 500), (1000, 500)])
    places = on_network(shapes((0, 0), (900, 0), (1000, 500), (0, 200)), apart)
    asked = pairs((0, 1), (0, 2), (0, 3), (2, 1))
    assert places.walked(asked).tolist() == pytest.approx([900, *[math.nan] * 3], nan_ok=True)
    near = places.walked(asked, most_m=899)
    assert near.tolist() == pytest.approx([math.inf, *[math.nan] * 3], nan_ok=True)
    assert places.walked(asked, most_m=900)[0] == 900


def test_a_place_between_two_networks_is_connected_to_both_but_no_bridge() -> None:
    apart = streets([(0, 0), (1000, 0)], [(0, 20), (1000, 20)])
    places = on_network(shapes((495, 10), (0, 0), (0, 20)), apart)
    asked = pairs((0, 1), (0, 2), (1, 2))
    assert places.walked(asked).tolist() == pytest.approx([505, 505, math.nan], nan_ok=True)
    near = places.walked(asked, most_m=100)
    assert near.tolist() == pytest.approx([math.inf, math.inf, math.nan], nan_ok=True)


def test_an_outline_is_entered_wherever_a_street_meets_it() -> None:
    area = box(600, -50, 900, 50)
    places = on_network(shapes(area.boundary, (0, 0), (1000, 0)), streets([(0, 0), (1000, 0)]))
    assert places.walked(pairs((1, 0), (2, 0), (1, 2))).tolist() == [600, 100, 1000]
    assert places.snapped_m.tolist() == [0, 0, 0]


def test_a_limit_changes_no_bit_of_what_is_within_it(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(7)
    places = np.asarray(shapely.points(rng.uniform(-40, 840, (30, 2))))
    start, end = np.indices((30, 30)).reshape(2, -1)
    asked = Edges(start, end, np.zeros(start.size))
    joined = on_network(places, grid())
    whole = joined.walked(asked)
    np.testing.assert_array_equal(whole, on_foot(asked, places, grid()).length_m)
    monkeypatch.setattr(module, "_LENGTHS_AT_ONCE", 3)
    near = joined.walked(asked, most_m=400.0)
    expected = np.where(whole > 400.0, math.inf, whole)
    np.testing.assert_array_equal(near, expected)
    assert (whole[start != end] > 400.0).any()


def test_nobody_on_the_network_and_nothing_asked() -> None:
    far = on_network(shapes((0, 5000), None), grid())
    assert np.isnan(far.walked(pairs((0, 1), (0, 0)), most_m=10.0)).all()
    nobody = np.empty(0, dtype=np.intp)
    none = Edges(nobody, nobody, np.empty(0))
    assert far.walked(none).size == 0
    assert on_network(shapes((0, 0)), grid()).walked(none, most_m=5.0).size == 0
