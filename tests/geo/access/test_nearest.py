"""What decides, against a judge that looks at every pair one by one."""

from __future__ import annotations

from typing import TYPE_CHECKING
from typing import Any

import numpy as np
import pandas as pd
import pytest
from shapely import LineString
from shapely import Point
from shapely import box

from geo.access import GROUPS
from geo.access import NEAREST_KEYS
from geo.access import AccessParameters
from geo.access import Destinations
from geo.access import linkage
from geo.access import walks
from geo.layout import Surroundings
from tests.geo.access.town import campus
from tests.geo.access.town import destinations
from tests.geo.access.town import facility
from tests.geo.access.town import gate
from tests.geo.access.town import series
from tests.geo.access.town import spaces
from tests.geo.access.town import station

if TYPE_CHECKING:
    import geopandas as gpd

RULE = AccessParameters()
UNIVERSITIES = ("East", "West", "North")


def town(seed: int) -> tuple[gpd.GeoDataFrame, Destinations, Surroundings]:
    """Return scattered spaces and destinations, two rivers and one bridge; much is far."""
    rng = np.random.default_rng(seed)

    def at(size: int = 1) -> Any:
        return tuple(rng.uniform(0, 5000, 2)) if size == 1 else rng.uniform(0, 5000, (size, 2))

    register = spaces(*map(tuple, at(25)))
    named = [*UNIVERSITIES, "East、West", None]
    register["university"] = [named[k] for k in rng.integers(0, len(named), 25)]
    outlines = [box(x, y, x + 400, y + 200) for x, y in at(2)]
    rows = [
        *[campus(f"K{k}", outlines[k], university=UNIVERSITIES[k]) for k in range(2)],
        *[campus(f"L{k}", at(), university=UNIVERSITIES[k]) for k in range(2)],
        *[gate(f"G{k}", at(), "L0") for k in range(2)],
        gate("H", at(), "M", university="West"),
        *[station(f"S{k}", at()) for k in range(5)],
        *[facility(f"F{k}", at(), GROUPS[k % 4]) for k in range(20)],
        *[{"id": f"I{k}", "kind": "incubator", "at": at()} for k in range(3)],
    ]
    rivers = [LineString([(2500, -99), (2500, 9999)]), LineString([(-99, 2500), (9999, 2600)])]
    around = Surroundings(series(*rivers), series(Point(rivers[seed % 2].interpolate(2000))))
    return register, destinations(*rows, known={"platform", "facility:sport"}), around


def slow(
    space: pd.Series[Any], table: gpd.GeoDataFrame, pairs: dict[Any, Any], key: str, known: set[str]
) -> tuple[str, Any]:
    """Return the state of one key for one space, and the walk to what decides."""
    owner = {"K0": "East", "K1": "West", "L0": "East", "L1": "West", "M": "West"}
    own = str(space["university"]).split("、")
    best: tuple[int, float, float, str] = (9, 0.0, 0.0, "")
    for number, row in table.iterrows():
        is_campus = row["kind"] in {"gate", "campus"} and row["id"] != "L0"
        if key in GROUPS:
            wanted, limit = row["kind"] == "facility" and row["group"] == key, RULE.community_m
        elif key in {"any_gate", "linked_gate"}:
            wanted, limit = is_campus, RULE.gate_m
            if key == "linked_gate" and is_campus:
                whose = owner[row["campus_id"] if row["kind"] == "gate" else row["id"]]
                wanted = whose in own
        else:
            wanted = row["kind"] == key
            limit = RULE.rail_m if key == "station" else np.inf
        if not wanted:
            continue
        pair = pairs[space.name, number]
        walk, line = pair["walk_m"], RULE.detour * pair["straight_m"]
        rough = row["kind"] == "campus" and row.geometry.geom_type == "Point"
        slack = RULE.detour * RULE.campus_radius_m if rough else 0.0
        if walk <= limit:
            rank = 1 if row["kind"] == "campus" else 0
        elif (np.isnan(walk) and line <= limit + slack) or walk <= limit + slack:
            rank = 2
        else:
            rank = 3
        best = min(best, (rank, np.inf if np.isnan(walk) else walk, line, row["id"]))
    if best[3]:
        return ("yes", "estimated", "unknown", "no")[best[0]], best[1]
    if key == "linked_gate":
        return "unknown", None
    return ("no" if key in known else "unknown"), None


@pytest.mark.parametrize("seed", range(4))
def test_random_towns_against_a_judge_of_every_pair(seed: int) -> None:
    register, there, around = town(seed)
    result = linkage(register, there, around, RULE)
    pairs = walks(register.geometry, there.table.geometry, around, RULE)
    by_pair: dict[Any, Any] = pairs.set_index(["origin", "target"]).to_dict("index")
    columns = {"any_gate": "met_any_gate", "linked_gate": "met_linked_gate", "station": "met_rail"}
    states = set()
    for number, space in register.iterrows():
        found = result.spaces.loc[number]
        groups = []
        for key in NEAREST_KEYS:
            state, walk = slow(space, there.table, by_pair, key, {"platform", "sport"})
            if key in columns:
                assert found[columns[key]] == state, (number, key)
                states.add(state)
            groups += [state] if key in GROUPS else []
            told = found[f"{key}_m"]
            if walk is None:
                assert pd.isna(found[f"{key}_id"])
            else:
                assert (np.inf if np.isnan(told) else told) == pytest.approx(walk), (number, key)
        assert found["groups_unknown"] == groups.count("unknown")
        assert found["groups_within"] == groups.count("yes")
    assert states == {"yes", "estimated", "unknown", "no"}
