from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st
from shapely import box

from geo.access import CONDITION_SHARES
from geo.access import GROUPS
from geo.access import AccessResult
from tests.geo.access.town import METRE_FOR_METRE
from tests.geo.access.town import campus
from tests.geo.access.town import destinations
from tests.geo.access.town import facility
from tests.geo.access.town import gate
from tests.geo.access.town import judged
from tests.geo.access.town import spaces
from tests.geo.access.town import station

WITHOUT_ESTIMATES = replace(METRE_FOR_METRE, count_estimates=False)


def valley(
    parameters: Any = METRE_FOR_METRE, areas: Any = (1000, 2000, 3000, 4000, None)
) -> AccessResult:
    """Return five spaces: all met, rail by distance, estimated campus, not located, no area."""
    register = spaces((0, 0), (700, 0), (0, 5000), None, (0, 0), floor_area_m2=list(areas))
    register["floor_area_m2"] = register["floor_area_m2"].astype("float64")
    register["university"] = ["East", "East", "East", None, "East"]
    rows = [
        gate("G", (100, 0), "K", university="East"),
        campus("L", box(0, 5100, 100, 5200), university="West"),
        station("S", (0, 0)),
        *[facility(group, (0, 0), group) for group in GROUPS[:5]],
        facility("M", (0, 10), "meeting", campus_id="K", open_to_tenants=True),
    ]
    return judged(register, destinations(*rows, known={"facility:green"}), parameters=parameters)


def test_shares_are_of_all_known_floor_area() -> None:
    found = valley()
    assert found.spaces["linkage"].tolist() == [3, 2, 1, pd.NA, 3]
    park = found.parks.loc["P"]
    counts = [park[f"spaces{of}"] for of in ("", "_unlocated", "_without_area")]
    assert counts == [5, 1, 1]
    assert park["floor_area_m2"] == 10_000
    classes = [park[f"class_{name}_m2"] for name in (0, 1, 2, 3, "unknown")]
    assert classes == [0, 3000, 2000, 1000, 4000]
    assert park["undecided_m2"] == 3000 + 4000
    expected = {
        "any_gate_share": 0.6,
        "any_gate_share_estimated": 0.3,
        "any_gate_share_unknown": 0.4,
        "linked_gate_share": 0.3,
        "linked_gate_share_estimated": 0.0,
        "linked_gate_share_unknown": 0.4,
        "rail_share": 0.1,
        "rail_share_unknown": 0.4,
        "rail_far_share": 0.3,
        "community_share": 0.3,
        "community_share_unknown": 0.4,
        "groups_mean_low": 5 * 0.3,
        "groups_mean_high": 5 * 0.3 + 6 * 0.4,
        "open_share": 0.3,
        "open_share_unknown": 0.4,
        "overlap_share_low": 0.1,
        "overlap_share": 0.1,
        "overlap_share_high": 0.5,
    }
    assert {name: park[name] for name in expected} == pytest.approx(expected)


def test_estimates_count_only_if_they_shall() -> None:
    park = valley(WITHOUT_ESTIMATES).parks.loc["P"]
    assert park["any_gate_share"] == pytest.approx(0.3)
    assert park["any_gate_share_estimated"] == pytest.approx(0.3)
    assert (park["class_0_m2"], park["class_1_m2"]) == (3000, 0)


def test_without_any_known_floor_area_there_is_no_share() -> None:
    park = valley(areas=[None] * 5).parks.loc["P"]
    assert park["floor_area_m2"] == 0
    assert park["spaces_without_area"] == 5
    assert park.filter(like="share").isna().all()
    assert park.filter(like="groups_mean").isna().all()


def test_the_district_is_the_sum_of_its_parks() -> None:
    rng = np.random.default_rng(3)
    places = [tuple(xy) for xy in rng.uniform(0, 2000, (30, 2))]
    register = spaces(*places, floor_area_m2=rng.uniform(10, 1e4, 30).tolist())
    register["park_id"] = [f"P{k % 4}" for k in range(30)]
    rows = [gate("G", (900, 900), "K"), station("S", (1200, 400)), facility("F", (900, 0), "care")]
    found = judged(register, destinations(*rows))
    parks, district = found.parks, found.district.loc[0]
    size = parks["floor_area_m2"]
    assert district["floor_area_m2"] == pytest.approx(size.sum())
    for name in parks.filter(regex="share|mean").columns:
        assert district[name] == pytest.approx((parks[name] * size).sum() / size.sum()), name
    for name in parks.filter(regex="^class|^spaces").columns:
        assert district[name] == pytest.approx(parks[name].sum()), name
    by_hand = found.spaces.loc[found.spaces["met_rail"] == "yes", "floor_area_m2"].sum()
    assert district["rail_share"] == pytest.approx(by_hand / size.sum())
    assert 0 < district["rail_share"] < 1


coordinate = st.integers(0, 40).map(lambda step: step * 50.0)
place = st.tuples(coordinate, coordinate)


@settings(deadline=None, max_examples=30)
@given(
    st.lists(
        st.tuples(st.none() | place, st.none() | st.integers(0, 5000)), min_size=1, max_size=6
    ),
    st.lists(place, max_size=3),
    st.lists(st.tuples(place, st.sampled_from(GROUPS)), max_size=8),
    st.booleans(),
)
def test_parts_add_up_whatever_is_unknown(
    held: list[Any], gates: list[Any], there: list[Any], known: bool
) -> None:
    areas = [None if area is None else float(area) for _, area in held]
    register = spaces(*[at for at, _ in held], floor_area_m2=areas)
    register["floor_area_m2"] = register["floor_area_m2"].astype("float64")
    rows = [gate(f"G{k}", at, "K") for k, at in enumerate(gates)]
    rows += [facility(f"F{k}", at, group) for k, (at, group) in enumerate(there)]
    result = judged(register, destinations(*rows, known={"station"} if known else set()))
    park = result.parks.loc["P"]
    classes = park[["class_0_m2", "class_1_m2", "class_2_m2", "class_3_m2", "class_unknown_m2"]]
    assert classes.sum() == pytest.approx(park["floor_area_m2"])
    low, high = result.spaces["linkage_low"], result.spaces["linkage_high"]
    assert (low <= high).all()
    assert (result.spaces["linkage"].dropna() >= low[result.spaces["linkage"].notna()]).all()
    if park["floor_area_m2"] == 0:
        assert np.isnan(park["overlap_share"])
        return
    assert park["overlap_share_low"] <= park["overlap_share"] <= park["overlap_share_high"]
    assert park["groups_mean_low"] <= park["groups_mean_high"] + 1e-12
    for name in CONDITION_SHARES:
        met, unknown = park[f"{name}_share"], park[f"{name}_share_unknown"]
        assert 0 <= met <= 1 - unknown + 1e-12
