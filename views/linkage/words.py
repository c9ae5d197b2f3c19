"""How the page words classes, states and ways, and how it writes what is not certain."""

from __future__ import annotations

from typing import TYPE_CHECKING

from geo.access import GROUPS
from layers.access import BASIS_NAMES
from layers.access import CONDITION_NAMES
from layers.access import KEY_NAMES
from layers.access import OBJECT_NAMES
from layers.access import STATE_NAMES
from layers.access import WAY_NAMES
from layers.access import codes_in
from layers.export import tables
from layers.i18n import unknown
from views import card
from views import park_table
from views.text import _
from views.text import lang
from views.text import num
from views.text import pct
from views.text import pick

if TYPE_CHECKING:
    import pandas as pd

    from layers.access import Access

STATE_MARKS = {"yes": "●", "estimated": "◐", "unknown": "◇", "no": "○"}
"""A shape for each state, so that no state is told by colour alone."""


def class_title(value: object) -> str:
    """Return what a class of the linkage is called."""
    if unknown(value):
        return _("class unknown")
    return {
        0: _("class 0: none of the three conditions"),
        1: _("class 1: one condition met"),
        2: _("class 2: two conditions met"),
        3: _("class 3: campus, rail and neighbourhood"),
    }[int(str(value))]


def class_span(row: pd.Series) -> str:
    """Return a class with how far it may still move: ``1 (0–2)``; a dash if it is unknown."""
    low, high = row["linkage_low"], row["linkage_high"]
    if unknown(low):
        return num(None)
    span = "" if low == high else f" ({low}–{high})"
    return f"{_('unknown') if unknown(row['linkage']) else row['linkage']}{span}"


def state(value: object) -> str:
    """Return mark and name of a state of a condition; empty for none."""
    return f"{STATE_MARKS[str(value)]} {pick(STATE_NAMES[str(value)])}" if is_state(value) else ""


def is_state(value: object) -> bool:
    """Tell whether it is a state of a condition."""
    return isinstance(value, str) and value in STATE_MARKS


def way(value: object) -> str:
    """Return what a way of walking is called; empty for none."""
    return pick(WAY_NAMES[value]) if isinstance(value, str) and value in WAY_NAMES else ""


def basis(value: object) -> str:
    """Return what the place of a destination stands on."""
    return pick(BASIS_NAMES[value]) if isinstance(value, str) and value in BASIS_NAMES else ""


def is_known(found: Access, key: str) -> bool:
    """Tell whether somebody supplied destinations of a key at all."""
    known = found.given.destinations.known
    if key in GROUPS:
        return f"facility:{key}" in known
    asked = {"linked_gate": {"gate", "campus"}, "any_gate": {"gate", "campus"}}.get(key, {key})
    return bool(asked & known)


def share(row: pd.Series, name: str, *, counted: bool) -> tuple[str, str]:
    """Return a share of floor area, and between what it lies once everything is known.

    Parameters
    ----------
    row
        Of :attr:`geo.access.AccessResult.parks`.
    name
        One of :data:`geo.access.CONDITION_SHARES`.
    counted
        Whether conditions that are met by estimate count in the share.

    Returns
    -------
    tuple of str
        As :func:`ranged`.
    """
    best = row[f"{name}_share"]
    estimated, open_part = row[f"{name}_share_estimated"], row[f"{name}_share_unknown"]
    low = best - estimated if counted else best
    return ranged(best, low, low + estimated + open_part, is_unknown=open_part >= 1)


def ranged(best: float, low: float, high: float, *, is_unknown: bool) -> tuple[str, str]:
    """Return a share in words: what it can be, and what it is by what is known and estimated.

    Parameters
    ----------
    best, low, high
        Shares in [0, 1]; missing if no floor area is known.
    is_unknown
        Whether nothing at all is known of it.

    Returns
    -------
    tuple of str
        The share, from lowest to highest if it is not certain, “unknown” if nothing is known;
        and the share with what is estimated, empty if nothing is.
    """
    if unknown(best):
        return num(None), ""
    if is_unknown:
        return _("unknown"), ""
    if pct(low) == pct(high):
        return pct(best), ""
    return f"{pct(low)}–{pct(high)}", "" if best <= low else pct(best)


def reason_column() -> str:
    """Return the column that holds the reasons in the language of the session."""
    return "reason_zh" if lang() == "zh" else "reason_en"


def in_words(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table of the linkage as a file shows it to people: titles in place of codes."""
    return tables.in_words(table, codes_in(table.columns), lang())


def parks(table: pd.DataFrame) -> pd.Series[str]:
    """Return the names of the parks of a table with ``park_id`` and ``park_name``."""
    return park_table.names(table["park_id"], table.drop_duplicates("park_id"))


def carriers(table: pd.DataFrame) -> pd.Series[str]:
    """Return the names of the carriers of a table with ``carrier_id``."""
    ids = table["carrier_id"]
    return ids.map(card.titles("carriers")).fillna(ids).astype("str")


def object_title(kind: str) -> str:
    """Return what a kind of object is called."""
    return pick(OBJECT_NAMES[kind])


def condition_title(name: str) -> str:
    """Return what one of the three conditions is called."""
    return pick(CONDITION_NAMES[name])


def key_title(key: str) -> str:
    """Return what a kind of destination is called."""
    return pick(KEY_NAMES[key])
