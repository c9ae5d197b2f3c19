"""Class breaks of a column of numbers, and how the classes are written.

A class holds the numbers above its lower limit, up to and with the upper one, as in
mapclassify. The limits are rounded first and the numbers are classed by the rounded
limits, so that legend and picture agree: no number stands in a class whose label does
not contain it. Every class has a member; unknown and infinite values have no class.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING
from typing import Any

import numpy as np
import pandas as pd

from layers.errors import Text
from layers.i18n import LANGUAGES
from layers.i18n import number
from layers.ramps import MOST_CLASSES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from layers.i18n import Lang

SCHEMES: Mapping[str, Text] = {
    "quantiles": Text("等数量（分位数）", "Equal count (quantiles)"),
    "fisher_jenks": Text("自然断点（Fisher-Jenks）", "Natural breaks (Fisher-Jenks)"),
    "equal_interval": Text("等间距", "Equal interval"),
    "pretty": Text("整数间距", "Round numbers"),
    "std_mean": Text("均值与标准差", "Mean and standard deviation"),
    "head_tail_breaks": Text("头尾分割（长尾分布）", "Head/tail breaks (long tails)"),
}
"""Titles of the schemes by name."""

EXACT_COUNT = ("quantiles", "fisher_jenks", "equal_interval")
"""Schemes that make as many classes as were asked for, if the values allow it."""

MOST_POSITIONS = 4_000
"""Most distinct values between which Fisher-Jenks looks for the best breaks."""

# Limits keep about three digits of the range; rounding may move this share of the rows
# to a neighbouring class before a digit more is kept. Both are judgements.
_DIGITS = 3
_MOVED = 0.02
# Beyond these a number is written with an exponent.
_MOST_DECIMALS = 9
_LARGEST_PLAIN = 1e15
# Nothing that is measured is larger; sums beyond would be infinite.
_LARGEST = 1e300
_SQUARED = 1e100


@dataclass(frozen=True, slots=True)
class Breaks:
    """Classes of numbers.

    Attributes
    ----------
    edges
        Limits of the classes, ascending, one more than there are classes. The first
        is not above the smallest member, the last is not below the largest.
    decimals
        Decimal places with which the limits are exact; None for all digits.
    whole
        Whether the members are whole numbers, so that a class can begin at the next.
    note
        Why there are fewer classes than wished, or other than exact ones.
    """

    edges: tuple[float, ...]
    decimals: int | None
    whole: bool
    note: Text | None

    def labels(self, *, grouping: bool = True) -> tuple[Text, ...]:
        """Return what a reader sees for each class.

        Parameters
        ----------
        grouping
            Whether thousands are separated; years are not.
        """
        texts = []
        for position, (low, high) in enumerate(pairwise(self.edges)):
            opened = position > 0 and not self.whole
            start = low + 1 if position > 0 and self.whole else low
            zh, en = (self._label(start, high, lang, grouping) for lang in LANGUAGES)
            texts.append(Text(f"> {zh}", f"> {en}") if opened else Text(zh, en))
        return tuple(texts)

    def _label(self, start: float, end: float, lang: Lang, grouping: bool) -> str:
        low, high = (written(v, self.decimals, lang, grouping) for v in (start, end))
        if low == high:
            return low
        if "-" in low + high:  # a dash between minus signs would be hard to read
            return f"{low} 至 {high}" if lang == "zh" else f"{low} to {high}"
        return f"{low} – {high}"


def written(value: float, decimals: int | None, lang: Lang, grouping: bool) -> str:
    """Return a finite number of any size for people.

    Parameters
    ----------
    value
        The number.
    decimals
        Decimal places with which it is exact; None, or too many of them, for all
        digits with an exponent.
    lang
        Language of the separators.
    grouping
        Whether thousands are separated.
    """
    if decimals is None or decimals > _MOST_DECIMALS or abs(value) >= _LARGEST_PLAIN:
        return repr(float(value))
    digits = max(decimals, 0)
    return number(value, lang, digits=digits) if grouping else f"{value:.{digits}f}"


def known_numbers(values: pd.Series[Any]) -> NDArray[np.float64]:
    """Return a column as floats; NaN for what is unknown, unreadable or infinite."""
    numbers = pd.to_numeric(values, errors="coerce")
    plain = numbers.to_numpy(dtype=np.float64, na_value=np.nan)
    return np.where(np.abs(plain) <= _LARGEST, plain, np.nan)


def find_breaks(
    values: NDArray[np.float64], scheme: str, count: int, *, whole: bool = False
) -> Breaks:
    """Return the classes of some numbers.

    Parameters
    ----------
    values
        Shape (n,), any order; NaN, infinities and numbers beyond 1e300 are left out.
    scheme
        A name of :data:`SCHEMES`.
    count
        Wished number of classes, 3 to 7. ``pretty`` comes near it; ``std_mean`` and
        ``head_tail_breaks`` find their own number, at most seven.
    whole
        Whether the field holds whole numbers only.

    Returns
    -------
    Breaks
        Between one and seven classes, none of them empty.

    Raises
    ------
    ValueError
        If no value is known.
    KeyError
        If there is no such scheme.
    """
    known = values[np.abs(values) <= _LARGEST] + 0.0  # no negative zero
    if known.size == 0:
        msg = "no number is known"
        raise ValueError(msg)
    column = _Column(*np.unique(known, return_counts=True))
    limits = column.filled(_limits(known, column, scheme, count))[: MOST_CLASSES - 1]
    edges, decimals = _rounded(column, limits, whole=whole)
    return Breaks(edges, decimals, whole, _note(scheme, count, len(edges) - 1, column))


@dataclass(frozen=True, slots=True)
class _Column:
    """The distinct values, ascending, and how often each occurs."""

    distinct: NDArray[np.float64]
    counts: NDArray[np.intp]

    @property
    def ends(self) -> tuple[float, float]:
        return float(self.distinct[0]), float(self.distinct[-1])

    def places(self, limits: NDArray[np.float64]) -> NDArray[np.intp]:
        """Return how many distinct values lie at or below each limit."""
        return np.searchsorted(self.distinct, limits, side="right")

    def filled(self, limits: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the inner limits that leave no class empty, ascending."""
        limits = np.unique(limits)
        places, first = np.unique(self.places(limits), return_index=True)
        return limits[first[(places > 0) & (places < len(self.distinct))]]

    def moved(self, before: NDArray[np.float64], after: NDArray[np.float64]) -> float:
        """Return which share of the rows lies between old and new limits."""
        below = np.concatenate([[0], np.cumsum(self.counts)])
        return float(
            np.abs(below[self.places(before)] - below[self.places(after)]).sum() / below[-1]
        )


