"""Somebody saved a layer after the file was compared with it: who, when, and what changed.

The file stays on the desk with all that was decided; one click compares it with the
newest versions, without another upload.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from layers.differences import differences
from layers.errors import AtlasError
from layers.frames import empty_frame
from layers.i18n import moment
from layers.workspace import ABSENT
from views import store
from views.importing import desk
from views.text import _
from views.text import md
from views.text import num
from views.text import pick

if TYPE_CHECKING:
    import pandas as pd

_MOST_TOLD = 3
_MOST_IDS = 12


def show(work: desk.Work) -> None:
    """Tell what was saved since, and offer to compare again."""
    if not work.is_behind:
        return
    told, button = st.columns([5, 1], vertical_alignment="center")
    head = _(
        "A layer was written since this file was compared with it. Look at the check and "
        "the differences again before you commit."
    )
    before, now = dict(work.base.versions), dict(store.versions())
    moved = [key for key in now if before.get(key, ABSENT) != now[key]]
    lines = [line for key in moved for line in _lines(work, key, before.get(key, ABSENT))]
    told.warning(head + "\n\n" + "\n".join(f"- {line}" for line in lines))
    button.button(
        _("Compare again"), key="import_catch_up", width="stretch", on_click=work.catch_up
    )


def _lines(work: desk.Work, key: str, version: int) -> list[str]:
    """Return who saved a layer since a version, what changed, and what the file has of that."""
    spec = store.catalogue().layer(key)
    history = store.history(key)
    since = history[history["version"].gt(version)].head(_MOST_TOLD)
    lines = [
        _("{layer}: {author} saved version {n}, {time}: {message}").format(
            layer=md(pick(spec.title)),
            author=md(row["author"]),
            n=num(row["version"]),
            time=md(moment(row["time"])),
            message=md(row["message"]),
        )
        for _index, row in since.iterrows()
    ]
    try:
        changes = store.kept_by_version(f"behind:{key}:{version}", lambda: _changes(key, version))
    except AtlasError as error:
        return [*lines, md(pick(error.text))]
    counts = changes.drop_duplicates(["id", "change"])["change"].value_counts()
    lines.append(
        _("{layer}: {added} added, {changed} changed, {removed} removed").format(
            layer=md(pick(spec.title)),
            added=num(counts.get("added", 0)),
            changed=num(counts.get("changed", 0)),
            removed=num(counts.get("removed", 0)),
        )
    )
    return lines + (_both(work, changes) if key == work.layer else [])


def _changes(key: str, version: int) -> pd.DataFrame:
    spec = store.catalogue().layer(key)
    old = empty_frame(spec) if version == ABSENT else store.at_version(key, version)
    return differences(old, store.at_version(key, dict(store.versions())[key]), spec)


def _both(work: desk.Work, changes: pd.DataFrame) -> list[str]:
    """Name the rows that the file changes too: committed, it would win."""
    try:
        ours = set(desk.prepared(work).changed_ids)
    except AtlasError:
        return []  # the steps say what is still missing
    both = [key for key in changes["id"].unique() if key in ours]
    if not both:
        return [_("None of the rows that your file changes is among them.")]
    more = " …" if len(both) > _MOST_IDS else ""
    return [
        _("**{n} rows that your file changes were changed by others too:** {ids}").format(
            n=num(len(both)), ids=md("、".join(both[:_MOST_IDS]) + more)
        )
    ]
