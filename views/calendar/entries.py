"""The entries of the data calendar: what is offered to begin with, and how one is changed."""

from __future__ import annotations

from typing import TYPE_CHECKING
from typing import Any

import pandas as pd
import streamlit as st

from layers.audit import Action
from layers.calendar import CALENDAR
from layers.calendar import CALENDAR_TITLES
from layers.calendar import MONTHS
from layers.calendar import offers
from layers.calendar import remove_entries
from layers.calendar import set_entries
from layers.calendar import subject_titles
from layers.errors import AtlasError
from layers.workspace import ABSENT
from views import seen
from views import store
from views import tables
from views import who
from views.text import _
from views.text import lang
from views.text import md
from views.text import num
from views.text import pick

if TYPE_CHECKING:
    from collections.abc import Callable

_AUTHOR = "calendar_author"
_ON_SCREEN = "calendar_version"
_SAID = "calendar_said"
_CHOSEN = "calendar_entry"
_OFFERED_KINDS = "calendar_offered"
_FIRST_KINDS = ("layer", "target")
_NEW = ""
_DUE_DAYS, _NOTICE_DAYS = 20, 7
_SHORT, _LONG = 200, 1000
_MOST_DUE, _MOST_NOTICE = 366, 90


def kinds() -> tuple[str, ...]:
    """Return what an entry can be about."""
    spec = store.whole().catalogue.layer(CALENDAR).field("subject_kind")
    return tuple(choice.value for choice in spec.choices)


def kind_title(kind: str) -> str:
    """Return what a kind of subject is called."""
    spec = store.whole().catalogue.layer(CALENDAR).field("subject_kind")
    return spec.choice_title(kind, lang())


def show(found: pd.DataFrame) -> None:
    """Show the forms: accept what is offered, change an entry, add one.

    Parameters
    ----------
    found
        The calendar, see :func:`layers.calendar.calendar_of`.
    """
    said = st.session_state.pop(_SAID, None)
    if said:
        st.success(said)
    version = dict(store.versions()).get(CALENDAR, ABSENT)
    # What a form holds was filled in from the version that was on the screen.
    before = int(st.session_state.get(_ON_SCREEN, version))
    st.session_state[_ON_SCREEN] = version
    if found.empty:
        _offers(before)
    else:
        with st.expander(_("Accept suggested entries")):
            _offers(before)
    with st.expander(_("Change an entry or add one")):
        _entry(found, before)


def _offers(before: int) -> None:
    every = store.whole()
    rows = {key: store.rows(key) for key, _version in store.versions()}
    offered = offers(every.tables, rows, every.catalogue)
    if not offered:
        st.caption(_("There is an entry for everything that is usually renewed."))
        return
    wanted = st.multiselect(
        _("Kinds"),
        kinds(),
        default=[kind for kind in kinds() if kind in _FIRST_KINDS],
        format_func=kind_title,
        key=_OFFERED_KINDS,
    )
    chosen = [entry for entry in offered if entry["subject_kind"] in wanted]
    if len(chosen) < len(offered):
        st.caption(
            _("{n} of {all} suggested entries; the other kinds can be chosen above.").format(
                n=num(len(chosen)), all=num(len(offered))
            )
        )
    titles = subject_titles(every.tables, every.catalogue)
    spec = every.catalogue.layer(CALENDAR)
    tables.show(
        pd.DataFrame(
            {
                pick(CALENDAR_TITLES["subject_kind"]): [
                    kind_title(entry["subject_kind"]) for entry in chosen
                ],
                pick(CALENDAR_TITLES[f"title_{lang()}"]): [
                    pick(titles[entry["subject_kind"], entry["subject"]]) for entry in chosen
                ],
                pick(CALENDAR_TITLES["period"]): [
                    spec.field("period").choice_title(entry["period"], lang()) for entry in chosen
                ],
                pick(CALENDAR_TITLES["due_days"]): [entry["due_days"] for entry in chosen],
            }
        )
    )
    st.caption(
        _(
            "Usual periods: space and vacancy by quarter, economics by half-year, access by year. "
            "Nothing is stored before it is accepted; owners are added afterwards."
        )
    )
    author = who.signature(f"{_AUTHOR}:offers")
    if st.button(
        _("Accept {n} entries").format(n=num(len(chosen))),
        disabled=not (chosen and author),
        key="calendar_accept",
        type="primary",
    ):
        _write(
            before,
            "offers",
            lambda: set_entries(
                store.current().workspace, chosen, author=author, expected_version=before
            ),
            _("{n} entries added.").format(n=num(len(chosen))),
        )


