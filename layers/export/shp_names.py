"""Names and encoding of a Shapefile, and the codebook that gives the full names back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from layers.dbase import MOST_BYTES
from layers.dbase import cut_name
from layers.values import formula_safe

if TYPE_CHECKING:
    from collections.abc import Sequence

    from layers.catalogue import FieldSpec
    from layers.export.sheets import Sheet

GBK, UTF8 = "gbk", "utf-8"


def short_names(fields: Sequence[FieldSpec], encoding: str = GBK) -> dict[str, str]:
    """Return the name of every field in the table of a Shapefile.

    The short name of the catalogue where it fits, else the beginning of the full
    name, cut between characters. A name that would stand there twice gets a number;
    programs do not tell upper from lower case, so neither is done here.

    Parameters
    ----------
    fields
        The columns, in order.
    encoding
        Encoding of the table; names have at most ten bytes in it.

    Returns
    -------
    dict
        Short name by full name, in the order of `fields`.
    """
    given = {f.name: f.short for f in fields if f.short and _fits(f.short, encoding)}
    # What the catalogue promises is kept, whatever other fields would be cut to.
    taken = {short.casefold() for short in given.values()}
    names: dict[str, str] = {}
    used: set[str] = set()
    for field in fields:
        wished = given.get(field.name, "")
        if not wished or wished.casefold() in used:
            wished = _free(field.name, taken | used, encoding)
        used.add(wished.casefold())
        names[field.name] = wished
    return names


def _fits(name: str, encoding: str) -> bool:
    return _can_hold(name, encoding) and len(name.encode(encoding)) <= MOST_BYTES


def _free(name: str, taken: set[str], encoding: str) -> str:
    wished, number = cut_name(name, encoding), 0
    while wished.casefold() in taken:
        number += 1
        wished = cut_name(name, encoding, MOST_BYTES - len(str(number))) + str(number)
    return wished


def table_encoding(sheet: Sheet) -> str:
    """Return ``gbk`` if every name and text of a sheet is in it, else ``utf-8``.

    Planners' programs expect GBK. Rare characters (㙍, 𠮷, €) are in GB18030 only, which
    the header of the table cannot name, and would be lost.
    """
    texts = (sheet.frame[f.name].dropna() for f in sheet.fields if f.type == "text")
    told = [*(f.name for f in sheet.fields), *(text for column in texts for text in set(column))]
    return GBK if all(_can_hold(text, GBK) for text in told) else UTF8


def _can_hold(text: str, encoding: str) -> bool:
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True


def codebook(sheet: Sheet, names: dict[str, str], lang: str) -> pd.DataFrame:
    """Return what every short name stands for.

    Parameters
    ----------
    sheet
        The layer under its full names.
    names
        Short name by full name.
    lang
        Language of the headings and choices, ``zh`` or ``en``; titles stand in both.

    Returns
    -------
    DataFrame
        One row a field; the first two columns are the short and the full name. No cell
        is one that a spreadsheet would run.
    """
    rows = []
    for field in sheet.fields:
        choices = "; ".join(f"{c.value} {c.title.get(lang)}" for c in field.choices)
        cells = (
            ("短字段名", "short_name", names[field.name]),
            ("字段", "field", field.name),
            ("名称", "title_zh", field.title.zh),
            ("英文名称", "title_en", field.title.en),
            ("类型", "type", field.type),
            ("单位", "unit", field.unit),
            ("取值", "choices", choices),
        )
        rows.append({zh if lang == "zh" else en: formula_safe(text) for zh, en, text in cells})
    return pd.DataFrame(rows, dtype="str")
