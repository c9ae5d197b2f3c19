from __future__ import annotations

from typing import Any

import numpy as np
import pyproj
import pytest
import shapely
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from layers.editing import keep_untouched
from layers.editing import snap_exact

MERIDIAN = 121.5
X, Y = 121.51, 31.3
GEOD = pyproj.Geod(ellps="GRS80")
EAST = 1 / GEOD.inv(X, Y, X + 1, Y)[2]
NORTH = 1 / GEOD.inv(X, Y, X, Y + 1)[2]


def ring(*places: tuple[float, float]) -> shapely.Polygon:
    return shapely.Polygon([(X + e * EAST, Y + n * NORTH) for e, n in places])


def at(east: float, north: float) -> shapely.Point:
    return shapely.Point(X + east * EAST, Y + north * NORTH)


def metres(one: Any, other: Any) -> float:
    return float(GEOD.inv(one.x, one.y, other.x, other.y)[2])


def snap(shape: Any, *targets: Any, reach: float = 1.0, take: bool = False) -> tuple[Any, int]:
    return snap_exact(
        shape, targets, tolerance_m=reach, central_meridian=MERIDIAN, take_vertices=take
    )


def bits(shape: Any) -> list[tuple[float, float]]:
    return [(x, y) for x, y in shapely.get_coordinates(shape).tolist()]


WEST = ring((0, 0), (0, 300), (200, 310), (205, 150), (200, 0))


def rounded(shape: Any, step: float) -> Any:
    """Return a geometry as a screen gives it back: on a grid of `step` metres."""
    grid = np.array([step * EAST, step * NORTH])
    return shapely.transform(shape, lambda xy: np.round(xy / grid) * grid)


def test_neighbours_share_their_coordinates_bit_by_bit_and_leave_no_gap() -> None:
    drawn = rounded(ring((200, 310), (205, 150), (200, 0), (400, 0), (400, 300)), 0.5)
    assert not set(bits(drawn)) & set(bits(WEST))
    east, moved = snap(drawn, WEST)
    assert moved == 3
    shared = set(bits(east)) & set(bits(WEST))
    assert shared == set(bits(WEST)[2:5])
    assert shapely.intersection(WEST, east).area == 0
    both = shapely.union(WEST, east)
    assert both.geom_type == "Polygon"
    assert len(both.interiors) == 0
    assert shapely.symmetric_difference(both, WEST).difference(east).area == 0
    assert both.area == pytest.approx(WEST.area + east.area, rel=1e-14)
    # What was not near is not touched, not even by its last bit.
    assert set(bits(drawn)[3:5]) <= set(bits(east))


def test_the_nearest_vertex_comes_first_then_the_edge() -> None:
    wall = shapely.LineString([at(0, 0), at(100, 0)])
    near_end, _ = snap(at(0.8, 0.1), wall)
    assert bits(near_end) == bits(at(0, 0))
    near_edge, moved = snap(at(50, 0.6), wall)
    assert moved == 1
    assert metres(near_edge, at(50, 0.6)) == pytest.approx(0.6, abs=2e-3)
    assert near_edge.distance(wall) * 111_000 < 2e-3
    two, _ = snap(at(0.8, 0), at(0, 0), at(1.2, 0))
    assert bits(two) == bits(at(1.2, 0))


def test_nothing_beyond_the_tolerance_moves() -> None:
    beyond = at(50, 1.01)
    wall = shapely.LineString([at(0, 0), at(100, 0)])
    assert snap(beyond, wall) == (beyond, 0)
    assert snap(beyond, wall, reach=1.02)[1] == 1
    assert snap(at(50, 0.1), wall, reach=0) == (at(50, 0.1), 0)
    assert snap(at(50, 0.1)) == (at(50, 0.1), 0)
    assert snap(at(50, 0.1), None, shapely.Polygon()) == (at(50, 0.1), 0)


def test_what_lies_right_already_counts_as_not_moved() -> None:
    drawn = ring((200, 310), (205, 150), (200, 0), (400, 0))
    same = shapely.Polygon([*bits(WEST)[2:5], *bits(drawn)[3:4]])
    made, moved = snap(same, WEST)
    assert moved == 0
    assert made is same


def test_a_vertex_that_only_the_neighbour_has_is_taken_if_asked() -> None:
    drawn = ring((200, 310), (200, 0), (400, 0), (400, 300))
    bulge = ring((0, 0), (0, 300), (200, 310), (200.4, 150), (200, 0))
    plain, _ = snap(drawn, bulge)
    assert shapely.intersection(plain, bulge).area > 0
    fitted, _ = snap(drawn, bulge, take=True)
    assert shapely.intersection(fitted, bulge).area == 0
    assert bits(bulge)[3] in bits(fitted)
    assert len(shapely.union(fitted, bulge).interiors) == 0


