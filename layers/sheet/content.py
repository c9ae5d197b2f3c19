"""What a plan sheet shows: chosen, projected and safe for its audience, not yet drawn."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from layers.audit.export_id import export_id_text
from layers.errors import ExportUsageError
from layers.errors import Text
from layers.export.notes import AUDIENCE_MARKS
from layers.export.run import usual_style
from layers.export.sheets import SAMPLE
from layers.export.sheets import SKETCH
from layers.export.sheets import export_crs
from layers.export.sheets import layer_sheet
from layers.marks import is_sketch
from layers.sheet import words
from layers.sheet.featured import overlay_layer
from layers.sheet.featured import ring
from layers.sheet.plan import plan_layers
from layers.sheet.records import Extent
from layers.sheet.records import Extras
from layers.sheet.records import SheetContent
from layers.sheet.records import SheetLayer
from layers.sheet.records import SheetRequest
from layers.sheet.subject import Subject
from layers.sheet.subject import find_subject
from layers.sheet.template import load_template
from layers.style import LayerStyle
from layers.style import Symbol

if TYPE_CHECKING:
    from collections.abc import Mapping
    from collections.abc import Sequence
    from datetime import date

    import pyproj

    from layers.catalogue import Catalogue
    from layers.catalogue import LayerSpec
    from layers.export.sheets import Sheet
    from layers.sheet.template import Template

_MOST_SOURCES = 6
_FAINT = "#b9bec4"
_SUBJECT = "#b14500"
_SUBJECTS = {"zone": "zones", "park": "parks"}
_AREA = 2
_OPEN_LICENCE = "ODbL"
_NOTHING_MORE = Extras()


def sheet_content(
    tables: Mapping[str, pd.DataFrame],
    catalogue: Catalogue,
    request: SheetRequest,
    *,
    stamp: date,
    extras: Extras = _NOTHING_MORE,
) -> SheetContent:
    """Choose what a sheet shows.

    Parameters
    ----------
    tables
        Layers of the workspace by key, EPSG:4490.
    catalogue
        Describes them; its folder has the template.
    request
        The sheet.
    stamp
        Date of the sheet.
    extras
        What is shown beside the layers.

    Raises
    ------
    ExportUsageError
        If the subject is not known or lies nowhere, the size is not known, or the CRS is
        not projected in metres.
    """
    template = load_template(catalogue.folder)
    _check(request, template)
    system = _system(request.crs or template.crs, template.crs)
    kind = template.kinds[request.kind]
    subject = find_subject(tables, request, catalogue, extras)
    objects = extras.featured.objects if extras.featured and request.kind == "task" else {}
    deliveries = [
        _delivery(tables[key], catalogue.layer(key), catalogue, request, system, extras)
        for key in dict.fromkeys([*kind.layers, *objects])
        if key in tables and _is_allowed(catalogue.layer(key), request)
    ]
    layers = _drawn(deliveries, catalogue, request, kind.labels, subject)
    layers += _ringed(deliveries, layers, objects, request.lang)
    if extras.overlay is not None and request.kind == "linkage":
        layers.append(overlay_layer(extras.overlay, system, request.lang))
    if extras.plan is not None and request.kind == "scenario":
        layers += plan_layers(extras.plan, tables, system, request.lang)
    extent = _extent(subject, system, kind.margin_m, kind.least_m)
    told, count = _sources(deliveries, extras.sources, request.lang)
    return SheetContent(
        request=request,
        template=template,
        title=kind.title.get(request.lang).replace("{name}", subject.name),
        status=kind.status.get(request.lang),
        crs=system,
        extent=extent,
        layers=tuple(layers),
        inset=_inset(layers, request),
        facts=subject.facts,
        notes=_notes(deliveries, catalogue, template, request, extras),
        sources=told,
        words=catalogue.place.words,
        of_sources=count,
        badges=_badges(deliveries, subject, request),
        stamp=stamp,
    )


def _check(request: SheetRequest, template: Template) -> None:
    if request.size not in template.sizes:
        listed = ", ".join(template.sizes)
        raise ExportUsageError(
            Text(
                f"没有图幅“{request.size}”；可用：{listed}",
                f"there is no paper size '{request.size}'; use one of {listed}",
            )
        )
    if unknown := sorted(set(request.fields) - set(words.OWN_FIELDS)):
        listed = ", ".join(words.OWN_FIELDS)
        raise ExportUsageError(
            Text(
                f"图签没有栏目“{'、'.join(unknown)}”；可填：{listed}",
                f"the title block has no {', '.join(unknown)}; it has {listed}",
            )
        )


def _system(text: str, usual: str) -> pyproj.CRS:
    system = export_crs(text)
    metric = system.is_projected and all(a.unit_name == "metre" for a in system.axis_info)
    operation = system.coordinate_operation
    method = "" if operation is None else operation.method_name
    if not metric or ("Mercator" in method and "Transverse" not in method):
        raise ExportUsageError(
            Text(
                f"图幅的坐标系须为以米为单位的高斯投影，不能用 {text}；请用 {usual}",
                f"a sheet needs a Gauss-Krüger CRS in metres, not {text}; use {usual}",
            )
        )
    return system


def _is_allowed(spec: LayerSpec, request: SheetRequest) -> bool:
    """Tell whether a layer can be drawn, and this audience may see it."""
    return bool(spec.geometry) and (request.audience == "internal" or spec.sensitivity == "public")


def _delivery(
    table: pd.DataFrame,
    spec: LayerSpec,
    catalogue: Catalogue,
    request: SheetRequest,
    system: pyproj.CRS,
    extras: Extras,
) -> Sheet:
    """Return a layer as a delivery of data would have it: no internal field, coarse if public."""
    return layer_sheet(
        table,
        spec,
        crs=system,
        audience=request.audience,
        lang=request.lang,
        style=extras.styles.get(spec.key) or usual_style(spec, table, catalogue),
    )


def _drawn(
    deliveries: Sequence[Sheet],
    catalogue: Catalogue,
    request: SheetRequest,
    labelled: Sequence[str],
    subject: Subject,
) -> list[SheetLayer]:
    layers: list[SheetLayer] = []
    above: list[SheetLayer] = []
    for sheet in sorted(deliveries, key=lambda s: catalogue.layer(s.key).order):
        priority = 100 - labelled.index(sheet.key) if sheet.key in labelled else 0
        frame = _located(sheet.frame)
        if sheet.style is None or frame.empty:
            continue
        if sheet.key == "carriers" and subject.carriers is not None:
            others, own = _carriers(sheet, frame, subject.carriers, priority, request.lang)
            layers += others
            above += own
        else:
            layers.append(_layer(sheet, frame, priority, request.lang))
        if sheet.key == _SUBJECTS.get(request.kind):
            above = [*_outline(sheet, frame, request), *above]
    # What the sheet is about is never hidden by what is around it.
    return [*layers, *above]


def _ringed(
    deliveries: Sequence[Sheet],
    layers: Sequence[SheetLayer],
    objects: Mapping[str, frozenset[str]],
    lang: str,
) -> list[SheetLayer]:
    """Return the objects of a task among their like: a strong outline of each."""
    id_fields = {sheet.key: sheet.id_field for sheet in deliveries}
    found: list[SheetLayer] = []
    for layer in layers:
        ids = objects.get(layer.key, frozenset())
        if ids:
            mine = layer.frame[id_fields[layer.key]].isin(ids).to_numpy(dtype=bool)
            if mine.any():
                found.append(ring(layer, mine, lang, legend=not found))
    return found


def _outline(sheet: Sheet, frame: gpd.GeoDataFrame, request: SheetRequest) -> list[SheetLayer]:
    """Return the subject of the sheet among its like, if it is an area: a strong outline."""
    own = frame[frame[sheet.id_field].eq(request.subject)]
    own = own[shapely.get_dimensions(own.geometry.to_numpy()) == _AREA]
    if own.empty:
        return []
    symbol = Symbol(fill="none", stroke=_SUBJECT, width=3.6)
    style = LayerStyle("", symbol, (), by_prefix=False, label_field="", label_min_zoom=0)
    found = _layer(replace(sheet, style=style), gpd.GeoDataFrame(own), 0, request.lang)
    title = words.SUBJECTS[request.kind].get(request.lang)
    return [replace(found, key="subject", title=title)]


def _located(frame: pd.DataFrame) -> gpd.GeoDataFrame:
    shapes = frame.geometry.to_numpy()
    there = ~(shapely.is_missing(shapes) | shapely.is_empty(shapes))
    return gpd.GeoDataFrame(frame[there])


def _layer(sheet: Sheet, frame: gpd.GeoDataFrame, priority: int, lang: str) -> SheetLayer:
    assert sheet.style is not None
    return SheetLayer(
        key=sheet.key,
        title=sheet.title.get(lang),
        frame=frame,
        style=sheet.style,
        sketch=is_sketch(frame).to_numpy(dtype=bool),
        labels=_names(sheet, frame, lang) if priority else (),
        priority=priority,
    )


def _carriers(
    sheet: Sheet, frame: gpd.GeoDataFrame, own: frozenset[str], priority: int, lang: str
) -> tuple[list[SheetLayer], list[SheetLayer]]:
    """Return the faint and nameless other carriers, and those of the subject."""
    assert sheet.style is not None
    mine = frame[sheet.id_field].isin(own)
    faint = replace(sheet.style.default, fill=_FAINT, stroke="#ffffff", size=6.0)
    plain = replace(sheet.style, field="", classes=(), breaks=(), default=faint, by_prefix=False)
    strong = replace(sheet.style.default, fill=_SUBJECT, stroke="#ffffff", size=12.0)
    own_style = sheet.style if sheet.style.classes else replace(sheet.style, default=strong)
    found: tuple[list[SheetLayer], list[SheetLayer]] = ([], [])
    parts = (
        (found[0], frame[~mine], plain, words.OTHER_CARRIERS, 0),
        (found[1], frame[mine], own_style, words.OWN_CARRIERS, priority),
    )
    for to, part, style, title, names in parts:
        if len(part):
            layer = _layer(sheet, gpd.GeoDataFrame(part), names, lang)
            to.append(replace(layer, style=style, title=title.get(lang)))
    return found


def _names(sheet: Sheet, frame: gpd.GeoDataFrame, lang: str) -> tuple[str, ...]:
    name = sheet.name_field or sheet.id_field
    if not name:
        return ("",) * len(frame)
    names = frame[name].fillna("").astype("str")
    if lang == "en" and "name_en" in frame:
        names = frame["name_en"].fillna(names)
    return tuple(str(text) for text in names)


def _extent(subject: Subject, system: pyproj.CRS, margin: float, least: float) -> Extent:
    west, south, east, north = subject.places.to_crs(system).total_bounds
    middle = np.array([(west + east) / 2, (south + north) / 2])
    half = np.maximum(np.array([east - west, north - south]) / 2 + margin, np.full(2, least / 2))
    low, high = middle - half, middle + half
    return (float(low[0]), float(low[1]), float(high[0]), float(high[1]))


def _inset(layers: Sequence[SheetLayer], request: SheetRequest) -> gpd.GeoDataFrame | None:
    if request.kind in {"district", "linkage"}:
        return None
    return next((layer.frame for layer in layers if layer.key == "district"), None)


def _notes(
    deliveries: Sequence[Sheet],
    catalogue: Catalogue,
    template: Template,
    request: SheetRequest,
    extras: Extras,
) -> tuple[str, ...]:
    lang = request.lang
    sentences = _marks(deliveries, lang)
    if extras.overlay is not None and request.kind == "linkage":
        sentences += [note.get(lang) for note in extras.overlay.notes]
    days = [sheet.frame["data_date"].dropna() for sheet in deliveries if "data_date" in sheet.frame]
    known = pd.concat(days) if days else pd.Series(dtype="datetime64[ns]")
    if len(known):
        span = sorted({f"{day:%Y-%m-%d}" for day in (known.min(), known.max())})
        sentences.append(words.DATA_TIME.get(lang).format(when=" – ".join(span)))
    used = [
        f"{s.title.get(lang)} {extras.versions[s.key]}"
        for s in deliveries
        if s.key in extras.versions and len(s.frame)
    ]
    told = ("、" if lang == "zh" else ", ").join(used)
    sentences.append(
        words.VERSIONS.get(lang).format(
            catalogue=catalogue.version_text, template=template.version, layers=told or "—"
        )
    )
    if request.export_id:
        sentences.append(export_id_text(request.export_id).get(lang))
    return tuple(sentences)


def _marks(deliveries: Sequence[Sheet], lang: str) -> list[str]:
    """Say which layers are sketches, samples, or partly without place: one line each."""
    comma = "、" if lang == "zh" else ", "
    missing = {s.title.get(lang): len(s.frame) - s.located for s in deliveries}
    named = (
        (words.SKETCHED, [s.title.get(lang) for s in deliveries if s.sketch]),
        (words.SAMPLED, [s.title.get(lang) for s in deliveries if s.sample]),
        (words.UNLOCATED, [f"{title} {n}" for title, n in missing.items() if n]),
    )
    return [text.get(lang).format(layers=comma.join(names)) for text, names in named if names]


def _sources(
    deliveries: Sequence[Sheet], sources: pd.DataFrame | None, lang: str
) -> tuple[tuple[str, ...], int]:
    ids: dict[str, int] = {}
    for sheet in deliveries:
        if "source" in sheet.frame:
            parts = sheet.frame["source"].dropna().str.split(";").explode().str.strip()
            for name, count in parts.value_counts().items():
                ids[str(name)] = ids.get(str(name), 0) + int(count)
    ids.pop("", None)
    known = {} if sources is None else sources.fillna("").set_index("source_id").to_dict("index")
    # Those that most features come from first; the alphabet settles the rest.
    # An open licence asks to be named on every copy.
    ordered = sorted(
        ids,
        key=lambda name: (not _is_open(known.get(name, {})), -ids[name], name),
    )
    lines = [_source_line(name, known.get(name, {}), lang) for name in ordered[:_MOST_SOURCES]]
    if len(ordered) > _MOST_SOURCES:
        lines.append(words.MORE_SOURCES.get(lang).format(n=len(ordered)))
    return tuple(lines), len(ordered)


def _is_open(entry: Mapping[Any, Any]) -> bool:
    return _OPEN_LICENCE in str(entry.get("licence", ""))


def _source_line(name: str, entry: Mapping[Any, Any], lang: str) -> str:
    keys = (f"title_{lang}", "publisher", "date", *(["licence"] if _is_open(entry) else []))
    told = [str(entry.get(key) or "") for key in keys]
    listed = [part for part in told if part]
    return ("，" if lang == "zh" else ", ").join(listed) if listed else name


def _badges(
    deliveries: Sequence[Sheet], subject: Subject, request: SheetRequest
) -> tuple[str, ...]:
    lang = request.lang
    badges = [AUDIENCE_MARKS[request.audience].get(lang)]
    if subject.sample or any(sheet.sample for sheet in deliveries):
        badges.append(SAMPLE.get(lang))
    if any(sheet.sketch for sheet in deliveries):
        badges.append(SKETCH.get(lang))
    return tuple(badges)
