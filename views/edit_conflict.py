"""What happens when somebody else saved the layer that is being edited.

The planner is told at the next run, long before she saves: who, when and why. What both
worked at is shown as it was, theirs and hers. Only where the two contradict each other
she chooses; one click then brings her edits onto the newest version and saves them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd
import streamlit as st

from geo.crs import STORAGE_CRS
from layers.editing import Side
from layers.editing import State
from layers.editing import foreign_changes
from layers.editing import reconcile
from layers.frames import GEOMETRY
from layers.i18n import moment
from layers.i18n import unknown
from layers.shapes import describe_shapes
from layers.style import Symbol
from views import card
from views import desk
from views import store
from views import tables
from views.text import _
from views.text import md
from views.text import num
from views.text import pick

if TYPE_CHECKING:
    from collections.abc import Iterable
    from collections.abc import Mapping

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
            tables.show(_table(feature, spec))


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


def _table(feature: FeatureMerge, spec: LayerSpec) -> pd.DataFrame:
    """Return the fields that were changed: as they were, theirs, mine, and what becomes."""
    outcome = {
        "mine": _("mine"),
        "theirs": _("theirs"),
        "same": _("the same"),
        "clash": _("to be decided"),
    }
    names = [name for name, _who in feature.fields]
    rows = (feature.base, feature.theirs, feature.mine)
    values = [[_value(row, name, spec) for row in rows] for name in names]
    columns = list(zip(*values, strict=True))
    titles = [_("Geometry") if n == GEOMETRY else card.heading(spec.field(n)) for n in names]
    return pd.DataFrame(
        {
            _("Field"): titles,
            _("Before"): columns[0],
            _("Theirs"): columns[1],
            _("Mine"): columns[2],
            _("Stands"): [outcome[by] for _name, by in feature.fields],
        }
    )


def _value(row: Row | None, name: str, spec: LayerSpec) -> str:
    if row is None:
        return _("not there")
    if name == GEOMETRY:
        return describe_shapes([row.shape])[0]
    return card.value(spec.field(name), row.cells[name])


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
            _("{n} steps on **{layer}** will be gone for good.").format(
                n=num(len(edits.done)), layer=md(pick(spec.title))
            )
        )
        if st.button(_("Yes, give them up"), key="edit_forget"):
            desk.forget(spec)
            st.rerun()
