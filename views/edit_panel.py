"""The panel beside the map of the edit page: the task at hand, its steps, and saving."""

from __future__ import annotations

from typing import TYPE_CHECKING
from typing import Any

import pandas as pd
import streamlit as st

from layers.audit import Action
from layers.editing import Add
from layers.editing import Delete
from layers.editing import Merge
from layers.editing import SetValues
from layers.editing import commit
from layers.editing import next_id
from layers.editing.refusals import nobody
from layers.errors import AtlasError
from layers.i18n import unknown
from views import card
from views import desk
from views import edit_conflict
from views import links
from views import seen
from views import store
from views import who
from views.text import _
from views.text import esc
from views.text import lang
from views.text import md
from views.text import num
from views.text import pick

if TYPE_CHECKING:
    from collections.abc import Mapping

    from shapely.geometry.base import BaseGeometry

    from layers.catalogue import FieldSpec
    from layers.catalogue import LayerSpec
    from layers.editing import EditSession
    from layers.editing import Reconciliation
    from layers.editing import Replay
    from layers.editing import Side

SELECTED = "edit_selected"
PENDING = "edit_pending"
MERGE = "merge"
MODES = {
    "new_point": "point",
    "new_line": "line",
    "new_polygon": "polygon",
    "edit": "edit",
    "split": "split",
}
"""Tools that draw on the map, and the mode of the browser's editor."""

_SAVED = "edit_saved"
_AUTHOR = "edit_author"
_SEEN = "edit_seen"
_FIRST = ("name", "boundary_status", "belt", "park_class", "carrier_class", "source")
_NOT_ASKED = {"sample", "verified"}
_COUNTED = ("added", "changed", "removed")


def actions(spec: LayerSpec) -> dict[str, str]:
    """Return the tools that suit a layer, and what a person reads for each."""
    new = {"point": _("Draw a point"), "line": _("Draw a line"), "polygon": _("Draw an area")}
    found = {f"new_{kind}": new[kind] for kind in reversed(spec.geometry)}
    found["edit"] = _("Correct the shape")
    if set(spec.geometry) - {"point"}:
        found |= {"split": _("Split"), MERGE: _("Merge")}
    return found | {"values": _("Change attributes"), "delete": _("Delete")}


def row_of(replay: Replay, spec: LayerSpec, identifier: str) -> pd.Series | None:
    """Return a feature as it is after the edits."""
    rows = replay.frame[replay.frame[spec.id_field].eq(identifier)]
    return None if rows.empty else rows.iloc[0]


def selected(replay: Replay, spec: LayerSpec) -> list[str]:
    """Return the ids of the selected features that are there."""
    chosen: list[str] = st.session_state.get(SELECTED, [])
    there = set(replay.frame[spec.id_field])
    return [key for key in chosen if key in there]


def history(spec: LayerSpec, edits: EditSession) -> None:
    """Show undo, redo and the number of steps."""
    undo, redo, text = st.columns([3, 3, 4], vertical_alignment="center")
    if undo.button(
        f"↶ {_('Undo')}",
        disabled=not edits.can_undo,
        key="edit_undo",
        shortcut="Mod+Z",
        width="stretch",
    ):
        desk.keep(spec, edits.undo())
        st.rerun()
    if redo.button(
        f"↷ {_('Redo')}",
        disabled=not edits.can_redo,
        key="edit_redo",
        shortcut="Mod+Y",
        width="stretch",
    ):
        desk.keep(spec, edits.redo())
        st.rerun()
    text.caption(
        _("Steps not saved yet, kept as a draft: {n}").format(n=num(len(edits.done)))
        if edits.done
        else _("Nothing changed yet.")
    )


def task(spec: LayerSpec, edits: EditSession, replay: Replay, action: str) -> None:
    """Show what the chosen tool needs."""
    if action.startswith("new"):
        _new(spec, replay)
        return
    chosen = _choose(spec, replay, several=action == MERGE)
    if action == MERGE:
        _merge(spec, chosen)
        return
    row = row_of(replay, spec, chosen[-1]) if chosen else None
    if row is None:
        st.info(_("Click a feature on the map, or choose it here."))
        return
    if action == "values":
        _values(spec, edits, row)
    elif action == "delete":
        _delete(spec, row)
    else:
        _shape_help(action, row)


def _choose(spec: LayerSpec, replay: Replay, *, several: bool) -> list[str]:
    """Let the user choose features by name, besides by a click on the map."""
    frame = replay.frame
    # Two features may have one name, so the id is always there.
    names = {
        key: f"{key if unknown(name) else name} ({key})"
        for key, name in zip(frame[spec.id_field], frame[spec.name_field], strict=True)
    }
    now = selected(replay, spec)
    # The widget begins anew when a click on the map has chosen something else.
    key = f"edit_choice:{spec.key}:{several}:{','.join(now)}"
    if several:
        chosen = st.multiselect(
            _("Features to merge"), list(names), now, format_func=names.__getitem__, key=key
        )
    else:
        one = st.selectbox(
            _("Feature"),
            list(names),
            index=list(names).index(now[-1]) if now else None,
            format_func=names.__getitem__,
            placeholder=_("Click on the map or search"),
            key=key,
        )
        chosen = [] if one is None else [str(one)]
    if chosen != now and (several or chosen != now[-1:]):
        st.session_state[SELECTED] = chosen
        desk.new_round()
        st.rerun()
    return chosen


