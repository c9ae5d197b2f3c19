"""Dates and months as people and spreadsheets write them.

Two-digit years are never read, nor a day where only a month stands.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from layers.intake.readings import Reading
from layers.words import plain

if TYPE_CHECKING:
    from collections.abc import Iterable

    from layers.catalogue import FieldSpec

_CLOCK = r"(?:[T ]?[0-9]{1,2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]+)?)?)?"
_YEAR = r"(?P<year>1[89][0-9]{2}|2[01][0-9]{2})"
_DAYS = tuple(
    re.compile(pattern)
    for pattern in (
        # 2026年3月31日, 2026.3.31, 2026-3-1 0:00, 2026/3/31 00:00:00
        rf"{_YEAR}\s*[年./-]\s*(?P<month>[0-9]{{1,2}})\s*[月./-]\s*(?P<day>[0-9]{{1,2}})\s*[日号]?\s*{_CLOCK}",
        # 20260331
        rf"{_YEAR}(?P<month>[0-9]{{2}})(?P<day>[0-9]{{2}})",
    )
)
_MONTHS = tuple(
    re.compile(pattern)
    for pattern in (
        # 2024年3月, 2024.3, 2024/03, 2024-3
        rf"{_YEAR}\s*[年./-]\s*(?P<month>[0-9]{{1,2}})\s*(?:月份?)?",
        # 202403
        rf"{_YEAR}(?P<month>[0-9]{{2}})",
    )
)
_DECIMAL = re.compile(rf"{_YEAR}\.(?P<month>[0-9]{{1,2}})")

# Days since 1899-12-30, the way spreadsheets count (1900 system): 1954 to 2064.
_SERIALS = (20_000, 60_000)
_SERIAL_ZERO = dt.date(1899, 12, 30)
_SERIAL = re.compile(r"[2-5][0-9]{4}(?:\.[0-9]+)?")

# What the strict parser of the fields reads by itself.
_ISO = re.compile(
    r"[0-9]{4}-[0-9]{2}(?:-[0-9]{2})?(?:[T ][0-9]{2}:.*)?|[0-9]{4}/[0-9]{1,2}/[0-9]{1,2}"
)

_OPEN_ENDED = frozenset(
    ("长期", "无固定期限", "无固定期", "永久", "长期有效", "不定期", "长期租赁", "无期限")
)
_OPEN_FIELDS = frozenset({"lease_end", "operator_contract_end"})


@dataclass(frozen=True, slots=True)
class DateColumn:
    """What is known about a column before its cells are read.

    Attributes
    ----------
    field
        The field, of type date or month.
    serials
        Whether numbers from 20000 to 60000 are days counted by a spreadsheet:
        the column has real dates beside them, or nothing else.
    october
        Whether a text of the column ends in ``.10``, so that ``.1`` is January.
    """

    field: FieldSpec
    serials: bool
    october: bool


def date_column(cells: Iterable[object], field: FieldSpec) -> DateColumn:
    """Return what the different cells of a column say about how to read it."""
    there = list(cells)
    real = any(_is_real(cell, monthly=field.type == "month") for cell in there)
    counted = [_serial(cell) is not None for cell in there]
    october = any(
        isinstance(cell, str) and (m := _DECIMAL.fullmatch(plain(cell))) and m["month"] == "10"
        for cell in there
    )
    return DateColumn(field, any(counted) and (real or all(counted)), october)


def read_date(cell: object, column: DateColumn) -> Reading | None:
    """Return a cell as ``YYYY-MM-DD`` or, in a field of months, ``YYYY-MM``.

    Returns
    -------
    Reading or None
        ``None`` if the cell stays as it is: it is a date already, or cannot
        be read.
    """
    text = _text(cell)
    if text is None or _ISO.fullmatch(text):
        return None
    monthly = column.field.type == "month"
    if text in _OPEN_ENDED and column.field.name in _OPEN_FIELDS:
        return Reading(None, ("open_ended",))
    if column.serials and (day := _serial(cell)) is not None:
        return Reading(_written(day, monthly=monthly), ("serial_date",))
    if (day := _day(text)) is not None:
        return Reading(_written(day, monthly=monthly), ("date_read",))
    return _month(cell, text, column) if monthly else None


def _text(cell: object) -> str | None:
    """Return the text of a cell that may be a date; ``None`` for dates and for what is neither."""
    if isinstance(cell, str):
        return plain(cell)
    if isinstance(cell, bool | dt.date):
        return None
    try:
        number = float(cell)  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError):
        return None
    return str(int(number)) if number.is_integer() else repr(number)


def _is_real(cell: object, *, monthly: bool) -> bool:
    if isinstance(cell, dt.date):
        return True
    text = _text(cell)
    if text is None:
        return False
    if _ISO.fullmatch(text) or _day(text) is not None:
        return True
    return monthly and any(pattern.fullmatch(text) for pattern in _MONTHS)


def _serial(cell: object) -> dt.date | None:
    """Return the day that a number of a spreadsheet counts; the time of day is dropped."""
    text = _text(cell)
    if text is None or not _SERIAL.fullmatch(text):
        return None
    days = int(float(text))
    if not _SERIALS[0] <= days <= _SERIALS[1]:
        return None
    return _SERIAL_ZERO + dt.timedelta(days=days)


def _day(text: str) -> dt.date | None:
    for pattern in _DAYS:
        if found := pattern.fullmatch(text):
            try:
                return dt.date(int(found["year"]), int(found["month"]), int(found["day"]))
            except ValueError:
                return None
    return None


def _month(cell: object, text: str, column: DateColumn) -> Reading | None:
    """Return a month; 2024.1 is left alone where October may have lost its zero."""
    found = next((m for pattern in _MONTHS if (m := pattern.fullmatch(text))), None)
    if found is None or not 1 <= int(found["month"]) <= 12:  # noqa: PLR2004 -- months
        return None
    code = "month_read"
    if _DECIMAL.fullmatch(text) and found["month"] == "1":
        if not isinstance(cell, str):
            return Reading(cell, ("month_ambiguous",))
        code = "month_read" if column.october else "month_one_digit"
    return Reading(f"{found['year']}-{int(found['month']):02d}", (code,))


def _written(day: dt.date, *, monthly: bool) -> str:
    return f"{day:%Y-%m}" if monthly else day.isoformat()
