"""The card of a space: its class, the three conditions, and the nearest of every kind."""

from __future__ import annotations

from typing import TYPE_CHECKING
from typing import Any

import pandas as pd
import streamlit as st

from geo.access import CONDITIONS
from geo.access import NEAREST_KEYS
from layers.i18n import unknown
from layers.team import Right
from views import card
from views import links
from views import tables
from views import who
from views.linkage import state
from views.linkage import words
from views.text import _
from views.text import esc
from views.text import md
from views.text import num

if TYPE_CHECKING:
    from layers.access import Access


def show(found: Access) -> None:
    """Show the space that was clicked, or say how to choose one."""
    chosen = st.session_state.get(state.SPACE)
    names = found.given.spaces[["park_name", "carrier_name"]].set_axis(found.spaces.index)
    rows = found.spaces.assign(**{name: names[name] for name in names})
    own = rows[rows["carrier_id"].eq(chosen)]
    if own.empty:
        st.caption(_("Click a space on the map, or tick one in the table, to see its card."))
        return
    for _index, row in own.iterrows():
        _one(found, row)
    if st.button(_("Close card"), type="tertiary", key="linkage_close"):
        st.session_state.pop(state.SPACE, None)
        st.rerun()


def _one(found: Access, row: pd.Series) -> None:
    title = card.titles("carriers").get(str(row["carrier_id"]), str(row["carrier_name"]))
    park = words.parks(pd.DataFrame([row])).iloc[0]
    badges = "".join(
        f'<span class="atlas-badge">{esc(words.condition_title(name))} '
        f"{esc(words.state(row[f'met_{name}']))}</span>"
        for name in CONDITIONS
    )
    area = f" · {esc(num(row['floor_area_m2'], unit='m²'))}" if who.may(Right.INTERNAL) else ""
    st.html(
        f'<div class="atlas-card"><h3>{esc(title)}</h3>'
        f'<div class="kind">{esc(park)} · {esc(row["carrier_id"])}{area}</div>'
        f"<p><b>{esc(_('Linkage class'))} {esc(words.class_span(row))}</b></p>{badges}</div>"
    )
    if bool(row["sample"]):
        links.sample_badge(_("Holdings are sample data; the class shows the method."))
    st.markdown(md(row[words.reason_column()]))
    tables.show(
        nearest(found, row),
        config={_("Walk (m)"): st.column_config.NumberColumn(format="localized", step=1)},
    )


def nearest(found: Access, row: pd.Series) -> pd.DataFrame:
    """Return the destination that decides, of every kind: what nobody supplied says so.

    Parameters
    ----------
    found
        The linkage.
    row
        A row of its spaces.
    """
    told = found.nearest
    own = told[told["park_id"].eq(row["park_id"]) & told["carrier_id"].eq(row["carrier_id"])]
    by_key = own.drop_duplicates("key").set_index("key")
    entries = []
    for key in NEAREST_KEYS:
        one = by_key.loc[key] if key in by_key.index else None
        nothing = _("none") if words.is_known(found, key) else _("not supplied")
        entries.append(
            {
                _("Decides"): words.key_title(key),
                _("Name"): nothing if one is None else str(one["name"]),
                _("Walk (m)"): None if one is None else round_m(one["walk_m"]),
                _("Way"): "" if one is None else words.way(one["way"]),
                _("State"): "" if one is None else words.state(one["state"]),
                _("Place is"): "" if one is None else words.basis(one["basis"]),
                _("Nearer, but not deciding"): "" if one is None else _nearer(one),
            }
        )
    return pd.DataFrame(entries)


def _nearer(one: Any) -> str:  # noqa: ANN401 - a row of pandas
    """Return which destination is nearer than the one that decides; empty if none is."""
    if unknown(one["nearer_name"]):
        return ""
    return f"{one['nearer_name']} ({num(one['nearer_m'], digits=0, unit='m')})"


def round_m(value: object) -> float | None:
    """Return whole metres, None if they are not known."""
    return None if unknown(value) else float(round(float(str(value))))