def _new(spec: LayerSpec, replay: Replay) -> None:
    pending: BaseGeometry | None = st.session_state.get(PENDING)
    if pending is None:
        st.info(_("Draw on the map. A double click or ✓ finishes; Esc gives up."))
        return
    st.markdown(f"**{_('New feature')}** · {esc(card.size_text(pending))}")
    with st.form(f"edit_new:{spec.key}:{desk.current_round()}"):
        identifier = st.text_input(
            _("Id"), next_id(replay.frame, spec, desk.session(spec).changed_ids)
        )
        values = _fields(spec, None)
        add, drop = st.columns(2)
        wanted = add.form_submit_button(_("Add"), type="primary", width="stretch")
        dropped = drop.form_submit_button(_("Discard sketch"), width="stretch")
    if dropped or (wanted and desk.do(spec, Add(identifier.strip(), pending, values))):
        st.session_state.pop(PENDING, None)
        st.session_state[SELECTED] = [] if dropped else [identifier.strip()]
        desk.new_round()
    if wanted or dropped:
        st.rerun()


def _fields(spec: LayerSpec, row: pd.Series | None) -> dict[str, Any]:
    """Show a widget a field; return those that are filled, or differ from `row`."""
    asked = [f for f in spec.fields if f.name != spec.id_field and f.name not in _NOT_ASKED]
    first = [f for f in asked if f.required or f.name in _FIRST]
    values = {f.name: _field(f, row) for f in first}
    with st.expander(_("More attributes")):
        values |= {f.name: _field(f, row) for f in asked if f not in first}
    if row is None:
        return {name: value for name, value in values.items() if value}
    return {n: v or None for n, v in values.items() if v != _written(row[n])}


def _field(field: FieldSpec, row: pd.Series | None) -> str:
    label = card.heading(field) + (" *" if field.required else "")
    now = "" if row is None else _written(row[field.name])
    if row is None and field.name == "boundary_status":
        now = "sketch"
    options = _options(field)
    if not options:
        return st.text_input(label, now).strip()
    values = list(options) if now in options else [*options, now]
    return str(
        st.selectbox(
            label, values, index=values.index(now), format_func=lambda v: options.get(v, v)
        )
    )


def _options(field: FieldSpec) -> dict[str, str]:
    """Return the values that a field can have, none if it can have any."""
    if field.choices:
        known = {c.value: c.title.get(lang()) for c in field.choices}
    elif field.type == "boolean":
        known = {"True": _("yes"), "False": _("no")}
    elif field.references is not None:
        known = {k: f"{v} ({k})" for k, v in card.titles(field.references[0]).items()}
    else:
        return {}
    return {"": _("unknown"), **known}


def _written(value: object) -> str:
    """Return a value as a person would type it."""
    if unknown(value):
        return ""
    if isinstance(value, pd.Timestamp):
        return value.date().isoformat()
    return f"{value:.12g}" if isinstance(value, float) else str(value)


def _values(spec: LayerSpec, edits: EditSession, row: pd.Series) -> None:
    identifier = str(row[spec.id_field])
    with st.form(f"edit_values:{spec.key}:{identifier}:{len(edits.done)}"):
        changed = _fields(spec, row)
        if not st.form_submit_button(_("Apply"), type="primary"):
            return
    if changed:
        desk.do(spec, SetValues(identifier, changed))
        st.rerun()


def _delete(spec: LayerSpec, row: pd.Series) -> None:
    card.show(spec, row)
    if st.button(_("Delete this feature"), type="primary", key="edit_delete"):
        desk.do(spec, Delete(str(row[spec.id_field])))
        st.rerun()


def _merge(spec: LayerSpec, chosen: list[str]) -> None:
    st.caption(_("Click the features to be merged. The first one keeps its id and attributes."))
    if st.button(
        _("Merge {n} features").format(n=len(chosen)),
        disabled=len(chosen) < 2,  # noqa: PLR2004 - one alone cannot be merged
        type="primary",
        key="edit_merge",
    ):
        if desk.do(spec, Merge(tuple(chosen), chosen[0])):
            st.session_state[SELECTED] = [chosen[0]]
        st.rerun()


