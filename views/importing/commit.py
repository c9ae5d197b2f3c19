"""Step 6: write the new version, and take it back with one click."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC
from datetime import datetime
from typing import TYPE_CHECKING

import streamlit as st

from layers.audit import Action
from layers.delivery import commit_prepared
from layers.delivery import undo
from layers.errors import AtlasError
from layers.i18n import moment
from layers.intake.profiles import profile_of
from layers.team import Right
from views import seen
from views import store
from views import who
from views.importing import columns
from views.importing import compare
from views.importing import desk
from views.text import _
from views.text import lang
from views.text import md
from views.text import num
from views.text import pick

if TYPE_CHECKING:
    import pandas as pd

    from layers.delivery import Prepared

_LAST = "import_last"
_AUTHOR = "import_author"


@dataclass(frozen=True)
class _Done:
    """The last import of this session."""

    workspace: str
    layer: str
    version: int
    file: str
    notes: tuple[str, ...] = ()


def show(work: desk.Work) -> None:
    """Show the page of this step."""
    prepared = desk.prepared(work)
    result = desk.result(work)
    if result.accepted.empty:
        st.warning(_("All {n} rows were rejected; step 4 says why.").format(n=num(result.rows_in)))
        return
    changes = compare.changed(prepared)
    chosen = compare.chosen(work, prepared)
    taken = changes if chosen is None else changes[changes["id"].isin(chosen)]
    if taken.empty:
        st.info(_("There is nothing to write: no row is new or different."))
        return
    compare.show_figures(prepared)
    st.markdown(
        _("**{n}** of {all} changes are written as the next version of **{layer}**.").format(
            n=num(len(taken)), all=num(len(changes)), layer=md(pick(work.spec.title))
        )
    )
    if len(result.rejected):
        st.caption(
            _("{n} rejected rows are not part of it; step 4 gives them back.").format(
                n=num(len(result.rejected))
            )
        )
    for issue in prepared.consequences:
        st.warning(md(issue.line(lang())))
    if not _agreed(work, int(taken["kind"].eq("removed").sum())):
        return
    author = who.signature(_AUTHOR)
    message = st.text_input(
        _("What is this delivery?"),
        value=_("import {name}").format(name=result.file),
        key=f"import_message:{desk.round_number()}",
    )
    remember = st.checkbox(
        _("Remember columns, units and coordinate system for files with these headings"),
        value=True,
        key="import_remember",
        disabled=work.choices.local is not None,
        help=_("A local coordinate system is never stored."),
    )
    profile = ""
    if remember:
        profile = st.text_input(
            _("Name of the profile"),
            value=work.profile or work.path.stem,
            key=f"import_profile_name:{desk.round_number()}",
        )
    if st.button(
        _("Commit"),
        type="primary",
        key="import_commit",
        disabled=not (author and message) or work.is_behind,
    ):
        _commit(work, prepared, author, message, profile)


def _agreed(work: desk.Work, removed: int) -> bool:
    """Tell whether nothing is removed, or the planner wants it."""
    return not removed or st.checkbox(
        _("Yes, remove {n} rows from the layer").format(n=num(removed)),
        key=f"import_agreed:{work.token}",
    )


def _commit(work: desk.Work, prepared: Prepared, author: str, message: str, profile: str) -> None:
    result = desk.result(work)
    with st.spinner(_("Writing the new version …"), show_time=False):
        before = {work.layer: prepared.base_version}
        with seen.recorder().doing(
            Action.IMPORT,
            layers=before,
            subject=result.file,
            sha256=result.sha256,
            rows_in=result.rows_in,
            rejected=len(result.rejected),
        ) as step:
            done = commit_prepared(
                store.current().workspace,
                prepared,
                author=author,
                message=message,
                only=compare.chosen(work, prepared),
            )
            step.done({work.layer: done.version})
        notes = [pick(issue.message) for issue in done.issues]
        if profile and work.choices.local is None:
            notes += _remember(work, profile, author)
    st.session_state[_LAST] = _Done(
        store.identity(),
        work.layer,
        done.version,
        result.file,
        tuple(notes),
    )
    if work.half == desk.HALVES[0]:
        desk.other_half(work)
    else:
        desk.clear()
    st.rerun()


def _remember(work: desk.Work, name: str, author: str) -> list[str]:
    """Save the profile; the import counts also where that cannot be done."""
    known = columns.profiles()
    profile = profile_of(
        # A name that another source has must not be taken from it.
        known.free_name(name, work.raw.headings, work.layer),
        desk.result(work),
        work.choices,
        work.raw.headings,
        layer=work.layer,
        author=author,
        time=datetime.now(tz=UTC).isoformat(timespec="seconds"),
    )
    try:
        seen.recorder().saved("profile", profile.name)
        known.save(profile)
    except AtlasError as error:
        return [pick(error.text)]
    return []


def last_import() -> None:
    """Tell what was imported last, and offer to take it back."""
    done = st.session_state.get(_LAST)
    if not isinstance(done, _Done) or done.workspace != store.identity():
        return
    spec = store.catalogue().layer(done.layer)
    told, button = st.columns([5, 1], vertical_alignment="center")
    told.success(
        _("{file}: {layer} is now version {version}.").format(
            file=md(done.file), layer=md(pick(spec.title)), version=num(done.version)
        )
    )
    for note in done.notes:
        st.warning(md(note))
    if button.button(_("Undo this import"), key="import_undo", width="stretch"):
        _undo(done.layer, done.version)


def _undo(layer: str, version: int) -> None:
    """Take an import back and show the page anew, or say why that cannot be done."""
    author = who.signed(_AUTHOR) or "atlas"
    try:
        with seen.recorder().doing(Action.RESTORE, layers={layer: version}, undone=version) as step:
            made = undo(store.current().workspace, layer, version, author=author)
            step.done({layer: made})
    except AtlasError as error:
        st.error(md(pick(error.text)))
        return
    st.session_state.pop(_LAST, None)
    st.toast(_("The import was taken back; the layer is as it was before."))
    st.rerun()


def earlier_imports() -> None:
    """List the layers whose newest version is an import, each with a way back."""
    history = store.kept_by_version("imports", _imports)
    if history.empty:
        return
    with st.expander(_("Imports that can be undone"), key="import_earlier"):
        for _index, row in history.iterrows():
            told, button = st.columns([5, 1], vertical_alignment="center")
            told.markdown(
                f"**{md(pick(store.catalogue().layer(row['layer']).title))}** v{row['version']} · "
                f"{md(row['source_file'])} · {md(row['author'])} · {md(moment(row['time']))}"
            )
            own = row["author"] == who.author() or who.may(Right.CURATE)
            if button.button(
                _("Undo"),
                key=f"import_undo:{row['layer']}",
                width="stretch",
                disabled=not own,
                help=None if own else _("A data steward takes back what others imported."),
            ):
                _undo(row["layer"], int(row["version"]))


def _imports() -> pd.DataFrame:
    """Return the newest versions that came from a file of the user."""
    history = store.current().workspace.history()
    newest = history[history["version"].eq(history["layer"].map(dict(store.versions())))]
    return newest[newest["source_sha256"].astype(bool)].reset_index(drop=True)
