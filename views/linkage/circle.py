"""The 15-minute circle of a park: which groups of daily facilities, how many dwellings."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from geo.access import GROUP_NAMES
from layers.access import CIRCLE_TITLES
from layers.access import DWELLING_TITLES
from layers.access import GROUP_TITLES
from layers.access import TABLE_TITLES
from layers.access import circle_tables
from layers.i18n import unknown
from layers.team import Right
from views import figures
from views import tables
from views import who
from views.linkage import data
from views.linkage import listing
from views.linkage import space_card
from views.linkage import state
from views.linkage import words
from views.text import _
from views.text import lang
from views.text import num
from views.text import pick

if TYPE_CHECKING:
    from layers.access import Access
    from layers.access import Circle

_INTERNAL = "units_available"


def show(found: Access, park: str | None) -> None:
    """Show the circle of a park, or ask for one."""
    if park is None:
        st.info(_("Choose a park at the left, or tick one in the table of parks."))
        return
    circle = data.circle(found.parameters, park, state.trial())
    if state.trial():
        st.caption(_("With objects on trial, not stored"))
    st.caption(
        _(
            "Within {m} of walking from any of its {n} located spaces. How many people live "
            "there is not known: no layer says it."
        ).format(m=num(circle.most_m, unit="m"), n=num(circle.spaces))
    )
    if not circle.spaces:
        st.info(_("None of this park's spaces is located, so nothing can be said."))
        return
    figures.show(_dwellings(circle))
    tables.show(
        _groups(circle),
        config={_("Walk (m)"): st.column_config.NumberColumn(format="localized", step=1)},
    )
    _save(park, circle, found)


def _dwellings(circle: Circle) -> list[tuple[str, str]]:
    row = circle.dwellings
    supplied = not unknown(row["projects"])
    missing = _("not supplied")
    cells = [
        (
            num(row["projects"]) if supplied else missing,
            _("housing projects in the circle"),
        ),
        (num(row["units_total"]) if supplied else missing, _dwellings_title(row)),
    ]
    if who.may(Right.INTERNAL):
        left = num(row[_INTERNAL]) if supplied else missing
        cells.append((left, _("dwellings to let")))
    here = int(circle.groups["state"].eq("yes").sum())
    open_ = int(circle.groups["state"].eq("unknown").sum())
    whole = len(circle.groups)
    span = num(here) if not open_ else f"{num(here)}–{num(here + open_)}"
    figure = _("unknown") if open_ == whole else _("{n} of {all}").format(n=span, all=num(whole))
    return [*cells, (figure, _("groups of facilities in the circle"))]


def _dwellings_title(row: pd.Series) -> str:
    title = _("dwellings in them")
    left = row["projects_without_units"]
    if unknown(left) or not left:
        return title
    return f"{title} · {_('{n} projects without a number').format(n=num(left))}"


def _groups(circle: Circle) -> pd.DataFrame:
    entries = []
    for _index, row in circle.groups.iterrows():
        name = GROUP_NAMES[row["group"]]
        near = row["nearest_name"]
        entries.append(
            {
                _("Group"): name.zh if lang() == "zh" else name.en,
                _("In the circle"): _state(row),
                _("Count"): row["count"],
                _("Nearest"): "" if unknown(near) else near,
                _("Walk (m)"): space_card.round_m(row["nearest_m"]),
                _("Behind a barrier"): row["blocked"],
            }
        )
    return pd.DataFrame(entries)


def _state(row: pd.Series) -> str:
    left = _("unknown, behind a barrier") if row["blocked"] else _("unknown, not supplied")
    titles = {"yes": _("there"), "no": _("missing"), "unknown": left}
    return f"{words.STATE_MARKS[row['state']]} {titles[row['state']]}"


def _save(park: str, circle: Circle, found: Access) -> None:
    made = circle_tables({park: circle})
    dwellings = made["dwellings"]
    if not who.may(Right.INTERNAL):
        dwellings = dwellings.drop(columns=_INTERNAL)
    parts = [("groups", made["groups"], GROUP_TITLES), ("circle", made["circle"], CIRCLE_TITLES)]
    if not dwellings["projects"].isna().all():
        parts.append(("dwellings", dwellings, DWELLING_TITLES))
    for column, (kind, table, titles) in zip(st.columns(len(parts)), parts, strict=True):
        label = _("Save (Excel): {title}").format(title=pick(TABLE_TITLES[kind]))
        with column:
            listing.save(
                pd.DataFrame(table),
                kind,
                titles,
                found,
                of_spaces=kind == "dwellings",
                label=label,
            )
