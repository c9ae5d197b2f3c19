"""How the page words cards, criteria, grades and codes in the session's language."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from geo.scorecards.card import TOP
from layers.evaluation import EVALUATION_WORDS
from layers.i18n import UNKNOWN
from layers.scorecards import load_scorecards
from layers.underuse.ranking import SURELY_WORST
from views import store
from views.text import _
from views.text import esc
from views.text import lang
from views.text import num
from views.text import pick
from views.text import word
from views.underused.words import span

if TYPE_CHECKING:
    from typing import Protocol

    import pandas as pd

    from geo.scorecards import Criterion
    from geo.scorecards import Scorecard

    class Titled(Protocol):
        """Something with a title in both languages."""

        @property
        def title_zh(self) -> str: ...  # noqa: D102 - said by the class
        @property
        def title_en(self) -> str: ...  # noqa: D102 - said by the class


_DIGITS = 9


def title(of: Titled) -> str:
    """Return the title of a card, a heading or a criterion."""
    return of.title_zh if lang() == "zh" else of.title_en


def unit_column() -> str:
    """Return the field, and the column, with the units in the session's language."""
    return "unit" if lang() == "zh" else "unit_en"


def grades(card: Scorecard) -> dict[str, str]:
    """Return what each grade of a card is called, best first."""
    return {g.key: g.key if lang() == "zh" else g.title_en for g in card.grades}


def grade(card: Scorecard, key: object) -> str:
    """Return what a grade is called; undecided for none."""
    return grades(card).get(str(key), _("no grade"))


def bands(card: Scorecard) -> list[tuple[str, float, float]]:
    """Return name, lowest and highest score of every grade, best first."""
    upper = [TOP, *(g.least for g in card.grades)]
    told = grades(card)
    return [(told[g.key], g.least, top) for g, top in zip(card.grades, upper, strict=False)]


def code(column: str, value: object) -> str:
    """Return the word of a code; the code itself if it has none."""
    return word(EVALUATION_WORDS[column], value)


def codes(column: str, values: pd.Series[str]) -> pd.Series[str]:
    """Return the words of a column of codes."""
    return values.map(lambda value: code(column, value))


def disposal(key: object) -> str:
    """Return the class of land that a grade is read as; empty without a grade."""
    found = {d.key: d.title for d in load_scorecards(store.catalogue().folder).disposals}
    return pick(found[str(key)]) if key in found else ""


def warning(failed: int, *, leaves: bool) -> str:
    """Return what follows from years failed in a row."""
    if leaves:
        return _("{n} years failed in a row: talks or exit").format(n=failed)
    return _("warning: failed this year") if failed else ""


def score(low: float, high: float) -> str:
    """Return a score, or the interval it lies in."""
    # A sum of contributions must not be told otherwise than the score it adds to.
    return span(round(low, _DIGITS), round(high, _DIGITS), digits=1)


def is_worst(p: float) -> bool:
    """Tell whether somebody may be called one of the last third."""
    return bool(p >= SURELY_WORST)


def anchors(criterion: Criterion) -> str:
    """Return the anchors of a criterion: raw value and the score it gives."""
    return "; ".join(f"{raw:g} → {value:g}" for raw, value in criterion.points)


def raw(low: float, high: float) -> str:
    """Return a raw value, or the interval it lies in; a dash if nothing is known."""
    if low != low and high != high:  # noqa: PLR0124 - NaN is not itself
        return UNKNOWN
    whole = all(float(end).is_integer() for end in (low, high) if end == end)  # noqa: PLR0124
    return span(low, high, digits=0 if whole else 2)


def weight_sum(card: Scorecard, weights: dict[str, float]) -> str:
    """Return the sum of the weights of a card."""
    return num(sum(weights[key] for key in card.keys), digits=1)


def sample_mark(sample: pd.Series[bool]) -> pd.Series[str]:
    """Return the mark of sample rows."""
    return sample.map(lambda value: _("sample") if value is True or value == 1 else "")


def badges(card: Scorecard) -> None:
    """Say whose weights these are, and of which version the card is."""
    weights = (
        _("Weights approved by {who}").format(who=card.approved_by)
        if card.approved_by
        else _("Weights are suggestions")
    )
    kind = "" if card.approved_by else " sketch"
    version = _("Scorecard {version}").format(version=card.version)
    st.html(
        f'<span class="atlas-badge{kind}">{esc(weights)}</span>'
        f'<span class="atlas-badge">{esc(version)}</span>'
    )
