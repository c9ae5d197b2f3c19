"""审计: who saw, imported, changed and took out what, and whether the record is whole."""

from __future__ import annotations

import datetime as dt
import tempfile
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING
from typing import Any

import pandas as pd
import streamlit as st

from layers.audit import COLUMNS
from layers.audit import Action
from layers.audit import Door
from layers.audit import Wish
from layers.audit import audit_of
from layers.audit import read
from layers.audit.checking import LIMIT
from layers.clock import local_day
from layers.errors import Text
from layers.export import export_table
from layers.i18n import moment
from layers.keeping.auditing import check_audit
from layers.team import Role
from views import files
from views import gates
from views import links
from views import place
from views import store
from views import tables
from views.auditing import words
from views.text import _
from views.text import lang
from views.text import md
from views.text import num
from views.text import pick

if TYPE_CHECKING:
    from collections.abc import Mapping

PER_PAGE = 200
_PAGE = "audit_page"
_DAYS = 30
_OF_PAGES = {Action.SEE.value, Action.REFUSED.value}


def render() -> None:
    """Show the page."""
    st.markdown(f"### {_('Audit')}")
    st.caption(
        _(
            "Who saw, imported, changed and took out what, and when. The program only ever "
            "adds to this record; every entry carries a mark of the one before."
        )
    )
    wish = _wish()
    found = _found(wish)
    if found.empty:
        st.info(_("Nothing that was recorded matches."))
    else:
        _table(found)
    if found.attrs["more"]:
        st.caption(
            _("Only the newest {n} entries are listed; add filters to find older ones.").format(
                n=num(len(found))
            )
        )
    _whole()


def _wish() -> Wish:
    """Let the administrator choose what he looks for."""
    first, second, third = st.columns(3)
    person = first.text_input(_("Who (name or id)"), key="audit_person").strip()
    titles = {action: pick(action.text) for action in Action}
    actions = second.multiselect(
        _("What was done"),
        list(titles),
        format_func=titles.__getitem__,
        placeholder=_("Everything"),
        key=f"audit_actions:{lang()}",
    )
    layers = {"": _("All layers")} | {s.key: pick(s.title) for s in store.catalogue().layers}
    layer = third.selectbox(
        _("Layer"), list(layers), format_func=layers.__getitem__, key=f"audit_layer:{lang()}"
    )
    fourth, fifth = st.columns([1, 2])
    today = local_day()
    since = fourth.date_input(
        _("Since"), today - dt.timedelta(days=_DAYS), max_value=None, key="audit_since"
    )
    export_id = fifth.text_input(
        _("Id printed in an exported file"), key="audit_export", placeholder="XXXX-XXXX-XXXX"
    )
    asked = export_id.strip().upper()
    return Wish(
        # Whoever holds a file does not know when it was made.
        since=None if asked else dt.datetime.combine(since, dt.time.min).astimezone(),
        actions=frozenset(actions),
        person=person,
        layer=str(layer),
        export_id=asked,
    )


def _found(wish: Wish) -> pd.DataFrame:
    """Return the records of the workspace and, in a city, those of the server as well."""
    workspace, root = store.current().workspace, place.current().root
    found = audit_of(workspace, wish)
    if root == workspace.path:
        return found
    server = read(root, wish)
    parts = [frame for frame in (found, server) if not frame.empty]
    if not parts:
        return found
    both = pd.concat(parts).sort_values("time", ascending=False, kind="stable")
    shown = both.head(wish.most).reset_index(drop=True)
    shown.attrs["more"] = (
        len(both) > wish.most or bool(found.attrs["more"]) or bool(server.attrs["more"])
    )
    return shown


def _table(found: pd.DataFrame) -> None:
    pages = -(-len(found) // PER_PAGE)
    page = 1
    if pages > 1:
        # A filter may leave fewer pages than the one that was looked at.
        st.session_state[_PAGE] = min(int(st.session_state.get(_PAGE, 1)), pages)
        page = int(st.number_input(_("Page (of {n})").format(n=num(pages)), 1, pages, key=_PAGE))
    part = found.iloc[(page - 1) * PER_PAGE : page * PER_PAGE]
    titles = _titles()
    tables.show(_in_words(part)[list(titles)].rename(columns=titles))
    st.caption(_("{n} entries").format(n=num(len(found))))
    files.offer(
        _("Save these entries (CSV)"),
        "audit.csv",
        partial(_csv, _in_words(found)[list(titles)], titles),
        key="audit_csv",
    )


def _titles() -> dict[str, str]:
    return {
        "time": _("Time"),
        "name": _("Who"),
        "role": _("Role"),
        "action": _("What was done"),
        "subject": _("About"),
        "layers": _("Layers and versions"),
        "export_id": _("Id of the file"),
        "door": _("Through"),
        "detail": _("Details"),
        "person_id": _("Id of the person"),
        "number": _("Entry"),
    }


def _csv(frame: pd.DataFrame, titles: Mapping[str, str]) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "audit.csv"
        # Titles in one language for both: the file has that of the page.
        told = {name: Text(title, title) for name, title in titles.items()}
        export_table(frame, path, titles=told, internal=True)
        return path.read_bytes()


def _in_words(found: pd.DataFrame) -> pd.DataFrame:
    """Return records as people read them: titles for codes, sentences for what is inside."""
    names = {spec.key: pick(spec.title) for spec in store.catalogue().layers}
    describe = words.describer()

    def layers_of(told: Mapping[str, Any]) -> str:
        return ", ".join(f"{names.get(key, key)} v{version}" for key, version in told.items())

    return found[list(COLUMNS)].assign(
        time=[moment(time.isoformat()) for time in found["time"]],
        action=[pick(Action(one).text) for one in found["action"]],
        role=[gates.role_title(Role(one)) if one else "" for one in found["role"]],
        door=[pick(Door(one).text) if one else "" for one in found["door"]],
        subject=[
            links.title_of(about) if action in _OF_PAGES else words.subject(action, about)
            for about, action in zip(found["subject"], found["action"], strict=True)
        ],
        layers=found["layers"].map(layers_of),
        detail=[describe(told) for told in found["detail"]],
    )


def _whole() -> None:
    """Say whether the record is whole."""
    st.markdown(f"#### {_('Is the record whole?')}")
    if not st.button(_("Check now"), key="audit_check"):
        return
    folders = dict.fromkeys((store.current().workspace.path, place.current().root))
    findings = [finding for folder in folders for finding in check_audit(folder)]
    st.caption(md(pick(LIMIT)))
    if not findings:
        st.success(_("Every entry is there and as it was written."))
        return
    for finding in findings[:PER_PAGE]:
        line = f":{finding.line}" if finding.line else ""
        text = f"{md(finding.file)}{line} · {md(pick(finding.text))}"
        (st.error if finding.grave else st.warning)(text)
