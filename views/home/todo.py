"""What waits for somebody: stale data, places that are missing, leases, weak space, tasks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from layers.agenda import LEASE_TITLES
from layers.agenda import LEASES_TITLE
from layers.agenda import STALE_TITLE
from layers.agenda import UNLOCATED_TITLE
from layers.agenda import UNLOCATED_TITLES
from layers.agenda import WEAK_TITLE
from layers.agenda import WEAK_TITLES
from layers.agenda import ending_leases
from layers.agenda import unlocated
from layers.agenda import without_operator
from layers.calendar import CALENDAR_TITLES
from layers.clock import local_day
from layers.team import Right
from views import calendar
from views import links
from views import store
from views import tables
from views import who
from views.plan import data as plan_data
from views.text import _
from views.text import lang
from views.text import num
from views.text import pick
from views.underused import data as space_data

if TYPE_CHECKING:
    from collections.abc import Callable
    from collections.abc import Mapping

    import pandas as pd

    from layers.errors import Text

_FIRST = 8
_LATE = ("overdue", "never")


def show() -> None:
    """Show what waits, most pressing first; each with its count, and the page where it is done."""
    st.markdown(f"#### {_('To do')}")
    _stale()
    if who.may(Right.INTERNAL) and store.has("units") and store.has("carriers"):
        _leases()
    if who.may(Right.INTERNAL) and store.has("carriers"):
        _weak()
    _tasks()
    _undecided()
    _places()


def _stale() -> None:
    found = calendar.calendar()
    late = found[found["state"].isin(_LATE)]
    if found.empty:
        with _item(_("Stale data"), None):
            st.caption(_("The data calendar has no entries yet, so nobody knows what is stale."))
            _go("calendar", _("Open the data calendar"))
        return
    names = {
        f"title_{lang()}": _("Data"),
        "owner": _("Owner"),
        "next_due": _("Due"),
        "state": _("State"),
    }
    shown = late.assign(state=[calendar.state_title(state) for state in late["state"]])
    with _item(_("Stale data"), len(late)):
        _table(shown, names)
        _save(late, "stale", STALE_TITLE, CALENDAR_TITLES, internal=False)
        _go("calendar", _("Open the data calendar"))


def _leases() -> None:
    found = ending_leases(store.whole().tables, store.scatter(), local_day())
    soon = int(found["within"].lt(12).sum())
    names = {
        "park_name": _("Park"),
        "carrier_name": _("Place"),
        "first_end": _("First ends"),
        "open_from": _("Place is free from"),
        "floor_area_m2": _("Floor area (m²)"),
    }
    with _item(_("Leases ending at locked places within 12 months"), len(found)):
        st.caption(
            _(
                "Places outside the largest walking cluster of their park where leases end: "
                "{n} of them within 6 months. Until the last lease ends the place stays."
            ).format(n=num(soon))
        )
        _table(found, names)
        _save(found, "leases", LEASES_TITLE, LEASE_TITLES, internal=True)
        _go("consolidate", _("Open consolidation"))


def _weak() -> None:
    found = without_operator(space_data.usual())
    names_of = {"title": _("Carrier"), "state": _("State"), f"reason_{lang()}": _("Why")}
    titles = space_data.told(space_data.usual()).set_index("carrier_id")["title"]
    shown = found.assign(title=found["carrier_id"].map(titles))
    with _item(_("Inefficient building space without operator"), len(found)):
        _table(shown, names_of)
        _save(found, "without_operator", WEAK_TITLE, WEAK_TITLES, internal=True)
        _go("space", _("Open building space"))


def _tasks() -> None:
    own = plan_data.plan()
    if own is None:
        return
    rows = [row for row in plan_data.board(own).rows if row.is_overdue or row.problems]
    with _item(_("Tasks overdue or with something missing"), len(rows)):
        for row in rows[:_FIRST]:
            label = f"{row.task.task_id} {pick(row.task.title)}"
            if st.button(label, key=f"home_task:{row.task.task_id}", type="tertiary"):
                links.open_task(row.task.task_id)
        _go("plan", _("Open the action plan"))


def _undecided() -> None:
    if not store.has("carriers"):
        return
    table = store.scatter().table
    open_ones = table[table["flag"].eq("undecided")]
    names = {"park_name": _("Park"), f"reason_{lang()}": _("Why")}
    with _item(_("Parks without a flag (undecided)"), len(open_ones)):
        _table(open_ones, names)
        _go("scatter", _("Open scatter"))


def _places() -> None:
    # Layers of many thousand buildings are not read to learn that each has its place.
    every = store.tables()
    lacking = {
        spec.key: every[spec.key]
        for spec in store.catalogue().layers
        if spec.geometry
        and store.rows(spec.key) > store.rows(spec.key, located=True)
        and spec.key in every
    }
    found = unlocated(lacking, store.catalogue())
    titles = {spec.key: pick(spec.title) for spec in store.catalogue().layers}
    shown = found.assign(layer=found["layer"].map(titles))
    with _item(_("Objects without a place"), len(found)):
        _table(shown, {"layer": _("Layer"), "name": _("Name"), "id": _("Id")})
        _save(found, "unlocated", UNLOCATED_TITLE, UNLOCATED_TITLES, internal=False)
        if who.may(Right.WRITE):
            _go("import", _("Open import"))


def _item(title: str, count: int | None) -> st.delta_generator.DeltaGenerator:
    """Return a folded part of the list; its count stands in its title."""
    told = _("unknown") if count is None else num(count)
    mark = "○" if count == 0 else "●"
    return st.expander(f"{mark} {title}: **{told}**")


def _table(frame: pd.DataFrame, names: Mapping[str, str]) -> None:
    if frame.empty:
        st.caption(_("Nothing waits here."))
        return
    tables.show(frame[list(names)].head(_FIRST).rename(columns=dict(names)))
    if len(frame) > _FIRST:
        st.caption(_("The first {n} of {all}.").format(n=num(_FIRST), all=num(len(frame))))


def _save(
    frame: pd.DataFrame, name: str, title: Text, titles: Mapping[str, Text], *, internal: bool
) -> None:
    if len(frame):
        shown = frame[[column for column in titles if column in frame]]
        tables.save(shown, f"home_{name}", title, titles, internal=internal)


def _go(page: str, label: str, then: Callable[[], None] | None = None) -> None:
    if st.button(label, key=f"home_go:{page}"):
        if then is not None:
            then()
        links.go(page)
