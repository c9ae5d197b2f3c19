"""Layers as files: which ones, in which format and coordinates, for whom."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING
from typing import Any
from typing import TypeAlias

import streamlit as st

from layers.errors import AtlasError
from layers.export import export_layers
from layers.export.package import PACKAGE_FORMATS
from layers.export.package import export_package
from layers.grids import by_meridian
from layers.grids import meridians_near
from layers.grids import usual_grid
from layers.team import Right
from layers.timeline import newest
from views import explore
from views import seen
from views import store
from views import who
from views.output import choices
from views.output import ready
from views.text import _
from views.text import lang
from views.text import md
from views.text import num
from views.text import pick
from views.waiting import turn

if TYPE_CHECKING:
    from collections.abc import Mapping

    from layers.errors import Text
    from layers.export import ExportReport
    from layers.export.sheets import Audience
    from layers.style import LayerStyle

PACKAGE = "package"
FORMATS = {
    "gpkg": "GeoPackage (.gpkg) · QGIS",
    "shp": "Shapefile (.zip) · ArcGIS",
    "dxf": "DXF R2010 (.dxf) · AutoCAD",
    "kml": "KML (.kml) · Google Earth",
    "xlsx": "Excel (.xlsx)",
    "csv": "CSV (.csv)",
    "geojson": "GeoJSON (.geojson)",
    "fgb": "FlatGeobuf (.fgb)",
    "parquet": "GeoParquet (.parquet)",
}
GEOGRAPHIC = {"EPSG:4490": "CGCS2000 (EPSG:4490)", "EPSG:4326": "WGS 84 (EPSG:4326)"}
# Formats that allow degrees only; KML is always in WGS 84.
_DEGREES = {"geojson": tuple(GEOGRAPHIC), "kml": ("EPSG:4326",)}
# Formats whose file holds several layers.
_SEVERAL = {"gpkg", "xlsx", "dxf", "kml"}
Wish: TypeAlias = "tuple[tuple[str, ...], str, tuple[str, ...], str, Audience, str, bool, object]"


def show() -> None:
    """Show the choices and, beside them, the file."""
    left, right = st.columns([3, 2], gap="large")
    with left:
        wish = _wish()
    with right:
        _build(wish)
        ready.offer(wish)


def _systems(fmt: str) -> dict[str, str]:
    """Return the coordinate systems that a format may be in, with their titles."""
    longitude = store.catalogue().central_meridian
    grids = {
        by_meridian(m): f"CGCS2000 / 3° GK CM {m}E ({by_meridian(m)})"
        for m in meridians_near(longitude)
    }
    grids = grids or {usual_grid(longitude): usual_grid(longitude)}
    if fmt == "dxf":
        return grids
    every = {**dict(list(GEOGRAPHIC.items())[:1]), **grids, **GEOGRAPHIC}
    return {name: every[name] for name in _DEGREES.get(fmt, every)}


def audience(key: str) -> Audience:
    """Let the planner choose for whom a file is; whoever sees public data only has no choice."""
    titles: dict[Audience, str] = {
        "internal": _("Internal: everything, marked internal"),
        "public": _("Public: without firm names, tax and sensitive layers"),
    }
    if not who.may(Right.INTERNAL):
        st.caption(f"{_('Audience')}: {titles['public']}")
        return "public"
    return choices.radio(_("Audience"), titles, key, "internal")


def _wish() -> Wish:
    specs = [s for s in store.catalogue().layers if store.has(s.key)]
    titles = {s.key: f"{pick(s.title)} · {num(store.rows(s.key))}" for s in specs}
    usual = [k for k in ("zones", "parks", "carriers") if k in titles]
    keys = choices.pills(_("Layers"), titles, "export_layers", usual)
    names = {PACKAGE: _("Package of several formats, styles and notes (.zip)"), **FORMATS}
    fmt = choices.radio(_("Format"), names, "export_format", "gpkg")
    formats: list[str] = []
    if fmt == PACKAGE:
        wanted = {name: name for name in FORMATS}
        formats = choices.pills(
            _("Formats in the package"), wanted, "export_formats", PACKAGE_FORMATS
        )
    titles = _systems(fmt)
    crs = st.selectbox(
        _("Coordinate system"),
        list(titles),
        format_func=titles.__getitem__,
        key=f"export_crs:{next(iter(titles))}",
    )
    for_whom = audience("export_audience")
    themed = st.checkbox(
        _("Draw layers as on the overview map now, with its themes"), key="export_themed"
    )
    marks = tuple(explore.theme(s) for s in specs if s.geometry) if themed else ()
    state = (store.identity(), store.versions(), marks)
    return (tuple(keys), fmt, tuple(formats), crs, for_whom, lang(), themed, state)


def _build(wish: Wish) -> None:
    keys, fmt, formats, *_rest = wish
    if not keys:
        st.info(_("Choose at least one layer."))
        return
    if fmt == PACKAGE and not formats:
        st.info(_("Choose at least one format."))
        return
    if not st.button(_("Prepare the file"), type="primary", key="export_build"):
        return
    with turn(), tempfile.TemporaryDirectory() as folder:
        try:
            export = _export(wish)
            report = _written(wish, Path(folder), export.export_id)
            ready.keep(wish, report.path, _summary(report), export, audience=wish[4])
        except AtlasError as error:
            st.error(md(pick(error.text)))


def _export(wish: Wish) -> seen.Export:
    keys, fmt, formats, crs, for_whom, language, _themed, state = wish
    versions = store.whole().versions
    return seen.export(
        "export",
        {key: versions[key] for key in keys},
        format=fmt,
        formats=formats,
        crs=crs,
        audience=for_whom,
        lang=language,
        order=keys,
        themes=repr(state[-1:]) if isinstance(state, tuple) else "",
    )


def _written(wish: Wish, folder: Path, export_id: str) -> ExportReport:
    keys, fmt, formats, crs, for_whom, language, themed, _state = wish
    # From all data, so that a public copy is the same whoever takes it.
    every = store.whole()
    specs = [every.catalogue.layer(key) for key in keys]
    stamp = newest(store.current().workspace.history(), keys)
    tables = {key: every.tables[key] for key in keys}
    styles: Mapping[str, LayerStyle] = (
        {s.key: explore.style(s) for s in specs if s.geometry} if themed else {}
    )
    path = folder / _file_name(keys, fmt, crs, for_whom)
    settings: dict[str, Any] = {
        "path": path,
        "crs": crs,
        "audience": for_whom,
        "lang": language,
        "sources": store.sources().reset_index(drop=True),
        "styles": styles,
        "stamp": stamp,
        "export_id": export_id,
    }
    if fmt != PACKAGE:
        with st.spinner(_("Writing, reading back and comparing …"), show_time=False):
            return export_layers(tables, specs, every.catalogue, fmt=fmt, **settings)
    bar = st.progress(0.0, _("Writing, reading back and comparing …"))

    def tell(what: Text, share: float) -> None:
        bar.progress(min(share, 1.0), md(pick(what)))

    versions = dict(every.versions)
    settings |= {"formats": formats, "versions": versions, "progress": tell}
    report = export_package(tables, specs, every.catalogue, **settings)
    bar.empty()
    return report


def _summary(report: ExportReport) -> list[str]:
    lines = [
        "- "
        + _("{title}: {rows} rows, {located} located").format(
            title=md(pick(store.catalogue().layer(key).title)),
            rows=num(rows),
            located=num(located),
        )
        for key, rows, located in report.layers
    ]
    return ["\n".join(lines), *ready.notes([pick(note) for note in report.notes])]


def _file_name(keys: tuple[str, ...], fmt: str, crs: str, for_whom: str) -> str:
    zipped = fmt in {PACKAGE, "shp"} or (fmt not in _SEVERAL and len(keys) > 1)
    suffix = "zip" if zipped else fmt
    stem = store.catalogue().edition + "_" + ("_".join(keys) if len(keys) < 4 else "layers")  # noqa: PLR2004 - a longer name helps nobody
    kind = f"_{fmt}" if zipped else ""
    return f"{stem}{kind}_{crs.replace(':', '')}_{for_whom}.{suffix}"
