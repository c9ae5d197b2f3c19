"""The indices that are not used, against worked numbers and other libraries."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pointpats
import pytest
from scipy.spatial.distance import cdist
from scipy.stats import chi2
from shapely import box

from bench import indices
from geo.dispersion import effective_number
from geo.dispersion import standard_deviational_ellipse
from geo.dispersion import standard_distance

ORACLES = Path(__file__).parents[1] / "geo" / "oracles.json"
CLOUD = np.random.default_rng(4).uniform(0, 5000, (40, 2))


@pytest.fixture(scope="module")
def oracle() -> dict[str, Any]:
    numbers: dict[str, Any] = json.loads(ORACLES.read_text("utf-8"))
    return numbers


@pytest.mark.parametrize("name", ["five_equal", "dominant", "single", "two_unequal"])
def test_indices_of_own_area(oracle: dict[str, Any], name: str) -> None:
    known = oracle[f"A1.{name}"]
    area = known["areas_m2"]
    assert indices.simmons(area) == pytest.approx(known["simmons"])
    assert indices.januszewski(area) == pytest.approx(known["januszewski"], abs=1e-6)
    assert indices.split(area) == pytest.approx(known["n_eff"], abs=1e-6)
    alone = np.zeros(len(area), dtype=np.intp)
    effective = effective_number(np.array(area, dtype=float), alone, 1)
    assert effective == pytest.approx(indices.split(area))
    assert indices.largest_patch_percent(area) == pytest.approx(known["lpi_pct_own"])
    assert indices.division(area) == pytest.approx(known["division_own"])
    assert indices.effective_mesh(area) == pytest.approx(known["mesh_own_m2"])


def test_merging_two_sites_never_lowers_simmons(oracle: dict[str, Any]) -> None:
    known = oracle["A1.merge_invariance"]
    assert indices.simmons([5, 3, 2]) == pytest.approx(known["before"])
    assert indices.simmons([5, 5]) == pytest.approx(known["after_merge_last_two"])
    rng = np.random.default_rng(1)
    for _ in range(200):
        area = rng.lognormal(0, 1, 6)
        merged = [*area[:4], area[4:].sum()]
        assert indices.simmons(merged) >= indices.simmons(area)


def test_a_whole_district_as_landscape_says_nothing(oracle: dict[str, Any]) -> None:
    known = oracle["A1.fragstats_landscape"]
    area, landscape = known["patch_m2"], known["landscape_m2"]
    percent = indices.largest_patch_percent(area, landscape)
    assert percent == pytest.approx(known["LPI_pct"], abs=1e-8)
    mesh_ha = indices.effective_mesh(area, landscape) / 10_000
    assert mesh_ha == pytest.approx(known["MESH_ha"], abs=1e-6)
    assert indices.division(area, landscape) == pytest.approx(known["DIVISION"], abs=1e-10)
    assert indices.split(area, landscape) == pytest.approx(known["SPLIT"], abs=1e-3)


def test_hull_and_round_trip(oracle: dict[str, Any]) -> None:
    corners = [(0, 0), (1000, 0), (0, 1000)]
    squares = [box(x, y, x + 100, y + 100) for x, y in corners]
    assert indices.schmook(squares) == pytest.approx(oracle["A2.schmook"]["schmook"], abs=1e-6)
    assert indices.schmook([box(0, 0, 9, 4)]) == pytest.approx(1)
    known = oracle["A2.igbozurike"]
    value = indices.igbozurike([10_000 * known["mean_parcel_ha"]] * 3, corners)
    assert value == pytest.approx(known["P"], abs=1e-6)
    with pytest.raises(ValueError, match="at most 9"):
        indices.igbozurike(np.ones(10), np.zeros((10, 2)))


def test_the_round_trip_may_have_to_cross_the_given_order() -> None:
    square = np.array([[0.0, 0.0], [10.0, 10.0], [10.0, 0.0], [0.0, 10.0]])
    assert indices.round_trip_m(square) == pytest.approx(40)


def test_neighbours_edge_to_edge(oracle: dict[str, Any]) -> None:
    known = oracle["A5.enn_prox"]
    squares = [box(x, 0, x + 100, 100) for x in (0, 150, 1000)]
    assert indices.edge_distances_m(squares).tolist() == known["enn_edge_m"]
    assert indices.proximity(squares, 500).tolist() == known["prox_r500"]


@pytest.mark.parametrize("name", ["regular", "pairs"])
def test_clark_evans(oracle: dict[str, Any], name: str) -> None:
    known = oracle[f"A5.clark_evans_{name}"]
    found = indices.clark_evans(known["xy"], tuple(known["window"]))
    assert found.observed_m == pytest.approx(known["dobs"])
    assert found.expected_m == pytest.approx(known["dpois"])
    assert found.ratio == pytest.approx(known["R_naive"])
    assert found.z == pytest.approx(known["z_naive"], abs=1e-6)
    assert found.donnelly_m == pytest.approx(known["dpois_donnelly"])
    assert found.donnelly_ratio == pytest.approx(known["R_donnelly"], abs=1e-6)


def test_nearest_neighbours_by_all_distances() -> None:
    between = cdist(CLOUD, CLOUD) + np.diag(np.full(len(CLOUD), np.inf))
    observed = indices.clark_evans(CLOUD, (0, 0, 5000, 5000)).observed_m
    assert observed == pytest.approx(between.min(axis=1).mean())


def test_indices_of_a_raster(oracle: dict[str, Any]) -> None:
    known = oracle["A5.raster"]
    raster, cell = np.array(known["array"]), known["cell_m"]
    label = indices.patches(raster, 1)
    area = np.bincount(label.ravel())[1:] * cell**2.0
    assert label.max() == known["number_of_patches"]
    landscape = raster.size * cell**2.0
    percent = indices.largest_patch_percent(area, landscape)
    assert percent == pytest.approx(known["largest_patch_index"], abs=1e-6)
    mesh_ha = indices.effective_mesh(area, landscape) / 10_000
    assert round(mesh_ha, 3) == known["effective_mesh_size"]
    nearest = indices.raster_neighbour_m(raster, 1, cell)
    assert nearest == pytest.approx(known["euclidean_nearest_neighbor_mn"], abs=1e-5)
    assert indices.contagion(raster) == pytest.approx(known["contagion"], abs=1e-5)
    assert indices.cohesion(raster, 1) == pytest.approx(known["cohesion_class1_by_hand"], abs=1e-5)


def test_cohesion_changes_with_the_cells(oracle: dict[str, Any]) -> None:
    raster = np.array(oracle["A5.raster"]["array"])
    finer = np.kron(raster, np.ones((2, 2), dtype=int))
    assert abs(indices.cohesion(finer, 1) - indices.cohesion(raster, 1)) > 10


def test_the_centroid_decides_by_accident(oracle: dict[str, Any]) -> None:
    known = oracle["A6.zone_share"]
    zone = box(0, 0, 1000, 1000)
    prints = [box(100, 400, 200, 500), box(950, 400, 1050, 500), box(2000, 0, 2100, 100)]
    weight = np.array([30_000, 20_000, 10_000])
    strict = np.array([zone.contains(shape.centroid) for shape in prints])
    assert weight[strict].sum() / weight.sum() == known["share_centroid_rule"]
    loose = np.array([zone.intersects(shape.centroid) for shape in prints])
    assert weight[loose].sum() / weight.sum() == pytest.approx(5 / 6)


def test_what_an_ellipse_covers(oracle: dict[str, Any]) -> None:
    known = oracle["A3.sde_coverage"]
    for name, factor in (("one_sigma", 1.0), ("sqrt2_sigma", 2.0), ("two_sigma", 4.0)):
        assert chi2.cdf(factor, 2) == pytest.approx(known[name], abs=1e-4)


def test_standard_distance_and_ellipse_by_pointpats() -> None:
    """pointpats knows no weights and divides by n - 2."""
    assert standard_distance(CLOUD) == pytest.approx(float(pointpats.std_distance(CLOUD)))
    ours = standard_deviational_ellipse(CLOUD)
    one, other, _angle = pointpats.ellipse(CLOUD)
    stretch = np.sqrt(len(CLOUD) / (len(CLOUD) - 2))
    axes = sorted((ours.minor_m * stretch, ours.major_m * stretch))
    assert axes == pytest.approx(sorted((float(one), float(other))))
