"""What changed between two states of the linkage, each change with its reason."""

from __future__ import annotations

from typing import TYPE_CHECKING
from typing import Any

import pandas as pd
import streamlit as st

from layers.access import CHANGE_NAMES
from layers.access import CHANGE_TITLES
from layers.access import DISTANCE_TITLES
from layers.access import FLAG_CHANGE_TITLES
from layers.access import OBJECT_TITLES
from layers.access import SHARE_CHANGE_TITLES
from layers.i18n import unknown
from layers.team import Right
from views import figures
from views import links
from views import tables
from views import who
from views.linkage import listing
from views.linkage import shares
from views.linkage import space_card
from views.linkage import words
from views.text import _
from views.text import num
from views.text import pick

if TYPE_CHECKING:
    from layers.access import Access
    from layers.access import AccessChange

_AREA = "floor_area_m2"
_SIDES = ("before", "after")


def show(change: AccessChange, flags: pd.DataFrame, found: Access) -> None:
    """Show what changed, from the whole to the single distance.

    Parameters
    ----------
    change
        Two results held against each other.
    flags
        Scatter flags that moved, see :func:`layers.access.flags_changed`.
    found
        The result afterwards: its rule and parameters stand in the files.
    """
    figures.show(_figures(change, flags))
    if not change.comparable:
        st.warning(_("Other rule or parameters: shares cannot be held against each other."))
    if change.objects.empty and change.spaces.empty and flags.empty:
        st.info(_("Nothing changed: no distance, no class, no flag."))
        return
    if len(change.spaces):
        st.markdown(f"**{_('Spaces that changed')}**")
        _spaces(change, found)
    elif len(change.objects):
        st.info(_("The objects changed, but no distance and no class with them."))
    _more(change, flags, found)


def _more(change: AccessChange, flags: pd.DataFrame, found: Access) -> None:
    parts = (
        (_("Shares of the parks"), change.parks, _parks),
        (_("Every distance that changed"), change.distances, _distances),
        (_("Objects that changed"), change.objects, _objects),
    )
    if len(flags):
        st.markdown(f"**{_('Scatter flags and walks between sites')}**")
        _flags(flags, found)
    for title, table, draw in parts:
        if len(table):
            with st.expander(f"{title} ({num(len(table))})"):
                draw(table, found)


def _figures(change: AccessChange, flags: pd.DataFrame) -> list[tuple[str, str]]:
    moved = change.spaces
    classes = moved["linkage_before"].astype("Int64").ne(moved["linkage_after"].astype("Int64"))
    cells = [
        (num(len(moved)), _("spaces changed")),
        (num(int(classes.fillna(value=True).sum())), _("of them with another class")),
        (num(len(change.distances)), _("distances changed")),
        (num(_moved_flags(flags)), _("parks with another scatter flag")),
    ]
    if len(change.district):
        row = change.district.iloc[0]
        was, now = (_overlap(row, side) for side in _SIDES)
        cells.insert(0, (f"{was} → {now}", _("of floor area meets all three (overlap)")))
    return cells


def _overlap(row: pd.Series, side: str) -> str:
    named = {
        name: row[f"{name}_{side}"]
        for name in ("overlap_share", "overlap_share_low", "overlap_share_high")
    }
    return shares.overlap(pd.Series(named))[0]


def _moved_flags(flags: pd.DataFrame) -> int:
    return int(flags["flag_before"].ne(flags["flag_after"]).sum()) if len(flags) else 0


def _spaces(change: AccessChange, found: Access) -> None:
    table = change.spaces
    tables.show(
        pd.DataFrame(
            {
                _("Carrier"): words.carriers(table),
                _("Park"): words.parks(table),
                _("Class before"): [_class(row, "before") for _index, row in table.iterrows()],
                _("Class after"): [_class(row, "after") for _index, row in table.iterrows()],
                _("Why"): _reasons(table),
            }
        ),
        config=_wide(),
    )
    told = table.assign(reason_zh=_kept(table, "reason_zh"), reason_en=_kept(table, "reason_en"))
    listing.save(_changes(told), "changes", CHANGE_TITLES, found, of_spaces=True)


def _class(row: pd.Series, side: str) -> str:
    named = {name: row[f"{name}_{side}"] for name in ("linkage", "linkage_low", "linkage_high")}
    return words.class_span(pd.Series(named, dtype="object"))


