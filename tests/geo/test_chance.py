"""The test against chance, against worked numbers and brute force."""

from __future__ import annotations

import tracemalloc
from itertools import permutations
from typing import TYPE_CHECKING
from typing import Any

import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal
from scipy.spatial.distance import pdist
from scipy.spatial.distance import squareform
from scipy.stats import false_discovery_control

from geo.chance import CHANCE_COLUMNS
from geo.chance import Chance
from geo.chance import Stock
from geo.chance import adjusted
from geo.chance import chance_test
from geo.chance import null_distances
from geo.draws import ordered_sample
from geo.draws import uniforms
from geo.land import Land

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Points = NDArray[np.float64]


def hosts(count: int = 200, side: float = 5000.0, seed: int = 3) -> Points:
    return np.random.default_rng(seed).uniform(0, side, (count, 2))


def mean_m(xy: Points, weight: Any) -> float:
    share = np.asarray(weight, dtype="float64") / np.sum(weight)
    return float(share @ squareform(pdist(xy)) @ share)


def one(xy: Any, weight: Any, chance: Chance) -> Any:
    points, sizes = np.asarray(xy, dtype="float64"), np.asarray(weight, dtype="float64")
    found = chance_test(points, sizes, np.zeros(len(sizes), dtype=np.intp), 1, chance)
    return found.iloc[0]


def many(seed: int = 1, parks: int = 30) -> tuple[Points, NDArray[Any], NDArray[Any]]:
    """Make sites of parks with none to nine sites, some without weight."""
    rng = np.random.default_rng(seed)
    sizes = rng.integers(0, 10, parks)
    group = np.repeat(np.arange(parks), sizes)
    xy = rng.uniform(0, 5000, (group.size, 2)) / rng.choice([1, 4, 20], parks)[group, None]
    weight = rng.integers(0, 5, group.size).astype("float64") * (group != 4)
    return xy, weight, group


def test_every_pair_of_five_hosts(oracle: dict[str, Any]) -> None:
    known = oracle["A7.exact_stock_null"]
    places = np.array(known["hosts"])
    row = one(places[known["observed_sites"]], [1, 1], Chance(Stock(places)))
    assert row["p_low"] == pytest.approx(known["p_low_exact"])
    assert row["p_high"] == pytest.approx(known["p_high_exact"])
    assert row["draws"] == 20  # ordered pairs
    assert row["p_low_error"] == 0
    assert pd.isna(row["seed"])
    drawn = null_distances([1, 1], Chance(Stock(places)))
    assert sorted(set(drawn)) == known["T_all"]
    assert row["chance_mean_m"] == pytest.approx(np.mean(known["T_all"]))
    assert row["chance_sd_m"] == pytest.approx(np.std(known["T_all"]))


def test_sizes_are_placed_in_every_order(oracle: dict[str, Any]) -> None:
    known = oracle["A7.exact_stock_null_weighted"]
    places = np.array(oracle["A7.exact_stock_null"]["hosts"])
    own = places[known["observed_sites"]]
    assert mean_m(own, known["weights"]) == pytest.approx(known["T_obs"])
    row = one(own, known["weights"], Chance(Stock(places)))
    assert row["draws"] == known["n_states"]
    assert row["p_low"] == pytest.approx(known["p_low_exact"])
    by_hand = [mean_m(places[list(way)], known["weights"]) for way in permutations(range(5), 3)]
    drawn = null_distances(known["weights"], Chance(Stock(places)))
    assert sorted(drawn) == pytest.approx(sorted(by_hand))


def test_the_nearest_neighbour_park(oracle: dict[str, Any]) -> None:
    known = oracle["A7.mc_example"]
    places = np.random.default_rng(known["host_seed"]).uniform([0, 0], [6000, 10000], (80, 2))
    own, chance = places[known["observed"]], Chance(Stock(places), draws=4999)
    assert mean_m(own, known["weights"]) == pytest.approx(known["T_obs"], abs=1e-3)
    row = one(own, known["weights"], chance)
    assert row["p_low"] == pytest.approx(known["p_low"], abs=known["tol_p"])
    assert row["standardised_effect"] == pytest.approx(known["ses"], abs=0.1)
    median = np.median(null_distances(known["weights"], chance))
    assert median == pytest.approx(known["null_median"], abs=known["tol_median_m"])


