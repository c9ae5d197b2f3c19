"""Theme and filter of a layer: chosen here, followed by map, legend, table and print.

What is chosen stands in the session as two short texts a layer, the same that the
address of the page carries; everything else is derived from them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from typing import cast

import pandas as pd
import streamlit as st

from layers.breaks import EXACT_COUNT
from layers.breaks import SCHEMES
from layers.errors import AtlasError
from layers.filters import Filter
from layers.filters import FilterSet
from layers.filters import filterable_fields
from layers.picture import MOST_VECTORS
from layers.ramps import LEAST_CLASSES
from layers.ramps import MOST_CLASSES
from layers.ramps import RAMPS
from layers.themes import Theme
from layers.themes import resolve
from layers.themes import themeable_fields
from views import card
from views import permalink
from views import store
from views import tables
from views.permalink import FILTER
from views.permalink import ON
from views.permalink import THEME
from views.text import _
from views.text import lang
from views.text import md
from views.text import num
from views.text import pick

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence

    import geopandas as gpd
    import numpy as np
    from numpy.typing import NDArray

    from layers.catalogue import FieldSpec
    from layers.catalogue import LayerSpec
    from layers.style import LayerStyle
    from layers.themes import Kind

MOST_ROWS = 500
"""Rows that the table beside the map shows; the file has all of them."""

_LAYER = "explore_layer"
_SEEN_ROW = "explore_row_seen:"
_STYLE = "style"
_USUAL = ("quantiles", 5, "blues")


def theme(spec: LayerSpec) -> Theme:
    """Return the theme of a layer; that of the catalogue unless another was chosen."""
    text = st.session_state.get(THEME + spec.key, "")
    try:
        return Theme.from_text(text, spec) if text else Theme(spec.key)
    except AtlasError:
        return Theme(spec.key)


def filters(spec: LayerSpec) -> FilterSet:
    """Return the filters of a layer; none unless some were chosen."""
    text = st.session_state.get(FILTER + spec.key, "")
    try:
        return FilterSet.from_text(text, spec) if text else FilterSet(spec.key)
    except AtlasError:
        return FilterSet(spec.key)


def style(spec: LayerSpec) -> LayerStyle:
    """Return how a layer is drawn now."""
    version = dict(store.versions())[spec.key]
    chosen = theme(spec)
    try:
        return store.once(
            ("style", chosen), lambda: _style(store.identity(), spec.key, version, chosen)
        )
    except AtlasError:
        return store.styles()[spec.key]


@st.cache_resource(show_spinner=False, max_entries=128)
def _style(
    identity: str,  # noqa: ARG001 - part of the key of the cache
    key: str,
    version: int,  # noqa: ARG001 - the same
    chosen: Theme,
) -> LayerStyle:
    # Classes are made of all rows, so that a filter does not change what a colour means.
    spec = store.catalogue().layer(key)
    return resolve(chosen, spec, store.table(key), store.styles()[key])


def shown(spec: LayerSpec) -> gpd.GeoDataFrame:
    """Return the rows of a layer that pass its filters."""
    frame = store.spatial(spec.key)
    text = st.session_state.get(FILTER + spec.key, "")
    if not text:
        return frame
    version = dict(store.versions())[spec.key]
    return store.once(
        ("shown", spec.key, text),
        lambda: frame[_mask(store.identity(), spec.key, version, filters(spec))],
    )


@st.cache_resource(show_spinner=False, max_entries=64)
def _mask(
    identity: str,  # noqa: ARG001 - part of the key of the cache
    key: str,
    version: int,  # noqa: ARG001 - the same
    wanted: FilterSet,
) -> NDArray[np.bool_]:
    return wanted.mask(store.table(key), store.catalogue().layer(key))


def sentences(specs: Sequence[LayerSpec]) -> list[str]:
    """Return what must be said of the drawn layers: colours, filters, notes on the classes."""
    return [f"{pick(spec.title)}: {text}" for spec in specs for text in _said(spec)]


def _said(spec: LayerSpec) -> list[str]:
    said = [_coloured(spec), _counted(spec), filters(spec).describe(spec, lang()), *_notes(spec)]
    return [text for text in said if text]


def _counted(spec: LayerSpec) -> str:
    """Return what the squares mean in which a large layer is counted when zoomed out."""
    if store.rows(spec.key) <= MOST_VECTORS:
        return ""
    return _("zoomed out: a square has the colour of its commonest class, darker for more objects")


def _coloured(spec: LayerSpec) -> str:
    """Return by which field a layer is coloured, with its unit and how the classes were cut."""
    now = theme(spec)
    if now.kind == "style":
        return ""
    text = _("coloured by {field}").format(field=card.heading(spec.field(now.field)))
    return f"{text} · {pick(SCHEMES[now.scheme])}" if now.kind == "graduated" else text


def caption(spec: LayerSpec) -> None:
    """Say below the legend of a layer what is filtered and how its classes came about."""
    for text in _said(spec):
        st.caption(md(text))


def _notes(spec: LayerSpec) -> list[str]:
    notes = []
    drawn = style(spec)
    if drawn.note is not None:
        notes.append(pick(drawn.note))
    left_out = filters(spec).left_out_unknown(store.table(spec.key), spec) if _filtered(spec) else 0
    if left_out:
        notes.append(_("{n} without a known value are left out").format(n=num(left_out)))
    return notes


def _filtered(spec: LayerSpec) -> bool:
    return bool(st.session_state.get(FILTER + spec.key))


def panel(specs: Sequence[LayerSpec]) -> None:
    """Let the user choose theme and filters of one layer after another."""
    spec = _choose_layer(specs)
    _choose_theme(spec)
    _choose_filters(spec)
    changed = st.session_state.get(THEME + spec.key) or st.session_state.get(FILTER + spec.key)
    if st.button(_("Reset this layer"), disabled=not changed, key=f"reset:{spec.key}"):
        st.session_state.pop(THEME + spec.key, None)
        st.session_state.pop(FILTER + spec.key, None)
        permalink.renew_widgets()
        st.rerun()


def _choose_layer(specs: Sequence[LayerSpec]) -> LayerSpec:
    titles = {s.key: pick(s.title) for s in reversed(specs)}
    usual = "buildings" if "buildings" in titles else next(iter(titles))
    key = st.selectbox(
        _("Layer"),
        list(titles),
        index=list(titles).index(usual),
        format_func=titles.__getitem__,
        key=_LAYER,
        persist_state="session",
    )
    # A layer that is being looked at is drawn.
    if not st.session_state.get(ON + key, store.catalogue().layer(key).visible):
        st.caption(_("This layer is switched off."))
    return store.catalogue().layer(key)


def _choose_theme(spec: LayerSpec) -> None:
    kinds = _themeable(spec)
    if not kinds:
        return
    now = theme(spec)
    fields = ["", *kinds]
    name = st.selectbox(
        _("Colour by"),
        fields,
        index=fields.index(now.field) if now.field in fields else 0,
        format_func=lambda n: card.heading(spec.field(n)) if n else _("As in the catalogue"),
        key=permalink.widget(spec.key, f"theme:{now.field}"),
    )
    if not name:
        st.session_state.pop(THEME + spec.key, None)
        return
    chosen = Theme(spec.key, name, kinds[name])
    if kinds[name] == "graduated":
        chosen = _choose_classes(spec, name, now)
    st.session_state[THEME + spec.key] = chosen.to_text()
    try:
        _style(store.identity(), spec.key, dict(store.versions())[spec.key], chosen)
    except AtlasError as error:
        st.error(md(pick(error.text)))


def _themeable(spec: LayerSpec) -> dict[str, Kind]:
    version = dict(store.versions())[spec.key]
    return _themeable_of(store.identity(), spec.key, version)


@st.cache_data(show_spinner=False, max_entries=64)
def _themeable_of(
    identity: str,  # noqa: ARG001 - part of the key of the cache
    key: str,
    version: int,  # noqa: ARG001 - the same
) -> dict[str, Kind]:
    return dict(themeable_fields(store.catalogue().layer(key), store.table(key)))


def _choose_classes(spec: LayerSpec, name: str, now: Theme) -> Theme:
    same = now.field == name and now.kind == "graduated"
    scheme, count, ramp = (now.scheme, now.k, now.ramp) if same else _USUAL
    stem = permalink.widget(spec.key, f"{name}")
    scheme = st.selectbox(
        _("Class limits"),
        list(SCHEMES),
        index=list(SCHEMES).index(scheme),
        format_func=lambda s: pick(SCHEMES[s]),
        key=f"{stem}:scheme",
    )
    left, right = st.columns(2)
    count = left.slider(
        _("Classes"),
        LEAST_CLASSES,
        MOST_CLASSES,
        count,
        key=f"{stem}:k",
        # The other schemes find their own number.
        disabled=scheme not in EXACT_COUNT,
    )
    ramp = right.selectbox(
        _("Colours"),
        list(RAMPS),
        index=list(RAMPS).index(ramp),
        format_func=lambda r: pick(RAMPS[r]),
        key=f"{stem}:ramp",
    )
    return Theme(spec.key, name, "graduated", scheme, count, ramp)


def _choose_filters(spec: LayerSpec) -> None:
    version = dict(store.versions())[spec.key]
    kinds = _filterable_of(store.identity(), spec.key, version)
    if not kinds:
        return
    before = {wish.field: wish for wish in filters(spec).filters}
    names = st.multiselect(
        _("Filter by"),
        list(kinds),
        default=[n for n in before if n in kinds],
        format_func=lambda n: pick(spec.field(n).title),
        placeholder=_("No filter"),
        key=permalink.widget(spec.key, "fields"),
    )
    wishes = [_wish(spec, spec.field(n), kinds[n], before.get(n)) for n in names]
    _keep_filters(spec, FilterSet(spec.key, tuple(wish for wish in wishes if wish is not None)))
    if names:
        st.caption(
            _("{n} of {all} objects pass.").format(
                n=num(len(shown(spec))), all=num(len(store.table(spec.key)))
            )
        )


@st.cache_data(show_spinner=False, max_entries=64)
def _filterable_of(
    identity: str,  # noqa: ARG001 - part of the key of the cache
    key: str,
    version: int,  # noqa: ARG001 - the same
) -> dict[str, str]:
    spec = store.catalogue().layer(key)
    return dict(filterable_fields(spec, store.table(key), audience_internal=True))


def _keep_filters(spec: LayerSpec, wanted: FilterSet) -> None:
    try:
        text = wanted.to_text()
    except AtlasError as error:
        st.error(md(pick(error.text)))
        return
    if text:
        st.session_state[FILTER + spec.key] = text
    else:
        st.session_state.pop(FILTER + spec.key, None)


def _wish(spec: LayerSpec, field: FieldSpec, kind: str, before: Filter | None) -> Filter | None:
    """Show the widgets of one filter; return it, None while nothing is asked for."""
    stem = permalink.widget(spec.key, f"{field.name}")
    if kind == "values":
        return _wished_values(spec, field, before, stem)
    if kind == "text":
        usual = before.text if before is not None else ""
        text = st.text_input(
            _("{field} contains").format(field=pick(field.title)), usual, key=f"{stem}:text"
        )
        return _built(field.name, text=text.strip())
    return _wished_range(spec, field, before, stem)


def _wished_values(
    spec: LayerSpec, field: FieldSpec, before: Filter | None, stem: str
) -> Filter | None:
    column = store.table(spec.key)[field.name]
    if field.type == "boolean":
        values = ["true", "false"]
    elif field.choices:
        values = [choice.value for choice in field.choices]
    else:
        values = sorted(column.dropna().unique())
    values += [""] if bool(column.isna().any()) else []
    titles = {v: field.choice_title(v, lang()) for v in values} | {
        "": _("unknown"),
        "true": _("yes"),
        "false": _("no"),
    }
    chosen = st.multiselect(
        pick(field.title),
        values,
        default=[v for v in values if before and v in before.chosen],
        format_func=titles.__getitem__,
        placeholder=_("all"),
        key=f"{stem}:values",
    )
    return _built(field.name, values=tuple(chosen))


def _wished_range(
    spec: LayerSpec, field: FieldSpec, before: Filter | None, stem: str
) -> Filter | None:
    low, high = (before.low, before.high) if before is not None else (None, None)
    title = card.heading(field)
    left, right = st.columns(2)
    labels = (_("{field} from").format(field=title), _("{field} to").format(field=title))
    if field.type in {"date", "month"}:
        found: list[object] = [
            column.date_input(
                label, cast("dt.date | None", value), format="YYYY-MM-DD", key=f"{stem}:{n}"
            )
            for n, (column, label, value) in enumerate(
                zip((left, right), labels, (low, high), strict=True)
            )
        ]
    else:
        known = store.table(spec.key)[field.name].astype("float64")
        hints = (known.min(), known.max())
        found = [
            column.number_input(
                label,
                value=None if value is None else float(cast("float", value)),
                placeholder=num(hint, digits=0 if field.type == "integer" else 2),
                key=f"{stem}:{n}",
            )
            for n, (column, label, value, hint) in enumerate(
                zip((left, right), labels, (low, high), hints, strict=True)
            )
        ]
    keep = st.checkbox(
        _("keep those with an unknown value"),
        value=before.keep_unknown if before else False,
        key=f"{stem}:keep",
    )
    return _built(field.name, low=found[0], high=found[1], keep_unknown=keep)


def _built(name: str, **wish: object) -> Filter | None:
    """Return a filter, None for a wish that asks for nothing or contradicts itself."""
    if all(wish.get(part) in {None, "", ()} for part in ("values", "text", "low", "high")):
        return None
    try:
        return Filter(name, **wish)  # type: ignore[arg-type]
    except AtlasError:
        st.error(_("The range is upside down: the first limit must not be above the second."))
        return None


def table(specs: Sequence[LayerSpec]) -> str | None:
    """Show the filtered rows of a drawn layer; return ``layer:id`` of a row just ticked."""
    if not specs:
        st.info(_("No layer is switched on."))
        return None
    titles = {s.key: pick(s.title) for s in reversed(specs)}
    active = st.session_state.get(_LAYER)
    key = st.selectbox(
        _("Layer"),
        list(titles),
        index=list(titles).index(active) if active in titles else 0,
        format_func=titles.__getitem__,
        key="explore_table_layer",
        label_visibility="collapsed",
    )
    spec = store.catalogue().layer(key)
    rows = shown(spec)
    if rows.empty:
        st.info(_("No object passes the filter."))
        return None
    _count(spec, rows)
    picked = _pick(spec, rows.iloc[:MOST_ROWS])
    titles_of = {field.name: field.title for field in spec.fields}
    tables.save(
        pd.DataFrame(rows)[list(titles_of)],
        spec.key,
        spec.title,
        titles_of,
        internal=any(f.sensitivity == "internal" for f in spec.fields),
    )
    return picked


def _count(spec: LayerSpec, rows: pd.DataFrame) -> None:
    text = _("{n} of {all} objects").format(n=num(len(rows)), all=num(len(store.table(spec.key))))
    if len(rows) > MOST_ROWS:
        text += " · " + _("the first {n} are listed, the file has all").format(n=num(MOST_ROWS))
    st.caption(text)


def _pick(spec: LayerSpec, rows: pd.DataFrame) -> str | None:
    fields = [f for f in spec.fields if rows[f.name].notna().any()]
    themed = theme(spec).field
    fields.sort(key=lambda f: (f.name != spec.name_field, f.name != themed))
    row = tables.pick_row(
        pd.DataFrame({card.heading(f): card.column(f, rows[f.name]) for f in fields}),
        key=f"explore_table:{spec.key}",
        config=card.column_config(fields),
        most_px=560,
    )
    # Only a new tick moves the map, so that a click on the map can move on.
    if row == st.session_state.get(_SEEN_ROW + spec.key):
        return None
    st.session_state[_SEEN_ROW + spec.key] = row
    return None if row is None else f"{spec.key}:{rows[spec.id_field].iloc[row]}"
