from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from geo.dispersion import effective_number
from geo.dispersion import largest_share
from geo.dispersion import mean_pairwise_distance
from geo.dispersion import relative_dispersion
from geo.dispersion import standard_deviational_ellipse
from geo.dispersion import standard_distance
from geo.distance import pairs_in_groups

EBDON = [(1, 2), (2, 3), (2, 2), (2, 1), (3, 4), (3, 3), (3, 1), (4, 4)]


def one_park(size: int) -> Any:
    return np.zeros(size, dtype=np.intp)


def number_of(weight: Any) -> float:
    sizes = np.asarray(weight, dtype=float)
    return float(effective_number(sizes, one_park(sizes.size), 1)[0])


@pytest.mark.parametrize("case", ["five_equal", "dominant", "single", "two_unequal"])
def test_effective_number_is_the_inverse_of_simmons(oracle: dict[str, Any], case: str) -> None:
    expected = oracle[f"A1.{case}"]
    number = number_of(expected["areas_m2"])
    assert number == pytest.approx(expected["n_eff"], abs=1e-6)
    assert 1 / number == pytest.approx(expected["simmons"])
    assert 1 - 1 / number == pytest.approx(expected["division_own"])


def test_effective_mesh_size_cases() -> None:
    # Pieces of 1, 1 and 2 ha: SPLIT on own area 2.6666667, HHI .375.
    assert number_of([1, 1, 2]) == pytest.approx(2.6666667, abs=1e-7)
    assert 1 / number_of([1, 1, 2]) == pytest.approx(0.375)


def test_merging_two_sites_never_raises_the_effective_number(oracle: dict[str, Any]) -> None:
    expected = oracle["A1.merge_invariance"]
    assert 1 / number_of([0.5, 0.3, 0.2]) == pytest.approx(expected["before"])
    assert 1 / number_of([0.5, 0.5]) == pytest.approx(expected["after_merge_last_two"])
    rng = np.random.default_rng(7)
    for _ in range(200):
        weight = rng.lognormal(size=rng.integers(2, 9))
        assert number_of([weight[0] + weight[1], *weight[2:]]) <= number_of(weight) + 1e-12


def test_groups_are_kept_apart_and_an_empty_group_is_unknown() -> None:
    weight, group = np.array([3.0, 1.0, 5.0]), np.array([0, 0, 2])
    assert largest_share(weight, group, 3)[[0, 2]].tolist() == [0.75, 1.0]
    assert effective_number(weight, group, 3)[[0, 2]].tolist() == [1.6, 1.0]
    assert np.isnan(largest_share(weight, group, 3)[1])
    assert np.isnan(effective_number(weight, group, 3)[1])


def test_mean_pairwise_distance_of_the_oracle(oracle: dict[str, Any]) -> None:
    expected = oracle["A3.mean_pairwise"]
    xy, weight = np.array(expected["xy"]), np.array(expected["w"])
    pairs = pairs_in_groups(one_park(4), xy)
    for sizes, distance_m, spread_m in (
        (weight, expected["mpd_m"], expected["std_distance_weighted_m"]),
        (np.ones(4), expected["mpd_unweighted_m"], expected["std_distance_unweighted_m"]),
    ):
        got = mean_pairwise_distance(pairs, sizes, one_park(4), 1)[0]
        assert got == pytest.approx(distance_m, abs=1e-4)
        assert standard_distance(xy, sizes) == pytest.approx(spread_m, abs=1e-4)
        share = sizes / sizes.sum()
        moment = 2 * (share[pairs.start] * share[pairs.end] * pairs.length_m**2).sum()
        assert moment == pytest.approx(2 * standard_distance(xy, sizes) ** 2)


def test_two_sites_have_the_closed_form(oracle: dict[str, Any]) -> None:
    expected = oracle["A3.two_sites"]
    pairs = pairs_in_groups(one_park(2), np.array([[0.0, 0.0], [expected["D"], 0.0]]))
    weight = np.array([expected["p"], 1 - expected["p"]])
    got = mean_pairwise_distance(pairs, weight, one_park(2), 1)[0]
    assert got == pytest.approx(expected["mpd_m"])


