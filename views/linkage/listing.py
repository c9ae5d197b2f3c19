"""The parks and the spaces as tables to sort, to choose from and to save."""

from __future__ import annotations

from typing import TYPE_CHECKING
from typing import Any

import pandas as pd
import streamlit as st

from geo.access import CONDITIONS
from geo.access import GROUPS
from layers.access import ACCESS_TITLES
from layers.access import SHARE_TITLES
from layers.access import TABLE_TITLES
from layers.access import access_layer
from layers.access import access_parks
from layers.access import access_remarks
from layers.access.trial import TRIAL_ID
from layers.team import Right
from views import links
from views import park_table
from views import store
from views import tables
from views import who
from views.linkage import picture
from views.linkage import shares
from views.linkage import words
from views.text import _

if TYPE_CHECKING:
    from collections.abc import Mapping

    from layers.access import Access
    from layers.errors import Text

_VISIT = "linkage_visit"
_OF_SPACES = ("floor_area_m2",)
"""What of a single space is not for everybody: it is often what one firm rents."""


def parks(found: Access) -> None:
    """Show the parks; a ticked one becomes the park of the page."""
    table = pd.DataFrame(access_parks(found).drop(columns="geometry"))
    visit = st.session_state.get(_VISIT, 0)
    row = tables.pick_row(
        _shown_parks(table), key=f"linkage_parks_{visit}", config=_park_columns(), most_px=620
    )
    st.caption(_("Tick a row to see one park. An empty cell is unknown, not zero."))
    save(table, "parks", SHARE_TITLES, found)
    if row is not None:
        st.session_state[_VISIT] = visit + 1
        st.query_params[links.PARK] = str(table["park_id"].iloc[row])
        st.rerun()


def _shown_parks(table: pd.DataFrame) -> pd.DataFrame:
    told: dict[str, Any] = {
        _("Park"): park_table.distinct_names(table),
        _("Overlap, at least"): _percents(table, "overlap_share_low", None),
        _("Overlap, at most"): _percents(table, "overlap_share_high", None),
        _("Overlap with estimates"): _estimated(table),
    }
    for name, title in _share_titles().items():
        told[title] = _percents(table, f"{name}_share", f"{name}_share_unknown")
    told[_("Groups, at least")] = table["groups_mean_low"].astype("float64")
    told[_("Groups, at most")] = table["groups_mean_high"].astype("float64")
    for number in (3, 2, 1, 0):
        told[_("Class {n} (m²)").format(n=number)] = table[f"class_{number}_m2"]
    told[_("Class unknown (m²)")] = table["class_unknown_m2"]
    told[_("Spaces")] = table["spaces"]
    told[_("Data")] = table["sample"].map(lambda v: _("sample") if v is True else "")
    return pd.DataFrame(told).reset_index(drop=True)


def _percents(table: pd.DataFrame, name: str, open_part: str | None) -> pd.Series[Any]:
    if open_part is None:
        return table[name].astype("float64") * 100
    found = [shares.known_pct(row, name, open_part) for _index, row in table.iterrows()]
    return pd.Series(found, index=table.index, dtype="float64")


def _estimated(table: pd.DataFrame) -> pd.Series[Any]:
    """Return the overlap where it is certain or something is estimated, in percent."""
    best, low, high = (
        table[f"overlap_share{side}"].astype("float64") for side in ("", "_low", "_high")
    )
    return (best * 100).where(best.gt(low) | low.eq(high))


def _overlap_titles() -> tuple[str, ...]:
    return _("Overlap, at least"), _("Overlap, at most"), _("Overlap with estimates")


def _share_titles() -> dict[str, str]:
    return {
        "linked_gate": _("Linked gate"),
        "any_gate": _("Any gate"),
        "rail": _("Rail"),
        "rail_far": _("Rail, outer"),
        "community": _("Neighbourhood"),
    }