def _limits(
    known: NDArray[np.float64], column: _Column, scheme: str, count: int
) -> NDArray[np.float64]:
    """Return upper limits of classes, as the scheme says, for numbers of any size."""
    if scheme not in SCHEMES:
        raise KeyError(scheme)
    if len(column.distinct) == 1:
        return np.empty(0)
    if scheme in {"quantiles", "fisher_jenks"} and len(column.distinct) <= count:
        return column.distinct
    scale = _scale(column)
    if scheme == "fisher_jenks":
        return jenks_limits(column.distinct / scale, column.counts, count) * scale
    if scheme == "head_tail_breaks":
        return _head_tail(known / scale) * scale
    return _by_mapclassify(known / scale, scheme, count) * scale


def _scale(column: _Column) -> float:
    """Return a power of two, which changes no digit, for numbers whose squares are none."""
    top = float(np.abs(column.distinct).max())
    return 1.0 if 1 / _SQUARED < top < _SQUARED else 2.0 ** math.frexp(top)[1]


def _by_mapclassify(values: NDArray[np.float64], scheme: str, count: int) -> NDArray[np.float64]:
    import mapclassify  # it brings scikit-learn, which takes a second to load

    if scheme == "quantiles":
        # As mapclassify.Quantiles, which would warn of ties; we leave out empty classes.
        percents = [100 * (n + 1) / count for n in range(count)]
        found = mapclassify.Percentiles(values, pct=percents)
    elif scheme == "equal_interval":
        found = mapclassify.EqualInterval(values, k=count)
    elif scheme == "pretty":
        tried = (mapclassify.PrettyBreaks(values, k=k) for k in range(count, 1, -1))
        found = next(breaks for breaks in tried if len(breaks.bins) <= MOST_CLASSES)
    else:
        found = mapclassify.StdMean(values)
    return np.asarray(found.bins, dtype=np.float64)


