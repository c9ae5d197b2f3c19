"""Parks beside each other: enclaves, all together, ranks with intervals, and change."""

from __future__ import annotations

from typing import TYPE_CHECKING
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal
from shapely import Point
from shapely import box

from geo.crs import district_crs
from geo.district import DISTRICT
from geo.district import MOST_TOGETHER
from geo.district import TREND_NUMBERS
from geo.district import enclaves
from geo.district import ranking
from geo.district import together
from geo.district import totals
from geo.district import trend
from geo.scatter import scatter

if TYPE_CHECKING:
    from collections.abc import Callable

    Make = Callable[[dict[str, list[Any]]], gpd.GeoDataFrame]

CRS = district_crs(121.5)
NAN = np.nan
RANKS = ["rank", "rank_low", "rank_high"]
# Share, effective clusters and sites of five parks; the fourth is not located.
PARKS: dict[str, tuple[float, float, float]] = {
    "a": (0.5, 2.0, 2),
    "b": (0.5, 3.0, 4),
    "c": (1.0, 1.0, 1),
    "d": (NAN, NAN, NAN),
    "e": (1.0, 1.0, 3),
}


def table_of(parks: dict[str, tuple[float, float, float]], **more: Any) -> pd.DataFrame:
    share, effective, sites = zip(*parks.values(), strict=True)
    frame = pd.DataFrame(
        {
            "park_id": pd.array(list(parks), dtype="str"),
            "park_name": [f"园 {park}" for park in parks],
            "flag": ["undecided" if np.isnan(value) else "yellow" for value in share],
            "form": "multipolar",
            "sites": pd.array(sites, dtype="Int64"),
            "effective_sites": sites,
            "mean_distance_m": 100.0,
            "largest_cluster_share": share,
            "effective_clusters": effective,
            "longest_gap_m": 900.0,
            "zone_share": NAN,
            "p_low": 0.5,
            "stability": 1.0,
            "floor_area_m2": 1000.0,
            "rule_version": "r1",
            "parameters": "walk_m=800",
        }
    )
    return frame.assign(**more)


def runs_of(*readings: dict[str, tuple[float, float]]) -> pd.DataFrame:
    """Make runs from {park: (share, effective clusters)} of each reading."""
    rows = [
        (park, 500.0 + number, 1.2, 30.0, *values)
        for number, reading in enumerate(readings)
        for park, values in reading.items()
    ]
    walk = ["park_id", "walk_m", "detour", "site_gap_m"]
    return pd.DataFrame(rows, columns=[*walk, "largest_cluster_share", "effective_clusters"])


def cells(frame: pd.DataFrame, row: Any, columns: list[str]) -> list[Any]:
    return [frame.loc[row, column] for column in columns]


def spaces_of(*rows: tuple[Any, ...]) -> gpd.GeoDataFrame:
    names = ["park_id", "carrier_id", "floor_area_m2", "units", "sample", "geometry"]
    frame = gpd.GeoDataFrame(list(rows), columns=names, geometry="geometry", crs=CRS)
    return frame.astype(
        {"park_id": "str", "carrier_id": "str", "floor_area_m2": "float64", "units": "Int64"}
    ).astype({"sample": "boolean"})


SHARED = spaces_of(
    ("p", "tower", 100, 2, False, Point(0, 0)),
    ("q", "tower", 300, 1, None, Point(0, 0)),
    ("q", "annex", 50, 0, True, box(900, 0, 940, 20)),
    ("r", "annex", NAN, 4, False, box(900, 0, 940, 20)),
    ("r", "lost", 70, 1, False, None),
)


# Enclaves


def test_enclaves_are_the_sites_beyond_the_first() -> None:
    found = enclaves(table_of(PARKS).set_index("park_id"))
    assert found.name == "enclaves"
    assert found.dropna().to_dict() == {"a": 1, "b": 3, "c": 0, "e": 2}
    assert found.isna().tolist() == [False, False, False, True, False]
    assert found.sum() == 6


