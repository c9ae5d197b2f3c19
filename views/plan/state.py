"""What the page keeps: the opened task in the address, what was done last, and undoing it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import streamlit as st

from layers.errors import AtlasError
from layers.errors import ConflictError
from layers.plan import undo
from views import links
from views import store
from views import who
from views.plan import data
from views.text import _
from views.text import esc
from views.text import md
from views.text import pick

if TYPE_CHECKING:
    from collections.abc import Callable

AUTHOR = "plan_author"
_DONE = "plan_done"
_GENERATION = "plan_generation"
_TO_TOP = "document.querySelector('[data-testid=stMain]')?.scrollTo(0, 0)"


@dataclass(frozen=True)
class Done:
    """What was done last in this session.

    Attributes
    ----------
    told
        What is said of it, in Markdown.
    layer, version
        The commit; a version of -1 cannot be taken back.
    """

    told: str
    layer: str = ""
    version: int = -1


def opened() -> str:
    """Return the task that the address names, empty for the board.

    Only the address counts, so that a bookmark and the browser's Back lead where they say.
    """
    return str(st.query_params.get(links.TASK, ""))


def open_(task_id: str) -> None:
    """Open a task."""
    st.query_params[links.TASK] = task_id


def close() -> None:
    """Go back to the board."""
    st.query_params.pop(links.TASK, None)


def at_top(task_id: str) -> None:
    """Let a task that is opened begin at its top.

    The board and a task are one page of Streamlit, which keeps how far it was scrolled: a
    task low on the board would open in its middle. The script runs once for each opening.
    """
    st.html(
        f'<span hidden data-task="{esc(task_id)}"></span><script>{_TO_TOP}</script>',
        unsafe_allow_javascript=True,
    )


def generation() -> int:
    """Return a number that grows with each change, so that forms begin anew after it."""
    return int(st.session_state.get(_GENERATION, 0))


def renew() -> None:
    """Let the forms begin anew from what is recorded."""
    st.session_state[_GENERATION] = generation() + 1


def attempt(told: str, layer: str, work: Callable[[], object]) -> None:
    """Change a layer of the plan: tell what was done, or why it was not.

    Parameters
    ----------
    told
        What is said when it is done, in Markdown.
    layer
        Which layer it changes.
    work
        Does it.
    """
    if not who.signed(AUTHOR):
        st.error(_("Write your name first: every change is recorded with its author."))
        return
    before = data.version(layer)
    try:
        work()
    except ConflictError as error:
        st.error(md(pick(error.text)))
        st.caption(_("Nothing was written. Look at what others recorded, then try again."))
        return
    except AtlasError as error:
        st.error(md(pick(error.text)))
        return
    after = data.version(layer)
    # With more than one commit since, the last one may be of somebody else.
    st.session_state[_DONE] = Done(told, layer, after if after == before + 1 else -1)
    renew()
    st.rerun()


def tell() -> None:
    """Say what was done last, once more in each run until something else is done."""
    done: Done | None = st.session_state.get(_DONE)
    if done is None:
        return
    left, right = st.columns([6, 1], vertical_alignment="center")
    left.success(done.told)
    if done.version >= 0 and right.button(_("Undo"), key="plan_undo", width="stretch"):
        _undo(done)


def _undo(done: Done) -> None:
    author = data.hand(who.signed(AUTHOR))
    workspace = store.current().workspace
    try:
        undo(workspace, done.layer, done.version, hand=author)
    except AtlasError as error:
        st.error(md(pick(error.text)))
        return
    st.session_state[_DONE] = Done(_("The last change was taken back."))
    renew()
    st.rerun()


def forget() -> None:
    """Say nothing more of what was done."""
    st.session_state.pop(_DONE, None)
