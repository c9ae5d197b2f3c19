"""Ways from one page to another, and small pieces that pages share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from geo.scatter import FLAG_TITLES
from layers.errors import AtlasError
from views import gates
from views import store
from views.text import _
from views.text import esc
from views.text import lang
from views.text import md
from views.text import num
from views.text import pick

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from layers.catalogue import LayerSpec

PARK = "park"
CARRIER = "carrier"
TASK = "task"
PLAN_VIEW = "plan_view"
_PAGES = "pages"
_FIRST = {"home": "home"}
NAMES = (_PAGES,)
"""What is kept in the session."""
FLAG_MARKS = {"green": "●", "yellow": "▲", "red": "■", "undecided": "◇"}
"""A shape for each flag, so that no flag is told by colour alone."""


def remember_pages(pages: dict[str, object]) -> None:
    """Keep the pages of this run, so that a page can switch to another."""
    st.session_state[_PAGES] = pages


def title_of(address: str) -> str:
    """Return what a page is called that has an address; the address if there is none."""
    pages = st.session_state.get(_PAGES, {})
    # The page that opens first has no address of its own.
    titles = {page.url_path or _FIRST.get(name, name): page.title for name, page in pages.items()}
    return str(titles.get(address, address))


def go(page: str, address: Mapping[str, str] | None = None) -> None:
    """Switch to a page; `address` is what follows the question mark."""
    st.switch_page(st.session_state[_PAGES][page], query_params=dict(address) if address else None)


def buttons(spec: LayerSpec, row: pd.Series) -> None:
    """Offer the pages on which an object is treated."""
    identifier = str(row[spec.id_field])
    if spec.key == "parks" and st.button(_("Open the park's page"), type="primary"):
        open_park(identifier)
    if spec.key != "carriers" or not gates.is_open("space"):
        return
    if st.button(_("Show in building space"), type="primary"):
        st.session_state[CARRIER] = identifier
        go("space")


def open_park(park_id: str) -> None:
    """Switch to the page of a park."""
    st.switch_page(st.session_state[_PAGES]["parks"], query_params={PARK: park_id})


def open_scatter(park_id: str) -> None:
    """Switch to the page on which a park's parameters can be moved."""
    st.switch_page(st.session_state[_PAGES]["scatter"], query_params={PARK: park_id})


def open_linkage(park_id: str) -> None:
    """Switch to the page of the linkage of campus, park and neighbourhood, with a park opened."""
    st.switch_page(st.session_state[_PAGES]["linkage"], query_params={PARK: park_id})


def open_task(task_id: str) -> None:
    """Switch to the page of the action plan, with a task opened."""
    st.switch_page(st.session_state[_PAGES]["plan"], query_params={TASK: task_id})


def open_targets() -> None:
    """Switch to the page of the action plan, at its numeric targets."""
    choose_targets()
    go("plan")


def choose_targets() -> None:
    """Let the page of the action plan open at its numeric targets.

    On that page itself only before it runs: when a button calls it.
    """
    st.session_state[PLAN_VIEW] = "targets"
    st.session_state[f"{PLAN_VIEW}:{lang()}"] = "targets"


def open_sheet(kind: str, subject: str) -> None:
    """Switch to the page of exports, where a plan sheet is made ready to be prepared.

    Parameters
    ----------
    kind, subject
        As :class:`layers.sheet.SheetRequest` has them.
    """
    st.session_state["output_what"] = "sheet"
    st.session_state["sheet_kind"] = kind
    st.session_state[f"sheet_{kind}"] = subject
    go("export")


def open_chapter(kind: str, subject: str) -> None:
    """Switch to the page of exports, where a chapter is made ready to be prepared."""
    st.session_state["output_what"] = "chapter"
    st.session_state["chapter_kind"] = kind
    st.session_state[f"chapter_{kind}"] = subject
    go("export")


def flag_title(flag: str) -> str:
    """Return mark and title of a flag."""
    zh, en = FLAG_TITLES[flag]
    return f"{FLAG_MARKS[flag]} {zh if lang() == 'zh' else en}"


def flag_badge(flag: str) -> str:
    """Return a flag as HTML."""
    return f'<span class="atlas-badge {esc(flag)}">{esc(flag_title(flag))}</span>'


def flag_summary() -> None:
    """Show how many parks carry which flag, or why there are none."""
    try:
        table = store.scatter().table
    except AtlasError as error:
        st.caption(md(pick(error.text)))
        return
    counts = table["flag"].value_counts()
    cells = "".join(
        f'<span class="atlas-badge {flag}">{esc(flag_title(flag))} '
        f"{num(counts.get(flag, 0))}</span>"
        for flag in FLAG_MARKS
    )
    st.html(
        f'<div class="atlas-card"><div class="kind">{esc(_("Scatter of parks (flags)"))}</div>'
        f"{cells}</div>"
    )
    if bool(table["sample"].fillna(value=False).any()):
        st.caption(sample_note())


def sample_badge(note: str) -> None:
    """Show that what follows is made from sample data, with a note beside the mark."""
    st.html(
        f'<span class="atlas-badge sample">{esc(_("Sample data"))}</span><small>{esc(note)}</small>'
    )


def sample_note() -> str:
    """Return the note that stands beside flags computed from sample data."""
    return _("Holdings are sample data; the flags show the method, not the real parks.")
