"""Scores as intervals: what each criterion gives, what is open, and whether a grade is decided.

A score is the sum of contributions, weight times value. A value that is not known is
every value it could have, so a missing number makes the score an interval and never a
zero. A grade is given only if both ends of the interval earn it and enough of the weight
is known.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from typing import NamedTuple

import numpy as np
import pandas as pd

from geo.phrases import CLOSE
from geo.scorecards.card import TOP
from geo.scorecards.values import value_span

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from geo.scorecards.card import Grade
    from geo.scorecards.card import Scorecard

    Floats = NDArray[np.float64]

VALUE_STATES = ("reported", "not_reported", "not_applicable", "withheld", "doubtful")
"""What a register may say of a cell; all but the first hide the number."""

CELL_STATES = (
    "known",
    "partial",
    "missing",
    "not_applicable",
    "withheld",
    "doubtful",
    "not_reported",
)
"""What a cell is to the score: decided, an interval, or why there is nothing."""

UNDECIDED = ("", "evidence", "interval", "new", "nothing")
"""Why there is no grade: decided, too little known, ends differ, too young, nothing known."""


@dataclass(frozen=True, slots=True, eq=False)
class Scores:
    """The scores of one class of places by one card.

    Attributes
    ----------
    card
        What they were scored by.
    table
        One row a place: subject_id, score_low, score_high (0 … 100), score (NaN unless
        both are the same), evidence_share, grade (empty if undecided), grade_low,
        grade_high, undecided (one of :data:`UNDECIDED`), score_renormalised (the score
        of what is known, for comparison only).
    contributions
        One row a place and criterion: subject_id, criterion, group, weight (those of a
        place add to 1), raw_low, raw_high, value_low, value_high, contribution_low,
        contribution_high (points of 100, adding to the score), state (one of
        :data:`CELL_STATES`).
    """

    card: Scorecard
    table: pd.DataFrame
    contributions: pd.DataFrame

    def values(self) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Return the lowest and highest values, places by criteria; NaN is not applicable."""
        subjects, keys = self.table["subject_id"], list(self.card.keys)
        low, high = (
            pd.DataFrame(
                self.contributions[name].to_numpy().reshape(len(subjects), len(keys)),
                index=pd.Index(subjects, name="subject_id"),
                columns=keys,
            )
            for name in ("value_low", "value_high")
        )
        return low, high


class _Cells(NamedTuple):
    """Numbers of all cells, shape (places, criteria).

    `counts` is the weight as the card has it, 0 where it does not apply; sums are made
    with it and divided once, so that whole weights give the score worked out by hand.
    """

    raw_low: Floats
    raw_high: Floats
    low: Floats
    high: Floats
    counts: Floats
    weight: Floats
    state: NDArray[np.object_]


def score(
    low: pd.DataFrame,
    high: pd.DataFrame,
    card: Scorecard,
    *,
    states: pd.DataFrame | None = None,
    age_months: pd.Series[float] | None = None,
) -> Scores:
    """Score places by a card.

    Parameters
    ----------
    low, high
        Ends of the raw values: index are the places (text), columns the criteria of the card in
        any order, in their units; NaN is an end that is not known.
    card
        Criteria, weights, grades.
    states
        What the register says of a cell, one of :data:`VALUE_STATES`; missing cells,
        rows and columns are ``reported``. With ``not_applicable`` the weight is shared by
        the other criteria; the others but ``reported`` hide the number.
    age_months
        Age of the places by index; younger than ``card.new_months`` gets no grade. An
        age that is not known (NaN) stops nothing.

    Returns
    -------
    Scores
        In the order of `low`.

    Raises
    ------
    ValueError
        If the frames do not fit each other or the card, or a state is unknown.
    """
    _check(low, high, card)
    cells = _cells(low, high, card, _states(states, low.index, card))
    contributions = _long(cells, low.index, card)
    young = np.zeros(len(low), dtype=np.bool_)
    if age_months is not None:
        young = (age_months.reindex(low.index) < card.new_months - CLOSE).to_numpy(dtype=np.bool_)
    return Scores(card, _table(cells, low.index, card, young), contributions)


def grade_of(value: float, grades: Sequence[Grade]) -> str:
    """Return the key of the grade that a score earns.

    Parameters
    ----------
    value
        Score, 0 … 100; NaN earns none.
    grades
        Best first, the last from 0; a limit belongs to the better grade.

    Returns
    -------
    str
        Empty for NaN.
    """
    return next((grade.key for grade in grades if value >= grade.least - CLOSE), "")


def decide(table: pd.DataFrame, card: Scorecard, young: NDArray[np.bool_]) -> pd.DataFrame:
    """Return grades and why there are none.

    Parameters
    ----------
    table
        Columns score_low, score_high, evidence_share.
    card
        Whose grades and evidence share are asked for.
    young
        Which places are too young for a grade.

    Returns
    -------
    pandas.DataFrame
        Columns grade, grade_low, grade_high, undecided on the index of `table`.
    """
    ends = {
        name: table[f"score_{name}"].map(lambda value: grade_of(value, card.grades)).astype("str")
        for name in ("low", "high")
    }
    reasons = {
        "nothing": table["evidence_share"].to_numpy() <= 0,
        "new": young,
        "evidence": table["evidence_share"].to_numpy() < card.evidence_share - CLOSE,
        "interval": (ends["low"] != ends["high"]).to_numpy(),
    }
    undecided = pd.Series(
        np.select(list(reasons.values()), list(reasons), ""), index=table.index, dtype="str"
    )
    return pd.DataFrame(
        {
            "grade": ends["low"].where(undecided == "", ""),
            "grade_low": ends["low"],
            "grade_high": ends["high"],
            "undecided": undecided,
        }
    )


