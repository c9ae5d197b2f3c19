"""KML with styles, typed attributes and names for people: written, and read back.

GDAL writes no styles and shifts columns; the document is written here. It names no
address: symbols are the viewer's own, coloured.
"""

from __future__ import annotations

import html
import re
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING
from typing import Any
from xml.parsers import expat
from xml.sax.saxutils import escape
from xml.sax.saxutils import quoteattr

import geopandas as gpd
import numpy as np
import pandas as pd

from layers.errors import IntakeError
from layers.errors import Text
from layers.export.check import compare
from layers.export.kml_parts import geometry_lines
from layers.export.kml_parts import style_lines
from layers.export.notes import heading
from layers.export.refusal import refuse
from layers.export.sheets import MARK_FIELD
from layers.frames import GEOMETRY
from layers.frames import to_type
from layers.intake.readers.kml import read_kml
from layers.intake.readers.kml_text import read_description
from layers.intake.source import Request
from layers.systems import LONLAT
from layers.values import cell_text

if TYPE_CHECKING:
    from collections.abc import Iterator
    from collections.abc import Mapping
    from collections.abc import Sequence

    from layers.catalogue import FieldSpec
    from layers.export.notes import Notes
    from layers.export.sheets import Sheet

_SPACE = "http://www.opengis.net/kml/2.2"
# What a description says is said for people again, and slow to take apart.
_DESCRIPTION = re.compile("<description>[^<]*</description>")
_SCHEMA = re.compile("<Schema .*?</Schema>", re.DOTALL)
_STYLE = re.compile('<Style id="([^"]*)">')
_TYPES = {"integer": "int", "number": "double", "boolean": "bool"}
# An "int" of KML has 32 bits.
_LARGEST_INT = 2**31 - 1
_YES_NO = {"1": Text("是", "yes"), "0": Text("否", "no")}
_HEAD = (Text("项目", "Item"), Text("内容", "Value"), Text("单位", "Unit"))


def write_kml(sheets: Sequence[Sheet], path: Path, notes: Notes) -> None:
    """Write sheets as the folders of one KML.

    Coordinates are WGS 84 longitude and latitude, as the format demands, whatever the
    CRS of the sheets is. Every class of a style is a ``Style``; attributes stand typed
    in ``ExtendedData`` under the title of the field, and again as a table in the
    description, for programs that show no other; rows without place are placemarks
    without geometry.

    Parameters
    ----------
    sheets
        The layers.
    path
        The file.
    notes
        Marks and language; they stand in the description of the document.
    """
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.writelines(f"{line}\n" for line in _document(sheets, notes))


def check_kml(sheets: Sequence[Sheet], path: Path, notes: Notes) -> None:
    """Read a KML back layer by layer and compare it; every class must have its style.

    Raises
    ------
    ExportError
        If anything differs.
    """
    keys = ", ".join(sheet.key for sheet in sheets)
    try:
        with path.open("rb") as file:
            expat.ParserCreate().ParseFile(file)
    except expat.ExpatError as error:
        refuse(keys, f"文件（{error}）", f"the file ({error})")
    # No value holds a "<", so that the document can be taken apart as text.
    text = _DESCRIPTION.sub("", path.read_text(encoding="utf-8"))
    head, *folders = text.split("<Folder>")
    schemas = _SCHEMA.findall(head)
    if not len(folders) == len(schemas) == len(sheets):
        refuse(keys, f"图层数 {len(sheets)} → {len(folders)}", "number of layers")
    styles = set(_STYLE.findall(head))
    for number, sheet in enumerate(sheets):
        if not set(_symbols(sheet, number)) <= styles:
            refuse(sheet.key, "样式", "styles")
        alone = f"{schemas[number]}<Folder>{folders[number].partition('</Folder>')[0]}</Folder>"
        compare(_as_read(sheet), _read_layer(sheet, alone, notes.lang))


