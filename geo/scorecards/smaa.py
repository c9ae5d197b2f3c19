"""Ranks that hold whatever the weights and the unknown values are (SMAA).

Weights are drawn around those of the card and unknown values within their intervals,
thousands of times; what is reported is how the ranks spread. So nobody is called last
because of a weight that somebody else would have set a little differently.

Every draw has its place: it follows from the seed, the names of the places and the names
of the criteria, never from the order in which they come.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from typing import Literal
from typing import NamedTuple
from typing import get_args

import numpy as np

from geo.scorecards.ranking import rank_into
from geo.scorecards.topsis import closeness
from geo.scorecards.topsis import ideals

if TYPE_CHECKING:
    from collections.abc import Callable
    from collections.abc import Iterator
    from collections.abc import Sequence

    from numpy.typing import ArrayLike
    from numpy.typing import NDArray

    from geo.scorecards.ranking import Ranks

    Floats = NDArray[np.float64]

Ranker = Literal["additive", "topsis"]
"""What a draw is ranked by: the sum of contributions, or closeness to the ideal."""

# Numbers in one block of draws; a block fits a processor's cache and bounds the memory.
_BLOCK = 1 << 18
_LOW_PERCENT, _HIGH_PERCENT = 5, 95
_THIRDS = 3


@dataclass(frozen=True, slots=True, eq=False)
class Smaa:
    """How the ranks of places spread, in the order of the rows; rank 1 is the highest score.

    Attributes
    ----------
    rank_low, rank_high
        Interval that holds 90 % of the ranks, shape (n,).
    rank_mean
        Mean rank.
    p_worst_third
        Share of the draws with a rank beyond two thirds of the places, in [0, 1].
    p_best_third
        Share of the draws with a rank within the first third, in [0, 1].
    acceptability
        Share of the draws that give a place (row) a rank (column), shape (n, n); None
        unless asked for.

    A place to which no criterion applies has NaN everywhere and is not ranked.
    """

    rank_low: Floats
    rank_high: Floats
    rank_mean: Floats
    p_worst_third: Floats
    p_best_third: Floats
    acceptability: Floats | None


class _Task(NamedTuple):
    """What is ranked, places and criteria in the order of their names.

    `across` is `low` with the criteria as rows, kept because it is read in every block.
    """

    low: Floats
    across: Floats
    span: Floats
    rows: NDArray[np.intp]
    columns: NDArray[np.intp]
    applies: NDArray[np.bool_]
    weights: Floats
    more: NDArray[np.bool_]


def smaa(  # noqa: PLR0913 - two tables, and what is to be drawn around them
    low: ArrayLike,
    high: ArrayLike,
    weights: ArrayLike,
    *,
    keys: Sequence[str],
    criteria: Sequence[str] | None = None,
    draws: int = 5000,
    seed: int = 2026,
    concentration: float | None = 50.0,
    ranker: Ranker = "additive",
    benefit: ArrayLike | None = None,
    acceptability: bool = False,
) -> Smaa:
    """Return how the ranks of places spread over weights and unknown values.

    Stochastic multicriteria acceptability analysis: SMAA-2 of Lahdelma and Salminen,
    Operations Research 49, 2001. Weights come from a Dirichlet distribution around those
    given, from the stream ``default_rng([seed, 0])``; values between `low` and `high` are
    uniform, from ``default_rng([seed, 1])``, place by place in the order of `keys` as
    text and in each by the names of the criteria. Ties share the best rank. The memory is
    about 5 bytes a place and draw (twice that from 65,536 places on), and some MB.

    Parameters
    ----------
    low, high
        Ends of the values, shape (n, m), equal where they are known; for ``additive``
        values of 0 … 100 of which more is better, where NaN in both does not apply and
        leaves its weight to the other criteria; for ``topsis`` raw values.
    weights
        At least 0, shape (m,); only the shares count. A weight of 0 stays 0.
    keys
        Names of the places, no two the same.
    criteria
        Names of the criteria; by default they keep the order they come in.
    draws
        At least 1.
    seed
        At least 0.
    concentration
        How close drawn weights stay: 50 gives a weight of 0.35 a standard deviation of
        0.067. None for any weights at all, all equally likely.
    ranker
        ``additive`` or ``topsis``.
    benefit
        For ``topsis`` whether more is better, shape (m,); by default it is.
    acceptability
        Count every rank of every place; takes n · n numbers.

    Returns
    -------
    Smaa
        In the order of the rows.

    Raises
    ------
    ValueError
        Naming the argument that does not fit.
    """
    _check(draws=draws, seed=seed, concentration=concentration, ranker=ranker)
    least, most = np.asarray(low, dtype=np.float64), np.asarray(high, dtype=np.float64)
    shares = _shares(weights)
    more = np.ones(shares.size, np.bool_) if benefit is None else np.asarray(benefit, np.bool_)
    names = [f"{place:09d}" for place in range(shares.size)] if criteria is None else criteria
    _check_shapes(least, most, shares, more, keys, names)
    across = _order(names)
    ranked = (~np.isnan(least)) @ shares > 0
    down = _order(keys)
    down = down[ranked[down]]
    cells = np.ix_(down, across)
    task = _task(least[cells], most[cells], shares[across], more[across])
    if ranker == "topsis" and not task.applies.all():
        msg = "`low` and `high` must have no NaN for the ranker topsis."
        raise ValueError(msg)
    outcome = _additive if ranker == "additive" else _close
    ranks = _ranks(task, outcome, (draws, seed), concentration, _size(task, ranker))
    return _summary(ranks, down, len(least), acceptability=acceptability)


def _task(least: Floats, most: Floats, shares: Floats, more: NDArray[np.bool_]) -> _Task:
    applies = ~np.isnan(least)
    span = np.where(applies, most - least, 0.0)
    rows, columns = np.nonzero(span > 0)
    known = np.where(applies, least, 0.0)
    across = np.ascontiguousarray(known.T)
    return _Task(known, across, span, rows, columns, applies, shares, more)


def _size(task: _Task, ranker: Ranker) -> int:
    """Return the draws of a block."""
    places, criteria = map(int, task.low.shape)
    each = places * (criteria if ranker == "topsis" else 1) + len(task.rows)
    return max(1, _BLOCK // max(1, each))


def _blocks(
    task: _Task, draws: int, seed: int, concentration: float | None, size: int
) -> Iterator[tuple[int, Floats, Floats]]:
    """Yield the number of the first draw of a block, its weights, and its open values.

    Weights have shape (size, criteria), the places of open values in their intervals
    (size, open cells). Each kind has its own stream, so blocks do not shift them.
    """
    of_weights, of_cells = np.random.default_rng([seed, 0]), np.random.default_rng([seed, 1])
    used = task.weights > 0
    shape = np.ones(used.sum()) if concentration is None else concentration * task.weights[used]
    for first in range(0, draws, size):
        count = min(size, draws - first)
        drawn = np.zeros((count, used.size))
        drawn[:, used] = of_weights.dirichlet(shape, count)
        yield first, drawn, of_cells.random((count, task.rows.size))


def _additive(task: _Task, drawn: Floats, inside: Floats) -> Floats:
    """Return the scores of a block, shape (draws, places)."""
    # Not a product of matrices, which could round the scores of equal places differently.
    total: Floats = np.einsum("dm,mn->dn", drawn, task.across)
    if task.rows.size:
        gained = np.take(drawn, task.columns, axis=1)
        gained *= inside
        gained *= task.span[task.rows, task.columns]
        starts = np.flatnonzero(np.diff(task.rows, prepend=-1))
        total[:, task.rows[starts]] += np.add.reduceat(gained, starts, axis=1)
    partly = np.flatnonzero(~task.applies.all(axis=1))
    if partly.size:
        within = np.ascontiguousarray(task.applies[partly].T, dtype=np.float64)
        weight = np.einsum("dm,mn->dn", drawn, within)
        total[:, partly] /= np.maximum(weight, np.finfo(np.float64).tiny)
    return total


def _close(task: _Task, drawn: Floats, inside: Floats) -> Floats:
    """Return the closeness of a block, shape (draws, places); nothing apart is 0."""
    if not task.rows.size:
        return np.nan_to_num(closeness(task.low, drawn, ideals(task.low, task.more)))
    raw = np.repeat(task.low[None], len(drawn), axis=0)
    raw[:, task.rows, task.columns] += inside * task.span[task.rows, task.columns]
    return np.nan_to_num(closeness(raw, drawn, ideals(raw, task.more)))


def _ranks(
    task: _Task,
    outcome: Callable[[_Task, Floats, Floats], Floats],
    stream: tuple[int, int],
    concentration: float | None,
    size: int,
) -> Ranks:
    """Return the ranks, shape (draws, places)."""
    places = len(task.low)
    kind = np.uint16 if places <= np.iinfo(np.uint16).max else np.uint32
    ranks = np.empty((stream[0], places), dtype=kind)
    # A power of two that no outcome exceeds: dividing by it rounds nothing.
    most = np.abs(np.stack([task.low, task.low + task.span])).max(initial=1.0)
    top = 2.0 ** np.ceil(np.log2(most))
    for first, drawn, inside in _blocks(task, *stream, concentration, size):
        found = outcome(task, drawn, inside)
        rank_into(found / (top if outcome is _additive else 1.0), ranks[first : first + len(drawn)])
    return ranks


def _summary(ranks: Ranks, down: NDArray[np.intp], rows: int, *, acceptability: bool) -> Smaa:
    draws, places = ranks.shape
    # Smallest rank that at least so many of 100 draws do not exceed: the inverted
    # distribution function, in whole numbers so that nothing rounds.
    ends = [-(-percent * draws // 100) - 1 for percent in (_LOW_PERCENT, _HIGH_PERCENT)]
    ordered = np.partition(ranks, ends, axis=0)
    found = {
        "rank_low": ordered[ends[0]],
        "rank_high": ordered[ends[1]],
        "rank_mean": ranks.sum(axis=0, dtype=np.int64) / draws,
        "p_worst_third": (ranks > 2 * places // _THIRDS).sum(axis=0) / draws,
        "p_best_third": (ranks <= places // _THIRDS).sum(axis=0) / draws,
    }
    columns = {name: np.full(rows, np.nan) for name in found}
    for name, values in found.items():
        columns[name][down] = values
    counts = _counts(ranks, down, rows) if acceptability else None
    return Smaa(**columns, acceptability=counts)


def _counts(ranks: Ranks, down: NDArray[np.intp], rows: int) -> Floats:
    draws, places = ranks.shape
    counts = np.full((rows, rows), np.nan)
    counts[down] = 0.0
    for place, row in enumerate(down):
        counts[row, :places] = np.bincount(ranks[:, place] - 1, minlength=places) / draws
    return counts


def _order(names: Sequence[str]) -> NDArray[np.intp]:
    """Return the order of names as text."""
    return np.array(sorted(range(len(names)), key=lambda place: str(names[place])), dtype=np.intp)


def _shares(weights: ArrayLike) -> Floats:
    raw = np.asarray(weights, dtype=np.float64)
    if raw.ndim != 1 or not (raw >= 0).all() or not 0 < raw.sum() < np.inf:
        msg = "`weights` must be a row of numbers of at least 0, not all 0."
        raise ValueError(msg)
    # Summed in the order of size, so that the order of the criteria rounds nothing.
    return np.asarray(raw / np.sort(raw).sum(), dtype=np.float64)


def _check(*, draws: int, seed: int, concentration: float | None, ranker: str) -> None:
    fault = ""
    if draws < 1:
        fault = f"`draws` must be at least 1, not {draws!r}"
    elif seed < 0:
        fault = f"`seed` must be at least 0, not {seed!r}"
    elif concentration is not None and not 0 < concentration < np.inf:
        fault = f"`concentration` must be above 0, or none for any weights, not {concentration!r}"
    elif ranker not in get_args(Ranker):
        fault = f"`ranker` must be {' or '.join(get_args(Ranker))}, not {ranker!r}"
    if fault:
        msg = f"{fault}."
        raise ValueError(msg)


def _check_shapes(
    least: Floats,
    most: Floats,
    shares: Floats,
    more: NDArray[np.bool_],
    keys: Sequence[str],
    names: Sequence[str],
) -> None:
    shape = (len(keys), shares.size)
    fault = ""
    if least.shape != shape or most.shape != shape:
        fault = f"`low` and `high` must have shape {shape}: `keys` by `weights`"
    elif more.shape != shares.shape or len(names) != shares.size:
        fault = "`benefit` and `criteria` must have one entry a weight"
    elif len({*map(str, keys)}) < len(keys) or len({*map(str, names)}) < len(names):
        fault = "`keys` and `criteria` must each be different names"
    elif (np.isnan(least) != np.isnan(most)).any() or (least > most).any():
        fault = "`low` must not be above `high`, nor may only one of them be NaN"
    elif np.isinf(least).any() or np.isinf(most).any():
        fault = "`low` and `high` must be finite"
    if fault:
        msg = f"{fault}."
        raise ValueError(msg)
