"""Areas that are walked to, against walks to points and against worked numbers."""

from __future__ import annotations

import numpy as np
import pytest
import shapely

from geo.access import AccessParameters
from geo.access.isochrones import BESIDE_M
from geo.access.isochrones import walk_areas
from geo.access.walks import walks
from geo.layout import OPEN_GROUND
from geo.layout import Surroundings
from tests.geo.access.town import series

# A budget of walk whose straight radius is 604.23 m, as in the worked example E3.
E3 = {"radius_m": 604.23, "area_m2": 1_146_859.6, "share": 0.286715}
RULE = AccessParameters()


def minutes_for(radius_m: float) -> float:
    return radius_m * RULE.detour / RULE.walk_m_per_min


def test_the_worked_example() -> None:
    area = walk_areas(series((0, 0)), minutes_for(E3["radius_m"]), OPEN_GROUND, RULE).geometry[0]
    # A polygon of 128 sides is a bit smaller than the circle.
    assert area.area == pytest.approx(E3["area_m2"], rel=1e-3)
    square = shapely.box(0, 0, 1000, 1000)
    assert area.intersection(square).area / square.area == pytest.approx(E3["share"], rel=1e-3)


@pytest.mark.parametrize("seed", range(8))
def test_a_point_is_in_the_area_if_it_is_walked_to(seed: int) -> None:
    draw = np.random.default_rng(seed)
    walls = [shapely.LineString(draw.uniform(-500, 500, (3, 2))) for _wall in range(3)]
    house = shapely.box(*np.sort(draw.uniform(-400, 400, (2, 2)), axis=0).ravel())
    bridges = [shapely.line_interpolate_point(walls[0], 0.5, normalized=True)]
    bridges.append(shapely.line_interpolate_point(walls[1], 0.3, normalized=True))
    around = Surroundings(barriers=series(*walls, house), crossings=series(*bridges))
    origin = series(tuple(draw.uniform(-450, 450, 2)))
    if bool(shapely.dwithin(house, origin[0], 1.0)):
        pytest.skip("a place in a closed area is closed in")
    minutes = minutes_for(500.0)
    area = walk_areas(origin, minutes, around, RULE).geometry[0]
    points = series(*[tuple(xy) for xy in draw.uniform(-700, 700, (600, 2))])
    most = minutes * RULE.walk_m_per_min
    walked = walks(origin, points, around, RULE).set_index("target")["walk_m"]
    wrong = []
    for number, point in points.items():
        length = walked.get(number, np.nan)
        inside = bool(shapely.intersects(area, point))
        # Only what lies at the very edge may be told either way.
        far = shapely.distance(shapely.boundary(area), point) > 3.0
        if inside != bool(length <= most) and far:
            wrong.append((number, inside, length))
    assert not wrong


def test_streets_that_are_reached_and_what_lies_beside_them() -> None:
    streets = series(
        shapely.LineString([(0, 0), (1000, 0)]),
        shapely.LineString([(300, 0), (300, 800)]),
        shapely.LineString([(0, 5000), (100, 5000)]),
    )
    around = Surroundings(walkways=streets)
    found = walk_areas(series((0, 10), (0, 3000)), 5.0, around, RULE)
    assert list(found["way"]) == ["network", "straight"]
    area = found.geometry[0]
    # 400 m of walk: 10 m to the street, 390 m along it, or 300 m and 90 m up the side street.
    for x, y, inside in (
        (385, 0, True),
        (390 + BESIDE_M - 1, 0, True),
        (390 + BESIDE_M + 2, 0, False),
        (300, 85, True),
        (300, 90 + BESIDE_M + 2, False),
        (200, BESIDE_M - 1, True),
        (200, BESIDE_M + 1, False),
        (300, 400, False),
    ):
        assert shapely.intersects(area, shapely.Point(x, y)) is np.bool_(inside), (x, y)
    length = 390 + 90
    assert area.area == pytest.approx(2 * BESIDE_M * length, rel=0.1)


def test_no_place_no_area_and_no_time_no_way() -> None:
    found = walk_areas(series((0, 0), (5, 5)).set_axis(["a", "b"]), 0.0, OPEN_GROUND, RULE)
    assert found.geometry["a"].area == 0.0
    missing = series((0, 0))
    missing[0] = None
    assert walk_areas(missing, 15.0, OPEN_GROUND, RULE).geometry[0] is None
    with pytest.raises(ValueError, match="minutes"):
        walk_areas(series((0, 0)), -1.0, OPEN_GROUND, RULE)


def test_a_river_without_a_bridge_ends_the_area_and_a_bridge_opens_it() -> None:
    river = series(shapely.LineString([(100, -5000), (100, 5000)]))
    closed = walk_areas(series((0, 0)), 10.0, Surroundings(barriers=river), RULE).geometry[0]
    assert closed.bounds[2] == pytest.approx(100.0)
    bridge = Surroundings(barriers=river, crossings=series((100.0, 0.0)))
    opened = walk_areas(series((0, 0)), 10.0, bridge, RULE).geometry[0]
    assert opened.bounds[2] == pytest.approx(800 / RULE.detour, rel=1e-3)
    assert opened.area > closed.area
    # Behind the bridge one has only what is left of the walk.
    assert not shapely.intersects(opened, shapely.Point(110, 580))