def _document(sheets: Sequence[Sheet], notes: Notes) -> Iterator[str]:
    yield '<?xml version="1.0" encoding="UTF-8"?>'
    yield f'<kml xmlns="{_SPACE}">'
    yield "<Document>"
    yield f"<name>{escape('、'.join(sheet.title.get(notes.lang) for sheet in sheets))}</name>"
    yield "<open>1</open>"
    yield f"<description>{escape(html.escape(_told(sheets, notes), quote=False))}</description>"
    for number, sheet in enumerate(sheets):
        for style_id, symbol in _symbols(sheet, number).items():
            labelled = sheet.style is not None and bool(sheet.style.label_field)
            yield from style_lines(style_id, symbol, labelled=labelled)
    for number, sheet in enumerate(sheets):
        yield from _schema(sheet, number, notes.lang)
    for number, sheet in enumerate(sheets):
        yield from _folder(sheet, number, notes.lang)
    yield "</Document>"
    yield "</kml>"


def _told(sheets: Sequence[Sheet], notes: Notes) -> str:
    """Return the marks, and where the coordinates come from."""
    said = [*notes.sentences]
    systems = sorted({sheet.crs.to_string() for sheet in sheets if sheet.crs is not None})
    if set(systems) - {LONLAT}:
        listed = ", ".join(systems)
        said.append(
            Text(
                f"坐标为 WGS 84 经纬度，由 {listed} 转换",
                f"Coordinates are WGS 84 longitude and latitude, converted from {listed}",
            )
        )
    return "\n".join(sentence.get(notes.lang) for sentence in said)


def _symbols(sheet: Sheet, number: int) -> Mapping[str, Any]:
    """Return the symbols of a layer by the id of their style; the default is ``-1``."""
    style = sheet.style
    if style is None:
        return {}
    return {_style_id(number, i): style.symbol(i) for i in range(-1, len(style.classes))}


def _style_id(layer: int, number: int) -> str:
    return f"style_{layer}_{'default' if number < 0 else number}"


def _display_names(sheet: Sheet, lang: str) -> dict[str, str]:
    """Return what people see of every field, no two alike."""
    names: dict[str, str] = {}
    for field in sheet.fields:
        title = heading(field, lang)
        if title in {GEOMETRY, *names.values()}:
            title = f"{title} {field.name}"
        names[field.name] = title
    return names


def _schema(sheet: Sheet, number: int, lang: str) -> Iterator[str]:
    shown = _display_names(sheet, lang)
    yield f'<Schema name={quoteattr(sheet.key)} id="schema_{number}">'
    for field in sheet.fields:
        kind = _kml_type(sheet, field)
        yield f'<SimpleField type="{kind}" name={quoteattr(field.name)}>'
        yield f"<displayName>{escape(shown[field.name])}</displayName></SimpleField>"
    yield "</Schema>"


def _kml_type(sheet: Sheet, field: FieldSpec) -> str:
    large = field.type == "integer" and (sheet.frame[field.name].abs() > _LARGEST_INT).any()
    return "double" if large else _TYPES.get(field.type, "string")


def _folder(sheet: Sheet, number: int, lang: str) -> Iterator[str]:
    marks = "·".join(mark.get(lang) for mark in sheet.marks)
    yield "<Folder>"
    yield f"<name>{escape(sheet.title.get(lang))}</name>"
    if marks:
        yield f"<Snippet>{escape(marks)}</Snippet>"
    said = html.escape(sheet.description.get(lang), quote=False)
    yield f"<description>{escape(said)}</description>"
    shapes = _lonlat(sheet)
    classes = _class_numbers(sheet)
    cells = {f.name: _cells(sheet.frame[f.name]) for f in sheet.fields}
    shown = _display_names(sheet, lang)
    for row in range(len(sheet.frame)):
        values = {name: texts[row] for name, texts in cells.items() if texts[row]}
        yield "<Placemark>"
        yield from _labels(sheet, values)
        table = escape(_table(sheet, values, shown, lang))
        yield f"<description>{table}</description>"
        if classes is not None:
            yield f"<styleUrl>#{_style_id(number, classes[row])}</styleUrl>"
        yield f'<ExtendedData><SchemaData schemaUrl="#schema_{number}">'
        for name, text in values.items():
            yield f"<SimpleData name={quoteattr(name)}>{escape(text)}</SimpleData>"
        yield "</SchemaData></ExtendedData>"
        yield from geometry_lines(shapes[row])
        yield "</Placemark>"
    yield "</Folder>"