def test_the_rule_of_p_and_its_error(oracle: dict[str, Any]) -> None:
    known = oracle["A7.pvalue_rule"]
    places = hosts()
    chance = Chance(Stock(places), draws=known["B"])
    drawn = np.sort(null_distances([2, 1, 1], chance))
    # A park between the twelfth and the thirteenth draw, on a line of three sites.
    wanted = (drawn[known["count_le"] - 1] + drawn[known["count_le"]]) / 2
    line = np.array([[0.0, 0.0], [1.0, 0.0], [2.0, 0.0]])
    row = one(line * wanted / mean_m(line, [2, 1, 1]), [2, 1, 1], chance)
    assert row["p_low"] == pytest.approx(known["p_low"])
    assert row["p_low_error"] == pytest.approx(known["se_mc"], abs=5e-7)
    assert row["p_high"] == pytest.approx((1 + 999 - 12) / 1000)
    assert row["seed"] == 2024


@pytest.mark.parametrize("weight", [[1, 1], [5, 1], [3, 2, 1], [1, 1, 1], [8, 4, 2, 1]])
def test_counting_and_drawing_agree_within_the_error(weight: list[int]) -> None:
    places = hosts(11)
    own = np.random.default_rng(len(weight)).uniform(500, 3500, (len(weight), 2))
    counted = one(own, weight, Chance(Stock(places)))
    drawn = one(own, weight, Chance(Stock(places), draws=9999, exact_limit=0))
    assert [counted["chance_method"], drawn["chance_method"]] == ["exact", "sampled"]
    assert drawn["p_low"] == pytest.approx(counted["p_low"], abs=4 * drawn["p_low_error"] + 2e-4)
    assert drawn["chance_mean_m"] == pytest.approx(
        counted["chance_mean_m"], abs=4 * drawn["chance_sd_m"] / 100
    )
    assert drawn["chance_sd_m"] == pytest.approx(counted["chance_sd_m"], rel=0.05)


def test_an_arrangement_that_is_no_placement_is_counted_in() -> None:
    places = np.array([[0.0, 0.0], [1000.0, 0.0], [3000.0, 0.0]])
    row = one([[0, 0], [10, 0]], [1, 1], Chance(Stock(places)))
    assert row["p_low"] == pytest.approx(1 / 7)  # itself among the six placements
    assert row["p_high"] == 1


def test_a_plain_loop_over_the_same_placements_counts_the_same() -> None:
    xy, weight, group = many()
    places = hosts()
    chance = Chance(Stock(places), draws=199, exact_limit=0)
    table = chance_test(xy, weight, group, 30, chance)
    ordered, untested = Stock(places).xy, table["p_low"].isna()
    for park in range(30):
        own = group == park
        size = int(own.sum())
        if size < 2 or not weight[own].sum():
            assert untested[park]
            continue
        drawn = uniforms(chance.seed, size, range(199), width=size)
        heaviest_first = np.sort(weight[own])[::-1]
        values = np.array(
            [mean_m(ordered[pick], heaviest_first) for pick in ordered_sample(drawn, 200)]
        )
        observed = mean_m(xy[own], weight[own])
        assert table.loc[park, "p_low"] == (1 + (values <= observed).sum()) / 200
        assert table.loc[park, "p_high"] == (1 + (values >= observed).sum()) / 200
        spread = values.std(ddof=1)  # 0 where one site has all the weight
        effect = (observed - values.mean()) / spread if spread else np.nan
        assert table.loc[park, "standardised_effect"] == pytest.approx(effect, nan_ok=True)
        assert null_distances(weight[own], chance) == pytest.approx(values)


NULLS = [Stock(hosts()), Land(shapely.box(0, 0, 1500, 1500), separation_m=100)]


@pytest.mark.parametrize("null", NULLS, ids=["stock", "land"])
def test_neither_blocks_nor_workers_change_a_bit(null: Stock | Land) -> None:
    xy, weight, group = many()
    expected = chance_test(xy, weight, group, 30, Chance(null, draws=157))
    for block_bytes in (1, 3000, 10**9):
        for workers in (1, 3):
            chance = Chance(null, draws=157, workers=workers, block_bytes=block_bytes)
            found = chance_test(xy, weight, group, 30, chance)
            assert_frame_equal(found, expected, check_exact=True)


def test_draws_that_workers_share_do_not_change_a_bit() -> None:
    xy, weight, group = many(parks=8)
    expected, found = (
        chance_test(xy, weight, group, 8, Chance(Stock(hosts()), draws=6001, workers=workers))
        for workers in (1, 3)
    )
    assert_frame_equal(found, expected, check_exact=True)


