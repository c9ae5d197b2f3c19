"""What was recorded: the rows of the layer ``indicators`` that fill the cells of a card."""

from __future__ import annotations

from typing import TYPE_CHECKING
from typing import NamedTuple

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Mapping
    from collections.abc import Sequence

    from geo.scorecards import Scorecard

INDICATORS = "indicators"
MARKET = "MARKET"
"""Subject under which the vacancy of the whole district is recorded."""

VACANCY = "vacancy"
"""Indicator (%) that a change of vacancy is worked out from."""

CHANGE = "vacancy_change"
"""Measure that compares a change of vacancy with that of the market."""

UNUSED_WHY = ("unknown_subject", "unknown_indicator", "repeated")
"""Why a row is not used: nobody, nothing, or two rows for one number."""

_COLUMNS = (
    "record_id",
    "card",
    "subject_id",
    "period",
    "indicator",
    "value",
    "value_state",
    "basis",
    "data_date",
    "sample",
    "source",
)
_CELL = ["subject_id", "indicator"]


class Records(NamedTuple):
    """The rows of one card and period.

    Attributes
    ----------
    used
        One row a cell, ``value`` NaN and ``value_state`` saying why where there is no
        number.
    unused
        The other rows as they were, with ``why``, one of :data:`UNUSED_WHY`; two rows
        for one cell are both here, because which of them is right cannot be told.
    """

    used: pd.DataFrame
    unused: pd.DataFrame


def periods(tables: Mapping[str, pd.DataFrame], card: Scorecard) -> tuple[int, ...]:
    """Return the years for which something of a card is recorded, rising.

    Parameters
    ----------
    tables
        Layers by key.
    card
        Whose criteria are looked for; a year in which only the vacancy is recorded, for
        the sake of the change to the next, is none.
    """
    rows = _of_card(tables, card)
    return tuple(sorted(int(year) for year in rows.loc[_asked(rows, card), "period"].unique()))


def records_of(
    tables: Mapping[str, pd.DataFrame], card: Scorecard, period: int, subjects: Sequence[str]
) -> Records:
    """Sort the rows of one card and period.

    Parameters
    ----------
    tables
        Layers by key; without ``indicators`` nothing is recorded.
    card
        Whose criteria are looked for.
    period
        The year.
    subjects
        Ids of those whom the card is about.

    Returns
    -------
    Records
        Every row of the card and period is in one of its two tables.
    """
    rows = _of_card(tables, card)
    rows = rows[rows["period"] == period].reset_index(drop=True)
    beside = _has_change(card) & rows["indicator"].eq(VACANCY)
    somebody = rows["subject_id"].isin(subjects) | (beside & rows["subject_id"].eq(MARKET))
    cases = {
        "unknown_subject": ~somebody,
        "unknown_indicator": ~(_asked(rows, card) | beside),
        "repeated": rows.duplicated(_CELL, keep=False),
    }
    why = pd.Series(np.select(list(cases.values()), list(cases), ""), dtype="str")
    used = rows[why.eq("")].reset_index(drop=True)
    unused = rows.assign(why=why)[why.ne("")].reset_index(drop=True)
    return Records(_hidden(used), unused)


def _hidden(rows: pd.DataFrame) -> pd.DataFrame:
    """Say of every row whether it has a number; one that is only said to be there has none."""
    state = rows["value_state"].replace("", np.nan).fillna("reported")
    lacking = state.eq("reported") & ~np.isfinite(rows["value"])
    state = state.mask(lacking, "not_reported")
    return rows.assign(value=rows["value"].where(state.eq("reported")), value_state=state)


def _of_card(tables: Mapping[str, pd.DataFrame], card: Scorecard) -> pd.DataFrame:
    rows = tables.get(INDICATORS)
    if rows is None:
        rows = pd.DataFrame(columns=list(_COLUMNS))
    rows = rows.reindex(columns=list(_COLUMNS))
    text = ["record_id", "card", "subject_id", "indicator", "value_state", "basis", "source"]
    rows = rows.astype(dict.fromkeys(text, "str") | {"value": "float64", "sample": "boolean"})
    return rows[rows["card"].eq(card.key)]


def _asked(rows: pd.DataFrame, card: Scorecard) -> pd.Series[bool]:
    return rows["indicator"].isin(card.keys)


def _has_change(card: Scorecard) -> bool:
    return any(criterion.measure == CHANGE for criterion in card.criteria)
