"""The worked numbers on the page on indices that are not used."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from shapely import Polygon
from shapely import box

from bench import indices
from bench.tables import WHY_NOT
from geo.dispersion import mean_pairwise_distance
from geo.distance import pairs_in_groups

PAGE = WHY_NOT.read_text("utf-8")
ORACLES = Path(__file__).parents[1] / "geo" / "oracles.json"
KILOMETRE = (0.0, 0.0, 1000.0, 1000.0)
CORNERS = [(0, 0), (1000, 0), (1000, 1000), (0, 1000)]
SIDES = [(500, 0), (1000, 500), (500, 1000), (0, 500)]
AROUND = [CORNERS[0], SIDES[0], CORNERS[1], SIDES[1], CORNERS[2], SIDES[2], CORNERS[3], SIDES[3]]
DISTRICT_M2 = 60_610_000


@pytest.fixture(scope="module")
def oracle() -> dict[str, Any]:
    numbers: dict[str, Any] = json.loads(ORACLES.read_text("utf-8"))
    return numbers


def row(start: str) -> str:
    """Return the line of the page that begins with these words."""
    return next(line for line in PAGE.splitlines() if line.startswith(start))


def squares(*corners: tuple[float, float]) -> list[Polygon]:
    return [box(x, y, x + 100, y + 100) for x, y in corners]


def mean_distance_m(xy: list[list[float]]) -> float:
    group = np.zeros(len(xy), dtype=np.intp)
    pairs = pairs_in_groups(group, np.array(xy, dtype=float))
    return float(mean_pairwise_distance(pairs, np.ones(len(xy)), group, 1)[0])


def test_clark_evans_cannot_tell_two_pairs_from_a_row(oracle: dict[str, Any]) -> None:
    pairs, text = oracle["A5.clark_evans_pairs"]["xy"], row("- **只看最近的邻居")
    line = [[500.0 + 20 * number, 500.0] for number in range(4)]
    for places in (pairs, line):
        assert f"{indices.clark_evans(places, KILOMETRE).ratio:.2f}" == "0.08"
    assert text.count("0.08") == 2
    assert f"{mean_distance_m(pairs):.0f} m，后者 {mean_distance_m(line):.0f} m" in text
    assert f"{np.hypot(800, 800) / 1000:.2f} km" in text


def test_clark_evans_changes_with_the_outline(oracle: dict[str, Any]) -> None:
    pairs = oracle["A5.clark_evans_pairs"]["xy"]
    ratio = indices.clark_evans(pairs, (0, 0, 10_000, 10_000)).ratio
    assert f"R 变成 {ratio:.3f}" in row("- **随区界变")
    assert f"R = {ratio:.3f}" in PAGE


def test_neighbours_do_not_see_how_far_two_pairs_are_apart() -> None:
    text = row("| ENN")
    for apart in (1000, 5000):
        pairs = squares((0, 0), (120, 0), (apart, 0), (apart + 120, 0))
        assert f"{indices.edge_distances_m(pairs).mean():.0f}" == "20"
    assert text.count("是 20 m") == 2
    assert f"是 {indices.edge_distances_m(squares((0, 0), (600, 0))).mean():.0f} m" in text
    found = indices.proximity(squares((0, 0), (150, 0), (1000, 0)), 500)
    assert "、".join(f"{value:g}" for value in found) in row("| PROX")


def test_area_indices_of_the_page() -> None:
    area, text = [8000, 500, 500, 500, 500], row("| Simmons")
    assert f"Simmons {indices.simmons(area):.2f}，DIVISION {indices.division(area):.2f}" in text
    assert f"SPLIT {indices.split(area):.2f}" in text
    text = row("| Januszewski")
    for areas in ([1.0] * 5, area):
        assert f"K＝{indices.januszewski(areas):.3f}" in text
    assert f"五等分 {indices.largest_patch_percent([1] * 5):.0f}，" in row("| LPI")
    assert f"一大四小 {indices.largest_patch_percent(area):.0f} " in row("| LPI")


def test_in_a_district_one_place_looks_like_three() -> None:
    together = indices.division([75_000], DISTRICT_M2)
    apart = indices.division([40_000, 25_000, 10_000], DISTRICT_M2)
    text = row("| 以全区为 A")
    assert f"{together:.7f}；分成三处：{apart:.7f}" in text


def test_igbozurike_is_not_free_of_scale_and_does_not_see_the_number() -> None:
    text, corner = row("| Igbozurike"), np.array([(0, 0), (1000, 0), (0, 1000)])
    for scale in (1, 2):
        found = indices.igbozurike([10_000 * scale**2] * 3, corner * scale)
        assert f"P＝{found:.0f}" in text
    few, many = (indices.igbozurike([10_000] * len(xy), xy) for xy in (CORNERS, AROUND))
    assert few == pytest.approx(many)
    assert f"P 都是 {few:.0f}" in text


def test_one_outlier_explodes_the_hull() -> None:
    campus = [(0, 0), (120, 0), (0, 120), (120, 120)]
    alone, outlier = (
        indices.schmook(squares(*places)) for places in (campus, [*campus, (5000, 5000)])
    )
    assert f"{alone:.1f}；" in row("| Schmook")
    assert f"{outlier:.1f} " in row("| Schmook")
    assert f"from {alone:.1f} to {outlier:.1f}" in PAGE


def test_indices_of_a_raster_change_with_its_cells(oracle: dict[str, Any]) -> None:
    raster = np.array(oracle["A5.raster"]["array"])
    for metres, times in ((10, 1), (5, 2), (2, 5)):
        finer = np.kron(raster, np.ones((times, times), dtype=int))
        assert f"{metres} m 栅格 {indices.cohesion(finer, 1):.1f}" in row("| COHESION")
        if metres > 2:
            assert f"{metres} m 栅格 {indices.contagion(finer):.1f}" in row("| CONTAG")


def test_standard_distance_and_the_centroid_rule(oracle: dict[str, Any]) -> None:
    known, text = oracle["A3.mean_pairwise"], row("| 标准距离")
    assert f"{known['mpd_m']:.0f} m" in text
    assert f"{known['std_distance_weighted_m']:.0f} m" in text
    share, text = oracle["A6.zone_share"], row("| 形心规则")
    assert f"按面积 {100 * share['share_area_weighted']:.1f} %" in text
    assert f"边线不算在内 {100 * share['share_centroid_rule']:.0f} %" in text


def test_the_source_of_every_number_in_brackets_is_named() -> None:
    body, _heading, sources = PAGE.partition("## 出处")
    cited = set(re.findall(r"\[(\d)\]", body))
    assert cited == set(re.findall(r"^- \[(\d)\]", sources, re.MULTILINE))
