"""Weights from elsewhere: judgements in pairs, and what the spread of the data suggests."""

from __future__ import annotations

import csv
import io
import math
from fractions import Fraction
from typing import TYPE_CHECKING
from typing import NamedTuple

import numpy as np
import pandas as pd

from geo.scorecards import Ahp
from geo.scorecards import ahp_weights
from geo.scorecards import entropy_weights
from layers.errors import Text
from layers.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from geo.scorecards import Scorecard
    from layers.evaluation import Evaluation

_MOST_BYTES = 100_000

_LARGE = Text(f"文件超过 {_MOST_BYTES:,} 字节", f"the file has more than {_MOST_BYTES:,} bytes")
_UNREADABLE = Text("文件无法读取（{what}）", "the file cannot be read ({what})")
_NAMES = Text(
    "首行与首列的名称须相同、顺序一致、不重复",
    "the first line and the first column must name the same, in one order, each once",
)
_SHAPE = Text("每行的格数须与列数相同", "every line must have one cell a column")
_PAIR = Text("每一对至少填一格", "of every pair at least one cell must be filled")
_CELL = Text("“{what}”不是 3、0.5 或 1/3 这样的数", "'{what}' is not a number such as 3 or 1/3")
_MATRIX = Text("须为正数、对称位置互为倒数、不超过 9 项", "no judgements in pairs ({what})")


class Judged(NamedTuple):
    """Weights of a card by judgements in pairs.

    Attributes
    ----------
    weights
        By criterion, ready for :meth:`geo.scorecards.Scorecard.with_weights`.
    ahp
        Consistency of the judgements.
    """

    weights: dict[str, float]
    ahp: Ahp


def weights_by_group(card: Scorecard, shares: Mapping[str, float]) -> dict[str, float]:
    """Return weights of criteria for which headings weigh as given.

    Parameters
    ----------
    card
        Whose criteria keep their proportions within a heading.
    shares
        Weight of every heading by key, at least 0; only the shares count.

    Returns
    -------
    dict
        By criterion, adding to the sum of `shares`.

    Raises
    ------
    ValueError
        If a heading is missing or unknown.
    """
    if set(shares) != {group.key for group in card.groups}:
        msg = f"`shares` must name just the headings of card {card.key!r}."
        raise ValueError(msg)
    total = {
        group: math.fsum(c.weight for c in card.criteria if c.group == group) for group in shares
    }
    return {c.key: shares[c.group] * c.weight / total[c.group] for c in card.criteria}


def judged_weights(card: Scorecard, keys: Sequence[str], matrix: NDArray[np.float64]) -> Judged:
    """Return the weights of judgements in pairs, if they fit each other.

    Parameters
    ----------
    card
        The card.
    keys
        What is compared: all headings, all criteria, or all criteria of one heading
        (which then keeps its weight).
    matrix
        How many times as important the row is as the column, shape (n, n).

    Returns
    -------
    Judged
        Weights of the criteria.

    Raises
    ------
    UsageError
        If other things are compared, the matrix is none of judgements, or the judgements
        contradict each other: a consistency ratio above 0.10.
    """
    if len(keys) != len(matrix):
        raise _wrong(_SHAPE)
    groups = [group.key for group in card.groups]
    inside = {g: [c.key for c in card.criteria if c.group == g] for g in groups}
    try:
        ahp = ahp_weights(matrix)
    except ValueError as error:
        raise _wrong(_MATRIX, str(error)) from error
    if not ahp.consistent:
        raise _inconsistent(ahp)
    shares = {key: float(weight) for key, weight in zip(keys, ahp.weights, strict=True)}
    if sorted(keys) == sorted(groups):
        return Judged(weights_by_group(card, shares), ahp)
    if sorted(keys) == sorted(card.keys):
        return Judged(shares, ahp)
    for own in inside.values():
        if sorted(keys) == sorted(own):
            total = math.fsum(card.criterion(key).weight for key in own)
            return Judged({key: share * total for key, share in shares.items()}, ahp)
    raise _strange(keys, groups, card)


def read_judgements(path: Path, card: Scorecard) -> Judged:
    """Read judgements in pairs from a CSV file and return their weights.

    Parameters
    ----------
    path
        First line and first column: keys or Chinese titles of headings or criteria.
        Cells: how many times as important the row is as the column, as 3, 0.5 or 1/3; of
        a pair one cell is enough, and the diagonal may be empty.
    card
        The card.

    Returns
    -------
    Judged
        Weights of the criteria.

    Raises
    ------
    UsageError
        If the file cannot be read, or as :func:`judged_weights` does.
    """
    rows = _rows(path)
    names = {group.title_zh: group.key for group in card.groups}
    names |= {c.title_zh: c.key for c in card.criteria if c.title_zh not in names}
    across, down = ([names.get(name, name) for name in side] for side in _sides(rows))
    if across != down or not across or len(set(across)) < len(across):
        raise _wrong(_NAMES)
    cells = [[_number(cell) for cell in row[1:]] for row in rows[1:]]
    if any(len(row) != len(across) for row in cells):
        raise _wrong(_SHAPE)
    return judged_weights(card, across, _filled(np.array(cells, dtype=np.float64)))


