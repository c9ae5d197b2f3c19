"""Texts of the user interface: English in the code, Chinese in ``locale/zh.po``.

The catalogue is a plain gettext file that translators know; it is read at start
by Babel, so no compiled file has to be kept in step with it.
"""

from __future__ import annotations

import datetime as dt
from decimal import InvalidOperation
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING
from typing import Any
from typing import Literal
from typing import get_args

import pandas as pd
from babel import Locale
from babel.dates import format_date
from babel.messages.pofile import read_po
from babel.numbers import format_decimal
from babel.numbers import format_percent

if TYPE_CHECKING:
    from collections.abc import Callable
    from collections.abc import Mapping

Lang = Literal["zh", "en"]
LANGUAGES: tuple[Lang, ...] = get_args(Lang)
LOCALE_DIR = Path(__file__).resolve().parent / "locale"
# Made once: to find a locale by its name takes longer than to write a number.
_BABEL_LOCALE: Mapping[str, Locale] = {
    lang: Locale.parse(name) for lang, name in (("zh", "zh_CN"), ("en", "en"))
}
UNKNOWN = "—"
"""What a reader sees where a value is unknown; never 0."""


@cache
def messages(lang: Lang) -> Mapping[str, str]:
    """Return the translations of a language, keyed by the English text."""
    path = LOCALE_DIR / f"{lang}.po"
    if not path.exists():
        return {}
    with path.open("rb") as handle:
        catalogue = read_po(handle, locale=_BABEL_LOCALE[lang])
    return {str(m.id): str(m.string) for m in catalogue if m.id and m.string}


def translator(lang: Lang) -> Callable[[str], str]:
    """Return the function that translates a text of the code into `lang`."""
    known = messages(lang)

    def translate(text: str) -> str:
        return known.get(text, text)

    return translate


def number(value: object, lang: Lang, *, digits: int = 0, unit: str = "") -> str:
    """Return a number with thousands separators and unit, or a dash when unknown.

    Parameters
    ----------
    value
        A number; ``None``, ``NaN`` and ``NA`` are unknown.
    lang
        Language of the separators.
    digits
        Decimal places.
    unit
        Written behind the number after a narrow space.
    """
    if unknown(value):
        return UNKNOWN
    pattern = "#,##0" + ("." + "0" * digits if digits else "")
    try:
        text = format_decimal(value, format=pattern, locale=_BABEL_LOCALE[lang])  # type: ignore[arg-type]
    except InvalidOperation:
        text = f"{value:g}"  # more digits than decimal arithmetic has
    return f"{text}\u202f{unit}" if unit else text


def percent(value: object, lang: Lang, *, digits: int = 1) -> str:
    """Return a share (0 to 1) as a percentage, or a dash when unknown."""
    if unknown(value):
        return UNKNOWN
    pattern = "#,##0" + ("." + "0" * digits if digits else "") + "%"
    return format_percent(value, format=pattern, locale=_BABEL_LOCALE[lang])  # type: ignore[arg-type]


def day(value: object, lang: Lang) -> str:
    """Return a date as the language writes it, or a dash when unknown."""
    if unknown(value):
        return UNKNOWN
    moment = pd.Timestamp(value)  # type: ignore[arg-type]
    return format_date(moment.date(), format="medium", locale=_BABEL_LOCALE[lang])


def moment(text: object) -> str:
    """Return a time in ISO 8601 as a clock of this computer shows it, to the minute."""
    return dt.datetime.fromisoformat(str(text)).astimezone().strftime("%Y-%m-%d %H:%M")


def unknown(value: Any) -> bool:  # noqa: ANN401 - any cell of a table
    """Tell whether a single value is missing (``None``, ``NaN``, ``NaT``, ``NA``)."""
    return bool(pd.isna(value))
