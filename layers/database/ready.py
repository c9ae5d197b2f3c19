"""Layers made ready for a database: columns, comments, style and rows of one publication."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow as pa

from layers.arrow import to_arrow
from layers.export.notes import Stamp
from layers.export.notes import heading
from layers.export.notes import make_notes
from layers.export.run import for_audience
from layers.export.run import styles_of
from layers.export.sheets import export_crs
from layers.export.sheets import layer_sheet
from layers.export.styling import qml_text
from layers.export.styling import sld_text

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable
    from collections.abc import Mapping
    from collections.abc import Sequence

    import pandas as pd

    from layers.catalogue import Catalogue
    from layers.catalogue import LayerSpec
    from layers.errors import Text
    from layers.export.notes import Notes
    from layers.export.sheets import Audience
    from layers.export.sheets import Sheet
    from layers.specs import FieldType
    from layers.specs import GeometryKind

TYPES: Mapping[FieldType, str] = {
    "text": "text",
    "month": "text",
    "integer": "int8",
    "number": "float8",
    "boolean": "bool",
    "date": "date",
}
"""Types of PostgreSQL by types of fields, as the server calls them."""

_MULTI: Mapping[GeometryKind, str] = {
    "point": "MultiPoint",
    "line": "MultiLineString",
    "polygon": "MultiPolygon",
}
_ANY = "Geometry"
# Headings of the notes by language: title, marks, and what a table tells itself.
_HEADINGS: Mapping[str, tuple[str, tuple[str, ...], tuple[str, ...]]] = {
    "zh": ("名称", ("示例标记", "示意标记"), ("图层", "行数", "已定位")),
    "en": ("title", ("sample", "sketch"), ("layer", "rows", "located")),
}


@dataclass(frozen=True, slots=True)
class Style:
    """How QGIS and GeoServer draw a table."""

    name: str
    qml: str
    sld: str
    description: str


@dataclass(frozen=True, slots=True)
class Ready:
    """One layer as it is to stand in a database.

    Attributes
    ----------
    sheet
        Fields and rows, as in a file of the same audience.
    version
        Version of the layer in its workspace; -1 if it was never written.
    rows
        The rows as an Arrow table; geometry is WKB.
    shape
        Type of the geometry column, ``MultiPolygon`` and the like, or ``Geometry`` for a
        layer that mixes kinds; empty without geometry.
    about, comments
        What is said of the table, and of every column.
    style
        How it is drawn; None for none.
    sha256
        Hash of all of that; equal publications have equal hashes.
    """

    sheet: Sheet
    version: int
    rows: pa.Table
    shape: str
    about: str
    comments: Mapping[str, str]
    style: Style | None
    sha256: str

    @property
    def key(self) -> str:
        """Key of the layer, and name of its table."""
        return self.sheet.key

    @property
    def columns(self) -> dict[str, str]:
        """Name and type of every column but the geometry, in order."""
        return {field.name: TYPES[field.type] for field in self.sheet.fields}


@dataclass(frozen=True, slots=True)
class Content:
    """What of a workspace is published, and for whom.

    Attributes
    ----------
    tables
        Frames by layer key, EPSG:4490.
    specs
        The layers, in order.
    catalogue
        The catalogue of the workspace.
    versions
        Version of every layer.
    crs
        ``EPSG:n``, see :func:`layers.export.sheets.export_crs`.
    audience, lang
        For whom, and in which language titles are.
    sources
        The list of sources.
    stamp
        When one of the layers was changed last.
    earlier
        Returns the rows of an earlier version of a layer, None if they are not known.
    """

    tables: Mapping[str, pd.DataFrame]
    specs: Sequence[LayerSpec]
    catalogue: Catalogue
    versions: Mapping[str, int]
    crs: str = "EPSG:4490"
    audience: Audience = "internal"
    lang: str = "zh"
    sources: pd.DataFrame | None = None
    stamp: dt.datetime | None = None
    earlier: Callable[[str, int], pd.DataFrame | None] | None = None


def make_ready(content: Content) -> tuple[list[Ready], tuple[Text, ...]]:
    """Return layers as they are to stand in a database, and what is to be said of them.

    Raises
    ------
    ExportError
        If nothing is left for the audience, or the coordinate system is none to export in.
    """
    kept, left_out = for_audience(content.specs, content.audience)
    system = export_crs(content.crs)
    drawn = styles_of(kept, content.tables, content.catalogue, {})
    sheets = [
        layer_sheet(
            content.tables[spec.key],
            spec,
            crs=system,
            audience=content.audience,
            lang=content.lang,
            style=drawn[spec.key],
        )
        for spec in kept
    ]
    notes = make_notes(
        sheets,
        left_out,
        content.catalogue,
        audience=content.audience,
        lang=content.lang,
        sources=content.sources,
        stamp=Stamp.of(content.stamp),
    )
    made = [
        _ready(sheet, _shape_type(spec, content.audience), abouts, content)
        for sheet, spec, abouts in zip(sheets, kept, _abouts(notes), strict=True)
    ]
    return made, notes.sentences


def earlier_rows(content: Content, key: str, version: int) -> pa.Table | None:
    """Return the rows of an earlier version as they were published; None if not known.

    Parameters
    ----------
    content
        How the layer is published now: for whom, in which system and language.
    key, version
        The layer and its version.
    """
    frame = None if content.earlier is None else content.earlier(key, version)
    if frame is None:
        return None
    (spec,) = (spec for spec in content.specs if spec.key == key)
    crs, audience, lang = export_crs(content.crs), content.audience, content.lang
    sheet = layer_sheet(frame, spec, crs=crs, audience=audience, lang=lang, style=None)
    return to_arrow(sheet.frame, sheet.fields)


def _ready(sheet: Sheet, shape: str, about: str, content: Content) -> Ready:
    version, lang = content.versions[sheet.key], content.lang
    rows = to_arrow(sheet.frame, sheet.fields)
    if version >= 0:
        about = f"{about}\n{'版本' if lang == 'zh' else 'version'}: {version}"
    comments = {field.name: heading(field, lang) for field in sheet.fields}
    style = _style(sheet, lang) if shape else None
    told: list[object] = [version, content.audience, content.crs, shape, about, comments]
    told.append(None if style is None else [style.name, style.qml, style.sld, style.description])
    found = hashlib.sha256(json.dumps(told, ensure_ascii=True).encode())
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, rows.schema) as writer:
        writer.write_table(rows)
    found.update(sink.getvalue())
    return Ready(sheet, version, rows, shape, about, comments, style, found.hexdigest())


def _shape_type(spec: LayerSpec, audience: Audience) -> str:
    """Return the type of the geometry column, which must not depend on today's rows.

    In a public copy a shape too small for the coarse coordinates becomes a point.
    """
    if not spec.geometry:
        return ""
    coarse = audience == "public" and spec.geometry != ("point",)
    return _ANY if coarse or len(spec.geometry) > 1 else _MULTI[spec.geometry[0]]


def _abouts(notes: Notes) -> list[str]:
    """Return what the notes say of every layer, as the comment of its table.

    The first line is what programs show; how many rows there are is counted, not told.
    """
    title, marks, others = _HEADINGS[notes.lang]
    told = []
    for record in notes.readme.fillna("").to_dict("records"):
        marked = "·".join(record[name] for name in marks if record[name])
        head = f"{record[title]}（{marked}）" if marked else record[title]
        skipped = (title, *marks, *others)
        lines = [f"{n}: {value}" for n, value in record.items() if value and n not in skipped]
        told.append("\n".join([head, *lines]))
    return told


def _style(sheet: Sheet, lang: str) -> Style | None:
    if sheet.style is None:
        return None
    note = sheet.style.note
    told = [*sheet.marks, *([] if note is None else [note])]
    description = "；".join(text.get(lang) for text in told)
    return Style(sheet.title.get(lang), qml_text(sheet, lang), sld_text(sheet, lang), description)