def test_relative_dispersion_against_a_round_campus(oracle: dict[str, Any]) -> None:
    expected = oracle["A8.disc_compactness"]
    disc_m2 = math.pi * expected["R"] ** 2
    example = expected["example"]
    got = relative_dispersion(
        np.array([expected["mpd_disc_m"], example["mpd_m"], 100.0, 100.0]),
        np.array([disc_m2, example["land_m2"], np.nan, 0.0]),
    )
    assert got[:2] == pytest.approx([1.0, example["rel"]], rel=1e-5)
    assert np.isnan(got[2:]).all()


def test_a_round_campus_by_throwing_points() -> None:
    rng = np.random.default_rng(11)
    radius, angle = np.sqrt(rng.random((2, 200_000))), 2 * np.pi * rng.random((2, 200_000))
    xy = radius * np.exp(1j * angle)
    mean = np.abs(xy[0] - xy[1]).mean()
    assert relative_dispersion(np.array([mean]), np.array([np.pi]))[0] == pytest.approx(1, abs=4e-3)


def test_standard_distance_of_the_textbook_points() -> None:
    assert standard_distance(EBDON) == pytest.approx(math.sqrt(2))
    ellipse = standard_deviational_ellipse(EBDON)
    assert (ellipse.x, ellipse.y) == (2.5, 2.5)
    weighted = standard_deviational_ellipse(EBDON, [1, 2] * 4)
    assert (weighted.x, weighted.y) == pytest.approx((2.5833333, 2.5833333))


def test_ellipse_of_the_oracle(oracle: dict[str, Any]) -> None:
    expected = oracle["A3.sde"]
    ellipse = standard_deviational_ellipse(expected["xy"])
    axes = expected["eigen_semi_axes_sqrt2_n"]
    assert (ellipse.major_m, ellipse.minor_m) == pytest.approx(axes, abs=1e-4)
    assert ellipse.azimuth_deg == pytest.approx(expected["azimuth_deg"], abs=1e-4)
    area = math.pi * ellipse.major_m * ellipse.minor_m
    assert area == pytest.approx(expected["area_m2"], rel=1e-6)
    assert ellipse.major_m / math.sqrt(2) == pytest.approx(
        expected["eigen_semi_axes_1sigma"][0], abs=1e-4
    )


@pytest.mark.parametrize(
    ("xy", "expected"),
    [
        ([(0, 0), (0, 1000)], (707.1068, 0, 0)),
        ([(0, 1000), (0, 0)], (707.1068, 0, 0)),
        ([(0, 0), (1000, 0)], (707.1068, 0, 90)),
        ([(0, 0), (-1000, 1000)], (1000, 0, 135)),
        ([(5, 5)], (0, 0, 0)),
        ([(5, 5), (5, 5)], (0, 0, 0)),
        ([(0, 0), (0, 2), (2, 0), (2, 2)], (math.sqrt(2), math.sqrt(2), 0)),
    ],
)
def test_degenerate_ellipses(xy: Any, expected: tuple[float, float, float]) -> None:
    ellipse = standard_deviational_ellipse(xy)
    got = (ellipse.major_m, ellipse.minor_m, ellipse.azimuth_deg)
    assert got == pytest.approx(expected, abs=1e-4)


def test_a_weight_is_a_number_of_points() -> None:
    repeated = [(0, 0), (0, 0), (0, 0), (400, 300)]
    assert standard_distance([(0, 0), (400, 300)], [3, 1]) == standard_distance(repeated)
    assert standard_deviational_ellipse([(0, 0), (400, 300)], [3, 1]) == pytest.approx(
        standard_deviational_ellipse(repeated)
    )


@pytest.mark.parametrize(("xy", "weight"), [([], None), ([(1, 1)], [0.0]), ([(1, 1)], [np.nan])])
def test_nothing_to_measure_is_unknown(xy: Any, weight: Any) -> None:
    assert np.isnan(standard_distance(xy, weight))
    assert np.isnan(standard_deviational_ellipse(xy, weight)).all()
