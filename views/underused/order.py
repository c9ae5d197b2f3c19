"""How sure the order is: intervals of ranks, drawn so that ties are seen."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from layers.underuse.ranking import SURELY_WORST
from views import charts
from views.text import _
from views.text import num
from views.text import pct
from views.underused import states
from views.underused import words

if TYPE_CHECKING:
    import altair as alt
    import pandas as pd

    from layers.underuse import Underuse
    from views.charts import Drawing

_ROW_PX = 20
_FRAME_PX = 160
_LABEL_PX = 230
_THIN = 0.8
_LEGEND_COLUMNS = 3
_STEPS = (30, 60, 120, 500)


def show(found: Underuse, rows: pd.DataFrame, carrier_id: str | None) -> None:
    """Show the intervals of the ranks of the carriers.

    Parameters
    ----------
    found
        The judgement.
    rows
        The rows that are shown, of :func:`views.underused.data.told`.
    carrier_id
        The carrier that is chosen; None if there is none.
    """
    ranked = rows[rows["rank_low"].notna()].sort_values(
        ["rank_low", "rank_high", "carrier_id"], kind="stable"
    )
    if ranked.empty:
        st.info(_("No carrier has a rank: nothing is known of any criterion."))
        return
    st.caption(
        _(
            "Rank 1 is the most underused of {n} carriers; those under observation and those of "
            "which nothing is known are not ranked. The weights were varied and the unknown "
            "values drawn {draws} times; a bar holds 90 % of the ranks. Where bars overlap, the "
            "order is not decided. {mark} = among the worst third with a probability of at "
            "least {share}."
        ).format(
            n=num(int(found.table["rank_low"].notna().sum())),
            draws=num(found.choice.draws),
            mark=words.WORST_MARK,
            share=pct(SURELY_WORST, digits=0),
        )
    )
    _told_apart(found, carrier_id)
    most = _how_many(len(ranked))
    frame = _frame(ranked.head(most))
    charts.show(
        _bars(frame),
        frame,
        {
            "carrier": _("Carrier"),
            "state_title": _("State"),
            "rank_low": _("Best rank"),
            "rank_high": _("Worst rank"),
            "worst": _("P(worst third)"),
            "evidence_share": _("Evidence"),
        },
        key="underused_chart_order",
        says=_("Carriers from the most to the least underused, with the interval of their rank"),
    )


def _how_many(total: int) -> int:
    """Let the planner say how many are drawn; a short list is drawn whole."""
    steps = [step for step in _STEPS if step < total]
    if not steps:
        return total
    return int(
        st.segmented_control(
            _("Carriers drawn"),
            [*steps, total] if total <= _STEPS[-1] else steps,
            format_func=num,
            default=steps[0],
            required=True,
            key="underused_drawn",
            persist_state="session",
        )
    )


def _told_apart(found: Underuse, carrier_id: str | None) -> None:
    """Say how many carriers cannot be told apart from the chosen one."""
    table = found.table
    own = table[table["carrier_id"].eq(carrier_id or "") & table["rank_low"].notna()]
    if own.empty:
        return
    low, high = (float(own[name].iloc[0]) for name in ("rank_low", "rank_high"))
    ties = int((table["rank_low"].le(high) & table["rank_high"].ge(low)).sum()) - 1
    st.caption(
        _("The chosen carrier has rank {ranks}; {n} others overlap with it.").format(
            ranks=words.ranks(low, high), n=num(ties)
        )
    )


def _frame(ranked: pd.DataFrame) -> pd.DataFrame:
    named = ranked["title"].str.replace(r"\s+", " ", regex=True)
    # Two carriers of one name would share a line.
    named = named.where(~named.duplicated(keep=False), named + " · " + ranked["carrier_id"])
    worst = ranked["p_worst_third"].astype("float64")
    return ranked.assign(
        carrier=named,
        state_title=ranked["state"].map(states.title),
        worst=worst.round(3),
        mark=worst.ge(SURELY_WORST).map({True: words.WORST_MARK, False: ""}),
        middle=(ranked["rank_low"] + ranked["rank_high"]) / 2,
    )[
        [
            "carrier",
            "state_title",
            "rank_low",
            "rank_high",
            "middle",
            "worst",
            "mark",
            "evidence_share",
        ]
    ]


def _bars(frame: pd.DataFrame) -> Drawing:
    """Draw a bar over the ranks of each carrier, and its state in the middle."""
    import altair as alt

    titles, fills, shapes = states.colours()
    order = alt.Y(
        "carrier:N",
        sort=list(frame["carrier"]),
        title=None,
        axis=alt.Axis(labelLimit=_LABEL_PX, labelOverlap=False),
    )
    base = alt.Chart(frame).encode(y=order)
    ranks = alt.X("rank_low:Q", title=_("Rank (1 = most underused)"), axis=_whole_numbers())
    bars = base.mark_bar(height=9, color="#b8c4cf", cornerRadius=3).encode(
        x=ranks, x2="rank_high:Q"
    )
    legend = alt.Legend(symbolStrokeWidth=_THIN, columns=_LEGEND_COLUMNS)
    marks = base.mark_point(
        filled=True, size=95, opacity=1, stroke="#2b2b2b", strokeWidth=_THIN
    ).encode(
        x=alt.X("middle:Q"),
        color=alt.Color(
            "state_title:N",
            scale=alt.Scale(domain=titles, range=fills),
            title=_("State"),
            legend=legend,
        ),
        shape=alt.Shape(
            "state_title:N",
            scale=alt.Scale(domain=titles, range=shapes),
            title=_("State"),
            legend=legend,
        ),
        tooltip=[
            alt.Tooltip("carrier:N", title=_("Carrier")),
            alt.Tooltip("state_title:N", title=_("State")),
            alt.Tooltip("rank_low:Q", title=_("Best rank")),
            alt.Tooltip("rank_high:Q", title=_("Worst rank")),
            alt.Tooltip("worst:Q", title=_("P(worst third)"), format=".0%"),
        ],
    )
    worst = base.mark_text(align="left", dx=8, fontSize=11, color=charts.GAP).encode(
        x=alt.X("rank_high:Q"), text="mark:N"
    )
    return alt.layer(bars, marks, worst).properties(height=_FRAME_PX + _ROW_PX * len(frame))


def _whole_numbers() -> alt.Axis:
    import altair as alt

    return alt.Axis(tickMinStep=1, format="d", orient="top")