def _park_columns() -> dict[str, Any]:
    column = st.column_config
    percents = (*_overlap_titles(), *_share_titles().values())
    areas = [_("Class {n} (m²)").format(n=number) for number in (3, 2, 1, 0)]
    return {
        **{name: column.NumberColumn(format="%.1f%%") for name in percents},
        **{
            name: column.NumberColumn(format="localized", step=1)
            for name in (*areas, _("Class unknown (m²)"), _("Spaces"))
        },
        _("Groups, at least"): column.NumberColumn(format="%.1f"),
        _("Groups, at most"): column.NumberColumn(format="%.1f"),
        _("Park"): column.TextColumn(width="medium"),
    }


def spaces(found: Access, park: str | None) -> None:
    """Show the spaces of a park, or of all; a ticked one opens its card."""
    table = pd.DataFrame(access_layer(found).drop(columns="geometry"))
    if park is not None:
        table = table[table["park_id"].eq(park)].reset_index(drop=True)
    if table.empty:
        st.info(_("No building space is registered for this park."))
        return
    visit = st.session_state.get(_VISIT, 0)
    key = f"linkage_spaces_{visit}_{park or ''}"
    row = tables.pick_row(_shown_spaces(table), key=key, config=_space_columns(), most_px=620)
    st.caption(_("Tick a row to open the card of a space."))
    save(table, "spaces", ACCESS_TITLES, found, of_spaces=True)
    if row is not None:
        st.session_state[_VISIT] = visit + 1
        picture.focus(table["carrier_id"].iloc[row])
        st.rerun()


def _shown_spaces(table: pd.DataFrame) -> pd.DataFrame:
    told: dict[str, Any] = {
        _("Class"): table.apply(words.class_span, axis=1),
        _("Carrier"): words.carriers(table),
        _("Park"): words.parks(table),
    }
    for name in CONDITIONS:
        told[words.condition_title(name)] = table[f"met_{name}"].map(words.state)
    for key in ("linked_gate", "any_gate", "station"):
        told[f"{words.key_title(key)} (m)"] = table[f"{key}_m"].astype("float64").round()
    told[_("Groups near (of {n})").format(n=len(GROUPS))] = table["groups_within"]
    if who.may(Right.INTERNAL):
        told[_("Floor area (m²)")] = table["floor_area_m2"].round()
    told[_("Data")] = table["sample"].map(lambda v: _("sample") if v is True else "")
    told[_("Why this class")] = table[words.reason_column()]
    return pd.DataFrame(told)


def _space_columns() -> dict[str, Any]:
    column = st.column_config
    keys = ("linked_gate", "any_gate", "station")
    whole = [f"{words.key_title(key)} (m)" for key in keys] + [_("Floor area (m²)")]
    return {
        **{name: column.NumberColumn(format="localized", step=1) for name in whole},
        _("Why this class"): column.TextColumn(width="large"),
    }


def save(
    table: pd.DataFrame,
    kind: str,
    titles: Mapping[str, Text],
    found: Access,
    *,
    of_spaces: bool = False,
    label: str = "",
) -> None:
    """Offer a table of the linkage as a file that says by which rule it was made.

    Parameters
    ----------
    table
        The table; columns without a title are left out.
    kind
        A key of :data:`layers.access.TABLE_TITLES`.
    titles
        Titles of the columns.
    found
        What the table was made from.
    of_spaces
        Whether its rows are single spaces: their floor area is not for everybody.
    label
        What stands on the link; the usual words by default.
    """
    insider = who.may(Right.INTERNAL)
    hidden = set() if insider or not of_spaces else hidden_columns(table)
    shown = [name for name in titles if name in table and name not in hidden]
    tables.save(
        words.in_words(table)[shown],
        f"linkage_{kind}" + ("_trial" if _is_on_trial(found) else ""),
        TABLE_TITLES[kind],
        titles,
        internal=insider and of_spaces,
        remarks=access_remarks(found, dict(store.versions())),
        label=label,
    )


def _is_on_trial(found: Access) -> bool:
    return bool(found.given.objects["layer_id"].astype("str").str.startswith(TRIAL_ID).any())


def hidden_columns(table: pd.DataFrame) -> set[str]:
    """Return the columns of single spaces that are not for everybody."""
    return {str(name) for name in table.columns if str(name).startswith(_OF_SPACES)}