def test_holes_parts_points_and_heights() -> None:
    hole = ring((50, 50), (50, 100), (100, 100), (100, 50))
    block = shapely.Polygon(WEST.exterior, [hole.exterior.coords])
    drawn = shapely.MultiPolygon(
        [
            rounded(hole, 0.3),
            shapely.Polygon(
                ring((300, 0), (300, 90), (390, 90), (390, 0)).exterior,
                [ring((310, 10), (310, 20), (320, 20)).exterior.coords],
            ),
        ]
    )
    made, moved = snap(shapely.force_3d(drawn, 5), block)
    assert moved == 4
    assert set(bits(hole)) <= set(bits(made))
    assert bits(made.geoms[1]) == bits(drawn.geoms[1])
    assert not made.has_z
    assert shapely.intersection(made, block).area == 0
    gates, moved = snap(shapely.MultiPoint([at(0.2, 0.2), at(900, 0)]), block)
    assert moved == 1
    assert bits(gates)[0] == bits(block)[0]


def test_vertices_that_fall_together_become_one_and_thin_shapes_stay_as_drawn() -> None:
    drawn = ring((200.1, 0.1), (200.3, 0.1), (400, 0), (400, 300))
    made, moved = snap(drawn, WEST)
    assert moved == 2
    assert len(bits(made)) == len(bits(drawn)) - 1
    sliver = ring((199.8, 0.2), (200.2, 0.2), (200.2, 0.4))
    assert snap(sliver, WEST) == (sliver, 0)


def test_snapping_that_would_fold_a_shape_leaves_it_as_drawn() -> None:
    corner = (200.3, -0.1), (400, -100), (400, -50), (200.6, -0.1), (300, -5), (300, 9)
    drawn = ring(*corner)
    assert drawn.is_valid
    assert snap(drawn, WEST) == (drawn, 0)


@given(st.integers(0, 2**32 - 1), st.floats(0.01, 0.4))
@settings(deadline=None, max_examples=40)
def test_a_noisy_copy_of_a_neighbour_comes_back_exactly(seed: int, noise: float) -> None:
    rng = np.random.default_rng(seed)
    turns = np.sort(rng.uniform(0, 2 * np.pi, 12)) + np.arange(12) * 1e-3
    places = [(400 * np.cos(t), 400 * np.sin(t)) for t in turns]
    shape = ring(*places)
    shift = rng.uniform(-noise, noise, (len(bits(shape)) - 1, 2)) / np.sqrt(2)
    moved = shapely.Polygon(shapely.get_coordinates(shape)[:-1] + shift * [EAST, NORTH])
    near = min(np.hypot(*np.diff(np.array(places), axis=0).T))
    if near < 3 * noise or not moved.is_valid:
        return
    made, _ = snap(moved, shape, reach=noise * 1.01)
    assert bits(made) == bits(shape)
    kept = keep_untouched(shape, moved, noise * 1.01)
    assert bits(kept) == bits(shape)


def test_a_round_trip_of_the_browser_moves_only_what_the_planner_moved() -> None:
    edited = shapely.get_coordinates(rounded(WEST, 0.1))
    edited[2] += [5 * EAST, 3 * NORTH]
    back = keep_untouched(WEST, shapely.Polygon(edited), 0.15)
    assert bits(back)[:2] == bits(WEST)[:2]
    assert bits(back)[3:] == bits(WEST)[3:]
    assert bits(back)[2] == tuple(edited[2])


def test_inserted_and_removed_vertices_do_not_disturb_the_others() -> None:
    fine = [(0, 0), (0, 100), (0.03, 100.02), (0.06, 100.05), (90, 100), (90, 0)]
    original = ring(*fine)
    screen = rounded(original, 0.1)
    assert bits(keep_untouched(original, screen, 0.1)) == bits(original)
    more = np.insert(shapely.get_coordinates(screen), 5, bits(at(95, 50))[0], axis=0)
    made = bits(keep_untouched(original, shapely.Polygon(more), 0.1))
    assert made[:5] == bits(original)[:5]
    assert made[5] == bits(at(95, 50))[0]
    assert made[6:] == bits(original)[5:]
    fewer = np.delete(shapely.get_coordinates(screen), 4, axis=0)
    made = bits(keep_untouched(original, shapely.Polygon(fewer), 0.1))
    assert made == [*bits(original)[:4], *bits(original)[5:]]


def test_other_parts_and_kinds_are_matched_by_place() -> None:
    both = shapely.MultiPolygon([WEST, ring((400, 0), (400, 50), (450, 0))])
    one = rounded(both.geoms[1], 0.1)
    assert bits(keep_untouched(both, one, 0.1)) == bits(both.geoms[1])
    turned = shapely.Polygon(np.roll(shapely.get_coordinates(rounded(WEST, 0.1))[:-1], 2, axis=0))
    assert set(bits(keep_untouched(WEST, turned, 0.1))) == set(bits(WEST))
    assert bits(keep_untouched(at(0, 0), at(0.05, 0), 0.1)) == bits(at(0, 0))
    assert keep_untouched(at(0, 0), at(0.05, 0), 0) == at(0.05, 0)
