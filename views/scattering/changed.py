"""What the moved parameters change against the defaults of the rule."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from views import links
from views import park_table
from views import store
from views import tables
from views.text import _
from views.text import lang
from views.text import md
from views.text import num

if TYPE_CHECKING:
    from geo.scatter import ScatterResult
    from views.scattering.controls import Choice


def show(choice: Choice, result: ScatterResult, park_id: str | None) -> None:
    """Say which parks have another colour than by default; nothing if nothing was moved.

    Parameters
    ----------
    choice, result
        What is set, and what it gives.
    park_id
        The only park that the page is about, None for all.
    """
    if choice.is_default:
        return
    with st.spinner(_("Computing scatter …"), show_time=False):
        usual = store.scatter().table.set_index("park_id")["flag"]
    table = result.table.assign(usual=result.table["park_id"].map(usual))
    if park_id is not None:
        _one(table[table["park_id"].eq(park_id)].iloc[0])
        return
    moved = table[table["flag"].ne(table["usual"])]
    if moved.empty:
        st.info(
            _(
                "The parameters differ from the defaults. No park changes colour. Only this page "
                "uses them."
            )
        )
        return
    st.warning(
        _(
            "Parks that change colour against the defaults: {n}. Only this page uses these "
            "parameters."
        ).format(n=num(len(moved)))
    )
    with st.expander(_("Parks that change colour"), expanded=True, key="scatter_changed"):
        _table(moved)


def _one(row: pd.Series) -> None:
    if row["flag"] == row["usual"]:
        st.info(
            _(
                "The parameters differ from the defaults. This park keeps its colour. Only this "
                "page uses them."
            )
        )
        return
    st.warning(
        _("By default this park is {usual}; with these parameters it is {now}.").format(
            usual=md(links.flag_title(row["usual"])), now=md(links.flag_title(row["flag"]))
        )
    )


def _table(moved: pd.DataFrame) -> None:
    tables.show(
        pd.DataFrame(
            {
                _("Park"): park_table.names(moved["park_id"], moved),
                _("By default"): moved["usual"].map(links.flag_title),
                _("Now"): moved["flag"].map(links.flag_title),
                _("Why this flag"): moved["reason_zh" if lang() == "zh" else "reason_en"],
            }
        ),
        config={_("Why this flag"): st.column_config.TextColumn(width="large")},
    )
