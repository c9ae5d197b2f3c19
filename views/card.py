"""The card of one object: what it is, where the fact comes from, how exact it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import shapely
import streamlit as st
from geopandas import GeoSeries

from geo.crs import GRS80
from geo.crs import geodesic_area_m2
from geo.crs import hectares_from_m2
from geo.crs import mu_from_m2
from layers.i18n import unknown
from layers.marks import is_sample
from layers.marks import is_sketch
from views import store
from views.text import _
from views.text import day
from views.text import esc
from views.text import lang
from views.text import num
from views.text import pick

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    import pandas as pd
    from shapely.geometry.base import BaseGeometry

    from layers.catalogue import FieldSpec
    from layers.catalogue import LayerSpec

_ELSEWHERE = {
    "name",
    "name_en",
    "source",
    "accuracy_m",
    "verified",
    "sample",
    "boundary_status",
    "data_date",
}


def find(feature: str) -> tuple[LayerSpec, pd.Series] | None:
    """Return layer and row of ``layer:id``; None if it is not there any more."""
    key, _colon, identifier = feature.partition(":")
    if key not in store.catalogue().keys or not store.has(key):
        return None
    spec = store.catalogue().layer(key)
    frame = store.table(key)
    rows = frame[frame[spec.id_field].eq(identifier)]
    return None if rows.empty else (spec, rows.iloc[0])


def title(spec: LayerSpec, row: pd.Series) -> str:
    """Return the name of a row in the language of the session, or its id."""
    names = ("name_en", spec.name_field) if lang() == "en" else (spec.name_field,)
    for name in names:
        if name in row and not unknown(row[name]):
            return str(row[name])
    return str(row[spec.id_field])


def titles(key: str) -> dict[str, str]:
    """Return the names of all rows of a layer by id, in the language of the session."""
    if not store.has(key):
        return {}
    spec = store.catalogue().layer(key)
    frame = store.table(key)
    names = frame[spec.name_field].fillna(frame[spec.id_field])
    if lang() == "en" and "name_en" in frame:
        names = frame["name_en"].fillna(names)
    return dict(zip(frame[spec.id_field], names.astype("str"), strict=True))


def show(spec: LayerSpec, row: pd.Series) -> None:
    """Show the card of a row."""
    st.html(
        '<div class="atlas-card">'
        f"<h3>{esc(title(spec, row))}</h3>"
        f'<div class="kind">{esc(pick(spec.title))} · {esc(row[spec.id_field])}</div>'
        f"{badges(row)}"
        f"<dl>{_facts(spec, row)}</dl>"
        f'<div class="origin">{_origin(row)}</div>'
        "</div>"
    )


def badges(row: pd.Series) -> str:
    """Return the marks of a row (示例, 示意, 未定位) as HTML."""
    frame = row.to_frame().T
    marks = []
    if is_sample(frame).iloc[0]:
        marks.append(("sample", _("Sample data")))
    if is_sketch(frame).iloc[0]:
        marks.append(("sketch", _("Sketched boundary")))
    if "geometry" in row and row["geometry"] is None:
        marks.append(("", _("Not located")))
    return "".join(f'<span class="atlas-badge {css}">{esc(text)}</span>' for css, text in marks)


def _facts(spec: LayerSpec, row: pd.Series) -> str:
    facts = [
        (pick(field.title), value(field, row[field.name]))
        for field in spec.fields
        if field.name not in _ELSEWHERE
        and field.name != spec.id_field
        and field.name in row
        and not unknown(row[field.name])
    ]
    area = _drawn_area(row)
    if area:
        facts.append((_("Drawn area"), area))
    return "".join(f"<dt>{esc(name)}</dt><dd>{esc(text)}</dd>" for name, text in facts)


def value(field: FieldSpec, raw: object) -> str:
    """Return a value as people read it: titles of codes, units, separators."""
    if unknown(raw):
        return num(None)
    if field.references is not None:
        return reference(field.references[0], str(raw))
    return _plain(field, raw)


def _plain(field: FieldSpec, raw: object) -> str:
    if field.type == "boolean":
        return _("yes") if raw else _("no")
    if field.type == "date":
        return day(raw)
    # A year has no unit and takes no thousands separator.
    if field.type == "number" or (field.type == "integer" and field.unit):
        digits = 0 if float(raw).is_integer() else 2  # type: ignore[arg-type]
        return num(raw, digits=digits, unit=unit(field))
    return field.choice_title(raw, lang())


def unit(field: FieldSpec) -> str:
    """Return the unit of a field in the language of the session."""
    return _(field.unit) if lang() == "en" else field.unit


def heading(field: FieldSpec) -> str:
    """Return the column heading of a field, with its unit."""
    return f"{pick(field.title)} ({unit(field)})" if field.unit else pick(field.title)


def column(field: FieldSpec, values: pd.Series) -> pd.Series:
    """Return the values of a field for a table: codes as titles, numbers as numbers."""
    if field.choices:
        return values.map(lambda v: "" if unknown(v) else field.choice_title(v, lang()))
    return values


def column_config(fields: Iterable[FieldSpec]) -> dict[str, Any]:
    """Return how a table formats the fields: separators for numbers, days for dates."""
    config: dict[str, Any] = {}
    for field in fields:
        if field.type == "number" or (field.type == "integer" and field.unit):
            config[heading(field)] = st.column_config.NumberColumn(format="localized")
        elif field.type == "date":
            config[heading(field)] = st.column_config.DateColumn(format="YYYY-MM-DD")
    return config


def reference(key: str, identifier: str) -> str:
    """Return the name of a row that another row refers to, with its id."""
    found = find(f"{key}:{identifier}")
    return f"{title(*found)} ({identifier})" if found else identifier


def _drawn_area(row: pd.Series) -> str:
    geometry = row.get("geometry")
    if geometry is None or "Polygon" not in geometry.geom_type:
        return ""
    area = float(geodesic_area_m2(GeoSeries([geometry], crs="EPSG:4490")).iloc[0])
    hectares = num(hectares_from_m2(area), digits=2, unit=_("ha"))
    return f"{hectares} ({num(mu_from_m2(area), digits=1, unit=_('mu'))})"


def size_text(geometry: BaseGeometry) -> str:
    """Return area or length of a shape on the ellipsoid, in words."""
    if "Polygon" in geometry.geom_type:
        area = abs(GRS80.geometry_area_perimeter(geometry)[0])
        hectares = num(hectares_from_m2(area), digits=4, unit=_("ha"))
        return f"{hectares} · {num(area, digits=1, unit='m²')} · {num(mu_from_m2(area), digits=2, unit=_('mu'))}"  # noqa: E501 - one line of text
    if "Line" in geometry.geom_type:
        return num(GRS80.geometry_length(geometry), digits=1, unit="m")
    longitude, latitude = shapely.get_coordinates(geometry)[0]
    return f"{longitude:.6f}°E {latitude:.6f}°N"


def _origin(row: pd.Series) -> str:
    lines = [f"<b>{esc(_('Source'))}</b> {esc(source_text(row.get('source')))}"]
    if not unknown(row.get("accuracy_m")):
        lines.append(
            f"<b>{esc(_('Location accuracy'))}</b> ± {esc(num(row['accuracy_m'], unit='m'))}"
        )
    if "verified" in row and not unknown(row["verified"]):
        lines.append(
            esc(
                _("Two independent sources agree on the place.")
                if row["verified"]
                else _("Place from one source only, not verified.")
            )
        )
    if not unknown(row.get("data_date")):
        lines.append(f"<b>{esc(_('Data date'))}</b> {esc(day(row['data_date']))}")
    return "<br>".join(lines)


def source_text(raw: object) -> str:
    """Return titles and quality of the sources that a row names."""
    if unknown(raw):
        return _("not stated")
    known = store.sources()
    parts = []
    for key in _source_ids(raw):
        text = source_titles(key)
        if key in known.index:
            date, quality = known.loc[key, ["date", "quality"]]
            notes = [str(date)] if not unknown(date) else []
            notes += [_quality(str(quality))] if not unknown(quality) else []
            text += f" ({', '.join(notes)})" if notes else ""
        parts.append(text)
    return "; ".join(parts)


def source_titles(raw: str) -> str:
    """Return the titles of the sources whose ids are joined by a semicolon."""
    known = store.sources()
    column = "title_zh" if lang() == "zh" else "title_en"
    return "; ".join(
        str(known.loc[key, column]) if key in known.index else key for key in _source_ids(raw)
    )


def _source_ids(raw: object) -> list[str]:
    return [part for entry in str(raw).split(";") if (part := entry.strip())]


def _quality(mark: str) -> str:
    """Return what a quality mark of the sources means."""
    return {
        "A": _("official"),
        "B": _("press"),
        "C": _("company or mirror, check before quoting"),
        "S": _("public directory or sample of points"),
        "E": _("estimate"),
        "GK": _("general knowledge, unverified"),
        "X": _("generated sample"),
    }.get(mark, mark)