def _shape_help(action: str, row: pd.Series) -> None:
    if row.geometry is None:
        st.info(_("This feature has no place yet. Draw a new one, or give it coordinates."))
        return
    st.markdown(f"**{_('Drawn size')}** {esc(card.size_text(row.geometry))}")
    st.info(
        _("Drag the handles on the map; ✓ applies, Esc gives up.")
        if action == "edit"
        else _("Draw the cutting line across the feature; ✓ applies, Esc gives up.")
    )


def save(
    spec: LayerSpec,
    edits: EditSession,
    replay: Replay,
    found: Reconciliation | None = None,
    sides: Mapping[str, Side] | None = None,
) -> None:
    """Show what the edits did besides, and the form that saves them as one version.

    Parameters
    ----------
    spec, edits, replay
        The layer, its edits, and what they make of it.
    found
        What others saved meanwhile, see :func:`views.edit_conflict.plan`.
    sides
        What was decided about it, see :func:`views.edit_conflict.show`.
    """
    saved = st.session_state.pop(_SAVED, None)
    if saved is not None:
        st.success(saved)
        if st.button(_("Compare with the version before"), key="edit_compare"):
            links.go("compare")
    if edits.is_empty:
        return
    st.markdown(f"#### {_('Save')}")
    st.html(f'<div class="atlas-legend">{_steps(spec, replay)}</div>')
    for text in dict.fromkeys(pick(note.text) for note in replay.notes):
        st.caption(md(text))
    is_open = found is not None and sides is None
    if is_open:
        st.warning(
            _(
                "Somebody else saved this layer: decide at the top of the page what is to "
                "stand, then save."
            )
        )
    with st.form(f"edit_save:{spec.key}"):
        author = _author()
        message = st.text_input(_("What was changed, and why"))
        wanted = st.form_submit_button(
            _("Save as a new version"),
            type="primary",
            disabled=is_open,
        )
    shown = st.session_state.get(_SEEN)
    st.session_state[_SEEN] = (spec.key, desk.newest(spec))
    if wanted and found is None:
        _commit(spec, edits, author, message)
    elif wanted and found is not None and shown != (spec.key, found.version):
        # She pressed before she could know; what is shown now she has not seen yet.
        st.info(_("Nothing was saved yet: look at what changed, then save again."))
    elif wanted and found is not None and sides is not None:
        _bring_and_commit(spec, found, sides, author, message)
    edit_conflict.give_up(spec, edits)


def _author() -> str:
    """Ask for the name that the version carries; on a team server it is known."""
    if who.is_team():
        st.caption(_("Saved as {author}").format(author=md(who.author())))
        return who.author()
    author = st.text_input(_("Author"), st.session_state.get(_AUTHOR) or who.author())
    st.session_state[_AUTHOR] = author
    return author


def _bring_and_commit(
    spec: LayerSpec, found: Reconciliation, sides: Mapping[str, Side], author: str, message: str
) -> None:
    """Bring the edits onto the version of the others, and save them."""
    try:
        moved = found.resolved(desk.frame(spec.key, found.version), spec, sides)
    except AtlasError as error:
        st.error(md(pick(error.text)))
        return
    if not author.strip() or not message.strip():
        # Asked for before anything moves, so that what was chosen stays as it is.
        st.error(md(pick(nobody(spec.key).text)))
        return
    desk.keep(spec, moved)
    if moved.is_empty:
        st.session_state[_SAVED] = md(_("Nothing of yours is left to save; undo brings it back."))
        st.rerun()
    _commit(spec, moved, author, message)


def _steps(spec: LayerSpec, replay: Replay) -> str:
    before = set(replay.before[spec.id_field])
    after = dict(zip(replay.after[spec.id_field], replay.after[spec.name_field], strict=True))
    rows = [(_("new"), k, after[k]) for k in after if k not in before]
    rows += [(_("changed"), k, after[k]) for k in after if k in before]
    gone = replay.before[~replay.before[spec.id_field].isin(list(after))]
    rows += [(_("deleted"), r[spec.id_field], r[spec.name_field]) for _i, r in gone.iterrows()]
    return "".join(
        f"<div>{esc(what)} · {esc('' if unknown(name) else name)} ({esc(key)})</div>"
        for what, key, name in rows
    )


def _commit(spec: LayerSpec, edits: EditSession, author: str, message: str) -> None:
    try:
        with seen.recorder().doing(Action.CHANGE, layers={spec.key: edits.base_version}) as step:
            result = commit(edits, store.current().workspace, author=author, message=message)
            counts = {name: len(getattr(result, name)) for name in _COUNTED}
            step.done({spec.key: result.version}, **counts)
    except AtlasError as error:
        # If somebody saved in between, the next run sees that version and tells who it was.
        desk.complain(error)
        st.rerun()
    said = [_("Saved as version {n}.").format(n=result.version)]
    said += [pick(issue.message) for issue in result.issues]
    st.session_state[_SAVED] = md(" ".join(said))
    desk.forget(spec)
    st.session_state.pop(SELECTED, None)
    st.rerun()
