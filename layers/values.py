"""From what stands in a cell to the value of a field.

Accepted silently: surrounding blanks, full-width digits, thousands commas.
Never guessed: a serial number of a spreadsheet as a date, a decimal comma.
"""

from __future__ import annotations

import datetime as dt
import json
import re
import sys
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING
from typing import Any

import numpy as np
import pandas as pd

from layers.frames import to_type

if TYPE_CHECKING:
    from collections.abc import Callable
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from layers.catalogue import FieldSpec
    from layers.catalogue import FieldType

    # Parsed values, and the finding code of unreadable cells (one or a column).
    _Column = tuple[pd.Series[Any], str | pd.Series[Any]]

_NUMBER = r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?"
_GROUPED = r"[+-]?[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]+)?"
_CLOCK = r"(?:[T ][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]+)?)?(?:Z|[+-][0-9]{2}:?[0-9]{2})?)?"
_ISO_DATE = rf"^(?P<year>[0-9]{{4}})-(?P<month>[0-9]{{2}})-(?P<day>[0-9]{{2}}){_CLOCK}$"
_SLASH_DATE = r"^(?P<year>[0-9]{4})/(?P<month>[0-9]{1,2})/(?P<day>[0-9]{1,2})$"
_MONTH = r"^(?P<year>[0-9]{4})-(?P<month>[0-9]{2})$"

# What pandas calls columns of whole numbers, of others, and of both.
_NUMERIC_CELLS = frozenset({"integer", "floating", "mixed-integer-float"})

_HUGE = sys.float_info.max
# Beyond 2**53 a number that came through a spreadsheet is no longer exact.
_EXACT = 2**53

_BOOLEANS: Mapping[str, bool] = {
    **dict.fromkeys(("true", "t", "yes", "y", "1", "是", "有", "√"), True),
    **dict.fromkeys(("false", "f", "no", "n", "0", "否", "无", "×"), False),
}

# Characters that not every format carries unchanged: control characters except
# tab and newline, halves of surrogate pairs, and what XML does not allow.
_UNWRITABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff\ufffe\uffff]")

# Full-width forms start a formula too when a Chinese spreadsheet is typed in.
_FORMULA = re.compile(r"'*[=+\-@\t\r\n＝＋－＠]")


@dataclass(frozen=True, slots=True)
class Parsed:
    """A column after parsing.

    Attributes
    ----------
    column
        Values with the type of the field; unknown where the cell was empty
        or could not be read.
    bad
        True where something stood in the cell that is no value of the field.
    code
        Finding code for every row that is bad.
    """

    column: pd.Series[Any]
    bad: pd.Series[bool]
    code: pd.Series[Any]


def clean_text(text: str) -> str:
    """Return `text` as every format can carry it.

    All newlines become line feeds; control characters and broken surrogates go.
    """
    # Most texts are printable as they are, which is told at once.
    if text.isprintable():
        return text
    return _UNWRITABLE.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


def formula_safe(text: str) -> str:
    """Return `text` with a leading apostrophe if a spreadsheet would run it.

    The inverse is :func:`formula_plain`; both together change nothing.
    """
    return f"'{text}" if _FORMULA.match(text) else text


def formula_plain(text: str) -> str:
    """Return `text` without the apostrophe that :func:`formula_safe` put there."""
    return text[1:] if text.startswith("'") and _FORMULA.match(text[1:]) else text


