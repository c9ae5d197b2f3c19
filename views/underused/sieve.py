"""The filters of somebody who looks for space; what is not known is kept and told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from typing import NamedTuple

import pandas as pd
import streamlit as st

from geo.lists import items_of
from layers.i18n import unknown
from views import card
from views import filters
from views import store
from views.text import _
from views.text import num
from views.underused import states

if TYPE_CHECKING:
    from collections.abc import Mapping

_ROUND = "underused_filters_round"


class _Test(NamedTuple):
    """One filter that is set: which rows pass it, and of which it cannot be told."""

    title: str
    passes: pd.Series[bool]
    open: pd.Series[bool]


@dataclass(frozen=True, slots=True)
class Sieved:
    """What the filters leave.

    Attributes
    ----------
    rows
        The rows that are shown.
    hidden
        How many are not.
    kept
        Rows that are shown although a filter could not be applied, by what is not known.
    """

    rows: pd.DataFrame
    hidden: int
    kept: tuple[tuple[str, int], ...]


def show(frame: pd.DataFrame) -> Sieved:
    """Show the filters and return what passes them.

    Parameters
    ----------
    frame
        Result of :func:`views.underused.data.told`.
    """
    filters.heading()
    tests = _of_judgement(frame)
    with st.expander(_("Find space for a firm"), expanded=True):
        tests += _of_space(frame)
    with st.expander(_("Where and whose")):
        tests += _of_place(frame)
    certain = st.toggle(
        _("Hide what cannot be told"),
        help=_("Rows in which a filtered fact is not known are kept unless you hide them."),
        key=_key("certain"),
        persist_state="session",
    )
    st.button(_("Clear the filters"), on_click=clear, key="underused_clear")
    return _applied(frame, tests, certain=certain)


def clear() -> None:
    """Undo all filters of the page."""
    st.session_state[_ROUND] = st.session_state.get(_ROUND, 0) + 1


def tell(found: Sieved) -> None:
    """Say how many rows are hidden, and which are shown although a fact is not known."""
    if found.hidden:
        st.caption(
            _("Filters hide {n} of {all} carriers.").format(
                n=num(found.hidden), all=num(found.hidden + len(found.rows))
            )
        )
    if found.kept:
        parts = ", ".join(f"{title} {num(count)}" for title, count in found.kept)
        st.caption(_("Shown although not known: {parts}").format(parts=parts))


def _applied(frame: pd.DataFrame, tests: list[_Test], *, certain: bool) -> Sieved:
    keep = pd.Series(data=True, index=frame.index)
    for test in tests:
        keep &= test.passes if certain else test.passes | test.open
    kept = [(test.title, int((keep & test.open).sum())) for test in tests]
    return Sieved(frame[keep], int((~keep).sum()), tuple(entry for entry in kept if entry[1] > 0))


def _key(name: str) -> str:
    # With a number that grows when the filters are cleared: new widgets have no choice yet.
    return f"underused_filter:{name}:{st.session_state.get(_ROUND, 0)}"


def _of_judgement(frame: pd.DataFrame) -> list[_Test]:
    chosen = filters.pills(_("State"), states.SEVEREST_FIRST, states.title, key=_key("state"))
    field = store.catalogue().layer("carriers").field("carrier_class")
    classes = filters.of_field(_("Class"), field, key=_key("class"))
    return [
        *_one_of(_("State"), frame["state"], chosen),
        *_one_of(_("Class"), frame["carrier_class"], classes),
    ]


def _of_space(frame: pd.DataFrame) -> list[_Test]:
    """Offer the filters on the space itself: block, rent, floor, industry, date."""
    tests = [
        *_at_least(frame, "largest_vacant_m2", _("Largest block at least (m²)"), 100.0),
        *_at_least(frame, "vacant_area_m2", _("Vacant area at least (m²)"), 500.0),
        *_at_least(frame, "vacant_months", _("Vacant for at least (months)"), 1.0),
        *_at_most(frame, "rent_yuan_m2_day", _("Rent at most (yuan/m² a day)"), 0.5),
        *_listed(frame, "floors", _("Floor or room")),
        *_listed(frame, "allowed_industries", _("Industry admitted")),
    ]
    day = st.date_input(
        _("Available by"),
        value=None,
        format="YYYY-MM-DD",
        key=_key("available_from"),
        persist_state="session",
    )
    if day is not None:
        given = pd.to_datetime(frame["available_from"])
        tests.append(
            _Test(_("Available by"), given.le(pd.Timestamp(day)).fillna(value=False), given.isna())
        )
    return tests


def _of_place(frame: pd.DataFrame) -> list[_Test]:
    """Offer the filters on place and people: metro, zone, operator, ownership."""
    field = store.catalogue().layer("zones").field("belt")
    belts = filters.of_field(_("Zone"), field, key=_key("belts"), none=_("outside the zones"))
    tenure = filters.of_field(
        _("Ownership"),
        store.catalogue().layer("carriers").field("tenure"),
        key=_key("tenure"),
    )
    zones = card.titles("zones")
    return [
        *_at_most(frame, "metro_walk_m", _("Walk to the metro at most (m)"), 100.0),
        *_in_belts(frame, belts),
        *_listed(frame, "zones", _("Part of the zone"), zones),
        *_listed(frame, "operator", _("Operator"), several=False),
        *_one_of(_("Ownership"), frame["tenure"], tenure),
    ]


def _number(name: str, title: str, step: float) -> float | None:
    return st.number_input(
        title,
        min_value=0.0,
        value=None,
        step=step,
        format="%.1f" if step < 1 else "%.0f",
        placeholder=_("any"),
        key=_key(name),
        persist_state="session",
    )


def _at_least(frame: pd.DataFrame, name: str, title: str, step: float) -> list[_Test]:
    limit = _number(name, title, step)
    if limit is None:
        return []
    values = frame[name].astype("float64")
    return [_Test(title, values.ge(limit), values.isna())]


def _at_most(frame: pd.DataFrame, name: str, title: str, step: float) -> list[_Test]:
    limit = _number(name, title, step)
    if limit is None:
        return []
    values = frame[name].astype("float64")
    return [_Test(title, values.le(limit), values.isna())]


def _one_of(title: str, values: pd.Series, chosen: list[str]) -> list[_Test]:
    return [_Test(title, values.isin(chosen), values.isna())] if chosen else []


def _in_belts(frame: pd.DataFrame, chosen: list[str]) -> list[_Test]:
    if not chosen:
        return []
    # Without any belt is outside the zones; of a carrier without a place nobody can tell.
    found = [set(items_of(cell)) or {""} for cell in frame["belts"]]
    passes = pd.Series([bool(belts & set(chosen)) for belts in found], index=frame.index)
    no_place = frame["belts"].isna()
    return [_Test(_("Zone"), passes & ~no_place, no_place)]


def _listed(
    frame: pd.DataFrame,
    name: str,
    title: str,
    titles: Mapping[str, str] | None = None,
    *,
    several: bool = True,
) -> list[_Test]:
    """Let the user choose any of the values that occur; a cell may hold several of them."""
    cells = [
        items_of(cell) if several else () if unknown(cell) else (str(cell),) for cell in frame[name]
    ]
    chosen = st.multiselect(
        title,
        sorted({value for values in cells for value in values}),
        format_func=lambda value: (titles or {}).get(value, value),
        placeholder=_("any"),
        key=_key(name),
        persist_state="session",
    )
    if not chosen:
        return []
    passes = pd.Series([bool(set(values) & set(chosen)) for values in cells], index=frame.index)
    return [_Test(title, passes, pd.Series([not values for values in cells], index=frame.index))]
