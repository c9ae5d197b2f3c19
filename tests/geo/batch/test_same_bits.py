"""A park has the same numbers, to the last bit, whichever parks are measured with it."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any
from typing import NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from shapely import LineString
from shapely import Point
from shapely import box

from geo.chance import Chance
from geo.chance import Stock
from geo.chance import adjusted
from geo.crs import district_crs
from geo.land import Land
from geo.scatter import ScatterResult
from geo.scatter import Surroundings
from geo.scatter import scatter

CRS = district_crs(121.5)
FRAMES = ("table", "sites", "tree", "spaces", "runs", "belts")
EXTENT_M = 5_000.0


class City(NamedTuple):
    spaces: gpd.GeoDataFrame
    parks: pd.DataFrame
    zones: gpd.GeoDataFrame
    surroundings: Surroundings
    chance: Chance


@cache
def city(seed: int, streets: bool) -> City:
    """Return parks of 1 to 12 sites, all over each other, among rivers and streets."""
    rng = np.random.default_rng(seed)
    rows = []
    for number in range(24):
        middle = rng.uniform(0, EXTENT_M, 2)
        for space in range(1 + number % 12):
            near = rng.random() < 0.8
            place = middle + rng.normal(0, 500, 2) if near else rng.uniform(0, EXTENT_M, 2)
            area = np.nan if number == 5 else rng.uniform(100, 9_000)
            rows.append((f"P{number:02d}", f"P{number:02d}-{space:02d}", area, _shape(place, rng)))
    names = ["park_id", "carrier_id", "floor_area_m2", "geometry"]
    spaces = gpd.GeoDataFrame(rows, columns=names, crs=CRS)
    spaces = spaces.astype({"park_id": "str", "carrier_id": "str"})
    ids = [*spaces["park_id"].unique(), "empty"]
    parks = pd.DataFrame({"park_id": ids, "name": ids}, dtype="str")
    barriers = [
        LineString([(0, 1800.7), (2500, 2100), (EXTENT_M, 1700)]),
        LineString([(2600.1, 0), (2400, EXTENT_M)]),
        box(3700, 3000, 4100, 4600),
    ]
    crossings = [Point(900, 1900), Point(4000, 1900), Point(2500, 2600.5), Point(3700, 3500)]
    zones = gpd.GeoDataFrame(
        {"belt": ["A", "A", "B"]},
        geometry=[box(500.3, 200.1, 2200, 2600), *_discs((3000, 3300), (3800, 1300))],
        crs=CRS,
    )
    surroundings = Surroundings(
        gpd.GeoSeries(barriers, crs=CRS),
        gpd.GeoSeries(crossings, crs=CRS),
        gpd.GeoSeries(_streets(rng), crs=CRS) if streets else None,
    )
    stock = Stock(rng.uniform(0, EXTENT_M, (2_000, 2)))
    return City(spaces, parks, zones, surroundings, Chance(stock, draws=99, block_bytes=100_000))


def _shape(place: Any, rng: np.random.Generator) -> Any:
    if rng.random() < 0.05:
        return None
    width, depth = rng.uniform(5, 40, 2)
    east, north = place
    footprint = box(east, north, east + width, north + depth)
    return Point(place) if rng.random() < 0.3 else footprint


def _discs(*middles: tuple[float, float]) -> list[Any]:
    return [Point(middle).buffer(900) for middle in middles]


def _streets(rng: np.random.Generator) -> list[Any]:
    """Return a crooked grid of streets, some of them missing."""
    along = np.linspace(0, EXTENT_M, 26)
    lines = []
    for at in np.arange(0, EXTENT_M + 1, 250):
        crooked = at + rng.normal(0, 9, (2, along.size))
        lines += [np.column_stack([along, crooked[0]]), np.column_stack([crooked[1], along])]
    pieces = shapely.get_parts(shapely.union_all(shapely.linestrings(np.stack(lines))))
    return [piece for piece in pieces if rng.random() < 0.97]


def measured(place: City, ids: Any = None) -> ScatterResult:
    spaces, parks = place.spaces, place.parks
    if ids is not None:
        spaces = spaces[spaces["park_id"].isin(ids)].reset_index(drop=True)
        parks = parks[parks["park_id"].isin(ids)].reset_index(drop=True)
    return scatter(spaces, parks, place.zones, surroundings=place.surroundings, chance=place.chance)


@cache
def whole(seed: int, streets: bool) -> ScatterResult:
    return measured(city(seed, streets))


def assert_same_rows(part: ScatterResult, everything: ScatterResult, ids: Any) -> None:
    for name in FRAMES:
        expected, found = getattr(everything, name), getattr(part, name)
        expected = expected[expected["park_id"].isin(ids)].reset_index(drop=True)
        if name == "table":
            # The adjustment is of all parks of a scope, and made when all are there.
            expected, found = (one.drop(columns="p_low_adjusted") for one in (expected, found))
        if "geometry" in expected.columns:
            shapes = (shapely.to_wkb(one.geometry.to_numpy()) for one in (expected, found))
            assert np.equal(*shapes).all()
            expected, found = (
                pd.DataFrame(one).drop(columns="geometry") for one in (expected, found)
            )
        pd.testing.assert_frame_equal(found, expected, check_exact=True)


@pytest.mark.parametrize("streets", [False, True])
@pytest.mark.parametrize("seed", [1, 2])
def test_parks_measured_apart_have_the_numbers_of_all(seed: int, streets: bool) -> None:
    place, everything = city(seed, streets), whole(seed, streets)
    rng = np.random.default_rng(seed)
    ids = place.parks["park_id"].to_numpy()
    for size in (1, 1, 2, 6):
        chosen = rng.choice(ids, size, replace=False)
        assert_same_rows(measured(place, chosen), everything, chosen)


@pytest.mark.parametrize("parts", [2, 7])
def test_every_part_of_a_partition_has_the_numbers_of_all(parts: int) -> None:
    place, everything = city(3, streets=True), whole(3, streets=True)
    ids = np.random.default_rng(3).permutation(place.parks["park_id"].to_numpy())
    found = [measured(place, chosen) for chosen in np.array_split(ids, parts)]
    for part, chosen in zip(found, np.array_split(ids, parts), strict=True):
        assert_same_rows(part, everything, chosen)
    together = pd.concat([part.table for part in found]).sort_values("park_id", ignore_index=True)
    again = adjusted(together["p_low"].to_numpy())
    assert np.array_equal(again, everything.table["p_low_adjusted"].to_numpy(), equal_nan=True)


def test_the_case_has_all_that_could_tell_parks_apart() -> None:
    """Rivers to be led around and blocked by, streets, sites off them, and every size."""
    table = whole(1, streets=True).table
    for name in ("detoured_pairs", "blocked_pairs", "network_pairs", "unsnapped_sites"):
        assert table[name].sum() > 0
    assert table["network_pairs"].gt(0).sum() > 10
    assert set(range(2, 9)) <= set(table["sites"].dropna())
    assert {"green", "red", "undecided"} <= set(table["flag"])


@pytest.mark.parametrize("null", ["land", "few buildings", "one thread more"])
def test_the_test_against_chance_does_not_depend_on_the_other_parks(null: str) -> None:
    place = city(2, streets=False)
    area = box(0, 0, EXTENT_M, EXTENT_M).difference(box(1000, 1000, 2000.5, 3000))
    chances = {
        "land": Chance(Land(area), draws=40, block_bytes=50_000),
        "few buildings": Chance(Stock(place.chance.null.xy[:9]), draws=40),  # type: ignore[union-attr]
        "one thread more": replace(place.chance, workers=2, block_bytes=20_000),
    }
    place = place._replace(chance=chances[null])
    everything = measured(place)
    assert everything.table["p_low"].notna().sum() > 5
    for chosen in (["P03"], ["P04", "P15"], ["P01", "P02", "P03", "P13", "P14", "P22"]):
        assert_same_rows(measured(place, chosen), everything, chosen)