def cell_text(value: object) -> str:
    """Return one cell as a person would read it; numbers without a needless ``.0``."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool | np.bool_):
        return "true" if value else "false"
    if isinstance(value, float | np.floating) and float(value).is_integer():
        return str(int(value))
    if isinstance(value, dt.datetime):
        return value.isoformat().removesuffix("T00:00:00")
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False)
    return str(value)


def as_text(raw: pd.Series[Any]) -> pd.Series[Any]:
    """Return a column as cleaned, stripped text; blank cells are missing."""
    cells = raw.astype(object).to_numpy()
    text = [
        None if missing else clean_text(cell_text(cell)).strip() or None
        for cell, missing in zip(cells, pd.isna(cells), strict=True)
    ]
    return to_type(pd.Series(text, index=raw.index, name=raw.name, dtype=object), "text")


def holds_numbers(raw: pd.Series[Any]) -> bool:
    """Tell whether every filled cell of a column is a number already, and none a text or date."""
    if raw.dtype != object:
        return pd.api.types.is_numeric_dtype(raw) and not pd.api.types.is_bool_dtype(raw)
    return pd.api.types.infer_dtype(raw, skipna=True) in _NUMERIC_CELLS


def parse(raw: pd.Series[Any], field: FieldSpec) -> Parsed:
    """Turn raw cells into values of `field`.

    Parameters
    ----------
    raw
        Cells of any type: text of a CSV, numbers and dates of a workbook.
    field
        The field; its type and choices are used, its range is not.

    Returns
    -------
    Parsed
        ``len(column) == len(bad) == len(raw)``, with the index of `raw`.
    """
    values, code = _PARSERS[field.type](raw, field)
    missing = values.isna().astype(bool)
    bad = missing.copy()
    # What could be read needs no second look.
    bad[missing] = as_text(raw[missing]).notna().to_numpy()
    codes = code if isinstance(code, pd.Series) else pd.Series(code, index=raw.index)
    return Parsed(values.rename(field.name), bad, codes)


def _numbers(raw: pd.Series[Any]) -> pd.Series[Any]:
    if holds_numbers(raw):
        numbers = _as_floats(raw)
    else:
        text = _plain(raw)
        grouped = text.str.fullmatch(_GROUPED, na=False)
        text = text.where(~grouped, text.str.replace(",", ""))
        readable = text.where(text.str.fullmatch(_NUMBER, na=False))
        numbers = pd.to_numeric(readable, errors="coerce").to_numpy(dtype=float, na_value=np.nan)
    return pd.Series(np.where(np.isfinite(numbers), numbers, np.nan), index=raw.index)


def _as_floats(raw: pd.Series[Any]) -> NDArray[np.float64]:
    try:
        return _float_array(pd.to_numeric(raw) if raw.dtype == object else raw)
    except OverflowError:
        # A whole number of a workbook has no bound; what is too large is no number.
        return _float_array(raw.map(lambda cell: cell if abs(cell) < _HUGE else np.nan, "ignore"))


def _float_array(raw: pd.Series[Any]) -> NDArray[np.float64]:
    floats = raw.astype("Float64").to_numpy(dtype=float, na_value=np.nan)
    return np.asarray(floats, dtype=np.float64)


def _plain(raw: pd.Series[Any]) -> pd.Series[Any]:
    """Return text with full-width characters and the mathematical minus made plain."""
    plain = as_text(raw).map(
        lambda text: unicodedata.normalize("NFKC", text).replace("−", "-").strip(),
        na_action="ignore",
    )
    return to_type(plain, "text")


def _number(raw: pd.Series[Any], _: FieldSpec) -> _Column:
    return to_type(_numbers(raw), "number"), "not_a_number"


def _integer(raw: pd.Series[Any], _: FieldSpec) -> _Column:
    numbers = _numbers(raw)
    whole = (numbers % 1 == 0) & (numbers.abs() <= _EXACT)
    code = numbers.isna().map({True: "not_a_number", False: "not_an_integer"})
    return to_type(numbers.where(whole), "integer"), code


def _boolean(raw: pd.Series[Any], _: FieldSpec) -> _Column:
    values = _plain(raw).str.casefold().map(_BOOLEANS)
    known = values.astype(object).where(values.notna(), None)
    return to_type(known, "boolean"), "not_a_boolean"


def _date(raw: pd.Series[Any], _: FieldSpec) -> _Column:
    return _dates(_plain(raw)), "not_a_date"


def _dates(text: pd.Series[Any]) -> pd.Series[Any]:
    iso = text.str.extract(_ISO_DATE)
    parts = iso.where(iso["year"].notna(), text.str.extract(_SLASH_DATE))
    written = parts["year"] + "-" + parts["month"].str.zfill(2) + "-" + parts["day"].str.zfill(2)
    return to_type(pd.to_datetime(written, format="%Y-%m-%d", errors="coerce"), "date")


def _month(raw: pd.Series[Any], _: FieldSpec) -> _Column:
    text = _plain(raw)
    short = text.str.fullmatch(_MONTH.strip("^$"), na=False)
    dates = _dates(text.where(~short, text + "-01"))
    return to_type(dates.dt.strftime("%Y-%m"), "month"), "not_a_month"


def _text(raw: pd.Series[Any], field: FieldSpec) -> _Column:
    text = as_text(raw)
    if not field.choices:
        return text, "not_a_choice"
    allowed = {
        label.casefold(): choice.value
        for choice in field.choices
        for label in (choice.title.en, choice.title.zh, choice.value)
    }
    return to_type(text.str.casefold().map(allowed), "text"), "not_a_choice"


_PARSERS: Mapping[FieldType, Callable[[pd.Series[Any], FieldSpec], _Column]] = {
    "text": _text,
    "month": _month,
    "integer": _integer,
    "number": _number,
    "boolean": _boolean,
    "date": _date,
}