def entropy_advice(evaluation: Evaluation) -> pd.DataFrame:
    """Return the weights that the spread of the values suggests; advice, never applied.

    Entropy measures how unevenly a criterion is spread, not how important it is.

    Parameters
    ----------
    evaluation
        Its subjects of whom every value is known are counted.

    Returns
    -------
    pandas.DataFrame
        ``criterion``, ``title_zh``, ``title_en``, ``weight`` (of the card, adding to 1),
        ``entropy_weight`` (0 for a criterion that is the same everywhere; NaN with fewer
        than two subjects), ``subjects`` (how many were counted), ``scorecard_version``
        and ``sample``.
    """
    scores, card = evaluation.scores, evaluation.card
    low, high = scores.values()
    values = low.where(low.eq(high)).to_numpy(dtype=np.float64)
    whole = ~np.isnan(values).any(axis=1)
    counted = set(scores.table.loc[whole, "subject_id"])
    of_sample = evaluation.table.loc[evaluation.table["subject_id"].isin(counted), "sample"]
    return pd.DataFrame(
        {
            "criterion": pd.Series(card.keys, dtype="str"),
            "title_zh": [criterion.title_zh for criterion in card.criteria],
            "title_en": [criterion.title_en for criterion in card.criteria],
            "weight": card.weights,
            "entropy_weight": entropy_weights(values, np.ones(values.shape[1], dtype=np.bool_)),
            "subjects": int(whole.sum()),
            "scorecard_version": card.version,
            "sample": bool(of_sample.any()),
        }
    )


def _rows(path: Path) -> list[list[str]]:
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise _wrong(_LARGE)
        data = path.read_bytes()
    except OSError as error:
        raise _wrong(_UNREADABLE, str(error)) from error
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        # What a Chinese spreadsheet program saves as CSV.
        text = data.decode("gb18030", errors="replace")
    try:
        read = list(csv.reader(io.StringIO(text, newline="")))
    except csv.Error as error:
        raise _wrong(_UNREADABLE, str(error)) from error
    return [[cell.strip() for cell in row] for row in read if any(cell.strip() for cell in row)]


def _sides(rows: list[list[str]]) -> tuple[list[str], list[str]]:
    return (rows[0][1:], [row[0] for row in rows[1:]]) if rows else ([], [])


def _number(cell: str) -> float:
    """Return 3, 0.5 or 1/3 as a number; NaN for an empty cell."""
    if not cell:
        return math.nan
    try:
        return float(Fraction(cell))
    except (ValueError, ZeroDivisionError, OverflowError) as error:
        raise _wrong(_CELL, cell) from error


def _filled(matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    """Fill the diagonal with 1 and an empty cell from the other one of its pair."""
    filled = matrix.copy()
    diagonal = np.diag_indices(len(filled))
    filled[diagonal] = np.where(np.isnan(filled[diagonal]), 1.0, filled[diagonal])
    with np.errstate(divide="ignore"):
        filled = np.where(np.isnan(filled), 1.0 / filled.T, filled)
    if np.isnan(filled).any():
        raise _wrong(_PAIR)
    return filled


def _wrong(fault: Text, what: str = "") -> UsageError:
    zh, en = fault.zh.format(what=what), fault.en.format(what=what)
    return UsageError(
        Text(f"成对比较矩阵有误：{zh}", f"the matrix of judgements in pairs is wrong: {en}")
    )


def _inconsistent(ahp: Ahp) -> UsageError:
    return UsageError(
        Text(
            f"成对比较前后不一致：一致性比率 CR = {ahp.cr:.3f}，超过 0.10；"
            "请重新判断相互矛盾的几对（例如 A 重于 B、B 重于 C，则 A 应更重于 C）",
            f"the judgements contradict each other: the consistency ratio CR is {ahp.cr:.3f}, "
            "above 0.10; judge the pairs again that do not fit (if A outweighs B and B outweighs "
            "C, A must outweigh C by more)",
        )
    )


def _strange(keys: Sequence[str], groups: Sequence[str], card: Scorecard) -> UsageError:
    listed, known = ", ".join(keys), ", ".join(groups)
    return UsageError(
        Text(
            f"成对比较的是 {listed}；应为全部大类（{known}）、一个大类的全部指标，"
            f"或“{card.title_zh}”的全部指标",
            f"compared are {listed}; it must be all headings ({known}), all criteria of one "
            f"heading, or all criteria of the card '{card.key}'",
        )
    )
