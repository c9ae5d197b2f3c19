"""Small groups in public tables: hidden so that the totals do not give them back.

A total over one or two firms tells about these firms. Hiding the cell is not enough when
the total of the table stands below: what is missing can be subtracted. This is the
threshold rule for tables with primary and secondary suppression, see A. Hundepool et al.,
*Statistical Disclosure Control*, Wiley 2012, chapter 4.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from numpy.typing import NDArray

HIDDEN = "hidden"
"""Column that tells a hidden number from one that nobody knows."""

LEAST = 3
"""Groups of fewer units than this are hidden in public tables."""


def hide_small(
    frame: pd.DataFrame, *, count: str, values: Sequence[str], least: int = LEAST
) -> pd.DataFrame:
    """Return a table of groups without the numbers of groups that are too small.

    Primary suppression hides groups of fewer than `least` units, and those whose number of
    units is not known; a group of no units hides nothing. Secondary suppression then hides
    the next smallest groups as long as a hidden number could be computed from the totals:
    until at least `least` units are hidden together, until the counts have more than one
    solution, and until no small group is the only one in a column that is not zero.

    Parameters
    ----------
    frame
        One row a group, without a row of totals, any index.
    count
        Column with the number of units (firms, carriers) of the group; hidden like a value.
    values
        Columns of numbers that add up over the groups, and others computed from them.
    least
        The threshold of the rule, at least 1.

    Returns
    -------
    DataFrame
        The same rows and columns; hidden numbers are missing, and the column
        :data:`HIDDEN` says which rows they are in.

    Raises
    ------
    ValueError
        If a column is missing, a count is negative, or `least` is below 1.

    Notes
    -----
    Totals may stand below the table only if :func:`total_is_safe`. Tables of the same
    units by other groupings must not be shown beside it without looking at both together.
    """
    hidden, _safe = _suppressed(frame, count, values, least)
    shown = frame.copy()
    for name in dict.fromkeys((count, *values)):
        shown[name] = frame[name].mask(hidden)
    shown[HIDDEN] = hidden
    return shown


def total_is_safe(
    frame: pd.DataFrame, *, count: str, values: Sequence[str], least: int = LEAST
) -> bool:
    """Tell whether totals may be shown below what :func:`hide_small` leaves of a table.

    Parameters
    ----------
    frame, count, values, least
        As handed to :func:`hide_small`, before anything is hidden.

    Returns
    -------
    bool
        False if the totals give a hidden number back even when all groups are hidden, for
        instance because there is only one.

    Raises
    ------
    ValueError
        As :func:`hide_small`.
    """
    _hidden, safe = _suppressed(frame, count, values, least)
    return safe


def _suppressed(
    frame: pd.DataFrame, count: str, values: Sequence[str], least: int
) -> tuple[NDArray[np.bool_], bool]:
    """Return which rows are hidden, shape (n,), and whether totals may be shown then."""
    _check(frame, count, values, least)
    counts = _floats(frame[count])
    columns = np.column_stack([counts, *(_floats(frame[name]) for name in values)])
    small = np.isnan(counts) | ((counts > 0) & (counts < least))
    hidden = small.copy()
    # Ties go by the order of the rows, so that equal tables hide equal rows.
    waiting = [int(row) for row in np.argsort(counts, kind="stable") if counts[row] >= least]
    safe = _is_safe(columns, small, hidden, least)
    while not safe and waiting:
        hidden[waiting.pop(0)] = True
        safe = _is_safe(columns, small, hidden, least)
    return hidden, safe


def _is_safe(
    columns: NDArray[np.float64],
    small: NDArray[np.bool_],
    hidden: NDArray[np.bool_],
    least: int,
) -> bool:
    """Tell whether what is hidden together gives no small group away."""
    if not hidden.any():
        return True
    units = np.nan_to_num(columns[hidden, 0])
    # With one unit in each hidden group the counts would have one solution only.
    if units.sum() < max(least, np.count_nonzero(units) + 1):
        return False
    size = np.where(np.isnan(columns), 0.0, np.abs(columns)) * hidden[:, None]
    others = size.sum(axis=0) - size
    alone = (others <= 0) & ~np.isnan(columns) & small[:, None]
    # A group whose number of units is unknown needs another one beside it too.
    return not (alone.any() or (others[small, 0] <= 0).any())


def _floats(column: pd.Series) -> NDArray[np.float64]:
    return column.to_numpy(dtype=np.float64, na_value=np.nan)


def _check(frame: pd.DataFrame, count: str, values: Sequence[str], least: int) -> None:
    if least < 1:
        msg = f"`least` is {least}; it must be at least 1."
        raise ValueError(msg)
    missing = [name for name in (count, *values) if name not in frame.columns]
    if missing:
        msg = f"`frame` has no column {', '.join(missing)}; it must have `count` and all `values`."
        raise ValueError(msg)
    if (_floats(frame[count]) < 0).any():
        msg = f"`frame` has negative numbers in '{count}'; a count must be 0 or more."
        raise ValueError(msg)