@pytest.mark.parametrize("null", NULLS, ids=["stock", "land"])
def test_a_block_keeps_to_its_memory(null: Stock | Land) -> None:
    weight = np.ones(12)
    peaks = []
    for block_bytes in (2**20, 2**22):
        tracemalloc.start()
        drawn = null_distances(weight, Chance(null, draws=30_000, block_bytes=block_bytes))
        peaks.append(tracemalloc.get_traced_memory()[1] - 2 * drawn.nbytes)
        tracemalloc.stop()
    assert peaks[0] < 2**20 * 1.25
    assert peaks[0] * 2 < peaks[1] < 2**22 * 1.25


@pytest.mark.parametrize("null", NULLS, ids=["stock", "land"])
def test_the_histogram_shows_what_was_counted(null: Stock | Land) -> None:
    xy, weight, group = many()
    for exact_limit in (0, 50_000):
        chance = Chance(null, draws=157, exact_limit=exact_limit)
        table = chance_test(xy, weight, group, 30, chance)
        for park, row in table[table["p_low"].notna()].iterrows():
            drawn = null_distances(weight[group == park], chance)
            assert drawn.size == row["draws"]
            assert drawn.mean() == row["chance_mean_m"]


def test_orders_do_not_matter() -> None:
    xy, weight, group = many()
    chance = Chance(Stock(hosts()), draws=157)
    expected = chance_test(xy, weight, group, 30, chance)
    rng = np.random.default_rng(8)
    # Sites within their parks, then the parks, then the stock.
    order = np.lexsort((rng.random(group.size), group))
    found = chance_test(xy[order], weight[order], group, 30, chance)
    assert_frame_equal(found, expected, rtol=1e-12)
    assert found["p_low"].equals(expected["p_low"])
    renamed = rng.permutation(30)
    order = np.argsort(renamed[group], kind="stable")
    found = chance_test(xy[order], weight[order], renamed[group][order], 30, chance)
    found = found.iloc[renamed].reset_index(drop=True)
    assert_frame_equal(found, expected, check_exact=True)
    shuffled = Chance(Stock(rng.permutation(hosts())), draws=157)
    assert_frame_equal(chance_test(xy, weight, group, 30, shuffled), expected, check_exact=True)


def test_a_park_alone_is_the_park_among_others() -> None:
    xy, weight, group = many()
    chance = Chance(Stock(hosts()), draws=157)
    together = chance_test(xy, weight, group, 30, chance).drop(columns="p_low_adjusted")
    for park in (2, 7, 19):
        own = group == park
        alone = one(xy[own], weight[own], chance).drop("p_low_adjusted")
        assert alone.astype("str").to_dict() == together.loc[park].astype("str").to_dict()


def test_p_is_uniform_for_parks_that_are_placed_at_random() -> None:
    # Each park with weights of its own number of sites would share its draws with the
    # others, so every park gets a seed of its own here.
    rng = np.random.default_rng(12)
    places = hosts(400)
    p = [
        one(
            places[rng.choice(400, 4, replace=False)],
            [4, 3, 2, 1],
            Chance(Stock(places), draws=99, seed=seed),
        )["p_low"]
        for seed in range(300)
    ]
    below = np.mean(np.array(p) <= 0.1)
    assert below == pytest.approx(0.1, abs=4 * np.sqrt(0.09 / 300))
    assert np.mean(p) == pytest.approx(0.5, abs=4 / np.sqrt(12 * 300))


def test_adjusted_p_by_hand_and_by_scipy(oracle: dict[str, Any]) -> None:
    known = oracle["A7.bh"]
    assert adjusted(known["p"]) == pytest.approx(known["q"])
    p = np.random.default_rng(2).random(40)
    gaps = np.insert(p, [0, 11, 40], np.nan)
    found = adjusted(gaps)
    assert np.isnan(found).sum() == 3
    assert found[~np.isnan(found)] == pytest.approx(false_discovery_control(p))
    assert adjusted([np.nan]).tolist() == pytest.approx([np.nan], nan_ok=True)
    assert adjusted([]).size == 0


@settings(derandomize=True, max_examples=80, deadline=None)
@given(st.lists(st.floats(0, 1), min_size=1, max_size=12))
def test_adjusted_p_is_never_smaller_and_keeps_the_order(p: list[float]) -> None:
    q = adjusted(p)
    assert (q >= np.array(p) - 1e-12).all()
    assert (q <= 1).all()
    order = np.argsort(p, kind="stable")
    assert (np.diff(q[order]) >= -1e-12).all()