def _labels(sheet: Sheet, values: Mapping[str, str]) -> Iterator[str]:
    """Yield the name of a row, and its marks, which list views show below it."""
    if sheet.name_field in values:
        yield f"<name>{escape(values[sheet.name_field])}</name>"
    if MARK_FIELD.name in values:
        yield f"<Snippet>{escape(values[MARK_FIELD.name])}</Snippet>"


def _table(sheet: Sheet, values: Mapping[str, str], shown: Mapping[str, str], lang: str) -> str:
    """Return a table of titles, values and units in HTML.

    It has three columns, because readers take two for attributes, which stand in
    ExtendedData already.
    """
    head = "".join(f"<th>{title.get(lang)}</th>" for title in _HEAD)
    rows = []
    for field in sheet.fields:
        if field.name in values:
            text = _said(field, values[field.name], lang)
            title = field.title.get(lang) if field.unit else shown[field.name]
            cells = (title, text, field.unit)
            rows.append("".join(f"<td>{_html(cell)}</td>" for cell in cells))
    return "<table>" + "".join(f"<tr>{row}</tr>" for row in (head, *rows)) + "</table>"


def _said(field: FieldSpec, text: str, lang: str) -> str:
    """Return a value as people say it."""
    if field.type == "boolean":
        return _YES_NO[text].get(lang)
    return field.choice_title(text, lang)


def _html(text: str) -> str:
    return html.escape(text, quote=False).replace("\n", "<br/>")


def _cells(column: pd.Series[Any]) -> list[str]:
    """Return values as KML has them; a boolean is 1 or 0, which every reader takes for one."""
    if pd.api.types.is_bool_dtype(column):
        return ["" if pd.isna(value) else str(int(value)) for value in column]
    return ["" if pd.isna(value) else cell_text(value) for value in column]


def _lonlat(sheet: Sheet) -> Sequence[Any]:
    if sheet.crs is None:
        return [None] * len(sheet.frame)
    shapes: Sequence[Any] = sheet.frame.geometry.to_crs(LONLAT).to_numpy()
    return shapes


def _class_numbers(sheet: Sheet) -> list[int] | None:
    style = sheet.style
    if style is None:
        return None
    numbers: list[int] = style.classes_in(sheet.frame).tolist()
    return numbers


def _as_read(sheet: Sheet) -> Sheet:
    """Return a sheet as readers of KML give it back: in degrees, texts without outer blanks."""
    frame = sheet.frame
    for field in sheet.fields:
        if field.type == "text":
            text = frame[field.name].str.strip()
            frame = frame.assign(**{field.name: to_type(text.where(text != "", None), "text")})
    if sheet.crs is not None:
        shapes = np.asarray(_lonlat(sheet), dtype=object)
        frame = gpd.GeoDataFrame(frame, geometry=shapes, crs=LONLAT)
    return replace(sheet, frame=frame)


def _read_layer(sheet: Sheet, text: str, lang: str) -> pd.DataFrame:
    """Return what our reader makes of one layer, under the names of its fields.

    Layers are read one by one, because a reader puts the fields of one name together.
    """
    with tempfile.TemporaryDirectory(prefix="atlas-", ignore_cleanup_errors=True) as folder:
        alone = Path(folder) / "layer.kml"
        whole = f'<kml xmlns="{_SPACE}"><Document>{text}</Document></kml>'
        alone.write_text(whole, encoding="utf-8")
        try:
            frame = read_kml(Request(alone)).frame
        except IntakeError as error:
            refuse(sheet.key, f"文件（{error}）", f"the file ({error})")
    # As the reader takes a title, in which a program may have put markup.
    shown = {read_description(t)[1]: name for name, t in _display_names(sheet, lang).items()}
    named = frame.rename(columns=shown)
    # A field without a known value stands nowhere.
    return named.reindex(columns=[*(f.name for f in sheet.fields), GEOMETRY]).astype(object)