def test_no_site_is_not_minus_one_enclave() -> None:
    assert enclaves(pd.DataFrame({"sites": [0]})).isna().all()
    assert enclaves(pd.DataFrame({"sites": []})).empty
    with pytest.raises(ValueError, match="sites"):
        enclaves(pd.DataFrame({"park_id": ["a"]}))


# All parks as one


def test_a_carrier_of_several_parks_is_one_space() -> None:
    found = together(SHARED).set_index("carrier_id")
    assert list(found.index) == ["annex", "lost", "tower"]
    assert found["park_id"].eq(DISTRICT).all()
    assert found.loc["tower", "floor_area_m2"] == 400
    assert found["units"].to_dict() == {"annex": 4, "lost": 1, "tower": 3}
    assert found["sample"].to_dict() == {"annex": True, "lost": False, "tower": False}
    assert found.crs == CRS
    assert found.loc["tower", "geometry"] == Point(0, 0)


def test_an_unknown_part_makes_the_carrier_unknown_and_no_place_stays_none() -> None:
    found = together(SHARED).set_index("carrier_id")
    assert np.isnan(found.loc["annex", "floor_area_m2"])
    assert found.loc["lost", "floor_area_m2"] == 70
    assert found.geometry.isna().to_dict() == {"annex": False, "lost": True, "tower": False}


def test_a_place_that_one_park_lacks_is_taken_from_the_other() -> None:
    half = spaces_of(("p", "tower", 1, 1, False, None), ("q", "tower", 2, 1, False, Point(5, 6)))
    assert together(half).geometry.tolist() == [Point(5, 6)]


def test_one_carrier_in_two_places_is_refused() -> None:
    torn = spaces_of(
        ("p", "tower", 1, 1, False, Point(0, 0)), ("q", "tower", 2, 1, False, Point(5, 6))
    )
    with pytest.raises(ValueError, match=r"carrier tower more than one place"):
        together(torn)


def test_together_of_nothing_is_nothing() -> None:
    found = together(SHARED.iloc[:0])
    assert found.empty
    assert found.crs == CRS
    assert {name: str(kind) for name, kind in found.dtypes.items()} == {
        name: str(kind) for name, kind in together(SHARED).dtypes.items()
    }


