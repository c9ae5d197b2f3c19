"""What each criterion of the ranking gives one carrier, and how much of it is open."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from views import charts
from views.text import _
from views.text import lang
from views.underused import words

if TYPE_CHECKING:
    import pandas as pd

    from layers.underuse import Underuse
    from views.charts import Drawing

_ROW_PX = 34
_FRAME_PX = 70
_SURE, _OPEN, _ROOM = "#0b5c8a", "#c9d1d8", "#eef2f5"


def show(found: Underuse, carrier_id: str) -> None:
    """Show the contributions as bars that add to the score of the carrier.

    Parameters
    ----------
    found
        The judgement.
    carrier_id
        The carrier.
    """
    own = found.contributions[found.contributions["subject_id"].eq(carrier_id)]
    if own.empty:
        return
    frame = _frame(found, own)
    low, high = (float(frame[name].sum()) for name in ("sure", "reach"))
    st.markdown(f"**{_('Score of the ranking')}: {words.span(low, high, digits=1)} / 100**")
    charts.show(
        _bars(frame),
        frame,
        {
            "criterion_title": _("Criterion"),
            "weight_points": _("Weight (points)"),
            "raw": _("Value"),
            "unit": _("Unit"),
            "sure": _("Sure (points)"),
            "reach": _("At most (points)"),
        },
        key="underused_chart_contributions",
        says=_("Points of each criterion: what is sure, what is open, and the weight"),
    )
    st.caption(
        _(
            "More points = better used. Dark: sure. Dashed grey: open until the number is known. "
            "Pale: lost points of the weight."
        )
    )


def _frame(found: Underuse, own: pd.DataFrame) -> pd.DataFrame:
    criteria = {criterion.key: criterion for criterion in found.card.criteria}
    return own.assign(
        criterion_title=[words.criterion_title(criteria[key]) for key in own["criterion"]],
        weight_points=(own["weight"] * 100).round(2),
        sure=own["contribution_low"].round(2),
        reach=own["contribution_high"].round(2),
        raw=[
            words.span(low, high, digits=2)
            for low, high in own[["raw_low", "raw_high"]].astype("float64").to_numpy()
        ],
        unit=[
            criteria[key].unit if lang() == "zh" else criteria[key].unit_en
            for key in own["criterion"]
        ],
        told=[
            words.span(low, high, digits=1)
            for low, high in own[["contribution_low", "contribution_high"]].to_numpy()
        ],
    )[["criterion_title", "weight_points", "raw", "unit", "sure", "reach", "told"]]


def _bars(frame: pd.DataFrame) -> Drawing:
    import altair as alt

    order = alt.Y(
        "criterion_title:N",
        sort=list(frame["criterion_title"]),
        title=None,
        axis=alt.Axis(labelLimit=190),
    )
    tooltip = [
        alt.Tooltip("criterion_title:N", title=_("Criterion")),
        alt.Tooltip("raw:N", title=_("Value")),
        alt.Tooltip("told:N", title=_("Points")),
        alt.Tooltip("weight_points:Q", title=_("Weight (points)")),
    ]
    base = alt.Chart(frame).encode(y=order, tooltip=tooltip)
    room = base.mark_bar(color=_ROOM, height=18).encode(
        x=alt.X("weight_points:Q", title=_("Points of 100"), scale=alt.Scale(nice=False))
    )
    sure = base.mark_bar(color=_SURE, height=18).encode(x=alt.X("sure:Q"))
    open_ = base.mark_bar(
        color=_OPEN, height=18, stroke=charts.INK, strokeDash=[3, 3], strokeWidth=1
    ).encode(x=alt.X("sure:Q"), x2="reach:Q")
    text = base.mark_text(align="left", dx=4, color=charts.INK, fontSize=11).encode(
        x=alt.X("weight_points:Q"), text="told:N"
    )
    return alt.layer(
        room, open_.transform_filter("datum.reach > datum.sure"), sure, text
    ).properties(height=_FRAME_PX + _ROW_PX * len(frame))
