"""Random places on land."""

from __future__ import annotations

from typing import TYPE_CHECKING
from typing import Any

import numpy as np
import pytest
import shapely
from scipy.spatial.distance import pdist
from scipy.stats import kstest
from shapely import MultiPolygon
from shapely import Point
from shapely import Polygon
from shapely import box

from geo.land import Land

if TYPE_CHECKING:
    from numpy.typing import NDArray


def places(land: Land, sites: int, draws: int, seed: int = 1) -> NDArray[np.float64]:
    placed, crowded = land.place(seed, sites, range(draws))
    assert not crowded.any()
    return placed


def test_points_of_a_rectangle_are_uniform(oracle: dict[str, Any]) -> None:
    known = oracle["A7.csr_sampler"]
    width, height = known["window_m"]
    placed = places(Land(box(0, 0, width, height), separation_m=0), 2, 60_000)
    squared = ((placed[:, 0] - placed[:, 1]) ** 2).sum(axis=1)
    assert known["E_sq_dist_theory"] == pytest.approx((width**2 + height**2) / 6, rel=1e-8)
    assert squared.mean() == pytest.approx(known["E_sq_dist_theory"], rel=known["rel_tol"])
    assert kstest(placed[:, 0, 0] / width, "uniform").pvalue > 0.001
    assert kstest(placed[:, 1, 1] / height, "uniform").pvalue > 0.001


def test_the_mean_distance_in_the_unit_square(oracle: dict[str, Any]) -> None:
    placed = places(Land(box(0, 0, 1, 1), separation_m=0), 2, 60_000)
    mean = np.hypot(*(placed[:, 0] - placed[:, 1]).T).mean()
    assert mean == pytest.approx(oracle["A7.csr_sampler"]["unit_square_mean_distance"], abs=0.004)


def test_holes_stay_empty_and_parts_are_hit_by_area() -> None:
    holed = Polygon(box(0, 0, 1000, 1000).exterior, [box(200, 200, 900, 900).exterior])
    far = Polygon([(5000, 0), (5400, 0), (5000, 400)])
    area = MultiPolygon([holed, far])
    land = Land(area, separation_m=0)
    placed = places(land, 3, 4000).reshape(-1, 2)
    points = shapely.points(placed)
    assert shapely.intersects(area.buffer(1e-6), points).all()
    share = (placed[:, 0] > 4000).mean()
    expected = far.area / area.area
    assert share == pytest.approx(expected, abs=4 * np.sqrt(expected * (1 - expected) / 12_000))


def test_sites_keep_their_distance() -> None:
    placed = places(Land(box(0, 0, 600, 600), separation_m=100), 6, 500)
    assert min(pdist(draw).min() for draw in placed) >= 100


def test_separated_draws_are_those_that_a_plain_rejection_keeps() -> None:
    # Mean distance of two points at least 300 m apart in a square of 500 m, by rejection.
    placed = places(Land(box(0, 0, 500, 500), separation_m=300), 2, 20_000)
    apart = np.hypot(*(placed[:, 0] - placed[:, 1]).T)
    rng = np.random.default_rng(5)
    trial = np.hypot(*(rng.uniform(0, 500, (200_000, 2)) - rng.uniform(0, 500, (200_000, 2))).T)
    kept = trial[trial >= 300]
    assert apart.mean() == pytest.approx(kept.mean(), abs=5 * kept.std() / np.sqrt(20_000))


def test_land_without_room_is_said() -> None:
    _placed, crowded = Land(box(0, 0, 50, 50), separation_m=80).place(1, 2, range(20))
    assert crowded.all()


def test_portions_do_not_matter() -> None:
    land = Land(box(0, 0, 500, 500), separation_m=120)
    whole = places(land, 5, 90)
    parts = [land.place(1, 5, range(first, first + 30))[0] for first in (0, 30, 60)]
    assert np.array_equal(np.concatenate(parts), whole)


@pytest.mark.parametrize(
    ("area", "separation_m", "problem"),
    [
        (Point(0, 0), 50.0, "no area"),
        (Polygon(), 50.0, "no area"),
        (None, 50.0, "valid polygon"),
        (Polygon([(0, 0), (9, 9), (9, 0), (0, 9)]), 50.0, "valid polygon"),
        (box(0, 0, 1, 1), -1.0, "separation_m"),
        (box(0, 0, 1, 1), float("nan"), "separation_m"),
    ],
)
def test_what_is_no_land_is_refused(area: Any, separation_m: float, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        Land(area, separation_m=separation_m)
