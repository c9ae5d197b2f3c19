"""Sums without rounding: the same however the numbers are cut into parts.

Floating point numbers added in another order give another sum. Here they are added
exactly and rounded once, at the end.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from typing import Self

import numpy as np

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import ArrayLike
    from numpy.typing import NDArray

# All finite numbers are whole multiples of 2**-1074, the smallest above 0.
_UNIT_BITS = 1074
_UNIT = 1 << _UNIT_BITS
_MANTISSA_BITS = 53
_HALF_BITS = 26


@dataclass(frozen=True, slots=True)
class ExactSum:
    """A sum of floating point numbers without any rounding.

    Attributes
    ----------
    units
        The sum, in units of 2⁻¹⁰⁷⁴.
    """

    units: int = 0

    def add(self, values: ArrayLike) -> ExactSum:
        """Return the sum with more numbers added.

        Parameters
        ----------
        values
            Finite numbers of any shape.

        Raises
        ------
        ValueError
            If one is NaN or infinite: what is not known has to be counted apart.
        """
        numbers = np.asarray(values, dtype=np.float64).ravel()
        if not np.isfinite(numbers).all():
            msg = "`values` must be finite; count what is not known apart."
            raise ValueError(msg)
        fraction, exponent = np.frexp(numbers)
        whole = np.ldexp(fraction, _MANTISSA_BITS).astype(np.int64)
        total = self.units
        for power in np.unique(exponent):
            # Numbers near 0 have fewer bits, and those below the unit are all 0.
            shift = int(power) - _MANTISSA_BITS + _UNIT_BITS
            own = _whole_sum(whole[exponent == power])
            total += own << shift if shift >= 0 else own >> -shift
        return ExactSum(total)

    def __add__(self, other: ExactSum) -> ExactSum:
        """Return the sum of both."""
        return ExactSum(self.units + other.units)

    @property
    def value(self) -> float:
        """The sum, rounded once to the nearest floating point number (ties to even).

        Raises
        ------
        OverflowError
            If it is beyond the largest one.
        """
        return self.units / _UNIT


def _whole_sum(values: NDArray[np.int64]) -> int:
    """Add up integers of 54 bits, in halves, so that no sum overflows."""
    high = values >> _HALF_BITS
    low = values & ((1 << _HALF_BITS) - 1)
    return (int(high.sum()) << _HALF_BITS) + int(low.sum())


@dataclass(frozen=True, slots=True)
class Known:
    """A sum of what is known, and how much is not.

    Attributes
    ----------
    rows
        How many numbers were looked at.
    unknown
        How many of them are not known; the sum leaves them out.
    total
        The sum.
    """

    rows: int = 0
    unknown: int = 0
    total: ExactSum = ExactSum()

    @classmethod
    def of(cls, values: pd.Series[float] | pd.Series[int]) -> Self:
        """Return the sum of a column; missing and infinite values are not known."""
        number = values.to_numpy("float64", na_value=np.nan)
        known = np.isfinite(number)
        return cls(number.size, int((~known).sum()), ExactSum().add(number[known]))

    def __add__(self, other: Known) -> Known:
        """Return the sum of both."""
        return Known(self.rows + other.rows, self.unknown + other.unknown, self.total + other.total)

    @property
    def value(self) -> float | None:
        """The sum; 0 without any row, None if there are rows and none is known."""
        return None if self.rows and self.unknown == self.rows else self.total.value

    @property
    def count(self) -> int | None:
        """The sum of counts as one."""
        return None if self.value is None else int(self.value)


NOTHING = Known()
"""The sum over no row."""