def test_together_does_not_depend_on_order_and_leaves_the_spaces_alone() -> None:
    rng = np.random.default_rng(5)
    rows = [
        (f"p{k % 7}", f"c{k // 7}", rng.uniform(1, 1e5), 1, False, Point(k // 7, 0))
        for k in range(280)
    ]
    spaces = spaces_of(*rows)
    given = spaces.copy()
    expected = together(spaces)
    assert_frame_equal(spaces, given)
    shuffled = together(spaces.sample(frac=1, random_state=3))
    assert_frame_equal(pd.DataFrame(shuffled), pd.DataFrame(expected), check_exact=True)
    assert len(expected) == 40


def test_optional_columns_and_another_name_of_the_geometry() -> None:
    plain = SHARED.drop(columns=["units", "sample"]).rename_geometry("shape")
    found = together(plain)
    assert list(found.columns) == ["park_id", "carrier_id", "floor_area_m2", "geometry"]


def test_too_many_carriers_are_refused_with_the_limit() -> None:
    rows = [("p", f"c{k}", 1, 1, False, Point(k, 0)) for k in range(MOST_TOGETHER + 1)]
    with pytest.raises(ValueError, match=r"4,001 carriers.*4,000.*every pair"):
        together(spaces_of(*rows))
    assert len(together(spaces_of(*rows[1:]))) == MOST_TOGETHER
    shared = spaces_of(*rows[1:], ("q", "c1", 1, 1, False, Point(1, 0)))
    assert len(together(shared)) == MOST_TOGETHER


def test_spaces_that_cannot_be_added_are_refused() -> None:
    with pytest.raises(ValueError, match="carrier_id"):
        together(SHARED.assign(carrier_id=[None, *SHARED["carrier_id"][1:]]))
    with pytest.raises(ValueError, match="negative"):
        together(SHARED.assign(floor_area_m2=-1.0))
    with pytest.raises(ValueError, match="more than once"):
        together(SHARED.iloc[[0, 0]])


def test_all_parks_together_are_measured_by_scatter(make_spaces: Make) -> None:
    """Two one-site parks 3 km apart: each is one place, together they are two halves."""
    spaces = make_spaces({"a": [((0, 0), 600)], "b": [((3000, 0), 400)]})
    apart = scatter(spaces, pd.DataFrame({"park_id": ["a", "b"]}))
    assert totals(apart.table).enclaves == 0
    one = together(spaces)
    row = scatter(one, pd.DataFrame({"park_id": [DISTRICT]})).table.iloc[0]
    assert (row["park_id"], row["sites"], row["floor_area_m2"]) == (DISTRICT, 2, 1000)
    assert row["largest_cluster_share"] == 0.6
    assert row["longest_gap_m"] == pytest.approx(3000 * 1.324)


# Ranks


def test_ranks_go_by_share_then_by_clusters_and_ties_share_the_smaller() -> None:
    found = ranking(table_of(PARKS), pd.DataFrame())
    assert found["park_id"].tolist() == ["b", "a", "c", "e", "d"]
    assert found["rank"].tolist()[:4] == [1, 2, 3, 3]
    assert found["rank"].isna().tolist() == [False] * 4 + [True]
    assert found["enclaves"].tolist()[:4] == [3, 1, 0, 2]
    assert found[["share_low", "share_high"]].isna().all(axis=None)
    assert found["rank_low"].equals(found["rank"].rename("rank_low"))  # no run says otherwise


def test_columns_are_the_promised_ones_even_for_nothing() -> None:
    table, runs = table_of(PARKS), runs_of({"a": (0.5, 2.0)})
    full = ranking(table, runs)
    assert list(full.columns)[:12] == [
        "park_id",
        "park_name",
        "flag",
        "form",
        "largest_cluster_share",
        "share_low",
        "share_high",
        "rank",
        "rank_low",
        "rank_high",
        "enclaves",
        "stability",
    ]
    assert list(full.columns)[12:] == ["rule_version", "parameters"]
    for empty in (ranking(table.iloc[:0], runs), ranking(table.iloc[:0], pd.DataFrame())):
        assert empty.empty
        assert_frame_equal(empty, full.iloc[:0])


def test_the_interval_is_the_extremes_over_the_runs() -> None:
    table = table_of({park: PARKS[park] for park in "abc"})
    runs = runs_of(
        {"a": (0.5, 2.0), "b": (0.5, 3.0), "c": (1.0, 1.0)},
        {"a": (0.4, 3.0), "b": (0.6, 2.0), "c": (1.0, 1.0)},
        {"a": (1.0, 1.0), "b": (1.0, 1.0), "c": (1.0, 1.0)},
    )
    found = ranking(table, runs).set_index("park_id")
    assert cells(found, "a", RANKS) == [2, 1, 2]
    assert cells(found, "b", RANKS) == [1, 1, 2]
    assert cells(found, "c", RANKS) == [3, 1, 3]
    assert cells(found, "a", ["share_low", "share_high"]) == [0.4, 1.0]


def test_shares_that_differ_by_rounding_tie() -> None:
    assert 0.1 + 0.2 != 0.3
    found = ranking(table_of({"x": (0.1 + 0.2, 2.0, 2), "y": (0.3, 2.0, 2)}), pd.DataFrame())
    assert found["rank"].tolist() == [1, 1]


def test_parks_without_a_rank_or_outside_the_table_push_nobody_down() -> None:
    runs = runs_of({"a": (0.5, 2.0), "d": (0.1, 9.0), "z": (0.2, 9.0)})
    found = ranking(table_of({park: PARKS[park] for park in "ad"}), runs).set_index("park_id")
    assert cells(found, "a", RANKS) == [1, 1, 1]
    assert found.loc["d", RANKS].isna().all()


def test_a_run_that_does_not_know_a_park_leaves_it_out() -> None:
    table = table_of({park: PARKS[park] for park in "ab"})
    runs = runs_of({"a": (0.5, 2.0), "b": (NAN, NAN)}, {"a": (0.9, 1.2), "b": (0.8, 1.5)})
    found = ranking(table, runs).set_index("park_id")
    assert cells(found, "b", ["rank_low", "rank_high"]) == [1, 1]
    assert cells(found, "a", ["rank_low", "rank_high"]) == [1, 2]
    assert found.loc["b", "share_low"] == 0.8


def test_a_single_park_is_first() -> None:
    found = ranking(table_of({"a": PARKS["a"]}), runs_of({"a": (0.2, 4.0)}, {"a": (0.9, 1.1)}))
    assert cells(found, 0, RANKS) == [1, 1, 1]


def test_a_park_twice_or_a_run_twice_is_refused() -> None:
    table, runs = table_of({"a": PARKS["a"]}), runs_of({"a": (0.5, 2.0)})
    with pytest.raises(ValueError, match="`table` lists a more than once"):
        ranking(pd.concat([table, table]), runs)
    with pytest.raises(ValueError, match=r"`runs` lists a/500\.0/1\.2/30\.0 more than once"):
        ranking(table, pd.concat([runs, runs]))
    with pytest.raises(ValueError, match=r"`runs` lacks.*detour"):
        ranking(table, runs.drop(columns="detour"))


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.data())
def test_ranks_are_those_of_counting_by_hand(data: st.DataObject) -> None:
    """A rank is one more than the number of parks that are more scattered."""
    names = [f"p{number}" for number in range(data.draw(st.integers(1, 6)))]
    value = st.tuples(st.sampled_from([0.25, 0.5, 0.75, NAN]), st.sampled_from([1.0, 2.0, 3.0]))
    readings = [
        {name: data.draw(value) for name in names} for _ in range(data.draw(st.integers(1, 4)))
    ]
    table = table_of({name: (*readings[0][name], 2) for name in names})
    order = data.draw(st.permutations(range(len(names) * len(readings))))
    found = ranking(table, runs_of(*readings).iloc[list(order)]).set_index("park_id")

    ranked = [name for name in names if not np.isnan(readings[0][name][0])]
    assert found["rank"].dropna().to_dict() == by_counting(readings[0], ranked)
    every = [by_counting(reading, ranked) for reading in readings]
    for name in ranked:
        own = [ranks[name] for ranks in every if name in ranks]
        assert cells(found, name, ["rank_low", "rank_high"]) == [min(own), max(own)]


def by_counting(reading: dict[str, tuple[float, float]], parks: list[str]) -> dict[str, int]:
    key = {name: (reading[name][0], -reading[name][1]) for name in parks}
    known = {name: pair for name, pair in key.items() if not np.isnan(pair[0])}
    return {name: 1 + sum(other < pair for other in known.values()) for name, pair in known.items()}


def test_parks_measured_by_scatter_are_ranked(make_spaces: Make) -> None:
    """700 m are 840, 927 or 1064 m on foot: one place only if 1000 m may be walked."""
    spaces = make_spaces(
        {
            "far": [((0, 0), 1), ((3000, 0), 1), ((0, 3000), 1)],
            "near": [((0, 0), 1), ((700, 0), 1)],
            "one": [((0, 0), 1)],
        }
    )
    parks = pd.DataFrame({"park_id": ["far", "near", "none", "one"]})
    result = scatter(spaces, parks)
    found = ranking(result.table, result.runs).set_index("park_id")
    assert list(found.index) == ["far", "near", "one", "none"]
    assert cells(found, "far", RANKS) == [1, 1, 1]
    assert cells(found, "near", [*RANKS, "share_low", "share_high"]) == [2, 2, 2, 0.5, 1.0]
    assert cells(found, "one", [*RANKS, "enclaves"]) == [3, 2, 3, 0]
    assert found.loc["none", [*RANKS, "enclaves"]].isna().all()
    assert trend(result.table, result.table)["change"].eq("same").all()


def test_ranking_does_not_depend_on_the_order_of_rows() -> None:
    rng = np.random.default_rng(11)
    names = [f"p{k:03d}" for k in range(60)]
    readings = [
        {name: (float(rng.integers(1, 20)) / 20, float(rng.integers(1, 5))) for name in names}
        for _ in range(27)
    ]
    table = table_of({name: (*readings[4][name], 2) for name in names})
    runs = runs_of(*readings)
    expected = ranking(table, runs)
    shuffled = ranking(table.sample(frac=1, random_state=1), runs.sample(frac=1, random_state=2))
    assert_frame_equal(shuffled, expected, check_exact=True)
    assert expected["rank_low"].le(expected["rank"]).all()
    assert expected["rank"].le(expected["rank_high"]).all()


# Change


def test_new_gone_same_and_changed() -> None:
    before = table_of({park: PARKS[park] for park in "abd"})
    after = table_of({**{park: PARKS[park] for park in "bde"}, "b": (0.95, 1.1, 2)})
    after["park_name"] = after["park_name"] + " 新"
    found = trend(before, after).set_index("park_id")
    assert found["change"].to_dict() == {"a": "gone", "b": "changed", "d": "same", "e": "new"}
    assert found["comparable"].to_dict() == {"a": False, "b": True, "d": True, "e": False}
    assert found["park_name"].to_dict() == {
        "a": "园 a",
        "b": "园 b 新",
        "d": "园 d 新",
        "e": "园 e 新",
    }
    assert found.loc["b", "sites_change"] == -2
    assert found.loc["b", "largest_cluster_share_change"] == pytest.approx(0.45)
    assert found.loc["a", "sites_before"] == 2
    assert found.loc[["a", "e", "d"], "sites_change"].isna().all()
    assert found["zone_share_change"].isna().all()
    assert str(found["sites_after"].dtype) == str(found["sites_change"].dtype) == "Int64"


def test_every_number_has_before_after_and_change() -> None:
    found = trend(table_of(PARKS), table_of(PARKS))
    assert list(found.columns)[:4] == ["park_id", "park_name", "change", "comparable"]
    wanted = {f"{name}_{at}" for name in TREND_NUMBERS for at in ("before", "after", "change")}
    assert wanted < set(found.columns)
    assert found["change"].eq("same").all()
    assert found["direction"].eq("").all()


@pytest.mark.parametrize(
    ("before", "after", "direction"),
    [
        ("green", "yellow", "worse"),
        ("green", "red", "worse"),
        ("red", "yellow", "better"),
        ("yellow", "green", "better"),
        ("red", "red", ""),
        ("red", "undecided", ""),
        ("undecided", "green", ""),
    ],
)
def test_colours_have_an_order_and_undecided_has_none(
    before: str, after: str, direction: str
) -> None:
    one = table_of({"a": PARKS["a"]})
    found = trend(one.assign(flag=before), one.assign(flag=after)).iloc[0]
    assert found["direction"] == direction
    assert found["change"] == ("same" if before == after else "changed")
    assert (found["flag_before"], found["flag_after"]) == (before, after)


@pytest.mark.parametrize("flags", [("green", "red"), ("red", "green")])
@pytest.mark.parametrize("told", [{"rule_version": "r2"}, {"parameters": "walk_m=500"}])
def test_another_rule_is_shown_but_not_subtracted(
    told: dict[str, str], flags: tuple[str, str]
) -> None:
    before = table_of({"a": PARKS["a"]}, flag=flags[0])
    found = trend(before, table_of({"a": PARKS["b"]}, flag=flags[1], **told)).iloc[0]
    assert not found["comparable"]
    assert found["direction"] == ""
    assert (found["sites_before"], found["sites_after"]) == (2, 4)
    assert pd.isna(found["sites_change"])
    name, value = next(iter(told.items()))
    assert found[f"{name}_after"] == value != found[f"{name}_before"]


def test_a_table_without_parameters_is_compared_by_its_rule() -> None:
    old = table_of({"a": PARKS["a"]}).drop(columns="parameters")
    assert trend(old, table_of({"a": PARKS["a"]}))["comparable"].tolist() == [True]
    nameless = old.assign(rule_version=pd.array([None], dtype="str"))
    assert trend(nameless, nameless)["comparable"].tolist() == [False]


def test_what_becomes_known_is_a_change_without_a_difference() -> None:
    one = table_of({"a": PARKS["a"]})
    found = trend(one, one.assign(zone_share=0.3)).iloc[0]
    assert found["change"] == "changed"
    assert np.isnan(found["zone_share_change"])
    rounded = trend(one, one.assign(floor_area_m2=1000.0 * (1 + 1e-13))).iloc[0]
    assert rounded["change"] == "same"


def test_trend_of_nothing_and_from_nothing() -> None:
    table = table_of(PARKS)
    nothing = trend(table.iloc[:0], table.iloc[:0])
    assert nothing.empty
    assert trend(table.iloc[:0], table)["change"].eq("new").all()
    assert trend(table, table.iloc[:0])["change"].eq("gone").all()
    full = trend(table, table)
    assert_frame_equal(nothing, full.iloc[:0])


def test_trend_does_not_depend_on_order_and_refuses_repeats() -> None:
    before, after = table_of(PARKS), table_of(PARKS).iloc[1:]
    expected = trend(before, after)
    shuffled = trend(before.iloc[::-1], after.sample(frac=1, random_state=1))
    assert_frame_equal(shuffled, expected, check_exact=True)
    with pytest.raises(ValueError, match="`after` lists b more than once"):
        trend(before, pd.concat([after, after]).iloc[:5])
    with pytest.raises(ValueError, match=r"`before` lacks.*p_low"):
        trend(before.drop(columns="p_low"), after)


# Sums


def test_totals_count_what_is_known_and_say_what_is_not() -> None:
    table = table_of(PARKS, floor_area_m2=[100.0, NAN, 300.0, 50.0, NAN])
    table["flag"] = ["red", "red", "green", "undecided", "yellow"]
    found = totals(table)
    assert (found.parks, found.judged) == (5, 4)
    assert list(found.flags.items()) == [("green", 1), ("yellow", 1), ("red", 2), ("undecided", 1)]
    assert (found.sites, found.enclaves, found.sites_unknown) == (10, 6, 1)
    assert (found.floor_area_m2, found.floor_area_unknown) == (450.0, 2)


def test_a_sum_of_unknowns_is_unknown_and_a_sum_of_nothing_is_zero() -> None:
    unknown = totals(table_of({"d": PARKS["d"]}, floor_area_m2=NAN))
    assert (unknown.sites, unknown.enclaves, unknown.floor_area_m2) == (None, None, None)
    assert (unknown.parks, unknown.judged, unknown.sites_unknown) == (1, 0, 1)
    assert totals(table_of({"d": (NAN, NAN, 0)})).sites is None
    nothing = totals(table_of(PARKS).iloc[:0])
    assert (nothing.parks, nothing.sites, nothing.enclaves, nothing.floor_area_m2) == (0, 0, 0, 0)
    assert sum(nothing.flags.values()) == 0


def test_the_sum_of_areas_does_not_depend_on_order() -> None:
    table = table_of(dict.fromkeys("abc", (0.5, 2.0, 2.0)), floor_area_m2=[1e16, 1.0, 1.0])
    assert totals(table) == totals(table.iloc[::-1])
    assert totals(table).floor_area_m2 == 1e16 + 2
