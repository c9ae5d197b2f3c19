"""Partitions hold every park once, whatever is asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING
from typing import Literal

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from geo.batch.plan import Member
from geo.batch.plan import Plan
from geo.batch.plan import plan_partitions
from geo.batch.tiles import NOWHERE
from geo.batch.tiles import tile_codes

if TYPE_CHECKING:
    By = Literal["district", "tile"]


def parks(count: int, scopes: int = 3, seed: int = 0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    xy = rng.uniform(-20_000, 20_000, (count, 2))
    return pd.DataFrame(
        {
            "park_id": [f"P{number:05d}" for number in range(count)],
            "scope": rng.choice([f"d{number}" for number in range(scopes)], count),
            "x": xy[:, 0],
            "y": xy[:, 1],
            "rows": rng.integers(0, 40, count),
        }
    )


def everyone(plan: Plan, frame: pd.DataFrame) -> list[tuple[str, str]]:
    """Return scope and park of all that the plan computes."""
    found = []
    for partition in plan.partitions:
        for scope, own in partition.members:
            whole = frame.loc[frame["scope"].eq(scope), "park_id"].dropna()
            found += [(scope, park) for park in (whole if own is None else own)]
    return sorted(found)


def listed(frame: pd.DataFrame) -> list[tuple[str, str]]:
    pairs = frame.dropna(subset="park_id")[["scope", "park_id"]]
    return sorted(pairs.itertuples(index=False, name=None))


BYS: tuple[By, ...] = ("district", "tile")


@settings(derandomize=True, deadline=None, max_examples=150)
@given(
    st.integers(1, 60),
    st.integers(1, 8),
    st.integers(0, 9),
    st.sampled_from(BYS),
    st.one_of(st.none(), st.integers(1, 80)),
    st.sampled_from([100.0, 5_000.0, 1e6]),
    st.booleans(),
)
def test_every_park_is_in_one_partition_and_none_is_empty(
    count: int, scopes: int, seed: int, by: By, wanted: int | None, tile_m: float, apart: bool
) -> None:
    frame = parks(count, scopes, seed)
    plan = plan_partitions(frame, by=by, count=wanted, tile_m=tile_m, splittable=apart)
    assert everyone(plan, frame) == listed(frame)
    assert all(
        member.parks is None or member.parks for p in plan.partitions for member in p.members
    )
    assert [partition.number for partition in plan.partitions] == list(range(len(plan.partitions)))
    assert sum(partition.rows for partition in plan.partitions) == frame["rows"].sum()
    if wanted is not None:
        most = count if apart else frame["scope"].nunique()
        assert len(plan.partitions) == min(wanted, most)
    if not apart:
        assert all(member.parks is None for p in plan.partitions for member in p.members)


@pytest.mark.parametrize("by", BYS)
@pytest.mark.parametrize("count", [None, 1, 7, 64])
def test_the_order_of_the_rows_changes_no_plan(by: By, count: int | None) -> None:
    frame = parks(200, 5)
    mixed = frame.sample(frac=1, random_state=1)
    plans = [plan_partitions(one, by=by, count=count) for one in (frame, mixed)]
    assert plans[0] == plans[1]


def test_one_partition_a_scope_by_default() -> None:
    frame = parks(50, 4)
    plan = plan_partitions(frame)
    assert [p.members for p in plan.partitions] == [
        (Member(scope, None),) for scope in sorted(frame["scope"].unique())
    ]


def test_scopes_are_put_together_the_largest_first() -> None:
    rows = {"a": 50, "b": 40, "c": 30, "d": 20, "e": 10}
    frame = parks(5).assign(scope=list(rows), rows=list(rows.values()))
    plan = plan_partitions(frame, count=2)
    assert [[m.scope for m in p.members] for p in plan.partitions] == [["a", "d", "e"], ["b", "c"]]
    assert [p.rows for p in plan.partitions] == [80, 70]


def test_the_largest_scopes_are_cut_where_there_are_too_few() -> None:
    frame = parks(30, 1).assign(rows=10)
    frame["scope"] = ["big"] * 24 + ["mid"] * 4 + ["low"] * 2
    plan = plan_partitions(frame, count=6)
    pieces = [member.scope for p in plan.partitions for member in p.members]
    assert {scope: pieces.count(scope) for scope in set(pieces)} == {"big": 4, "mid": 1, "low": 1}
    assert [p.rows for p in plan.partitions if p.members[0].scope == "big"] == [60] * 4


def test_a_cut_scope_is_cut_along_neighbouring_tiles() -> None:
    """Four corners of a square, each with parks: four pieces are the four corners."""
    corners = [(x, y) for x in (100.0, 90_100.0) for y in (100.0, 90_100.0)]
    frame = parks(16, 1).assign(rows=1)
    frame[["x", "y"]] = [corners[number % 4] for number in range(16)]
    plan = plan_partitions(frame, count=4)
    for partition in plan.partitions:
        ids = partition.members[0].parks
        assert ids is not None
        assert len({int(park[1:]) % 4 for park in ids}) == 1


def test_runs_of_tiles_have_about_as_many_rows() -> None:
    frame = parks(1_000, 6)
    rows = [p.rows for p in plan_partitions(frame, by="tile", count=16).partitions]
    mean = frame["rows"].sum() / 16
    assert max(rows) - min(rows) <= 2 * frame["rows"].max() + 1000 / 16
    assert abs(max(rows) - mean) <= frame["rows"].max() + 1000 / 16


def test_one_partition_a_tile_of_a_scope_by_default() -> None:
    frame = parks(300, 2)
    plan = plan_partitions(frame, by="tile", tile_m=7_000)
    tiles = np.floor(frame[["x", "y"]].to_numpy() / 7_000).astype(int)
    by_tile = frame.assign(i=tiles[:, 0], j=tiles[:, 1]).groupby(["scope", "i", "j"])
    assert len(plan.partitions) == by_tile.ngroups
    place = dict(zip(frame["park_id"], map(tuple, tiles.tolist()), strict=True))
    for partition in plan.partitions:
        (member,) = partition.members
        assert member.parks is not None
        assert len({place[park] for park in member.parks}) == 1


def test_what_has_no_place_is_planned_too() -> None:
    frame = parks(10, 1).assign(x=np.nan)
    plan = plan_partitions(frame, by="tile", count=3)
    assert everyone(plan, frame) == listed(frame)


def test_what_a_scope_has_besides_its_parks_goes_with_the_whole_scope() -> None:
    frame = pd.concat(
        [parks(4, 1), parks(1).assign(park_id=None, scope="empty", rows=9)], ignore_index=True
    )
    whole = plan_partitions(frame, splittable=False)
    assert [p.members for p in whole.partitions] == [
        (Member("d0", None),),
        (Member("empty", None),),
    ]
    assert whole.partitions[1].rows == 9
    by_tile = plan_partitions(frame, by="tile", count=2)
    assert {member.scope for p in by_tile.partitions for member in p.members} == {"d0"}


def test_ten_thousand_parks() -> None:
    frame = parks(10_000, 16)
    plan = plan_partitions(frame, by="tile", count=64)
    assert len(plan.partitions) == 64
    assert everyone(plan, frame) == listed(frame)


def test_no_parks_make_no_partitions() -> None:
    nothing = parks(0)
    for by in BYS:
        for count in (None, 4):
            assert plan_partitions(nothing, by=by, count=count).partitions == ()


def test_a_plan_says_how_it_was_made() -> None:
    text = plan_partitions(parks(9), by="tile", count=3, tile_m=2500, halo_m=1500).as_text()
    assert text == "by=tile; partitions=3; tile_m=2500; halo_m=1500"
    assert plan_partitions(parks(9, 1)).as_text() == "by=district; partitions=1; halo_m=2000"


def test_options_that_mean_nothing_are_refused() -> None:
    frame = parks(3)
    with pytest.raises(ValueError, match="`count` must be at least 1 partition, not 0"):
        plan_partitions(frame, count=0)
    with pytest.raises(ValueError, match="`tile_m` must be a length above 0 m, not 0"):
        plan_partitions(frame, tile_m=0)
    with pytest.raises(ValueError, match="`halo_m` must be a length of at least 0 m, not -1"):
        plan_partitions(frame, halo_m=-1)
    with pytest.raises(ValueError, match="`by` must be 'district' or 'tile', not 'park'"):
        plan_partitions(frame, by="park")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="`parks` lists P00000 more than once"):
        plan_partitions(pd.concat([frame, frame[:1]]))


def morton_by_hand(east: int, north: int) -> int:
    bits = [(east + 2**31) >> bit & 1 for bit in range(32)]
    others = [(north + 2**31) >> bit & 1 for bit in range(32)]
    return sum(bits[at] << 2 * at | others[at] << (2 * at + 1) for at in range(32))


@settings(derandomize=True, deadline=None)
@given(st.integers(1 - 2**31, 2**31 - 1), st.integers(1 - 2**31, 2**31 - 1))
def test_tile_codes_interleave_the_bits(east: int, north: int) -> None:
    middle = np.array([[east + 0.5, north + 0.5]])
    assert tile_codes(middle, 1.0).tolist() == [morton_by_hand(east, north)]


def test_a_tile_has_its_left_and_lower_edge_and_left_of_zero_is_another() -> None:
    xy = np.array([[0, 0], [4.9, 4.9], [5, 0], [-0.1, 0], [np.nan, 0], [0, np.inf]])
    codes = tile_codes(xy, 5.0)
    assert codes[0] == codes[1]
    assert len(set(codes[[0, 2, 3]].tolist())) == 3
    assert codes[4] == codes[5] == NOWHERE


def test_too_many_tiles_are_refused() -> None:
    with pytest.raises(ValueError, match=r"`tile_m` of 1e-07 m gives more than 2\^31 tiles"):
        tile_codes(np.array([[500_000.0, 0.0]]), 1e-7)
