from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from geo.access import AccessParameters
from geo.access import decay
from geo.access import gravity
from geo.access import share_within
from geo.access import two_step
from geo.access import walks
from geo.layout import OPEN_GROUND
from tests.geo.access.town import series

NAN = math.nan


def test_two_step_areas_of_the_worked_example(oracle: dict[str, Any]) -> None:
    case = oracle["E1.2sfca"]
    found = two_step(case["dist"], case["supply"], case["demand"], case["d0"])
    assert found.ratio.tolist() == pytest.approx(case["R"], abs=5e-9)
    assert found.access.tolist() == pytest.approx(case["access"], abs=5e-9)
    spent = float(np.dot(case["demand"], found.access))
    assert spent == pytest.approx(case["lhs"], rel=1e-12)
    assert spent == pytest.approx(case["rhs"], rel=1e-12)


@given(st.data())
def test_what_is_supplied_is_what_is_received(data: st.DataObject) -> None:
    rows = data.draw(st.integers(1, 6))
    columns = data.draw(st.integers(1, 6))
    length = st.lists(st.floats(0, 3000), min_size=columns, max_size=columns)
    distance = np.array(data.draw(st.lists(length, min_size=rows, max_size=rows)))
    size = st.floats(0.5, 1e4)
    supply = np.array(data.draw(st.lists(size, min_size=columns, max_size=columns)))
    demand = np.array(data.draw(st.lists(size, min_size=rows, max_size=rows)))
    found = two_step(distance, supply, demand, 1000.0)
    reached = (distance <= 1000.0).any(axis=0)
    assert np.isnan(found.ratio).tolist() == (~reached).tolist()
    assert demand @ found.access == pytest.approx(supply[reached].sum(), rel=1e-9)


def test_a_supply_that_nobody_reaches_has_no_ratio_and_spoils_nothing() -> None:
    found = two_step([[300.0, 5000.0], [400.0, NAN]], [10, 7], [50, 50], 1000)
    assert found.ratio[0] == pytest.approx(0.1)
    assert np.isnan(found.ratio[1])
    assert found.access.tolist() == pytest.approx([0.1, 0.1])


def test_the_edge_of_the_catchment_is_in_it() -> None:
    assert two_step([[1000.0000005]], [3], [6], 1000).access.tolist() == [0.5]
    assert two_step([[1000.01]], [3], [6], 1000).access.tolist() == [0.0]


def test_what_is_unknown_is_not_zero() -> None:
    unknown_supply = two_step([[100, 200], [5000, 300]], [NAN, 4], [1, 1], 1000)
    assert np.isnan(unknown_supply.access[0])
    assert unknown_supply.access[1] == 2.0
    unknown_demand = two_step([[100], [200]], [4], [NAN, 1], 1000)
    assert np.isnan(unknown_demand.ratio[0])
    assert np.isnan(unknown_demand.access).all()
    assert np.isnan(gravity([[100, 200]], [NAN, 4], 800)[0])
    assert gravity([[NAN, 800]], [NAN, 4], 800).tolist() == [2.0]


def test_the_pull_halves_with_every_half_life(oracle: dict[str, Any]) -> None:
    case = oracle["E4.decay"]
    beta = AccessParameters().decay_per_m
    assert beta == pytest.approx(case["beta_halflife_800"], abs=5e-9)
    for metres, weight in case["weights"].items():
        assert decay([float(metres)], 800)[0] == pytest.approx(weight, abs=5e-5)
        assert decay([float(metres)], 800)[0] == pytest.approx(math.exp(-beta * float(metres)))
    assert decay([NAN], 800).tolist() == [0.0]


def test_gravity_is_the_sum_of_what_pulls() -> None:
    found = gravity([[0.0, 800.0, 1600.0], [400.0, NAN, 800.0]], [10, 20, 40], 800)
    assert found.tolist() == pytest.approx([10 + 10 + 10, 10 * math.sqrt(0.5) + 20])


def test_a_walk_of_ten_minutes_as_the_crow_flies(oracle: dict[str, Any]) -> None:
    case = oracle["E2.walk"]
    rule = AccessParameters()
    walked = [rule.walk_in(minutes) for minutes in (5, 10, 15)]
    assert walked == [case["t5"], case["t10"], case["t15"]]
    assert rule.bands_m == tuple(walked)
    line = rule.walk_in(10) / rule.detour
    assert line == pytest.approx(case["euclid_for_800_network"], abs=0.05)
    near, far = (walks(series((0, 0)), series((x, 0)), OPEN_GROUND, rule) for x in (604.2, 604.3))
    assert near["walk_m"].item() <= 800 < far["walk_m"].item()


def test_the_part_of_a_square_within_ten_minutes_of_its_corner(oracle: dict[str, Any]) -> None:
    case = oracle["E3.coverage"]
    rule = AccessParameters(detour=800 / case["radius_m"])
    middle = np.arange(5, 1000, 10.0)
    east, north = (axis.ravel() for axis in np.meshgrid(middle, middle))
    cells = series(*shapely.points(east, north))
    found = walks(cells, series(tuple(case["station"])), OPEN_GROUND, rule)
    share = share_within(found["walk_m"], np.ones(len(found)), 800).within
    assert share == pytest.approx(case["square_1km_share"], abs=1e-3)


def test_shares_are_of_what_is_weighed_and_say_what_is_unknown() -> None:
    share = share_within([300, 800.0000001, 900, NAN, 100], [1000, 2000, 3000, 4000, NAN], 800)
    assert share.within == pytest.approx(0.3)
    assert share.unknown == pytest.approx(0.4)
    assert all(np.isnan(share_within([100], [NAN], 800)))
    assert all(np.isnan(share_within([], [], 800)))


@pytest.mark.parametrize(
    "call",
    [
        lambda: two_step([[1.0]], [1, 2], [1], 1000),
        lambda: two_step([[1.0]], [1], [1, 2], 1000),
        lambda: two_step([1.0], [1], [1], 1000),
        lambda: two_step([[1.0]], [-1], [1], 1000),
        lambda: two_step([[-1.0]], [1], [1], 1000),
        lambda: two_step([[1.0]], [1], [1], 0),
        lambda: gravity([[1.0]], [1], math.inf),
        lambda: decay([1.0], 0),
        lambda: share_within([1.0], [1, 2], 800),
        lambda: share_within([1.0], [-1], 800),
    ],
)
def test_what_does_not_fit_is_refused(call: Any) -> None:
    with pytest.raises(ValueError, match="must"):
        call()
