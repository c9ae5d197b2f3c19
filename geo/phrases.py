"""Sentences in two languages, and numbers as a sentence prints them."""

from __future__ import annotations

from typing import NamedTuple

CLOSE = 1e-9
"""Shares this close are one; thresholds are met with this slack."""

_MOST_DIGITS = 6


class Sentence(NamedTuple):
    """One sentence, or a part of one, in the two languages."""

    zh: str
    en: str


def joined(sentences: list[Sentence], zh: str, en: str) -> Sentence:
    """Join sentences with a separator for each language."""
    return Sentence(zh.join(s.zh for s in sentences), en.join(s.en for s in sentences))


def listed(clauses: list[Sentence]) -> Sentence:
    """Join clauses as "a, b and c"."""
    if len(clauses) < 2:  # noqa: PLR2004 - a list of one has no "and"
        return joined(clauses, "", "")
    return joined([joined(clauses[:-1], "、", ", "), clauses[-1]], "、", " and ")


def count(number: int, noun: str) -> str:
    """Return "1 space", "2 spaces"."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def threshold(share: float) -> str:
    """Return a threshold as a percentage without idle zeros."""
    return f"{100.0 * share:g}%"


def percent(share: float, *limits: float) -> str:
    """Return a share as a percentage that does not round onto a threshold."""
    return figure(100.0 * share, 1, *(100.0 * limit for limit in limits)) + "%"


def figure(value: float, digits: int, *limits: float) -> str:
    """Return a rounded number that does not round onto a threshold it differs from.

    69.96 % against 70 % must not be printed as "70.0 % (below 70 %)".
    """
    apart = [limit for limit in limits if abs(value - limit) > CLOSE]
    while digits < _MOST_DIGITS and any(round(value, digits) == limit for limit in apart):
        digits += 1
    return f"{value:,.{digits}f}"