def _check(low: pd.DataFrame, high: pd.DataFrame, card: Scorecard) -> None:
    if not low.index.equals(high.index) or not low.index.is_unique:
        msg = "`low` and `high` must share one index without doubles."
        raise ValueError(msg)
    for name, frame in (("low", low), ("high", high)):
        missing = [key for key in card.keys if key not in frame.columns]
        if missing:
            msg = f"`{name}` needs the columns {', '.join(missing)} of card {card.key!r}."
            raise ValueError(msg)
    if (low[list(card.keys)] > high[list(card.keys)]).to_numpy().any():
        msg = "`low` must not be above `high`."
        raise ValueError(msg)


def _states(states: pd.DataFrame | None, index: pd.Index, card: Scorecard) -> NDArray[np.object_]:
    if states is None:
        return np.full((len(index), len(card.keys)), "reported", dtype=object)
    asked = states.reindex(index=index, columns=list(card.keys)).astype("object")
    said = asked.where(asked.notna() & (asked != ""), "reported").to_numpy(dtype=object)
    odd = sorted({str(state) for state in said.ravel()} - set(VALUE_STATES))
    if odd:
        msg = f"`states` knows {', '.join(VALUE_STATES)}, not {', '.join(odd)}."
        raise ValueError(msg)
    return said


def _cells(
    low: pd.DataFrame, high: pd.DataFrame, card: Scorecard, said: NDArray[np.object_]
) -> _Cells:
    keys = list(card.keys)
    hidden = said != "reported"
    raw_low = np.where(hidden, np.nan, low[keys].to_numpy(dtype=np.float64))
    raw_high = np.where(hidden, np.nan, high[keys].to_numpy(dtype=np.float64))
    least, most = np.empty_like(raw_low), np.empty_like(raw_low)
    for place, criterion in enumerate(card.criteria):
        span = value_span(raw_low[:, place], raw_high[:, place], criterion.points)
        least[:, place], most[:, place] = span
    state = np.where(hidden, said, _found(raw_low, raw_high, least, most))
    applies = said != "not_applicable"
    counts = np.where(applies, [criterion.weight for criterion in card.criteria], 0.0)
    whole = _added(counts, _key_order(card))[:, None]
    weight = np.divide(counts, whole, out=np.zeros_like(counts), where=whole > 0)
    least, most = np.where(applies, least, np.nan), np.where(applies, most, np.nan)
    return _Cells(raw_low, raw_high, least, most, counts, weight, state)


def _found(raw_low: Floats, raw_high: Floats, low: Floats, high: Floats) -> NDArray[np.object_]:
    """Return what a reported cell is; a value that no open end can change is known."""
    nothing = np.isnan(raw_low) & np.isnan(raw_high)
    found = np.where(nothing, "missing", np.where(high - low <= CLOSE, "known", "partial"))
    return found.astype(object)


def _added(parts: Floats, order: NDArray[np.intp]) -> Floats:
    """Return the sums of rows, added in one order so that no column order rounds otherwise."""
    total = np.zeros(len(parts))
    for place in order:
        total += parts[:, place]
    return total


def _key_order(card: Scorecard) -> NDArray[np.intp]:
    return np.argsort(np.array(card.keys, dtype=object), kind="stable")


def _mean(counts: Floats, value: Floats, whole: Floats, order: NDArray[np.intp]) -> Floats:
    """Return the weighted means of rows, in [0, 100]; NaN without weight."""
    total = _added(counts * np.nan_to_num(value), order)
    mean = np.full(len(total), np.nan)
    np.divide(total, whole, out=mean, where=whole > 0)
    # Weights that are no whole numbers could round a little beyond the best.
    return np.asarray(np.minimum(mean, TOP), dtype=np.float64)


def _table(
    cells: _Cells, index: pd.Index, card: Scorecard, young: NDArray[np.bool_]
) -> pd.DataFrame:
    order = _key_order(card)
    known = np.where(cells.state == "known", cells.counts, 0.0)
    whole, of_known = _added(cells.counts, order), _added(known, order)
    low = _mean(cells.counts, cells.low, whole, order)
    high = _mean(cells.counts, cells.high, whole, order)
    share = np.divide(of_known, whole, out=np.zeros(len(index)), where=whole > 0)
    table = pd.DataFrame(
        {
            "subject_id": index.astype("str"),
            "score_low": low,
            "score_high": high,
            "score": np.where(high - low <= CLOSE, low, np.nan),
            "evidence_share": share,
        }
    )
    renormalised = _mean(known, cells.low, of_known, order)
    decided = decide(table, card, young)
    return pd.concat([table, decided], axis=1).assign(score_renormalised=renormalised)


def _long(cells: _Cells, index: pd.Index, card: Scorecard) -> pd.DataFrame:
    places, criteria = cells.low.shape
    return pd.DataFrame(
        {
            "subject_id": np.repeat(np.asarray(index), criteria),
            "criterion": np.tile(np.array(card.keys, dtype=object), places),
            "group": np.tile(np.array([c.group for c in card.criteria], dtype=object), places),
            "weight": cells.weight.ravel(),
            "raw_low": cells.raw_low.ravel(),
            "raw_high": cells.raw_high.ravel(),
            "value_low": cells.low.ravel(),
            "value_high": cells.high.ravel(),
            "contribution_low": (cells.weight * np.nan_to_num(cells.low)).ravel(),
            "contribution_high": (cells.weight * np.nan_to_num(cells.high)).ravel(),
            "state": cells.state.ravel(),
        }
    ).astype({"subject_id": "str", "criterion": "str", "group": "str", "state": "str"})
