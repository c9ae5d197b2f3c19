"""Frames as tables for print: titles, numbers, dashes for what is unknown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from typing import Literal

import pandas as pd

from layers import i18n
from layers.errors import Text
from layers.marks import is_sample
from layers.report.blocks import Table
from layers.values import clean_text

if TYPE_CHECKING:
    from collections.abc import Callable
    from collections.abc import Mapping
    from collections.abc import Sequence

    from layers.catalogue import FieldSpec

Form = Literal["text", "count", "number", "percent", "date", "yesno", "year"]

HIDDEN = "＊"
"""What a public reader sees where a small group is hidden; not the dash of the unknown."""

HIDDEN_NOTE = Text(
    "＊：少于 3 个的组及为防推算而一并隐去的组，不公开。",
    "＊: groups of fewer than 3, and those hidden so that they cannot be worked out.",
)
SAMPLE_NOTE = Text("本表含示例数据。", "This table contains sample data.")

_FIRST_YEAR = 1000
_RIGHT = frozenset({"count", "year", "number", "percent"})


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a printed table.

    Attributes
    ----------
    name
        Column of the frame.
    title
        Heading.
    form
        How its values are written.
    digits
        Decimals of a number.
    words
        Words for codes.
    """

    name: str
    title: Text
    form: Form = "text"
    digits: int = 0
    words: Mapping[str, Text] | None = None


def column_of(field: FieldSpec) -> Column:
    """Return the column of a field of the catalogue, with its unit in the heading.

    Parameters
    ----------
    field
        The field.
    """
    forms: dict[str, Form] = {
        "integer": "count",
        "number": "number",
        "date": "date",
        "boolean": "yesno",
    }
    unit = field.unit
    if field.type == "integer" and (field.minimum or 0) >= _FIRST_YEAR:
        forms["integer"] = "year"
    title = (
        Text(f"{field.title.zh}（{unit}）", f"{field.title.en} ({unit})") if unit else field.title
    )
    words = {choice.value: choice.title for choice in field.choices} or None
    return Column(field.name, title, forms.get(field.type, "text"), words=words)


def printed(value: object, column: Column, lang: str) -> str:
    """Return a value as it is printed; a dash if it is not known.

    Parameters
    ----------
    value
        A cell.
    column
        How it is written.
    lang
        ``zh`` or ``en``.
    """
    if i18n.unknown(value):
        return i18n.UNKNOWN
    tongue: i18n.Lang = "zh" if lang == "zh" else "en"
    writers: dict[Form, Callable[[], str]] = {
        "text": lambda: _text(value, column, lang),
        "count": lambda: i18n.number(value, tongue),
        "number": lambda: i18n.number(value, tongue, digits=column.digits),
        "percent": lambda: i18n.percent(value, tongue),
        "year": lambda: f"{value:g}",
        "date": lambda: pd.Timestamp(value).date().isoformat(),  # type: ignore[arg-type]
        "yesno": lambda: (Text("是", "yes") if value else Text("否", "no")).get(lang),
    }
    return writers[column.form]()


def _text(value: object, column: Column, lang: str) -> str:
    text = clean_text(str(value))
    known = (column.words or {}).get(text)
    # Word keeps no control characters, and a cell is one line.
    shown = text if known is None else known.get(lang)
    return " ".join(shown.split()) or i18n.UNKNOWN


def make_table(
    key: str,
    title: Text,
    frame: pd.DataFrame,
    columns: Sequence[Column],
    lang: str,
    *,
    notes: Sequence[Text] = (),
    hidden: pd.DataFrame | None = None,
) -> Table:
    """Return a frame as a table.

    Parameters
    ----------
    key, title
        Name and caption.
    frame
        The rows, in order.
    columns
        Which columns; those that the frame has not are left out.
    lang
        ``zh`` or ``en``.
    notes
        Lines beneath it; that of sample data is added if any row is a sample.
    hidden
        Which cells are hidden, same index, by column; None for no cell.
    """
    shown = [column for column in columns if column.name in frame.columns]
    cells = [
        [printed(value, column, lang) for value in frame[column.name].tolist()] for column in shown
    ]
    for number, column in enumerate(shown):
        if hidden is not None and column.name in hidden.columns:
            masks = hidden[column.name].tolist()
            told = zip(cells[number], masks, strict=True)
            cells[number] = [HIDDEN if mask else text for text, mask in told]
    lines = [note.get(lang) for note in notes]
    if bool(is_sample(frame).any()):
        lines.append(SAMPLE_NOTE.get(lang))
    return Table(
        key=key,
        title=title.get(lang),
        columns=tuple(column.title.get(lang) for column in shown),
        rows=tuple(zip(*cells, strict=True)) if shown else (),
        right=frozenset(n for n, column in enumerate(shown) if column.form in _RIGHT),
        notes=tuple(lines),
    )


def pairs_table(
    key: str,
    title: Text,
    pairs: Sequence[tuple[Text, str]],
    lang: str,
    *,
    notes: Sequence[Text] = (),
    sample: bool = False,
) -> Table:
    """Return facts as a table of names and values.

    Parameters
    ----------
    key, title
        Name and caption.
    pairs
        Name and printed value.
    lang
        ``zh`` or ``en``.
    notes
        Lines beneath it.
    sample
        Whether any of it is sample data.
    """
    return Table(
        key=key,
        title=title.get(lang),
        columns=(Text("项目", "Item").get(lang), Text("内容", "Value").get(lang)),
        rows=tuple((name.get(lang), value) for name, value in pairs),
        notes=tuple(note.get(lang) for note in (*notes, *([SAMPLE_NOTE] if sample else []))),
    )
