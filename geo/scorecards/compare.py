"""Two scorings side by side: which places change grade, and which criterion did it.

The two may differ in the year (other values), in the version of the card (other weights,
anchors, limits) or in what was handed in (other gaps). The difference of two scores is
split into parts that add to it: for each criterion what its value did, what its anchors
did, what a gap did, and what its weight did.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from typing import Any

import numpy as np
import pandas as pd

from geo.phrases import CLOSE
from geo.scorecards.score import decide
from geo.scorecards.values import value_span

if TYPE_CHECKING:
    from geo.scorecards.card import Scorecard
    from geo.scorecards.score import Scores

PARTS = ("value", "points", "missing", "weight")
"""What can move the score through a criterion."""

_HALF = 0.5
_DIGITS = 9  # movements that differ only by rounding are equal
_SIDES = ("before", "after")
_TAKEN = ("grade", "score_low", "score_high", "undecided")


def compare(before: Scores, after: Scores) -> pd.DataFrame:
    """Compare two scorings of the same places.

    Parameters
    ----------
    before, after
        Of one class; cards, values and gaps may differ. A criterion that one card does
        not have has weight 0 there.

    Returns
    -------
    pandas.DataFrame
        One row a place that both have, in the order of `after`: subject_id,
        grade_before, grade_after (empty is undecided), score_low_before,
        score_high_before, undecided_before and the same after, changed (another grade, or
        one instead of none), criterion, effect, by. The criterion is the one that moved
        the middle of the score most in the direction in which it went, and the effect
        those points; where only one of the two has a grade, the one that opened or closed
        the interval most, and the points by which it did. `by` is one of :data:`PARTS`,
        or ``grades`` if the limits or the evidence share of the card alone explain the
        change, or ``age`` if a place stopped being new; those two, and places that do not
        move, have no criterion.
    """
    table = _joined(before, after)
    moves = dict(iter(movements(before, after).groupby("subject_id")))
    driver = pd.DataFrame(
        [_driver(row, moves.get(row["subject_id"])) for row in table.to_dict("records")],
        columns=["criterion", "effect", "by"],
        index=table.index,
    ).astype({"criterion": "str", "effect": "float64", "by": "str"})
    table = table.join(driver)
    young = (after.table["undecided"] == "new").to_numpy()
    by_old = decide(after.table, before.card, young).set_axis(after.table["subject_id"])["grade"]
    limits = table["changed"] & (table["grade_before"] == table["subject_id"].map(by_old))
    ages = (table["undecided_before"] == "new") != (table["undecided_after"] == "new")
    for name, rows in (("grades", limits), ("age", ages & table["changed"])):
        table.loc[rows, ["criterion", "by"]] = ["", name]
        table.loc[rows, "effect"] = 0.0
    return table


def movements(before: Scores, after: Scores) -> pd.DataFrame:
    """Return what each criterion did to the score of each place.

    Parameters
    ----------
    before, after
        As in :func:`compare`.

    Returns
    -------
    pandas.DataFrame
        subject_id, criterion, the points of 100 of :data:`PARTS`, total (their sum; the
        totals of a place add to the change of the middle of its score), opened (points by
        which its interval became wider), opened_by (the part that did most of it). The
        weight part is that of a weight moved to or from the mean of the place: giving
        more weight to a weak criterion lowers a score.
    """
    cells = _cells(before, after)
    for side in _SIDES:
        other = "after" if side == "before" else "before"
        cells[f"weight_{side}"] = cells[f"weight_{side}"].fillna(0.0)
        for end in ("low", "high"):
            # Without a value of its own it takes the other's, so that only the weight acts.
            own = cells[f"value_{end}_{side}"]
            cells[f"filled_{end}_{side}"] = own.fillna(cells[f"value_{end}_{other}"])
    weighs = cells["weight_before"] + cells["weight_after"] > 0
    cells = cells[weighs & cells["middle"].notna()]
    weight = _HALF * (cells["weight_before"] + cells["weight_after"])
    more = cells["weight_after"] - cells["weight_before"]
    old, new = (_HALF * (cells[f"filled_low_{s}"] + cells[f"filled_high_{s}"]) for s in _SIDES)
    moved = _anchored(cells, after.card).fillna(old)
    gap = cells["open_before"] != cells["open_after"]
    found = cells[["subject_id", "criterion"]].assign(
        value=(weight * (new - moved)).mask(gap, 0.0),
        points=weight * (moved - old),
        missing=(weight * (new - moved)).where(gap, 0.0),
        weight=(_HALF * (old + new) - cells["middle"]) * more,
    )
    found["total"] = found[list(PARTS)].sum(axis=1)
    wide = [cells[f"filled_high_{s}"] - cells[f"filled_low_{s}"] for s in _SIDES]
    by_cell, by_weight = weight * (wide[1] - wide[0]), _HALF * (wide[0] + wide[1]) * more
    found["opened"] = by_cell + by_weight
    by_points = (moved - old).abs() > CLOSE
    cell_part = np.select([gap, by_points], ["missing", "points"], "value")
    found["opened_by"] = np.where(by_weight.abs() > by_cell.abs(), "weight", cell_part)
    return found.reset_index(drop=True)


def _joined(before: Scores, after: Scores) -> pd.DataFrame:
    old = before.table[["subject_id", *_TAKEN]]
    table = after.table[["subject_id", *_TAKEN]].merge(
        old, on="subject_id", suffixes=("_after", "_before")
    )
    names = [f"{name}_{side}" for name in _TAKEN for side in _SIDES]
    changed = table["grade_before"] != table["grade_after"]
    return table[["subject_id", *names]].assign(changed=changed)


def _cells(before: Scores, after: Scores) -> pd.DataFrame:
    """Return the cells of both sides in one row, of places that both have."""
    sides = []
    for scores in (before, after):
        middle = _HALF * (scores.table["score_low"] + scores.table["score_high"])
        middle = middle.set_axis(scores.table["subject_id"])
        cells = scores.contributions.drop(columns=["contribution_low", "contribution_high"])
        reported = cells["state"].isin(["known", "partial"])
        sides.append(
            cells.assign(
                open=~reported & (cells["state"] != "not_applicable"),
                middle=middle.reindex(cells["subject_id"]).to_numpy(dtype=np.float64),
            )
        )
    both = set(before.table["subject_id"]) & set(after.table["subject_id"])
    old, new = (side[side["subject_id"].isin(both)] for side in sides)
    cells = old.merge(
        new, on=["subject_id", "criterion"], how="outer", suffixes=("_before", "_after")
    )
    for side in _SIDES:
        cells[f"open_{side}"] = cells[f"open_{side}"].eq(other=True)
        cells[f"middle_{side}"] = cells.groupby("subject_id")[f"middle_{side}"].transform("first")
    return cells.assign(middle=_HALF * (cells["middle_before"] + cells["middle_after"]))


def _anchored(cells: pd.DataFrame, card: Scorecard) -> pd.Series[float]:
    """Return the middle value that the old raw value has by the new anchors; NaN without any."""
    middle = pd.Series(np.nan, index=cells.index)
    for criterion in card.criteria:
        rows = (cells["criterion"] == criterion.key) & cells["value_low_before"].notna()
        raw = cells.loc[rows, ["raw_low_before", "raw_high_before"]].to_numpy(dtype=np.float64)
        low, high = value_span(raw[:, 0], raw[:, 1], criterion.points)
        middle[rows] = _HALF * (low + high)
    return middle


def _driver(row: dict[Any, Any], moves: pd.DataFrame | None) -> tuple[str, float, str]:
    """Return the criterion that moved a place most, by how much, and what of it."""
    if moves is None:
        return "", 0.0, ""
    one_sided = bool(row["grade_before"]) != bool(row["grade_after"])
    place = _largest(moves["opened"]) if one_sided else None
    if place is not None:
        cell = moves.iloc[place]
        return str(cell["criterion"]), float(cell["opened"]), str(cell["opened_by"])
    place = _largest(moves["total"])
    if place is None:
        return "", 0.0, ""
    cell = moves.iloc[place]
    way = np.sign(cell["total"])
    part = max(PARTS, key=lambda name: float(way * cell[name]))
    return str(cell["criterion"]), float(cell["total"]), part


def _largest(moved: pd.Series[float]) -> int | None:
    """Return the place of the largest movement in the direction of the sum, if anything moves."""
    size = moved.round(_DIGITS).to_numpy()
    if not size.any():
        return None
    way = np.sign(np.round(size.sum(), _DIGITS))
    # Criteria stand in the order of their keys, so of equals the first one is named.
    return int(np.argmax(way * size if way else np.abs(size)))
