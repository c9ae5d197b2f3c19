"""The fifteen-minute circle: 1200 m at 80 m a minute."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from layers.access import CIRCLE_TITLES
from layers.access import DWELLING_TITLES
from layers.access import GROUP_TITLES
from layers.access import circle_tables
from layers.access import circles
from layers.access import fifteen_minutes
from layers.errors import UsageError
from layers.frames import GEOMETRY
from tests.access_hand import CATALOGUE
from tests.access_hand import RULE
from tests.access_hand import added
from tests.access_hand import at
from tests.access_hand import bridge
from tests.access_hand import town

FACILITIES: list[dict[str, Any]] = [
    {"id": "f1", "name": "近食堂", "kind": "canteen", GEOMETRY: at(0, -1200)},
    {"id": "f2", "name": "远食堂", "kind": "canteen", GEOMETRY: at(0, -1201)},
    {"id": "f3", "name": "球场", "kind": "sport", GEOMETRY: at(9000, 0)},
    {"id": "f4", "name": "北绿地", "kind": "green", GEOMETRY: at(1500, 400)},
]
HOUSING: list[dict[str, Any]] = [
    {"id": "h1", "name": "甲公寓", "units_total": 100, "units_available": 7, GEOMETRY: at(500, 0)},
    {"id": "h2", "name": "乙公寓", "units_total": None, GEOMETRY: at(600, 0)},
    {"id": "h3", "name": "在建公寓", "units_total": 900, "status": "under_construction"}
    | {GEOMETRY: at(10, 0)},
    {"id": "h4", "name": "远公寓", "units_total": 40, GEOMETRY: at(-5000, 0)},
]


def supplied() -> dict[str, Any]:
    return added(added(town(), "facilities", *FACILITIES), "housing", *HOUSING)


def test_what_is_within_1200_metres_of_any_space_is_in_the_circle_once() -> None:
    found = fifteen_minutes(supplied(), CATALOGUE, "P1", RULE)
    assert found.most_m == 1200
    assert (found.spaces, found.spaces_unlocated) == (2, 0)
    assert found.facilities["id"].tolist() == ["h1", "h2", "f1"]
    assert found.facilities["walk_m"].tolist() == pytest.approx([500, 600, 1200], abs=0.01)
    groups: Any = found.groups.set_index("group")
    assert groups["state"].to_dict() == {
        "canteen": "yes",
        "housing": "yes",
        "meeting": "unknown",
        "care": "unknown",
        "sport": "no",
        "green": "no",
    }
    assert groups.loc["canteen", "count"] == 1
    assert pd.isna(groups.loc["care", "count"])
    assert groups.loc["sport", "count"] == 0
    assert found.population is None


def test_what_is_blocked_leaves_a_group_unknown_until_there_is_a_bridge() -> None:
    rows = [{"id": "f4", "name": "南绿地", "kind": "green", GEOMETRY: at(2000, 400)}]
    tables = added(town(), "facilities", *rows)
    green = fifteen_minutes(tables, CATALOGUE, "P2", RULE).groups.set_index("group").loc["green"]
    assert (green["state"], green["blocked"]) == ("unknown", 1)
    tables = added(tables, "crossings", bridge(2000))
    green = fifteen_minutes(tables, CATALOGUE, "P2", RULE).groups.set_index("group").loc["green"]
    assert (green["state"], green["count"]) == ("yes", 1)


def test_dwellings_are_added_up_as_far_as_they_are_known() -> None:
    found = fifteen_minutes(supplied(), CATALOGUE, "P1", RULE).dwellings
    assert found["projects"] == 2
    assert found["projects_without_units"] == 1
    assert found["units_total"] == 100
    assert found["units_available"] == 7


def test_all_parks_together_count_a_project_once() -> None:
    found = fifteen_minutes(supplied(), CATALOGUE, None, RULE).dwellings
    assert (found["projects"], found["units_total"]) == (2, 100)


def test_nobody_supplied_housing_is_unknown_and_none_near_is_none() -> None:
    assert pd.isna(fifteen_minutes(town(), CATALOGUE, "P1", RULE).dwellings["projects"])
    far = added(town(), "housing", HOUSING[3])
    found = fifteen_minutes(far, CATALOGUE, "P1", RULE).dwellings
    assert (found["projects"], found["units_total"]) == (0, 0)


def test_a_park_without_a_place_has_no_circle() -> None:
    tables = added(supplied(), "carriers", {"carrier_id": "C9", "park_id": "P9", "name": "某楼"})
    found = fifteen_minutes(tables, CATALOGUE, "P9", RULE)
    assert found.spaces_unlocated == 1
    assert set(found.groups["state"]) == {"unknown"}
    assert pd.isna(found.dwellings["projects"])


def test_the_hidden_number_of_dwellings_to_let_is_not_told_as_none() -> None:
    tables = supplied()
    tables["housing"] = tables["housing"].drop(columns="units_available")
    assert pd.isna(fifteen_minutes(tables, CATALOGUE, "P1", RULE).dwellings["units_available"])


def test_circles_of_all_parks_as_tables() -> None:
    each = circles(supplied(), CATALOGUE, None, RULE)
    assert list(each) == ["P1", "P2"]
    tables = circle_tables(each)
    assert tables["circle"].groupby("park_id")["id"].apply(list).to_dict()["P1"] == [
        "h1",
        "h2",
        "f1",
    ]
    assert len(tables["groups"]) == 12
    assert tables["dwellings"]["units_total"].tolist() == [100, 0]
    for name, titles in (
        ("circle", CIRCLE_TITLES),
        ("groups", GROUP_TITLES),
        ("dwellings", DWELLING_TITLES),
    ):
        assert set(tables[name].columns) - {"geometry"} <= set(titles)


def test_an_unknown_park_is_refused() -> None:
    with pytest.raises(UsageError, match="P8"):
        fifteen_minutes(town(), CATALOGUE, "P8", RULE)
