"""How the page words numbers that may be open, and the codes of the judgement."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from layers.i18n import UNKNOWN
from layers.i18n import unknown
from views.text import _
from views.text import lang
from views.text import num

if TYPE_CHECKING:
    from geo.scorecards import Criterion

WORST_MARK = "▼"
"""Stands behind the rank of a carrier that is surely among the worst third."""


def criterion_title(criterion: Criterion) -> str:
    """Return the title of a criterion in the language of the session."""
    return criterion.title_zh if lang() == "zh" else criterion.title_en


def ranks(low: object, high: object) -> str:
    """Return an interval of ranks, "3–9"; a dash without any (what is exempt has none)."""
    if unknown(low) or unknown(high):
        return UNKNOWN
    return f"{low:.0f}" if low == high else f"{low:.0f}–{high:.0f}"


def exemption(code: str) -> str:
    """Return why a carrier is not judged."""
    return {
        "ramp_up": _("completed or refitted not long ago"),
        "renewal": _("locked for renewal"),
        "contracted": _("signed, to be handed over"),
        "not_assessed": _("not to be assessed"),
    }.get(code, code)


def blocker(code: str) -> str:
    """Return what stands in the way of a state."""
    return {
        "evidence": _("too little evidence"),
        "stale": _("data too old or without date"),
        "vacancy": _("vacancy not known"),
        "duration": _("time of vacancy not known"),
        "output": _("output not known"),
        "completion": _("completion not known"),
        "contradiction": _("areas contradict each other"),
        "doubted": _("areas are doubted"),
        "nothing_on_offer": _("nothing is on offer"),
    }.get(code, code)


def holder(kind: str) -> str:
    """Return what kind of party is to be asked."""
    return {
        "operator": _("Operator"),
        "owner": _("Owner"),
        "park": _("Park"),
        "unknown": _("not known"),
    }.get(kind, kind)


def why(code: str) -> str:
    """Return why a number is not known."""
    return {
        "not_reported": _("not reported"),
        "not_applicable": _("does not apply"),
        "withheld": _("withheld"),
        "doubtful": _("doubtful"),
        "contradiction": _("areas contradict each other"),
        "stale": _("data too old or without date"),
        "unread": _("explanation not understood"),
    }.get(code, code)


def event(code: str) -> str:
    """Return what happened to a carrier in a version."""
    return {
        "added": _("added"),
        "changed": _("changed"),
        "removed": _("removed"),
        "unreadable": _("cannot be read"),
    }.get(code, code)


def span(low: float, high: float, *, digits: int = 0, times: float = 1.0, unit: str = "") -> str:
    """Return an interval of a number: one number if it is known, a dash if nothing is.

    Parameters
    ----------
    low, high
        Its ends; infinite or NaN is an end that is not known.
    digits, times, unit
        Decimal places, what the number is multiplied by first, and what stands behind it.
    """
    known_low, known_high = math.isfinite(low), math.isfinite(high)
    first, last = (num(value * times, digits=digits, unit=unit) for value in (low, high))
    if known_low and known_high:
        if math.isclose(low, high, abs_tol=1e-9):
            return last
        return f"{num(low * times, digits=digits)} – {last}"
    if known_low and low > 0:
        return _("at least {n}").format(n=first)
    return _("at most {n}").format(n=last) if known_high else UNKNOWN
