"""The table ``layer_styles`` of a GeoPackage, from which QGIS takes the style of a layer."""

from __future__ import annotations

import datetime as dt
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING
from typing import NoReturn
from xml.etree.ElementTree import ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

from layers.errors import ExportError
from layers.errors import Text
from layers.export.styling.qml import qml_text
from layers.export.styling.sld import sld_text

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from layers.export.notes import Notes
    from layers.export.sheets import Sheet

STYLES_TABLE = "layer_styles"
"""Name of the table, fixed by QGIS."""

_CREATE = """CREATE TABLE "layer_styles" (
    "id" INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    "f_table_catalog" TEXT(256),
    "f_table_schema" TEXT(256),
    "f_table_name" TEXT(256),
    "f_geometry_column" TEXT(256),
    "styleName" TEXT(30),
    "styleQML" TEXT,
    "styleSLD" TEXT,
    "useAsDefault" BOOLEAN,
    "description" TEXT,
    "owner" TEXT(30),
    "ui" TEXT(30),
    "update_time" DATETIME DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now'))
)"""
_INSERT = """INSERT INTO "layer_styles" (f_table_catalog, f_table_schema, f_table_name,
    f_geometry_column, styleName, styleQML, styleSLD, useAsDefault, description, owner, ui,
    update_time) VALUES ('', '', ?, ?, ?, ?, ?, 1, ?, '', NULL, ?)"""
_SELECT = """SELECT f_table_name, f_geometry_column, styleName, styleQML, styleSLD, useAsDefault
    FROM "layer_styles" ORDER BY id"""
_REGISTER = (
    "INSERT INTO gpkg_contents (table_name, data_type, identifier, description, last_change,"
    " srs_id) VALUES (?, 'attributes', ?, '', ?, 0)"
)
_COUNT = "INSERT INTO gpkg_ogr_contents (table_name, feature_count) VALUES (?, ?)"
_HAS_COUNTS = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'gpkg_ogr_contents'"


def add_layer_styles(path: Path, sheets: Sequence[Sheet], notes: Notes) -> None:
    """Put the styles of the layers into a finished GeoPackage.

    The table is the one that QGIS makes when it saves a style in the file; it draws a
    layer with the style that is marked as the default as soon as the layer is opened.
    Without a styled layer the file stays as it is.

    Parameters
    ----------
    path
        The file, which nobody has open.
    sheets
        Its layers; those without style or geometry are passed over.
    notes
        Language of the legends, and the time that the file names.
    """
    styled = _styled(sheets)
    if not styled:
        return
    columns = _geometry_columns(path)
    time = notes.stamp.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")
    names = _names(styled, notes.lang)
    rows = [
        (
            *(sheet.key, columns[sheet.key], name),
            *(qml_text(sheet, notes.lang), sld_text(sheet, notes.lang)),
            *(_description(sheet, notes.lang), time),
        )
        for sheet, name in zip(styled, names, strict=True)
    ]
    with closing(sqlite3.connect(path)) as database:
        database.execute("PRAGMA journal_mode = DELETE")
        with database:
            database.execute(_CREATE)
            database.executemany(_INSERT, rows)
            database.execute(_REGISTER, (STYLES_TABLE, STYLES_TABLE, time))
            if database.execute(_HAS_COUNTS).fetchone():
                database.execute(_COUNT, (STYLES_TABLE, len(rows)))
        database.execute("VACUUM")


def check_layer_styles(path: Path, sheets: Sequence[Sheet]) -> None:
    """Read the styles of a GeoPackage back.

    Parameters
    ----------
    path
        The file.
    sheets
        What it holds.

    Raises
    ------
    ExportError
        If a layer with a style has none in the file, or one that is not the default
        or no XML.
    """
    styled = _styled(sheets)
    if not styled:
        return
    try:
        with closing(sqlite3.connect(path)) as database:
            rows = database.execute(_SELECT).fetchall()
    except sqlite3.Error:
        rows = []
    columns = _geometry_columns(path)
    if [row[:2] for row in rows] != [(s.key, columns.get(s.key)) for s in styled]:
        _differs(", ".join(sheet.key for sheet in styled))
    if len({row[2] for row in rows}) != len(rows):
        _differs(", ".join(sorted(row[2] for row in rows)))
    for key, _, _, *texts, default in rows:
        if default != 1 or not all(map(_is_xml, texts)):
            _differs(key)


def _styled(sheets: Sequence[Sheet]) -> list[Sheet]:
    return [sheet for sheet in sheets if sheet.style is not None and sheet.crs is not None]


def _geometry_columns(path: Path) -> dict[str, str]:
    """Return the geometry column of every layer; QGIS asks for the style of layer and column."""
    with closing(sqlite3.connect(path)) as database:
        rows = database.execute("SELECT table_name, column_name FROM gpkg_geometry_columns")
        return dict(rows.fetchall())


def _names(sheets: Sequence[Sheet], lang: str) -> list[str]:
    """Return the names of the styles: titles, with the key where two layers share one."""
    titles = [sheet.title.get(lang) for sheet in sheets]
    return [
        title if titles.count(title) == 1 else f"{title} {sheet.key}"
        for title, sheet in zip(titles, sheets, strict=True)
    ]


def _description(sheet: Sheet, lang: str) -> str:
    note = None if sheet.style is None else sheet.style.note
    told = [*sheet.marks, *([] if note is None else [note])]
    return "；".join(text.get(lang) for text in told)


def _is_xml(text: object) -> bool:
    try:
        # The document type declaration of QML names no entities, which are forbidden.
        fromstring(str(text))
    except (ParseError, DefusedXmlException):
        return False
    return True


def _differs(what: str) -> NoReturn:
    raise ExportError(
        Text(
            f"回读校验未通过，文件未写出：GeoPackage 中的图层样式（{what}）",
            f"the file read back differs and was not kept: the layer styles of {what}",
        )
    )
