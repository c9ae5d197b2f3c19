"""导入: a planner's file, step by step: file, columns, location, check, differences, commit."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from layers.errors import AtlasError
from layers.errors import ConflictError
from views.importing import behind
from views.importing import check
from views.importing import columns
from views.importing import commit
from views.importing import compare
from views.importing import desk
from views.importing import file
from views.importing import places
from views.text import _
from views.text import md
from views.text import pick

if TYPE_CHECKING:
    from collections.abc import Callable

_STEP = "import_step"
_CONFLICT = "import_conflict"
FILE, COLUMNS, PLACES, CHECK, COMPARE, COMMIT = range(6)


def render() -> None:
    """Show the page."""
    st.markdown(f"### {_('Import a file')}")
    commit.last_import()
    work = desk.work()
    step = _steps(work)
    if work is None:
        file.choose()
        commit.earlier_imports()
        return
    behind.show(work)
    pages: dict[int, Callable[[desk.Work], None]] = {
        FILE: file.show,
        COLUMNS: columns.show,
        PLACES: places.show,
        CHECK: check.show,
        COMPARE: compare.show,
        COMMIT: commit.show,
    }
    lost = st.session_state.pop(_CONFLICT, "")
    if lost:
        st.error(md(lost))
    try:
        pages[step](work)
    except ConflictError as error:
        # The next run sees what was saved meanwhile, and offers to compare with it.
        st.session_state[_CONFLICT] = pick(error.text)
        st.rerun()
    except AtlasError as error:
        st.error(md(pick(error.text)))
    _move(work, step)


def _titles() -> dict[int, str]:
    names = (
        _("File"),
        _("Columns"),
        _("Location"),
        _("Check"),
        _("Differences"),
        _("Commit"),
    )
    return {number: f"{number + 1} {name}" for number, name in enumerate(names)}


def _steps(work: desk.Work | None) -> int:
    """Show where on the way the planner is; she may go back to any step at any time."""
    titles = _titles()
    if work is None:
        st.session_state[_STEP] = FILE
        st.caption(" → ".join(titles.values()))
        return FILE
    if st.session_state.pop(desk.RESTART, False):
        st.session_state[_STEP] = FILE
    st.session_state.setdefault(_STEP, FILE)
    chosen = st.segmented_control(
        _("Steps"),
        list(titles),
        format_func=titles.__getitem__,
        key=_STEP,
        persist_state="session",
        required=True,
        label_visibility="collapsed",
    )
    return int(chosen or FILE)


def _move(work: desk.Work, step: int) -> None:
    back, forth, away, _rest = st.columns([1, 1, 1, 5])
    if step > FILE:
        back.button(_("Back"), key="import_back", width="stretch", on_click=_go, args=(step - 1,))
    if step < COMMIT:
        forth.button(
            _("Next"),
            key="import_next",
            type="primary",
            width="stretch",
            on_click=_go,
            args=(step + 1,),
            disabled=not work.layer,
        )
    away.button(_("Give up"), key="import_away", width="stretch", on_click=desk.clear)


def _go(step: int) -> None:
    st.session_state[_STEP] = step