def test_land_gives_p_too() -> None:
    land = Land(shapely.box(0, 0, 6000, 10_000))
    tight, loose = (
        one([[0, 0], [s, 0], [0, s]], [1, 1, 1], Chance(land, draws=499)) for s in (300, 5200)
    )
    assert tight["p_low"] < 0.05 < loose["p_low"]
    assert tight["standardised_effect"] < -1 < loose["standardised_effect"]
    assert tight["chance_method"] == "sampled"
    # The two ways of throwing agree where the stock is thick and even.
    grid = np.stack(np.meshgrid(np.arange(25.0, 6000, 50), np.arange(25.0, 10_000, 50)), -1)
    stock = one(
        [[0, 0], [900, 0], [0, 900]], [1, 1, 1], Chance(Stock(grid.reshape(-1, 2)), draws=1999)
    )
    area = one([[0, 0], [900, 0], [0, 900]], [1, 1, 1], Chance(land, draws=1999))
    assert stock["chance_mean_m"] == pytest.approx(area["chance_mean_m"], rel=0.03)
    assert stock["p_low"] == pytest.approx(area["p_low"], abs=0.02)


def test_what_cannot_be_tested_is_unknown() -> None:
    places = hosts(3)
    chance = Chance(Stock(places), draws=99)
    cases: list[tuple[Any, Any, Chance]] = [
        ([[0, 0]], [1], chance),  # one site
        ([[0, 0], [9, 0]], [0, 0], chance),  # no weight
        (np.zeros((4, 2)), [1] * 4, chance),  # more sites than buildings
        ([[0, 0], [9, 0]], [1, 1], Chance(Land(shapely.box(0, 0, 9, 9)), draws=99)),  # no room
    ]
    for xy, weight, against in cases:
        assert one(xy, weight, against).isna().all()
        assert null_distances(weight, against).size == 0
    nothing = chance_test(np.empty((0, 2)), np.empty(0), np.empty(0, dtype=np.intp), 2, chance)
    assert nothing.isna().all(axis=None)
    assert nothing.dtypes.astype("str").to_dict() == CHANCE_COLUMNS


def test_land_on_which_not_every_draw_finds_room_gives_no_p() -> None:
    land = Land(shapely.box(0, 0, 100, 100), separation_m=120)
    _placed, crowded = land.place(2024, 2, range(99))
    assert 0 < crowded.sum() < 99
    assert one([[0, 0], [99, 99]], [1, 1], Chance(land, draws=99)).isna().all()


def test_ugly_stocks() -> None:
    everywhere_the_same = Chance(Stock(np.zeros((30, 2))), draws=99)
    row = one([[0, 0], [9, 0], [0, 9]], [1, 1, 1], everywhere_the_same)
    assert row["p_low"] == 1
    assert pd.isna(row["standardised_effect"])
    as_many = Chance(Stock(hosts(4)), draws=99)
    row = one(hosts(4), [1, 1, 1, 1], as_many)
    assert [row["p_low"], row["p_high"], row["draws"]] == [1, 1, 24]
    some_weightless = one(hosts(3), [1, 0, 1], Chance(Stock(hosts(50)), draws=99))
    assert 0 < some_weightless["p_low"] <= 1


def test_rounding_does_not_decide_a_tie() -> None:
    # A third of a metre is not a binary number: 0.1 + 0.2 is not 0.3.
    places = np.array([[0.1 * i, 0.2 * i] for i in range(30)])
    neighbours = 29 * 2 / (30 * 29)
    for first in range(29):  # some come out a little longer, some a little shorter
        row = one(places[[first, first + 1]] + 1e6, [1, 1], Chance(Stock(places)))
        assert row["p_low"] == pytest.approx(neighbours)
        assert row["p_high"] == 1


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        ({"draws": 0}, "`draws` must be at least 1"),
        ({"seed": -1}, "`seed`"),
        ({"workers": 0}, "`workers`"),
        ({"exact_limit": -1}, "`exact_limit`"),
        ({"block_bytes": 0}, "`block_bytes`"),
    ],
)
def test_numbers_that_mean_nothing_are_refused(arguments: dict[str, int], problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        Chance(Stock(hosts(3)), **arguments)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "xy", [np.empty((0, 2)), np.zeros(3), np.zeros((3, 3)), np.array([[0.0, np.nan]])]
)
def test_what_is_no_stock_is_refused(xy: Any) -> None:
    with pytest.raises(ValueError, match="`xy`"):
        Stock(xy)
