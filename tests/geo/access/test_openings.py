"""What a crossing opens, against the whole linkage judged again with the crossing there."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING
from typing import Any

import numpy as np
import pytest
import shapely

from geo.access import AccessParameters
from geo.access import Destinations
from geo.access.covering import CAMPUS
from geo.access.covering import FACTS
from geo.access.covering import RAIL
from geo.access.linkage import with_every_column
from geo.access.openings import opened
from geo.access.parameters import GROUPS
from geo.layout import Surroundings
from tests.geo.access.town import campus
from tests.geo.access.town import destinations
from tests.geo.access.town import facility
from tests.geo.access.town import gate
from tests.geo.access.town import judged
from tests.geo.access.town import series
from tests.geo.access.town import spaces
from tests.geo.access.town import station

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    from geo.access import AccessResult

KNOWN = {"gate", "campus", "station", *(f"facility:{group}" for group in GROUPS)}
RULE = AccessParameters(detour=1.2, gate_m=900.0, rail_m=600.0, community_m=700.0)
RIVER = shapely.LineString([(900, -800), (1000, 900), (850, 2800)])
LAKE = shapely.box(300, 1150, 700, 1190)
STREETS = (
    shapely.LineString([(200, 200), (800, 200), (800, 1400)]),
    shapely.LineString([(1200, 300), (1900, 300), (1900, 1500)]),
)


def town(seed: int) -> tuple[gpd.GeoDataFrame, Destinations]:
    """Make a town on both sides of a river; one space is not located, one has no area."""
    draw = np.random.default_rng(seed)
    places: list[Any] = [tuple(xy) for xy in draw.uniform(0, 2000, (11, 2))]
    names = [["North", "East、South", "", "West"][n % 4] for n in range(12)]
    register = spaces(*places, None, university=names)
    register.loc[3, "floor_area_m2"] = np.nan
    rows = [
        campus("U", shapely.box(1300, 1300, 1600, 1600), university="East"),
        gate("G", (1300.0, 1450.0), "U"),
        campus("V", shapely.box(100, 1500, 400, 1800), university="North"),
        campus("W", (1500.0, 300.0), university="South"),
    ]
    rows += [station(f"S{n}", tuple(xy)) for n, xy in enumerate(draw.uniform(0, 2000, (2, 2)))]
    rows += [
        facility(f"F{n}", shapely.Point(xy).buffer(40), GROUPS[n % 4])
        for n, xy in enumerate(draw.uniform(0, 2000, (8, 2)))
    ]
    return register, destinations(*rows, known=KNOWN)


def facts_of(found: AccessResult) -> NDArray[np.bool_]:
    """Read the facts off a linkage."""
    good = {"yes", "estimated"} if found.parameters.count_estimates else {"yes"}
    facts = np.zeros((len(found.spaces), len(FACTS)), dtype=bool)
    facts[:, CAMPUS] = found.spaces["met_campus"].isin(good)
    facts[:, RAIL] = found.spaces["met_rail"].isin(good)
    named = list(found.spaces["carrier_id"])
    for _, row in found.nearest.iterrows():
        if row["key"] in GROUPS and row["state"] in good:
            facts[named.index(row["carrier_id"]), FACTS.index(row["key"])] = True
    return facts


def one_by_one(
    register: gpd.GeoDataFrame,
    there: Destinations,
    around: Surroundings,
    rule: AccessParameters,
    crossings: NDArray[Any],
) -> set[tuple[int, int, int]]:
    """Judge everything again for every crossing."""
    holds = facts_of(judged(register, there, around, rule))
    known = [] if around.crossings is None else list(around.crossings)
    found = set()
    for number, crossing in enumerate(crossings):
        more = replace(around, crossings=series(*known, crossing))
        new = facts_of(judged(register, there, more, rule)) & ~holds
        found |= {(number, int(space), int(fact)) for space, fact in np.argwhere(new)}
    return found


CASES: dict[str, tuple[dict[str, Any], bool, bool]] = {
    "as it is": ({}, False, False),
    "estimates do not count": ({"count_estimates": False}, False, True),
    "linked universities": ({"campus_link": "linked"}, False, True),
    "streets": ({}, True, True),
    "far reach": ({"crossing_reach_m": 160.0}, False, False),
    "no reach": ({"crossing_reach_m": 0.0}, False, False),
}


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("seed", [1, 2])
def test_a_crossing_opens_what_the_linkage_says_when_it_is_there(case: str, seed: int) -> None:
    changed, streets, bridge = CASES[case]
    rule = replace(RULE, **changed)
    register, there = town(seed)
    around = Surroundings(
        barriers=series(RIVER, LAKE),
        crossings=series((930.0, -200.0)) if bridge else None,
        walkways=series(*STREETS) if streets else None,
    )
    along = shapely.line_interpolate_point(RIVER, np.linspace(0.15, 0.95, 7), normalized=True)
    beside = shapely.points([(500.0, 1150.0), (920.0, 700.0), (5000.0, 5000.0)])
    crossings = np.concatenate([along, beside])
    expected = one_by_one(register, there, around, rule, crossings)
    holds = facts_of(judged(register, there, around, rule))
    table = with_every_column(there.table)
    found = opened(register, table, around, rule, holds, crossings)
    told = list(map(tuple, found.T.tolist()))
    assert len(told) == len(set(told))
    assert set(told) == expected
    assert expected, "a town in which no crossing matters tests nothing"


def test_a_way_that_only_grazes_what_is_opened_counts() -> None:
    # The crossing is registered 45 m beside the straight way, which it opens all the same:
    # the straight way is short enough, a way over the point itself would be too long.
    rule = AccessParameters(detour=1.0, rail_m=600.0)
    register = spaces((0, 0))
    there = destinations(station("S", (600.0, 0.0)), known=KNOWN)
    around = Surroundings(barriers=series(shapely.LineString([(590, -900), (590, 900)])))
    crossing = np.array([shapely.Point(590, 45)])
    holds = np.zeros((1, len(FACTS)), dtype=bool)
    found = opened(register, with_every_column(there.table), around, rule, holds, crossing)
    assert found.T.tolist() == [[0, 0, RAIL]]
    assert one_by_one(register, there, around, rule, crossing) == {(0, 0, RAIL)}


def test_what_the_streets_connect_no_crossing_shortens() -> None:
    # By the streets it is 1,400 m to the station and by a new bridge 500 m; a bridge that no
    # street leads to is no way for those who are on the streets.
    rule = AccessParameters(detour=1.0)
    register = spaces((0, 0))
    there = destinations(station("S", (500.0, 0.0)), known=KNOWN)
    street = shapely.LineString([(0, 0), (0, 450), (500, 450), (500, 0)])
    wall = series(shapely.LineString([(250, -900), (250, 400)]))
    holds = np.zeros((1, len(FACTS)), dtype=bool)
    bridge = np.array([shapely.Point(250, 0)])
    table = with_every_column(there.table)
    on_streets = Surroundings(barriers=wall, walkways=series(street))
    assert opened(register, table, on_streets, rule, holds, bridge).shape == (3, 0)
    assert one_by_one(register, there, on_streets, rule, bridge) == set()
    without = replace(on_streets, walkways=None)
    assert opened(register, table, without, rule, holds, bridge).T.tolist() == [[0, 0, RAIL]]


def test_nothing_to_open_is_no_error() -> None:
    wall = Surroundings(barriers=series(RIVER))
    bridge = np.array([shapely.Point(900, 0)])
    nothing = with_every_column(destinations(known=KNOWN).table)
    holds = np.zeros((1, len(FACTS)), dtype=bool)
    assert opened(spaces((0, 0)), nothing, wall, RULE, holds, bridge).shape == (3, 0)
    table = with_every_column(destinations(station("S", (1000.0, 0.0)), known=KNOWN).table)
    assert opened(spaces(None), table, wall, RULE, holds, bridge).shape == (3, 0)
    none = holds[:0]
    assert opened(spaces(), table, wall, RULE, none, bridge).shape == (3, 0)
