"""What happens when somebody else saved the layer that is being edited.

The planner is told at the next run, long before she saves: who, when and why. What both
worked at is shown as it was, theirs and hers. Only where the two contradict each other
she chooses; one click then brings her edits onto the newest version and saves them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import shapely
import streamlit as st

from geo.crs import STORAGE_CRS
from layers.editing import Side
from layers.editing import State
from layers.editing import foreign_changes
from layers.editing import reconcile
from layers.frames import GEOMETRY
from layers.i18n import moment
from layers.i18n import unknown
from layers.style import Symbol
from views import card
from views import desk
from views import store
from views.text import _
from views.text import esc
from views.text import md
from views.text import num
from views.text import pick

if TYPE_CHECKING:
    from collections.abc import Iterable
    from collections.abc import Mapping

    from shapely.geometry.base import BaseGeometry

    from layers.catalogue import LayerSpec
    from layers.editing import Bundle
    from layers.editing import EditSession
    from layers.editing import FeatureMerge
    from layers.editing import ForeignChange
    from layers.editing import Reconciliation
    from layers.editing.tables import Row

THEIRS = Symbol(
    shape="diamond",
    size=14,
    fill="none",
    stroke="#0072b2",
    width=3.0,
    fill_opacity=0.0,
    dash="8 6",
)
"""Theirs is dashed and blue, mine whole and magenta: apart without seeing colours."""

_PLAN = "edit_plan"
_MOST_TOLD = 3
_CHANGED = ' class="changed"'


def plan(spec: LayerSpec, edits: EditSession) -> Reconciliation | None:
    """Return what others did since the edits were begun; None if nobody saved.

    Raises
    ------
    AtlasError
        If the versions in question cannot be read, or the newest one has the edits
        already.
    """
    version = desk.newest(spec)
    if edits.is_empty or edits.base_version == version:
        return None
    known = st.session_state.get(_PLAN)
    if known is None or known[0] is not edits or known[1] != version:
        theirs = desk.frame(spec.key, version)
        made = reconcile(edits, desk.base(edits), theirs, version, spec)
        known = (edits, version, made, foreign_changes(edits, store.current().workspace))
        st.session_state[_PLAN] = known
    found: Reconciliation = known[2]
    return found


def theirs(found: Reconciliation | None, spec: LayerSpec) -> gpd.GeoDataFrame | None:
    """Return, as others left it, what both worked at and must be decided; None for nothing."""
    if found is None or not spec.geometry:
        return None
    features = [f for bundle in found.open for f in bundle.features]
    rows = [
        (f.feature_id, f.theirs.cells[spec.name_field], f.theirs.shape)
        for f in features
        if f.theirs is not None and f.theirs.shape is not None
    ]
    if not rows:
        return None
    ids, names, shapes = zip(*rows, strict=True)
    columns = {spec.id_field: list(ids), spec.name_field: list(names)}
    return gpd.GeoDataFrame(columns, geometry=list(shapes), crs=STORAGE_CRS)


def show(found: Reconciliation, spec: LayerSpec) -> Mapping[str, Side] | None:
    """Tell what happened and let her decide; return what was decided, None while it is open."""
    _notice(found, spec)
    told = {change.feature_id: change for change in st.session_state[_PLAN][3]}
    clean = [bundle for bundle in found.foreign if not bundle.choices]
    if clean:
        with st.expander(_("Both worked at, without contradiction: {n}").format(n=num(len(clean)))):
            for bundle in clean:
                _features(bundle, spec, told)
    chosen = {bundle.key: _decide(bundle, found, spec, told) for bundle in found.open}
    decided = {key: side for key, side in chosen.items() if side is not None}
    if len(decided) < len(chosen):
        st.caption(
            _("{n} of {all} are not decided yet; your edits wait as a draft.").format(
                n=num(len(chosen) - len(decided)), all=num(len(chosen))
            )
        )
        return None
    return decided


def _notice(found: Reconciliation, spec: LayerSpec) -> None:
    history = store.history(spec.key)
    since = history[history["version"].gt(found.session.base_version)]
    lines = [
        _("{author} saved version {n}, {time}: {message}").format(
            author=md(row["author"]),
            n=num(row["version"]),
            time=md(moment(row["time"])),
            message=md(row["message"]),
        )
        for _index, row in since.head(_MOST_TOLD).iterrows()
    ]
    if len(since) > _MOST_TOLD:
        lines.append(_("and {n} versions before").format(n=num(len(since) - _MOST_TOLD)))
    what = (
        _("You both changed the same. Choose below what is to stand, then save.")
        if found.open
        else _("Your edits do not contradict theirs. Saving puts yours on top of theirs.")
    )
    head = _("This layer was saved while you were editing.")
    body = "\n".join(f"- {line}" for line in lines)
    st.warning(f"**{head}** {what}\n\n{body}")


def _decide(
    bundle: Bundle,
    found: Reconciliation,
    spec: LayerSpec,
    told: Mapping[str, ForeignChange],
) -> Side | None:
    with st.container(border=True):
        _features(bundle, spec, told)
        titles = _titles(bundle)
        chosen = st.radio(
            _("What is to stand?"),
            list(titles),
            index=None,
            format_func=titles.__getitem__,
            key=f"edit_side:{spec.key}:{found.version}:{len(found.session.done)}:{bundle.key}",
        )
    return None if chosen is None else Side(chosen)


def _titles(bundle: Bundle) -> dict[Side, str]:
    state = State.BOTH if bundle.is_linked else bundle.features[0].state
    mine = {
        State.REMOVED_BY_ME: _("Delete it nevertheless"),
        State.REMOVED_BY_THEM: _("Keep it, with my changes"),
        State.ADDED_TWICE: _("Keep both; mine gets another id"),
    }.get(state, _("Mine, on top of theirs"))
    titles = {
        Side.MINE: mine,
        Side.THEIRS: _("Theirs where we differ; my other changes stay"),
        Side.DROP: _("Theirs; I give up my edits of it"),
    }
    return {side: titles[side] for side in bundle.choices}


def _features(bundle: Bundle, spec: LayerSpec, told: Mapping[str, ForeignChange]) -> None:
    if bundle.is_linked:
        st.caption(_("These features belong together, because you split or merged them."))
    for feature in bundle.features:
        row = feature.shown
        name = "" if row is None else row.cells[spec.name_field]
        title = f"**{md('' if unknown(name) else name)}** ({md(feature.feature_id)})"
        st.markdown(f"{title} · {_happened(feature)}")
        if feature.feature_id in told:
            change = told[feature.feature_id]
            st.caption(
                _("{author}, version {n}, {time}: {message}").format(
                    author=md(change.author),
                    n=num(change.version),
                    time=md(moment(change.time)),
                    message=md(change.message),
                )
            )
        if feature.fields:
            st.html(_table(feature, spec))


def _happened(feature: FeatureMerge) -> str:
    titles = {
        State.SAME: _("you both did the same"),
        State.MINE: _("only you changed it"),
        State.THEIRS: _("only they changed it"),
        State.REMOVED_BY_ME: _("you deleted it, they changed it"),
        State.REMOVED_BY_THEM: _("they deleted it, you changed it"),
        State.ADDED_TWICE: _("you both added a feature with this id"),
        State.BOTH: _("you both changed it"),
    }
    return titles[feature.state]


def _table(feature: FeatureMerge, spec: LayerSpec) -> str:
    """Return as HTML the fields that were changed: before, theirs, mine, and what becomes.

    Not a table of Streamlit: that cuts its cells and hides columns behind its edge, and
    here every word must be read before somebody decides.
    """
    outcome = {
        "mine": _("mine"),
        "theirs": _("theirs"),
        "same": _("the same"),
        "clash": _("to be decided"),
    }
    heads = (_("Field"), _("Before"), _("Theirs"), _("Mine"), _("Stands"))
    head = "".join(f'<th scope="col">{esc(text)}</th>' for text in heads)
    body = "".join(
        f"<tr>{_cells(feature, name, by, spec)}{_outcome(outcome[by], is_open=by == 'clash')}</tr>"
        for name, by in feature.fields
    )
    return f'<table class="atlas-conflict"><tr>{head}</tr>{body}</table>'


def _cells(feature: FeatureMerge, name: str, by: str, spec: LayerSpec) -> str:
    """Return the cells of a field; what somebody changed stands bold behind a bar."""
    title = _("Geometry") if name == GEOMETRY else card.heading(spec.field(name))
    before = _value(feature.base, name, spec)
    cells = [f'<th scope="row">{esc(title)}</th><td>{esc(before)}</td>']
    for who, row in (("theirs", feature.theirs), ("mine", feature.mine)):
        text = _value(row, name, spec)
        is_changed = by in (who, "same", "clash")
        if is_changed and text == before:
            text = _("{value}, in another place or form").format(value=text)
        cells.append(f"<td{_CHANGED if is_changed else ''}>{esc(text)}</td>")
    return "".join(cells)


def _outcome(text: str, *, is_open: bool) -> str:
    return f"<td{_CHANGED if is_open else ''}>{esc(text)}</td>"


def _value(row: Row | None, name: str, spec: LayerSpec) -> str:
    if row is None:
        return _("not there")
    if name == GEOMETRY:
        return _shape(row.shape)
    return card.value(spec.field(name), row.cells[name])


def _shape(shape: BaseGeometry | None) -> str:
    if shape is None or shape.is_empty:
        return num(None)
    corners = _("vertices: {n}").format(n=num(shapely.get_num_coordinates(shape)))
    is_point = "Point" in shape.geom_type
    return card.size_text(shape) if is_point else f"{card.size_text(shape)} · {corners}"


def trouble(spec: LayerSpec, texts: Iterable[str]) -> None:
    """Say that a draft cannot be shown, and what can be done with it."""
    for text in texts:
        st.error(md(text))
    st.caption(_("Your edits are still kept as a draft; nothing of them is lost."))
    edits = desk.session(spec)
    if edits.base_version != desk.newest(spec) and st.button(
        _("Do my edits anew on the newest version"), key="edit_transplant"
    ):
        desk.transplant(spec, edits)
        st.rerun()
    give_up(spec, edits)


def give_up(spec: LayerSpec, edits: EditSession) -> None:
    """Offer to give all edits up, and ask before it is done."""
    with st.popover(_("Give up all edits"), type="tertiary"):
        st.markdown(
            _("Steps on **{layer}** that will be gone for good: {n}.").format(
                n=num(len(edits.done)), layer=md(pick(spec.title))
            )
        )
        if st.button(_("Yes, give them up"), key="edit_forget"):
            desk.forget(spec)
            st.rerun()
