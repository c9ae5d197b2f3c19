"""Two evaluations side by side: other years, or another version of the scorecard."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from geo.scorecards import compare
from layers.evaluation.facts import facts_of
from layers.evaluation.judged import scored

if TYPE_CHECKING:
    from collections.abc import Mapping

    from geo.scorecards import Scorecard
    from geo.scorecards import Scores
    from layers.catalogue import Catalogue
    from layers.evaluation.facts import Facts

    Tables = Mapping[str, pd.DataFrame]

_SIDES = ("before", "after")
_UNJUDGED = ("nothing", "evidence")  # no grade for lack of evidence


def compare_periods(
    tables: Tables,
    catalogue: Catalogue,
    card: Scorecard,
    periods: tuple[int, int],
    *,
    facts: Mapping[int, Facts] | None = None,
) -> pd.DataFrame:
    """Compare two years by one card: which grades changed, and which criterion did it.

    Parameters
    ----------
    tables, catalogue, card
        As in :func:`layers.evaluation.evaluate`; both years are judged by this card.
    periods
        The earlier and the later year.
    facts
        Raw numbers by year of these layers and criteria, if they are there already.

    Returns
    -------
    pandas.DataFrame
        Columns of :func:`geo.scorecards.compare` with ``name``, titles of the criterion,
        years, versions of the card and ``sample``. Where evidence was lacking, the middle
        of an interval says nothing: if a gap would have to explain a place that keeps its
        grade, ``criterion`` and ``by`` are empty; if a grade came because data came,
        ``by`` is ``missing``; in both cases ``effect`` is NaN.
    """
    there = facts or {}
    found = [there.get(year) or facts_of(tables, catalogue, card, year) for year in periods]
    return _compared([scored(year, card) for year in found], found)


def compare_cards(
    tables: Tables, catalogue: Catalogue, before: Scorecard, after: Scorecard, period: int
) -> pd.DataFrame:
    """Compare two versions of a card in one year.

    Parameters
    ----------
    tables, catalogue
        As in :func:`layers.evaluation.evaluate`.
    before, after
        The versions; they may differ in criteria, weights, anchors and grades.
    period
        The year.

    Returns
    -------
    pandas.DataFrame
        As :func:`compare_periods`.
    """
    found = [facts_of(tables, catalogue, card, period) for card in (before, after)]
    scores = [scored(f, card) for f, card in zip(found, (before, after), strict=True)]
    return _compared(scores, found)


def _without_middles(table: pd.DataFrame) -> pd.DataFrame:
    """Take back what only the middles of intervals say of places without enough evidence."""
    before, after = (table[f"undecided_{side}"].isin(_UNJUDGED) for side in _SIDES)
    by_gap = table["by"].eq("missing")
    silent = by_gap & (before | after) & ~table["changed"]
    came = by_gap & before & table["grade_after"].ne("")
    return table.assign(
        criterion=table["criterion"].mask(silent, ""),
        by=table["by"].mask(silent, ""),
        effect=table["effect"].mask(silent | came),
    )


def _compared(scores: list[Scores], facts: list[Facts]) -> pd.DataFrame:
    table = _without_middles(compare(*scores))
    cards = [found.card for found in scores]
    titles = {c.key: (c.title_zh, c.title_en) for card in cards for c in card.criteria}
    names = pd.concat([f.subjects.set_index("subject_id")["name"] for f in facts])
    table.insert(1, "name", table["subject_id"].map(names[~names.index.duplicated()]))
    marked = {s for f in facts for s in f.cells.loc[f.cells["sample"], "subject_id"]}
    marked |= {s for f in facts for s in f.subjects.loc[f.subjects["sample"], "subject_id"]}
    said = [titles.get(key, ("", "")) for key in table["criterion"]]
    return table.assign(
        title_zh=pd.Series([zh for zh, _en in said], index=table.index, dtype="str"),
        title_en=pd.Series([en for _zh, en in said], index=table.index, dtype="str"),
        **{f"period_{s}": f.period for s, f in zip(_SIDES, facts, strict=True)},
        **{f"scorecard_{s}": c.version for s, c in zip(_SIDES, cards, strict=True)},
        sample=table["subject_id"].isin(marked),
    )
