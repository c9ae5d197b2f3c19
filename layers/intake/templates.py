"""Workbooks to fill in: made from the catalogue, so that they never lag behind it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from typing import Any

import xlsxwriter

from layers.aside import made_aside
from layers.catalogue import FieldSpec
from layers.errors import Text
from layers.export.notes import heading
from layers.wording.templates import EXAMPLES
from layers.wording.templates import GUIDE_COLUMNS
from layers.wording.templates import HELP_SHEET
from layers.wording.templates import KINDS
from layers.wording.templates import LIST_SHEET
from layers.wording.templates import MUST
from layers.wording.templates import RULES
from layers.wording.templates import YES_NO

if TYPE_CHECKING:
    from collections.abc import Mapping
    from collections.abc import Sequence
    from pathlib import Path

    from layers.catalogue import Catalogue
    from layers.catalogue import FieldType
    from layers.catalogue import GeometryKind
    from layers.catalogue import LayerSpec

_REQUIRED = "*"

# Rows that are prepared; rows below are read as well.
_ROWS = 5000
_NAME_LENGTH = 31
_FORBIDDEN = re.compile(r"[\[\]:*?/\\']")
# The list of a validation may have so many characters; a longer one stands on a sheet.
_LIST_LENGTH = 255
_HEAD, _NEEDED = "#DDEBF7", "#FCE4D6"
_NARROW, _WIDE = 12, 30
_TEXT_OPTIONS = {"strings_to_formulas": False, "strings_to_urls": False}

# A month stays text: a spreadsheet would make a day of it.
_PATTERNS: Mapping[FieldType, str] = {
    "text": "@",
    "month": "@",
    "integer": "0",
    "number": "General",
    "boolean": "@",
    "date": "yyyy-mm-dd",
}

_SYSTEMS = ("CGCS2000", "WGS84", "GCJ02", "BD09")
_LON = FieldSpec("lon", "number", Text("经度", "Longitude"), unit="°", minimum=-180, maximum=180)
_LAT = FieldSpec("lat", "number", Text("纬度", "Latitude"), unit="°", minimum=-90, maximum=90)
_WKT = FieldSpec("wkt", "text", Text("几何", "wkt"))
_SHAPES: Mapping[GeometryKind, str] = {
    "line": "LINESTRING (114.50 30.30, 114.51 30.31)",
    "polygon": "POLYGON ((114.50 30.30, 114.51 30.30, 114.51 30.31, 114.50 30.30))",
}
_SYSTEM = FieldSpec("coord_system", "text", Text("坐标系", "coord_system"))

_ID_EXAMPLE = "001"  # formatted as text, the zeros stay
_PLACE_EXAMPLES: Mapping[str, str] = {
    "lon": "114.505612",
    "lat": "30.299034",
}


@dataclass(frozen=True, slots=True)
class _Column:
    """A column of the template.

    Attributes
    ----------
    field
        What stands in it.
    heading
        What stands above it.
    options
        Texts to choose from.
    required
        Whether a row without it is rejected.
    example
        What may stand in it, in text; empty if that goes without saying.
    """

    field: FieldSpec
    heading: str
    options: tuple[str, ...]
    required: bool
    example: str


def write_template(spec: LayerSpec, catalogue: Catalogue, path: Path, *, lang: str) -> Path:
    """Write a workbook to fill in for a layer.

    The first sheet has the headings of the layer and nothing else, with lists to
    choose from, ranges and formats; a second one says what each column is. What is
    filled in is read by :func:`layers.intake.intake` without any further word.

    Parameters
    ----------
    spec
        The layer.
    catalogue
        Its catalogue; names the edition and the layers that are referred to.
    path
        The ``.xlsx`` file to write.
    lang
        Language of the headings, ``zh`` or ``en``.

    Raises
    ------
    CatalogueError
        If `spec` is not a layer of `catalogue`.
    ExportError
        If the file cannot be written.
    """
    catalogue.layer(spec.key)
    columns = _columns(spec, lang)
    with made_aside(path, "template.xlsx") as made:
        book = xlsxwriter.Workbook(made, _TEXT_OPTIONS)
        try:
            page = book.add_worksheet(_sheet_name(spec, lang))
            guide = book.add_worksheet(HELP_SHEET.get(lang))
            lists = _write_lists(book, columns, lang)
            _write_data_sheet(book, page, columns, lists, lang)
            _write_guide(book, guide, columns, spec, catalogue, lang)
        finally:
            book.close()
    return path


def _columns(spec: LayerSpec, lang: str) -> tuple[_Column, ...]:
    return tuple(_column(field, spec, lang) for field in (*_fillable(spec), *_places(spec)))


def _fillable(spec: LayerSpec) -> tuple[FieldSpec, ...]:
    return tuple(field for field in spec.fields if not field.by_app)


def _column(field: FieldSpec, spec: LayerSpec, lang: str) -> _Column:
    required = _is_required(field, spec)
    title = heading(field, lang) + (_REQUIRED if required else "")
    options = _options(field, lang)
    example = options[0] if options else _example(field, spec, lang)
    return _Column(field, title, options, required, example)


def _is_required(field: FieldSpec, spec: LayerSpec) -> bool:
    return field.required or field.name == spec.id_field


def _places(spec: LayerSpec) -> tuple[FieldSpec, ...]:
    """Return the columns that say where a row lies: a point if the layer takes points."""
    if not spec.geometry:
        return ()
    return (_LON, _LAT, _SYSTEM) if "point" in spec.geometry else (_WKT, _SYSTEM)


def _options(field: FieldSpec, lang: str) -> tuple[str, ...]:
    if field is _SYSTEM:
        return _SYSTEMS
    if field.type == "boolean":
        return tuple(word.get(lang) for word in YES_NO)
    return tuple(choice.title.get(lang) for choice in field.choices)


def _sheet_name(spec: LayerSpec, lang: str) -> str:
    return _FORBIDDEN.sub(" ", spec.title.get(lang))[:_NAME_LENGTH]


def _write_lists(book: Any, columns: Sequence[_Column], lang: str) -> Mapping[str, str]:  # noqa: ANN401 -- xlsxwriter has no types
    """Write lists that are too long for a validation, and return where each one stands."""
    long = [c for c in columns if c.options and not _is_short(c.options)]
    if not long:
        return {}
    name = LIST_SHEET.get(lang)
    page = book.add_worksheet(name)
    page.hide()
    found = {}
    for number, column in enumerate(long):
        for row, option in enumerate(column.options):
            page.write_string(row, number, option)
        letter = xlsxwriter.utility.xl_col_to_name(number, col_abs=True)
        found[column.field.name] = f"='{name}'!{letter}$1:{letter}${len(column.options)}"
    return found


def _is_short(options: Sequence[str]) -> bool:
    return len(",".join(options)) <= _LIST_LENGTH and not any("," in text for text in options)


def _write_data_sheet(
    book: Any,  # noqa: ANN401 -- xlsxwriter has no types
    page: Any,  # noqa: ANN401 -- xlsxwriter has no types
    columns: Sequence[_Column],
    lists: Mapping[str, str],
    lang: str,
) -> None:
    for number, column in enumerate(columns):
        head = book.add_format(
            {
                "bold": True,
                "text_wrap": True,
                "valign": "top",
                "border": 1,
                "bg_color": _NEEDED if column.required else _HEAD,
            }
        )
        page.write_string(0, number, column.heading, head)
        page.write_comment(0, number, _comment(column, lang), {"x_scale": 1.6, "y_scale": 1.4})
        body = book.add_format({"num_format": _PATTERNS[column.field.type]})
        page.set_column(number, number, _width(column), body)
        rule = _validation(column, lists.get(column.field.name), lang)
        if rule is not None:
            page.data_validation(1, number, _ROWS, number, rule)
    page.freeze_panes(1, 1)
    page.set_row(0, 45)


def _width(column: _Column) -> int:
    # A Chinese character is as wide as two others.
    letters = sum(2 if ord(letter) > 0xFF else 1 for letter in column.heading)  # noqa: PLR2004
    return min(max(letters + 2, _NARROW), _WIDE)


def _validation(column: _Column, source: str | None, lang: str) -> dict[str, Any] | None:
    """Return what a spreadsheet is to check while somebody types."""
    field = column.field
    common = {
        "error_title": Text("填写有误", "Not a value").get(lang),
        "error_message": _told(_about(column, lang), _LIST_LENGTH),
    }
    if column.options:
        return {"validate": "list", "source": source or list(column.options), **common}
    if field.type in ("integer", "number"):
        return {
            "validate": "integer" if field.type == "integer" else "decimal",
            **_limits(field),
            **common,
        }
    return None


def _limits(field: FieldSpec) -> dict[str, Any]:
    low, high = field.minimum, field.maximum
    if low is not None and high is not None:
        return {"criteria": "between", "minimum": low, "maximum": high}
    if high is not None:
        return {"criteria": "<=", "value": high}
    # Any number at all: a spreadsheet has no greater one.
    return {"criteria": ">=", "value": -9e307 if low is None else low}


def _about(column: _Column, lang: str) -> list[str]:
    """Return what is to be known of a column, a short sentence each."""
    field, zh = column.field, lang == "zh"
    said = [KINDS[field.type].get(lang)] if not column.options else []
    if field.unit:
        said.append(f"单位：{field.unit}" if zh else f"unit: {field.unit}")
    if span := _range(field):
        said.append(f"范围：{span}" if zh else f"range: {span}")
    if column.options:
        listed = "、".join(column.options) if zh else ", ".join(column.options)
        said.append(f"可选：{listed}" if zh else f"one of: {listed}")
    if column.required:
        said.append(MUST.get(lang))
    return said


def _comment(column: _Column, lang: str) -> str:
    example = column.example
    shown = [f"示例：{example}" if lang == "zh" else f"example: {example}"] if example else []
    return "\n".join([column.field.name, *_about(column, lang), *shown])


def _told(sentences: Sequence[str], length: int) -> str:
    text = "; ".join(sentences)
    return text if len(text) <= length else text[: length - 1] + "…"


def _range(field: FieldSpec) -> str:
    low, high = field.minimum, field.maximum
    if low is None and high is None:
        return ""
    if high is None:
        return f"≥ {low:g}"
    return f"≤ {high:g}" if low is None else f"{low:g} – {high:g}"


def _example(field: FieldSpec, spec: LayerSpec, lang: str) -> str:
    if field is _WKT:
        return _SHAPES[spec.geometry[0]]
    if field.name in _PLACE_EXAMPLES:
        return _PLACE_EXAMPLES[field.name]
    if field.name == spec.id_field != spec.name_field:
        return _ID_EXAMPLE
    if field.type not in ("integer", "number"):
        return EXAMPLES[field.type].get(lang)
    usual = float(EXAMPLES[field.type].get(lang))
    low = usual if field.minimum is None else max(usual, field.minimum)
    return f"{low if field.maximum is None else min(low, field.maximum):g}"


def _write_guide(
    book: Any,  # noqa: ANN401 -- xlsxwriter has no types
    page: Any,  # noqa: ANN401 -- xlsxwriter has no types
    columns: Sequence[_Column],
    spec: LayerSpec,
    catalogue: Catalogue,
    lang: str,
) -> None:
    bold = book.add_format({"bold": True})
    title = f"{catalogue.title.get(lang)} · {spec.title.get(lang)}"
    page.write_string(0, 0, f"{title} · {HELP_SHEET.get(lang)}（{catalogue.version_text}）", bold)
    page.write_string(1, 0, spec.description.get(lang))
    for row, rule in enumerate(RULES, start=2):
        page.write_string(row, 0, f"{row - 1}. {rule.get(lang)}")
    top = len(RULES) + 3
    head = book.add_format({"bold": True, "bg_color": _HEAD, "border": 1})
    for number, name in enumerate(GUIDE_COLUMNS.values()):
        page.write_string(top, number, name.get(lang), head)
    for row, column in enumerate(columns, start=top + 1):
        cells = _guide_row(column, catalogue, lang)
        for number, key in enumerate(GUIDE_COLUMNS):
            page.write_string(row, number, cells[key])
    page.set_column(0, len(GUIDE_COLUMNS) - 1, _WIDE)
    page.freeze_panes(top + 1, 1)


def _guide_row(column: _Column, catalogue: Catalogue, lang: str) -> Mapping[str, str]:
    field = column.field
    allowed = ("、" if lang == "zh" else ", ").join(column.options)
    if field.references is not None:
        layer, name = field.references
        target = catalogue.layer(layer)
        titles = (target.title.get(lang), target.field(name).title.get(lang))
        allowed = "{} · {}".format(*titles)
    return {
        "heading": column.heading,
        "required": MUST.get(lang) if column.required else "",
        "kind": KINDS[field.type].get(lang),
        "unit": field.unit,
        "range": _range(field),
        "allowed": allowed,
        "example": column.example,
        "aliases": ("、" if lang == "zh" else ", ").join(field.aliases),
        "name": field.name,
    }