def _head_tail(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the mean, the mean of what is above it, and so on (B. Jiang, 2013).

    As in mapclassify, which meets an empty column where a mean is rounded to the maximum.
    """
    means: list[float] = []
    while values.size and values.min() < values.max():
        # A rounded mean may lie below all values, and would then never leave one out.
        means.append(max(float(values.mean()), float(values.min())))
        values = values[values > means[-1]]
    return np.array(means)


def jenks_limits(
    distinct: NDArray[np.float64], counts: NDArray[np.intp], classes: int
) -> NDArray[np.float64]:
    """Return the upper limits of the classes with the least squares within them.

    Exact dynamic programming (W. D. Fisher, "On grouping for maximum homogeneity",
    1958) over the distinct values; equal cost takes the lower break. mapclassify has
    the same method, but without numba it takes seconds for a thousand rows, and its
    sums of single precision lose the small differences of large numbers.

    Parameters
    ----------
    distinct, counts
        Distinct values, ascending, and how often each occurs. Beyond
        :data:`MOST_POSITIONS` neighbours are joined first, so the same data always
        gives the same breaks.
    classes
        Number of classes, at most the number of distinct values.

    Returns
    -------
    numpy.ndarray
        Shape (classes,); the last is the largest value.
    """
    starts = _starts(distinct)
    # Sums of squares lose fewer digits around the mean.
    centred = distinct - np.average(distinct, weights=counts)
    weight, linear, square = (_running(counts * centred**power, starts) for power in range(3))
    ends = _best_ends(weight, linear, square, classes)
    tops = np.append(starts[1:], len(distinct)) - 1
    limits: NDArray[np.float64] = distinct[tops[ends]]
    return limits


def _starts(distinct: NDArray[np.float64]) -> NDArray[np.intp]:
    """Return where a class may begin: everywhere, or at even steps and the widest gaps."""
    if len(distinct) <= MOST_POSITIONS:
        return np.arange(len(distinct))
    half = MOST_POSITIONS // 2
    even = np.linspace(0, len(distinct), half, endpoint=False).astype(np.intp)
    wide = np.argpartition(np.diff(distinct), -half)[-half:] + 1
    return np.union1d(even, wide)


def _running(values: NDArray[np.float64], starts: NDArray[np.intp]) -> NDArray[np.float64]:
    """Return running sums over the groups of values that begin at `starts`, from 0 on."""
    return np.concatenate([[0.0], np.cumsum(np.add.reduceat(values, starts))])


def _best_ends(
    weight: NDArray[np.float64],
    linear: NDArray[np.float64],
    square: NDArray[np.float64],
    classes: int,
) -> NDArray[np.intp]:
    """Return the last position of every class from running sums over the positions."""
    size = len(weight) - 1
    # cost[m, j]: least squares of the first j positions in m + 1 classes.
    cost = np.full((classes, size + 1), np.inf)
    start = np.zeros((classes, size + 1), dtype=np.intp)
    rows = np.arange(classes - 1)
    for j in range(1, size + 1):
        within = square[j] - square[:j] - (linear[j] - linear[:j]) ** 2 / (weight[j] - weight[:j])
        cost[0, j] = within[0]
        total = cost[:-1, :j] + within
        start[1:, j] = total.argmin(axis=1)
        cost[1:, j] = total[rows, start[1:, j]]
    ends = np.empty(classes, dtype=np.intp)
    j = size
    for m in range(classes - 1, -1, -1):
        ends[m] = j - 1
        j = start[m, j]
    return ends


def _rounded(
    column: _Column, limits: NDArray[np.float64], *, whole: bool
) -> tuple[tuple[float, ...], int | None]:
    """Return the edges with as few digits as the classes allow, and their decimals."""
    low, high = column.ends
    spread = high - low if np.isfinite(high - low) else high
    start = _DIGITS - 1 - math.floor(math.log10(spread or abs(high) or 1.0))
    for decimals in range(min(start, 0) if whole else start, 0 if whole else _MOST_DECIMALS):
        edges = _at(column, limits, decimals, whole=whole)
        if edges is not None:
            needed = (d for d in range(decimals) if all(round(e, d) == e for e in edges))
            return edges, next(needed, decimals)
    if whole:
        return (low, *np.floor(limits).tolist(), high), 0
    # Numbers this close keep all their digits.
    exact = column.distinct[column.places(limits) - 1]
    return (low, *exact.tolist(), high), None


def _at(
    column: _Column, limits: NDArray[np.float64], decimals: int, *, whole: bool
) -> tuple[float, ...] | None:
    """Return the edges rounded to `decimals`, or None if they do not serve."""
    places = column.places(limits)
    last, following = column.distinct[places - 1], column.distinct[places]
    gaps = zip(limits.tolist(), last.tolist(), following.tolist(), strict=True)
    inner = np.array([_near(limit, low, high, decimals) for limit, low, high in gaps])
    if len(column.filled(inner)) < len(limits) or column.moved(limits, inner) > _MOVED:
        return None
    low, high = column.ends
    if not whole:
        low, high = _outwards(low, max(decimals, 0), -1), _outwards(high, max(decimals, 0), 1)
    holds = low <= column.distinct[0] and high >= column.distinct[-1]
    return (low, *inner.tolist(), high) if holds else None


def _near(limit: float, low: float, high: float, decimals: int) -> float:
    """Return a round number near `limit`, from `low` to below `high` if there is one."""
    step = 10.0**-decimals
    rounded = round(limit, decimals)
    tried = (round(rounded + move * step, decimals) for move in (0, 1, -1))
    return next((number for number in tried if low <= number < high), rounded) + 0.0


def _outwards(value: float, decimals: int, sign: int) -> float:
    rounded = round(value, decimals)
    if (value - rounded) * sign > 0:
        rounded = round(rounded + sign * 10.0**-decimals, decimals)
    return rounded + 0.0


def _note(scheme: str, wished: int, made: int, column: _Column) -> Text | None:
    """Return what a reader of the legend must know about the classes."""
    distinct = len(column.distinct)
    if made == 1 or (made < wished and scheme in EXACT_COUNT):
        return Text(
            f"分级数为 {made}，不是 {wished}：字段有 {distinct:,} 个不同数值，空的级不列出",
            f"number of classes: {made}, not {wished}; different values in the field:"
            f" {distinct:,}; empty classes are left out",
        )
    if scheme == "fisher_jenks" and distinct > MOST_POSITIONS:
        return Text(
            f"自然断点由 {distinct:,} 个不同数值归并为 {MOST_POSITIONS:,} 组后求得",
            f"natural breaks found after {distinct:,} different values were joined to"
            f" {MOST_POSITIONS:,} groups",
        )
    return None
