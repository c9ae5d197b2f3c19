"""What is added helps: no gate, crossing or facility makes a walk longer or a class lower."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st
from shapely import LineString

from geo.access import GROUPS
from geo.access import NEAREST_KEYS
from geo.access import AccessParameters
from geo.access import AccessResult
from geo.access import thresholds
from geo.layout import Surroundings
from tests.geo.access.town import destinations
from tests.geo.access.town import facility
from tests.geo.access.town import gate
from tests.geo.access.town import judged
from tests.geo.access.town import series
from tests.geo.access.town import spaces
from tests.geo.access.town import station

EVERY = {"gate", "station", *(f"facility:{group}" for group in GROUPS)}
RIVERS = series(
    LineString([(1010, -500), (980, 900), (1030, 2500)]), LineString([(-500, 1210), (2500, 1190)])
)
coordinate = st.integers(0, 40).map(lambda step: step * 50.0)
place = st.tuples(coordinate, coordinate)
gates = st.builds(lambda at, campus: ("gate", at, campus), place, st.sampled_from("KL"))
stations = st.builds(lambda at: ("station", at, None), place)
facilities = st.builds(lambda at, group: ("facility", at, group), place, st.sampled_from(GROUPS))


def row(number: int, what: tuple[str, Any, Any]) -> dict[str, Any]:
    kind, at, more = what
    name = f"{kind}{number:03d}"
    if kind == "gate":
        return gate(name, at, more, university=f"University {more}")
    return station(name, at) if kind == "station" else facility(name, at, more)


def judge(held: list[Any], there: list[Any], bridges: list[Any]) -> AccessResult:
    register = spaces(*held, university=["University K", "University L"])
    rows = [row(number, what) for number, what in enumerate(there)]
    around = Surroundings(RIVERS, series(*bridges))
    return judged(register, destinations(*rows, known=EVERY), around, AccessParameters())


def _limit(key: str) -> float:
    return thresholds(AccessParameters()).get(key, np.inf)


def helps(before: AccessResult, after: AccessResult) -> None:
    old, new = before.spaces, after.spaces
    for key in NEAREST_KEYS:
        was, now = old[f"{key}_m"], new[f"{key}_m"]
        # What is too far to meet a condition may only give way to what may be near enough.
        asked = (new[f"{key}_way"] == "blocked") & (was > _limit(key))
        assert ((now <= was + 1e-6) | was.isna() | asked).all(), key
    assert (new["linkage_low"] >= old["linkage_low"]).all()
    assert (new["groups_within"] >= old["groups_within"].fillna(0)).all()


held = st.lists(place, min_size=2, max_size=2)


@settings(deadline=None, max_examples=40)
@given(
    held,
    st.lists(gates | stations | facilities, max_size=10),
    gates | facilities | stations,
    st.lists(place, max_size=3),
)
def test_one_destination_more(
    held: list[Any], there: list[Any], added: Any, bridges: list[Any]
) -> None:
    helps(judge(held, there, bridges), judge(held, [*there, added], bridges))


@settings(deadline=None, max_examples=40)
@given(
    held,
    st.lists(gates | stations | facilities, max_size=10),
    st.lists(place, max_size=2),
    st.sampled_from(range(2)),
    st.floats(0, 1, exclude_max=True),
)
def test_one_crossing_more(
    held: list[Any], there: list[Any], bridges: list[Any], river: int, part: float
) -> None:
    at = RIVERS[river].interpolate(part, normalized=True)
    helps(judge(held, there, bridges), judge(held, there, [*bridges, at]))


def test_a_crossing_raises_a_class_at_all() -> None:
    """The town of the two tests above is one in which something can change."""
    there = [("gate", (1300.0, 300.0), "K"), ("station", (700.0, 300.0), None)]
    before, after = (
        judge([(800, 300), (0, 0)], there, []),
        judge([(800, 300), (0, 0)], there, [(1000, 300)]),
    )
    helps(before, after)
    assert before.spaces["linkage_low"].tolist() == [1, 0]
    assert after.spaces["linkage_low"].tolist() == [2, 0]
    assert after.spaces["any_gate_m"].iloc[0] == pytest.approx(1.324 * 500, rel=0.01)
    assert np.isnan(before.spaces["any_gate_m"].iloc[0])