def _reasons(table: pd.DataFrame) -> pd.Series[Any]:
    return _kept(table, words.reason_column())


def _kept(table: pd.DataFrame, column: str) -> pd.Series[Any]:
    """Return reasons; one that tells a floor area is for insiders only."""
    if who.may(Right.INTERNAL) or f"{_AREA}_before" not in table:
        return table[column]
    was, now = (table[f"{_AREA}_{side}"] for side in _SIDES)
    same = was.eq(now) | (was.isna() & now.isna())
    return table[column].where(same, "")


def _changes(table: pd.DataFrame) -> pd.DataFrame:
    titles = {
        **{name: pick_name(name) for name in CHANGE_NAMES},
        "changed": _("changed"),
    }
    return table.assign(change=table["change"].map(titles).fillna(table["change"]))


def pick_name(change: str) -> str:
    """Return what a change of an object is called."""
    return pick(CHANGE_NAMES[change])


def _parks(table: pd.DataFrame, found: Access) -> None:
    told: dict[str, Any] = {_("Park"): words.parks(table)}
    for name, title in (
        ("overlap_share", _("Overlap")),
        ("linked_gate_share", _("Linked gate")),
        ("any_gate_share", _("Any gate")),
        ("rail_share", _("Rail")),
        ("community_share", _("Neighbourhood")),
    ):
        for side, word in (("before", _("before")), ("after", _("after"))):
            told[f"{title} {word}"] = table[f"{name}_{side}"].astype("float64") * 100
    percent = st.column_config.NumberColumn(format="%.1f%%")
    config = dict.fromkeys(list(told)[1:], percent)
    told[_("Why")] = table[words.reason_column()]
    tables.show(pd.DataFrame(told), config={**config, **_wide()})
    listing.save(table, "shares", SHARE_CHANGE_TITLES, found)


def _distances(table: pd.DataFrame, found: Access) -> None:
    told: dict[str, Any] = {
        _("Carrier"): words.carriers(table),
        _("To"): table["key"].map(words.key_title),
    }
    for side, word in (("before", _("before")), ("after", _("after"))):
        told[f"{_('Name')} {word}"] = table[f"name_{side}"]
        told[f"{_('Walk (m)')} {word}"] = table[f"walk_m_{side}"].map(space_card.round_m)
        told[f"{_('Way')} {word}"] = table[f"way_{side}"].map(words.way)
    told[_("Change (m)")] = table["change_m"].map(space_card.round_m)
    told[_("Why")] = table[words.reason_column()]
    tables.show(pd.DataFrame(told), config=_wide())
    listing.save(table, "distances", DISTANCE_TITLES, found)


def _objects(table: pd.DataFrame, found: Access) -> None:
    told = pd.DataFrame(
        {
            _("Kind"): table["kind"].map(words.object_title),
            _("Name"): table["name"],
            _("Change"): table["change"].map(pick_name),
            _("Id"): table["layer_id"],
        }
    )
    tables.show(told)
    named = table.assign(kind=told[_("Kind")], change=told[_("Change")])
    listing.save(pd.DataFrame(named), "objects", OBJECT_TITLES, found)


def _flags(table: pd.DataFrame, found: Access) -> None:
    tables.show(
        pd.DataFrame(
            {
                _("Park"): words.parks(table),
                _("Flag before"): table["flag_before"].map(_flag),
                _("Flag after"): table["flag_after"].map(_flag),
                _("Longest gap (m) before"): table["longest_gap_m_before"].map(space_card.round_m),
                _("Longest gap (m) after"): table["longest_gap_m_after"].map(space_card.round_m),
                _("Gaps blocked before"): table["blocked_gaps_before"],
                _("Gaps blocked after"): table["blocked_gaps_after"],
                _("Why"): table[words.reason_column()],
            }
        ),
        config=_wide(),
    )
    told = table.assign(
        flag_before=table["flag_before"].map(_flag), flag_after=table["flag_after"].map(_flag)
    )
    listing.save(told, "flags", FLAG_CHANGE_TITLES, found)


def _flag(flag: object) -> str:
    return "" if unknown(flag) else links.flag_title(str(flag))


def _wide() -> dict[str, Any]:
    return {_("Why"): st.column_config.TextColumn(width="large")}
