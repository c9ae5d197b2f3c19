"""Gaps: what one more object changes, and sets of them, against slower ways to know."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from scipy.sparse import csr_array

from geo.access import AccessParameters
from geo.access import Destinations
from geo.access.candidates import Candidates
from geo.access.candidates import candidates
from geo.access.covering import FACTS
from geo.access.covering import Effects
from geo.access.covering import exact_set
from geo.access.covering import greedy_set
from geo.access.gaps import gaps
from geo.access.linkage import CONDITIONS
from geo.access.parameters import GROUPS
from geo.layout import OPEN_GROUND
from geo.layout import Surroundings
from tests.geo.access.town import CRS
from tests.geo.access.town import METRE_FOR_METRE
from tests.geo.access.town import campus
from tests.geo.access.town import destinations
from tests.geo.access.town import facility
from tests.geo.access.town import gate
from tests.geo.access.town import judged
from tests.geo.access.town import series
from tests.geo.access.town import spaces
from tests.geo.access.town import station

KNOWN = {"gate", "campus", "station", *(f"facility:{group}" for group in GROUPS)}
RULE = replace(METRE_FOR_METRE, gate_m=1000.0, rail_m=600.0, community_m=800.0, least_groups=2)


def town(seed: int, many: int = 14) -> tuple[gpd.GeoDataFrame, Destinations]:
    """Make a town at random: spaces, a campus with one gate, stations and facilities."""
    draw = np.random.default_rng(seed)
    places = [tuple(xy) for xy in draw.uniform(0, 4000, (many, 2))]
    areas = list(draw.integers(1, 9, many) * 100.0)
    areas[0] = float("nan")
    register = spaces(*places, floor_area_m2=areas)
    square = shapely.box(1500, 1500, 2300, 2300)
    rows = [campus("U", square), gate("G", (1500.0, 1900.0), "U")]
    rows += [station(f"S{n}", tuple(xy)) for n, xy in enumerate(draw.uniform(0, 4000, (3, 2)))]
    rows += [
        facility(f"F{n}", tuple(xy), GROUPS[n % 3])
        for n, xy in enumerate(draw.uniform(0, 4000, (5, 2)))
    ]
    return register, destinations(*rows, known=KNOWN)


def plus(there: Destinations, candidate: pd.Series) -> Destinations:
    """Return the destinations with a candidate as one that is really there."""
    row = {
        "id": "new",
        "name": "new",
        "kind": candidate["kind"],
        "group": candidate["group"] or None,
        "university": None,
        "campus_id": candidate["campus_id"] or None,
        "open_to_tenants": None,
        "basis": None,
    }
    added = gpd.GeoDataFrame([row], geometry=[candidate["geometry"]], crs=CRS)
    table = gpd.GeoDataFrame(pd.concat([there.table, added], ignore_index=True), crs=CRS)
    return replace(there, table=table)


def worth(found: Any) -> tuple[float, float]:
    """Return the floor area that is threefold, and that of all conditions met."""
    rows = found.spaces
    area = rows["floor_area_m2"].fillna(0.0)
    met = [rows[f"met_{name}"].isin(["yes", "estimated"]) for name in CONDITIONS]
    return float(area[rows["linkage"].eq(3)].sum()), float(sum(area[one].sum() for one in met))


@pytest.mark.parametrize("seed", range(4))
def test_what_a_candidate_gains_is_what_it_gains_when_it_is_there(seed: int) -> None:
    register, there = town(seed)
    river = series(shapely.LineString([(2600, -500), (2500, 4500)]))
    around = Surroundings(barriers=river, crossings=series((2560.0, 1000.0)))
    found = judged(register, there, around, RULE)
    tried = candidates(register, there, around, RULE, step_m=400.0)
    assert set(tried.table["kind"]) == {"gate", "crossing", "facility"}
    told = gaps(register, there, around, found, tried, most=1)
    ranking = told.ranking.set_index("candidate_id")
    # All that help, and some that are said not to.
    idle = tried.table[~tried.table["candidate_id"].isin(ranking.index)]
    useful = tried.table[tried.table["candidate_id"].isin(ranking.index)]
    assert len(useful)
    assert len(idle)
    chosen = pd.concat([useful[::7], idle[::9]])
    for _, candidate in chosen.iterrows():
        if candidate["kind"] == "crossing":
            assert around.crossings is not None
            more = series(*around.crossings.to_list(), candidate["geometry"])
            after = judged(register, there, replace(around, crossings=more), RULE)
        else:
            after = judged(register, plus(there, candidate), around, RULE)
        gained = np.subtract(worth(after), worth(found))
        name = candidate["candidate_id"]
        said = [
            ranking[column].get(name, 0.0) for column in ("gain_overlap_m2", "gain_condition_m2")
        ]
        assert said == pytest.approx(list(gained)), name


def test_the_ranking_is_by_what_becomes_threefold_first() -> None:
    register, there = town(3)
    found = judged(register, there, OPEN_GROUND, RULE)
    tried = candidates(register, there, OPEN_GROUND, RULE, step_m=300.0)
    ranking = gaps(register, there, OPEN_GROUND, found, tried, most=1).ranking
    keys = ranking[["gain_overlap_m2", "gain_condition_m2", "gain_fact_m2"]].to_numpy().tolist()
    assert keys == sorted(keys, reverse=True)
    assert list(ranking["rank"]) == list(range(1, len(ranking) + 1))
    assert bool((ranking["spaces"] > 0).all())
    assert ranking["gain_share"].max() <= 1.0


def random_effects(seed: int, objects: int = 9, many: int = 12) -> Effects:
    draw = np.random.default_rng(seed)
    holds = draw.random((many, len(FACTS))) < 0.35
    gained = (draw.random((objects, holds.size)) < 0.12) & ~holds.ravel()
    area = draw.integers(0, 50, many).astype(float)
    return Effects(area, holds, csr_array(gained.astype(float)), 2)


def best_of_all(effects: Effects, count: int) -> float:
    objects = effects.gained.shape[0]
    return max(
        effects.value(effects.with_sets(np.array(chosen, dtype=np.intp)))[0]
        for size in range(count + 1)
        for chosen in combinations(range(objects), size)
    )


def open_facts(effects: Effects, chosen: Any) -> float:
    """Return the floor area of single facts, of the spaces that are not threefold yet."""
    left = ~effects.conditions(effects.holds).all(axis=1)
    return float(effects.area_m2[left] @ effects.with_sets(chosen)[left].sum(axis=1))


@pytest.mark.parametrize("seed", range(25))
@pytest.mark.parametrize("count", [1, 2, 4])
def test_the_exact_set_is_the_best_of_all_sets(seed: int, count: int) -> None:
    effects = random_effects(seed)
    useful = np.arange(effects.gained.shape[0])
    exact = exact_set(effects, useful, count)
    value = effects.value(effects.with_sets(exact.chosen))[0]
    best = best_of_all(effects, count)
    assert exact.proven
    assert exact.chosen.size <= count
    assert value == pytest.approx(best)
    assert exact.bound_m2 == pytest.approx(best)
    greedy = greedy_set(effects, useful, count)
    assert effects.value(effects.with_sets(greedy))[0] <= best + 1e-9
    # Of all sets that are as good, none makes more single facts true.
    facts = open_facts(effects, exact.chosen)
    for size in range(count + 1):
        for chosen in combinations(range(useful.size), size):
            other = np.array(chosen, dtype=np.intp)
            worse = effects.value(effects.with_sets(other))[0] < best - 1e-9
            assert worse or open_facts(effects, other) <= facts + 1e-9


def test_one_after_the_other_can_be_worse_than_together() -> None:
    # Three spaces lack two groups each; A serves two of them with one group, B and C
    # the same two with the other: A first is a dead end for the third space.
    holds = np.zeros((3, len(FACTS)), dtype=bool)
    holds[:, :2] = True
    holds[:, 2] = True
    gained = np.zeros((3, 3, len(FACTS)))
    gained[0, [0, 1], 3] = 1  # A: two small spaces
    gained[1, [0, 2], 3] = 1  # B: a small and a large one
    gained[2, [1], 3] = 1  # C
    effects = Effects(np.array([10.0, 10.0, 9.0]), holds, csr_array(gained.reshape(3, -1)), 2)
    useful = np.arange(3)
    greedy = effects.value(effects.with_sets(greedy_set(effects, useful, 2)))[0]
    assert greedy == 29.0  # A, then B: here greedy is as good
    effects = Effects(
        np.array([6.0, 6.0, 5.0]),
        np.array(
            [[1, 1, 0, 0, 0, 0, 0, 0], [1, 1, 0, 0, 0, 0, 0, 0], [1, 1, 1, 0, 0, 0, 0, 0]]
        ).astype(bool),
        csr_array(_pairs()),
        2,
    )
    one = effects.value(effects.with_sets(greedy_set(effects, useful, 2)))[0]
    best = exact_set(effects, useful, 2)
    assert one == 5.0
    assert effects.value(effects.with_sets(best.chosen))[0] == 12.0 == best_of_all(effects, 2)


def _pairs() -> Any:
    """Two objects that help only together, and one that helps alone a bit."""
    gained = np.zeros((3, 3, len(FACTS)))
    gained[0, [0, 1], 2] = 1
    gained[1, [0, 1], 3] = 1
    gained[2, [2], 3] = 1
    return gained.reshape(3, -1)


def test_what_cannot_be_tried_is_said() -> None:
    register = spaces((0, 0), (500, 0))
    there = destinations(
        campus("A", shapely.box(100, 100, 300, 300)),
        campus("B", (900.0, 900.0)),
        known={"campus", "station", "facility:care"},
    )
    tried = candidates(register, there, OPEN_GROUND, RULE)
    assert tried.without_gates == ("A", "B")
    assert tried.points == ("B",)
    assert tried.unknown_groups == tuple(g for g in GROUPS if g != "care")
    assert not tried.barriers
    assert set(tried.table["kind"]) == {"facility"}
    assert set(tried.table["group"]) == {"care"}
    with pytest.raises(ValueError, match="step_m"):
        candidates(register, there, OPEN_GROUND, RULE, step_m=0.0)


def test_a_gate_that_nobody_can_locate_is_no_gate_yet() -> None:
    square = shapely.box(100, 100, 500, 500)
    there = destinations(campus("U", square), gate("G", None, "U"), known=KNOWN)
    tried = candidates(spaces((0, 0)), there, OPEN_GROUND, RULE)
    assert tried.without_gates == ("U",)
    assert not tried.table["kind"].eq("gate").any()


def test_gates_are_tried_along_the_outline_away_from_those_there_are() -> None:
    square = shapely.box(0, 0, 400, 400)
    there = destinations(campus("U", square), gate("G", (160.0, 0.0), "U"), known=KNOWN)
    tried = candidates(spaces((0, -50)), there, OPEN_GROUND, RULE, step_m=100.0)
    gates = tried.table[tried.table["kind"].eq("gate")]
    assert gates.distance(square.boundary).max() == pytest.approx(0.0, abs=1e-6)
    assert gates.distance(shapely.Point(160, 0)).min() >= 50.0
    # Sixteen steps around, less the one next to the gate.
    assert len(gates) == 15
    assert gates["campus_id"].eq("U").all()


def test_crossings_are_tried_where_none_is_in_reach() -> None:
    river = series(shapely.LineString([(0, 0), (1000, 0)]), None)
    around = Surroundings(barriers=river, crossings=series((450.0, 20.0)))
    tried = candidates(spaces((0, -50)), destinations(known=KNOWN), around, RULE, step_m=100.0)
    places = tried.table.geometry[tried.table["kind"].eq("crossing")]
    assert [round(point.x) for point in places] == [50, 150, 250, 350, 550, 650, 750, 850, 950]


@pytest.mark.parametrize("seed", range(3))
def test_every_space_is_near_a_place_where_facilities_are_tried(seed: int) -> None:
    draw = np.random.default_rng(seed)
    register = spaces(*map(tuple, draw.uniform(0, 1500, (60, 2))), None)
    there = destinations(known={"facility:care", "facility:sport"})
    tried = candidates(register, there, OPEN_GROUND, RULE, step_m=120.0).table
    care = tried[tried["group"].eq("care")]
    located = register.geometry.iloc[:-1]
    nearest = located.map(lambda place: care.distance(place).min())
    assert nearest.max() <= 120.0
    assert 5 < len(care) < 60
    assert len(tried) == 2 * len(care)
    # In whatever order the register comes.
    again = candidates(register.sample(frac=1, random_state=seed), there, OPEN_GROUND, RULE).table
    same = candidates(register, there, OPEN_GROUND, RULE).table
    assert list(again["candidate_id"]) == list(same["candidate_id"])


def test_nothing_to_try_gives_empty_tables() -> None:
    register = spaces((0, 0))
    there = destinations(known={"campus"})
    found = judged(register, there, OPEN_GROUND, RULE)
    tried = candidates(register, there, OPEN_GROUND, RULE)
    told = gaps(register, there, OPEN_GROUND, found, tried)
    assert isinstance(told.candidates, Candidates)
    assert told.ranking.empty
    assert told.sets.empty
    assert told.base_share == 0.0


def test_a_gate_counts_only_for_parks_of_its_university_if_links_are_asked_for() -> None:
    rule = AccessParameters(detour=1.0, campus_link="linked")
    register = spaces((0, 0), (0, 50), university=["复旦大学", "同济大学"])
    there = destinations(
        campus("U", shapely.box(600, -400, 1400, 400), university="复旦大学"),
        gate("G", (1400.0, 0.0), "U", university="复旦大学"),
        known=KNOWN,
    )
    found = judged(register, there, OPEN_GROUND, rule)
    tried = candidates(register, there, OPEN_GROUND, rule)
    ranking = gaps(register, there, OPEN_GROUND, found, tried, most=1).ranking
    gates = ranking[ranking["kind"].eq("gate")]
    assert len(gates)
    assert set(gates["spaces"]) == {1}
