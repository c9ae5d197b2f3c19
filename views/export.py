"""输出: choose layers, format, CRS and audience, and download the file."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING
from typing import TypeAlias
from urllib.parse import quote

import streamlit as st

from layers.errors import AtlasError
from layers.export import EXPORT_ROUTE
from layers.export import export_layers
from layers.export import ready_files
from views import store
from views.text import _
from views.text import esc
from views.text import lang
from views.text import md
from views.text import num
from views.text import pick

if TYPE_CHECKING:
    from layers.export import ExportReport
    from layers.export.sheets import Audience

_READY = "export_ready"
FORMATS = {
    "gpkg": "GeoPackage (.gpkg)",
    "xlsx": "Excel (.xlsx)",
    "geojson": "GeoJSON (.geojson)",
    "csv": "CSV (.csv)",
}
CRS = {
    "EPSG:4490": "CGCS2000 (EPSG:4490)",
    "EPSG:4549": "CGCS2000 / 3° GK CM 120E (EPSG:4549)",
    "EPSG:4550": "CGCS2000 / 3° GK CM 123E (EPSG:4550)",
    "EPSG:4326": "WGS 84 (EPSG:4326)",
}
Wish: TypeAlias = "tuple[tuple[str, ...], str, str, Audience, str, store.Versions]"
AUDIENCES: tuple[Audience, ...] = ("internal", "public")
GEOGRAPHIC = ("EPSG:4490", "EPSG:4326")


def render() -> None:
    """Show the page."""
    st.markdown(f"### {_('Export for plan documents')}")
    specs = [s for s in store.catalogue().layers if store.has(s.key)]
    if not specs:
        st.info(_("This workspace holds no layers yet. Import some with `atlas import`."))
        return
    left, right = st.columns([3, 2], gap="large")
    titles = {s.key: f"{pick(s.title)} · {num(len(store.table(s.key)))}" for s in specs}
    with left:
        default = [k for k in ("zones", "parks", "carriers") if k in titles]
        keys = st.pills(
            _("Layers"),
            list(titles),
            selection_mode="multi",
            wrap=True,
            default=default,
            format_func=titles.__getitem__,
            key="export_layers",
            persist_state="session",
        )
        fmt = st.radio(
            _("Format"),
            list(FORMATS),
            format_func=FORMATS.__getitem__,
            key="export_format",
            persist_state="session",
        )
        allowed = [c for c in CRS if fmt != "geojson" or c in GEOGRAPHIC]
        crs = st.selectbox(
            _("Coordinate system"), allowed, format_func=CRS.__getitem__, key="export_crs"
        )
        audience = st.radio(
            _("Audience"),
            AUDIENCES,
            format_func={
                "internal": _("Internal: everything, marked internal"),
                "public": _("Public: without firm names, tax and sensitive layers"),
            }.__getitem__,
            key="export_audience",
            persist_state="session",
        )
    wish = (tuple(keys), fmt, crs, audience, lang(), store.versions())
    with right:
        _build(wish)
        _offer(wish)


def _build(wish: Wish) -> None:
    keys, fmt, crs, audience, language, _versions = wish
    if not keys:
        st.info(_("Choose at least one layer."))
        return
    if not st.button(_("Prepare the file"), type="primary", key="export_build"):
        return
    with (
        st.spinner(_("Writing, reading back and comparing …"), show_time=False),
        tempfile.TemporaryDirectory() as folder,
    ):
        path = Path(folder) / _file_name(keys, fmt, crs, audience)
        try:
            report = export_layers(
                {key: store.table(key) for key in keys},
                [store.catalogue().layer(key) for key in keys],
                store.catalogue(),
                fmt=fmt,
                path=path,
                crs=crs,
                audience=audience,
                lang=language,
                sources=store.sources().reset_index(drop=True),
            )
        except AtlasError as error:
            st.session_state.pop(_READY, None)
            st.error(pick(error.text))
            return
        # Kept on disk and fetched over a route of its own: a session holds no files.
        name = path.name
        st.session_state[_READY] = (wish, name, ready_files().keep(path), report)


def _offer(wish: Wish) -> None:
    ready = st.session_state.get(_READY)
    if ready is None or ready[0] != wish:
        return
    _wish, name, token, report = ready
    if ready_files().path(token) is None:
        return
    st.success(_("Written, read back and compared."))
    address = f"{EXPORT_ROUTE}/{token}/{quote(name)}"
    text = _("Download {name}").format(name=name)
    st.html(f'<a class="atlas-download" href="{esc(address)}" download>{esc(text)}</a>')
    _summary(report)


def _summary(report: ExportReport) -> None:
    lines = [
        _("{title}: {rows} rows, {located} located").format(
            title=md(pick(store.catalogue().layer(key).title)),
            rows=num(rows),
            located=num(located),
        )
        for key, rows, located in report.layers
    ]
    st.markdown("\n".join(f"- {line}" for line in lines))
    for note in report.notes:
        st.caption(md(pick(note)))


def _file_name(keys: tuple[str, ...], fmt: str, crs: str, audience: str) -> str:
    suffix = "zip" if fmt in {"geojson", "csv"} and len(keys) > 1 else fmt
    stem = store.catalogue().edition + "_" + ("_".join(keys) if len(keys) < 4 else "layers")  # noqa: PLR2004 - a longer name helps nobody
    return f"{stem}_{crs.replace(':', '')}_{audience}.{suffix}"
