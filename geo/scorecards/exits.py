"""When a place leaves: one bad year is a warning, two in a row are enough."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def fails_in_a_row(grades: Sequence[str | None], fail: str) -> int:
    """Return how many years up to the last were failed without a break.

    Parameters
    ----------
    grades
        By consecutive years, the last one last; None or empty for a year without a
        grade, which breaks the row: what was not judged was not failed.
    fail
        The grade that fails.
    """
    count = 0
    for grade in reversed(grades):
        if grade != fail:
            break
        count += 1
    return count


def exits(grades: Sequence[str | None], fail: str, in_a_row: int = 2) -> bool:
    """Tell whether the place is to leave after the last year (优胜劣汰).

    Parameters
    ----------
    grades, fail
        As in :func:`fails_in_a_row`.
    in_a_row
        Failed years that make a place leave, at least 1.

    Raises
    ------
    ValueError
        If `fail` is empty or `in_a_row` below 1.
    """
    _check(fail, in_a_row)
    return fails_in_a_row(grades, fail) >= in_a_row


def warns(grades: Sequence[str | None], fail: str, in_a_row: int = 2) -> bool:
    """Tell whether the last year was failed but the place is not to leave yet.

    Parameters
    ----------
    grades, fail, in_a_row
        As in :func:`exits`.

    Raises
    ------
    ValueError
        As in :func:`exits`.
    """
    _check(fail, in_a_row)
    return 0 < fails_in_a_row(grades, fail) < in_a_row


def _check(fail: str, in_a_row: int) -> None:
    if not fail or in_a_row < 1:
        msg = f"`fail` must be a grade and `in_a_row` at least 1, not {fail!r} and {in_a_row!r}."
        raise ValueError(msg)
