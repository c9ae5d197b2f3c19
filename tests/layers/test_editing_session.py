from __future__ import annotations

import json
from typing import TYPE_CHECKING
from typing import Any

import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from layers.catalogue import load_catalogue
from layers.contract import conform
from layers.editing import Add
from layers.editing import Delete
from layers.editing import EditError
from layers.editing import EditSession
from layers.editing import Merge
from layers.editing import Operation
from layers.editing import Reshape
from layers.editing import SetValues
from layers.editing import Split
from layers.editing import apply

if TYPE_CHECKING:
    from collections.abc import Callable

    from layers.errors import Text

SPEC = load_catalogue().layer("zones")
X, Y = 121.5, 31.3
START = EditSession("zones", 3, "0" * 32)


def box(column: float, row: float, size: float = 0.01) -> shapely.Polygon:
    return shapely.box(
        X + column / 100, Y + row / 100, X + column / 100 + size, Y + row / 100 + size
    )


def _base() -> Any:
    rows = [
        {
            "zone_id": f"Z{i:02d}",
            "name": f"区{i}",
            "belt": "未来谷",
            "boundary_status": "official",
            "stated_area_m2": 1000.0 * i,
            "geometry": box(i % 3, i // 3),
        }
        for i in range(9)
    ]
    return conform(pd.DataFrame(rows, dtype=object), SPEC).accepted


BASE = _base()


def ids(frame: Any) -> list[str]:
    return list(frame["zone_id"])


def same(one: Any, other: Any) -> None:
    ordered = [f.sort_values("zone_id", ignore_index=True) for f in (one, other)]
    first, second = (pd.DataFrame(f.drop(columns="geometry")) for f in ordered)
    pd.testing.assert_frame_equal(first, second)
    first_wkb, second_wkb = (list(shapely.to_wkb(f.geometry.to_numpy())) for f in ordered)
    assert first_wkb == second_wkb


def cut(row: float) -> shapely.LineString:
    return shapely.LineString([(X - 1, Y + row / 100), (X + 1, Y + row / 100)])


def test_undo_and_redo_walk_through_the_edits() -> None:
    assert START.is_empty
    assert not START.can_undo
    assert not START.can_redo
    assert START.undo() is START
    assert START.redo() is START
    one = START.do(Delete("Z01"), BASE, SPEC)
    two = one.do(SetValues("Z02", {"name": "乙"}), BASE, SPEC)
    assert two.changed_ids == ("Z01", "Z02")
    assert two.undo().done == one.done
    assert two.undo().can_redo
    assert two.undo().redo() == two
    assert two.undo().undo().redo().redo() == two
    same(two.undo().undo().frame(BASE, SPEC), BASE)
    assert START.done == ()


def test_a_new_edit_forgets_what_was_undone() -> None:
    two = START.do(Delete("Z01"), BASE, SPEC).do(Delete("Z02"), BASE, SPEC)
    other = two.undo().do(Delete("Z03"), BASE, SPEC)
    assert not other.can_redo
    assert ids(other.frame(BASE, SPEC)) == ["Z00", "Z02", "Z04", "Z05", "Z06", "Z07", "Z08"]


def test_an_edit_that_cannot_be_done_is_not_taken() -> None:
    one = START.do(Delete("Z01"), BASE, SPEC)
    with pytest.raises(EditError, match="Z01"):
        one.do(SetValues("Z01", {"name": "甲"}), BASE, SPEC)
    assert one.done == (Delete("Z01"),)


def test_edits_build_on_each_other_and_the_base_stays() -> None:
    before = BASE.copy(deep=True)
    session = START
    for operation in (
        Add("Z10", box(5, 5), {"name": "新", "belt": "杨数浦"}),
        Split("Z10", cut(5.3), "Z11"),
        SetValues("Z11", {"name": "新南"}),
        Merge(("Z11", "Z10"), "Z11"),
        Delete("Z00"),
        Add("Z00", box(6, 6), {"name": "重来", "belt": "未来谷"}),
    ):
        session = session.do(operation, BASE, SPEC)
    replay = session.replay(BASE, SPEC)
    assert ids(replay.frame) == [f"Z0{i}" for i in range(9)] + ["Z11"]
    row: Any = replay.frame.iloc[-1]
    assert row["name"] == "新南"
    assert shapely.covers(box(5, 5).buffer(1e-9), row.geometry)
    assert row.geometry.area == pytest.approx(box(5, 5).area, rel=1e-6)
    assert ids(replay.before) == ["Z00"]
    assert ids(replay.after) == ["Z11", "Z00"]
    told = {(n.code, n.feature_id) for n in session.notes(BASE, SPEC)}
    assert {("sketch", "Z10"), ("values_copied", "Z11"), ("no_source", "Z00")} <= told
    same(BASE, before)


def operations() -> st.SearchStrategy[Operation]:
    """Draw edits, many of which cannot be done in their place."""
    keys = st.sampled_from([*ids(BASE), "D1", "D2"])
    places = st.tuples(st.integers(0, 3), st.integers(0, 3)).map(lambda p: box(*p))
    names = st.one_of(st.none(), st.text(max_size=5)).map(lambda name: {"name": name})
    values = st.text("甲乙", min_size=1).map(lambda name: {"name": name, "belt": "未来谷"})
    return st.one_of(
        st.builds(Add, keys, places, values),
        st.builds(Reshape, keys, places),
        st.builds(Split, keys, st.floats(0, 3).map(cut), keys),
        st.builds(lambda one, two: Merge((one, two), one), keys, keys),
        st.builds(SetValues, keys, names),
        st.builds(Delete, keys),
    )


def attempt(act: Callable[..., Any], step: Operation, frame: Any) -> tuple[Any, Text | None]:
    """Return what an act gives, or the words in which it is refused."""
    try:
        return act(step, frame, SPEC), None
    except EditError as error:
        return None, error.text


@given(st.lists(st.one_of(operations(), st.sampled_from(["undo", "redo"])), max_size=9))
@settings(deadline=None, max_examples=20)
def test_any_walk_equals_the_edits_that_hold_done_one_by_one(steps: list[Operation | str]) -> None:
    session = START
    # The same walk with frames: the state after each edit that holds, and those undone.
    held, undone = [BASE], []
    for step in steps:
        if step == "undo":
            session = session.undo()
            undone += [held.pop()] if len(held) > 1 else []
        elif step == "redo":
            session = session.redo()
            held += [undone.pop()] if undone else []
        else:
            assert isinstance(step, Operation)
            frame, refusal = attempt(apply, step, held[-1])
            longer, again = attempt(session.do, step, BASE)
            assert refusal == again
            if refusal is None:
                held.append(frame)
                session, undone = longer, []
        assert session.can_redo == bool(undone)
    same(session.frame(BASE, SPEC), held[-1])
    written = json.loads(json.dumps(session.as_dict(), allow_nan=False))
    assert EditSession.from_dict(written) == session
    same(EditSession.from_dict(written).frame(BASE, SPEC), held[-1])


def test_features_are_left_out_with_what_builds_on_them() -> None:
    session = START
    for operation in (
        SetValues("Z01", {"name": "一"}),
        Split("Z00", cut(0.3), "D1"),
        SetValues("D1", {"name": "新"}),
        Merge(("Z01", "Z02"), "Z01"),
        Reshape("Z05", box(2, 1, 0.009)),
    ):
        session = session.do(operation, BASE, SPEC)
    rest = session.without(["Z00"])
    assert [op.kind for op in rest.done] == ["set_values", "merge", "reshape"]
    assert [op.kind for op in session.without(["Z02"]).done] == [
        "set_values",
        "split",
        "set_values",
        "reshape",
    ]
    assert session.without([]) == session
    rest.replay(BASE, SPEC)


@pytest.mark.parametrize(
    "change",
    [
        {"layer": 1},
        {"base_version": "3"},
        {"base_version": True},
        {"base_version": None},
        {"workspace": None},
        {"done": {}},
        {"done": ["delete"]},
        {"undone": None},
    ],
)
def test_a_record_that_is_no_session_is_refused(change: dict[str, Any]) -> None:
    assert EditSession.from_dict(START.as_dict()) == START
    with pytest.raises(EditError):
        EditSession.from_dict({**START.as_dict(), **change})
    with pytest.raises(EditError):
        EditSession.from_dict([])
