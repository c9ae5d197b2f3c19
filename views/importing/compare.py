"""Step 5: what the delivery changes in the layer, on the map and in a table."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from layers.differences import KINDS
from layers.i18n import UNKNOWN
from layers.picture import MOST_VECTORS
from layers.picture import MapLayer
from layers.picture import Picture
from layers.style import Symbol
from views import figures
from views import mapview
from views import overview
from views import store
from views import tables
from views.importing import desk
from views.importing import symbols
from views.text import _
from views.text import lang
from views.text import md
from views.text import num
from views.text import pick

if TYPE_CHECKING:
    import geopandas as gpd

    from layers.delivery import Prepared
    from layers.errors import Text

_PART = "import_part_only"
_MOST = 5_000
_FEW = 20
_MARGIN = 0.002
_VALUES = 500
_SYMBOLS = {
    "added": Symbol(shape="circle", size=11, fill="#009E73", stroke="#00382a", width=2.0),
    "removed": Symbol(shape="cross", size=12, fill="#D55E00", stroke="#5e2a00", width=2.0),
    "moved": Symbol(shape="triangle", size=12, fill="#0072B2", stroke="#00304c", width=2.0),
    "reshaped": Symbol(shape="square", size=11, fill="#E69F00", stroke="#5c4000", width=2.0),
    "located": Symbol(shape="pentagon", size=12, fill="#56B4E9", stroke="#123A52", width=2.0),
    "changed": Symbol(shape="diamond", size=11, fill="#CC79A7", stroke="#4d1f38", width=2.0),
}


def show(work: desk.Work) -> None:
    """Show the page of this step."""
    _replacing(work)
    prepared = desk.prepared(work)
    show_figures(prepared)
    for issue in prepared.consequences:
        st.warning(md(issue.line(lang())))
    changes = changed(prepared)
    if prepared.result.accepted.empty:
        st.warning(_("No row was accepted, so nothing would change."))
        return
    if changes.empty:
        st.success(_("The file says what the layer holds already."))
        return
    if work.spec.geometry:
        _map(work, prepared, changes)
    _choose(work, prepared, changes)


def titles() -> dict[str, str]:
    """Return what may become of a row, in the language of the session."""
    named = {
        "added": _("added"),
        "removed": _("removed"),
        "reshaped": _("reshaped"),
        "moved": _("moved"),
        "located": _("got a place"),
        "unlocated": _("lost its place"),
        "changed": _("attributes changed"),
        "unchanged": _("unchanged"),
    }
    return {kind: named[kind] for kind in KINDS}


def _replacing(work: desk.Work) -> None:
    whole = st.checkbox(
        _("The file is the whole layer: rows that it does not contain are removed"),
        value=work.replace,
        key=f"import_replace:{desk.round_number()}:{work.half}",
        help=_("Otherwise the file updates the layer, and nothing is removed."),
    )
    work.replacing(whole=whole)


def show_figures(prepared: Prepared) -> None:
    """Show how many rows are added, removed, moved, and so on."""
    # A row that moved may have other values too; it counts for both.
    counts = prepared.diff["kinds"].explode().value_counts()
    figures.show(
        (num(int(counts.get(kind, 0))), title)
        for kind, title in titles().items()
        if counts.get(kind, 0) or kind in {"added", "changed", "removed"}
    )
    kept = int(prepared.changes["kept"])
    if kept:
        st.caption(
            _("{n} rows of the layer are not in the file and stay as they are.").format(n=num(kept))
        )
    if prepared.changes["kept_sample"]:
        st.caption(_("{n} of them are sample data.").format(n=num(prepared.changes["kept_sample"])))


def changed(prepared: Prepared) -> pd.DataFrame:
    """Return the rows with which something happens."""
    return prepared.diff[prepared.diff["kind"].ne("unchanged")].reset_index(drop=True)


def _map(work: desk.Work, prepared: Prepared, changes: pd.DataFrame) -> None:
    layers = [overview.map_layer(s) for s in store.shown_layers() if s.key == "district"]
    for kind, symbol in _SYMBOLS.items():
        ids = changes.loc[changes["kind"].eq(kind), "id"].head(MOST_VECTORS)
        frame = prepared.old if kind == "removed" else prepared.new
        rows = store.located(frame[frame[prepared.spec.id_field].isin(ids)])
        if len(rows):
            layers.append(_layer(prepared, kind, rows, symbol))
    if len(layers) < 2:  # noqa: PLR2004 - the district alone tells nothing
        return
    picture = Picture(
        layers=layers,
        marks=overview.marks([layer.frame for layer in layers]),
        attribution=_("Own vectors"),
    )
    with st.container(key="page-map"):
        mapview.show(
            picture,
            key=f"import-diff-{work.token}",
            bounds=overview.extent([layer.frame for layer in layers[1:]], _MARGIN),
            height=420,
        )
    drawn = [kind for kind in _SYMBOLS if changes["kind"].eq(kind).any()]
    symbols.legend((titles()[kind], _SYMBOLS[kind]) for kind in drawn)


def _layer(prepared: Prepared, kind: str, rows: gpd.GeoDataFrame, symbol: Symbol) -> MapLayer:
    return MapLayer(
        key=kind,
        kind=titles()[kind],
        frame=rows,
        style=symbols.one_symbol(replace(symbol, fill_opacity=0.5)),
        id_field=prepared.spec.id_field,
        name_field=prepared.spec.name_field,
        labels=False,
    )


def _choose(work: desk.Work, prepared: Prepared, changes: pd.DataFrame) -> None:
    """Let the planner take all changes, or some of them."""
    names = {False: _("all changes"), True: _("only those that I tick")}
    part = st.segmented_control(
        _("Write"),
        list(names),
        format_func=names.__getitem__,
        default=work.partial,
        required=True,
        key=f"{_PART}:{work.token}:{lang()}",
    )
    work.partial = bool(part)
    first = changes.head(_MOST)
    shown = _table(prepared, first)
    if work.partial:
        _tick(work, first, shown)
    else:
        tables.show(shown)
    if len(changes) > _MOST:
        st.caption(
            _("The first {n} are shown; of the others none can be ticked.").format(n=num(_MOST))
        )
    _values(prepared, changes)


def _tick(work: desk.Work, first: pd.DataFrame, shown: pd.DataFrame) -> None:
    """Show the changes with a box each; what is not ticked is remembered with the file."""
    memory = f"import_ticks:{work.token}"
    # The widget keeps its own edits; it must begin with the same ticks in every run.
    begin = st.session_state.setdefault(memory, work.skipped)
    shown.insert(0, _("Take"), ~first["id"].isin(begin).to_numpy())
    edited = st.data_editor(
        shown,
        hide_index=True,
        placeholder=UNKNOWN,
        width="stretch",
        disabled=[name for name in shown.columns if name != _("Take")],
        key=f"import_take:{work.token}:{lang()}",
    )
    ticked = edited[_("Take")].to_numpy(dtype=bool)
    work.skipped = frozenset(first.loc[~ticked, "id"])
    st.caption(_("{n} changes are ticked.").format(n=num(int(ticked.sum()))))


def _values(prepared: Prepared, changes: pd.DataFrame) -> None:
    """Show old and new values of what is changed."""
    told = changes[changes["fields"].map(len).gt(0)]
    if told.empty:
        return
    with st.expander(_("Old and new values"), expanded=len(told) <= _FEW, key="import_values"):
        values = prepared.values(list(told["id"].head(_VALUES)))
        fields = {f.name: pick(f.title) for f in prepared.spec.fields}
        names = dict(zip(told["id"], told["name"], strict=True))
        values = values[values["change"].eq("changed") & values["field"].isin(fields)]
        tables.show(
            pd.DataFrame(
                {
                    _("Id"): values["id"],
                    _("Name"): values["id"].map(names),
                    _("Field"): values["field"].map(fields),
                    _("Before"): values["old"],
                    _("After"): values["new"],
                }
            )
        )
        if len(told) > _VALUES:
            st.caption(_("The first {n} are shown.").format(n=num(_VALUES)))


def _table(prepared: Prepared, changes: pd.DataFrame) -> pd.DataFrame:
    fields: dict[str, Text] = {f.name: f.title for f in prepared.spec.fields}
    return pd.DataFrame(
        {
            _("Change"): [
                ", ".join(titles().get(k, k) for k in kinds) for kinds in changes["kinds"]
            ],
            _("Id"): changes["id"],
            _("Name"): changes["name"],
            _("Moved, m"): changes["moved_m"].round(1),
            _("Area before, m²"): changes["area_before_m2"].round(1),
            _("Area after, m²"): changes["area_after_m2"].round(1),
            _("Fields"): [
                ", ".join(pick(fields[f]) if f in fields else f for f in names)
                for names in changes["fields"]
            ],
        }
    )


def chosen(work: desk.Work, prepared: Prepared) -> tuple[str, ...] | None:
    """Return the ids of the changes to write, None for all."""
    if not work.partial:
        return None
    first = changed(prepared)["id"].head(_MOST)
    return tuple(first[~first.isin(work.skipped)])
