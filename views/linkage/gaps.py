"""缺口: which single missing gate, crossing or facility would help most, and which few together."""

from __future__ import annotations

from typing import TYPE_CHECKING
from typing import Any

import pandas as pd
import streamlit as st

from geo.access import GROUP_NAMES
from layers.access import TrialObject
from layers.access.gaps import GAP_TITLES
from layers.access.gaps import SET_TITLES
from layers.i18n import unknown
from views import tables
from views.linkage import data
from views.linkage import listing
from views.linkage import state
from views.linkage import words
from views.text import _
from views.text import lang
from views.text import md
from views.text import pct
from views.text import pick

if TYPE_CHECKING:
    from layers.access import Access
    from layers.access.gaps import AccessGaps

_VISIT = "linkage_gap_visit"


def show(found: Access, park: str | None) -> None:
    """Show the ranking and the sets; a ticked candidate is shown on the map.

    Parameters
    ----------
    found
        The linkage, with the objects on trial.
    park
        The park whose space counts; None for all parks.
    """
    with st.spinner(_("Looking for what is missing …"), show_time=False):
        missing = data.gaps(found.parameters, park, state.trial())
    if state.trial():
        names = _(", ").join(md(one.title) for one in state.trial().objects)
        st.info(
            _(
                "What is on trial is taken as built here: {names}. Take it away to see the rest."
            ).format(names=names)
        )
    st.caption(
        _(
            "Candidates are tried one by one along the outlines of campuses, along barriers and at "
            "the parks. What counts first is floor area that then meets all three, then floor "
            "area that meets any more. A place on the list is no design: check it on site."
        )
    )
    for remark in missing.remarks:
        st.markdown(f"- {md(pick(remark))}")
    if missing.ranking.empty:
        st.info(_("No candidate would change anything, by what is registered."))
        return
    _pointed()
    _ranking(missing)
    _sets(missing)


def _pointed() -> None:
    """Offer to try out the candidate that is shown on the map."""
    one = state.candidate()
    if one is None:
        return
    text, place, drop = st.columns([5, 2, 2], vertical_alignment="center")
    text.markdown(_("On the map: {name}").format(name=f"**{md(one.title)}**"))
    if place.button(_("Try it out"), type="primary", key="linkage_try_gap", width="stretch"):
        state.add(one)
        state.point_at(None)
        st.rerun()
    if drop.button(_("Not this one"), key="linkage_drop_gap", width="stretch"):
        state.point_at(None)
        st.rerun()


def _ranking(missing: AccessGaps) -> None:
    table = missing.ranking
    visit = st.session_state.get(_VISIT, 0)
    row = tables.pick_row(
        _shown(table), key=f"linkage_gaps_{visit}", config=_columns(), most_px=420
    )
    st.caption(_("Tick a row to see its place on the map, and to try it out."))
    listing.save(_named(table), "gaps", GAP_TITLES, missing.found)
    if row is not None:
        st.session_state[_VISIT] = visit + 1
        state.point_at(_object(table.iloc[row]))
        st.rerun()


def _shown(table: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame(
        {
            _("Rank"): table["rank"],
            _("Kind"): table["kind"].map(words.object_title),
            _("Candidate"): table["title_zh" if lang() == "zh" else "title_en"],
            _("Overlap gained"): table["gain_share"].astype("float64") * 100,
            _("Floor area that then meets all three (m²)"): table["gain_overlap_m2"],
            _("Conditions gained (m²)"): table["gain_condition_m2"],
            _("Spaces that gain"): table["spaces"],
            _("Why"): table[words.reason_column()],
        }
    ).reset_index(drop=True)


def _columns() -> dict[str, Any]:
    column = st.column_config
    whole = (
        _("Floor area that then meets all three (m²)"),
        _("Conditions gained (m²)"),
        _("Spaces that gain"),
        _("Rank"),
    )
    return {
        **{name: column.NumberColumn(format="localized", step=1) for name in whole},
        _("Overlap gained"): column.NumberColumn(format="+%.1f%%"),
        _("Candidate"): column.TextColumn(width="medium"),
        _("Why"): column.TextColumn(width="large"),
    }


def _named(table: pd.DataFrame) -> pd.DataFrame:
    """Return the ranking as a file shows it to people."""
    plain = pd.DataFrame(table.drop(columns="geometry"))
    return plain.assign(
        kind=plain["kind"].map(words.object_title), group=plain["group"].map(_group)
    )


def _group(group: object) -> str:
    if unknown(group) or group not in GROUP_NAMES:
        return ""
    name = GROUP_NAMES[str(group)]
    return name.zh if lang() == "zh" else name.en


def _object(row: pd.Series) -> TrialObject:
    return TrialObject(
        str(row["kind"]),
        float(row["lon"]),
        float(row["lat"]),
        "" if unknown(row["campus_id"]) else str(row["campus_id"]),
        "" if unknown(row["group"]) else str(row["group"]),
        str(row["title_zh" if lang() == "zh" else "title_en"]),
    )


def _sets(missing: AccessGaps) -> None:
    """Show the best few together, greedy and exact beside each other."""
    table = missing.sets
    if table.empty:
        return
    st.markdown(f"**{_('The best few together')}**")
    st.caption(
        _(
            "Now {base} of the floor area meets all three. The greedy way adds the best next one "
            "each time; the exact way searches all sets. Sets that give as much are not the only "
            "ones."
        ).format(base=pct(missing.base_share))
    )
    ranking = missing.ranking
    titles = ranking["title_zh" if lang() == "zh" else "title_en"]
    by_id = dict(zip(ranking["candidate_id"], titles, strict=True))
    percent = st.column_config.NumberColumn(format="%.1f%%")
    shares = {
        _("Overlap, greedy"): table["greedy_share"] * 100,
        _("Overlap, exact"): table["exact_share"] * 100,
        _("No set gives more than"): table["bound_share"] * 100,
    }
    tables.show(
        pd.DataFrame(
            {
                _("Objects"): table["objects"],
                **shares,
                _("Proven"): table["proven"].map({True: _("proven best"), False: _("not proven")}),
                _("Set, greedy"): [_told(ids, by_id) for ids in table["greedy_ids"]],
                _("Set, exact"): [_told(ids, by_id) for ids in table["exact_ids"]],
            }
        ),
        config=dict.fromkeys(shares, percent),
    )
    listing.save(table, "sets", SET_TITLES, missing.found)


def _told(ids: str, by_id: dict[str, str]) -> str:
    """Return a set of candidates by their titles, each said once with how often it occurs."""
    names = pd.Series([by_id.get(one, one) for one in ids.split("; ") if one], dtype="str")
    counts = names.value_counts(sort=False)
    return _(", ").join(f"{name} ×{n}" if n > 1 else str(name) for name, n in counts.items())
