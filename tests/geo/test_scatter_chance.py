"""Scatter held against chance: the whole rule, and what must not change its result."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from scipy.spatial.distance import pdist
from scipy.spatial.distance import squareform

from geo.chance import Chance
from geo.chance import Stock
from geo.crs import district_crs
from geo.district import ranking
from geo.parameters import ScatterParameters
from geo.scatter import RESULT_COLUMNS
from geo.scatter import chance_distances
from geo.scatter import scatter

if TYPE_CHECKING:
    from collections.abc import Callable

    Make = Callable[[dict[str, list[Any]]], gpd.GeoDataFrame]

CRS = district_crs(121.5)
SIDE_M = 8000.0


def stock(count: int = 400, seed: int = 5) -> Stock:
    return Stock(np.random.default_rng(seed).uniform(0, SIDE_M, (count, 2)))


def some_parks(make_spaces: Make, parks: int = 12) -> gpd.GeoDataFrame:
    rng = np.random.default_rng(11)
    holdings: dict[str, list[Any]] = {}
    for number in range(parks):
        size = int(rng.integers(1, 7))
        spread = float(rng.choice([200.0, 2000.0, SIDE_M]))
        places = rng.uniform(0, spread, (size, 2)) + rng.uniform(0, 2000, 2)
        areas = rng.integers(100, 9000, size)
        holdings[f"p{number:02d}"] = [
            (tuple(place), float(area)) for place, area in zip(places, areas, strict=True)
        ]
    return make_spaces(holdings)


def parks_of(spaces: gpd.GeoDataFrame) -> pd.DataFrame:
    return pd.DataFrame({"park_id": spaces["park_id"].unique()})


def frames(spaces: gpd.GeoDataFrame, chance: Chance) -> tuple[pd.DataFrame, pd.DataFrame]:
    result = scatter(spaces, parks_of(spaces), chance=chance)
    return result.table, result.runs


def test_the_exact_test_by_hand(make_spaces: Make, oracle: dict[str, Any]) -> None:
    known = oracle["A7.exact_stock_null"]
    hosts = np.array(known["hosts"])
    pair = [tuple(hosts[i]) for i in known["observed_sites"]]
    spaces = make_spaces({"p": [(pair[0], 5.0), (pair[1], 5.0)]})
    result = scatter(spaces, parks_of(spaces), chance=Chance(Stock(hosts), label="five"))
    row = result.table.iloc[0]
    assert row["p_low"] == pytest.approx(known["p_low_exact"])
    assert row["p_high"] == pytest.approx(known["p_high_exact"])
    assert row[["chance_method", "stock"]].tolist() == ["exact", "five"]
    assert row["stock_size"] == 5
    assert row["p_low_error"] == 0
    assert pd.isna(row["seed"])
    observed, draws = chance_distances(result, "p")
    assert observed == known["T_obs"]
    assert sorted(set(draws)) == known["T_all"]


def test_far_from_the_walk_the_flag_rests_on_chance(make_spaces: Make) -> None:
    # Two halves 1.5 km apart: compact in a city of 20 km, loose in a district of 1.6 km.
    halves = {"p": [((0, 0), 5.0), ((1500, 0), 5.0)]}
    everywhere = gpd.GeoDataFrame(
        geometry=gpd.points_from_xy([0], [0], crs=CRS).buffer(1e5), crs=CRS
    )
    spaces = make_spaces(halves)
    rng = np.random.default_rng(1)
    large, small = (Chance(Stock(rng.uniform(0, side, (4000, 2)))) for side in (20_000, 1600))
    flags = [
        scatter(spaces, parks_of(spaces), everywhere, chance=chance).table.iloc[0]
        for chance in (large, small)
    ]
    assert [row["flag"] for row in flags] == ["yellow", "red"]
    assert flags[0]["p_low"] < 0.05 < flags[1]["p_low"]
    assert "不比随机摆放更紧凑" in flags[1]["reason_zh"]


def test_chance_by_brute_force(make_spaces: Make) -> None:
    spaces = some_parks(make_spaces)
    chance = Chance(stock(), draws=1999, seed=3)
    result = scatter(spaces, parks_of(spaces), chance=chance)
    rng = np.random.default_rng(99)
    hosts = stock().xy
    tested = result.table.dropna(subset="p_low")
    assert len(tested) >= 5
    for row in tested[tested["chance_method"].eq("sampled")].to_dict("records"):
        own = result.sites[result.sites["park_id"].eq(row["park_id"])]
        share = (own["weight"] / own["weight"].sum()).to_numpy("float64")
        observed = mean_m(shapely.get_coordinates(own.geometry.to_numpy()), share)
        placed = [hosts[rng.choice(400, len(own), replace=False)] for _ in range(1999)]
        drawn = np.array([mean_m(xy, share) for xy in placed])
        p_low = (1 + (drawn <= observed).sum()) / 2000
        error = np.sqrt(row["p_low_error"] ** 2 + p_low * (1 - p_low) / 1999)
        assert row["p_low"] == pytest.approx(p_low, abs=4 * error + 1e-3)
        error_m = drawn.std() / np.sqrt(1999)
        assert row["chance_mean_m"] == pytest.approx(drawn.mean(), abs=6 * error_m)


def mean_m(xy: Any, share: Any) -> float:
    return float(share @ squareform(pdist(xy)) @ share)


def test_nothing_but_the_register_changes_the_result(make_spaces: Make) -> None:
    spaces = some_parks(make_spaces)
    expected = frames(spaces, Chance(stock(), draws=299, seed=8))
    hosts = stock().xy
    shuffled = Stock(hosts[np.random.default_rng(2).permutation(len(hosts))])
    variants = {
        "rows": (spaces.sample(frac=1, random_state=1), Chance(stock(), draws=299, seed=8)),
        "stock": (spaces, Chance(shuffled, draws=299, seed=8)),
        "blocks": (spaces, Chance(stock(), draws=299, seed=8, block_bytes=4096)),
        "workers": (spaces, Chance(stock(), draws=299, seed=8, workers=3, block_bytes=4096)),
    }
    for name, (register, chance) in variants.items():
        for got, wanted in zip(frames(register, chance), expected, strict=True):
            pd.testing.assert_frame_equal(got, wanted, check_exact=True, obj=name)


def test_another_seed_is_another_sample(make_spaces: Make) -> None:
    spaces = some_parks(make_spaces)
    one, other = (
        frames(spaces, Chance(stock(), draws=299, seed=seed))[0]["p_low"] for seed in (1, 2)
    )
    assert (one - other).abs().max() > 0
    assert (one - other).abs().max() < 0.2


def test_a_park_alone_is_the_park_among_others(make_spaces: Make) -> None:
    spaces, chance = some_parks(make_spaces), Chance(stock(), draws=199)
    together, _runs = frames(spaces, chance)
    alone = pd.concat(
        [frames(spaces[spaces["park_id"].eq(park)], chance)[0] for park in together["park_id"]],
        ignore_index=True,
    )
    of_all = ["p_low_adjusted"]  # this one is about all parks
    pd.testing.assert_frame_equal(alone.drop(columns=of_all), together.drop(columns=of_all))


def test_the_runs_are_the_readings_of_a_walk(make_spaces: Make) -> None:
    spaces, chance = some_parks(make_spaces), Chance(stock(), draws=199)
    result = scatter(spaces, parks_of(spaces), chance=chance)
    rule, runs = result.parameters, result.runs
    assert len(runs) == 27 * len(result.table)
    wanted = set(itertools.product(rule.walk_range, rule.detour_range, rule.gap_range))
    assert set(zip(runs["walk_m"], runs["detour"], runs["site_gap_m"], strict=True)) == wanted
    for walk in [(500.0, 1.2, 30.0), (1000.0, 1.52, 80.0)]:
        one = ScatterParameters(
            *walk, walk_range=walk[:1], detour_range=walk[1:2], gap_range=walk[2:]
        )
        table = scatter(spaces, parks_of(spaces), parameters=one, chance=chance).table
        run = runs[(runs[["walk_m", "detour", "site_gap_m"]].to_numpy() == walk).all(axis=1)]
        for name in ("sites", "clusters", "largest_cluster_share", "p_low", "flag"):
            assert run[name].fillna(-1).tolist() == table[name].fillna(-1).tolist()
    default = runs[(runs["walk_m"] == 800) & (runs["detour"] == 1.324) & (runs["site_gap_m"] == 50)]
    assert default["flag"].tolist() == result.table["flag"].tolist()


def test_a_stock_too_small_is_said(make_spaces: Make) -> None:
    spaces = make_spaces({"p": [((3000.0 * i, 0), 5.0) for i in range(2)]})
    everywhere = gpd.GeoDataFrame(
        geometry=gpd.points_from_xy([0], [0], crs=CRS).buffer(1e5), crs=CRS
    )
    chance = Chance(Stock(np.zeros((1, 2))))
    row = scatter(spaces, parks_of(spaces), everywhere, chance=chance).table.iloc[0]
    assert row["flag"] == "undecided"
    assert "可供随机摆放的楼宇或用地不足" in row["reason_zh"]
    assert "too few buildings" in row["reason_en"]
    assert pd.isna(row["p_low"])


def test_two_answers_to_one_question_are_refused(make_spaces: Make) -> None:
    spaces = make_spaces({"p": [((0, 0), 1.0)]})
    with pytest.raises(ValueError, match="`chance` and `p_low`"):
        scatter(spaces, parks_of(spaces), chance=Chance(stock()), p_low=pd.Series({"p": 0.1}))


def test_every_number_carries_its_parameters(make_spaces: Make) -> None:
    spaces = make_spaces({"p": [((0, 0), 1.0)], "q": []})
    rule = ScatterParameters(walk_m=650, red_share=0.65)
    table = scatter(spaces, parks_of(spaces), parameters=rule).table
    assert list(table.columns) == list(RESULT_COLUMNS)
    text = table["parameters"].unique().item()
    assert "walk_m=650; detour=1.324; site_gap_m=50;" in text
    assert "red_share=0.65" in text
    assert "walk_range=500,800,1000" in text


def test_only_what_can_be_judged_is_ranked(make_spaces: Make) -> None:
    spaces = make_spaces(
        {
            "far": [((0, 0), 6.0), ((5000, 0), 4.0)],
            "unknown": [((0, 0), 5.0), ((5000, 0), 1.0), (None, 4.0)],
            "one": [((0, 0), 1.0)],
        }
    )
    # Judged by a walk that is not among the runs: the interval still holds its rank.
    rule = ScatterParameters(walk_m=9000)
    result = scatter(spaces, parks_of(spaces), parameters=rule)
    found: Any = ranking(result.table, result.runs).set_index("park_id")
    assert found["rank"].fillna(-1).to_dict() == {"far": 1, "one": 1, "unknown": -1}
    assert found.loc["one", ["rank_low", "rank_high"]].tolist() == [1, 2]
    assert found.loc["far", ["rank_low", "rank_high"]].tolist() == [1, 1]
