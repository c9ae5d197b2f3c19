"""Totals and ratios of the parts of one set of entities; a missing part stays missing."""

from __future__ import annotations

from typing import TYPE_CHECKING
from typing import NamedTuple

import pandas as pd

from geo.scorecards.ratios import ratio_of_sums

if TYPE_CHECKING:
    from collections.abc import Sequence


class Total(NamedTuple):
    """A total of parts.

    Attributes
    ----------
    value
        The sum; NaN if a part is missing.
    known
        The sum of the parts that are there; a lower bound where no part is negative.
        NaN if none is there.
    missing
        The parts that are not known, in their order.
    """

    value: float
    known: float
    missing: tuple[str, ...]


class Ratio(NamedTuple):
    """A ratio of two sums over the same parts.

    Attributes
    ----------
    value
        Σ numerator / Σ denominator; NaN if a part is missing or the denominators add to 0.
    numerator, denominator
        The two sums over the parts of which both are known; NaN if there is none.
    missing
        The parts of which one or both are not known, in their order.
    """

    value: float
    numerator: float
    denominator: float
    missing: tuple[str, ...]

    def gap(self, target: float) -> float:
        """Return how much the numerator lacks for a target; negative where it has more.

        Parameters
        ----------
        target
            The ratio wanted, as a share of 1.
        """
        lacking = target * self.denominator - self.numerator
        return float("nan") if self.missing else lacking


def total_of_parts(values: pd.Series[float], expected: Sequence[str] = ()) -> Total:
    """Return the total of the parts of one period.

    Parameters
    ----------
    values
        By part, each part once, one unit; NaN is unknown.
    expected
        The parts that make the whole; those of `values` by default. Others are left out.

    Raises
    ------
    ValueError
        If a part is there twice.
    """
    asked = _asked(values, expected)
    return Total(
        float(asked.sum(skipna=False)) if len(asked) else float("nan"),
        float(asked.sum(min_count=1)),
        tuple(map(str, asked.index[asked.isna()])),
    )


def ratio_of_parts(
    numerators: pd.Series[float], denominators: pd.Series[float], expected: Sequence[str] = ()
) -> Ratio:
    """Return the ratio of sums of one period: never the mean of the ratios of its parts.

    Parameters
    ----------
    numerators, denominators
        By part, each part once; NaN is unknown.
    expected
        The parts that make the whole; those of the two by default. Others are left out.

    Raises
    ------
    ValueError
        If a part is there twice.
    """
    every = expected or list(dict.fromkeys([*numerators.index, *denominators.index]))
    above, below = _asked(numerators, every), _asked(denominators, every)
    one = pd.Series("all", index=above.index, dtype="str")
    found = ratio_of_sums(above, below, one)
    both = above.notna() & below.notna()
    return Ratio(
        float(found.iloc[0]) if len(found) else float("nan"),
        float(above[both].sum(min_count=1)),
        float(below[both].sum(min_count=1)),
        tuple(map(str, both.index[~both])),
    )


def _asked(values: pd.Series[float], expected: Sequence[str]) -> pd.Series[float]:
    if not values.index.is_unique:
        msg = "A part must be there once."
        raise ValueError(msg)
    return values.astype("float64").reindex(list(expected) or values.index)
