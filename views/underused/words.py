"""How the page words numbers that may be open, and the codes of the judgement."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from layers.i18n import UNKNOWN
from layers.i18n import unknown
from layers.underuse import UNDERUSE_WORDS
from views.text import _
from views.text import lang
from views.text import num
from views.text import word

if TYPE_CHECKING:
    import pandas as pd

    from geo.scorecards import Criterion

WORST_MARK = "▼"
"""Stands behind the rank of a carrier that is surely among the worst third."""


def criterion_title(criterion: Criterion) -> str:
    """Return the title of a criterion in the language of the session."""
    return criterion.title_zh if lang() == "zh" else criterion.title_en


def ranks(low: object, high: object) -> str:
    """Return an interval of ranks, "3–9"; a dash without any (what is exempt has none)."""
    if unknown(low) or unknown(high):
        return UNKNOWN
    return f"{low:.0f}" if low == high else f"{low:.0f}–{high:.0f}"


def code(column: str, value: str) -> str:
    """Return the word of a code; the code itself if it has none."""
    return word(UNDERUSE_WORDS[column], value)


def codes(column: str, values: pd.Series[str]) -> pd.Series[str]:
    """Return the words of a column of codes."""
    return values.map(lambda value: code(column, value))


def span(low: float, high: float, *, digits: int = 0, times: float = 1.0, unit: str = "") -> str:
    """Return an interval of a number: one number if it is known, a dash if nothing is.

    Parameters
    ----------
    low, high
        Its ends; infinite or NaN is an end that is not known.
    digits, times, unit
        Decimal places, what the number is multiplied by first, and what stands behind it.
    """
    known_low, known_high = math.isfinite(low), math.isfinite(high)
    first, last = (num(value * times, digits=digits, unit=unit) for value in (low, high))
    if known_low and known_high:
        if math.isclose(low, high, abs_tol=1e-9):
            return last
        return f"{num(low * times, digits=digits)} – {last}"
    if known_low and low > 0:
        return _("at least {n}").format(n=first)
    return _("at most {n}").format(n=last) if known_high else UNKNOWN
