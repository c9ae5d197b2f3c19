"""数据日历: which data who renews by when, what is late, and reminders for calendar programs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from layers.audit import export_id_text
from layers.calendar import CALENDAR
from layers.calendar import CALENDAR_TITLE
from layers.calendar import CALENDAR_TITLES
from layers.calendar import STATE_MARKS
from layers.calendar import STATE_TITLES
from layers.calendar import by_urgency
from layers.calendar import calendar_ics
from layers.calendar import calendar_of
from layers.calendar import calendar_words
from layers.calendar import written
from layers.clock import local_day
from layers.export.tables import in_words
from layers.team import Right
from views import figures
from views import files
from views import seen
from views import store
from views import tables
from views import who
from views.calendar import entries
from views.text import _
from views.text import lang
from views.text import num
from views.text import pick

if TYPE_CHECKING:
    from collections.abc import Sequence

_STATES = "calendar_states"
_KINDS = "calendar_kinds"
_MOST_PX = 620


def render() -> None:
    """Show the page."""
    st.markdown(f"### {_('Data calendar')}")
    st.caption(
        _(
            "Every layer, indicator, target and task with who renews its data, how often, and "
            "by when. Sample data and what came with the atlas count as never delivered."
        )
    )
    found = calendar()
    if found.empty:
        st.info(_("The data calendar has no entries yet."))
    else:
        _figures(found)
        _list(_filtered(found))
        _files(found)
    if who.may(Right.WRITE):
        entries.show(found)


def calendar() -> pd.DataFrame:
    """Return how the entries of the calendar stand today, the most pressing first.

    Of internal layers it tells when they were delivered, and nothing of what is in them.
    """
    return store.once("data_calendar_today", _calendar)


def _calendar() -> pd.DataFrame:
    every = store.whole()
    return by_urgency(calendar_of(every.tables, _history(), local_day(), every.catalogue))


def _history() -> pd.DataFrame:
    workspace = store.current().workspace
    return _history_of(workspace.identity, tuple(store.whole().versions.items()))


@st.cache_resource(show_spinner=False, max_entries=8)
def _history_of(
    identity: str,  # noqa: ARG001 - part of the key of the cache
    versions: tuple[tuple[str, int], ...],  # noqa: ARG001 - the same
) -> pd.DataFrame:
    return store.current().workspace.history()


def state_title(state: str) -> str:
    """Return mark and title of a state, told by shape and word."""
    return f"{STATE_MARKS[state]} {pick(STATE_TITLES[state])}"


def _figures(found: pd.DataFrame) -> None:
    counts = found["state"].value_counts()
    cells = [(num(counts.get(state, 0)), state_title(state)) for state in STATE_TITLES]
    without = int(found["owner"].isna().sum())
    figures.show([*cells, (num(without), _("without an owner"))])


def _filtered(found: pd.DataFrame) -> pd.DataFrame:
    left, right = st.columns(2)
    states = left.multiselect(
        _("State"), list(STATE_TITLES), format_func=state_title, key=_STATES, placeholder=_("all")
    )
    kinds = right.multiselect(
        _("Kind"),
        list(entries.kinds()),
        format_func=entries.kind_title,
        key=_KINDS,
        placeholder=_("all"),
    )
    keep = _among(found["state"], states) & _among(found["subject_kind"], kinds)
    return found[keep].reset_index(drop=True)


def _among(column: pd.Series, wanted: Sequence[str]) -> pd.Series:
    return column.isin(wanted) if wanted else column.notna()


def _list(shown: pd.DataFrame) -> None:
    if shown.empty:
        st.info(_("No entry matches the filter."))
        return
    spec = store.whole().catalogue.layer(CALENDAR)
    days = {
        name: shown[name].dt.strftime("%Y-%m-%d")
        for name in ("next_due", "period_end", "data_through", "delivered_on")
    }
    columns = {
        "state": shown["state"].map(state_title),
        "next_due": days["next_due"],
        "days_left": shown["days_left"],
        "subject_kind": shown["subject_kind"].map(entries.kind_title),
        f"title_{lang()}": shown[f"title_{lang()}"],
        "owner": shown["owner"],
        "period": shown["period"].map(lambda name: spec.field("period").choice_title(name, lang())),
        "period_end": days["period_end"],
        "data_through": days["data_through"],
        "delivered_on": days["delivered_on"],
        "age_days": shown["age_days"],
        f"reason_{lang()}": shown[f"reason_{lang()}"],
    }
    tables.show(
        pd.DataFrame({pick(CALENDAR_TITLES[name]): cells for name, cells in columns.items()})
    )


def _files(found: pd.DataFrame) -> None:
    left, right = st.columns(2)
    with left:
        words = calendar_words(store.whole().catalogue)
        told = in_words(found, words, lang())
        tables.save(told, "calendar", CALENDAR_TITLE, CALENDAR_TITLES, internal=False)
    with right:
        _reminders(found)
    st.caption(
        _(
            "The reminders are a file for Outlook, WPS or a phone: the next four due days of every "
            "entry. Import it again after a change; what is there is renewed, not doubled."
        )
    )


def _reminders(found: pd.DataFrame) -> None:
    version, stamp = written(_history())
    language, today = lang(), local_day()
    identity = store.current().workspace.identity
    used = {key: at for key, at in store.versions() if key == CALENDAR}
    export = seen.export("calendar", used, lang=language, format=".ics", as_of=str(today))

    def content() -> bytes:
        return calendar_ics(
            found,
            identity=identity,
            version=version,
            stamp=stamp,
            today=today,
            lang=language,
            remark=export_id_text(export.export_id).get(language),
        )

    files.offer(
        _("Reminders for a calendar program (ICS)"),
        "data-calendar.ics",
        content,
        key="save:calendar_ics",
        audience="public",
        export=export,
    )
