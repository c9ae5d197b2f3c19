"""Several result tables in one file: one page or layer a table."""

from __future__ import annotations

from dataclasses import dataclass
from dataclasses import field
from dataclasses import replace
from typing import TYPE_CHECKING

import pandas as pd

from geo.lists import items_of
from layers.aside import made_aside
from layers.catalogue import Choice
from layers.errors import ExportUsageError
from layers.errors import Text
from layers.export.notes import Notes
from layers.export.notes import table_notes
from layers.export.run import TABLE_FORMATS
from layers.export.run import ExportReport
from layers.export.sheets import table_sheet

if TYPE_CHECKING:
    from collections.abc import Mapping
    from collections.abc import Sequence
    from pathlib import Path

    from layers.export.sheets import Sheet

_WORKBOOK = ".xlsx"


@dataclass(frozen=True, slots=True)
class ResultTable:
    """A table, and how people call it.

    Attributes
    ----------
    frame
        The rows; a GeoDataFrame becomes a layer.
    title
        What the table is.
    titles
        Titles of the columns; a column without one goes by its name.
    words
        Titles of the codes in a column, by column and code.
    """

    frame: pd.DataFrame
    title: Text
    titles: Mapping[str, Text] = field(default_factory=dict)
    words: Mapping[str, Mapping[str, Text]] = field(default_factory=dict)


def export_tables(
    tables: Mapping[str, ResultTable],
    path: Path,
    *,
    lang: str = "zh",
    internal: bool = False,
    remarks: Sequence[Text] = (),
) -> ExportReport:
    """Write result tables to one file, read it back and compare it.

    People read a workbook: its pages have titles of columns and words for codes, and its
    dictionary has both. Scripts and maps read a GeoPackage: there names and codes stay.

    Parameters
    ----------
    tables
        By key, which is the name of the layer in a GeoPackage.
    path
        The file, ``.xlsx`` or ``.gpkg``.
    lang
        ``zh`` or ``en``.
    internal
        Whether any of it must not leave the office; the file then says so.
    remarks
        What else belongs to the numbers.

    Raises
    ------
    ExportError
        If the file cannot be written or differs when it is read back; then there is no
        new file. ExportUsageError if the ending names no format that holds several
        tables.
    """
    chosen = TABLE_FORMATS.get(path.suffix.lower())
    if chosen is None or not chosen.several:
        raise _one_only(path)
    is_read = chosen.suffix == _WORKBOOK
    sheets = [_sheet(key, table, lang, worded=is_read) for key, table in tables.items()]
    notes = _notes(sheets, lang, internal=internal, remarks=remarks)
    with made_aside(path, f"export{chosen.suffix}") as made:
        chosen.write(sheets, made, notes)
        chosen.check(sheets, made, notes)
    crs = next((s.crs.to_string() for s in sheets if s.crs is not None), "")
    written = tuple((s.key, len(s.frame), s.located) for s in sheets)
    return ExportReport(path, (path,), written, crs, checked=True, notes=notes.sentences)


def in_words(
    frame: pd.DataFrame, words: Mapping[str, Mapping[str, Text]], lang: str
) -> pd.DataFrame:
    """Return a table with words in place of codes, as a workbook shows it to people.

    Parameters
    ----------
    frame
        The table.
    words
        Titles of the codes in a column, by column and code. A cell may list several codes.
        A code without a title stays, and so does what is unknown; columns that the table
        lacks are passed over.
    lang
        ``zh`` or ``en``.
    """
    told = {}
    for name in frame.columns.intersection(list(words)):
        column = frame[name].astype("object")
        titles = {code: title.get(lang) for code, title in words[name].items()}
        lists = (cell for cell in column.dropna().unique() if cell not in titles)
        titles |= {cell: _each(cell, titles, lang) for cell in lists}
        told[name] = column.map(titles).where(column.isin(list(titles)), column)
    return frame.assign(**told)


def _each(cell: object, titles: Mapping[str, str], lang: str) -> object:
    """Return the titles of the codes that a cell lists; the cell if it lists none of them."""
    codes = items_of(cell)
    if titles.keys().isdisjoint(codes):
        return cell
    return ("、" if lang == "zh" else ", ").join(titles.get(code, code) for code in codes)


def _sheet(key: str, table: ResultTable, lang: str, *, worded: bool) -> Sheet:
    frame = in_words(table.frame, table.words, lang) if worded else table.frame
    sheet = table_sheet(frame, key, title=table.title, titles=table.titles, lang=lang)
    fields = (
        replace(f, choices=tuple(Choice(*word) for word in table.words.get(f.name, {}).items()))
        for f in sheet.fields
    )
    return replace(sheet, fields=tuple(fields))


def _notes(sheets: Sequence[Sheet], lang: str, *, internal: bool, remarks: Sequence[Text]) -> Notes:
    """Join what is said of each table; what is said of several is said once."""
    each = [table_notes(sheet, lang, internal=internal) for sheet in sheets]
    sentences = dict.fromkeys(sentence for notes in each for sentence in notes.sentences)
    return Notes(
        lang,
        (*sentences, *remarks),
        pd.concat([notes.readme for notes in each], ignore_index=True),
        pd.concat([notes.dictionary for notes in each], ignore_index=True),
        each[0].stamp,
    )


def _one_only(path: Path) -> ExportUsageError:
    listed = ", ".join(suffix for suffix, fmt in TABLE_FORMATS.items() if fmt.several)
    return ExportUsageError(
        Text(
            f"“{path.suffix}”文件不能放多个表；可用：{listed}",
            f"a '{path.suffix}' file does not hold several tables; use one of {listed}",
        )
    )