def _entry(found: pd.DataFrame, before: int) -> None:
    names = dict(zip(found["entry_id"], found[f"title_{lang()}"], strict=True))
    chosen = st.selectbox(
        _("Entry of the calendar"),
        [_NEW, *names],
        format_func=lambda key: names.get(key) or _("a new entry"),
        key=_CHOSEN,
    )
    known = _cells(chosen)
    # A form of its own for every entry: what was typed for another does not stay in it.
    key = f"calendar_form:{chosen}"
    kind, subject = _subject(known, key)
    with st.form(key):
        given = _fields(known, key)
        author = who.signature(f"{_AUTHOR}:entry")
        left, right = st.columns(2)
        save = left.form_submit_button(_("Save"), type="primary", disabled=not subject)
        remove = right.form_submit_button(_("Remove the entry"), disabled=not chosen)
    if not (save or remove):
        return
    if not author:
        st.error(_("Give your name: it is kept with the change."))
        return
    workspace = store.current().workspace
    if remove:
        _write(
            before,
            chosen,
            lambda: remove_entries(workspace, [chosen], author=author, expected_version=before),
            _("The entry was removed."),
        )
        return
    entry = {
        **given,
        "entry_id": chosen or _new_id(kind, subject),
        "subject_kind": kind,
        "subject": subject,
    }
    _write(
        before,
        str(entry["entry_id"]),
        lambda: set_entries(workspace, [entry], author=author, expected_version=before),
        _("Saved."),
    )


def _cells(entry_id: str) -> dict[str, Any]:
    """Return the cells of an entry, without those that are unknown; none of a new one."""
    if not entry_id or not store.has(CALENDAR):
        return {}
    frame = store.table(CALENDAR)
    rows = frame[frame["entry_id"].eq(entry_id)]
    return {} if rows.empty else dict(rows.iloc[0].dropna())


def _subject(known: dict[str, Any], key: str) -> tuple[str, str]:
    """Return what the entry is about; it is chosen for a new one only."""
    if known:
        return str(known["subject_kind"]), str(known["subject"])
    every = store.whole()
    titles = subject_titles(every.tables, every.catalogue)
    left, right = st.columns([1, 3])
    kind = left.selectbox(_("Kind"), kinds(), format_func=kind_title, key=f"{key}:kind")
    subjects = [subject for of_kind, subject in titles if of_kind == kind]
    subject = right.selectbox(
        _("About"),
        subjects,
        format_func=lambda name: pick(titles[kind, name]),
        key=f"{key}:subject:{kind}",
    )
    return kind, str(subject or "")


def _fields(known: dict[str, Any], key: str) -> dict[str, Any]:
    spec = store.whole().catalogue.layer(CALENDAR)
    periods = list(MONTHS)
    left, right = st.columns(2)
    owner = left.text_input(
        _("Owner of the data"),
        value=str(known.get("owner", "")),
        max_chars=_SHORT,
        key=f"{key}:owner",
    )
    period = right.selectbox(
        _("Period"),
        periods,
        index=periods.index(str(known.get("period", "quarter"))),
        format_func=lambda name: spec.field("period").choice_title(name, lang()),
        key=f"{key}:period",
    )
    due = left.number_input(
        _("Due so many days after the end of the period"),
        0,
        _MOST_DUE,
        int(known.get("due_days", _DUE_DAYS)),
        key=f"{key}:due",
    )
    notice = right.number_input(
        _("Remind so many days before"),
        0,
        _MOST_NOTICE,
        int(known.get("remind_days", _NOTICE_DAYS)),
        key=f"{key}:notice",
    )
    note = st.text_input(
        _("Note"), value=str(known.get("note", "")), max_chars=_LONG, key=f"{key}:note"
    )
    return {
        "owner": owner.strip() or None,
        "period": period,
        "due_days": due,
        "remind_days": notice,
        "note": note.strip() or None,
    }


def _new_id(kind: str, subject: str) -> str:
    """Return an id for a new entry; a second one about the same gets another."""
    taken = set(store.table(CALENDAR)["entry_id"]) if store.has(CALENDAR) else set()
    stem = f"{kind}-{subject}"
    number, wanted = 1, stem
    while wanted in taken:
        number += 1
        wanted = f"{stem}-{number}"
    return wanted


def _write(before: int, subject: str, write: Callable[[], int], said: str) -> None:
    try:
        with seen.recorder().doing(
            Action.CHANGE, layers={CALENDAR: before}, subject=subject
        ) as step:
            step.done({CALENDAR: write()})
    except AtlasError as error:
        st.error(md(pick(error.text)))
        return
    st.session_state[_SAID] = said
    st.session_state.pop(_ON_SCREEN, None)
    # After an entry is removed there is nothing to choose it by.
    st.session_state.pop(_CHOSEN, None)
    st.rerun()
