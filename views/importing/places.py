"""Step 3: in which coordinate system the file is, seen on the map, and places by address."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
import streamlit as st

from geo.crs import STORAGE_CRS
from layers.errors import AtlasError
from layers.i18n import UNKNOWN
from layers.intake import district_of
from layers.intake import rank_systems
from layers.intake import read_isolated
from layers.intake.columns import known_columns
from layers.intake.placing.control_points import read_control_points
from layers.intake.placing.local_grid import fit_grid
from layers.intake.placing.local_grid import grid_from_proj
from layers.intake.placing.locate import raw_coordinates
from layers.intake.setting import reading_for
from layers.picture import MapLayer
from layers.picture import Picture
from layers.style import Symbol
from layers.systems import LOCAL
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
from views.text import pct
from views.text import pick

if TYPE_CHECKING:
    from collections.abc import Sequence

    from layers.intake.placing.local_grid import LocalGrid
    from layers.intake.placing.whereabouts import Candidate
    from layers.picture import Bounds

_LOCAL_FIELDS = ("import_proj", "import_points")
_SAMPLE = 400
_LIKELY = 0.5
_FAINT = 0.45
_MARGIN = 0.004
_FAR = 20.0
"""Times as far from the middle as half of the points are."""
# Shapes differ too, for eyes that do not tell the colours apart.
_SYMBOLS = (
    Symbol(shape="circle", size=9, fill="#0072B2", stroke="#ffffff"),
    Symbol(shape="triangle", size=10, fill="#D55E00", stroke="#ffffff"),
    Symbol(shape="square", size=9, fill="#009E73", stroke="#ffffff"),
    Symbol(shape="diamond", size=10, fill="#CC79A7", stroke="#ffffff"),
)
_EXPECTED_RMSE_M = 0.5


def show(work: desk.Work) -> None:
    """Show the page of this step."""
    if not work.spec.geometry:
        st.info(_("This layer is a table without places; nothing is to be located."))
        return
    ranked = _ranked(work)
    if not ranked and not work.raw.shapes:
        st.info(_("The file has no coordinates. Rows can be placed by name and address below."))
        _review(work)
        return
    told, chosen = st.columns([3, 2], gap="large")
    with chosen:
        _choose(work, ranked)
        _local(work)
    with told:
        _outcome(work)
        _map(work, ranked)
    _table(ranked)
    _review(work)


def _ranked(work: desk.Work) -> tuple[Candidate, ...]:
    def rank() -> tuple[Candidate, ...]:
        columns = known_columns(work.raw.headings, work.spec, work.choices.mapping)
        return rank_systems(work.raw, columns.places, work.request, district_of(work.base.tables))

    return desk.kept(work, "ranked", rank)


def _label(candidate: Candidate) -> str:
    swapped = f" · {_('x is north')}" if candidate.swapped else ""
    return f"{candidate.name}{swapped}"


def _choose(work: desk.Work, ranked: tuple[Candidate, ...]) -> None:
    """Let the planner say which system it is."""
    likely = [c for c in ranked if c.system is not None and c.share_inside >= _LIKELY]
    by_label = {_label(c): c for c in reversed(likely)}
    labels = ["", *dict.fromkeys(map(_label, likely))]
    chosen = next((name for name, c in by_label.items() if _is_chosen(work, c)), "")
    other = "" if chosen else work.choices.crs or ""
    label = st.radio(
        _("The coordinates are in"),
        labels,
        index=labels.index(chosen),
        # A file may call its system anything; a label is Markdown.
        format_func=lambda name: md(name or _own(work)),
        captions=["", *(_caption(by_label[name]) for name in labels[1:])],
        key=f"import_crs:{desk.round_number()}:{work.raw.part}:{lang()}",
        disabled=work.choices.local is not None,
    )
    code = st.text_input(
        _("Another system (EPSG:…)"),
        value=other,
        key=f"import_epsg:{desk.round_number()}:{work.raw.part}",
        disabled=bool(label) or work.choices.local is not None,
    ).strip()
    candidate = by_label.get(label or "")
    crs = candidate.name if candidate is not None else code or None
    swap = (candidate.swapped or None) if candidate is not None else None
    if (crs, swap) != (work.choices.crs, work.choices.swap):
        work.decide(crs=crs, swap=swap)
        st.rerun()


def _is_chosen(work: desk.Work, candidate: Candidate) -> bool:
    swapped = candidate.swapped or None
    return (candidate.name, swapped) == (work.choices.crs, work.choices.swap)


def _own(work: desk.Work) -> str:
    declared = work.raw.system
    if declared is not None:
        return _("as the file says: {name}").format(name=declared.name)
    try:
        crs = desk.result(work).crs
    except AtlasError:
        crs = ""
    return _("not said; read as {name}").format(name=crs) if crs else _("not chosen")


def _caption(candidate: Candidate) -> str:
    apart = candidate.displacement_m
    if not apart > 0:
        return pick(candidate.reason)
    away = _("{metres} from the first").format(metres=num(apart, unit="m"))
    return f"{pick(candidate.reason)} · {away}"


def _local(work: desk.Work) -> None:
    """Take the parameters of a local grid, which are kept nowhere but in this session."""
    with st.expander(_("A city's own grid (independent coordinates)"), key="import_local"):
        st.caption(
            _(
                "Its parameters are not public. Give your own; they are used for this import "
                "only and are not stored, logged or exported."
            )
        )
        proj = st.text_input(_("PROJ string"), key=_LOCAL_FIELDS[0])
        points = st.file_uploader(
            _("or control points (name, x, y, lon, lat)"), key=_LOCAL_FIELDS[1]
        )
        limit = st.number_input(
            _("Largest accepted error, m"), min_value=0.01, value=_EXPECTED_RMSE_M, step=0.1
        )
        if st.button(_("Use this grid"), key="import_grid", disabled=not (proj or points)):
            try:
                if points is not None:
                    work.decide(local=_fitted(points.name, points.getvalue(), limit), crs=None)
                else:
                    work.decide(local=grid_from_proj(proj), crs=None)
            except AtlasError as error:
                st.error(md(pick(error.text)))
                return
            st.rerun()
        if work.choices.local is not None:
            _grid(work)


def _fitted(name: str, content: bytes, limit: float) -> LocalGrid:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / Path(name).name
        path.write_bytes(content)
        with reading_for(store.catalogue()):
            points = read_control_points(path, read=read_isolated)
    meridian = store.catalogue().central_meridian
    return fit_grid(points, central_meridian=meridian, accept_rmse_m=limit)


def _grid(work: desk.Work) -> None:
    grid = work.choices.local
    assert grid is not None
    st.success(f"{_('The local grid is used for this import.')} {md(pick(grid.label))}")
    if grid.residuals is not None:
        tables.show(grid.residuals)
    if st.button(_("Do without it"), key="import_no_grid"):
        work.decide(local=None)
        st.rerun()


def _outcome(work: desk.Work) -> None:
    try:
        result = desk.result(work)
    except AtlasError as error:
        st.warning(md(pick(error.text)))
        return
    st.success(
        _("{n} of {all} rows are located. Read as {crs}.").format(
            n=num(result.located), all=num(result.rows_in), crs=md(result.crs or "—")
        )
    )


def _map(work: desk.Work, ranked: tuple[Candidate, ...]) -> None:
    """Show the readings over the district."""
    layers = [
        replace(overview.map_layer(s), labels=False, opacity=_FAINT)
        for s in store.shown_layers()
        if s.key in {"district", "zones"}
    ]
    drawn, points = [], []
    xy = _sample(work)
    seen = [c for c in ranked if c.system is not None and c.share_inside >= _LIKELY]
    for candidate, symbol in zip(seen, _SYMBOLS, strict=False):
        lonlat = candidate.lonlat(xy)
        inside = lonlat[np.isfinite(lonlat).all(axis=1)]
        drawn.append((candidate, symbol))
        points.append(inside)
        layers.append(_points(_label(candidate), inside, symbol))
    if not drawn:
        return
    bounds, outside = view_of(points)
    with st.container(key="page-map"):
        mapview.show(
            Picture(
                layers=layers,
                marks=overview.marks([layer.frame for layer in layers]),
                attribution=_("Own vectors"),
            ),
            key=f"import-places-{work.token}",
            bounds=bounds,
            height=420,
        )
    symbols.legend((_label(candidate), symbol) for candidate, symbol in drawn)
    if outside:
        st.caption(
            _("{n} rows lie far from all others and outside this view.").format(n=num(outside))
        )


def _points(title: str, lonlat: np.ndarray, symbol: Symbol) -> MapLayer:
    ids = [f"{title} {i + 1}" for i in range(len(lonlat))]
    frame = gpd.GeoDataFrame(
        {"id": ids, "name": [title] * len(ids)},
        geometry=shapely.points(lonlat) if len(lonlat) else [],
        crs=STORAGE_CRS,
    )
    return MapLayer(
        key=title,
        kind=_("as read"),
        frame=frame,
        style=symbols.one_symbol(symbol),
        id_field="id",
        name_field="name",
        labels=False,
    )


def view_of(points: Sequence[np.ndarray]) -> tuple[Bounds, int]:
    """Return what a map shows of several readings of the same rows.

    Parameters
    ----------
    points
        Longitude and latitude of the rows (degrees), n × 2, for each reading.

    Returns
    -------
    tuple of float
        West, south, east and north around all points but those that lie many times
        farther from the middle than the others do: one row whose numbers are swapped
        would shrink all others to a dot.
    int
        How many rows of the first reading lie outside.
    """
    lonlat = np.vstack(points) if len(points) else np.empty((0, 2))
    if not len(lonlat):
        return overview.home(), 0
    middle = np.median(lonlat, axis=0)
    away = np.abs(lonlat - middle).max(axis=1)
    near = away <= _FAR * max(float(np.median(away)), _MARGIN)
    low, high = lonlat[near].min(axis=0) - _MARGIN, lonlat[near].max(axis=0) + _MARGIN
    (west, south), (east, north) = low.tolist(), high.tolist()
    return (west, south, east, north), int((~near[: len(points[0])]).sum())


def _sample(work: desk.Work) -> np.ndarray:
    def take() -> np.ndarray:
        columns = known_columns(work.raw.headings, work.spec, work.choices.mapping)
        return raw_coordinates(work.raw, columns.places, work.request, most=_SAMPLE)

    return desk.kept(work, "sample", take)


def _table(ranked: tuple[Candidate, ...]) -> None:
    if not ranked:
        return
    with st.expander(_("All readings that were tried"), key="import_readings"):
        tables.show(
            pd.DataFrame(
                {
                    _("System"): [c.name if c.system is not None else LOCAL for c in ranked],
                    _("x is north"): [c.swapped for c in ranked],
                    _("In the district"): [pct(c.share_inside, digits=0) for c in ranked],
                    _("From the first, m"): [num(c.displacement_m, digits=0) for c in ranked],
                    _("Cannot be told from"): [", ".join(c.ambiguous_with) for c in ranked],
                    _("Why"): [pick(c.reason) for c in ranked],
                }
            )
        )


def _review(work: desk.Work) -> None:
    """Offer places of known objects for rows that have none."""
    try:
        review = desk.result(work).review
    except AtlasError:
        return
    asked = int(review["row"].nunique()) if len(review) else 0
    if not asked and not work.choices.places:
        return
    st.markdown(f"**{_('Rows without a place')}**")
    st.caption(
        _(
            "{n} rows have a name or address like that of a known object. Tick what is right; "
            "nothing is placed by itself."
        ).format(n=num(asked))
    )
    if len(review):
        _tick(work, review)
    if work.choices.places:
        st.caption(_("{n} rows were placed so.").format(n=num(len(work.choices.places))))
        if st.button(_("Take these places back"), key="import_no_places"):
            work.decide(places={})
            st.rerun()


def _tick(work: desk.Work, review: pd.DataFrame) -> None:
    titles = {spec.key: pick(spec.title) for spec in store.catalogue().layers}
    frame = pd.DataFrame(
        {
            _("Take"): [False] * len(review),
            _("Data row"): review["row"],
            _("Name"): review["name"],
            _("Address"): review["address"],
            _("Known object"): review["candidate_name"],
            _("Its address"): review["candidate_address"],
            _("Layer"): review["candidate_layer"].map(titles).fillna(review["candidate_layer"]),
            _("Score"): review["score"],
        }
    )
    edited = st.data_editor(
        frame,
        hide_index=True,
        placeholder=UNKNOWN,
        width="stretch",
        disabled=[name for name in frame.columns if name != _("Take")],
        key=f"import_review:{desk.round_number()}:{len(work.choices.places)}:{lang()}",
    )
    taken = review[edited[_("Take")].to_numpy(dtype=bool)]
    if taken.empty:
        return
    if taken["row"].duplicated().any():
        st.warning(_("Tick at most one object for each row."))
        return
    if st.button(_("Place {n} rows").format(n=num(len(taken))), type="primary", key="import_place"):
        pairs = zip(taken["candidate_layer"], taken["candidate_id"], strict=True)
        chosen = dict(zip(taken["row"].astype(int), pairs, strict=True))
        work.decide(places={**work.choices.places, **chosen})
        st.rerun()
