from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from geo.flag import FLAG_TITLES
from geo.flag import FORM_TITLES
from geo.flag import form
from geo.flag import judge
from geo.scatter import ScatterParameters

NAN = np.nan
RULE = ScatterParameters()


def park(**values: Any) -> pd.DataFrame:
    """Make a split park in two halves that nothing speaks against, with changes."""
    measures = {
        "sites": 2,
        "clusters": 2,
        "largest_cluster_share": 0.5,
        "effective_clusters": 2.0,
        "unlocated_share": 0.0,
        "zone_share": 1.0,
        "zone_border_share": 0.0,
        "p_low": 0.01,
    }
    return pd.DataFrame([measures | values]).astype({"sites": "Int64", "clusters": "Int64"})


def flag(**values: Any) -> str:
    return str(judge(park(**values), RULE)[0])


def test_one_place_is_green_and_less_than_90_percent_is_not() -> None:
    assert flag(sites=1, clusters=1, largest_cluster_share=1.0) == "green"
    assert flag(clusters=1, largest_cluster_share=1.0) == "green"
    assert flag(largest_cluster_share=0.90) == "green"
    assert flag(largest_cluster_share=0.8999) == "yellow"
    assert flag(largest_cluster_share=0.70, p_low=0.9, zone_share=0.0) == "yellow"


def test_below_70_percent_each_condition_alone_makes_red() -> None:
    assert flag() == "yellow"
    assert flag(p_low=0.051) == "red"
    assert flag(p_low=0.05) == "yellow"
    assert flag(effective_clusters=2.51) == "red"
    assert flag(effective_clusters=2.5) == "yellow"
    assert flag(zone_share=0.49) == "red"
    assert flag(zone_share=0.5) == "yellow"
    assert flag(largest_cluster_share=0.6999, p_low=1.0) == "red"


def test_a_sum_of_shares_is_not_judged_by_its_last_digit() -> None:
    assert flag(largest_cluster_share=0.9 - 1e-12) == "green"
    assert flag(largest_cluster_share=0.7 - 1e-12, p_low=1.0) == "yellow"
    assert flag(zone_share=0.5 - 1e-12) == "yellow"


def test_an_unknown_value_decides_nothing_unless_the_others_do() -> None:
    assert flag(p_low=NAN) == "undecided"
    assert flag(zone_share=NAN, zone_border_share=NAN) == "undecided"
    assert flag(p_low=NAN, zone_share=0.2) == "red"
    assert flag(p_low=NAN, zone_share=NAN, effective_clusters=3.0) == "red"
    assert flag(p_low=0.5, zone_share=NAN, zone_border_share=NAN) == "red"
    assert flag(p_low=NAN, zone_share=NAN, largest_cluster_share=0.8) == "yellow"
    assert flag(p_low=NAN, zone_share=NAN, largest_cluster_share=0.95) == "green"


def test_the_zone_boundary_is_judged_at_both_ends() -> None:
    assert flag(zone_share=0.4, zone_border_share=0.2) == "undecided"
    assert flag(zone_share=0.4, zone_border_share=0.05) == "red"
    assert flag(zone_share=0.6, zone_border_share=0.4) == "yellow"
    assert flag(zone_share=0.4, zone_border_share=0.2, p_low=0.5) == "red"


def test_too_little_located_is_undecided_before_anything_else() -> None:
    assert flag(unlocated_share=0.21, sites=1, clusters=1, largest_cluster_share=1.0) == "undecided"
    assert flag(unlocated_share=0.20, sites=1, clusters=1, largest_cluster_share=1.0) == "green"
    assert (
        flag(
            sites=pd.NA,
            clusters=pd.NA,
            largest_cluster_share=NAN,
            effective_clusters=NAN,
            unlocated_share=NAN,
        )
        == "undecided"
    )


def kleene(values: tuple[bool | None, ...]) -> bool | None:
    return True if True in values else None if None in values else False


@pytest.mark.parametrize("chance", [True, False, None])
@pytest.mark.parametrize("pieces", [True, False])
@pytest.mark.parametrize("zone", [True, False, None])
def test_the_whole_truth_table(chance: bool | None, pieces: bool, zone: bool | None) -> None:
    got = flag(
        p_low={True: 0.5, False: 0.01, None: NAN}[chance],
        effective_clusters=3.0 if pieces else 2.0,
        zone_share={True: 0.1, False: 0.9, None: 0.4}[zone],
        zone_border_share=0.3 if zone is None else 0.0,
    )
    expected = {True: "red", False: "yellow", None: "undecided"}[kleene((chance, pieces, zone))]
    assert got == expected


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"sites": 1, "clusters": 1, "largest_cluster_share": 1.0}, "single"),
        ({"clusters": 1, "largest_cluster_share": 1.0}, "contiguous"),
        ({"largest_cluster_share": 0.9}, "concentrated"),
        ({"largest_cluster_share": 0.89}, "core_satellites"),
        ({"largest_cluster_share": 0.61}, "core_satellites"),
        ({"largest_cluster_share": 0.6}, "multipolar"),
        ({"largest_cluster_share": 0.4, "effective_clusters": 3.5}, "multipolar"),
        ({"largest_cluster_share": 0.4, "effective_clusters": 3.6}, "scattered"),
        ({"p_low": NAN}, "multipolar"),
    ],
)
def test_forms(values: dict[str, Any], expected: str) -> None:
    assert form(park(**values), RULE)[0] == expected


def test_no_form_where_too_little_is_located() -> None:
    assert form(park(unlocated_share=0.5), RULE).isna()[0]


def test_titles_in_both_languages() -> None:
    assert FLAG_TITLES["undecided"] == ("不判定", "undecided")
    assert [zh for zh, _ in FORM_TITLES.values()] == [
        "单点",
        "连片",
        "基本集中",
        "一主多副",
        "多极分设",
        "散点",
    ]
