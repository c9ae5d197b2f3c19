"""Two planners' work on one feature brought together: by hand, and by rule."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from layers.catalogue import load_catalogue
from layers.editing import Side
from layers.editing import State
from layers.editing import merge_feature
from layers.editing.tables import Row
from layers.editing.threeway import same_row

SPEC = load_catalogue().layer("parks")
SPACES = load_catalogue().layer("carriers")
HERE, THERE, ELSEWHERE = (
    shapely.box(121.5, 31.3, 121.5 + d, 31.301) for d in (0.001, 0.002, 0.003)
)
PAIR = {"gross_area_m2", "area_basis"}
SHAPE = {"geometry", "boundary_status", "accuracy_m", "verified"}


def row(shape: shapely.Polygon | None = HERE, **cells: Any) -> Row:
    return Row({**dict.fromkeys(SPEC.field_names), "park_id": "P1", **cells}, shape)


BASE = row(name="园", note="旧", address="一号", boundary_status="official", verified=True)


def changed(shape: shapely.Polygon | None = HERE, **cells: Any) -> Row:
    return Row({**BASE.cells, **cells}, shape)


def outcome(mine: Row | None, theirs: Row | None, side: Side, base: Row | None) -> Row | None:
    return merge_feature("C1", base, mine, theirs, SPACES).row(side)


def test_fields_that_one_changed_stand_beside_those_of_the_other() -> None:
    mine, theirs = changed(name="我园"), changed(address="二号", note=None)
    merge = merge_feature("P1", BASE, mine, theirs, SPEC)
    assert (merge.state, merge.clashes, merge.is_clean) == (State.BOTH, (), True)
    assert dict(merge.fields) == {"name": "mine", "address": "theirs", "note": "theirs"}
    made = merge.row(Side.MINE)
    assert made is not None
    assert (made.cells["name"], made.cells["address"], made.cells["note"]) == ("我园", "二号", None)


def test_a_field_that_both_changed_is_decided_and_the_rest_is_kept() -> None:
    mine, theirs = changed(name="我园", note="我"), changed(name="他园", address="二号")
    merge = merge_feature("P1", BASE, mine, theirs, SPEC)
    assert merge.clashes == ("name",)
    assert merge.own == ("note",)
    told = {}
    for side in Side:
        made = merge.row(side)
        assert made is not None
        told[side] = tuple(made.cells[n] for n in ("name", "note", "address"))
    assert told == {
        Side.MINE: ("我园", "我", "二号"),
        Side.THEIRS: ("他园", "我", "二号"),
        Side.DROP: ("他园", "旧", "二号"),
    }


def test_a_boundary_goes_with_its_status() -> None:
    """A drawn boundary must not get the "verified" that somebody gave to the old one."""
    mine = changed(THERE, boundary_status="sketch", verified=False)
    theirs = changed(accuracy_m=0.5)
    merge = merge_feature("P1", BASE, mine, theirs, SPEC)
    assert set(merge.clashes) == SHAPE
    kept = merge.row(Side.MINE)
    assert kept is not None
    assert kept.shape == THERE
    assert kept.cells["accuracy_m"] is None
    theirs_kept = merge.row(Side.THEIRS)
    assert theirs_kept is not None
    assert theirs_kept.shape == HERE
    assert (theirs_kept.cells["boundary_status"], theirs_kept.cells["accuracy_m"]) == (
        "official",
        0.5,
    )


def test_where_a_ring_begins_is_no_change() -> None:
    turned = shapely.Polygon([*list(HERE.exterior.coords)[2:], *list(HERE.exterior.coords)[1:3]])
    assert turned.equals(HERE)
    assert merge_feature("P1", BASE, changed(turned), changed(note="新"), SPEC).is_clean


@pytest.mark.parametrize("empty", [None, "", float("nan"), pd.NA])
def test_unknown_is_unknown_however_it_is_written(empty: Any) -> None:
    base, mine = row(note=None), row(note=empty)
    assert merge_feature("P1", base, mine, row(note="他"), SPEC).state is State.THEIRS


def test_removed_and_changed_is_never_decided_alone() -> None:
    theirs = changed(name="他园")
    mine_gone = merge_feature("P1", BASE, None, theirs, SPEC)
    assert (mine_gone.state, mine_gone.is_clean) == (State.REMOVED_BY_ME, False)
    assert mine_gone.row(Side.MINE) is None
    assert mine_gone.row(Side.DROP) == theirs
    theirs_gone = merge_feature("P1", BASE, theirs, None, SPEC)
    assert (theirs_gone.state, theirs_gone.is_clean) == (State.REMOVED_BY_THEM, False)
    assert theirs_gone.fields == (("name", "mine"),)
    assert theirs_gone.row(Side.MINE) == theirs
    assert theirs_gone.row(Side.DROP) is None
    assert merge_feature("P1", BASE, None, None, SPEC).state is State.SAME
    assert merge_feature("P1", BASE, None, BASE, SPEC).state is State.MINE


def test_one_id_for_two_new_features() -> None:
    one, other = row(name="甲"), row(name="乙")
    twice = merge_feature("P1", None, one, other, SPEC)
    assert (twice.state, twice.is_clean) == (State.ADDED_TWICE, False)
    assert twice.fields == (("name", "clash"),)
    assert merge_feature("P1", None, one, replace(one), SPEC).state is State.SAME


FIELDS = ("name", "note", "address", "gross_area_m2", "area_basis", "accuracy_m", "verified")
CELLS = st.fixed_dictionaries(
    {name: st.sampled_from([None, "a", "b", "c"]) for name in FIELDS},
)
ROWS = st.one_of(
    st.none(),
    st.builds(
        lambda cells, shape: Row({**dict.fromkeys(SPACES.field_names), **cells}, shape),
        CELLS,
        st.sampled_from([None, HERE, THERE, ELSEWHERE]),
    ),
)
THERE_ROWS = ROWS.filter(lambda found: found is not None)


@given(ROWS, ROWS)
def test_alone_each_gets_what_he_did(base: Row | None, mine: Row | None) -> None:
    for side in (Side.MINE, Side.THEIRS):
        assert same_row(outcome(mine, base, side, base), mine)
        assert same_row(outcome(base, mine, side, base), mine)
        assert same_row(outcome(mine, mine, side, base), mine)


@given(THERE_ROWS, THERE_ROWS, THERE_ROWS)
@settings(max_examples=300)
def test_mine_on_theirs_is_theirs_on_mine_seen_from_the_other_desk(
    base: Row, mine: Row, theirs: Row
) -> None:
    here = outcome(mine, theirs, Side.MINE, base)
    there = outcome(theirs, mine, Side.THEIRS, base)
    assert same_row(here, there)
    if merge_feature("P1", base, mine, theirs, SPACES).is_clean:
        assert same_row(here, outcome(theirs, mine, Side.MINE, base))


@given(THERE_ROWS, THERE_ROWS, THERE_ROWS)
@settings(max_examples=300)
def test_no_change_of_a_field_is_lost_unseen(base: Row, mine: Row, theirs: Row) -> None:
    merge = merge_feature("P1", base, mine, theirs, SPACES)
    made = {side: merge.row(side) for side in (Side.MINE, Side.THEIRS)}
    for name in ("geometry", *FIELDS):
        was, me, them = (_value(found, name) for found in (base, mine, theirs))
        group = SHAPE if name in SHAPE else PAIR if name in PAIR else {name}
        for side, found in made.items():
            assert found is not None
            now = _value(found, name)
            if me not in (was, now):
                assert side is Side.THEIRS
                assert group & set(merge.clashes)
            if them not in (was, now):
                assert side is Side.MINE
                assert group & set(merge.clashes)
            assert now in (was, me, them)


def _value(found: Row, name: str) -> Any:
    if name == "geometry":
        return None if found.shape is None else found.shape.wkb
    return found.cells[name]
