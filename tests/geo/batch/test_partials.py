"""Tallies of parts add up to the tally of the whole, to the last bit."""

from __future__ import annotations

from dataclasses import replace
from functools import reduce
from operator import add
from typing import TYPE_CHECKING
from typing import Any

import numpy as np
import pandas as pd
import pytest

from geo.batch.partials import PLAN_NUMBERS
from geo.batch.partials import ConsolidationTally
from geo.batch.partials import ScatterTally
from geo.batch.partials import UnderuseTally
from geo.batch.partials import plan_numbers
from geo.consolidation.frontier import Frontier
from geo.consolidation.steps import Step
from geo.district import totals
from geo.flag import FLAG_TITLES
from geo.underuse import STATES

if TYPE_CHECKING:
    from collections.abc import Sequence

TALLIES: list[Any] = [ScatterTally, UnderuseTally, ConsolidationTally]


def parks(count: int, seed: int = 0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    sites = pd.array(rng.integers(0, 12, count), dtype="Int64")
    sites[rng.random(count) < 0.2] = pd.NA
    area = rng.lognormal(8, 3, count)
    area[rng.random(count) < 0.2] = np.nan
    return pd.DataFrame(
        {
            "flag": rng.choice(list(FLAG_TITLES), count),
            "sites": sites,
            "floor_area_m2": area,
            "sample": pd.array(rng.random(count) < 0.1, dtype="boolean"),
        }
    ).astype({"flag": "str"})


def carriers(count: int, seed: int = 0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    low = rng.lognormal(5, 3, count)
    high = np.where(rng.random(count) < 0.3, np.inf, low * 2)
    high[rng.random(count) < 0.1] = np.nan
    vacant = np.where(rng.random(count) < 0.3, np.nan, rng.lognormal(6, 2, count))
    return pd.DataFrame(
        {
            "state": rng.choice(STATES, count),
            "recoverable_low": low,
            "recoverable_high": high,
            "vacant_area_m2": vacant,
        }
    ).astype({"state": "str"})


def plans(count: int, seed: int = 0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    before = rng.integers(10, 90, count)
    fewest = before - rng.integers(0, 9, count).astype(float)
    fewest[rng.random(count) < 0.2] = np.nan
    unsolved = np.isnan(fewest)
    return pd.DataFrame(
        {
            "presences_before": before,
            "fewest": fewest,
            "lower_bound": before - 9,
            "moved_area_m2": np.where(unsolved, np.nan, rng.lognormal(8, 3, count)),
            "cost_wan": np.where(unsolved, np.nan, rng.lognormal(3, 3, count)),
            "proven": ~unsolved & (rng.random(count) < 0.5),
        }
    )


MADE: dict[Any, Any] = {ScatterTally: parks, UnderuseTally: carriers, ConsolidationTally: plans}


@pytest.mark.parametrize("table", [parks(200), parks(1), parks(0), parks(5)[:0]])
def test_the_tally_of_one_table_is_its_totals(table: pd.DataFrame) -> None:
    assert ScatterTally.of(table).totals() == totals(table)


def test_a_table_of_which_nothing_is_known() -> None:
    table = parks(3).assign(sites=pd.array([None, 0, None], dtype="Int64"), floor_area_m2=np.nan)
    tally = ScatterTally.of(table)
    assert tally.totals() == totals(table)
    assert (tally.row()["sites"], tally.row()["floor_area_m2"]) == (None, None)
    assert (tally.row()["sites_unknown"], tally.row()["floor_area_unknown"]) == (3, 3)


def test_the_tallies_of_any_parts_are_the_totals_of_the_whole() -> None:
    table = parks(400, seed=4)
    expected = totals(table)
    rng = np.random.default_rng(5)
    for count in (1, 2, 7, 64):
        parts = [table[rng_part] for rng_part in masks(len(table), count, rng)]
        merged = reduce(add, [ScatterTally.of(part) for part in parts], ScatterTally())
        assert merged.totals() == expected


def masks(rows: int, count: int, rng: np.random.Generator) -> Sequence[np.ndarray]:
    label = rng.integers(0, count, rows)
    return [label == number for number in range(count)]


@pytest.mark.parametrize("tally", TALLIES)
def test_tallies_merge_in_any_order_and_grouping(tally: Any) -> None:
    table = MADE[tally](300)
    whole = tally.of(table)
    rng = np.random.default_rng(1)
    for count in (2, 3, 31):
        parts = [tally.of(table[mask]) for mask in masks(len(table), count, rng)]
        from_left = reduce(add, parts)
        middle = count // 2
        halves = reduce(add, parts[middle:]) + reduce(add, parts[:middle])
        assert from_left == halves == whole
        assert from_left.row() == whole.row()


@pytest.mark.parametrize("tally", TALLIES)
def test_nothing_added_changes_nothing(tally: Any) -> None:
    whole = tally.of(MADE[tally](20))
    assert whole + tally() == tally() + whole == whole
    assert tally.of(MADE[tally](20)[:0]) == tally()


def test_a_row_names_every_number() -> None:
    table = parks(50)
    row = ScatterTally.of(table).row()
    assert [*row] == [
        *("parks", "judged", *FLAG_TITLES, "sites", "enclaves", "floor_area_m2"),
        *("sites_unknown", "floor_area_unknown", "sample"),
    ]
    assert row["red"] == (table["flag"] == "red").sum()
    assert row["sample"] is True


def test_one_sample_row_marks_the_sum_as_sample() -> None:
    real, sample = parks(3).assign(sample=False), parks(1).assign(sample=True)
    assert ScatterTally.of(real).row()["sample"] is False
    assert (ScatterTally.of(real) + ScatterTally.of(sample)).row()["sample"] is True
    assert ScatterTally.of(real.drop(columns="sample")).row()["sample"] is False


def test_carriers_are_counted_by_state_and_unknown_areas_apart() -> None:
    table = pd.DataFrame(
        {
            "state": [STATES[0], STATES[0], STATES[-1]],
            "recoverable_low": [10.0, 20.0, 30.0],
            "recoverable_high": [10.0, np.inf, np.nan],
            "vacant_area_m2": [1.0, np.nan, 2.5],
        }
    )
    row = UnderuseTally.of(table).row()
    assert (row["carriers"], row[STATES[0]], row[STATES[-1]]) == (3, 2, 1)
    assert (row["recoverable_low"], row["recoverable_high"]) == (60, 10)
    assert (row["recoverable_unknown"], row["vacant_area_m2"]) == (2, 3.5)
    assert row["vacant_area_unknown"] == 1
    without = UnderuseTally.of(table.drop(columns="vacant_area_m2")).row()
    assert (without["vacant_area_m2"], without["vacant_area_unknown"]) == (None, 3)


def test_plans_of_districts_add_up_and_say_what_is_not_proven() -> None:
    table = pd.DataFrame(
        {
            "presences_before": [9, 5, 4],
            "fewest": [4, 5, np.nan],
            "lower_bound": [4, 3, 2],
            "moved_area_m2": [100.0, 0.5, np.nan],
            "cost_wan": [10.0, 1.25, np.nan],
            "proven": [True, False, False],
        }
    )
    row = ConsolidationTally.of(table).row()
    assert row == {
        "districts": 3,
        "proven": 1,
        "unproven": 2,
        "unsolved": 1,
        "presences_before": 18,
        "fewest": 9,
        "lower_bound": 9,
        "moved_area_m2": 100.5,
        "cost_wan": 11.25,
        "sample": False,
    }


def step(presences: int) -> Step:
    return Step(presences, 3.0, 0.0, 50.0 - presences, 2, "optimal", 0.0, 3.0, 1.0, np.array([0]))


def test_the_numbers_of_a_plan_are_those_with_the_fewest_presences() -> None:
    frontier = Frontier(9, 3, 4, "optimal", 0.0, (step(6), step(4)))
    found = plan_numbers(frontier)
    assert tuple(found) == PLAN_NUMBERS
    assert list(found.values()) == [9, 4, 4, 46.0, 3.0, True]
    assert plan_numbers(replace(frontier, lower_bound=3))["proven"] is False
    nothing = plan_numbers(replace(frontier, steps=()))
    assert (nothing["fewest"], nothing["cost_wan"], nothing["proven"]) == (None, None, False)
    tally = ConsolidationTally.of(pd.DataFrame([found, nothing]))
    assert (tally.row()["unsolved"], tally.row()["fewest"]) == (1, 4)


def test_a_missing_column_is_refused() -> None:
    with pytest.raises(ValueError, match=r"`table` lacks the column\(s\) flag"):
        ScatterTally.of(parks(2).drop(columns="flag"))
    with pytest.raises(ValueError, match=r"`table` lacks the column\(s\) state"):
        UnderuseTally.of(carriers(2).drop(columns="state"))
    with pytest.raises(ValueError, match=r"`table` lacks the column\(s\) proven"):
        ConsolidationTally.of(plans(2).drop(columns="proven"))
